"""Deployments side by side: what the new one does, beside what still serves."""

from collections.abc import Sequence
from datetime import datetime

from console.domain import words
from console.domain.error_reading import ErrorReading, ErrorState
from console.domain.fleet import ServicePicture
from console.domain.measured import limit_in_words, value_in_words
from console.domain.release import Release
from console.domain.rollout import Deployment
from console.domain.series import Measure
from console.domain.service import Observation, ServiceState
from console.domain.signals import Figures
from console.domain.tasks import Task
from console.domain.text import cut_end
from console.domain.version import short_digest
from widgets.charted import limit_of, told
from widgets.config_view import change_of, value_words
from widgets.glyphs import Glyphs
from widgets.line import Line
from widgets.rollout_cells import Cell, Course, Row, text

SHORT_SETTINGS = ("memory", "cpu")
"""Settings of which numbers mean something by themselves; these come first."""
MOST_SETTINGS = 4
MOST_COLUMNS = 3


def deployment_rows(picture: ServicePicture, course: Course) -> tuple[Row, ...]:
    """Label and one cell a deployment; the first row, without a label, is its head.

    The order is ECS's, PRIMARY first; settings only where they are not all the same. Where there
    is little room the rows that change come first.
    """
    shown, seen = course.shown, course.observation
    releases = tuple(_release(item, picture, seen) for item in shown)
    failed = {item.id: seen.failed_of(item) if seen else item.failed for item in shown}
    heads = tuple(_state(item, course, picture.state) for item in shown)
    inks = tuple("deploying" if ink == "text" else ink for _, ink in heads)
    first: list[Row] = [
        (
            "",
            tuple(
                _head(place, item, releases[place], heads[place], course) for place, item in enumerate(shown)
            ),
        ),
        (
            "tasks",
            tuple(_tasks(item, failed[item.id], course.narrow) for item in shown),
        ),
        *course.traffic(inks),
    ]
    figures, settings = _figures(picture, course), _settings(releases)
    last: list[Row] = [
        ("deployed", tuple((_deployed(item, picture, course),) for item in shown)),
        ("image", tuple(_image(item, releases[place], seen) for place, item in enumerate(shown))),
        *_tags(releases),
    ]
    stage, hook, breaker, alarms = course.stage(), course.hook(), course.breaker(), course.alarms()
    if course.narrow:
        errors, p95 = figures[:1], figures[1:]
        return (*first, *hook, *errors, *settings, *stage, *breaker, *alarms, *p95, *last)
    return (*first, *figures, *stage, *hook, *breaker, *alarms, *settings, *last)


def _release(item: Deployment, picture: ServicePicture, seen: Observation | None) -> Release | None:
    found = seen.release_of(item.id) if seen else None
    return found or (picture.release if item.is_primary else None)


def _of(observation: Observation | None, item: Deployment) -> tuple[Task, ...] | None:
    if observation is None or "tasks" in observation.missing:
        return None
    return tuple(task for task in observation.tasks if task.deployment == item.id)


def _head(
    place: int, item: Deployment, release: Release | None, state: tuple[str, str], course: Course
) -> Cell:
    revision = ":" + item.definition.rsplit(":", 1)[-1]
    label = release.version.label if release else words.NOTHING
    color = _color(place, course)
    named = (text(f"{color} ", "text"),) if color else ()
    return (*named, text(revision, "bold strong"), text(f" {label} "), state)


def _color(place: int, course: Course) -> str:
    """A pair that shifts traffic is headed *green* and *blue*, as ECS and CodeDeploy call them."""
    if len(course.shown) != 2 or not course.shifts:
        return ""
    green = course.arriving
    if course.rollout is None:
        newest = max(course.shown, key=lambda item: item.created_at)
        green = course.shown.index(newest)
    return "green" if place == green else "blue"


def _state(item: Deployment, course: Course, state: ServiceState) -> tuple[str, str]:
    glyphs = course.glyphs
    if item.state == "FAILED":
        return text(f"{glyphs.failed} FAILED", "critical")
    if not item.is_primary:
        if item.running == 0:
            return text(f"{glyphs.replaced} leaving", "muted")
        return _serving(item, course, state)
    short = course.narrow and len(course.shown) > 1 and _color(0, course)
    share = "" if short else f" {item.running}/{item.desired}"
    if state in (ServiceState.FAILING, ServiceState.STUCK):
        return text(f"{glyphs.of_state(state)} {state.value.upper()}{share}", "critical")
    if state is ServiceState.PAUSED:
        return text(f"{glyphs.paused} PAUSED{share}", "warning")
    if item.state == "IN_PROGRESS":
        moving = state if state in (ServiceState.ROLLING_BACK, ServiceState.CANARY) else ServiceState.ROLLING
        return text(f"{glyphs.of_state(moving)} {moving.value.replace('_', ' ').upper()}{share}", "deploying")
    if item.desired == 0 and item.running == 0:
        return text(f"{glyphs.open} no tasks wanted", "muted")
    return _serving(item, course, state)


def _serving(item: Deployment, course: Course, state: ServiceState) -> tuple[str, str]:
    """Green only where what tells that it serves could be read, and requests get there."""
    glyphs, seen = course.glyphs, course.observation
    share = course.share_of(item)
    if share == 0:
        return text(f"{glyphs.open} standing by", "muted")
    is_read = seen is not None and seen.tells_who_serves and not seen.lacks_tasks
    if state is ServiceState.UNKNOWN or not is_read or (share is None and course.shifts):
        return text(f"{glyphs.unknown} unknown", "stale")
    if seen is not None and seen.healthy_of(item.id) == 0:
        return text(f"{glyphs.warning} none healthy", "warning")
    return text(f"{glyphs.steady} serving", "steady")


def _tasks(item: Deployment, failed: int, narrow: bool) -> Cell:
    """Counts as ECS gives them; failed ones also as far as they can still be seen."""
    short = narrow and (item.pending or failed)
    parts = [f"{item.running:,} {'run' if short else 'running'}"]
    if item.pending:
        parts.append(f"{item.pending:,} {'start' if short else 'starting'}")
    cell: Cell = (text(" · ".join(parts)),)
    return (*cell, text(" · "), text(f"{failed:,} failed", "critical")) if failed else cell


def _figures(picture: ServicePicture, course: Course) -> list[Row]:
    """Errors and latency: of each revision where a source tells them apart, else of both together."""
    rows = [_told_apart(picture, measure, course) for measure in (Measure.ERRORS, Measure.P95)]
    if picture.error_reading.state is ErrorState.NOBODY_ANSWERS:
        rows[0] = str(Measure.ERRORS), course.only((text(picture.error_reading.words, "bold critical"),))
    figures = picture.worst_figures
    if figures is None:
        return [row for row in rows if row is not None]
    reading = picture.error_reading
    if reading.is_of_before:
        rows[0] = str(Measure.ERRORS), course.only((text(reading.words, "muted"),))
    if rows[0] is None and reading.share is not None:
        rows[0] = (
            str(Measure.ERRORS),
            course.only((_errors(reading, dimmed=figures.is_old(course.now)), _origin(figures, course))),
        )
    slow = figures if figures.p95_s is not None or reading.is_of_before else picture.figures
    if rows[1] is None and slow is not None and slow.p95_s is not None:
        limit = limit_of(picture.signals, Measure.P95) if picture.signals else (None, "critical")
        rows[1] = (
            str(Measure.P95),
            course.only((_held_to(Measure.P95, slow.p95_s, limit), _origin(slow, course))),
        )
    return [row for row in rows if row is not None]


def _origin(figures: Figures, course: Course) -> tuple[str, str]:
    """Whose figures they are where there are several versions, and how old where that is to be said."""
    several, old = len(course.shown) > 1, figures.is_old(course.now)
    whose = f"{figures.version} version" if figures.version else "service-wide"
    ago = f"{words.age(_since(figures.at, course))} ago"
    parts = (whose if several else "", ago if old or not several else "")
    return text(f"  {' '.join(filter(None, parts))}", "stale" if old else "muted")


def _errors(reading: ErrorReading, *, dimmed: bool) -> tuple[str, str]:
    """The share of errors as every other place judges it."""
    share = words.percent(reading.share or 0.0)
    if reading.state is ErrorState.TOO_FEW:
        many = words.count(reading.requests or 0, "request")
        return text(f"{share} of {many}: too few to judge", "warning" if reading.is_doubtful else "muted")
    if reading.limit is None:
        return text(share, "stale") if dimmed else text(share)
    over = limit_in_words(Measure.ERRORS, reading.limit)
    return text(f"{share}  over {over}", "critical" if reading.is_critical else "warning")


def _held_to(measure: Measure, value: float | None, limit: tuple[float | None, str]) -> tuple[str, str]:
    """A figure, and the limit that it is over."""
    said = value_in_words(measure, value)
    if value is None or limit[0] is None or value <= limit[0]:
        return text(said)
    return text(f"{said}  over {limit_in_words(measure, limit[0])}", limit[1])


def _told_apart(picture: ServicePicture, measure: Measure, course: Course) -> Row | None:
    """The figure of the version that arrives in its column, that of the other one beside it; of each only
    what was measured since it serves: another version may have been behind its target group before."""
    signals = picture.signals
    arriving = course.arriving if course.rollout else 0
    if signals is None or len(course.shown) != 2 or arriving not in (0, 1):
        return None
    found = told(signals.picture, measure)
    new, old = found.main, found.old
    if new is None or old is None or new.last is None or old.last is None:
        return None
    are_of_now = tuple(map(picture.serving.is_newest_of_now, (new, old)))
    beside = found.beside
    if not any(are_of_now) or (all(are_of_now) and beside is None):
        return None
    limit = limit_of(signals, measure)
    then = old.last.value if beside is None else beside
    cells = [
        (_held_to(measure, value, limit) if is_of_now else text("none yet", "muted"),)
        for value, is_of_now in zip((new.last.value, then), are_of_now, strict=True)
    ]
    if arriving == 1:
        cells.reverse()
    return str(measure), tuple(cells)


def _since(moment: datetime, course: Course) -> float:
    return (course.now - moment).total_seconds()


def _settings(releases: Sequence[Release | None]) -> list[Row]:
    """Rows of what is not the same everywhere; the newest one's value is marked ``changed``."""
    known = [release for release in releases if release is not None]
    if len(known) < 2:
        return []
    names = dict.fromkeys(name for release in known for name in release.settings)
    changed = [name for name in names if len({release.settings.get(name) for release in known}) > 1]
    changed.sort(key=lambda name: (name not in SHORT_SETTINGS, name))
    rows = [
        (name, tuple(_setting(place, releases, name) for place in range(len(releases)))) for name in changed
    ]
    if len(rows) > MOST_SETTINGS:
        more = f"{len(rows) - MOST_SETTINGS} more changed"
        rows = [*rows[:MOST_SETTINGS], ("", ((text(more, "warning"),), *((),) * (len(releases) - 1)))]
    return rows


def _setting(place: int, releases: Sequence[Release | None], name: str) -> Cell:
    release = releases[place]
    value = release.settings.get(name) if release else None
    older = next((item for item in releases[place + 1 :] if item is not None), None)
    if place == 0:
        said = change_of(name, older.settings.get(name) if older else None, value)
        return text(said, "warning"), text("  changed", "warning")
    return (text(value_words(name, value)),)


def _deployed(item: Deployment, picture: ServicePicture, course: Course) -> tuple[str, str]:
    by = f" by {picture.deployed_by}" if item.is_primary and picture.deployed_by else ""
    return text(f"{words.age(_since(item.created_at, course))} ago{by}")


def _image(item: Deployment, release: Release | None, observation: Observation | None) -> Cell:
    """The digest of the release; of one that ECS tells nothing about, what its tasks run."""
    digest = release.digest if release else None
    if release is not None and digest is not None:
        moved = " tag has moved" if release.version.moved else ""
        return (text(short_digest(digest) + moved, "warning" if moved else "text"),)
    main = release.main if release else ""
    seen = [task for task in _of(observation, item) or () if not task.is_stopped]
    running = {
        box.digest for task in seen for box in task.containers if box.digest and main in ("", box.name)
    }
    if running:
        said = ", ".join(sorted(short_digest(each) for each in running))
        return text(said), text("  by its tasks", "muted")
    if release is not None:
        return (text("digest not told", "stale"),)
    why = observation.missing.get("releases", "") if observation else ""
    return (text(f"not read{': ' + why if why else ''}", "stale"),)


def _tags(releases: Sequence[Release | None]) -> list[Row]:
    """What the registry calls a digest today, where a tag has moved away from it."""
    if not any(release is not None and release.version.moved for release in releases):
        return []
    return [("tags today", tuple(_tag(release) for release in releases))]


def _tag(release: Release | None) -> Cell:
    if release is None:
        return (text(words.NOTHING, "muted"),)
    return (text(", ".join(release.version.tags) or "none any more", "muted"),)


def deployment_lines(rows: Sequence[Row], left: int, end: int, glyphs: Glyphs) -> tuple[Line, ...]:
    """Rows as columns side by side from ``left`` to ``end``; the first column holds the labels.

    A cell may run on over empty ones at its right. At most three deployments have a column; the
    others are counted.
    """
    count = len(rows[0][1]) if rows else 0
    if not count:
        return (Line().put(left, "no deployment", "muted"),)
    wide = end - left > 80
    first = left + (12 if wide else 10)
    columns = min(count, MOST_COLUMNS)
    step = 40 if wide and columns < MOST_COLUMNS else 26 if wide else (end - first) // columns
    lines = []
    for label, cells in rows:
        line = Line().put(left, cut_end(label, first - left - 1, glyphs.ellipsis), "faint")
        for place, cell in enumerate(cells[:columns]):
            follower = next((later for later in range(place + 1, columns) if cells[later]), None)
            stop = first + follower * step - 1 if follower is not None else end
            _put_cell(line, first + place * step, stop, cell, glyphs)
        lines.append(line)
    return tuple(lines)


def _put_cell(line: Line, column: int, stop: int, cell: Cell, glyphs: Glyphs) -> None:
    for said, ink in cell:
        if column >= stop:
            return
        column = line.run(column, (cut_end(said, stop - column, glyphs.ellipsis), ink))
