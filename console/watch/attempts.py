"""Readings that may fail: each failure is named in the picture, and tried again after a while."""

from collections.abc import Callable
from typing import TypeVar

from console.errors import EndpointError, QuarterdeckError, ThrottledError
from console.ports import Clock
from console.watch.board import Board
from console.watch.cadence import retry_after

_T = TypeVar("_T")
LONG_AGO = float("-inf")
NEVER = float("inf")


class Attempts:
    """Which parts of an environment fail, and when each is tried again. Thread-safe by part: two
    threads never read the same one."""

    def __init__(self, board: Board, clock: Clock) -> None:
        self._board = board
        self._clock = clock
        self._failures: dict[str, int] = {}
        self._retries: dict[str, float] = {}
        self._passing: set[str] = set()

    def __call__(self, part: str, read: Callable[[], _T]) -> _T | None:
        """Read one part; a failure becomes the picture's problem, and ``None``."""
        try:
            found = read()
        except QuarterdeckError as error:
            self._failed(part, error.title, error.message, error.remedy)
            if isinstance(error, ThrottledError | EndpointError):
                self._passing.add(part)
        except Exception as error:  # a bug must be seen, and must not end the watch
            self._failed(part, "bug", f"{type(error).__name__}: {error}", "report it; the watch goes on")
        else:
            if self._failures.pop(part, None):
                self._passing.discard(part)
                self._retries.pop(part, None)
                self._board.recover(part)
            return found
        return None

    def failing(self, part: str) -> bool:
        """Whether the last reading of a part failed."""
        return part in self._failures

    def passes(self, part: str) -> bool:
        """Whether the last reading of a part failed for a reason that passes by itself: too many calls,
        or no answer."""
        return part in self._passing

    def retry_at(self, part: str) -> float:
        """When a part is tried again, on the monotonic clock; long ago for one that does not fail."""
        return self._retries.get(part, LONG_AGO)

    def at_once(self) -> None:
        """Wait no longer with anything."""
        self._retries.clear()

    def _failed(self, part: str, title: str, message: str, remedy: str) -> None:
        self._passing.discard(part)
        failures = self._failures[part] = self._failures.get(part, 0) + 1
        self._retries[part] = self._clock.monotonic() + retry_after(failures)
        self._board.fail(part, title, message, remedy, self._clock.now())
