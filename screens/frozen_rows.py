"""Rows that stay where they are while somebody works in their list."""

from collections.abc import Sequence
from dataclasses import dataclass

from console.ports import Clock
from widgets.glyphs import Glyphs
from widgets.grid import GridRow
from widgets.line import Line

FROZEN_S = 5.0
"""How long after a key press every row stays where it is."""


@dataclass(frozen=True)
class FixedRow:
    """A row in the height that it had before: what it says may be new, what follows it does not move."""

    row: GridRow
    height: int

    @property
    def key(self) -> str | None:
        return self.row.key

    def lines(self, width: int, theme: str, glyphs: Glyphs, selected: bool) -> tuple[Line, ...]:
        lines = self.row.lines(width, theme, glyphs, selected)
        return (*lines, *(Line() for _ in range(self.height - len(lines))))[: self.height]


class FrozenRows:
    """Decides for one list whether its rows may move.

    Args:
        holds_back: Rows that are new while it is frozen wait until it is not; else they stand at the end.
    """

    def __init__(self, clock: Clock, *, holds_back: bool = False) -> None:
        self._clock = clock
        self._holds_back = holds_back
        self._touched_at = float("-inf")
        self._released = False
        self.is_behind = False
        """The rows that were placed last would stand in another order."""

    @property
    def was_touched(self) -> bool:
        """Whether anybody has pressed a key yet."""
        return self._touched_at > float("-inf")

    def touched(self) -> None:
        """A key was pressed, or the mouse: nothing moves for :data:`FROZEN_S`."""
        self._touched_at = self._clock.monotonic()

    def release(self) -> None:
        """Let the next rows stand as they come: somebody asked for them."""
        self._released = True

    def place(self, rows: Sequence[GridRow], before: Sequence[GridRow]) -> tuple[GridRow, ...]:
        """The rows to show.

        Args:
            rows: As they would stand now.
            before: As they stand on the screen.
        """
        released, self._released = self._released, False
        was_on_screen = any(row.key is not None for row in before)
        self.is_behind = False
        if released or not was_on_screen or self._clock.monotonic() - self._touched_at >= FROZEN_S:
            return tuple(rows)
        shown = tuple(self._in_place(rows, before))
        self.is_behind = [row.key for row in shown if row.key] != [row.key for row in rows if row.key]
        return shown

    def _in_place(self, rows: Sequence[GridRow], before: Sequence[GridRow]) -> list[GridRow]:
        newest = {row.key: row for row in rows if row.key is not None}
        unnamed = {type(row): row for row in rows if row.key is None}
        shown: list[GridRow] = []
        for old in before:
            if old.key is None:
                shown.append(_in_height(unnamed.get(type(old), old), old.height))
            elif old.key in newest:
                shown.append(_in_height(newest.pop(old.key), old.height))
            elif self._holds_back:
                shown.append(old)
        return shown if self._holds_back else [*shown, *newest.values()]


def _in_height(row: GridRow, height: int) -> GridRow:
    return row if row.height == height else FixedRow(row, height)
