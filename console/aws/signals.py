"""Errors and latency from CloudWatch's load balancer metrics: service-wide, and minutes old."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from console.aws.calls import Calls
from console.aws.metrics import PERIOD_S, Points, Query, of_service, of_target_group, read_metrics
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


@dataclass(frozen=True)
class _Source:
    """One target group of one service behind one load balancer."""

    address: Address
    group: str
    balancer: str


class CloudWatchSignals:
    """Implements :class:`console.ports.SignalSource` with AWS/ApplicationELB metrics."""

    def __init__(
        self, calls: Calls, services: Services, clock: Clock, groups: TargetGroups | None = None
    ) -> None:
        self._calls = calls
        self._services = services
        self._groups = groups or TargetGroups(calls)
        self._clock = clock

    def figures(self, addresses: Sequence[Address]) -> Mapping[Address, Figures]:
        """The newest complete minute of each service that had requests in it, and the shares of errors
        of the twenty minutes that end with it; the minute that is not over yet is left out.

        A service without target group, load balancer, data or requests is left out. 5xx that nobody
        counted beside counted requests are none: CloudWatch publishes that metric only when there is
        something to publish (Application Load Balancer guide, load-balancer-cloudwatch-metrics).
        """
        sources = list(self._sources(addresses))
        minute = self._clock.now().astimezone(UTC).replace(second=0, microsecond=0)
        queries = {(index, m): _query(item, m) for index, item in enumerate(sources) for m in _METRICS}
        series = read_metrics(self._calls, queries, minute - LATE - timedelta(minutes=RECENT - 1), minute)
        found: dict[Address, Figures] = {}
        for address in dict.fromkeys(source.address for source in sources):
            mine = [index for index, source in enumerate(sources) if source.address == address]
            parts = [{m: series.get((index, m), {}) for m in _METRICS} for index in mine]
            figures = _newest(parts, minute - LATE)
            if figures is not None:
                found[address] = figures
        return found

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


def _newest(parts: Sequence[Mapping[_Metric, Points]], since: datetime) -> Figures | None:
    """The newest minute with requests, of all target groups of a service together: of blue and green
    both have some while traffic moves, and either may be the one that serves.

    Latencies of several groups cannot be added: the slowest stands for the service.
    """
    minutes = {at for part in parts for at, value in part[_REQUESTS].items() if value > 0}
    at = max(minutes, default=since)
    if at not in minutes or at < since:
        return None
    p95s = [part[_P95][at] for part in parts if at in part[_P95]]
    return Figures(
        at=at + timedelta(seconds=PERIOD_S),
        period_s=PERIOD_S,
        requests=round(sum(part[_REQUESTS].get(at, 0.0) for part in parts)),
        errors=round(sum(part[_ERRORS].get(at, 0.0) for part in parts)),
        p95_s=max(p95s) if p95s else None,
        recent=tuple(_share(parts, at - timedelta(minutes=back)) for back in reversed(range(RECENT))),
    )


def _share(parts: Sequence[Mapping[_Metric, Points]], at: datetime) -> float | None:
    """Errors per request in one minute; ``None`` where no request was counted."""
    requests = sum(part[_REQUESTS].get(at, 0.0) for part in parts)
    return sum(part[_ERRORS].get(at, 0.0) for part in parts) / requests if requests > 0 else None


def _query(source: _Source, metric: _Metric) -> Query:
    return of_target_group(metric.name, metric.statistic, source.group, source.balancer)
