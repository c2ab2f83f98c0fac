"""What faults do to what runs: images that turn bad, requests that fail or take longer.

Only ever added to at the present moment, so that what figures and log lines say about the past
stays true.
"""

import math
from dataclasses import dataclass


@dataclass
class Load:
    """A service fails some of its requests, or answers them late, whatever image answers."""

    service: str
    """ARN."""
    since: float
    """Epoch seconds."""
    errors: float = 0.0
    """Share of the requests answered with 5xx, from 0 to 1."""
    slowness: float = 1.0
    """Factor on response times, once it is fully there."""
    grows_s: float = 0.0
    """Wall-clock seconds that the slowness takes to be fully there."""
    until: float = math.inf
    """Epoch seconds; set when it ends."""

    def holds(self, service: str, at: float) -> bool:
        """Whether it strains that service at that moment."""
        return service == self.service and self.since <= at < self.until

    def slowness_at(self, at: float) -> float:
        """How far the slowness has come."""
        share = 1.0 if self.grows_s <= 0 else min(1.0, (at - self.since) / self.grows_s)
        return 1.0 + (self.slowness - 1.0) * share


class Stress:
    """What strains the services of one account, and which of their images have turned bad."""

    def __init__(self) -> None:
        self.loads: list[Load] = []
        """All that there were, in the order of their beginning."""
        self.turned: dict[tuple[str, str], str] = {}
        """(service ARN, image digest) -> name of the behaviour that its tasks now have."""

    def behaviour(self, service: str, digest: str | None, otherwise: str) -> str:
        """How a new task of a service behaves on that image."""
        return self.turned.get((service, digest or ""), otherwise)

    def errors_at(self, service: str, at: float) -> float:
        """Share of its requests that fail for a strain."""
        return max((load.errors for load in self.loads if load.holds(service, at)), default=0.0)

    def slowness_at(self, service: str, at: float) -> float:
        """Factor on its response times for a strain."""
        return max((load.slowness_at(at) for load in self.loads if load.holds(service, at)), default=1.0)
