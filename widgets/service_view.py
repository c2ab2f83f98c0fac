"""One service on one screen: what is wrong, the way back, and the evidence around it."""

from dataclasses import dataclass, field
from datetime import datetime

from textual.reactive import reactive

from console.domain.fleet import ServicePicture
from console.domain.signals import LogLine
from console.domain.text import cell_width
from widgets.deployments import deployment_lines, deployment_rows
from widgets.event_list import event_lines
from widgets.glyphs import Glyphs
from widgets.header import NARROW
from widgets.line import Line
from widgets.lines import Pane
from widgets.log_peek import log_lines
from widgets.regions import beside
from widgets.service_head import NOT_ASKED, WayBack, head_lines
from widgets.task_table import revision_of, target_lines, task_lines

PANES = ("tasks", "targets", "events", "logs")
LEFT, LEFT_END, RIGHT = 2, 84, 88
TARGET_ROWS = 8


@dataclass(frozen=True)
class ServiceView:
    """Everything that the screen of a service shows."""

    picture: ServicePicture
    now: datetime
    way: WayBack = NOT_ASKED
    logs: tuple[LogLine, ...] = ()
    """Oldest first."""
    logs_note: str = ""
    """Why there are none; empty when there are, or when nothing was read yet."""
    stale_age: str = ""
    pane: str = "tasks"
    """The pane that the scrolling keys move."""


@dataclass
class Scroll:
    """How far each pane is scrolled; drawing keeps it within what there is."""

    offsets: dict[str, int] = field(default_factory=dict)

    def window(self, pane: str, lines: tuple[Line, ...], rows: int, *, newest_last: bool = False) -> "Window":
        """The part of a pane's lines that fits, and how many stay hidden.

        Args:
            newest_last: Scrolled to its end unless moved: the offset counts from the end, backwards.
        """
        rows = max(0, rows)
        spare = max(0, len(lines) - rows)
        offset = self.offsets[pane] = max(0, min(spare, self.offsets.get(pane, 0)))
        start = spare - offset if newest_last else offset
        return Window(lines[start : start + rows], spare - start)


@dataclass(frozen=True)
class Window:
    """Visible lines, and how many more there are below."""

    lines: tuple[Line, ...]
    below: int


class ServicePane(Pane):
    """Draws a :class:`ServiceView`: two regions side by side, one above the other at 80 columns."""

    view: reactive[ServiceView | None] = reactive(None, always_update=True)

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self.scroll = Scroll()

    def draw(self, width: int, height: int) -> tuple[Line, ...]:
        if self.view is None:
            return ()
        bodies = Bodies(self.view, self.glyphs, width)
        if width < NARROW:
            return _narrow(self.view, bodies, self.scroll, width, height, self.glyphs)
        return _wide(self.view, bodies, self.scroll, width, height, self.glyphs)


class Bodies:
    """The lines of every pane, drawn for where they stand at a width."""

    def __init__(self, view: ServiceView, glyphs: Glyphs, width: int) -> None:
        self._view = view
        self._glyphs = glyphs
        self._narrow = width < NARROW
        self._right_end = width - 2
        self._left_end = self._right_end if self._narrow else LEFT_END
        self._right = LEFT if self._narrow else RIGHT

    def deployments(self) -> tuple[Line, ...]:
        view, status = self._view, self._view.picture.status
        if status is None:
            return (Line().put(LEFT, "not read yet", "muted"),)
        observation, state = view.picture.observation, view.picture.state
        rows = deployment_rows(status, observation, state, view.now, self._glyphs, narrow=self._narrow)
        return deployment_lines(rows, LEFT, self._left_end, self._glyphs)

    def tasks(self) -> tuple[Line, ...]:
        observation = self._view.picture.observation
        if observation is None:
            return (Line().put(LEFT, "not read yet", "muted"),)
        return task_lines(observation, self._view.now, LEFT, self._left_end, self._glyphs, self._narrow)

    def targets(self) -> tuple[Line, ...]:
        observation = self._view.picture.observation
        if observation is None:
            return (Line().put(LEFT, "not read yet", "muted"),)
        return target_lines(observation, LEFT, self._left_end, self._glyphs, self._narrow)

    def events(self) -> tuple[Line, ...]:
        status = self._view.picture.status
        if status is None:
            return (Line().put(self._right, "not read yet", "muted"),)
        return event_lines(status.events, self._right, self._right_end, self._glyphs)

    def logs(self) -> tuple[Line, ...]:
        view = self._view
        if not view.logs:
            said, ink = (view.logs_note, "stale") if view.logs_note else ("reading the logs", "muted")
            return (Line().put(self._right, said, ink, self._right_end - self._right),)
        tasks = view.picture.observation.tasks if view.picture.observation else ()
        revisions = {task.id: revision_of(task) for task in tasks}
        return log_lines(
            view.logs, revisions, self._right, self._right_end, self._glyphs, full_time=self._narrow
        )

    def counts(self) -> dict[str, int]:
        """How much there is in every pane."""
        picture = self._view.picture
        observation = picture.observation
        return {
            "tasks": len(observation.tasks) if observation else 0,
            "targets": len(observation.targets) if observation else 0,
            "events": len(picture.status.events) if picture.status else 0,
            "logs": len(self._view.logs),
        }


def _label(
    line: Line,
    name: str,
    column: int,
    end: int,
    count: int,
    window: Window | None,
    active: bool,
    glyphs: Glyphs,
) -> Line:
    """A region's label, hairline and count; what is hidden below is counted too."""
    start = line.run(column, (name, "bold underline accent" if active else "bold muted")) + 1
    ending = [(f"{count}", "faint")] if count else []
    if window is not None and window.below:
        ending.insert(0, (f"{glyphs.more} {window.below} more" + ("  " if count else ""), "muted"))
    tail = sum(cell_width(text) for text, _ in ending)
    stop = end - tail - (1 if tail else 0)
    line.put(start, glyphs.rest * max(0, stop - start), "rule")
    line.run(end - tail, *ending)
    return line


def _wide(
    view: ServiceView, bodies: Bodies, scroll: Scroll, width: int, height: int, glyphs: Glyphs
) -> tuple[Line, ...]:
    head = (Line(), *head_lines(view.picture, view.way, view.stale_age, width, glyphs), Line())
    room = height - len(head)
    counts = bodies.counts()
    left = _left_region(view, bodies, scroll, counts, room, glyphs)
    right = _right_region(view, bodies, scroll, counts, room, width - 2, glyphs)
    return (*head, *beside(left, right))


def _left_region(
    view: ServiceView, bodies: Bodies, scroll: Scroll, counts: dict[str, int], room: int, glyphs: Glyphs
) -> tuple[Line, ...]:
    deployments = bodies.deployments()
    shown = len(view.picture.status.deployments) if view.picture.status else 0
    lines = [_label(Line(), "deployments", LEFT, LEFT_END, shown, None, False, glyphs), *deployments, Line()]
    tasks, targets = bodies.tasks(), bodies.targets()
    target_rows = min(len(targets), TARGET_ROWS)
    task_rows = max(1, min(len(tasks), room - len(lines) - target_rows - 3))
    for name, body, rows in (("tasks", tasks, task_rows), ("targets", targets, target_rows)):
        window = scroll.window(name, body, rows)
        active = view.pane == name
        lines.append(_label(Line(), name, LEFT, LEFT_END, counts[name], window, active, glyphs))
        lines.extend(window.lines)
        lines.append(Line())
    return tuple(lines[:room])


def _right_region(
    view: ServiceView,
    bodies: Bodies,
    scroll: Scroll,
    counts: dict[str, int],
    room: int,
    end: int,
    glyphs: Glyphs,
) -> tuple[Line, ...]:
    events, logs = bodies.events(), bodies.logs()
    event_rows = min(len(events), max(3, room // 2 - 2))
    log_rows = room - event_rows - 3
    lines: list[Line] = []
    for name, body, rows in (("events", events, event_rows), ("logs", logs, log_rows)):
        window = scroll.window(name, body, rows, newest_last=name == "logs")
        lines.append(_label(Line(), name, RIGHT, end, counts[name], window, view.pane == name, glyphs))
        lines.extend(window.lines)
        lines.append(Line())
    return tuple(lines[:room])


def _narrow(
    view: ServiceView, bodies: Bodies, scroll: Scroll, width: int, height: int, glyphs: Glyphs
) -> tuple[Line, ...]:
    head = head_lines(view.picture, view.way, view.stale_age, width, glyphs)
    log_rows = 2 if height < 28 else 6
    deployments = bodies.deployments()[: max(3, (height - 8 - log_rows) // 2)]
    lines = [*head, Line(), *deployments, Line()]
    with_logs = view.pane != "logs"
    rows = height - len(lines) - 1 - ((log_rows + 2) if with_logs else 0)
    name = view.pane
    body = {"tasks": bodies.tasks, "targets": bodies.targets, "events": bodies.events, "logs": bodies.logs}
    window = scroll.window(name, body[name](), rows, newest_last=name == "logs")
    lines.append(_tabs(view, bodies.counts(), window, width, glyphs))
    lines.extend(window.lines)
    if with_logs:
        lines.extend([Line()] * (height - log_rows - 1 - len(lines)))
        peek = Scroll().window("logs", bodies.logs(), log_rows, newest_last=True)
        lines.append(_label(Line(), "logs", LEFT, width - 2, 0, None, False, glyphs))
        lines.extend(peek.lines)
    return tuple(lines)


def _tabs(view: ServiceView, counts: dict[str, int], window: Window, width: int, glyphs: Glyphs) -> Line:
    line, column = Line(), LEFT
    for name in PANES:
        active = view.pane == name
        ink = "bold underline accent" if active else "muted"
        column = line.run(column, (name, ink), (f" {counts[name]}", "text" if active else "faint")) + 2
    return _label(line, "", column - 1, width - 2, 0, window, False, glyphs)
