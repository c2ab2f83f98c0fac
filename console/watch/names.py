"""What the releases of a fleet are called: asked for in batches, and again, because tags move."""

from console.ports import Clock, Platform
from console.watch import cadence
from console.watch.attempts import LONG_AGO, NEVER, Attempts
from console.watch.board import Board
from console.watch.publisher import Publisher

_A_CALL = 100
"""Releases that are asked for at once: the fleet fills step by step."""
_LONGEST_UNSETTLED_S = 120.0


class Names:
    """Asks for the versions of PRIMARY deployments. For one thread."""

    def __init__(self, platform: Platform, board: Board, attempts: Attempts, clock: Clock) -> None:
        self._platform = platform
        self._board = board
        self._attempts = attempts
        self._clock = clock
        self._due: dict[str, float] = {}
        self._unsettled: dict[str, int] = {}

    def next_due(self) -> float:
        """When some release has to be asked for, on the monotonic clock."""
        due = min((self._due.get(key, LONG_AGO) for key in self._running()), default=NEVER)
        return max(due, self._attempts.retry_at("versions"))

    def ask(self, publisher: Publisher) -> None:
        """Ask for all that are due."""
        now = self._clock.monotonic()
        due = [key for key in self._running() if self._due.get(key, LONG_AGO) <= now]
        if now < self._attempts.retry_at("versions"):
            return
        for start in range(0, len(due), _A_CALL):
            some = due[start : start + _A_CALL]
            if self._attempts("versions", lambda some=some: self._ask(some)) is None:  # type: ignore[misc]
                return
            publisher.publish()

    def _running(self) -> list[str]:
        """Release ids of the PRIMARY deployments, each once."""
        found: dict[str, None] = {}
        for row in self._board.rows():
            primary = row.status.primary if row.status and not row.remembered else None
            if primary is not None and primary.release:
                found[primary.release] = None
        return list(found)

    def _ask(self, ids: list[str]) -> bool:
        now = self._clock.monotonic()
        versions = self._platform.versions(ids)
        self._board.named(versions, self._clock.now())
        for key in ids:
            version = versions.get(key)
            if version is not None and version.digest is not None:
                self._due[key] = now + cadence.VERSIONS_S
                self._unsettled.pop(key, None)
            else:
                tries = self._unsettled[key] = self._unsettled.get(key, 0) + 1
                self._due[key] = now + min(_LONGEST_UNSETTLED_S, cadence.UNSETTLED_S * 2 ** min(tries - 1, 4))
        return True
