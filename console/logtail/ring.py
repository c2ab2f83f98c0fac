"""The newest lines of a service, in order and each once; what does not fit is counted.

Any thread adds. A reader asks for what was added since its last visit, so that nobody copies a
hundred thousand lines ten times a second.
"""

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from threading import Lock

from console.domain.signals import LogLine
from console.logtail.order import merge

LIMIT = 100_000
_LEAST = 10_000
"""Lines that fell off and are still known, so that a page that is read again cannot bring them back."""


@dataclass(frozen=True, slots=True)
class Added:
    """What came into a ring since a mark."""

    lines: Sequence[LogLine]
    """In the order of their coming; in the order of time where ``whole``."""
    mark: int
    """For the next visit."""
    first: LogLine | None
    """The oldest line that is held; what is older has fallen off."""
    fell: int
    """Lines that have ever fallen off."""
    whole: bool
    """The mark was too old: these are all lines that are held, begin anew with them."""


class LogRing:
    """At most ``limit`` lines: the newest that were ever added. Thread-safe."""

    def __init__(self, limit: int = LIMIT) -> None:
        self.limit = limit
        self._remembers = max(limit, _LEAST)
        self.sampled = False
        """Whoever fills it was told a sample only."""
        self._lines: list[LogLine] = []
        self._coming: deque[LogLine] = deque(maxlen=limit)
        self._known: set[str] = set()
        self._gone: deque[int] = deque()
        self._gone_known: set[int] = set()
        self._arrived = self._fell = 0
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._lines)

    @property
    def arrived(self) -> int:
        """Lines that were ever added, each counted once."""
        return self._arrived

    @property
    def lost(self) -> int:
        """Lines that were added and are not held any more, pushed out by newer ones.

        Whoever fills the ring gives no line up unread, so nothing else is lost.
        """
        return self._fell

    @property
    def first(self) -> LogLine | None:
        """The oldest line that is held."""
        with self._lock:
            return self._lines[0] if self._lines else None

    @property
    def last(self) -> LogLine | None:
        """The newest line."""
        with self._lock:
            return self._lines[-1] if self._lines else None

    def add(self, lines: Iterable[LogLine]) -> int:
        """Take lines in, in any order; those that are known already are passed over.

        Returns:
            How many were new.
        """
        with self._lock:
            fresh = self._unknown(lines)
            self._arrived += len(fresh)
            self._coming.extend(fresh)
            merge(self._lines, fresh)
            if len(self._lines) > self.limit:
                self._trim(len(self._lines) - self.limit)
            return len(fresh)

    def since(self, mark: int) -> Added:
        """What came since a mark; everything for a mark of 0 or one that is too old."""
        with self._lock:
            count = self._arrived - mark
            whole = mark <= 0 or count > len(self._coming)
            if whole:
                lines = self._lines.copy()
            else:
                lines = list(islice(reversed(self._coming), count))
                lines.reverse()
            first = self._lines[0] if self._lines else None
            return Added(lines, self._arrived, first, self._fell, whole)

    def snapshot(self) -> Added:
        """Everything that is held, in the order of time."""
        return self.since(0)

    def _unknown(self, lines: Iterable[LogLine]) -> list[LogLine]:
        known, gone = self._known, self._gone_known
        fresh = []
        for line in lines:
            if line.id not in known and (not gone or hash(line.id) not in gone):
                known.add(line.id)
                fresh.append(line)
        return fresh

    def _trim(self, over: int) -> None:
        """Let the oldest fall, and remember that they were known: a late page may bring them again."""
        for line in self._lines[:over]:
            self._known.discard(line.id)
            name = hash(line.id)
            self._gone.append(name)
            self._gone_known.add(name)
        del self._lines[:over]
        self._fell += over
        while len(self._gone) > self._remembers:
            self._gone_known.discard(self._gone.popleft())
