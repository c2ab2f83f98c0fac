"""What is known of an environment beside its statuses, read on a thread of its own: a figure that comes
late must not keep a deployment from being seen."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from console.domain.address import Address
from console.domain.urgency import Urgency, urgently
from console.ports import Clock, Platform, SignalSource
from console.watch import cadence
from console.watch.attempts import LONG_AGO, NEVER, Attempts
from console.watch.board import Board
from console.watch.names import Names
from console.watch.publisher import Publisher

Shippers = Callable[[], Mapping[str, str]]
"""Deployment id -> who shipped it."""


@dataclass
class _Part:
    name: str
    every_s: float
    read: Callable[[], bool]
    due: float = LONG_AGO


class AsideReader:
    """Implements :class:`console.watch.loop.Reader`. Its first turn comes once the statuses are read."""

    def __init__(
        self,
        platform: Platform,
        signals: SignalSource,
        board: Board,
        attempts: Attempts,
        publisher: Publisher,
        clock: Clock,
        shippers: Shippers,
        ended: Callable[[], Mapping[Address, str]] = dict,
        drained: Callable[[], Mapping[Address, str]] = dict,
    ) -> None:
        self._platform = platform
        self._signals = signals
        self._board = board
        self._attempts = attempts
        self._publisher = publisher
        self._clock = clock
        self._shippers = shippers
        self._ended = ended
        self._drained = drained
        self._names = Names(platform, board, attempts, clock)
        self._asked = False
        self._parts = (
            _Part("identity", NEVER, self._identity),
            _Part("figures", cadence.FIGURES_S, self._figures),
            _Part("shippers", cadence.SHIPPERS_S, self._shipped),
            _Part("standing", cadence.STANDING_S, self._stand),
            _Part("tasks", cadence.TASKS_S, self._tasks),
        )

    def request_now(self) -> None:
        """Read everything now; from any thread."""
        self._asked = True

    def turn(self) -> None:
        self.read()

    def read(self, *names: str) -> None:
        """One pass over what is due; raises nothing.

        Args:
            names: Of the parts to read; all without.
        """
        if self._asked:
            self._asked = False
            for part in self._parts:
                part.due = min(part.due, self._clock.monotonic())
        with urgently(Urgency.FLEET):
            for part in self._parts:
                if (not names or part.name in names) and self._due(part) <= self._clock.monotonic():
                    self._names.ask(self._publisher)
                    self._read(part)
            self._names.ask(self._publisher)
        self._publisher.publish()

    def next_due(self) -> float:
        if not self._board.is_read:
            return self._publisher.due
        due = min(self._due(part) for part in self._parts)
        return min(due, self._names.next_due(), self._publisher.due)

    def _due(self, part: _Part) -> float:
        return max(part.due, self._attempts.retry_at(part.name))

    def _read(self, part: _Part) -> None:
        began = self._clock.monotonic()
        if self._attempts(part.name, part.read) is not None:
            part.due = began + part.every_s
        self._publisher.publish()

    def _identity(self) -> bool:
        self._board.identified(self._platform.identity())
        return True

    def _stand(self) -> bool:
        self._board.stands(self._platform.standing())
        return True

    def _figures(self) -> bool:
        self._board.measured(self._signals.figures(self._board.addresses), self._clock.now())
        return True

    def _tasks(self) -> bool:
        known = [row.address for row in self._board.rows() if row.status is not None]
        at = self._clock.now()
        self._board.listed(self._platform.running_tasks(known), at)
        return True

    def _shipped(self) -> bool:
        self._board.shipped(self._shippers(), self._clock.now())
        self._board.ended(self._ended())
        self._board.drained(self._drained(), self._clock.now())
        return True
