"""Older lines, read when somebody scrolls past the first: a stretch of time a request."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from threading import Lock

from console.domain.signals import LogLine, LogPlace
from console.errors import QuarterdeckError
from console.logtail.cursor import Cursor
from console.logtail.ring import LogRing
from console.logtail.scan import Scan
from console.ports import Clock, LogSource

SPAN = timedelta(minutes=15)
LONGEST = timedelta(days=1)
"""Where nothing was written, a request looks back as far as that."""
LINES = 5_000
"""Lines of one place that a request reads at most."""


class History:
    """Serves requests for older lines, one page of one place at a time."""

    def __init__(
        self, source: LogSource, ring: LogRing, clock: Clock, take: Callable[[Iterable[LogLine], Scan], int]
    ) -> None:
        self._source = source
        self._ring = ring
        self._clock = clock
        self._take = take
        self._lock = Lock()
        self._asked: datetime | None = None
        self._span = SPAN
        self._target: datetime | None = None
        self._scans: dict[LogPlace, Scan] = {}
        self._found = 0
        self._trouble = ""
        self.note = ""
        """Why the last request was not answered whole; empty when it was."""

    @property
    def is_asked(self) -> bool:
        """A request waits or is being served."""
        with self._lock:
            return self._asked is not None

    def ask(self, before: datetime) -> None:
        """Ask for a stretch before a moment; from any thread. A request under way goes on."""
        with self._lock:
            self._asked = self._asked or before

    def step(self, cursors: list[Cursor]) -> None:
        """Read a page, if anything was asked for."""
        if not self.is_asked:
            return
        ready = [item for item in cursors if item.reached is not None and not item.failures]
        if self._ring.limit <= len(self._ring):
            self._end(f"{self._ring.limit:,} lines are held, and no older ones fit")
        elif self._target is None:
            self._begin(ready)
        elif (cursor := next((item for item in ready if item.place in self._scans), None)) is not None:
            self._read(cursor, self._scans[cursor.place])
        elif self._found or self._trouble or self._span >= LONGEST:
            nothing = "" if self._found else f"nothing was written in the {self._span.days} d before"
            self._end(self._trouble or nothing)
        else:
            self._span *= 4
            self._begin(ready)

    def _begin(self, ready: list[Cursor]) -> None:
        reached = [item.reached for item in ready if item.reached is not None]
        if not reached:
            return
        self._target = max(reached) - self._span
        self._scans = {
            item.place: Scan(self._target, item.reached, self._clock.now(), newest_first=True)
            for item in ready
            if item.reached is not None and item.reached > self._target
        }

    def _read(self, cursor: Cursor, scan: Scan) -> None:
        try:
            page = scan.read(self._source, cursor.place, LINES)
        except QuarterdeckError as error:
            self._trouble = error.message
            del self._scans[cursor.place]  # the others go on; the next request begins where this one was
            return
        self._found += self._take(page.lines, scan)
        if scan.is_done:
            cursor.reached = scan.start
        elif scan.count >= LINES and scan.first is not None:
            cursor.reached = scan.first.at + timedelta(milliseconds=1)  # others of that moment may be left
        else:
            return
        del self._scans[cursor.place]

    def _end(self, note: str) -> None:
        self._scans, self._target, self._span, self._found, self._trouble = {}, None, SPAN, 0, ""
        self.note = note
        with self._lock:
            self._asked = None
