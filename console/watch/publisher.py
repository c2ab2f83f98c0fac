"""Pictures into the store, not more often than anybody could look at them."""

from threading import Lock

from console.ports import Clock
from console.watch.board import Board
from console.watch.store import FleetStore

GAP_S = 0.2
"""Between two pictures of one environment."""


class Publisher:
    """Publishes what a board knows. Thread-safe; a newer picture is never replaced by an older one."""

    def __init__(self, board: Board, store: FleetStore, clock: Clock) -> None:
        self._board = board
        self._store = store
        self._clock = clock
        self._lock = Lock()
        self._published_at = float("-inf")
        self._late = False

    @property
    def due(self) -> float:
        """When the next picture may be published; never, where there is nothing new."""
        return self._published_at + GAP_S if self._late else float("inf")

    def publish(self) -> None:
        """Something is new: publish it now, or say through ``due`` when to."""
        if self._clock.monotonic() >= self._published_at + GAP_S:
            self.flush()
        else:
            self._late = True

    def flush(self) -> None:
        """Publish now."""
        with self._lock:
            self._late = False
            self._published_at = self._clock.monotonic()
            self._store.publish(self._board.picture())
