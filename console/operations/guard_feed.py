"""The figures of one guarded operation, looked at beside the loop that observes it.

A look may take as long as it likes: the loop goes on without it, and the newest answer is there when
there is one. What is old counts as no answer.
"""

from collections.abc import Callable, Iterator
from contextvars import copy_context
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from typing import Protocol

from console.domain.address import Address
from console.domain.guard import ServiceSignals
from console.domain.operation import OperationEvent, OperationRecord, Plan
from console.domain.service import Observation
from console.domain.wish import Wish
from console.ports import Clock
from console.signals.lanes import Lane, ThreadLane
from console.signals.watching import SignalWatch

LOOK_EVERY_S = 5.0
OLD_S = 90.0
"""An answer that is older says nothing of now."""


class WayBack(Protocol):
    """What the guard needs of the engine to go back: the same door as everybody's."""

    def plan(self, wish: Wish) -> Plan: ...

    def execute(
        self, plan: Plan, typed: str | None = None, clock: Clock | None = None
    ) -> Iterator[OperationEvent]: ...

    def resume(self, operation_id: str, *, goes_on: bool = False) -> Iterator[OperationEvent]: ...

    def record(self, operation_id: str) -> OperationRecord | None: ...


@dataclass(frozen=True)
class Guards:
    """What guards are made with."""

    watch: Callable[[str], SignalWatch | None]
    """Whoever looks at figures, by environment key; ``None``: nobody there."""
    back: WayBack
    lane: Callable[[str], Lane] = ThreadLane
    """Makes the thread on which one operation's figures are looked at."""


class GuardFeed:
    """Asks for figures when they are due, and tells what came last. Raises nothing."""

    def __init__(self, watch: SignalWatch, address: Address, lane: Lane, clock: Clock) -> None:
        self._watch = watch
        self._address = address
        self._lane = lane
        self._clock = clock
        self._lock = Lock()
        self._busy = False
        self._asked = float("-inf")
        self._found: ServiceSignals | None = None
        self._found_at = float("-inf")

    def tend(self, observation: Observation | None, ordered_at: datetime | None) -> None:
        """Have the figures looked at, unless that is under way or was done a moment ago; returns at once."""
        now = self._clock.monotonic()
        with self._lock:
            if self._busy or now - self._asked < LOOK_EVERY_S:
                return
            self._busy, self._asked = True, now

        def job() -> None:
            found: ServiceSignals | None = None
            try:
                found = self._watch.look(
                    self._address, observation, ordered_at=ordered_at, limit_s=0.0
                )  # sources are asked on threads of their own: what they say is there at the next look
            finally:
                with self._lock:
                    self._busy = False
                    if found is not None:
                        self._found, self._found_at = found, self._clock.monotonic()

        context = copy_context()  # the urgency of its calls goes with it
        self._lane.put(lambda: context.run(_quietly, job))

    @property
    def newest(self) -> ServiceSignals | None:
        """What came last; ``None`` where nothing came for :data:`OLD_S`."""
        with self._lock:
            is_old = self._clock.monotonic() - self._found_at > OLD_S
            return None if is_old else self._found


def _quietly(job: Callable[[], None]) -> None:
    """A look that breaks is no answer, and nothing else: neither the lane nor the operation ends with it."""
    try:
        job()
    except Exception:
        return
