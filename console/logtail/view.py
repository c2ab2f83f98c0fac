"""The lines of a ring that a query lets through, kept up to date at the cost of what is new.

For one thread, the one that draws. After a change of the query the newest lines are judged first, a
slice a visit, so that the screen shows them at once and never waits for all hundred thousand.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import attrgetter

from console.domain.signals import LogLine
from console.logtail.order import key, merge, place_of
from console.logtail.query import SERIOUS, LogQuery
from console.logtail.ring import LogRing

SLICE = 5_000
"""Lines that are judged anew in one visit."""
_AT = attrgetter("at")
_SEVERITY = attrgetter("severity")


@dataclass(frozen=True, slots=True)
class Change:
    """What a visit did to the lines of a view."""

    appended: int = 0
    """New ones at the end."""
    placed: int = 0
    """New ones somewhere before the end: late lines, history, older ones judged anew."""
    fell: int = 0
    """Gone from the front."""

    def __bool__(self) -> bool:
        return bool(self.appended or self.placed or self.fell)


@dataclass(frozen=True, slots=True)
class Bucket:
    """How much was written in one stretch of time."""

    lines: int
    errors: int
    """Those at error or above."""


class LogView:
    """Lines in order, those of them that a search finds, and how dense they are in time."""

    def __init__(self, ring: LogRing, query: LogQuery | None = None) -> None:
        self.ring = ring
        self.query = query or LogQuery()
        self.search: LogQuery | None = None
        self.lines: list[LogLine] = []
        """In the order of time; read only, and changed by :meth:`update` alone."""
        self.matches: list[LogLine] = []
        """Those that the search finds."""
        self.arrived = 0
        """Lines that passed the query since the view began, whether they are still held or not."""
        self.severities: Counter[str] = Counter()
        """How many of :attr:`lines` there are of each severity."""
        self._errors: list[LogLine] = []
        self._mark = 0
        self._waiting: list[LogLine] = []
        self._unsearched: list[LogLine] = []

    @property
    def is_behind(self) -> bool:
        """Lines wait to be judged: :meth:`update` has more to do."""
        return bool(self._waiting or self._unsearched)

    def ask(self, query: LogQuery) -> None:
        """Show what another query lets through: begins with the newest lines, goes on in :meth:`update`."""
        self.query = query
        held = self.ring.snapshot()
        self._mark, self._waiting = held.mark, list(held.lines)
        self.lines, self.matches, self._errors, self._unsearched = [], [], [], []
        self.severities = Counter()
        self._judge_waiting()

    def look_for(self, search: LogQuery | None) -> None:
        """Find other lines among those shown; ``None``: none."""
        self.search = search
        self.matches = []
        self._unsearched = self.lines.copy() if search is not None else []
        self._search_waiting()

    def update(self) -> Change:
        """Take in what came since the last visit, and judge a slice of what waits."""
        added = self.ring.since(self._mark)
        if added.whole:
            before = len(self.lines)
            self.ask(self.query)
            self.arrived += len(self.lines)
            return Change(appended=len(self.lines), fell=before)
        self._mark = added.mark
        passed = self._passed(added.lines)
        self.arrived += len(passed)
        count, last = len(passed), self.lines[-1] if self.lines else None
        self._take(passed)
        appended = len(self.lines) if last is None else len(self.lines) - 1 - place_of(self.lines, last)
        fell = self._trim(added.first)
        judged = self._judge_waiting()
        self._search_waiting()
        return Change(appended, count - appended + judged, fell)

    def index(self, line: LogLine) -> int:
        """Where a line is among :attr:`lines`, or would be."""
        return place_of(self.lines, line)

    def index_at(self, moment: datetime) -> int:
        """The first line that was written at that moment or later; the count of lines if none was."""
        return bisect_left(self.lines, moment, key=_AT)

    def next_match(self, index: int, step: int = 1) -> int | None:
        """The index of the next line after (``step`` 1) or before (-1) that the search finds; goes on at
        the other end; ``None`` where nothing is found."""
        return self._next(self.matches, index, step)

    def next_error(self, index: int, step: int = 1) -> int | None:
        """The same for lines at error or above."""
        return self._next(self._errors, index, step)

    def _next(self, wanted: list[LogLine], index: int, step: int) -> int | None:
        if not wanted or not self.lines:
            return None
        if not 0 <= index < len(self.lines):  # before the first line, or after the last
            place = 0 if step > 0 else len(wanted) - 1
            return self.index(wanted[place])
        here = self.lines[index]
        place = place_of(wanted, here)
        if step > 0:
            is_here = place < len(wanted) and wanted[place] is here
            place = (place + is_here) % len(wanted)
        else:
            place -= 1
        return self.index(wanted[place])

    def density(self, start: datetime, end: datetime, columns: int) -> tuple[Bucket, ...]:
        """How many lines there are in each of so many equal stretches between two moments."""
        step = (end - start) / max(1, columns)
        if step <= timedelta(0):
            return (Bucket(0, 0),) * columns
        edges = [start + step * number for number in range(columns + 1)]
        lines = [bisect_left(self.lines, edge, key=_AT) for edge in edges]
        errors = [bisect_left(self._errors, edge, key=_AT) for edge in edges]
        return tuple(
            Bucket(lines[number + 1] - lines[number], errors[number + 1] - errors[number])
            for number in range(columns)
        )

    def _passed(self, lines: Sequence[LogLine]) -> list[LogLine]:
        return list(lines) if self.query.is_open else _kept(lines, self.query.matches)

    def _judge_waiting(self) -> int:
        if not self._waiting:
            return 0
        passed = self._passed(self._waiting[-SLICE:])
        del self._waiting[-SLICE:]
        count = len(passed)
        self._take(passed)
        return count

    def _take(self, passed: list[LogLine]) -> None:
        """Put lines in place, and into everything that is known about those that are."""
        self.severities.update(map(_SEVERITY, passed))
        merge(self._errors, [line for line in passed if line.severity in SERIOUS])
        if self.search is not None:
            merge(self.matches, _kept(passed, self.search.matches))
        merge(self.lines, passed)

    def _search_waiting(self) -> None:
        if self._unsearched and self.search is not None:
            merge(self.matches, _kept(self._unsearched[-SLICE:], self.search.matches))
            del self._unsearched[-SLICE:]

    def _trim(self, first: LogLine | None) -> int:
        """Let go of what the ring has let go of; how many lines."""
        if first is None:
            return 0
        fell = 0
        for lines in (self._waiting, self._unsearched, self._errors, self.matches, self.lines):
            fell = bisect_left(lines, key(first), key=key) if lines and key(lines[0]) < key(first) else 0
            if fell and lines is self.lines:
                self.severities.subtract(map(_SEVERITY, lines[:fell]))
            del lines[:fell]
        return fell


def _kept(lines: Iterable[LogLine], is_wanted: Callable[[LogLine], bool]) -> list[LogLine]:
    return [line for line in lines if is_wanted(line)]
