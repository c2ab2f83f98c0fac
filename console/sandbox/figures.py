"""Metrics as CloudWatch would hold them, worked out from requests and lives minute by minute.

Nothing is published at once: the newest minutes appear with a lag, as a load balancer's do. A
minute without anything to report has no datapoint, which is not the same as zero.
"""

import math
from array import array
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from console.sandbox.ecs.model import Service
from console.sandbox.lives import Life
from console.sandbox.traffic import MINUTE

if TYPE_CHECKING:
    from console.sandbox.account import Account

ALB, ECS = "AWS/ApplicationELB", "AWS/ECS"
SHORTEST_LAG_S, LONGEST_LAG_S = 60.0, 110.0
_KEPT = 16_384
"""Minutes: twenty-five of each of 500 services, so that the next look works out only what is new."""
_SERIES_KEPT = 3 * _KEPT
_SAMPLES = 6
"""Looks a minute at what is a level rather than a count."""


@dataclass(frozen=True)
class Metric:
    """One metric of one service; ``name`` and ``namespace`` are AWS's."""

    namespace: str
    name: str
    service: Service
    group: str = ""
    """ARN of the target group that it is about, where the service has two; empty: about all of it."""

    def concerns(self, life: Life | None) -> bool:
        """Whether it measures what that task does; what nobody remembers went to the first group."""
        if not self.group:
            return True
        first: str = self.service.load_balancers[0].get("targetGroupArn", "")
        return (life.target_group if life is not None else first) == self.group


@dataclass(frozen=True)
class _Minute:
    """The requests of one complete minute."""

    reached: int
    """Requests for which a target was chosen."""
    target_errors: int
    balancer_errors: int
    unrouted: int
    """Of those: requests for which there was no target."""
    seconds: "array[float]"
    well: int = 0
    """Answered with 2xx."""
    refused: int = 0
    """With 4xx."""


class Figures:
    """The metrics of one account."""

    def __init__(self, account: "Account") -> None:
        self._account = account
        self._minutes: OrderedDict[tuple[str, str, int], _Minute] = OrderedDict()
        self._published: OrderedDict[tuple[str, str, str, str, int], Sequence[float]] = OrderedDict()
        self._lags: dict[str, float] = {}

    def values(self, metric: Metric, minute: int) -> Sequence[float]:
        """What was measured in one minute; empty where nothing was, or is published yet.

        Counts are one number, response times (seconds) one a request, levels several samples.
        """
        if (minute + 1) * MINUTE + self.lag(metric.service.arn) > self._account.world.now():
            return ()
        key = (metric.namespace, metric.name, metric.service.arn, metric.group, minute)
        kept = self._published.get(key)
        if kept is None:
            kept = _MEASURES[metric.namespace, metric.name](self, metric, minute)
            self._published[key] = kept
            if len(self._published) > _SERIES_KEPT:
                self._published.popitem(last=False)
        return kept

    def lag(self, service: str) -> float:
        """Seconds from the end of a minute to its publication."""
        if service not in self._lags:
            rng = self._account.world.rng(f"lag:{service}")
            self._lags[service] = rng.uniform(SHORTEST_LAG_S, LONGEST_LAG_S)
        return self._lags[service]

    def minute(self, metric: Metric, minute: int) -> _Minute:
        """The requests of a minute that is over."""
        key = (metric.service.arn, metric.group, minute)
        kept = self._minutes.get(key)
        if kept is None:
            kept = self._minutes[key] = self._count(metric, minute)
            if len(self._minutes) > _KEPT:
                self._minutes.popitem(last=False)
        return kept

    def _count(self, metric: Metric, minute: int) -> _Minute:
        every = self._account.logs.traffic.requests(metric.service.arn, minute)
        requests = [request for request in every if metric.concerns(request.life)] if metric.group else every
        answered = [request for request in requests if request.reached]
        return _Minute(
            reached=sum(request.reached or request.life is not None for request in requests),
            target_errors=sum(request.status >= 500 for request in answered),
            balancer_errors=len(requests) - len(answered),
            unrouted=sum(not request.reached and request.life is None for request in requests),
            seconds=array("d", sorted(request.seconds for request in answered)),
            well=sum(200 <= request.status < 300 for request in answered),
            refused=sum(400 <= request.status < 500 for request in answered),
        )

    def sampled(self, minute: int, level: Callable[[float], float | None]) -> list[float]:
        """A level at several moments of a minute; moments without one are left out."""
        moments = [minute * MINUTE + number * MINUTE / _SAMPLES for number in range(_SAMPLES)]
        return [value for value in map(level, moments) if value is not None]

    def _lives(self, metric: Metric) -> list[Life]:
        lives = self._account.logs.lives.of_service(metric.service.arn)
        return [life for life in lives if metric.concerns(life)] if metric.group else lives

    def healthy_hosts(self, metric: Metric, minute: int) -> list[float]:
        lives = self._lives(metric)
        return self.sampled(minute, lambda at: float(sum(life.is_serving(at) for life in lives)))

    def unhealthy_hosts(self, metric: Metric, minute: int) -> list[float]:
        """Targets whose process runs and has failed its checks for long enough."""
        lives = self._lives(metric)
        patience = self._account.world.seconds(self._patience(metric.service))

        def level(at: float) -> float:
            acting = [life.acting(at) for life in lives if life.is_running(at)]
            return float(
                sum(does.ready_after == math.inf and at - since > patience for does, since in acting)
            )

        return self.sampled(minute, level)

    def _patience(self, service: Service) -> float:
        groups = [
            self._account.elb.target_groups.get(item["targetGroupArn"]) for item in service.load_balancers
        ]
        return max(
            (float(g.check.interval_s * g.check.unhealthy_threshold) for g in groups if g is not None),
            default=0.0,
        )

    def memory(self, metric: Metric, minute: int) -> list[float]:
        """Percent of the memory reserved, over the running tasks; nothing without any."""
        lives, speed = self._lives(metric), self._account.world.speed

        def level(at: float) -> float | None:
            acting = [life.acting(at) for life in lives if life.is_running(at)]
            shares = [behaviour.memory_at((at - since) * speed) for behaviour, since in acting]
            return 100.0 * sum(shares) / len(shares) if shares else None

        return self.sampled(minute, level)

    def cpu(self, metric: Metric, minute: int) -> list[float]:
        """Percent of the CPU reserved: a little for being there, the rest for requests."""
        lives = self._lives(metric)
        rng = self._account.world.rng(f"cpu:{metric.service.arn}:{minute}")
        a_second = self.minute(metric, minute).reached / MINUTE

        def level(at: float) -> float | None:
            running = sum(life.is_running(at) for life in lives)
            return min(100.0, 6.0 + 22.0 * a_second / running + rng.uniform(0, 4)) if running else None

        return self.sampled(minute, level)


def _nonzero(count: int) -> list[float]:
    """Counts are reported only where there is something to count (ALB user guide, CloudWatch metrics)."""
    return [float(count)] if count else []


_MEASURES: dict[tuple[str, str], Callable[[Figures, Metric, int], Sequence[float]]] = {
    (ALB, "RequestCount"): lambda f, of, m: _nonzero(f.minute(of, m).reached),
    (ALB, "HTTPCode_Target_2XX_Count"): lambda f, of, m: _nonzero(f.minute(of, m).well),
    (ALB, "HTTPCode_Target_4XX_Count"): lambda f, of, m: _nonzero(f.minute(of, m).refused),
    (ALB, "HTTPCode_Target_5XX_Count"): lambda f, of, m: _nonzero(f.minute(of, m).target_errors),
    (ALB, "HTTPCode_ELB_5XX_Count"): lambda f, of, m: _nonzero(f.minute(of, m).balancer_errors),
    (ALB, "HTTPCode_ELB_503_Count"): lambda f, of, m: _nonzero(f.minute(of, m).unrouted),
    (ALB, "TargetResponseTime"): lambda f, of, m: f.minute(of, m).seconds,
    (ALB, "HealthyHostCount"): Figures.healthy_hosts,
    (ALB, "UnHealthyHostCount"): Figures.unhealthy_hosts,
    (ECS, "CPUUtilization"): Figures.cpu,
    (ECS, "MemoryUtilization"): Figures.memory,
}

UNITS = {
    name: "Seconds" if name == "TargetResponseTime" else "Percent" if namespace == ECS else "Count"
    for namespace, name in _MEASURES
}
NAMES = {space: [name for known, name in _MEASURES if known == space] for space in (ALB, ECS)}
