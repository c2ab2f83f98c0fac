"""One service on one screen: what is wrong, the way back, and the evidence around it."""

from dataclasses import dataclass
from datetime import datetime

from textual import events
from textual.message import Message
from textual.reactive import reactive

from console.domain.alerts import Alerting
from console.domain.fleet import EnvironmentPicture, ServicePicture
from console.domain.series import Measure
from console.domain.signals import LogLine
from widgets.chart import Scales, chart_lines, top_for
from widgets.charted import answered, chart_of
from widgets.config_view import NOTHING_TO_COMPARE, Revisions
from widgets.glyphs import Glyphs
from widgets.header import NARROW
from widgets.line import Line
from widgets.lines import Pane
from widgets.listing import Scroll
from widgets.regions import beside
from widgets.scaling_view import NOT_READ, ScalingAnswer
from widgets.service_bodies import LEFT, LEFT_END, NARROW_CHART, RIGHT, Bodies
from widgets.service_head import NOT_ASKED, ArmedPlan, Head, head_lines
from widgets.tab_bar import Spot, tab_bar, titled

TABS = ("targets", "events", "scaling", "config", "figures")
"""What stands below the tasks, one at a time."""
PANES = ("tasks", "targets", "events", "scaling", "config", "logs", "figures")
TAB_ROWS, TAB_ROWS_ACTIVE = 8, 14
LEAST_TASK_ROWS = 3
CHART_ROWS, LEAST_CHART_ROWS = 9, 4
LEAST_LOG_ROWS = 3
BESIDE = {"tasks": Measure.ERRORS, "targets": Measure.P95}
"""At few columns, the chart that stands beside a pane: the next pane has the other one."""
NARROW_CHART_ROWS = 6
LEAST_PEEK = 20
"""With fewer rows the log gives its place to what is looked at."""


@dataclass(frozen=True)
class ServiceView:
    """Everything that the screen of a service shows."""

    picture: ServicePicture
    now: datetime
    armed: ArmedPlan = NOT_ASKED
    logs: tuple[LogLine, ...] = ()
    """Oldest first."""
    logs_note: str = ""
    """Why there are none; empty when there are, or when nothing was read yet."""
    stale_age: str = ""
    pane: str = "tasks"
    """The pane that the scrolling keys move."""
    tab: str = "targets"
    """Which of :data:`TABS` is open."""
    around: EnvironmentPicture | None = None
    scaling: ScalingAnswer = NOT_READ
    revisions: Revisions = NOTHING_TO_COMPARE
    explains: bool = False
    """Cause, remedy and evidence are shown in full."""
    logs_key: str = ""
    """The key that opens the logs as a screen of their own."""
    alert: Alerting | None = None
    compare_keys: tuple[str, ...] = ("[ ]", "{ }")
    """The keys that choose the older and the newer revision to compare."""


class ServicePane(Pane):
    """Draws a :class:`ServiceView`: two regions side by side, one above the other at 80 columns."""

    view: reactive[ServiceView | None] = reactive(None, always_update=True)

    class PaneChosen(Message):
        """A tab or a label was clicked."""

        def __init__(self, pane: str) -> None:
            super().__init__()
            self.pane = pane

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self.scroll = Scroll()
        self.scales = Scales()
        self._spots: list[tuple[int, Spot]] = []

    def draw(self, width: int, height: int) -> tuple[Line, ...]:
        if self.view is None:
            return ()
        kind = _Narrow if width < NARROW else _Wide
        page = kind(self.view, self.scroll, self.scales, width, height, self.glyphs)
        lines = page.lines()
        self._spots = page.spots
        return lines

    def on_click(self, event: events.Click) -> None:
        for row, spot in self._spots:
            if event.y == row and spot.start <= event.x < spot.end:
                event.stop()
                self.post_message(self.PaneChosen(spot.name))
                return

    def _wheel(self, event: events.MouseEvent, step: int) -> None:
        if self.view is not None:
            event.stop()
            pane = self._under(event.x, event.y)
            step = -step if pane == "logs" else step
            self.scroll.offsets[pane] = self.scroll.offsets.get(pane, 0) + step
            self.refresh()

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        self._wheel(event, 3)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        self._wheel(event, -3)

    def _under(self, x: int, y: int) -> str:
        """The pane whose label stands above a place, in the same region."""
        assert self.view is not None
        wide = self.size.width >= NARROW
        found = "logs" if wide and x >= RIGHT else ("tasks" if wide else self.view.pane)
        for row, spot in self._spots:
            same = (spot.start >= RIGHT) == (x >= RIGHT) if wide else True
            if row <= y and same:
                found = self.view.tab if wide and spot.name in TABS else spot.name if wide else found
        return found


class _Page:
    """One drawing: its lines, and what can be clicked on it."""

    def __init__(
        self, view: ServiceView, scroll: Scroll, scales: Scales, width: int, height: int, glyphs: Glyphs
    ) -> None:
        self.view, self.scroll, self.scales, self.glyphs = view, scroll, scales, glyphs
        self.width, self.height = width, height
        self.bodies = Bodies(view, glyphs, width)
        self.spots: list[tuple[int, Spot]] = []

    def head(self) -> list[Line]:
        view = self.view
        head = Head(view.picture, view.around, view.armed, view.stale_age, view.now, view.alert)
        return list(head_lines(head, self.width, self.glyphs))

    def explanation(self, most: int) -> tuple[Line, ...]:
        return self.bodies.explanation(most) if self.view.explains else ()

    def chart(self, measure: Measure, column: int, end: int, rows: int) -> tuple[Line, ...]:
        """A label and so many rows."""
        picture, now = self.view.picture, self.view.now
        version = picture.primary_version
        chart = chart_of(
            picture.signals, measure, version.label if version else "", now, self.glyphs, picture.serving
        )
        chart = answered(chart, picture.error_reading)
        top = top_for(chart.highest, chart.limit)
        if not chart.no_data:
            top = self.scales.top(f"{picture.address} {measure}", top, now)
        return chart_lines(chart, column, end, rows, top, self.glyphs)


class _Wide(_Page):
    def lines(self) -> tuple[Line, ...]:
        lines = [Line(), *self.head(), Line(), *self.explanation(max(4, self.height // 3))]
        room = self.height - len(lines)
        top = len(lines)
        return (*lines, *beside(self._left(top, room), self._right(top, room)))

    def _left(self, top: int, room: int) -> tuple[Line, ...]:
        view, bodies, glyphs = self.view, self.bodies, self.glyphs
        tasks, tab = bodies.body("tasks"), bodies.body(view.tab)
        deployments = bodies.deployments()
        wanted = min(len(tab), TAB_ROWS_ACTIVE if view.pane in TABS else TAB_ROWS)
        least = min(len(tasks), LEAST_TASK_ROWS)
        most = max(3, room - least - wanted - 5)
        deployments = deployments[:most]
        lines = [
            titled("deployments", LEFT, LEFT_END, bodies.shown(), None, False, glyphs),
            *deployments,
            Line(),
        ]
        task_rows = max(least, min(len(tasks), room - len(lines) - wanted - 3))
        window = self.scroll.window("tasks", tasks, task_rows)
        self.spots.append((top + len(lines), Spot("tasks", LEFT, LEFT + 5)))
        lines.append(
            titled("tasks", LEFT, LEFT_END, bodies.count("tasks"), window, view.pane == "tasks", glyphs)
        )
        lines += [*window.lines, Line()]
        window = self.scroll.window(view.tab, tab, room - len(lines) - 1)
        counts = [(name, *bodies.counted(name)) for name in TABS]
        active = view.pane if view.pane in TABS else ""
        bar, spots = tab_bar(counts, view.tab, active, window, LEFT, LEFT_END, glyphs)
        self.spots += [(top + len(lines), spot) for spot in spots]
        lines += [bar, *window.lines]
        return tuple(lines[:room])

    def _right(self, top: int, room: int) -> tuple[Line, ...]:
        """Charts, and what is left for the logs; nothing ever covers the charts."""
        charts = self._charts(room)
        left = room - len(charts)
        if self.view.pane != "logs" and left < LEAST_LOG_ROWS + 1:
            return charts
        return (*charts, *self._logs(top + len(charts), left)) if left > 1 else charts

    def _charts(self, room: int) -> tuple[Line, ...]:
        """Errors and response times; the logs have the region while they are what is looked at."""
        end = self.width - 2
        measures = list(BESIDE.values())
        if self.view.pane == "logs":
            room = room // 2
        rows = min(CHART_ROWS, (room - 1) // 2 - 1)
        if rows < LEAST_CHART_ROWS:
            measures, rows = measures[:1], min(CHART_ROWS, room - 1)
        if rows < LEAST_CHART_ROWS:
            return ()
        lines: list[Line] = []
        for measure in measures:
            lines += [*self.chart(measure, RIGHT, end, rows), Line()]
        return tuple(lines[:room])

    def _logs(self, top: int, room: int) -> tuple[Line, ...]:
        end = self.width - 2
        window = self.scroll.window("logs", self.bodies.body("logs"), room - 1, newest_last=True)
        self.spots.append((top, Spot("logs", RIGHT, RIGHT + 4)))
        active = self.view.pane == "logs"
        label = titled(
            "logs", RIGHT, end, self.bodies.count("logs"), window, active, self.glyphs, self.view.logs_key
        )
        return (label, *window.lines)


class _Narrow(_Page):
    def lines(self) -> tuple[Line, ...]:
        view, bodies, height = self.view, self.bodies, self.height
        head = self.head()
        lines = [*head, *(self.explanation(max(4, height // 2)) or (Line(),))]
        if view.explains:
            lines.insert(len(head), Line())
        log_rows = (
            (2 if height < 28 else 6) if height >= 20 and view.pane != "logs" and not view.explains else 0
        )
        charted = view.picture.signals is not None and view.pane in BESIDE
        foot = log_rows + (1 if charted and height < 28 else 2) if log_rows else 0
        if view.pane not in ("config", "logs") or height >= 28:
            room = (height - len(lines) - foot) // 2 - 1
            deployments = bodies.deployments()
            lines += [*deployments[: max(3, room if not view.explains else 3)], Line()]
        window = self.scroll.window(
            view.pane, bodies.body(view.pane), height - len(lines) - 1 - foot, newest_last=view.pane == "logs"
        )
        counts = [(name, *bodies.counted(name)) for name in PANES]
        bar, spots = tab_bar(counts, view.pane, view.pane, window, LEFT, self.width - 2, self.glyphs)
        self.spots += [(len(lines), spot) for spot in spots]
        lines.append(bar)
        beside_it: tuple[Line, ...] = ()
        if charted:
            rows = min(NARROW_CHART_ROWS, height - len(lines) - foot - 1)
            if rows >= LEAST_CHART_ROWS:
                beside_it = self.chart(BESIDE[view.pane], NARROW_CHART, self.width - 2, rows)
        lines += beside(window.lines, beside_it)
        if log_rows:
            lines += [Line()] * (height - log_rows - 1 - len(lines))
            peek = Scroll().window("logs", bodies.body("logs"), log_rows, newest_last=True)
            lines += [
                titled("logs", LEFT, self.width - 2, "", None, False, self.glyphs, view.logs_key),
                *peek.lines,
            ]
        return tuple(lines)
