"""The fleet: every service of every environment, trouble first."""

from collections.abc import Iterable, Mapping
from typing import ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.widget import Widget
from textual.widgets import Input

from console.domain.address import Address
from console.domain.fleet import ServicePicture
from console.ports import Clock
from screens.changing import ChangingScreen
from screens.fleet_book import Entry, FleetBook
from screens.fleet_facts import explanation, roll_back_label
from screens.fleet_keys import KEYS, ORDER
from screens.fleet_order import arranged, chosen, counts, find
from screens.frozen_rows import FrozenRows
from screens.messages import ServiceChosen
from screens.overview import ALL, reading_line, tabs
from screens.summary import summary
from widgets.fleet_heads import Heads, SortBy, next_sort
from widgets.fleet_row import ServiceRow, put_counts
from widgets.grid import GridView
from widgets.header import HeaderBar
from widgets.line import Line
from widgets.lines import LinesView

ORDER_CHANGED = "order changed, u to update"


class FilterField(Input):
    """Where the filter is typed."""

    cursor_blink = False

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "submit", "keep", id="filter.keep", tooltip="Keep the filter, back to the list"),
    ]


class FleetScreen(ChangingScreen):
    """Rows are drawn from the newest snapshot; keys act on the row under the cursor when pressed."""

    AUTO_FOCUS = "GridView"
    KEY_ORDER: ClassVar[tuple[str, ...]] = ORDER
    BINDINGS: ClassVar[list[BindingType]] = KEYS

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self._clock = clock
        self._tab = ALL
        self._wanted = ""
        self._frozen = FrozenRows(clock)
        self._by = SortBy.TROUBLE
        self._book = FleetBook()
        self._entries: tuple[Entry, ...] = ()
        self._rows: tuple[ServiceRow, ...] = ()
        self._explains = False
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
        return find(self._entries, self.grid.cursor_key)

    # -- rows ---------------------------------------------------------------------------------

    @property
    def pointed_at(self) -> Address | None:
        """The service under the cursor."""
        return self._address()

    def touched(self) -> None:
        """A key was pressed: every row stays where it is for a while."""
        self._frozen.touched()

    def on_resize(self) -> None:
        self._frozen.release()

    def on_mouse_down(self) -> None:
        self.touched()

    @on(GridView.Wheeled)
    def _wheeled(self) -> None:
        self.touched()

    def picture_changed(self) -> None:
        self._entries = self._book.update(self.snapshot, self.now, self.alerts)
        shown = chosen(self._entries, self._tab, self._wanted, self._by)
        self._rows = tuple(entry.row for entry in shown)
        empty = "no services are configured"
        if self._wanted:
            empty = f'nothing matches "{self._wanted}" · esc clears the filter'
        apart = self._by is SortBy.TROUBLE
        rows = arranged(self._rows, narrow=self.is_narrow, empty=empty, apart=apart)
        self.grid.set_rows(self._frozen.place(rows, self.grid.rows))
        self.say(ORDER_CHANGED if self._frozen.is_behind else "", "warning")
        self._start_on_top()
        self._draw_heads()
        self._draw_foot()
        self._draw_explanation()

    def key_labels(self) -> Mapping[str, str]:
        picture = self.current
        said = roll_back_label(picture, self.now, narrow=self.is_narrow) if picture is not None else ""
        return {"do.roll_back": said} if said else {}

    def _start_on_top(self) -> None:
        """Until all has been read once, and no key was pressed, the cursor is on the worst service."""
        if self._settled or not self._rows:
            return
        if self._frozen.was_touched:
            self._settled = True
            return
        waiting = (
            item.as_of is None and item.problem is None for item in self.snapshot.environments.values()
        )
        self._settled = not any(waiting)
        self.grid.cursor_key = self._rows[0].key

    # -- around the rows ----------------------------------------------------------------------

    def _draw_heads(self) -> None:
        pane = self.query_one(Heads)
        said = reading_line(self.snapshot), self._by
        if (pane.reading, pane.by) != said:
            pane.reading, pane.by = said
            pane.refresh()

    @on(GridView.Moved)
    def _draw_foot(self) -> None:
        line, column = Line(), 2
        below = self.grid.rows_below
        glyphs = self.grid.glyphs
        if below:
            column = line.run(2, (glyphs.more, "muted"), (f" {below:,} more", "muted")) + 3
        if self.is_narrow:
            by_counts = any(row.by_counts for row in self._rows)
            column = put_counts(line, column, *counts(self._rows), glyphs, by_counts=by_counts) + 1
            reading = reading_line(self.snapshot)
            if reading and self.size.width - column > len(reading):
                line.put(column, reading, "muted")
        self.query_one("#foot", LinesView).lines = (line,)

    @on(GridView.RowHighlighted)
    def _highlighted(self) -> None:
        self.draw_header()
        self.update_keys()
        self.refresh_bindings()
        self._draw_explanation()

    def _draw_explanation(self) -> None:
        pane = self.query_one("#explanation", LinesView)
        picture = self.current
        pane.display = self._explains and picture is not None
        if picture is None or not self._explains:
            return
        lines = explanation(picture, self.now)
        pane.styles.height = len(lines)
        room = self.size.width - 11
        pane.lines = tuple(Line().put(2, label, "faint").put(9, text, "text", room) for label, text in lines)

    # -- keys ---------------------------------------------------------------------------------

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if not self.is_mounted:
            return True
        field = self.query_one("#filter", Input)
        if action == "clear_filter":
            return bool(field.display)
        if field.has_focus:
            typed = {"filter", "explain", "copy", "tab", "pick_tab", "sort", *self.CHANGING}
            return action not in typed
        return super().check_action(action, parameters)

    def _address(self) -> Address | None:
        picture = self.current
        return picture.address if picture else None

    @on(GridView.RowChosen)
    def _open(self, event: GridView.RowChosen) -> None:
        row = find(self._entries, event.key)
        if row is not None:
            self.post_message(ServiceChosen(row.address))

    def action_explain(self) -> None:
        self._explains = not self._explains
        self._draw_explanation()

    def action_copy(self) -> None:
        picture = self.current
        if picture is not None:
            self.app.copy_to_clipboard(summary(picture, self.now))
            self.notify(f"copied a summary of {picture.address}", markup=False, timeout=3)

    def action_update(self) -> None:
        self._frozen.release()
        self.update_frame()

    def action_sort(self) -> None:
        self._sort(next_sort(self._by, self.size.width))

    @on(Heads.SortChosen)
    def _sort_chosen(self, event: Heads.SortChosen) -> None:
        self._sort(event.by)

    def _sort(self, by: SortBy) -> None:
        self._by = by
        self._frozen.release()
        self.update_frame()

    @on(HeaderBar.TabChosen)
    def _tab_chosen(self, event: HeaderBar.TabChosen) -> None:
        self._show_tab(event.name)

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
        self._frozen.release()
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
        self._frozen.release()
        self.update_frame()

    @on(Input.Submitted, "#filter")
    def _filter_kept(self) -> None:
        if not self._wanted:
            self.action_clear_filter()
        self.grid.focus()
