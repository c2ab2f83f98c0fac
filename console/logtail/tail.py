"""The log of one service, followed: every place it writes to, every line once or counted as lost."""

from collections import Counter, deque
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from threading import Event, Lock

from console.domain.address import Address
from console.domain.signals import LiveUpdate, LogLine, LogPlace
from console.domain.urgency import Urgency, urgently
from console.errors import QuarterdeckError
from console.logtail.naming import Names
from console.logtail.polling import BEHIND_S, Polling
from console.logtail.ring import LogRing
from console.logtail.scan import Scan
from console.ports import Clock, LiveLog, LogSource

SPAN = timedelta(minutes=10)
"""How far back it begins unless somebody says."""
SOURCES_S = 3.0
"""Seconds between looks at where the service writes: a new deployment's tasks are joined by themselves."""
MOST_WAIT_S = 1.0
"""The longest wait in one piece, so that history that is asked for comes soon."""
RENEW_S = 2.75 * 3600
"""A live session ends after three hours (CloudWatch Logs user guide): it is begun anew before."""
LIVE_RETRY_S = 30.0
"""After a session could not be begun or broke, lines are asked for that long before another is tried."""
LIVE_LEAST_S = 5.0
"""Between the beginnings of two sessions: one that ends at once must not be begun without end."""
SETTLE_S = 10.0
"""A session that begins may miss what was taken in just then: it is read so long afterwards."""
FILL_PAGES = 3
RATE_S = 5.0
MOST_GROUPS = 10


class LogTail:
    """Fills a ring with the lines of a service, by asking again and again or by a live session."""

    def __init__(
        self,
        source: LogSource,
        address: Address,
        ring: LogRing,
        clock: Clock,
        since: datetime | None = None,
        *,
        whole: bool = False,
    ) -> None:
        """
        Args:
            since: Where it begins; without it, ten minutes ago.
            whole: Read everything from there on in the order of time; else the newest lines first, and
                what is older when it is asked for.
        """
        self.address = address
        self.ring = ring
        self._source = source
        self._clock = clock
        self._names = Names(2 * ring.limit)
        self._notes: tuple[str, ...] = ()
        self._trouble: dict[str, str] = {}
        self._places: tuple[LogPlace, ...] = ()
        self._looked_at: float | None = None
        self._session: LiveLog | None = None
        self._live_at = 0.0
        self._fill_at: float | None = None
        self._oldest: datetime | None = None
        self._behind_s = 0.0
        self._came: deque[tuple[float, int]] = deque()
        self._lock = Lock()
        self._polling = Polling(source, ring, clock, self._take, since or clock.now() - SPAN, whole=whole)

    # -- for the reader, from any thread ------------------------------------------------------

    @property
    def notes(self) -> tuple[str, ...]:
        """What is wrong now, one line each: a group that is missing, a driver that cannot be read."""
        return self._notes

    @property
    def sampled(self) -> bool:
        """The live session tells some of the lines only."""
        return self.ring.sampled

    @property
    def rate(self) -> float:
        """Lines a second that came within the last five seconds."""
        now = self._clock.monotonic()
        with self._lock:
            return sum(count for at, count in self._came if now - at <= RATE_S) / RATE_S

    @property
    def oldest(self) -> datetime | None:
        """From when on nothing is missing; ``None`` before anything was read."""
        return self._oldest

    @property
    def behind_s(self) -> float:
        """How many seconds what has been read is behind what has been written."""
        return self._behind_s

    @property
    def is_asking(self) -> bool:
        """Older lines were asked for and have not all been read."""
        return self._polling.history.is_asked

    @property
    def history_note(self) -> str:
        """Why the last request for older lines was not answered whole; empty when it was."""
        return self._polling.history.note

    @property
    def is_level(self) -> bool:
        """Everything that can be read now has been; for the thread that reads."""
        return bool(self._looked_at is not None and self._polling.is_level)

    def ask_history(self, before: datetime) -> None:
        """Read a stretch of what was written before a moment; from any thread, answered into the ring."""
        self._polling.history.ask(before)

    def cancel(self) -> None:
        """End a live session at once, after the event given to :meth:`run` was set; from any thread."""
        session = self._session
        if session is not None:
            session.cancel()

    # -- for the thread that reads ------------------------------------------------------------

    def run(self, stop: Event) -> None:
        """Follow until ``stop`` is set; on a feed thread. Raises nothing that a supplier may cause."""
        while not stop.is_set():
            wait = self.step(stop)
            if wait > 0:
                self._clock.wait(stop, min(wait, MOST_WAIT_S))

    def step(self, stop: Event) -> float:
        """Read a page of everything that is due, or follow a live session to its end; seconds until
        there is more to do."""
        with urgently(Urgency.FOCUS):
            self._look()
            live = self._live_places()
            if live and self._clock.monotonic() >= self._live_at:
                self._follow(live, stop)
            wait = self._polling.step()
            self._note()
            return wait

    def _look(self) -> None:
        """Learn where the service writes, every few seconds."""
        now = self._clock.monotonic()
        if self._looked_at is not None and now - self._looked_at < SOURCES_S:
            return
        self._looked_at = now
        try:
            self._places = self._source.sources(self.address)
        except QuarterdeckError as error:
            self._trouble["sources"] = f"where {self.address} logs cannot be read: {error.message}"
            return
        self._trouble.pop("sources", None)
        self._polling.follow(place for place in self._places if not place.problem)

    def _live_places(self) -> tuple[LogPlace, ...]:
        """What one session can tell: places of one Region, ten groups at most. The rest is asked for."""
        if not self._source.is_live:
            return ()
        readable = [place for place in self._places if not place.problem and place.group_id]
        groups = list(dict.fromkeys(item.group for item in readable if item.region == readable[0].region))
        return tuple(
            item
            for item in readable
            if item.region == readable[0].region and item.group in groups[:MOST_GROUPS]
        )

    def _follow(self, places: Sequence[LogPlace], stop: Event) -> None:
        """Take in what a session tells until it ends, breaks, gets old or has to tell other places."""
        begun, told = self._clock.monotonic(), Counter[int]()
        self._session = self._source.live(places, stop)
        updates = iter(self._session)
        try:
            for number, update in enumerate(updates):
                if number == 0:
                    self._session_began(places)
                self._tell(update, told)
                self._look()
                self._fill()
                self._note()
                is_old = self._clock.monotonic() - begun > RENEW_S
                if stop.is_set() or is_old or self._live_places() != tuple(places):
                    break
        except QuarterdeckError as error:
            self._trouble["live"] = f"live log: {error.message}; lines are asked for instead"
            self._live_at = self._clock.monotonic() + LIVE_RETRY_S
        finally:
            self._session = None
            self._live_at = max(self._live_at, begun + LIVE_LEAST_S)
            self.ring.sampled = False
            close = getattr(updates, "close", None)
            if close is not None:
                close()
            self._polling.told_live = frozenset()
            self._polling.hurry()

    def _session_began(self, places: Sequence[LogPlace]) -> None:
        """Read what fell between this session and whatever told the lines before it."""
        self._trouble.pop("live", None)
        self._polling.told_live = frozenset(places)
        self._polling.hurry()
        self._fill_at = self._clock.monotonic() + SETTLE_S

    def _fill(self) -> None:
        """Between two updates, read a little of what the session does not tell."""
        if self._fill_at is not None and self._clock.monotonic() >= self._fill_at:
            self._fill_at = None
            self._polling.hurry()
        for _ in range(FILL_PAGES):
            if self._polling.step() > 0:
                return

    def _tell(self, update: LiveUpdate, told: Counter[int]) -> None:
        self.ring.sampled = update.sampled
        if update.sampled and self._fill_at is None:
            self._fill_at = self._clock.monotonic() + SETTLE_S  # what the sample lacks is read
        if update.lines:
            self._count(self.ring.add(self._names.named(update.lines, told)))

    def _take(self, lines: Iterable[LogLine], scan: Scan) -> int:
        if self._source.is_live:
            lines = self._names.named(lines, scan.numbers)
        return self._count(self.ring.add(lines))

    def _count(self, count: int) -> int:
        now = self._clock.monotonic()
        with self._lock:
            if count:
                self._came.append((now, count))
            while self._came and now - self._came[0][0] > RATE_S:
                self._came.popleft()
        return count

    def _note(self) -> None:
        """Tell where reading is, in words and figures that another thread may look at."""
        self._oldest, self._behind_s = self._polling.oldest, self._polling.behind_s
        notes = [place.problem for place in self._places if place.problem]
        notes += self._trouble.values()
        notes += self._polling.errors.values()
        notes += self._polling.skews()
        if self._behind_s > BEHIND_S:
            notes.append(f"reading is {self._behind_s:.0f} s behind what is written")
        if self._polling.history.note:
            notes.append(f"history: {self._polling.history.note}")
        self._notes = tuple(dict.fromkeys(notes))
