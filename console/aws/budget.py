"""How many calls we allow ourselves, far below what AWS allows the whole account.

ECS throttles per account, Region and category of operation, and shares that allowance with CI and
colleagues (ECS API reference, request-throttling). Half of each is the most that we take.
"""

from dataclasses import dataclass
from threading import Lock

from console.ports import Clock


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
    "load balancing": Allowance(20, 5),
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
}

_SERVICES = {
    "elbv2": "load balancing",
    "cloudwatch": "metrics",
    "logs": "logs",
    "ecr": "registry",
    "sts": "identity",
    "iam": "identity",
}


def category(service: str, operation: str) -> str:
    """The category that an operation is counted in."""
    return _SERVICES.get(service) or _CATEGORIES[operation]


class Bucket:
    """A token bucket that hands out places in a queue: whoever comes first goes first."""

    def __init__(self, allowance: Allowance, clock: Clock) -> None:
        self._allowance = allowance
        self._clock = clock
        self._tokens = allowance.burst
        self._at = clock.monotonic()
        self._lock = Lock()

    def reserve(self) -> float:
        """Take one token; return the seconds after which it may be used."""
        with self._lock:
            now = self._clock.monotonic()
            refilled = self._tokens + (now - self._at) * self._allowance.rate
            self._tokens = min(self._allowance.burst, refilled) - 1
            self._at = now
            return max(0.0, -self._tokens / self._allowance.rate)


class Budget:
    """The buckets of one account and Region. Thread-safe."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._buckets = {name: Bucket(allowance, clock) for name, allowance in ALLOWANCES.items()}

    def take(self, service: str, operation: str) -> None:
        """Wait until the call may be made."""
        delay = self._buckets[category(service, operation)].reserve()
        if delay:
            self._clock.sleep(delay)
