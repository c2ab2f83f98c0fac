"""One environment, read again and again, and its picture in the store."""

import random
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from threading import Event

from console.domain.address import Address, Environment
from console.domain.fleet import ServicePicture
from console.domain.guard import Trigger
from console.domain.operation import Hold, Plan
from console.ports import Clock, Platform, SignalSource
from console.watch.aside import AsideReader, Shippers
from console.watch.attempts import Attempts
from console.watch.board import Board
from console.watch.charted import ChartedReader, Look
from console.watch.loop import Reader, run
from console.watch.prover import Prover
from console.watch.publisher import Publisher
from console.watch.statuses import StatusReader
from console.watch.store import FleetStore

WHOLE_UP_TO = 10
"""So few services are all read in full when they are read once."""


class EnvironmentPoller:
    """Reads one environment and publishes its picture.

    ``focus``, ``touch``, ``request_now`` and ``operation_ended`` may be called from any thread. The picture
    without readings, or the remembered one, is published at once, so that the store knows every environment.
    """

    def __init__(
        self,
        platform: Platform,
        signals: SignalSource,
        addresses: Iterable[Address],
        store: FleetStore,
        clock: Clock,
        holds: Callable[[], Mapping[Address, Hold]],
        chance: Callable[[], float] = random.random,
        *,
        shippers: Shippers = dict,
        ended: Callable[[], Mapping[Address, str]] = dict,
        drained: Callable[[], Mapping[Address, str]] = dict,
        plan_rollback: Callable[[Address], Plan] | None = None,
        remembered: Mapping[Address, ServicePicture] | None = None,
        look: Look | None = None,
        limits: Mapping[Address, tuple[Trigger, ...]] | None = None,
    ) -> None:
        self._clock = clock
        self._board = Board(platform.environment, addresses, remembered, limits)
        self._publisher = Publisher(self._board, store, clock)
        attempts = self._attempts = Attempts(self._board, clock)
        self._statuses = StatusReader(platform, self._board, attempts, self._publisher, clock, holds, chance)
        self._aside = AsideReader(
            platform, signals, self._board, attempts, self._publisher, clock, shippers, ended, drained
        )
        self._prover = (
            Prover(self._board, self._publisher, clock, plan_rollback, self._statuses.is_attended)
            if plan_rollback
            else None
        )
        self._charted = (
            ChartedReader(self._board, self._publisher, clock, look, self._statuses.is_attended)
            if look
            else None
        )
        self._wakes: list[Event] = []
        self._publisher.flush()

    @property
    def environment(self) -> Environment:
        return self._board.environment

    def focus(self, address: Address | None) -> None:
        """Read that service at the fast cadence until another one is named."""
        self._statuses.focus(address)
        self._wake()

    def touch(self) -> None:
        """Somebody is at the console."""
        if self._statuses.touch():
            self._wake()

    def request_now(self) -> None:
        """Read everything now, also while waiting to try again."""
        self._statuses.request_now()
        self._aside.request_now()
        self._wake()

    def operation_ended(self, address: Address) -> None:
        """An operation on that service has ended: its way back is proved again, before anybody relies on the
        old proof, and its hold is read again."""
        self._board.unproved(address)
        self._statuses.holds_changed()
        self._publisher.publish()
        self._wake()

    def loops(self) -> tuple[Callable[[Event], None], ...]:
        """What has to run side by side, each on a thread of its own, until the event is set: statuses,
        what stands beside them, proofs, figures over time."""
        return tuple(partial(self._run, (reader,)) for reader in self.readers())

    def run(self, stop: Event) -> None:
        """Read everything on one thread until stopped."""
        self._run(self.readers(), stop)

    def read_once(self) -> None:
        """Read the environment once: every status, its version and its figures, and in full what
        something happens to, or all of a few services. What AWS is too busy for is tried once more.
        Raises nothing."""
        few = len(self._board.addresses) <= WHOLE_UP_TO
        self._statuses.read(all_in_full=few)
        if self._attempts.passes("status"):
            self._clock.sleep(max(0.0, self._attempts.retry_at("status") - self._clock.monotonic()))
            self._statuses.read(all_in_full=few)
        if self._board.is_read:
            self._aside.read("identity", "shippers")
            self._publisher.flush()  # figures may come late: nobody waits for them to see the rest
            self._aside.read("figures")
        self._publisher.flush()

    def readers(self) -> tuple[Reader, ...]:
        """Who read the parts of the environment, for a loop that reads several on one thread."""
        others = (self._prover, self._charted)
        return (self._statuses, self._aside, *(item for item in others if item is not None))

    def _run(self, readers: tuple[Reader, ...], stop: Event) -> None:
        wake = Event()
        self._wakes.append(wake)
        run(readers, wake, stop, self._clock)
        self._publisher.flush()

    def _wake(self) -> None:
        for wake in tuple(self._wakes):
            wake.set()
