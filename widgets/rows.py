"""Rows one below another and a cursor on one of them, by its key: no terminal, no drawing."""

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate
from typing import Generic, Protocol, TypeVar


class Placed(Protocol):
    """What takes its place among others."""

    @property
    def key(self) -> str | None:
        """What it is about; ``None`` for headings and gaps, which cannot be selected."""

    @property
    def height(self) -> int:
        """Lines that it needs."""


R = TypeVar("R", bound=Placed)


class Rows(Generic[R]):
    """Immutable: other rows are another object. ``places`` and ``keys`` tell of selectable rows only."""

    def __init__(self, rows: Sequence[R] = ()) -> None:
        self.rows = tuple(rows)
        self.tops = tuple(accumulate([row.height for row in self.rows], initial=0))
        self.places = {row.key: index for index, row in enumerate(self.rows) if row.key is not None}
        self.keys = tuple(self.places)

    @property
    def height(self) -> int:
        """Lines of all rows together."""
        return self.tops[-1]

    def span(self, key: str) -> tuple[int, int]:
        """The first line of a row, and the line after its last."""
        index = self.places[key]
        return self.tops[index], self.tops[index + 1]

    def at(self, y: int) -> tuple[R, int] | None:
        """The row at a line, and the line within that row."""
        if not 0 <= y < self.height:
            return None
        index = bisect_right(self.tops, y) - 1
        return self.rows[index], y - self.tops[index]

    def below(self, y: int) -> int:
        """Selectable rows that begin at that line or after it."""
        return sum(1 for index in self.places.values() if self.tops[index] >= y)

    def successor(self, key: str | None, before: "Rows[R]") -> str | None:
        """Where the cursor goes from a key when the rows were others before.

        It stays on its key. If that is gone, it goes to the next one that stood after it and is still
        there, else to the nearest that stood before it, else to the first row of all.
        """
        if key is not None and key in self.places:
            return key
        first = self.keys[0] if self.keys else None
        if key is None or key not in before.places:
            return first
        index = before.keys.index(key)
        for candidate in (*before.keys[index + 1 :], *reversed(before.keys[:index])):
            if candidate in self.places:
                return candidate
        return first
