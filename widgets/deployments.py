"""Deployments side by side: what the new one does, beside what still serves."""

from collections.abc import Sequence
from datetime import datetime

from console.domain import words
from console.domain.release import Release
from console.domain.rollout import Breaker, Deployment, Rollout
from console.domain.service import Observation, ServiceState, ServiceStatus
from console.domain.tasks import Task
from console.domain.text import cut_end
from console.domain.version import short_digest
from widgets.glyphs import Glyphs
from widgets.line import Line

Cell = tuple[tuple[str, str], ...]
"""Text and style words, one after the other."""

SHORT_SETTINGS = ("memory", "cpu")
"""Settings of which numbers mean something by themselves; these come first."""
MOST_SETTINGS = 4


def deployment_rows(
    status: ServiceStatus,
    observation: Observation | None,
    state: ServiceState,
    now: datetime,
    glyphs: Glyphs,
    *,
    narrow: bool = False,
) -> tuple[tuple[str, tuple[Cell, ...]], ...]:
    """Label and one cell a deployment; the first row, without a label, is its head.

    Newest deployment first; settings only where they are not all the same.
    """
    shown = status.deployments
    releases = tuple(observation.release_of(item.id) if observation else None for item in shown)
    pairs = zip(shown, releases, strict=True)
    rows = [
        ("", tuple(_head(item, release, state, glyphs) for item, release in pairs)),
        ("tasks", tuple(_tasks(item, _of(observation, item), narrow) for item in shown)),
        ("breaker", tuple(_breaker(item, status, observation) for item in shown)),
        *_settings(releases),
        ("deployed", tuple((_text(f"{words.age(_age(item, now))} ago"),) for item in shown)),
        ("image", tuple((_image(release, observation),) for release in releases)),
    ]
    return tuple(rows)


def _text(text: str, ink: str = "text") -> tuple[str, str]:
    return text, ink


def _age(item: Deployment, now: datetime) -> float:
    return (now - item.created_at).total_seconds()


def _of(observation: Observation | None, item: Deployment) -> tuple[Task, ...] | None:
    if observation is None or "tasks" in observation.missing:
        return None
    return tuple(task for task in observation.tasks if task.deployment == item.id)


def _head(item: Deployment, release: Release | None, state: ServiceState, glyphs: Glyphs) -> Cell:
    revision = ":" + item.definition.rsplit(":", 1)[-1]
    label = release.version.label if release else words.NOTHING
    return (_text(revision, "bold strong"), _text(f" {label} "), *_state(item, state, glyphs))


def _state(item: Deployment, state: ServiceState, glyphs: Glyphs) -> Cell:
    if item.state == "FAILED":
        return (_text(f"{glyphs.failed} FAILED", "critical"),)
    if not item.is_primary:
        if item.running == 0:
            return (_text(f"{glyphs.replaced} leaving", "muted"),)
        return (_text(f"{glyphs.steady} serving", "steady"),)
    share = f" {item.running}/{item.desired}"
    if state in (ServiceState.FAILING, ServiceState.STUCK):
        return (_text(f"{glyphs.of_state(state)} {state.value.upper()}{share}", "critical"),)
    if item.state == "IN_PROGRESS":
        back = state is ServiceState.ROLLING_BACK
        word = "ROLLING BACK" if back else "ROLLING"
        return (_text(f"{glyphs.back if back else glyphs.forward} {word}{share}", "deploying"),)
    return (_text(f"{glyphs.steady} serving", "steady"),)


def _tasks(item: Deployment, tasks: tuple[Task, ...] | None, narrow: bool) -> Cell:
    """Counts as ECS gives them; failed ones also as far as they can still be seen."""
    seen = sum(1 for task in tasks if task.has_failed) if tasks is not None else 0
    failed = max(item.failed, seen)
    short = narrow and (item.pending or failed)
    parts = [f"{item.running} {'run' if short else 'running'}"]
    if item.pending:
        parts.append(f"{item.pending} {'start' if short else 'starting'}")
    cell: Cell = (_text(" · ".join(parts)),)
    return (*cell, _text(" · "), _text(f"{failed} failed", "critical")) if failed else cell


def _breaker(item: Deployment, status: ServiceStatus, observation: Observation | None) -> Cell:
    if not item.is_primary:
        return (_text(words.NOTHING, "muted"),)
    if not status.breaker:
        return (_text("off", "warning"),)
    rollout: Rollout | None = observation.rollout if observation else None
    breaker: Breaker | None = rollout.breaker if rollout else None
    then = "then ECS rolls back" if status.breaker_rolls_back else "then ECS stops"
    if breaker is None or (rollout is not None and rollout.status.is_over):
        return (_text("on, rolls back" if status.breaker_rolls_back else "on, stops", "muted"),)
    ink = "critical" if breaker.failures and breaker.failures >= breaker.threshold - 1 else "text"
    return (_text(f"{breaker.failures} of {breaker.threshold}", ink), _text(f"  {then}", "muted"))


def _settings(releases: Sequence[Release | None]) -> list[tuple[str, tuple[Cell, ...]]]:
    """Rows of what is not the same everywhere; the newest one's value is marked ``changed``."""
    known = [release for release in releases if release is not None]
    if len(known) < 2:
        return []
    names = dict.fromkeys(name for release in known for name in release.settings)
    changed = [name for name in names if len({release.settings.get(name) for release in known}) > 1]
    changed.sort(key=lambda name: (name not in SHORT_SETTINGS, name))
    rows = [(name, tuple(_setting(release, name, releases[0]) for release in releases)) for name in changed]
    if len(rows) > MOST_SETTINGS:
        more = f"{len(rows) - MOST_SETTINGS} more changed"
        rows = [*rows[:MOST_SETTINGS], ("", ((_text(more, "warning"),), *((),) * (len(releases) - 1)))]
    return rows


def _setting(release: Release | None, name: str, newest: Release | None) -> Cell:
    value = release.settings.get(name) if release else None
    said = words.NOTHING if value is None else _value(name, value)
    if release is newest:
        return _text(said, "warning"), _text("  changed", "warning")
    return (_text(said),)


def _value(name: str, value: str) -> str:
    return words.megabytes(int(value)) if name.endswith("memory") and value.isdigit() else value


def _image(release: Release | None, observation: Observation | None) -> tuple[str, str]:
    if release is None:
        why = observation.missing.get("releases", "") if observation else ""
        return _text(f"not read{': ' + why if why else ''}", "stale")
    if release.digest is None:
        return _text("digest not told", "stale")
    moved = " tag has moved" if release.version.moved else ""
    return _text(short_digest(release.digest) + moved, "warning" if moved else "text")


def deployment_lines(
    rows: tuple[tuple[str, tuple[Cell, ...]], ...], left: int, end: int, glyphs: Glyphs
) -> tuple[Line, ...]:
    """Rows as columns side by side from ``left`` to ``end``; the first column holds the labels."""
    count = len(rows[0][1]) if rows else 0
    if not count:
        return ()
    first = left + (12 if end - left > 80 else 11)
    step = min(40, (end - first) // min(count, 4))
    lines = []
    for label, cells in rows:
        line = Line().put(left, cut_end(label, first - left - 1, glyphs.ellipsis), "faint")
        for place, cell in enumerate(cells[:4]):
            _put_cell(line, first + place * step, step - 1, cell, glyphs)
        lines.append(line)
    return tuple(lines)


def _put_cell(line: Line, column: int, room: int, cell: Cell, glyphs: Glyphs) -> None:
    stop = column + room
    for text, ink in cell:
        if column >= stop:
            return
        column = line.run(column, (cut_end(text, stop - column, glyphs.ellipsis), ink))
