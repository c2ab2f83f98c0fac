"""One environment, read again and again on a thread of its own.

The batched status of every service comes first and is published at once; then the services that
something happens to are read in full. Whatever fails is named in the picture and tried again; it
never hides what else is known.
"""

import random
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from threading import Event
from typing import TypeVar

from console.domain.address import Address, Environment
from console.domain.operation import Hold
from console.errors import QuarterdeckError, RejectedError, UnknownServiceError
from console.ports import Clock, Platform, SignalSource
from console.watch import cadence
from console.watch.board import Board
from console.watch.store import FleetStore

_T = TypeVar("_T")
_SLICE_S = 0.5
"""How soon a stopped poller notices."""
_LONG_AGO = float("-inf")


class EnvironmentPoller:
    """Reads one environment and publishes its picture; ``run`` is the only loop.

    ``focus`` and ``request_now`` may be called from any thread, all else from the poller's own.
    The picture without readings is published at once, so that the store knows every environment.
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
    ) -> None:
        self._platform = platform
        self._signals = signals
        self._store = store
        self._clock = clock
        self._holds = holds
        self._chance = chance
        self._board = Board(self._platform.environment, addresses)
        self._wake = Event()
        self._asked = False
        self._focus: Address | None = None
        self._failures: dict[str, int] = {}
        self._retries: dict[str, float] = {}
        self._looked: dict[Address, float] = {}
        self._status_due = self._figures_due = clock.monotonic()
        self._publish()

    @property
    def environment(self) -> Environment:
        return self._platform.environment

    def focus(self, address: Address | None) -> None:
        """Read that service at the fast cadence until another one is named."""
        self._focus = address
        if address is not None:
            self._wake.set()

    def request_now(self) -> None:
        """Read everything now, also while waiting to try again."""
        self._asked = True
        self._wake.set()

    def run(self, stop: Event) -> None:
        """Read until stopped; between two passes that is noticed within half a second."""
        while not stop.is_set():
            self._wake.clear()
            self.tick(cadence.OBSERVED_PER_PASS)
            while not (stop.is_set() or self._wake.is_set()):
                left = self._next_due() - self._clock.monotonic()
                if left <= 0:
                    break
                self._clock.wait(self._wake, min(left, _SLICE_S))

    def tick(self, looks: int | None = None) -> None:
        """One pass: read and publish what is due. Raises nothing.

        Args:
            looks: How many services may be read in full at most; ``None``: all that are due.
        """
        self._take_request()
        self._attempt("bug", lambda: self._pass(looks))
        self._publish()

    def _pass(self, looks: int | None) -> None:
        if self._clock.monotonic() >= self._status_due:
            self._read_status()
        if "status" in self._failures:
            return
        held = self._attempt("holds", self._holds)
        if held is not None:
            self._board.held(held)
        self._publish()
        for address in self._due()[:looks]:
            self._look(address)
            self._publish()
        if self._clock.monotonic() >= self._figures_due:
            self._read_figures()

    def _read_status(self) -> None:
        began, at = self._clock.monotonic(), self._clock.now()
        if self._attempt("status", self._read_services) is None:
            self._status_due = self._retries["status"]
            return
        self._board.read_whole(at)
        crowded = sum(self._is_hot(item) for item in self._board.addresses) > cadence.OBSERVED_PER_PASS
        pace = cadence.FAST_S if crowded else cadence.SLOW_S
        self._status_due = began + cadence.jittered(pace, self._chance())
        if self._board.identity is None:
            self._board.identity = self._attempt("identity", self._platform.identity)

    def _read_services(self) -> bool:
        """The batched reading. It fails whole where one service is unknown or refused, so that then
        each is asked for by itself, and all that cannot be read are named."""
        at = self._clock.now()
        refused: dict[Address, QuarterdeckError] = {}
        try:
            self._board.read(self._platform.services(), at)
        except (UnknownServiceError, RejectedError):
            for address in self._board.addresses:
                try:
                    self._board.read((self._platform.status(address),), self._clock.now())
                except (UnknownServiceError, RejectedError) as error:
                    refused[address] = error
                    self._board.unknown(address, error)
        if refused:
            self._name(refused, at)
        else:
            self._board.recover("unknown")
        return True

    def _name(self, refused: Mapping[Address, QuarterdeckError], at: datetime) -> None:
        error = next(iter(refused.values()))
        message = f"{next(iter(refused))}: {error.message}"
        if len(refused) > 1:
            message = f"{len(refused)} services cannot be read: {', '.join(map(str, refused))}"
        self._board.fail("unknown", error.title, message, error.remedy, at)

    def _look(self, address: Address) -> None:
        """Read one service in full; where that fails, it keeps what was known of it."""
        began, at = self._clock.monotonic(), self._clock.now()
        observation = self._attempt(str(address), lambda: self._platform.observe(address))
        if observation is not None:
            self._board.observed(observation, at)
            self._looked[address] = began

    def _read_figures(self) -> None:
        self._figures_due = self._clock.monotonic() + cadence.FIGURES_S
        figures = self._attempt("figures", lambda: self._signals.figures(self._board.addresses))
        if figures is None:
            self._figures_due = self._retries["figures"]
        else:
            self._board.measured(figures, self._clock.now())

    def _attempt(self, part: str, read: Callable[[], _T]) -> _T | None:
        """Read one part; a failure becomes the picture's problem, and ``None``."""
        try:
            found = read()
        except QuarterdeckError as error:
            title, message, remedy = error.title, error.message, error.remedy
        except Exception as error:  # a bug must be seen, and must not end the watch
            title, message = "bug", f"{type(error).__name__}: {error}"
            remedy = "report it; the watch goes on"
        else:
            self._failures.pop(part, None)
            self._retries.pop(part, None)
            self._board.recover(part)
            return found
        failures = self._failures[part] = self._failures.get(part, 0) + 1
        self._retries[part] = self._clock.monotonic() + cadence.retry_after(failures)
        self._board.fail(part, title, message, remedy, self._clock.now())
        return None

    def _due(self) -> list[Address]:
        """Services to read in full now: the focused one first, then those that wait longest."""
        now = self._clock.monotonic()
        due = [(self._look_due(item), item) for item in self._board.addresses]
        due = [item for item in due if item[0] <= now]
        due.sort(key=lambda item: (item[1] != self._focus, not self._is_hot(item[1]), item[0]))
        return [address for _, address in due]

    def _look_due(self, address: Address) -> float:
        """When a service has to be read in full; infinite for a calm one without news."""
        row = self._board.row(address)
        if row.status is None:
            return float("inf")
        if str(address) in self._retries:
            return self._retries[str(address)]
        looked = self._looked.get(address, _LONG_AGO)
        if self._is_hot(address):
            return looked + cadence.jittered(cadence.FAST_S, self._chance())
        if self._board.has_news(address):
            return _LONG_AGO
        return looked + cadence.SLOW_S if row.hold else float("inf")

    def _is_hot(self, address: Address) -> bool:
        return cadence.is_fast(self._board.row(address).state, focused=address == self._focus)

    def _next_due(self) -> float:
        if "status" in self._failures:
            return self._status_due
        looks = [self._look_due(address) for address in self._board.addresses]
        due = min([self._status_due, self._figures_due, *looks])
        return max(due, self._retries.get("bug", _LONG_AGO))

    def _take_request(self) -> None:
        if not self._asked:
            return
        self._asked = False
        self._status_due = self._clock.monotonic()
        self._retries.clear()
        for address in [item for item in self._looked if self._is_hot(item)]:
            del self._looked[address]

    def _publish(self) -> None:
        self._store.publish(self._board.picture())
