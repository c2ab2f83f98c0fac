"""Tasks by revision, stopped ones with the reason that ECS gives, and the targets they stand behind."""

from collections.abc import Sequence
from datetime import datetime

from console.domain import words
from console.domain.service import Observation
from console.domain.tasks import Target, Task
from console.domain.text import cut_end
from widgets.glyphs import Glyphs
from widgets.line import Line

EXIT_KILLED = 137
"""128 + SIGKILL."""


def task_state(task: Task, targets: Sequence[Target], glyphs: Glyphs) -> tuple[str, str, str]:
    """Mark, word and ink of a task."""
    mine = [target for target in targets if target.ip == task.ip]
    if task.is_stopped:
        if task.has_failed:
            return glyphs.failed, "stopped", "critical"
        return glyphs.replaced, "stopped", "muted"
    if task.is_leaving:
        return glyphs.draining, "leaving", "deploying"
    if task.is_starting:
        return glyphs.forward, "starting", "deploying"
    if task.health == "UNHEALTHY" or any(target.state == "unhealthy" for target in mine):
        return glyphs.warning, "unhealthy", "warning"
    if any(target.state == "initial" for target in mine):
        return glyphs.forward, "checking", "deploying"
    if task.health == "HEALTHY" or any(target.state == "healthy" for target in mine):
        return glyphs.steady, "healthy", "steady"
    return glyphs.steady, "running", "text"


def reason(task: Task) -> str:
    """Why a task stopped, or what a live one waits for: the container's words before the task's."""
    if task.is_stopped and task.was_told_to_stop:
        return task.stopped_reason
    if task.is_stopped:
        worst = next((item for item in task.containers if item.exit_code not in (None, 0)), None)
        said = (worst.reason if worst else "") or task.stopped_reason
        code = f" (exit {worst.exit_code})" if worst else ""
        if worst is not None and worst.exit_code == EXIT_KILLED and "OutOfMemory" in said:
            return f"out of memory{code}"
        return f"{said}{code}"
    if task.is_starting:
        return _waiting(task)
    return ""


def _waiting(task: Task) -> str:
    why = next((item.reason for item in task.containers if item.reason), "")
    return why or task.status.lower()


def _memory(task: Task) -> int | None:
    limits = [item.memory_mb for item in task.containers if item.memory_mb is not None]
    return max(limits) if limits else task.memory_mb


def _lasted(task: Task, now: datetime, *, narrow: bool) -> str:
    """Age of a live task; of a stopped one how long it ran."""
    begin = task.started_at or task.created_at
    if begin is None:
        return words.NOTHING
    seconds = ((task.stopping_at or task.stopped_at or now) - begin).total_seconds()
    return words.clock(seconds) if seconds < 3600 else words.age(seconds, narrow=narrow)


def ordered(tasks: Sequence[Task]) -> tuple[Task, ...]:
    """Trouble first: stopped ones newest first, then the starting, then the running."""

    def place(task: Task) -> tuple[int, float, str]:
        rank = 0 if task.is_stopped else 1 if task.is_leaving or task.is_starting else 2
        moment = task.stopped_at or task.created_at
        return rank, -(moment.timestamp() if moment else 0.0), task.id

    return tuple(sorted(tasks, key=place))


def task_lines(
    observation: Observation, now: datetime, left: int, end: int, glyphs: Glyphs, narrow: bool
) -> tuple[Line, ...]:
    """A heading a revision, then its tasks; at 80 columns without headings."""
    if "tasks" in observation.missing:
        return (Line().put(left, f"not read: {observation.missing['tasks']}", "stale", end - left),)
    if not observation.tasks:
        return (Line().put(left, "no tasks, neither running nor stopped of late", "muted", end - left),)
    lines: list[Line] = []
    for deployment, members in _by_deployment(observation):
        if not narrow:
            lines.append(_group(observation, deployment, members, left))
        for task in ordered(members):
            draw = _narrow_task if narrow else _wide_task
            lines.append(draw(task, observation, now, left, end, glyphs))
    return tuple(lines)


def _by_deployment(observation: Observation) -> list[tuple[str, list[Task]]]:
    """Tasks by deployment: the service's own deployments first, then those that are gone."""
    groups: dict[str, list[Task]] = {item.id: [] for item in observation.status.deployments}
    for task in observation.tasks:
        groups.setdefault(task.deployment, []).append(task)
    return [(key, members) for key, members in groups.items() if members]


def revision_of(task: Task) -> str:
    """``:43``."""
    return ":" + task.definition.rsplit(":", 1)[-1]


def _group(observation: Observation, deployment: str, members: list[Task], left: int) -> Line:
    release = observation.release_of(deployment)
    label = f" {release.version.label}" if release else ""
    running = sum(1 for task in members if task.status == "RUNNING" and not task.is_leaving)
    known = next((item for item in observation.status.deployments if item.id == deployment), None)
    said = f"  {running} of {known.desired} running" if known else "  replaced"
    line = Line()
    line.run(left, (revision_of(members[0]), "bold strong"), (label, "text"), (said, "muted"))
    return line


def _wide_task(
    task: Task, observation: Observation, now: datetime, left: int, end: int, glyphs: Glyphs
) -> Line:
    glyph, word, ink = task_state(task, observation.targets, glyphs)
    memory = _memory(task)
    line = Line()
    line.run(left + 2, (glyph, ink), (" ", "text"), (word, ink))
    line.put(left + 15, task.id[:8], "text")
    line.put(left + 25, task.zone.rsplit("-", 1)[-1][:4], "muted")
    line.right(left + 35, _lasted(task, now, narrow=False), "muted")
    line.right(left + 45, words.NOTHING if memory is None else words.megabytes(memory), "muted")
    return line.put(left + 48, cut_end(reason(task), end - left - 48, glyphs.ellipsis), "text")


def _narrow_task(
    task: Task, observation: Observation, now: datetime, left: int, end: int, glyphs: Glyphs
) -> Line:
    glyph, word, ink = task_state(task, observation.targets, glyphs)
    line = Line()
    line.run(left, (glyph, ink), (" ", "text"), (word, ink))
    line.put(left + 12, task.id[:4], "text").put(left + 17, revision_of(task), "muted")
    line.right(left + 27, _lasted(task, now, narrow=True), "muted")
    return line.put(left + 28, cut_end(reason(task), end - left - 28, glyphs.ellipsis), "text")


_TARGET_INKS = {
    "healthy": "steady",
    "initial": "deploying",
    "draining": "deploying",
    "unhealthy": "warning",
    "unhealthy.draining": "warning",
    "unavailable": "warning",
}


def target_lines(
    observation: Observation, left: int, end: int, glyphs: Glyphs, narrow: bool
) -> tuple[Line, ...]:
    """One line a target: state, its task and revision, address, why."""
    if "targets" in observation.missing:
        return (Line().put(left, f"not read: {observation.missing['targets']}", "stale", end - left),)
    if not observation.status.target_groups:
        return (Line().put(left, "no load balancer in front", "muted", end - left),)
    if not observation.targets:
        return (Line().put(left, "no target is registered", "warning", end - left),)
    return tuple(_target_line(item, observation, left, end, glyphs, narrow) for item in observation.targets)


def _target_line(
    target: Target, observation: Observation, left: int, end: int, glyphs: Glyphs, narrow: bool
) -> Line:
    marks = {
        "healthy": glyphs.steady,
        "initial": glyphs.forward,
        "draining": glyphs.draining,
        "unhealthy": glyphs.warning,
        "unhealthy.draining": glyphs.draining,
        "unavailable": glyphs.warning,
    }
    ink = _TARGET_INKS.get(target.state, "muted")
    task = next((item for item in observation.tasks if item.ip == target.ip), None)
    indent = 0 if narrow else 2
    line = Line()
    word = cut_end(target.state, 10, glyphs.ellipsis)
    line.run(left + indent, (marks.get(target.state, glyphs.open), ink), (" ", "text"), (word, ink))
    column = left + indent + 13
    line.put(column, (task.id[: 4 if narrow else 8] if task else words.NOTHING), "text")
    line.put(column + (5 if narrow else 10), revision_of(task) if task else "", "muted")
    line.put(column + (10 if narrow else 15), f"{target.ip}:{target.port}", "muted")
    why = target.reason + (f", {target.description}" if target.description else "")
    column += 27 if narrow else 33
    return line.put(column, cut_end(why, end - column, glyphs.ellipsis), "text")
