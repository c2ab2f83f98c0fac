"""How many calls we allow ourselves, far below what AWS allows the whole account.

ECS throttles per account, Region and category of operation, and shares that allowance with CI and
colleagues (ECS API reference, request-throttling). Half of each is the most that we take; while AWS
refuses calls all the same, less.
"""

import heapq
from collections import deque
from dataclasses import dataclass, field
from datetime import datetime
from threading import Event, Lock

from console.domain.standing import BudgetUse
from console.domain.urgency import Urgency, current_urgency
from console.ports import Clock

WINDOW_S = 60.0
"""Of how long :meth:`Budget.use` speaks, and for how long a refusal is *lately*."""
RECOVERY_S = 10.0
"""After a last refusal the whole rate is allowed again so much later."""
ONE_CUT_S = 0.5
"""Refusals that close together answer one burst, and slow us down once."""
LEAST_RATE = 0.5
"""Calls a second that are tried however often AWS refuses: somebody must find out when it is over."""
_LOOK_AGAIN_S = 0.25
"""How often a waiter looks at a bucket that is recovering: it fills faster than it seems now."""
_SHORTEST_S = 0.001
_WRITE = -1
"""The rank of a write, before every :class:`Urgency`."""
_ALMOST = 1e-9
_MORE = 1e-3


@dataclass(frozen=True)
class Allowance:
    """Calls at once, and calls a second after that."""

    burst: float
    rate: float


ALLOWANCES = {
    "service read": Allowance(50, 10),
    "cluster resource read": Allowance(50, 10),
    "service deployment": Allowance(25, 10),
    "service revision": Allowance(25, 10),
    "task definition read": Allowance(25, 10),
    "task definition modify": Allowance(10, 0.5),
    "service modify": Allowance(25, 2.5),
    "cluster resource modify": Allowance(20, 5),
    "load balancing": Allowance(20, 5),
    "scaling": Allowance(10, 2.5),
    "code deploy": Allowance(10, 2.5),
    "metrics": Allowance(20, 5),
    "logs": Allowance(5, 2.5),
    "registry": Allowance(20, 5),
    "identity": Allowance(5, 2),
}

_CATEGORIES = {
    "DescribeServices": "service read",
    "ListServices": "service read",
    "ListTasks": "cluster resource read",
    "DescribeTasks": "cluster resource read",
    "ListServiceDeployments": "service deployment",
    "DescribeServiceDeployments": "service deployment",
    "DescribeServiceRevisions": "service revision",
    "DescribeTaskDefinition": "task definition read",
    "RegisterTaskDefinition": "task definition modify",
    "UpdateService": "service modify",
    "StopServiceDeployment": "service modify",
    "DescribeTaskSets": "service read",
    "StopTask": "cluster resource modify",
}

_SERVICES = {
    "application-autoscaling": "scaling",
    "codedeploy": "code deploy",
    "elbv2": "load balancing",
    "cloudwatch": "metrics",
    "logs": "logs",
    "ecr": "registry",
    "sts": "identity",
    "iam": "identity",
}


def category(service: str, operation: str) -> str:
    """The category that an operation is counted in; one of ECS that is not listed here counts in the
    smaller one of its kind."""
    if service in _SERVICES:
        return _SERVICES[service]
    reads = operation.startswith(("Describe", "List", "Get"))
    return _CATEGORIES.get(operation, "task definition read" if reads else "service modify")


@dataclass(order=True)
class _Waiter:
    """A place in the queue: the more urgent first, then whoever came first."""

    rank: int
    number: int
    turn: Event = field(default_factory=Event, compare=False)


class Bucket:
    """A token bucket with a queue by urgency, which slows down when AWS refuses calls. Thread-safe.

    Whoever is first in the queue waits for time to pass, everybody else for his turn. A refusal
    halves rate and burst and empties the bucket; both grow back evenly within ``RECOVERY_S``.
    """

    def __init__(self, allowance: Allowance, clock: Clock) -> None:
        self._allowance = allowance
        self._clock = clock
        self._lock = Lock()
        self._queue: list[_Waiter] = []
        self._number = 0
        self._tokens = allowance.burst
        self._at = clock.monotonic()
        self._factor = 1.0
        """Of the whole allowance, right after the last refusal."""
        self._refused_at: float | None = None
        self._cut_at = -ONE_CUT_S
        self._taken: deque[tuple[float, int]] = deque()

    def take(self, *, write: bool = False) -> None:
        """Take one token, waiting for it as long as need be."""
        rank = _WRITE if write else int(current_urgency())
        with self._lock:
            waiter = _Waiter(rank, self._number)
            self._number += 1
            heapq.heappush(self._queue, waiter)
        try:
            while (delay := self._claim(waiter)) is not None:
                if delay:
                    self._clock.sleep(delay)
                else:
                    waiter.turn.wait()
        finally:
            self._leave(waiter)

    def refused(self) -> None:
        """AWS has refused a call for its rate."""
        with self._lock:
            now = self._refill()
            if self._refused_at is None or now - self._cut_at >= ONE_CUT_S:
                self._factor = max(self._share_at(now) / 2, min(1.0, LEAST_RATE / self._allowance.rate))
                self._tokens = min(self._tokens, 0.0)
                self._cut_at = now
            self._refused_at = now

    def use(self) -> float:
        """What was taken in the last minute, of the most that would have been allowed; 0 to 1."""
        with self._lock:
            self._forget(self._clock.monotonic())
            most = self._allowance.burst + self._allowance.rate * WINDOW_S
            return min(1.0, sum(count for _, count in self._taken) / most)

    def _claim(self, waiter: _Waiter) -> float | None:
        """Take a token if it is his turn and there is one.

        Returns:
            ``None``: taken; else seconds after which to try again, 0: when it is his turn.
        """
        with self._lock:
            if self._queue[0] is not waiter:
                waiter.turn.clear()
                return 0.0
            now = self._refill()
            wanted = self._wanted(waiter)
            if self._tokens < wanted - _ALMOST:
                share = self._share_at(now)
                delay = max(_SHORTEST_S, (wanted - self._tokens) / (self._allowance.rate * share))
                return delay if share >= 1.0 else min(delay, _LOOK_AGAIN_S)
            self._tokens -= 1
            self._note(now)
            return None

    def _wanted(self, waiter: _Waiter) -> float:
        """How full the bucket must be: a spare call leaves half of it to others."""
        if waiter.rank < Urgency.SPARE:
            return 1.0
        return max(1.0, self._allowance.burst * self._share_at(self._at) / 2 + _MORE)

    def _leave(self, waiter: _Waiter) -> None:
        with self._lock:
            self._queue.remove(waiter)
            heapq.heapify(self._queue)
            if self._queue:
                self._queue[0].turn.set()

    def _refill(self) -> float:
        """Let the bucket fill up to now; returns now."""
        now = self._clock.monotonic()
        recovered = now if self._refused_at is None else min(now, self._refused_at + RECOVERY_S)
        before = max(0.0, recovered - self._at)
        evenly = (self._share_at(self._at) + self._share_at(recovered)) / 2
        filled = self._allowance.rate * (before * evenly + (now - self._at - before))
        self._tokens = min(self._allowance.burst * self._share_at(now), self._tokens + filled)
        self._at = now
        return now

    def _share_at(self, moment: float) -> float:
        """How much of the allowance is allowed at a moment after the last refusal."""
        if self._refused_at is None:
            return 1.0
        grown = (1.0 - self._factor) * (moment - self._refused_at) / RECOVERY_S
        return min(1.0, self._factor + grown)

    def _note(self, now: float) -> None:
        second = now // 1
        if self._taken and self._taken[-1][0] == second:
            self._taken[-1] = second, self._taken[-1][1] + 1
        else:
            self._taken.append((second, 1))
        self._forget(now)

    def _forget(self, now: float) -> None:
        while self._taken and self._taken[0][0] <= now - WINDOW_S:
            self._taken.popleft()


class Budget:
    """The buckets of one account in one Region, one a category. Thread-safe."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._buckets = {name: Bucket(allowance, clock) for name, allowance in ALLOWANCES.items()}
        self._throttled: tuple[float, datetime] | None = None

    def take(self, service: str, operation: str, *, write: bool = False) -> None:
        """Wait until the call may be made: by the caller's urgency, a write before every read."""
        self._buckets[category(service, operation)].take(write=write)

    def throttled(self, service: str, operation: str) -> None:
        """AWS has refused that call for its rate: make fewer of its category for a while."""
        self._buckets[category(service, operation)].refused()
        self._throttled = self._clock.monotonic(), self._clock.now()

    def use(self) -> BudgetUse:
        """How much of it is taken."""
        refused = self._throttled
        lately = refused is not None and self._clock.monotonic() - refused[0] < WINDOW_S
        return BudgetUse(
            share=max(bucket.use() for bucket in self._buckets.values()),
            throttled_at=refused[1] if refused is not None and lately else None,
        )


class Budgets:
    """The budgets of a process: whoever calls as the same account in the same Region shares one."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._known: dict[tuple[str, str], Budget] = {}
        self._lock = Lock()

    def of(self, account: str, region: str) -> Budget:
        """The budget of an account (its number, or whatever else names its credentials) in a Region."""
        with self._lock:
            return self._known.setdefault((account, region), Budget(self._clock))
