"""What can be drained: one line a task, one line a container instance."""

from collections.abc import Iterable
from datetime import datetime

from console.domain.instance import Instance
from console.domain.tasks import Target, Task
from console.domain.text import cut_end
from console.domain.words import age, count
from widgets.glyphs import Glyphs
from widgets.line import Line
from widgets.regions import beside_bar

_WHAT, _STATE, _REVISION, _AGE, _ZONE = 10, 22, 38, 50, 53
"""Columns behind the first: where name, state and revision begin, the age ends, the zone begins."""


def task_line(
    task: Task,
    targets: Iterable[Target],
    picked: bool,
    now: datetime,
    column: int,
    width: int,
    glyphs: Glyphs,
) -> Line:
    """A task by its id: its state, revision, age, zone, and what its target is."""
    line = _begun("task", task.id[:8], picked, column, glyphs)
    state = "leaving" if task.is_leaving else task.health.lower() if task.is_executing else "starting"
    state = "running" if state == "unknown" else state
    line.put(column + _STATE, state, {"unhealthy": "warning", "healthy": "steady"}.get(state, "text"))
    line.put(column + _REVISION, ":" + task.definition.rsplit(":", 1)[-1], "muted", 6)
    if task.started_at is not None:
        line.right(column + _AGE, age((now - task.started_at).total_seconds()), "muted")
    states = sorted({target.state for target in targets if target.ip == task.ip and task.ip})
    said = " · ".join(part for part in (task.zone, ", ".join(states)) if part)
    return line.put(column + _ZONE, cut_end(said, width - _ZONE, glyphs.ellipsis), "muted")


def instance_line(instance: Instance, picked: bool, column: int, width: int, glyphs: Glyphs) -> Line:
    """A container instance by its id: its state, what runs on it, and what picking it does."""
    line = _begun("instance", instance.id[:8], picked, column, glyphs)
    leaves = instance.status == "DRAINING"
    line.put(column + _STATE, instance.status, "deploying" if leaves else "text", _REVISION - _STATE - 1)
    line.put(column + _REVISION, count(instance.running + instance.pending, "task"), "muted")
    said = " · ".join(
        part
        for part in (
            "is brought back" if leaves else "",
            "" if instance.connected else "agent lost",
            instance.machine,
            instance.zone,
        )
        if part
    )
    return line.put(column + _ZONE, cut_end(said, width - _ZONE, glyphs.ellipsis), "muted")


def _begun(kind: str, name: str, picked: bool, column: int, glyphs: Glyphs) -> Line:
    line = Line()
    if picked:
        line.put(beside_bar(column), glyphs.selected, "accent")
    line.put(column, kind, "faint")
    return line.put(column + _WHAT, name, "bold strong" if picked else "text")
