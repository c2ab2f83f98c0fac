"""The statuses of one environment: calm services in sweeps, others every few seconds and in full.

Whatever fails is named in the picture and tried again; it never hides what else is known.
"""

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

from console.domain.address import Address
from console.domain.fleet import ServicePicture
from console.domain.operation import Hold
from console.domain.service import Observation, ServiceState
from console.domain.urgency import Urgency, urgently
from console.errors import MissingServiceError
from console.ports import Clock, Platform
from console.watch import cadence
from console.watch.attempts import LONG_AGO, NEVER, Attempts
from console.watch.batches import REFUSALS, Batch, Batches
from console.watch.board import Board
from console.watch.publisher import Publisher

_BATCHES_A_TURN = 5
"""Of a sweep, before those that something happens to get their turn again."""


class StatusReader:
    """Implements :class:`console.watch.loop.Reader`; ``focus``, ``touch`` and ``request_now`` may be
    called from any thread and wait for nothing."""

    def __init__(
        self,
        platform: Platform,
        board: Board,
        attempts: Attempts,
        publisher: Publisher,
        clock: Clock,
        holds: Callable[[], Mapping[Address, Hold]],
        chance: Callable[[], float],
    ) -> None:
        self._platform = platform
        self._board = board
        self._attempts = attempts
        self._publisher = publisher
        self._clock = clock
        self._holds = holds
        ordered = sorted(board.addresses, key=lambda item: not board.is_hot(item))
        self._batches = Batches(platform, board, clock, chance, platform.batches(ordered))
        self._read_at: dict[Address, float] = {}
        self._looked: dict[Address, float] = {}
        self._unlooked: set[Address] = set()
        """Those whose last reading in full failed: they are tried again however calm they are."""
        self._looks: deque[float] = deque(maxlen=cadence.OBSERVED_PER_PASS)
        self._holds_due = LONG_AGO
        self._touched = clock.monotonic()
        self._wanted: Address | None = None
        self._asked = False

    # -- from any thread ----------------------------------------------------------------------

    def focus(self, address: Address | None) -> None:
        """Read that service at the fast cadence until another one is named."""
        self._wanted = address

    def touch(self) -> bool:
        """Somebody is here; whether nobody was, lately."""
        alone = not self.is_attended()
        self._touched = self._clock.monotonic()
        return alone

    def request_now(self) -> None:
        """Read everything now, also while waiting to try again."""
        self._asked = True

    def holds_changed(self) -> None:
        """An operation has ended: the journal is asked at once what is held."""
        self._holds_due = LONG_AGO

    # -- turns --------------------------------------------------------------------------------

    def turn(self) -> None:
        self.read(_BATCHES_A_TURN, cadence.OBSERVED_PER_PASS)

    def read(
        self, batches: int | None = None, looks: int | None = None, *, all_in_full: bool = False
    ) -> None:
        """One pass over what is due; raises nothing.

        Args:
            batches: Of a sweep, at most; ``None``: all that are due.
            looks: How many services may be read in full at most; ``None``: all that are due.
            all_in_full: Read calm services in full too.
        """
        self._take_requests()
        self._attempts("bug", lambda: self._pass(batches, looks, all_in_full=all_in_full))
        self._publisher.publish()

    def next_due(self) -> float:
        if self._asked or self._wanted != self._board.focus:
            return LONG_AGO
        waits = self._attempts.retry_at("bug")
        if self._attempts.failing("status"):
            waits = max(waits, self._attempts.retry_at("status"))
            return min(waits, self._publisher.due)
        calm, fast = self._paces()
        due = min(
            self._batches.next_due(calm), self._looks_due(fast), self._hot_due(fast), self._when_holds()
        )
        return min(max(due, waits), self._publisher.due)

    def _pass(self, batches: int | None, looks: int | None, *, all_in_full: bool) -> None:
        calm, fast = self._paces()
        self._board.paced(calm, fast)
        self._board.spent(self._platform.budget())
        self._read_hot(fast)
        for batch in self._due_batches(calm)[:batches]:
            if not self._sweep(batch):
                break
        if self._attempts.failing("status"):
            return
        self._read_holds()
        for address in self._due_looks(fast, looks, all_in_full=all_in_full):
            self._look(address)

    def _due_batches(self, pace: float) -> list[Batch]:
        """After a failure one at least, so that somebody finds out when it is over."""
        if self._clock.monotonic() < self._attempts.retry_at("status"):
            return []
        return self._batches.due(pace) or (self._batches.next() if self._attempts.failing("status") else [])

    def _paces(self) -> tuple[float, float]:
        """Seconds between two readings: of calm services, and of the others."""
        refused_at = self._platform.budget().throttled_at
        since = (self._clock.now() - refused_at).total_seconds() if refused_at else NEVER
        throttled = since < cadence.THROTTLED_FOR_S
        hot = len(self._board.hot())
        calm = cadence.calm_pace(len(self._batches), attended=self.is_attended(), throttled=throttled)
        return calm, cadence.fast_pace(-(-hot // 10), throttled=throttled)

    def is_attended(self) -> bool:
        """Whether somebody touched the console lately."""
        return self._clock.monotonic() - self._touched < cadence.UNATTENDED_AFTER_S

    def _sweep(self, batch: Batch) -> bool:
        began = self._clock.monotonic()
        with urgently(Urgency.FLEET):
            if self._attempts("status", lambda: self._batches.read(batch)) is None:
                return False
        self._read_at.update(dict.fromkeys(batch.addresses, began))
        self._name_refused()
        self._publisher.publish()
        return True

    def _name_refused(self) -> None:
        refused = {
            address: error
            for address, error in self._batches.refused.items()
            if self._board.row(address).state is not ServiceState.DELETED
        }
        if not refused:
            self._board.recover("unknown")
            return
        address, error = next(iter(refused.items()))
        message = f"{address}: {error.message}"
        if len(refused) > 1:
            message = f"{len(refused)} services cannot be read: {', '.join(map(str, refused))}"
        self._board.fail("unknown", error.title, message, error.remedy, self._clock.now())

    def _read_hot(self, pace: float) -> None:
        """The statuses of those that are not read in full at present."""
        now = self._clock.monotonic()
        due = [item for item in self._hot() if self._read_at.get(item, LONG_AGO) + pace <= now]
        due = [item for item in due if not self._look_due(item, pace) <= now or not self._may_look(now)]
        if not due or self._attempts.failing("status"):
            return
        for group in self._platform.batches(due):
            if self._attempts("status", lambda group=group: self._read_group(group)) is None:  # type: ignore[misc]
                return
            self._publisher.publish()

    def _read_group(self, group: tuple[Address, ...]) -> bool:
        began, at = self._clock.monotonic(), self._clock.now()
        try:
            with urgently(Urgency.MOVING):
                self._board.read(self._platform.services(group), at)
        except REFUSALS:
            pass  # the sweep finds out whose fault it is
        self._read_at.update(dict.fromkeys(group, began))
        return True

    def _hot(self) -> list[Address]:
        return [item for item in self._board.hot() if _is_read(self._board.row(item))]

    def _hot_due(self, pace: float) -> float:
        return min((self._read_at.get(item, LONG_AGO) + pace for item in self._hot()), default=NEVER)

    # -- in full ------------------------------------------------------------------------------

    def _look(self, address: Address) -> None:
        """Read one service in full; where that fails, it keeps what was known of it."""
        began, at = self._clock.monotonic(), self._clock.now()
        self._looks.append(began)
        with urgently(Urgency.FOCUS if address == self._board.focus else Urgency.MOVING):
            observation = self._attempts(str(address), lambda: self._observe(address, at))
        if observation is None and self._board.row(address).state is ServiceState.DELETED:
            self._unlooked.discard(address)
            self._looked[address] = self._read_at[address] = began
        elif observation is None:
            self._unlooked.add(address)
        else:
            self._unlooked.discard(address)
            self._board.observed(observation, at)
            self._looked[address] = self._read_at[address] = began
        self._publisher.publish()

    def _observe(self, address: Address, at: datetime) -> Observation | None:
        """The service in full; ``None`` where it is deleted: then its row says so."""
        try:
            return self._platform.observe(address)
        except MissingServiceError as error:
            self._board.unknown(address, error, at)
            if self._board.row(address).state is ServiceState.DELETED:
                return None
            raise

    def _due_looks(self, pace: float, most: int | None, *, all_in_full: bool) -> list[Address]:
        """Services to read in full now: the focused one first, then those that wait longest."""
        now = self._clock.monotonic()
        if all_in_full:
            read = [item for item in self._board.addresses if _is_read(self._board.row(item))]
            due = [(LONG_AGO, item) for item in read]
        else:
            due = [(self._look_due(item, pace), item) for item in self._candidates()]
        due = [item for item in due if item[0] <= now]
        due.sort(key=lambda item: (item[1] != self._board.focus, not self._board.is_hot(item[1]), item[0]))
        if most is None:
            return [address for _, address in due]
        taken = sum(1 for began in self._looks if began > now - cadence.FAST_S)
        return [address for _, address in due[: max(0, most - taken)]]

    def _look_due(self, address: Address, pace: float) -> float:
        """When a service has to be read in full; never a calm one without news."""
        if not _is_read(self._board.row(address)):
            return NEVER
        if self._attempts.failing(str(address)):
            return self._attempts.retry_at(str(address))
        if self._board.is_hot(address):
            focused = address == self._board.focus
            return self._looked.get(address, LONG_AGO) + (cadence.FAST_S if focused else pace)
        return LONG_AGO if self._board.has_news(address) else NEVER

    def _candidates(self) -> Iterable[Address]:
        """The services that may have to be read in full: of a large fleet few, and asked for often."""
        return dict.fromkeys((*self._board.hot(), *self._board.news(), *sorted(self._unlooked)))

    def _looks_due(self, pace: float) -> float:
        due = min((self._look_due(item, pace) for item in self._candidates()), default=NEVER)
        free = self._looks[0] + cadence.FAST_S if len(self._looks) == self._looks.maxlen else LONG_AGO
        return max(due, free)

    def _may_look(self, now: float) -> bool:
        return len(self._looks) < cadence.OBSERVED_PER_PASS or self._looks[0] + cadence.FAST_S <= now

    # -- around -------------------------------------------------------------------------------

    def _read_holds(self) -> None:
        now = self._clock.monotonic()
        if now < self._when_holds():
            return
        self._holds_due = now + cadence.HOLDS_S
        held = self._attempts("holds", self._holds)
        if held is not None:
            self._board.held(held)

    def _when_holds(self) -> float:
        return max(self._holds_due, self._attempts.retry_at("holds"))

    def _take_requests(self) -> None:
        self._board.focus = self._wanted
        if not self._asked:
            return
        self._asked = False
        self._batches.hurry()
        self._attempts.at_once()
        for address in [item for item in self._looked if self._board.is_hot(item)]:
            del self._looked[address]


def _is_read(row: ServicePicture) -> bool:
    return row.status is not None and not row.remembered
