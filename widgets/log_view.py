"""The log: only the rows that can be seen are drawn, and a place in it is a line, never a position.

Lines are added at the end, put in between when they come late, and taken away at the start; whatever
happens, the line at the top of a paused log stays at the top and the selected one stays selected.
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip

from console.domain.signals import LogLine
from console.logtail.order import key
from widgets.drawn import Drawn
from widgets.line import Line
from widgets.lines import failure_line, in_marks
from widgets.log_line import LogLook, height_of
from widgets.log_strips import LogStrips

_WHEEL_ROWS = 3


class LogView(Drawn, can_focus=True, inherit_bindings=False):
    """Shows the end of a sequence of lines, or, paused, the place where somebody reads."""

    DEFAULT_CSS = "LogView { width: 1fr; height: 1fr; background: $background; }"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j,down", "move(1)", "down", id="log.down", show=False, tooltip="Next line"),
        Binding("k,up", "move(-1)", "up", id="log.up", show=False, tooltip="Line before"),
        Binding("pagedown", "page(1)", "page down", id="log.page_down", show=False, tooltip="A page down"),
        Binding("pageup", "page(-1)", "page up", id="log.page_up", show=False, tooltip="A page up"),
        Binding("g,home", "top", "oldest", id="log.top", show=False, tooltip="The oldest line"),
    ]

    class Paused(Message):
        """Somebody went to a place in the log: it no longer follows."""

    class AtStart(Message):
        """Somebody wants to see what is older than the oldest line."""

    def __init__(self, lines: Sequence[LogLine] = (), *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._lines = lines
        self._look = LogLook(width=80)
        self._strips = LogStrips()
        self._shown: list[tuple[LogLine, Strip]] = []
        self._top: LogLine | None = None
        self._top_row = 0
        self._failure: Line | None = None
        self.follow = True
        self.cursor: LogLine | None = None
        """The selected line; it may have fallen off, or be hidden by a filter."""
        self.unfolded: set[str] = set()
        """Ids of the lines whose members are shown."""
        self.empty = Line()
        """What is said where there is no line."""

    # -- data ---------------------------------------------------------------------------------

    @property
    def lines(self) -> Sequence[LogLine]:
        """All lines, in order; whoever owns them may change them between two flushes."""
        return self._lines

    def show(self, lines: Sequence[LogLine]) -> None:
        """Show these lines, or the same ones after they have changed."""
        self._lines = lines
        self.refresh()

    @property
    def look(self) -> LogLook:
        """How lines are drawn."""
        return self._look

    @look.setter
    def look(self, look: LogLook) -> None:
        if look != self._look:
            self._look = look
            self._strips.clear()
            self.refresh()

    def index_of(self, line: LogLine | None) -> int | None:
        """Where a line stands; ``None`` when it is not among the lines."""
        if line is None:
            return None
        index = self._place(line)
        found = index < len(self._lines) and self._lines[index].id == line.id
        return index if found else None

    def _place(self, line: LogLine) -> int:
        return bisect_left(self._lines, key(line), key=key)

    @property
    def selected(self) -> LogLine | None:
        """The selected line, if it is among the lines."""
        return self.cursor if self.index_of(self.cursor) is not None else None

    @property
    def seen(self) -> tuple[LogLine, ...]:
        """The lines of which something can be seen, top to bottom."""
        return tuple(line for line, _, _ in self._layout(self.size.height))

    @property
    def below(self) -> int:
        """How many lines follow the last one that can be seen."""
        seen = [] if self.follow else self._layout(self.size.height)
        return len(self._lines) - 1 - self._place(seen[-1][0]) if seen else 0

    # -- places -------------------------------------------------------------------------------

    def pause(self) -> None:
        """Stay where it is."""
        if not self.follow:
            return
        layout = self._layout(self.size.height)
        if layout:
            self._top, self._top_row, _ = layout[0]
        self.follow = False
        self.post_message(self.Paused())
        self.refresh()

    def resume(self) -> None:
        """Go to the end and follow."""
        self.follow, self.cursor = True, None
        self.refresh()

    def select(self, index: int) -> None:
        """Select the line at a place, and pause there."""
        if not self._lines:
            return
        self.pause()
        self.cursor = self._lines[max(0, min(len(self._lines) - 1, index))]
        self._bring_into_view()
        self.refresh()

    def scroll_rows(self, rows: int) -> None:
        """Move the view up (negative) or down, and pause."""
        self.pause()
        place = self._moved(self._top_place(), rows)
        last = self._moved((max(0, len(self._lines) - 1), self._height(len(self._lines) - 1)), -self._room)
        self._go_to(min(place, last))
        if rows < 0 and place == (0, 0):
            self.post_message(self.AtStart())
        self.refresh()

    @property
    def _room(self) -> int:
        return max(1, self.size.height)

    def _height(self, index: int) -> int:
        if not 0 <= index < len(self._lines):
            return 0
        line = self._lines[index]
        return height_of(line, self._look, unfolded=line.id in self.unfolded)

    def _top_place(self) -> tuple[int, int]:
        """The line at the top and the row of it; a line that has fallen off leaves its place to the next."""
        if self._top is None:
            return 0, 0
        index = self._place(self._top)
        if self.index_of(self._top) is None:
            return min(index, max(0, len(self._lines) - 1)), 0
        return index, min(self._top_row, max(0, self._height(index) - 1))

    def _go_to(self, place: tuple[int, int]) -> None:
        index, self._top_row = place
        self._top = self._lines[index] if index < len(self._lines) else None

    def _moved(self, place: tuple[int, int], rows: int) -> tuple[int, int]:
        """The place so many rows further down, or, negative, up; at the ends it stops."""
        index, row = place
        row += rows
        while row < 0 and index > 0:
            index -= 1
            row += self._height(index)
        while index < len(self._lines) - 1 and row >= (height := self._height(index)):
            row -= height
            index += 1
        return index, max(0, row)

    def _bring_into_view(self) -> None:
        index = self.index_of(self.cursor)
        if index is None:
            return
        top = self._top_place()
        height = min(self._height(index), self._room)
        if (index, 0) < top:
            self._go_to((index, 0))
            return
        least = self._moved((index, height), -self._room) if index or height > self._room else (0, 0)
        if top < least:
            self._go_to(least)

    # -- keys and mouse -----------------------------------------------------------------------

    def action_move(self, step: int) -> None:
        index = self.index_of(self.cursor)
        if index is not None:
            self._want_older(index + step)
            self.select(index + step)
        elif self.cursor is not None and not self.follow:
            self.select(self._place(self.cursor) - (step < 0))
        elif self._lines:
            shown = self.seen
            self.select(self._place(shown[-1]) if shown else len(self._lines) - 1)

    def action_page(self, direction: int) -> None:
        rows = max(1, self._room - 1)
        self.scroll_rows(direction * rows)
        if self.cursor is not None:
            shown = self.seen
            if shown and self.cursor not in shown:
                self.cursor = shown[-1 if direction < 0 else 0]

    def action_top(self) -> None:
        self._want_older(-1)
        self.select(0)

    def _want_older(self, index: int) -> None:
        if index < 0:
            self.post_message(self.AtStart())

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        event.stop()
        self.scroll_rows(-_WHEEL_ROWS)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        event.stop()
        if not self.follow:
            self.scroll_rows(_WHEEL_ROWS)

    def on_click(self, event: events.Click) -> None:
        if int(event.y) < len(self._shown):
            index = self.index_of(self._shown[int(event.y)][0])
            if index is not None:
                self.select(index)

    def toggle_unfolded(self) -> None:
        """Show the members of the selected line, or of the last one, or fold them in again."""
        if self.selected is None:
            self.action_move(0)
        line = self.selected
        if line is not None:
            self.unfolded ^= {line.id}
            self._bring_into_view()
            self.refresh()

    # -- drawing ------------------------------------------------------------------------------

    def on_resize(self) -> None:
        self.look = replace(self._look, width=self.size.width)
        if not self.follow:
            self._bring_into_view()

    def _layout(self, height: int) -> list[tuple[LogLine, int, int]]:
        """The visible lines, top to bottom, each with the first of its rows that is seen and the one
        after the last."""
        if not self._lines or height <= 0:
            return []
        if not self.follow:
            return list(self._downward(self._top_place(), height))
        found: list[tuple[LogLine, int, int]] = []
        index, left = len(self._lines) - 1, height
        while index >= 0 and left > 0:
            rows = self._height(index)
            found.append((self._lines[index], max(0, rows - left), rows))
            left -= rows
            index -= 1
        found.reverse()
        return found

    def _downward(self, place: tuple[int, int], height: int) -> Iterator[tuple[LogLine, int, int]]:
        index, first = place
        while index < len(self._lines) and height > 0:
            rows = self._height(index)
            last = min(rows, first + height)
            yield self._lines[index], first, last
            height -= last - first
            index, first = index + 1, 0

    def render_lines(self, crop: Region) -> list[Strip]:
        self._failure = None
        try:
            layout = self._layout(self.size.height)
            self._shown = [
                (line, strip) for line, first, last in layout for strip in self._strips_of(line)[first:last]
            ]
        except Exception as error:
            self._failure = failure_line(error)
        return super().render_lines(crop)

    def render_line(self, y: int) -> Strip:
        width, theme = self.size.width, self.theme_name
        if self._failure is not None:
            return (Line() if y else self._failure).strip(width, theme)
        if y < len(self._shown):
            return self._shown[y][1]
        blank = self.empty if y == 0 and not self._shown else Line()
        return in_marks(blank.strip(width, theme), self.glyphs)

    def _strips_of(self, line: LogLine) -> tuple[Strip, ...]:
        is_selected = self.cursor is not None and line.id == self.cursor.id
        unfolded = line.id in self.unfolded
        return self._strips.of(
            line, self._look, self.size.width, self.theme_name, is_selected=is_selected, unfolded=unfolded
        )
