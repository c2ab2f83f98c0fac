"""Errors and latency from CloudWatch's load balancer metrics: service-wide, and minutes old."""

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from console.aws.balancer_errors import OWN_5XX, UNROUTED, BalancerRules, OwnErrors, Tally, busy, tally
from console.aws.calls import Calls
from console.aws.listener_rules import ListenerRules
from console.aws.metrics import (
    PERIOD_S,
    Points,
    Query,
    of_balancer,
    of_service,
    of_target_group,
    read_metrics,
)
from console.aws.services import Services
from console.aws.targets import TargetGroups
from console.domain.address import Address
from console.domain.signals import Figures, Load
from console.errors import UnknownServiceError
from console.ports import Clock

LATE = timedelta(minutes=6)
"""How far back the newest complete minute may lie: the metrics are published one to four minutes late."""
RECENT = 20
"""Minutes of which the shares of errors are told."""


@dataclass(frozen=True)
class _Metric:
    name: str
    statistic: str


_REQUESTS = _Metric("RequestCount", "Sum")
_ERRORS = _Metric("HTTPCode_Target_5XX_Count", "Sum")
_P95 = _Metric("TargetResponseTime", "p95")
_P99 = _Metric("TargetResponseTime", "p99")
_METRICS = (_REQUESTS, _ERRORS, _P95)
_HEALTHY = _Metric("HealthyHostCount", "Maximum")


@dataclass(frozen=True)
class _Source:
    """One target group of one service behind one load balancer."""

    address: Address
    group: str
    balancer: str


class CloudWatchSignals:
    """Implements :class:`console.ports.SignalSource` with AWS/ApplicationELB metrics."""

    def __init__(
        self,
        calls: Calls,
        services: Services,
        clock: Clock,
        groups: TargetGroups | None = None,
        rules: BalancerRules | None = None,
    ) -> None:
        self._calls = calls
        self._services = services
        self._groups = groups or TargetGroups(calls)
        self._rules = rules or BalancerRules(ListenerRules(calls, clock), self._groups)
        self._clock = clock

    def figures(self, addresses: Sequence[Address]) -> Mapping[Address, Figures]:
        """The newest complete minute of each service that had requests in it, and the shares of errors
        of the twenty minutes that end with it; the minute that is not over yet is left out.

        What the load balancers answered themselves with 5xx are requests and errors too
        (:mod:`console.aws.balancer_errors`). A service whose targets are counted, and whose requests are
        not, had none; one without target group, load balancer or any data is left out. 5xx that nobody
        counted beside counted requests are none: CloudWatch publishes those metrics only when there is
        something to publish (Application Load Balancer guide, load-balancer-cloudwatch-metrics).
        """
        sources = list(self._sources(addresses))
        balancers = dict.fromkeys(source.balancer for source in sources)
        minute = self._clock.now().astimezone(UTC).replace(second=0, microsecond=0)
        start = minute - LATE - timedelta(minutes=RECENT - 1)
        queries: dict[Hashable, Query] = {
            (index, m): _query(item, m) for index, item in enumerate(sources) for m in _METRICS
        }
        queries |= {(OWN_5XX, item): of_balancer(OWN_5XX, "Sum", item) for item in balancers}
        series = read_metrics(self._calls, queries, start, minute)
        own = {item: points for item in balancers if (points := series.get((OWN_5XX, item)))}
        series |= self._more(sources, series, own, start, minute)
        unrouted = {item: series.get((UNROUTED, item), {}) for item in own}
        found: dict[Address, Figures] = {}
        for address in dict.fromkeys(source.address for source in sources):
            mine = {index: item for index, item in enumerate(sources) if item.address == address}
            parts = [{m: series.get((index, m), {}) for m in (*_METRICS, _HEALTHY)} for index in mine]
            behind = dict.fromkeys(item.balancer for item in mine.values())
            errors = self._rules.own_errors(
                self._services.last(address).groups,
                {item: own[item] for item in behind if item in own},
                unrouted,
            )
            figures = _Counted(parts, errors).newest(minute - LATE)
            if figures is not None:
                found[address] = figures
        return found

    def _more(
        self,
        sources: Sequence[_Source],
        series: Mapping[Hashable, Points],
        own: Mapping[str, Points],
        start: datetime,
        minute: datetime,
    ) -> dict[Hashable, Points]:
        """What is asked only where something is missing: whether anybody would answer, and how many
        requests found no target. All is well: nothing, and no call."""
        asked = {
            item.address
            for index, item in enumerate(sources)
            for at, value in series.get((index, _REQUESTS), {}).items()
            if value > 0 and at >= minute - LATE
        }
        first = {item.group: index for index, item in reversed(list(enumerate(sources)))}
        lost = busy(own, start)
        queries: dict[Hashable, Query] = {
            (index, _HEALTHY): _query(item, _HEALTHY)
            for index, item in enumerate(sources)
            if index == first[item.group]
            and (item.balancer in lost or item.address not in asked)
            and self._services.last(item.address).desired > 0
        }
        queries |= {(UNROUTED, item): of_balancer(UNROUTED, "Sum", item) for item in lost}
        return read_metrics(self._calls, queries, start, minute) if queries else {}

    def load(self, address: Address) -> Load:
        """The newest minute of each: of several target groups the slowest, and of the service's tasks the
        average (ECS developer guide, service utilization metrics)."""
        sources = list(self._sources([address]))
        minute = self._clock.now().astimezone(UTC).replace(second=0, microsecond=0)
        queries: dict[int | str, Query] = {index: _query(item, _P99) for index, item in enumerate(sources)}
        status = self._services.last(address)
        queries["cpu"] = of_service("CPUUtilization", "Average", status.cluster, status.name)
        found = read_metrics(self._calls, queries, minute - LATE, minute)
        cpu = found.pop("cpu", None)
        p99s = [(max(series), series[max(series)]) for series in found.values()]
        last = max((at for at, _ in p99s), default=None)
        return Load(
            p99_s=max((value for at, value in p99s if at == last), default=None),
            cpu=cpu[max(cpu)] if cpu else None,
            p99_at=last + timedelta(seconds=PERIOD_S) if last else None,
            cpu_at=max(cpu) + timedelta(seconds=PERIOD_S) if cpu else None,
        )

    def _sources(self, addresses: Sequence[Address]) -> Iterator[_Source]:
        groups: dict[Address, tuple[str, ...]] = {}
        for address in addresses:
            try:
                groups[address] = self._services.last(address).groups
            except UnknownServiceError:
                continue
        balancers = self._groups.balancers([group for mine in groups.values() for group in mine])
        for address, mine in groups.items():
            for group in mine:
                for balancer in balancers[group]:
                    if ":loadbalancer/app/" in balancer:
                        yield _Source(address, group, balancer)


@dataclass(frozen=True)
class _Counted:
    """What was counted of one service: by each of its target groups, and by its load balancers themselves."""

    parts: Sequence[Mapping[_Metric, Points]]
    own: OwnErrors

    def newest(self, since: datetime) -> Figures | None:
        """The newest minute with requests, of all target groups of a service together: of blue and green
        both have some while traffic moves, and either may be the one that serves.

        Latencies of several groups cannot be added: the slowest stands for the service.
        """
        asked = {at for part in self.parts for at, value in part[_REQUESTS].items() if value > 0}
        asked |= {at for at, value in self.own.errors.items() if value > 0}
        at = max(asked, default=since)
        if at not in asked or at < since:
            return self._silent(since)
        p95s = [part[_P95][at] for part in self.parts if at in part[_P95]]
        now = self._tally(at)
        return Figures(
            at=at + timedelta(seconds=PERIOD_S),
            period_s=PERIOD_S,
            requests=round(now.requests),
            errors=round(now.errors),
            p95_s=max(p95s) if p95s else None,
            recent=tuple(map(self._share, _minutes_until(at))),
            recent_requests=tuple(round(self._tally(item).requests) for item in _minutes_until(at)),
            healthy_targets=self._healthy(at),
            note=self.own.note,
        )

    def _silent(self, since: datetime) -> Figures | None:
        """Nobody asked, as far as the minute goes of which the targets were counted; ``None``: not known."""
        counted = {at for part in self.parts for at in part[_HEALTHY]}
        at = max(counted, default=since)
        if at not in counted or at < since:
            return None
        return Figures(
            at=at + timedelta(seconds=PERIOD_S),
            period_s=PERIOD_S,
            requests=0,
            errors=0,
            p95_s=None,
            recent=tuple(map(self._share, _minutes_until(at))),
            recent_requests=tuple(round(self._tally(item).requests) for item in _minutes_until(at)),
            healthy_targets=self._healthy(at),
        )

    def _healthy(self, at: datetime) -> int | None:
        counted = [part[_HEALTHY][at] for part in self.parts if at in part[_HEALTHY]]
        return round(sum(counted)) if counted else None

    def _tally(self, at: datetime) -> Tally:
        return tally(
            sum(part[_REQUESTS].get(at, 0.0) for part in self.parts),
            sum(part[_ERRORS].get(at, 0.0) for part in self.parts),
            self.own.errors.get(at, 0.0),
            self.own.unrouted.get(at, 0.0),
        )

    def _share(self, at: datetime) -> float | None:
        """Errors per request in one minute; ``None`` where no request was counted."""
        counted = self._tally(at)
        return counted.errors / counted.requests if counted.requests > 0 else None


def _minutes_until(at: datetime) -> tuple[datetime, ...]:
    return tuple(at - timedelta(minutes=back) for back in reversed(range(RECENT)))


def _query(source: _Source, metric: _Metric) -> Query:
    return of_target_group(metric.name, metric.statistic, source.group, source.balancer)
