"""CloudWatch: the calls that read metrics."""

from typing import TYPE_CHECKING, Any

from console.sandbox import series
from console.sandbox.metric_math import answer, period_of
from console.sandbox.paging import page
from console.sandbox.registry import AwsError, operation
from console.sandbox.statistics import check, statistic_of
from console.sandbox.traffic import MINUTE

if TYPE_CHECKING:
    from console.sandbox.account import Account

MOST_QUERIES = 500
MOST_POINTS = 100_800


@operation("cloudwatch")
def GetMetricData(account: "Account", params: dict[str, Any]) -> dict[str, Any]:
    """Series of datapoints, newest first unless asked otherwise; a metric that is not there is empty.

    Raises:
        AwsError: ``ValidationError`` for unknown statistics, wrong expressions, periods that are no
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
    for query in queries:
        _check_range(period_of(query, queries), start, end)
    oldest_first = params.get("ScanBy") == "TimestampAscending"
    found = answer(account, queries, start, end)
    results = []
    for query in queries:
        if query.get("ReturnData", True):
            points = list(found[query["Id"]].items())
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
    metrics = series.metrics(account, asked | {"Dimensions": params.get("Dimensions") or []})
    period, end = params["Period"], params["EndTime"]
    _check_range(period, params["StartTime"], end)
    start = params["StartTime"] // period * period
    datapoints = []
    for moment, values in series.periods(account, metrics, period, start, end):
        point: dict[str, Any] = {"Timestamp": moment, "Unit": series.UNITS[params["MetricName"]]}
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
        for namespace, name, dimensions in series.every(account)
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


def _result(query: dict[str, Any], points: list[tuple[float, float]]) -> dict[str, Any]:
    return {
        "Id": query["Id"],
        "Label": query.get("Label") or _own_label(query),
        "Timestamps": [moment for moment, _ in points],
        "Values": [value for _, value in points],
        "StatusCode": "Complete",
    }


def _own_label(query: dict[str, Any]) -> str:
    """A metric's name; an expression's id."""
    stat = query.get("MetricStat")
    return str(stat["Metric"]["MetricName"] if stat else query["Id"])


def _check_range(period: int, start: float, end: float) -> None:
    """Refuse periods that there are no figures for, and more datapoints than a call may ask for."""
    if period <= 0 or period % MINUTE:
        raise AwsError(
            "ValidationError", f"The parameter Period must be a multiple of {MINUTE}, not {period}."
        )
    if (end - start) / period > MOST_POINTS:
        raise AwsError("ValidationError", f"More than {MOST_POINTS} datapoints were asked for.")
