"""Metrics by namespace, name and dimensions: which are published, and their datapoints.

Reading calls, alarms and metric math all see the same datapoints through here.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from console.sandbox.ecs.model import Service
from console.sandbox.figures import ALB, ECS, NAMES, Metric
from console.sandbox.statistics import check, statistic_of
from console.sandbox.traffic import MINUTE

if TYPE_CHECKING:
    from console.sandbox.account import Account

Points = dict[float, float]
"""Begin of a period (epoch seconds) -> value, oldest first."""

_BALANCER_ONLY = ("HTTPCode_ELB_5XX_Count",)
"""Known of a load balancer as a whole, never of one of its target groups."""


def measure(account: "Account", stat: dict[str, Any], start: float, end: float) -> Points:
    """The datapoints that a ``MetricStat`` asks for; periods begin at multiples of their length.

    Raises:
        AwsError: ``ValidationError`` for a statistic that there is not.
    """
    period = stat["Period"]
    return window(account, stat, start // period * period, end)


def window(account: "Account", stat: dict[str, Any], start: float, end: float) -> Points:
    """Like :func:`measure`, in periods that follow one another from ``start``, a whole minute."""
    check(stat["Stat"])
    found = metrics(account, stat["Metric"])
    return {
        moment: statistic_of(stat["Stat"], values)
        for moment, values in periods(account, found, stat["Period"], start, end)
    }


def periods(
    account: "Account", found: list[Metric], period: int, start: float, end: float
) -> Iterator[tuple[float, list[float]]]:
    """(begin, values) of every period that has any, oldest first, from ``start`` on."""
    moment = int(start)
    end = min(end, account.world.now())
    figures = account.logs.figures
    while moment < end:
        minutes = range(moment // MINUTE, (moment + period) // MINUTE)
        values = [value for metric in found for minute in minutes for value in figures.values(metric, minute)]
        if values:
            yield float(moment), values
        moment += period


def metrics(account: "Account", asked: dict[str, Any]) -> list[Metric]:
    """The services behind a metric; none when nothing is published under those dimensions."""
    namespace, name = asked["Namespace"], asked["MetricName"]
    dimensions = {item["Name"]: item["Value"] for item in asked.get("Dimensions") or []}
    if name not in NAMES.get(namespace, ()):
        return []
    by_balancer = set(dimensions) == {"LoadBalancer"}
    return [
        Metric(namespace, name, service)
        for service in _services(account, dimensions)
        for known_space, known, shown in published(account, service)
        if (known_space, known) == (namespace, name)
        and (shown == dimensions or (by_balancer and dimensions.items() <= shown.items()))
    ]


def published(account: "Account", service: Service) -> Iterator[tuple[str, str, dict[str, str]]]:
    """(namespace, name, dimensions) of every metric of a service."""
    for name in NAMES[ECS]:
        yield ECS, name, {"ClusterName": service.cluster, "ServiceName": service.name}
    for entry in service.load_balancers:
        group = account.elb.target_groups.get(entry.get("targetGroupArn", ""))
        for balancer in group.load_balancers if group else ():
            tail = {"LoadBalancer": balancer.rpartition(":loadbalancer/")[2]}
            for name in NAMES[ALB]:
                own = (
                    {}
                    if name in _BALANCER_ONLY
                    else {"TargetGroup": entry["targetGroupArn"].rpartition(":")[2]}
                )
                yield ALB, name, own | tail


def _services(account: "Account", dimensions: dict[str, str]) -> Iterator[Service]:
    """Those that may publish under the dimensions; a service's own name the one it."""
    if "ServiceName" not in dimensions:
        yield from account.ecs.services()
        return
    cluster = account.ecs.clusters.get(dimensions.get("ClusterName", ""))
    service = cluster.services.get(dimensions["ServiceName"]) if cluster else None
    if service is not None:
        yield service
