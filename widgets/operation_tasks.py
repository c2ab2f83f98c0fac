"""Tasks and traffic of an operation: old and new trading places, or one lane where nothing is shipped."""

from dataclasses import replace

from console.domain.operation import Verb
from console.domain.text import cut_end
from console.domain.words import time_of_day
from widgets.glyphs import Glyphs
from widgets.lanes import ORDER, Lane, lane_line, picture, traffic_line
from widgets.lanes import Picture as Lanes
from widgets.line import Line
from widgets.operation_picture import OperationPicture
from widgets.regions import beside, heading


def task_lines(shown: OperationPicture, end: int, glyphs: Glyphs) -> list[Line]:
    """A heading, both lanes, and who has the traffic: always four rows."""
    lanes = picture(shown.progress) if shown.progress else None
    if lanes is None:
        return [heading("tasks", 2, end, glyphs), Line().put(2, "not observed yet", "muted"), Line(), Line()]
    title = _title(shown)
    if shown.walks:
        desired = heading(title, 2, end, glyphs, [(f"desired {lanes.desired}", "muted")])
        return [desired, _only_lane(lanes, (16, 30, end), glyphs), Line(), Line()]
    said = f"{lanes.leaving.version} leaves, {lanes.arriving.version} arrives"
    lines = [heading(title, 2, end, glyphs, [(said, "muted")])]
    columns = (16, 30, end)
    lines.append(lane_line(lanes.leaving, False, shown.verb, lanes.desired, columns, glyphs))
    lines.append(lane_line(lanes.arriving, True, shown.verb, lanes.desired, columns, glyphs))
    traffic = traffic_line(lanes, shown.verb, (16, min(end, 100)), glyphs)
    lines.append(traffic.put(2, "traffic", "faint") if traffic else Line())
    return lines


def _title(shown: OperationPicture) -> str:
    """With the time of the picture once nothing newer comes."""
    seen = shown.progress.observation if shown.progress else None
    return f"tasks as of {time_of_day(seen.at)}" if shown.is_over and seen is not None else "tasks"


def short_task_lines(shown: OperationPicture, end: int, glyphs: Glyphs) -> list[Line]:
    """The same in two rows."""
    lanes = picture(shown.progress) if shown.progress else None
    if lanes is None:
        return [Line().put(2, "tasks not observed yet", "muted"), Line()]
    if shown.walks:
        return [_only_lane(lanes, (10, 21, end), glyphs), Line()]
    traffic = traffic_line(lanes, shown.verb, (56, end), glyphs) if end >= 78 else None
    old, new = _short(lanes.leaving), _short(lanes.arriving)
    first = lane_line(old, False, shown.verb, lanes.desired, (10, 21, 55 if traffic else end), glyphs)
    second = lane_line(new, True, shown.verb, lanes.desired, (10, 21, end), glyphs)
    return [beside([first], [traffic])[0] if traffic else first, second]


def _only_lane(lanes: Lanes, columns: tuple[int, int, int], glyphs: Glyphs) -> Line:
    """All tasks in one lane: nothing takes their place."""
    tasks = sorted((*lanes.leaving.tasks, *lanes.arriving.tasks), key=lambda pair: ORDER.index(pair[0]))
    lane = Lane(lanes.leaving.label, lanes.leaving.version, tuple(tasks))
    lane = _short(lane) if columns[0] < 16 else lane
    return lane_line(lane, False, Verb.SCALE, lanes.desired, columns, glyphs)


def _short(lane: Lane) -> Lane:
    """A lane named by its version alone, in seven cells; of a branch build only the commit."""
    return replace(lane, label=cut_end(lane.version.rpartition("@")[2], 7), version="")
