"""The world's time: a heap of things to come, run when somebody looks.

The wall clock is the world's clock; ``speed`` only shortens durations, so that "five minutes ago"
means the same to a client and to the world. Nothing happens between two looks that would not have
happened with more of them: things are run in the order of their moments, each at its own moment.
"""

import heapq
import itertools
import random
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from console.sandbox.account import Account
    from console.sandbox.ecs.model import Task

Listener = Callable[["Account", "Task", str], None]
"""Told of a task's fate: (account, task, kind); the kinds are in :mod:`console.sandbox.ecs.timing`."""


class World:
    """All accounts under one clock.

    Everything is determined by ``seed`` and by the moments of the writing API calls. Moments are
    epoch seconds; durations are simulated seconds, which :meth:`after` divides by ``speed``.
    """

    def __init__(self, seed: int, speed: float = 1.0, clock: Callable[[], float] = time.time) -> None:
        if speed <= 0:
            raise ValueError(f"speed must be positive, not {speed}")
        self.seed = seed
        self.speed = speed
        self.clock = clock
        self.started_at = clock()
        self.accounts: dict[str, Account] = {}
        """By access key."""
        self.fleets: list[str] = []
        self.listeners: list[Listener] = []
        self.endpoint = "http://127.0.0.1"
        """Where the world is served; queues have their address there."""
        self._now = self.started_at
        self._heap: list[tuple[float, int, Callable[[], object]]] = []
        self._sequence = itertools.count()

    def now(self) -> float:
        """The moment that the world has been advanced to; inside an event, the event's own."""
        return self._now

    def seconds(self, duration: float) -> float:
        """Wall-clock seconds that a simulated duration takes."""
        return duration / self.speed

    def at(self, moment: float, do: Callable[[], object]) -> None:
        """Run ``do`` at a moment; before the first :meth:`advance` it may lie in the past."""
        heapq.heappush(self._heap, (moment, next(self._sequence), do))

    def after(self, duration: float, do: Callable[[], object]) -> None:
        """Run ``do`` when a simulated duration has passed."""
        self.at(self._now + self.seconds(duration), do)

    def advance(self, to: float | None = None) -> None:
        """Run everything that is due up to ``to``, by default the clock."""
        until = self.clock() if to is None else to
        while self._heap and self._heap[0][0] <= until:
            moment, _, do = heapq.heappop(self._heap)
            self._now = moment
            do()
        self._now = max(self._now, until)

    def rng(self, name: str) -> random.Random:
        """The stream of an entity, always from its beginning: the same name draws the same numbers."""
        return random.Random(f"{self.seed}:{name}")

    def tell(self, account: "Account", task: "Task", kind: str) -> None:
        for listener in self.listeners:
            listener(account, task, kind)
