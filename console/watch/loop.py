"""The only loop of the watch: whatever is due is read, then time passes until something is."""

from collections.abc import Sequence
from threading import Event
from typing import Protocol

from console.ports import Clock

SLICE_S = 0.5
"""How soon a stopped loop notices."""


class Reader(Protocol):
    """One who reads a part of an environment."""

    def turn(self) -> None:
        """Read some of what is due; raises nothing."""

    def next_due(self) -> float:
        """When its next turn is, on the monotonic clock."""


def run(readers: Sequence[Reader], wake: Event, stop: Event, clock: Clock) -> None:
    """Give the readers their turns until stopped; between two turns that is noticed within half a second.

    Args:
        readers: Of one thread; the first goes first.
        wake: Set by whoever wants the next turns now.
        stop: Ends it.
        clock: The only way to wait.
    """
    while not stop.is_set():
        wake.clear()
        for reader in readers:
            if not stop.is_set() and reader.next_due() <= clock.monotonic():
                reader.turn()
        while not (stop.is_set() or wake.is_set()):
            left = min(reader.next_due() for reader in readers) - clock.monotonic()
            if left <= 0:
                break
            clock.wait(wake, min(left, SLICE_S))
