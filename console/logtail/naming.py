"""Names for lines that a live session tells without an id, equal to those of the same lines read later.

A line is known by its task, moment and text, and by how often these have come: two equal lines of one
millisecond are two lines, told and read in any order.
"""

from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import replace

from console.domain.signals import LogLine


class Names:
    """The names given lately; the oldest are forgotten."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._names: dict[int, tuple[str, ...]] = {}
        self._order: deque[int] = deque()
        self._next = 0

    def __len__(self) -> int:
        return len(self._names)

    def named(self, lines: Iterable[LogLine], numbers: Counter[int]) -> list[LogLine]:
        """The lines with names.

        Args:
            numbers: What one session, or one reading, has come to so far; changed in place.
        """
        return [replace(line, id=self._name(line, numbers)) for line in lines]

    def _name(self, line: LogLine, numbers: Counter[int]) -> str:
        what = hash((line.task, line.container, line.at, line.text))
        number = numbers[what]
        numbers[what] = number + 1
        known = self._names.get(what)
        if known is None:
            known = ()
            self._order.append(what)
            if len(self._order) > self._limit:
                self._names.pop(self._order.popleft(), None)
        if number >= len(known):
            known = (*known, *(self._new() for _ in range(number + 1 - len(known))))
            self._names[what] = known
        return known[number]

    def _new(self) -> str:
        """Lines of one millisecond stay in the order in which they were told."""
        self._next += 1
        return f"{self._next:015d}"
