"""GetMetricData: many metrics in few calls, period by period."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from console.aws.calls import Answer, Calls
from console.aws.moments import moment

PERIOD_S = 60
BATCH = 99
"""Queries in one GetMetricData, of the 500 that it may hold (CloudWatch user guide, cloudwatch_limits):
whole services, few enough that the answer comes well before the read timeout. What is billed is metrics."""

Points = dict[datetime, float]
"""Begin of a period -> value."""

_Key = TypeVar("_Key", bound=Hashable)


@dataclass(frozen=True)
class Query:
    """One metric under its dimensions, and the statistic of it."""

    namespace: str
    name: str
    statistic: str
    dimensions: tuple[tuple[str, str], ...]

    @property
    def metric(self) -> Answer:
        """As AWS names it."""
        return {
            "Namespace": self.namespace,
            "MetricName": self.name,
            "Dimensions": [{"Name": name, "Value": value} for name, value in self.dimensions],
        }


def of_target_group(name: str, statistic: str, group: str, balancer: str) -> Query:
    """A metric of one target group behind one load balancer, both named by their ARNs."""
    places = (
        ("TargetGroup", group.rsplit(":", 1)[-1]),
        ("LoadBalancer", balancer.rsplit(":loadbalancer/", 1)[-1]),
    )
    return Query("AWS/ApplicationELB", name, statistic, places)


def of_balancer(name: str, statistic: str, balancer: str) -> Query:
    """A metric of a load balancer as a whole."""
    place = ("LoadBalancer", balancer.rsplit(":loadbalancer/", 1)[-1])
    return Query("AWS/ApplicationELB", name, statistic, (place,))


def of_service(name: str, statistic: str, cluster: str, service: str, space: str = "AWS/ECS") -> Query:
    """A metric of the tasks of a service; clusters are named there without their ARN."""
    places = (("ClusterName", cluster.rsplit("/", 1)[-1]), ("ServiceName", service))
    return Query(space, name, statistic, places)


def of_queue(name: str, statistic: str, queue: str) -> Query:
    """A metric of an SQS queue."""
    return Query("AWS/SQS", name, statistic, (("QueueName", queue),))


def of_database(name: str, statistic: str, instance: str) -> Query:
    """A metric of an RDS instance."""
    return Query("AWS/RDS", name, statistic, (("DBInstanceIdentifier", instance),))


def read_metrics(
    calls: Calls, queries: Mapping[_Key, Query], start: datetime, end: datetime
) -> dict[_Key, Points]:
    """Every period of those metrics that was published, by whatever they are called here.

    A metric without a single period is left out: CloudWatch says nothing of those that do not exist.
    """
    keys, found = list(queries), dict[_Key, Points]()
    for first in range(0, len(keys), BATCH):
        chunk = keys[first : first + BATCH]
        asked = [_asked(f"q{number}", queries[key]) for number, key in enumerate(chunk)]
        for name, points in _pages(calls, asked, start, end):
            if points:
                found.setdefault(chunk[int(name[1:])], {}).update(points)
    return found


def _asked(id: str, query: Query) -> Answer:
    stat = {"Metric": query.metric, "Period": PERIOD_S, "Stat": query.statistic}
    return {"Id": id, "ReturnData": True, "MetricStat": stat}


def _pages(calls: Calls, asked: list[Answer], start: datetime, end: datetime) -> list[tuple[str, Points]]:
    found: list[tuple[str, Points]] = []
    params: dict[str, Any] = {"MetricDataQueries": asked, "StartTime": start, "EndTime": end}
    while True:
        answer = calls.read("cloudwatch", "GetMetricData", **params)
        for result in answer.get("MetricDataResults", ()):
            points = zip(result.get("Timestamps", ()), result.get("Values", ()), strict=False)
            found.append((str(result["Id"]), {moment(at): float(value) for at, value in points}))
        token = answer.get("NextToken")
        if not token or token == params.get("NextToken"):
            return found
        params["NextToken"] = token
