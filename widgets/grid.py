"""A list of rows that stays still: the cursor belongs to a row's key, never to a position."""

from collections.abc import Sequence
from typing import ClassVar, Protocol

from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from widgets.drawn import Drawn
from widgets.glyphs import Glyphs
from widgets.line import Line
from widgets.lines import failure_line, in_marks
from widgets.rows import Rows

_CACHED_ROWS = 512


class GridRow(Protocol):
    """One row: an immutable, hashable bundle of what is drawn (strings and numbers).

    Equal rows draw equally; that is what the cache of strips rests on.
    """

    @property
    def key(self) -> str | None:
        """What the row is about; ``None`` for headings and gaps, which cannot be selected."""

    @property
    def height(self) -> int:
        """Lines that it needs, whatever the width."""

    def lines(self, width: int, theme: str, glyphs: Glyphs, selected: bool) -> tuple[Line, ...]:
        """Its lines, ``height`` of them; column 0 is left to the selection bar."""

    def __hash__(self) -> int: ...


class GridView(ScrollView, Drawn, can_focus=True, inherit_bindings=False):
    """Rows, a cursor and keys.

    The cursor names a row by its key: whatever is added, removed or sorted around it, it stays on
    what it was on. Only when its row disappears does it go to a neighbour, and says so.
    """

    DEFAULT_CSS = """
    GridView { width: 1fr; height: 1fr; background: $background; overflow-x: hidden; scrollbar-size: 0 0; }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "choose", "open", id="grid.choose", tooltip="Open what is selected"),
        Binding("j,down", "move(1)", "down", id="grid.down", show=False, tooltip="Next row"),
        Binding("k,up", "move(-1)", "up", id="grid.up", show=False, tooltip="Previous row"),
        Binding("g,home", "edge(-1)", "top", id="grid.top", show=False, tooltip="First row"),
        Binding("G,end", "edge(1)", "bottom", id="grid.bottom", show=False, tooltip="Last row"),
        Binding("pagedown", "page(1)", "page down", id="grid.page_down", show=False, tooltip="A page down"),
        Binding("pageup", "page(-1)", "page up", id="grid.page_up", show=False, tooltip="A page up"),
    ]

    cursor_key: reactive[str | None] = reactive(None)

    class Said(Message):
        """Something that a list says; ``control`` is that list."""

        def __init__(self, grid: "GridView") -> None:
            super().__init__()
            self.grid = grid

        @property
        def control(self) -> "GridView":
            return self.grid

    class RowChosen(Said):
        """Enter or a double click on a row."""

        def __init__(self, grid: "GridView", key: str) -> None:
            super().__init__(grid)
            self.key = key

    class RowHighlighted(Said):
        """The cursor is on another row than before."""

        def __init__(self, grid: "GridView", key: str | None) -> None:
            super().__init__(grid)
            self.key = key

    class Moved(Said):
        """Rows or scroll position have changed: more or fewer rows are below."""

    class Wheeled(Said):
        """Somebody moves the list with the wheel."""

    def __init__(
        self, rows: Sequence[GridRow] = (), *, id: str | None = None, classes: str | None = None
    ) -> None:
        super().__init__(id=id, classes=classes)
        self._shown: Rows[GridRow] = Rows()
        self._strips: dict[tuple[GridRow, int, str, bool], tuple[Strip, ...]] = {}
        self.failures = 0
        self.set_rows(rows)

    # -- rows ---------------------------------------------------------------------------------

    @property
    def rows(self) -> tuple[GridRow, ...]:
        """The rows as they stand, top to bottom."""
        return self._shown.rows

    @property
    def total_height(self) -> int:
        """Lines of all rows together."""
        return self._shown.height

    @property
    def rows_below(self) -> int:
        """Selectable rows that begin below the visible part."""
        return self._shown.below(int(self.scroll_offset.y) + self.size.height)

    def set_rows(self, rows: Sequence[GridRow]) -> None:
        """Show other rows. The cursor stays on its key; gone, it goes to the next one that is left."""
        before, key = self._shown, self.cursor_key
        if tuple(rows) == before.rows:
            return
        was_at = before.span(key)[0] - self.scroll_offset.y if key in before.places and key else 0
        self._shown = Rows(rows)
        self.cursor_key = self._shown.successor(key, before)
        self._fit()
        self._keep_still(was_at)
        self.refresh()
        if self.is_attached:
            self.post_message(self.Moved(self))

    def _fit(self) -> None:
        size = Size(self.size.width, self.total_height)
        if self.virtual_size != size:
            self.virtual_size = size

    def _keep_still(self, old_top: float) -> None:
        """Keep the cursor's row where it was on the screen; an unscrolled list stays at its top."""
        if not self.is_attached or not self.size.height or self.cursor_key is None:
            return
        if self.scroll_offset.y > 0:
            top, _ = self._shown.span(self.cursor_key)
            self.scroll_to(y=top - old_top, animate=False, force=True, immediate=True)
        self._scroll_to_cursor()

    # -- cursor -------------------------------------------------------------------------------

    def watch_cursor_key(self, old: str | None, new: str | None) -> None:
        if not self.is_attached:
            return
        self._scroll_to_cursor()
        self.refresh()
        self.post_message(self.RowHighlighted(self, new))

    def _scroll_to_cursor(self) -> None:
        key = self.cursor_key
        if key is None or key not in self._shown.places or not self.size.height:
            return
        top, bottom = self._shown.span(key)
        top = 0 if key == self._shown.keys[0] else top
        if top < self.scroll_offset.y:
            self.scroll_to(y=top, animate=False, force=True, immediate=True)
        elif bottom > self.scroll_offset.y + self.size.height:
            self.scroll_to(y=bottom - self.size.height, animate=False, force=True, immediate=True)

    def _place_in_keys(self) -> int:
        return self._shown.keys.index(self.cursor_key) if self.cursor_key in self._shown.places else 0

    def _go(self, place: int) -> None:
        keys = self._shown.keys
        if keys:
            self.cursor_key = keys[max(0, min(len(keys) - 1, place))]

    def action_move(self, step: int) -> None:
        self._go(self._place_in_keys() + step)

    def action_page(self, direction: int) -> None:
        self._go(self._place_in_keys() + direction * max(1, self.size.height - 1))

    def action_edge(self, direction: int) -> None:
        self._go(0 if direction < 0 else len(self._shown.keys) - 1)

    def action_choose(self) -> None:
        if self.cursor_key is not None:
            self.post_message(self.RowChosen(self, self.cursor_key))

    def on_click(self, event: events.Click) -> None:
        row = self._shown.at(int(event.y + self.scroll_offset.y))
        if row is None or row[0].key is None:
            return
        self.cursor_key = row[0].key
        if event.chain == 2:
            self.action_choose()

    def on_mouse_scroll_down(self) -> None:
        self.post_message(self.Wheeled(self))  # the event itself goes no further once it has moved something

    def on_mouse_scroll_up(self) -> None:
        self.post_message(self.Wheeled(self))

    # -- drawing ------------------------------------------------------------------------------

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        self.post_message(self.Moved(self))

    def on_resize(self) -> None:
        self._strips.clear()
        self._fit()
        self._scroll_to_cursor()
        self.post_message(self.Moved(self))

    def render_line(self, y: int) -> Strip:
        width, theme = self.size.width, self.theme_name
        try:
            found = self._shown.at(y + int(self.scroll_offset.y))
            if found is None:
                return Line().strip(width, theme)
            row, line = found
            return self._strips_of(row, width, theme)[line]
        except Exception as error:
            self.failures += 1
            return failure_line(error).strip(width, theme)

    def _strips_of(self, row: GridRow, width: int, theme: str) -> tuple[Strip, ...]:
        selected = row.key is not None and row.key == self.cursor_key
        cache_key = (row, width, theme, selected)
        strips = self._strips.get(cache_key)
        if strips is None:
            lines = row.lines(width, theme, self.glyphs, selected)
            if selected:
                lines = tuple(line.put(0, self.glyphs.selected, "accent") for line in lines)
            paper = "selected" if selected else "background"
            strips = tuple(in_marks(line.strip(width, theme, paper), self.glyphs) for line in lines)
            if len(self._strips) >= _CACHED_ROWS:
                self._strips.clear()
            self._strips[cache_key] = strips
        return strips
