"""How far one place has been read.

Lines come late: a task's agent collects them for seconds, and what is sent later may have been written
earlier. So every reading overlaps the one before it, and what is half a minute old is read once more
in a sweep. Both shrink where so many lines come that reading them twice would never catch up.
"""

from datetime import datetime, timedelta

from console.domain.signals import LogPage, LogPlace
from console.logtail.scan import Scan

OVERLAP_S = 10.0
OVERLAP_LINES = 5_000
"""Lines that a reading may overlap by."""
SETTLED_S = 30.0
"""Lines of that age have come, as a rule."""
SWEEP_S = 30.0
"""Seconds between sweeps."""
SWEEP_BACK_S = 900.0
"""How far a sweep looks back where few lines come: a task whose clock is slow is found by it."""
QUIET_S = 600.0
"""Where nothing is written, reading begins that long ago: more than clocks can differ, because AWS
refuses calls that were signed five minutes off."""
_BEHIND_S = 60.0
_LATEST_S = 900.0
_MEASURE_S = 5.0


class Cursor:
    """One place: what has been read, what is being read, and when to read on."""

    def __init__(self, place: LogPlace, since: datetime) -> None:
        self.place = place
        self.since = since
        self.edge = since
        """Before it everything has been read once."""
        self.settled = since
        """Before it everything has been read again after it had had time to come."""
        self.reached: datetime | None = None
        """From it on everything has been read; ``None``: nothing has yet."""
        self.opening: Scan | None = None
        """The first reading, newest first."""
        self.forward: Scan | None = None
        self.sweep: Scan | None = None
        self.due = 0.0
        """When to read again, on the clock's monotonic time."""
        self.failures = 0
        self.gone_since: float | None = None
        """When nothing wrote here any more."""
        self.late_s = 0.0
        self.ahead_s = 0.0
        self.slow_s = 0.0
        """How far our own clock is behind, at least."""
        self.rate = 0.0
        """Lines a second, smoothed."""
        self.forward_at = 0.0
        """When to begin the next reading forward, on the clock's monotonic time."""
        self._swept = since
        self._turn = False
        self._measured_at: float | None = None
        self._counted = 0

    def behind_s(self, now: datetime) -> float:
        """How old the newest line is that has been read, while more wait; 0 where none do."""
        if self.forward is None or not self.forward.token:
            return 0.0
        return max(0.0, (now - (self.forward.newest or self.edge)).total_seconds())

    def chosen(self, now: datetime, monotonic: float, floor: datetime | None) -> Scan | None:
        """What to read a page of: the opening, what is new, or a sweep in turn with it."""
        if self.opening is not None:
            return self.opening
        is_time = self.forward is not None or monotonic >= self.forward_at
        sweep = self._next_sweep(now, floor)
        self._turn = not self._turn
        if sweep is not None and (not is_time or self._turn):
            return sweep
        return self._next_forward(now, floor) if is_time else None

    @property
    def is_reading(self) -> bool:
        """A reading is under way: its next page can be asked for."""
        return any(scan is not None for scan in (self.opening, self.forward, self.sweep))

    def _next_forward(self, now: datetime, floor: datetime | None) -> Scan:
        """The reading under way, else a new one from a little before where the last one ended."""
        if self.forward is None:
            few = OVERLAP_LINES / self.rate if self.rate > 0 else _LATEST_S
            overlap = min(max(OVERLAP_S, self.late_s + OVERLAP_S), few, _LATEST_S)
            floor = min(floor, self.edge) if floor is not None else None  # what is new is counted at least
            self.forward = Scan(self._bounded(self.edge - timedelta(seconds=overlap), floor), None, now)
        return self.forward

    def end_forward(self) -> None:
        """The reading has come to its end: the next one begins where it ended.

        A clock that runs ahead must not carry the edge along: no line counts as newer than the moment
        at which it was taken in.
        """
        scan, self.forward = self.forward, None
        if scan is None:
            return
        floor = scan.begun - timedelta(seconds=QUIET_S)
        self.edge = max(self.edge, floor)
        self._advance(scan)
        if self.reached is None:
            self.reached = scan.start

    def _next_sweep(self, now: datetime, floor: datetime | None) -> Scan | None:
        """The sweep under way, else a new one when it is time; ``None`` while reading is behind."""
        if self.behind_s(now) > _BEHIND_S:
            return None
        if self.sweep is None and (now - self._swept).total_seconds() >= SWEEP_S:
            self._swept = now
            old = now - timedelta(seconds=SETTLED_S)
            end = min(self.edge, old)
            few = min(SWEEP_BACK_S, OVERLAP_LINES / self.rate if self.rate > 0 else SWEEP_BACK_S)
            start = self._bounded(min(self.settled, end - timedelta(seconds=few)), floor)
            if start < end:
                self.sweep = Scan(start, end, now)
        return self.sweep

    def end_sweep(self) -> None:
        """The sweep has come to its end."""
        if self.sweep is not None and self.sweep.end is not None:
            self.settled = max(self.settled, self.sweep.end)
        self.sweep = None

    def end_opening(self, scan: Scan) -> None:
        """The newest lines are there: history goes on before them, reading after them."""
        is_whole = scan.is_done or scan.first is None
        self.opening = None
        self.reached = self.since = scan.start if is_whole or scan.first is None else scan.first.at
        self.settled = max(self.settled, self.reached)
        self._advance(scan)

    def learn(self, page: LogPage, fresh: int, now: datetime, monotonic: float) -> None:
        """Learn from a page how late lines come here, how many, and whether a clock is wrong."""
        self.failures = 0
        if page.ingested is not None:
            self.slow_s = (page.ingested - now).total_seconds()
        self._counted += fresh
        if self._measured_at is None:
            self._measured_at = monotonic
        elif (passed := monotonic - self._measured_at) >= _MEASURE_S:
            self.rate = self.rate * 0.5 + self._counted / passed * 0.5
            self._measured_at, self._counted = monotonic, 0
        if page.lines:
            self.late_s = min(_LATEST_S, max(page.late_s, self.late_s * 0.98))
            self.ahead_s = max(page.ahead_s, self.ahead_s * 0.9)

    def _advance(self, scan: Scan) -> None:
        if scan.newest is not None:
            self.edge = max(self.edge, min(scan.newest, scan.ingested or scan.newest))

    def _bounded(self, start: datetime, floor: datetime | None) -> datetime:
        start = max(start, self.since)
        return start if floor is None else max(start, floor)
