"""Services whose figures are made up minute by minute, as CloudWatch would tell them: from a seed.

Failures and percentiles are distributed as if every request had been drawn. A minute is known only when
it has been over for as long as the source takes.
"""

import math
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from statistics import NormalDist

from console.domain.guard import DEFAULT_TRIGGERS, GuardMode, GuardPolicy, Trip
from console.domain.series import Measure, Point, Scope, Series, SeriesPicture
from console.signals.gathered import judge_all
from console.signals.guarding import Guard
from tests.builders import NOW

MINUTE = timedelta(minutes=1)
ORDERED = NOW.replace(second=0, microsecond=0)
LAG = timedelta(seconds=100)
BEFORE = 60


def _failures(rng: random.Random, requests: int, share: float) -> int:
    """Binomial: from one failure to the next."""
    found, at = 0, 0
    while share > 0:
        at += int(math.log(1 - rng.random()) / math.log1p(-share)) + 1
        if at > requests:
            break
        found += 1
    return found


def _p95(rng: random.Random, requests: int, sigma: float) -> float:
    """Of so many lognormal response times with median 1: its place among them is beta-distributed."""
    if not requests:
        return 0.0
    place = min(requests, int(0.95 * requests) + 1)
    share = rng.betavariate(place, requests + 1 - place)
    return math.exp(sigma * NormalDist().inv_cdf(share))


@dataclass
class Story:
    """A service before and after an order; minutes are counted from it."""

    seed: int
    per_minute: float = 100.0
    usual: float = 0.001
    """Share of requests that fail."""
    errors: Callable[[int], float] | None = None
    """Minute since the order -> that share; ``None``: as usual."""
    slowness: Callable[[int], float] = lambda _: 1.0
    """Minute since the order -> factor on response times."""
    median_s: float = 0.060
    sigma: float = 0.55
    """Of the logarithm of response times."""
    restless: float = 0.15
    """Of the logarithm of a whole minute's slowness: garbage collection, neighbours."""
    bursts: float = 0.0
    """Chance of a minute in which one request in twelve fails: a neighbour that restarts."""
    length: int = 15
    _errors: tuple[Point, ...] = ()
    _p95: tuple[Point, ...] = ()

    def __post_init__(self) -> None:
        rng = random.Random(f"story {self.seed}")
        for number in range(-BEFORE, self.length):
            requests, failed, slow = self._minute(rng, number)
            end = ORDERED + (number + 1) * MINUTE
            self._errors += (Point(end, failed / requests if requests else None, requests),)
            self._p95 += (Point(end, slow if requests else None, requests),)

    def _minute(self, rng: random.Random, number: int) -> tuple[int, int, float]:
        rate = self.per_minute * math.exp(rng.gauss(0, 0.1))
        requests = max(0, round(rng.gauss(rate, math.sqrt(rate))))
        share = self.errors(number) if self.errors is not None and number >= 0 else self.usual
        if rng.random() < self.bursts:
            share = max(share, 1 / 12)
        failed = _failures(rng, requests, share)
        factor = math.exp(rng.gauss(0, self.restless)) * (self.slowness(number) if number >= 0 else 1.0)
        return requests, failed, self.median_s * factor * _p95(rng, requests, self.sigma)

    def picture(self, now: float) -> SeriesPicture:
        """What is known so many seconds after the order."""
        at = ORDERED + timedelta(seconds=now)
        known = int((now - LAG.total_seconds()) // 60) + BEFORE
        errors, p95 = self._errors[:known], self._p95[:known]
        return SeriesPicture(
            at,
            (
                Series(Measure.ERRORS, Scope.SERVICE, "CloudWatch", 60, at, errors),
                Series(Measure.P95, Scope.SERVICE, "CloudWatch", 60, at, p95),
            ),
            ORDERED,
        )

    def trip(self, mode: GuardMode = GuardMode.ROLLBACK) -> tuple[Trip, int] | None:
        """The trip, and the number of the period whose arrival brought it (the first bad one is 1);
        ``None``: none."""
        guard = Guard(GuardPolicy(mode=mode))
        triggers = [item for item in DEFAULT_TRIGGERS if not item.measure.is_state]
        for number in range(self.length):
            now = (number + 1) * 60 + LAG.total_seconds()
            picture = self.picture(now)
            judged = judge_all(triggers, picture, ORDERED, picture.at)
            trip = guard.update(judged, (), picture.at)
            if trip is not None:
                return trip, number + 1
        return None
