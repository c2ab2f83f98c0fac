"""The targets that a service's tasks stand behind: state, whose it is, address, why."""

from console.domain.service import Observation
from console.domain.tasks import Target, Task
from console.domain.text import cut_end
from console.domain.words import NOTHING
from widgets.glyphs import Glyphs
from widgets.line import Line
from widgets.listing import Listing

_INKS = {
    "healthy": "steady",
    "initial": "deploying",
    "draining": "deploying",
    "unhealthy": "warning",
    "unhealthy.draining": "warning",
    "unavailable": "warning",
}


def target_lines(observation: Observation, left: int, end: int, glyphs: Glyphs, narrow: bool) -> Listing:
    """One line a target."""
    room = end - left
    if "targets" in observation.missing:
        said = cut_end(f"not read: {observation.missing['targets']}", room, glyphs.ellipsis)
        return Listing.of((Line().put(left, said, "stale"),))
    if not observation.status.target_groups:
        return Listing.of((Line().put(left, "no load balancer in front", "muted"),))
    targets = observation.targets
    if not targets:
        return Listing.of((Line().put(left, "no target is registered", "warning"),))
    tasks = {task.ip: task for task in reversed(observation.tasks) if task.ip}
    groups = len({target.group for target in targets}) > 1

    def draw(place: int) -> Line:
        target = targets[place]
        name = _group_name(target) if groups else ""
        return _line(target, tasks.get(target.ip), name, left, end, glyphs, narrow)

    return Listing(len(targets), draw)


def _group_name(target: Target) -> str:
    """The target group's name: blue and green targets stand in groups of their own."""
    return target.group.rsplit(":targetgroup/", 1)[-1].split("/", 1)[0]


def _line(
    target: Target, task: Task | None, group: str, left: int, end: int, glyphs: Glyphs, narrow: bool
) -> Line:
    marks = {
        "healthy": glyphs.steady,
        "initial": glyphs.forward,
        "draining": glyphs.draining,
        "unhealthy": glyphs.warning,
        "unhealthy.draining": glyphs.draining,
        "unavailable": glyphs.warning,
    }
    ink = _INKS.get(target.state, "muted")
    indent = 0 if narrow else 2
    line = Line()
    word = cut_end(target.state, 10, glyphs.ellipsis)
    line.run(left + indent, (marks.get(target.state, glyphs.open), ink), (f" {word}", ink))
    column = left + indent + 13
    line.put(column, task.id[: 4 if narrow else 8] if task else NOTHING, "text")
    line.put(
        column + (5 if narrow else 10), ":" + task.definition.rsplit(":", 1)[-1] if task else "", "muted"
    )
    line.put(column + (10 if narrow else 15), f"{target.ip}:{target.port}", "muted")
    why = ", ".join(part for part in (group, target.reason, target.description) if part)
    column += 31 if narrow else 37
    return line.put(column, cut_end(why, end - column, glyphs.ellipsis), "text")
