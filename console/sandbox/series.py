"""Metrics by namespace, name and dimensions: which are published, and their datapoints.

Reading calls, alarms and metric math all see the same datapoints through here.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from console.sandbox.ecs.model import Service
from console.sandbox.figures import ALB, ECS, NAMES, Metric
from console.sandbox.figures import UNITS as SERVICE_UNITS
from console.sandbox.queues import SQS
from console.sandbox.queues import UNITS as QUEUE_UNITS
from console.sandbox.statistics import check, statistic_of
from console.sandbox.traffic import MINUTE

if TYPE_CHECKING:
    from console.sandbox.account import Account

Points = dict[float, float]
"""Begin of a period (epoch seconds) -> value, oldest first."""

Reader = Callable[[int], Sequence[float]]
"""Minute since the epoch -> what one source measured in it."""

Holders = Mapping[str, Sequence[Service]]
"""Target group, as dimensions name it -> the services whose tasks go into it."""

UNITS = SERVICE_UNITS | QUEUE_UNITS
"""Metric name -> unit."""

_BALANCER_ONLY = ("HTTPCode_ELB_5XX_Count", "HTTPCode_ELB_503_Count")
"""Known of a load balancer as a whole, never of one of its target groups."""


def measure(
    account: "Account", stat: dict[str, Any], start: float, end: float, holders: Holders | None = None
) -> Points:
    """The datapoints that a ``MetricStat`` asks for; periods begin at multiples of their length.

    Args:
        holders: Of whoever asks for many at once, so that not all services are gone through for each.

    Raises:
        AwsError: ``ValidationError`` for a statistic that there is not.
    """
    period = stat["Period"]
    return window(account, stat, start // period * period, end, holders)


def window(
    account: "Account", stat: dict[str, Any], start: float, end: float, holders: Holders | None = None
) -> Points:
    """Like :func:`measure`, in periods that follow one another from ``start``, a whole minute."""
    check(stat["Stat"])
    found = metrics(account, stat["Metric"], holders)
    return {
        moment: statistic_of(stat["Stat"], values)
        for moment, values in periods(account, found, stat["Period"], start, end)
    }


def periods(
    account: "Account", found: list[Reader], period: int, start: float, end: float
) -> Iterator[tuple[float, list[float]]]:
    """(begin, values) of every period that has any, oldest first, from ``start`` on."""
    moment = int(start)
    end = min(end, account.world.now())
    while moment < end:
        minutes = range(moment // MINUTE, (moment + period) // MINUTE)
        values = [value for read in found for minute in minutes for value in read(minute)]
        if values:
            yield float(moment), values
        moment += period


def holders(account: "Account") -> Holders:
    """Who stands behind which target group now."""
    found: dict[str, list[Service]] = {}
    for service in account.ecs.services():
        for arn in dict.fromkeys(arn for entry in service.load_balancers for arn in _groups(entry)):
            found.setdefault(arn.rpartition(":")[2], []).append(service)
    return found


def metrics(account: "Account", asked: dict[str, Any], holders: Holders | None = None) -> list[Reader]:
    """Who measures a metric; nobody when nothing is published under those dimensions."""
    namespace, name = asked["Namespace"], asked["MetricName"]
    dimensions = {item["Name"]: item["Value"] for item in asked.get("Dimensions") or []}
    if namespace == SQS:
        queue = account.queues.get(dimensions.get("QueueName", "")) if len(dimensions) == 1 else None
        return [partial(queue.values, name)] if queue is not None and name in QUEUE_UNITS else []
    if name not in NAMES.get(namespace, ()):
        return []
    by_balancer = set(dimensions) == {"LoadBalancer"}
    return [
        partial(account.logs.figures.values, Metric(namespace, name, service, _group(service, shown)))
        for service in _services(account, dimensions, holders)
        for known_space, known, shown in published(account, service)
        if (known_space, known) == (namespace, name)
        and (shown == dimensions or (by_balancer and dimensions.items() <= shown.items()))
    ]


def every(account: "Account") -> Iterator[tuple[str, str, dict[str, str]]]:
    """(namespace, name, dimensions) of all that is published in the account."""
    for service in account.ecs.services():
        yield from published(account, service)
    for queue in account.queues:
        for name in QUEUE_UNITS:
            yield SQS, name, {"QueueName": queue.name}


def published(account: "Account", service: Service) -> Iterator[tuple[str, str, dict[str, str]]]:
    """(namespace, name, dimensions) of every metric of a service."""
    for name in NAMES[ECS]:
        yield ECS, name, {"ClusterName": service.cluster, "ServiceName": service.name}
    for entry in service.load_balancers:
        first = account.elb.target_groups.get(entry.get("targetGroupArn", ""))
        for balancer in first.load_balancers if first else ():
            tail = {"LoadBalancer": balancer.rpartition(":loadbalancer/")[2]}
            for name in NAMES[ALB]:
                for group in [""] if name in _BALANCER_ONLY else _groups(entry):
                    yield ALB, name, ({"TargetGroup": group.rpartition(":")[2]} if group else {}) | tail


def _groups(entry: dict[str, Any]) -> list[str]:
    """ARNs of the target groups of a load balancer entry: one, or the two that swap roles."""
    second = (entry.get("advancedConfiguration") or {}).get("alternateTargetGroupArn")
    return [entry["targetGroupArn"], *([second] if second else [])]


def _group(service: Service, shown: dict[str, str]) -> str:
    """The ARN that figures are to be divided by: none where a service has a single group."""
    for entry in service.load_balancers:
        groups = _groups(entry)
        for arn in groups if len(groups) > 1 else ():
            if arn.rpartition(":")[2] == shown.get("TargetGroup"):
                return arn
    return ""


def _services(account: "Account", dimensions: dict[str, str], holders: Holders | None) -> Iterable[Service]:
    """Those that may publish under the dimensions; a service's own name the one it."""
    if holders is not None and "TargetGroup" in dimensions:
        yield from holders.get(dimensions["TargetGroup"], ())
        return
    if "ServiceName" not in dimensions:
        yield from account.ecs.services()
        return
    cluster = account.ecs.clusters.get(dimensions.get("ClusterName", ""))
    service = cluster.services.get(dimensions["ServiceName"]) if cluster else None
    if service is not None:
        yield service
