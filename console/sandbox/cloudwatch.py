"""CloudWatch: the calls that read metrics."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from console.sandbox.ecs.model import Service
from console.sandbox.figures import ALB, ECS, NAMES, UNITS, Metric
from console.sandbox.paging import page
from console.sandbox.registry import AwsError, operation
from console.sandbox.statistics import check, statistic_of
from console.sandbox.traffic import MINUTE

if TYPE_CHECKING:
    from console.sandbox.account import Account

MOST_QUERIES = 500
MOST_POINTS = 100_800
_BALANCER_ONLY = ("HTTPCode_ELB_5XX_Count",)
"""Known of a load balancer as a whole, never of one of its target groups."""


@operation("cloudwatch")
def GetMetricData(account: "Account", params: dict[str, Any]) -> dict[str, Any]:
    """Series of datapoints, newest first unless asked otherwise; a metric that is not there is empty.

    Raises:
        AwsError: ``ValidationError`` for expressions, unknown statistics, periods that are no
            multiple of 60, and more than 500 queries.
    """
    queries = params["MetricDataQueries"]
    if len(queries) > MOST_QUERIES:
        raise AwsError(
            "ValidationError", f"The collection MetricDataQueries must not have a size of {len(queries)}."
        )
    start, end = params["StartTime"], params["EndTime"]
    if start >= end:
        raise AwsError("ValidationError", "The parameter StartTime must be less than the parameter EndTime.")
    oldest_first = params.get("ScanBy") == "TimestampAscending"
    results = []
    for query in queries:
        points = _queried(account, query, start, end)
        if query.get("ReturnData", True):
            results.append(_result(query, points if oldest_first else points[::-1]))
    return {"MetricDataResults": results, "Messages": []}


@operation("cloudwatch")
def GetMetricStatistics(account: "Account", params: dict[str, Any]) -> dict[str, Any]:
    """Datapoints of one metric with all the statistics asked for, in the order of time."""
    plain, extended = params.get("Statistics") or [], params.get("ExtendedStatistics") or []
    if not plain and not extended:
        raise AwsError("InvalidParameterCombination", "Must specify either Statistics or ExtendedStatistics")
    for statistic in (*plain, *extended):
        check(statistic)
    asked = {"Namespace": params["Namespace"], "MetricName": params["MetricName"]}
    metrics = _metrics(account, asked | {"Dimensions": params.get("Dimensions") or []})
    datapoints = []
    for moment, values in _periods(
        account, metrics, params["Period"], params["StartTime"], params["EndTime"]
    ):
        point: dict[str, Any] = {"Timestamp": moment, "Unit": UNITS[params["MetricName"]]}
        point.update((statistic, statistic_of(statistic, values)) for statistic in plain)
        if extended:
            point["ExtendedStatistics"] = {name: statistic_of(name, values) for name in extended}
        datapoints.append(point)
    return {"Label": params["MetricName"], "Datapoints": datapoints}


@operation("cloudwatch")
def ListMetrics(account: "Account", params: dict[str, Any]) -> dict[str, Any]:
    """Every metric that can be asked for, or those of a namespace, a name, some dimensions."""
    wanted = {(item["Name"], item.get("Value")) for item in params.get("Dimensions") or []}
    found = [
        {
            "Namespace": namespace,
            "MetricName": name,
            "Dimensions": [{"Name": key, "Value": value} for key, value in dimensions.items()],
        }
        for service in account.ecs.services()
        for namespace, name, dimensions in _published(account, service)
        if params.get("Namespace", namespace) == namespace
        and params.get("MetricName", name) == name
        and all(
            dimensions.get(key) == (value or dimensions.get(key)) and key in dimensions
            for key, value in wanted
        )
    ]
    token = params.get("NextToken")
    shown, following = page(found, token, 500)
    return {"Metrics": shown, **({"NextToken": following["nextToken"]} if following else {})}


def _queried(
    account: "Account", query: dict[str, Any], start: float, end: float
) -> list[tuple[float, float]]:
    stat = query.get("MetricStat")
    if stat is None:
        raise AwsError("ValidationError", f"Metric math is not offered here: {query.get('Expression')}")
    check(stat["Stat"])
    metrics = _metrics(account, stat["Metric"])
    return [
        (moment, statistic_of(stat["Stat"], values))
        for moment, values in _periods(account, metrics, stat["Period"], start, end)
    ]


def _result(query: dict[str, Any], points: list[tuple[float, float]]) -> dict[str, Any]:
    return {
        "Id": query["Id"],
        "Label": query.get("Label") or query["MetricStat"]["Metric"]["MetricName"],
        "Timestamps": [moment for moment, _ in points],
        "Values": [value for _, value in points],
        "StatusCode": "Complete",
    }


def _periods(
    account: "Account", metrics: list[Metric], period: int, start: float, end: float
) -> Iterator[tuple[float, list[float]]]:
    """(begin, values) of every period that has any, oldest first."""
    if period <= 0 or period % MINUTE:
        raise AwsError(
            "ValidationError", f"The parameter Period must be a multiple of {MINUTE}, not {period}."
        )
    if (end - start) / period > MOST_POINTS:
        raise AwsError("ValidationError", f"More than {MOST_POINTS} datapoints were asked for.")
    moment = int(start // period) * period
    end = min(end, account.world.now())
    figures = account.logs.figures
    while moment < end:
        minutes = range(moment // MINUTE, (moment + period) // MINUTE)
        values = [
            value for metric in metrics for minute in minutes for value in figures.values(metric, minute)
        ]
        if values:
            yield float(moment), values
        moment += period


def _metrics(account: "Account", asked: dict[str, Any]) -> list[Metric]:
    """The services behind a metric; none when nothing is published under those dimensions."""
    namespace, name = asked["Namespace"], asked["MetricName"]
    dimensions = {item["Name"]: item["Value"] for item in asked.get("Dimensions") or []}
    if name not in NAMES.get(namespace, ()):
        return []
    by_balancer = set(dimensions) == {"LoadBalancer"}
    return [
        Metric(namespace, name, service)
        for service in account.ecs.services()
        for known_space, known, published in _published(account, service)
        if (known_space, known) == (namespace, name)
        and (published == dimensions or (by_balancer and dimensions.items() <= published.items()))
    ]


def _published(account: "Account", service: Service) -> Iterator[tuple[str, str, dict[str, str]]]:
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
