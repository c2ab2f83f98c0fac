"""Errors and latency from CloudWatch's load balancer metrics: service-wide, and minutes old."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from console.aws.calls import Answer, Calls
from console.aws.moments import moment
from console.aws.services import Services
from console.aws.targets import TargetGroups
from console.domain.address import Address
from console.domain.service import ServiceStatus
from console.domain.signals import Figures, Load
from console.errors import UnknownServiceError
from console.ports import Clock

PERIOD_S = 60
LATE = timedelta(minutes=6)
"""How far back the newest complete minute may lie: the metrics are published one to four minutes late."""
RECENT = 20
"""Minutes of which the shares of errors are told."""
BATCH = 99
"""Queries in one GetMetricData, of the 500 that it may hold (CloudWatch user guide, cloudwatch_limits):
whole services, few enough that the answer comes well before the read timeout. What is billed is metrics."""


@dataclass(frozen=True)
class _Metric:
    name: str
    statistic: str


_REQUESTS = _Metric("RequestCount", "Sum")
_ERRORS = _Metric("HTTPCode_Target_5XX_Count", "Sum")
_P95 = _Metric("TargetResponseTime", "p95")
_P99 = _Metric("TargetResponseTime", "p99")
_METRICS = (_REQUESTS, _ERRORS, _P95)

_Series = dict[datetime, float]


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
        series = self._series(sources, minute - LATE - timedelta(minutes=RECENT - 1), minute)
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
        slowest = {f"p99_{index}": _query(f"p99_{index}", item, _P99) for index, item in enumerate(sources)}
        queries = [*slowest.values(), _cpu(self._services.last(address))]
        found = self._read(queries, minute - LATE, minute)
        p99s = [(max(series), series[max(series)]) for key in slowest if (series := found.get(key))]
        last = max((at for at, _ in p99s), default=None)
        cpu = found.get("cpu")
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

    def _series(
        self, sources: Sequence[_Source], start: datetime, end: datetime
    ) -> dict[tuple[int, _Metric], _Series]:
        keys = [(index, metric) for index in range(len(sources)) for metric in _METRICS]
        found: dict[tuple[int, _Metric], _Series] = {}
        for first in range(0, len(keys), BATCH):
            chunk = keys[first : first + BATCH]
            queries = [_query(f"q{n}", sources[index], metric) for n, (index, metric) in enumerate(chunk)]
            for name, values in self._read(queries, start, end).items():
                found[chunk[int(name[1:])]] = values
        return found

    def _read(
        self, queries: list[Answer], start: datetime, end: datetime
    ) -> dict[str, dict[datetime, float]]:
        found: dict[str, dict[datetime, float]] = {}
        params: dict[str, Any] = {"MetricDataQueries": queries, "StartTime": start, "EndTime": end}
        while True:
            answer = self._calls.read("cloudwatch", "GetMetricData", **params)
            for result in answer.get("MetricDataResults", ()):
                points = zip(result.get("Timestamps", ()), result.get("Values", ()), strict=False)
                found.setdefault(str(result["Id"]), {}).update(
                    {moment(at): float(value) for at, value in points}
                )
            token = answer.get("NextToken")
            if not token or token == params.get("NextToken"):
                return found
            params["NextToken"] = token


def _newest(parts: Sequence[Mapping[_Metric, _Series]], since: datetime) -> Figures | None:
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


def _share(parts: Sequence[Mapping[_Metric, _Series]], at: datetime) -> float | None:
    """Errors per request in one minute; ``None`` where no request was counted."""
    requests = sum(part[_REQUESTS].get(at, 0.0) for part in parts)
    return sum(part[_ERRORS].get(at, 0.0) for part in parts) / requests if requests > 0 else None


def _query(id: str, source: _Source, metric: _Metric) -> Answer:
    return {
        "Id": id,
        "ReturnData": True,
        "MetricStat": {
            "Metric": {
                "Namespace": "AWS/ApplicationELB",
                "MetricName": metric.name,
                "Dimensions": [
                    {"Name": "TargetGroup", "Value": source.group.rsplit(":", 1)[-1]},
                    {"Name": "LoadBalancer", "Value": source.balancer.rsplit(":loadbalancer/", 1)[-1]},
                ],
            },
            "Period": PERIOD_S,
            "Stat": metric.statistic,
        },
    }


def _cpu(status: ServiceStatus) -> Answer:
    """What autoscaling looks at too; clusters are named there without their ARN."""
    cluster = status.cluster.rsplit("/", 1)[-1]
    return {
        "Id": "cpu",
        "ReturnData": True,
        "MetricStat": {
            "Metric": {
                "Namespace": "AWS/ECS",
                "MetricName": "CPUUtilization",
                "Dimensions": [
                    {"Name": "ClusterName", "Value": cluster},
                    {"Name": "ServiceName", "Value": status.name},
                ],
            },
            "Period": PERIOD_S,
            "Stat": "Average",
        },
    }
