"""The log of one service, followed: every place it writes to, every line once or counted as lost."""

from datetime import datetime
from threading import Event, Lock

from console.domain.address import Address
from console.logtail.ring import LogRing
from console.ports import Clock, LogSource


class LogTail:
    """Fills a ring with the lines of a service, by asking again and again or by a live session."""

    def __init__(
        self, source: LogSource, address: Address, ring: LogRing, clock: Clock, since: datetime | None = None
    ) -> None:
        self.address = address
        self.ring = ring
        self._source = source
        self._clock = clock
        self._since = since
        self._lock = Lock()
        self._asked: datetime | None = None
        self._notes: dict[str, str] = {}

    @property
    def notes(self) -> tuple[str, ...]:
        """What is wrong now, one line each: a group that is missing, a driver that cannot be read."""
        with self._lock:
            return tuple(self._notes.values())

    @property
    def sampled(self) -> bool:
        """The live session tells some of the lines only."""
        return self.ring.sampled

    @property
    def rate(self) -> float:
        """Lines a second that came lately."""
        return 0.0

    @property
    def oldest(self) -> datetime | None:
        """From when on nothing is missing; ``None`` before anything was read."""
        return None

    @property
    def is_asking(self) -> bool:
        """Older lines were asked for and have not all been read."""
        with self._lock:
            return self._asked is not None

    def ask_history(self, before: datetime) -> None:
        """Read a stretch of what was written before a moment; from any thread, answered into the ring."""
        with self._lock:
            self._asked = before

    def run(self, stop: Event) -> None:
        """Follow until ``stop`` is set; on a feed thread. Raises nothing that a supplier may cause."""
        raise NotImplementedError
