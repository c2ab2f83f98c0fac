"""Asking every place again and again, a page at a time, so that none waits for another."""

from collections.abc import Callable, Iterable
from datetime import datetime

from console.domain.signals import LogLine, LogPlace
from console.errors import PermissionDeniedError, QuarterdeckError, RejectedError, ThrottledError
from console.logtail.cursor import Cursor
from console.logtail.history import History
from console.logtail.ring import LogRing
from console.logtail.scan import Scan
from console.ports import Clock, LogSource

PERIOD_S = 2.0
CALL_S = 0.5
"""What a place adds to the period where there are many: all share one allowance of calls."""
SAFETY_PERIOD_S = 30.0
"""Between readings of a place whose lines a live session tells."""
PAGE_LINES = 10_000
OPENING_LINES = 5_000
"""The newest lines of a place that are read first."""
RETRY_S = (2.0, 4.0, 8.0, 15.0, 30.0)
LASTING_RETRY_S = 30.0
"""Before a place is asked again that is missing, or forbidden."""
LINGER_S = 120.0
"""How long a place is read on that no deployment names any more."""
SKEW_S = 60.0
BEHIND_S = 60.0

Take = Callable[[Iterable[LogLine], Scan], int]
"""Puts the lines of a page where they belong; how many were new."""


class Polling:
    """The cursors of one service's places. For one thread."""

    def __init__(
        self,
        source: LogSource,
        ring: LogRing,
        clock: Clock,
        take: Take,
        since: datetime,
        *,
        whole: bool,
    ) -> None:
        self._source = source
        self._ring = ring
        self._clock = clock
        self._take = take
        self._since = since
        self._whole = whole
        self._cursors: dict[LogPlace, Cursor] = {}
        self.errors: dict[LogPlace, str] = {}
        self.told_live: frozenset[LogPlace] = frozenset()
        """Places whose lines a live session tells: they are read seldom, to find what it missed."""
        self.history = History(source, ring, clock, take)

    def follow(self, places: Iterable[LogPlace]) -> None:
        """Read those places from now on; others for a little while only."""
        wanted, now = set(places), self._clock.monotonic()
        for place in wanted - self._cursors.keys():
            self._cursors[place] = self._new(place)
        for place, cursor in list(self._cursors.items()):
            if place in wanted:
                cursor.gone_since = None
            elif cursor.gone_since is None:
                cursor.gone_since = now
            elif now - cursor.gone_since > LINGER_S:
                del self._cursors[place]
                self.errors.pop(place, None)

    def hurry(self) -> None:
        """Read every place again as soon as can be."""
        soon = self._clock.monotonic()
        for cursor in self._cursors.values():
            if not cursor.failures:
                cursor.forward_at = min(cursor.forward_at, soon)
                cursor.due = min(cursor.due, soon)

    def step(self) -> float:
        """Read one page of every place that is due; seconds until the next one is."""
        for cursor in list(self._cursors.values()):
            if cursor.due <= self._clock.monotonic():
                self._visit(cursor)
        if self.history.is_asked:
            self.history.step(list(self._cursors.values()))
            return 0.0 if any(item.reached is not None for item in self._cursors.values()) else PERIOD_S
        now = self._clock.monotonic()
        return max(0.0, min((item.due - now for item in self._cursors.values()), default=PERIOD_S))

    @property
    def oldest(self) -> datetime | None:
        """From when on every place has been read; ``None`` before that."""
        reached = [item.reached for item in self._cursors.values() if not item.failures]
        known = [item for item in reached if item is not None]
        return max(known) if known and len(known) == len(reached) else None

    @property
    def is_level(self) -> bool:
        """Every place that can be read has been read to its end."""
        return all(
            item.failures or (item.reached is not None and not item.is_reading)
            for item in self._cursors.values()
        )

    @property
    def behind_s(self) -> float:
        """How far reading is behind what is written; 0 where it keeps up."""
        now = self._clock.now()
        return max((item.behind_s(now) for item in self._cursors.values()), default=0.0)

    def skews(self) -> list[str]:
        """A line about every clock that is plainly wrong."""
        tasks = [
            f"the clock of a task with {cursor.place.container} is {cursor.ahead_s:.0f} s ahead: "
            "its lines stand too late"
            for cursor in self._cursors.values()
            if cursor.ahead_s > SKEW_S
        ]
        ours = max((cursor.slow_s for cursor in self._cursors.values()), default=0.0)
        if ours > SKEW_S:
            tasks.append(f"this machine's clock is {ours:.0f} s slow: times are meant by it")
        return tasks

    def _new(self, place: LogPlace) -> Cursor:
        cursor = Cursor(place, self._since)
        if not self._whole:
            cursor.opening = Scan(self._since, None, self._clock.now(), newest_first=True)
        return cursor

    def _visit(self, cursor: Cursor) -> None:
        """Read one page of whatever the place needs."""
        scan = cursor.chosen(self._clock.now(), self._clock.monotonic(), self._floor())
        if scan is not None:
            try:
                page = scan.read(
                    self._source, cursor.place, OPENING_LINES if scan.newest_first else PAGE_LINES
                )
            except QuarterdeckError as error:
                self._failed(cursor, scan, error)
                return
            self.errors.pop(cursor.place, None)
            cursor.learn(page, self._take(page.lines, scan), self._clock.now(), self._clock.monotonic())
            self._end(cursor, scan)
        cursor.due = self._clock.monotonic() if cursor.is_reading else cursor.forward_at

    def _end(self, cursor: Cursor, scan: Scan) -> None:
        if scan is cursor.opening:
            if scan.is_done or scan.count >= OPENING_LINES:
                cursor.end_opening(scan)
        elif scan.is_done and scan is cursor.sweep:
            cursor.end_sweep()
        elif scan.is_done:
            cursor.end_forward()
            cursor.forward_at = self._clock.monotonic() + self._period(cursor)

    def _failed(self, cursor: Cursor, scan: Scan, error: QuarterdeckError) -> None:
        is_token = isinstance(error, RejectedError) and bool(scan.token)
        if is_token:
            scan.begin_again()
        cursor.failures += 1
        lasting = isinstance(error, PermissionDeniedError | RejectedError) and not is_token
        delay = LASTING_RETRY_S if lasting else RETRY_S[min(cursor.failures, len(RETRY_S)) - 1]
        cursor.due = self._clock.monotonic() + delay
        rest = "; it goes on where it was" if isinstance(error, ThrottledError) else ""
        self.errors[cursor.place] = f"{error.message}{rest}"

    def _period(self, cursor: Cursor) -> float:
        if cursor.place in self.told_live:
            return SAFETY_PERIOD_S
        return max(PERIOD_S, CALL_S * len(self._cursors))

    def _floor(self) -> datetime | None:
        """What is older has been pushed out of the ring: to read it again would be in vain."""
        first = self._ring.first if self._ring.lost else None
        return first.at if first is not None else None
