"""Which CloudWatch metrics make the figures of one service, and under which dimensions they stand."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from console.aws import metrics
from console.aws.balancer_errors import OWN_5XX, UNROUTED
from console.aws.metrics import Query
from console.domain.series import Measure

REQUESTS, ERRORS_5XX = "RequestCount", "HTTPCode_Target_5XX_Count"
PERCENTILES = {Measure.P50: "p50", Measure.P95: "p95", Measure.P99: "p99"}
CODES = {
    Measure.CODES_2XX: "HTTPCode_Target_2XX_Count",
    Measure.CODES_4XX: "HTTPCode_Target_4XX_Count",
    Measure.CODES_5XX: ERRORS_5XX,
}
HOSTS = {
    Measure.HEALTHY_TARGETS: ("HealthyHostCount", "Minimum"),
    Measure.UNHEALTHY_TARGETS: ("UnHealthyHostCount", "Maximum"),
}
"""ELB user guide: the statistics that tell whether there were few, or some that fail, at any time."""
_TASKS = {Measure.CPU: "CPUUtilization", Measure.MEMORY: "MemoryUtilization"}
_INSIGHTS = {Measure.NETWORK_IN: "NetworkRxBytes", Measure.NETWORK_OUT: "NetworkTxBytes"}
"""Bytes a second (Container Insights metrics for Amazon ECS)."""
DISK_USED, DISK_ROOM = "EphemeralStorageUtilized", "EphemeralStorageReserved"
"""Gigabytes of Fargate tasks, in the same place."""
INSIGHTS = "ECS/ContainerInsights"
_QUEUE = {
    Measure.QUEUE_DEPTH: ("ApproximateNumberOfMessagesVisible", "Average"),
    Measure.QUEUE_AGE: ("ApproximateAgeOfOldestMessage", "Maximum"),
}
_DATABASE = {
    Measure.DB_CONNECTIONS: ("DatabaseConnections", "Average"),
    Measure.REPLICA_LAG: ("ReplicaLag", "Maximum"),
    Measure.DEADLOCKS: ("Deadlocks", "Average"),
}
"""Deadlocks a second where the engine publishes them (Aurora); RDS's PostgreSQL and MySQL do not."""


@dataclass(frozen=True)
class Around:
    """What of a service is named in the configuration, beside the service."""

    queue: str = ""
    database: str = ""
    insights: bool = False
    """Container Insights is on for its cluster: only then there is network and disk."""


@dataclass(frozen=True)
class Key:
    """One query: what it measures, of what."""

    name: str
    """A measure, or the name of a metric of which a measure is made."""
    place: str = ""
    """Target group or load balancer; empty for the others."""
    balancer: str = ""
    """Of a target group: behind which load balancer it was counted."""


def of_traffic(groups: Mapping[str, Sequence[str]]) -> Iterator[tuple[Key, Query]]:
    """Everything of target groups and their load balancers.

    Args:
        groups: Target group -> its application load balancers.
    """
    for group, balancers in groups.items():
        for balancer in balancers:
            sums = (REQUESTS, *CODES.values())
            for name in sums:
                yield Key(name, group, balancer), metrics.of_target_group(name, "Sum", group, balancer)
            for measure, statistic in PERCENTILES.items():
                query = metrics.of_target_group("TargetResponseTime", statistic, group, balancer)
                yield Key(measure, group, balancer), query
            for measure, (name, statistic) in HOSTS.items():
                yield Key(measure, group, balancer), metrics.of_target_group(name, statistic, group, balancer)
    for balancer in dict.fromkeys(item for mine in groups.values() for item in mine):
        for name in (OWN_5XX, UNROUTED):
            yield Key(name, balancer), metrics.of_balancer(name, "Sum", balancer)


def of_tasks(cluster: str, service: str, around: Around) -> Iterator[tuple[Key, Query]]:
    """Everything of the tasks themselves."""
    for measure, name in _TASKS.items():
        yield Key(measure), metrics.of_service(name, "Average", cluster, service)
    if around.insights:
        for measure, name in _INSIGHTS.items():
            yield Key(measure), metrics.of_service(name, "Average", cluster, service, INSIGHTS)
        for name in (DISK_USED, DISK_ROOM):
            yield Key(name), metrics.of_service(name, "Average", cluster, service, INSIGHTS)


def of_around(around: Around) -> Iterator[tuple[Key, Query]]:
    """Queue and database."""
    if around.queue:
        for measure, (name, statistic) in _QUEUE.items():
            yield Key(measure), metrics.of_queue(name, statistic, around.queue)
    if around.database:
        for measure, (name, statistic) in _DATABASE.items():
            yield Key(measure), metrics.of_database(name, statistic, around.database)
