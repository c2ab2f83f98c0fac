"""The fleet: every service of every environment, trouble first."""

from collections.abc import Iterable
from datetime import datetime
from typing import ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.widget import Widget
from textual.widgets import Input

from console.domain.address import Address
from console.domain.fleet import ServicePicture
from console.ports import Clock
from screens.base import ConsoleScreen
from screens.fleet_order import arranged, chosen, counts, in_old_order, row_of
from screens.messages import DeployRequested, RollbackRequested, ServiceChosen
from screens.overview import ALL, tabs
from screens.summary import summary
from widgets.fleet_row import ServiceRow, heads, put_counts
from widgets.grid import GridView
from widgets.header import NARROW
from widgets.line import Line
from widgets.lines import LinesView, Pane

FROZEN_S = 3.0
"""How long after a key press the order of rows stays as it is."""

CHANGED_S = 2.0
"""How long a new state is shown in reverse."""

ORDER_CHANGED = "order changed, u to update"


class Heads(Pane):
    """Column heads, and what is still being read."""

    reading = ""

    def draw(self, width: int, height: int) -> tuple[Line, ...]:
        if width < NARROW:
            return (heads(width),)
        return Line().put(2, self.reading, "muted", width - 4), heads(width), Line()


class FilterField(Input):
    """Where the filter is typed."""

    cursor_blink = False

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "submit", "keep", id="filter.keep", tooltip="Keep the filter, back to the list"),
    ]


class FleetScreen(ConsoleScreen):
    """Rows are drawn from the newest snapshot; keys act on the row under the cursor when pressed."""

    AUTO_FOCUS = "GridView"
    KEY_ORDER: ClassVar[tuple[str, ...]] = (
        "grid.choose",
        "fleet.roll_back",
        "fleet.deploy",
        "fleet.filter",
        "app.journal",
        "fleet.explain",
        "app.operation",
        "fleet.copy",
        "filter.keep",
        "fleet.clear",
        "app.quit",
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("R", "roll_back", "roll back", id="fleet.roll_back", tooltip="Plan the way back"),
        Binding("P", "deploy", "deploy", id="fleet.deploy", tooltip="Plan to deploy a version"),
        Binding("slash", "filter", "filter", id="fleet.filter", tooltip="Show some services only"),
        Binding("e", "explain", "explain", id="fleet.explain", tooltip="Cause and remedy in full"),
        Binding("y", "copy", "copy", id="fleet.copy", tooltip="Copy a summary of the service"),
        Binding("u", "update", "update", id="fleet.update", show=False, tooltip="Apply a changed order"),
        Binding("tab", "tab(1)", "next tab", id="fleet.tab", show=False, tooltip="Next tab"),
        Binding(
            "shift+tab", "tab(-1)", "previous tab", id="fleet.back_tab", show=False, tooltip="Tab before"
        ),
        *(
            Binding(
                str(number),
                f"pick_tab({number})",
                f"tab {number}",
                id=f"fleet.tab_{number}",
                show=False,
                tooltip="The tab of that number",
            )
            for number in range(1, 6)
        ),
        Binding("escape", "clear_filter", "clear", id="fleet.clear", tooltip="Clear the filter"),
    ]

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self._clock = clock
        self._tab = ALL
        self._wanted = ""
        self._order: tuple[str, ...] = ()
        self._touched_at = float("-inf")
        self._states: dict[str, str] = {}
        self._changed_at: dict[str, datetime] = {}
        self._explains = False
        self._apply_order = False
        self._settled = False

    def body(self) -> Iterable[Widget]:
        yield Heads(id="heads")
        yield GridView(id="fleet")
        yield LinesView(id="explanation")
        yield LinesView(id="foot")
        yield FilterField(
            id="filter", placeholder="part of a name, environment, state or version", compact=True
        )

    @property
    def place(self) -> str:
        return self._tab

    @property
    def grid(self) -> GridView:
        return self.query_one("#fleet", GridView)

    @property
    def current(self) -> ServicePicture | None:
        """The service under the cursor."""
        key = self.grid.cursor_key
        return next((row for row in self.snapshot.services() if str(row.address) == key), None)

    # -- rows ---------------------------------------------------------------------------------

    @property
    def pointed_at(self) -> Address | None:
        """The service under the cursor."""
        return self._address()

    def touched(self) -> None:
        """A key was pressed: the order of rows stays as it is for a while."""
        self._touched_at = self._clock.monotonic()

    def picture_changed(self) -> None:
        self._note_changes()
        pictures = self._in_order(chosen(self.snapshot, self._tab, self._wanted))
        self._order = tuple(str(row.address) for row in pictures)
        rows = tuple(self._row(picture) for picture in pictures)
        empty = "no services are configured"
        if self._wanted:
            empty = f'nothing matches "{self._wanted}" · esc clears the filter'
        self.grid.set_rows(arranged(rows, narrow=self.is_narrow, empty=empty))
        self._rows = rows
        self._start_on_top()
        self._draw_heads()
        self._draw_foot()
        self._draw_explanation()

    _rows: tuple[ServiceRow, ...] = ()

    def _in_order(self, wanted: tuple[ServicePicture, ...]) -> tuple[ServicePicture, ...]:
        """The services in today's order, or in the one of before while somebody works in it."""
        now_order = tuple(str(row.address) for row in wanted)
        known = [key for key in self._order if key in set(now_order)]
        frozen = self._clock.monotonic() - self._touched_at < FROZEN_S and not self._apply_order
        self._apply_order = False
        same = [key for key in now_order if key in set(known)] == known
        if same or not frozen or not known:
            self.say("")
            return wanted
        self.say(ORDER_CHANGED, "warning")
        return in_old_order(wanted, self._order)

    def _start_on_top(self) -> None:
        """Until all has been read once, and no key was pressed, the cursor is on the worst service."""
        if self._settled or not self._rows:
            return
        waiting = (
            item.as_of is None and item.problem is None for item in self.snapshot.environments.values()
        )
        self._settled = self._touched_at > float("-inf") or not any(waiting)
        self.grid.cursor_key = self._rows[0].key

    def _note_changes(self) -> None:
        """Remember which states are new, so that their word stands out once."""
        for row in self.snapshot.services():
            key, state = str(row.address), row.state.value
            known = self._states.get(key)
            if known is not None and known != state and self.now is not None and row.as_of is not None:
                self._changed_at[key] = self.now
            if row.as_of is not None:
                self._states[key] = state

    def _row(self, picture: ServicePicture) -> ServiceRow:
        at = self._changed_at.get(str(picture.address))
        changed = at is not None and self.now is not None and (self.now - at).total_seconds() < CHANGED_S
        whole = self.snapshot.environments[picture.environment.key]
        return row_of(picture, self.now, changed=changed, reading=whole.problem is None)

    # -- around the rows ----------------------------------------------------------------------

    def _draw_heads(self) -> None:
        pane = self.query_one(Heads)
        pane.reading = self._reading()
        pane.refresh()

    def _reading(self) -> str:
        waiting = [
            picture
            for picture in self.snapshot.environments.values()
            if picture.as_of is None and picture.problem is None
        ]
        if not waiting:
            return ""
        whole = len(self.snapshot.environments)
        names = ", ".join(picture.environment.key for picture in waiting)
        return f"reading {whole} environment{'s' if whole != 1 else ''} · waiting for {names}"

    @on(GridView.Moved)
    def _draw_foot(self) -> None:
        line, column = Line(), 2
        below = self.grid.rows_below
        glyphs = self.grid.glyphs
        if below:
            column = line.run(2, (glyphs.more, "muted"), (f" {below} more", "muted")) + 3
        if self.is_narrow:
            column = put_counts(line, column, *counts(self._rows), glyphs) + 1
            reading = self._reading()
            if reading and self.size.width - column > len(reading):
                line.put(column, reading, "muted")
        self.query_one("#foot", LinesView).lines = (line,)

    @on(GridView.RowHighlighted)
    def _draw_explanation(self) -> None:
        pane = self.query_one("#explanation", LinesView)
        picture = self.current
        pane.display = self._explains and picture is not None
        if picture is None or not self._explains:
            return
        found = picture.diagnosis
        remedy = found.remedy or "nothing is known to be wrong"
        pane.lines = (
            Line().put(2, "why", "faint").put(9, found.line or "no evidence of trouble", "text"),
            Line().put(2, "remedy", "faint").put(9, remedy, "text"),
        )

    # -- keys ---------------------------------------------------------------------------------

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if not self.is_mounted:
            return True
        field = self.query_one("#filter", Input)
        if action == "clear_filter":
            return bool(field.display)
        if field.has_focus:
            return action not in ("filter", "roll_back", "deploy", "explain", "copy", "tab", "pick_tab")
        return True

    def _address(self) -> Address | None:
        picture = self.current
        return picture.address if picture else None

    @on(GridView.RowChosen)
    def _open(self, event: GridView.RowChosen) -> None:
        row = next((row for row in self.snapshot.services() if str(row.address) == event.key), None)
        if row is not None:
            self.post_message(ServiceChosen(row.address))

    def action_roll_back(self) -> None:
        if (address := self._address()) is not None:
            self.post_message(RollbackRequested(address))

    def action_deploy(self) -> None:
        if (address := self._address()) is not None:
            self.post_message(DeployRequested(address))

    def action_explain(self) -> None:
        self._explains = not self._explains
        self._draw_explanation()

    def action_copy(self) -> None:
        picture = self.current
        if picture is not None:
            self.app.copy_to_clipboard(summary(picture, self.now))
            self.notify(f"copied a summary of {picture.address}", markup=False, timeout=3)

    def action_update(self) -> None:
        self._apply_order = True
        self.update_frame()

    def action_tab(self, step: int) -> None:
        names = [tab.name for tab in tabs(self.snapshot)]
        place = names.index(self._tab) if self._tab in names else 0
        self._show_tab(names[(place + step) % len(names)])

    def action_pick_tab(self, number: int) -> None:
        names = [tab.name for tab in tabs(self.snapshot)]
        if number <= len(names):
            self._show_tab(names[number - 1])

    def _show_tab(self, name: str) -> None:
        self._tab = name
        self._order = ()
        self.update_frame()

    # -- filter -------------------------------------------------------------------------------

    def action_filter(self) -> None:
        field = self.query_one("#filter", Input)
        field.display = True
        field.focus()
        self.refresh_bindings()

    def action_clear_filter(self) -> None:
        field = self.query_one("#filter", Input)
        field.value = ""
        field.display = False
        self.grid.focus()
        self.refresh_bindings()

    @on(Input.Changed, "#filter")
    def _filter_changed(self, event: Input.Changed) -> None:
        self._wanted = event.value.strip()
        self._order = ()
        self.update_frame()

    @on(Input.Submitted, "#filter")
    def _filter_kept(self) -> None:
        if not self._wanted:
            self.action_clear_filter()
        self.grid.focus()
