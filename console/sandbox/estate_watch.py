"""The alarms of a fleet's services: what its team decided to be told of."""

from typing import TYPE_CHECKING, Any

from console.sandbox.age import seconds
from console.sandbox.ecs.model import Json, Service
from console.sandbox.estate_around import policy_of

if TYPE_CHECKING:
    from console.sandbox.account import Account

_PERIOD_S = 60
_LATENCY = {"p95-ms": "p95", "p99-ms": "p99"}
_LEVELS = {"cpu": "CPUUtilization", "memory": "MemoryUtilization"}


def watch(account: "Account", service: Service, table: dict[str, Any], now: float) -> None:
    """Put the alarms of one service of a fleet file; all is well when the world begins.

    Each entry has a ``name``, what to ``watch`` (``error-rate`` in percent of the requests,
    ``p95-ms``, ``p99-ms``, ``cpu``, ``memory`` in percent, ``queue-depth`` of a ``queue``), the
    figure ``above`` which it is in ALARM, and the number of ``periods`` of a minute. One that
    ``scales`` triggers the service's policy with steps instead of telling somebody.
    """
    for entry in table.get("alarms", []):
        settings = {
            "AlarmName": entry["name"],
            "ActionsEnabled": True,
            "OKActions": [],
            "AlarmActions": [
                policy_of(account, service).arn
                if entry.get("scales")
                else account.arn("sns", f"{service.name}-alerts")
            ],
            "InsufficientDataActions": [],
            "EvaluationPeriods": entry["periods"],
            "DatapointsToAlarm": entry["periods"],
            "ComparisonOperator": "GreaterThanThreshold",
            "Threshold": _threshold(entry),
            "TreatMissingData": "notBreaching",
        }
        settings |= _measured(account, service, entry)
        account.alarms.put(settings, state="OK", since=now - seconds(table["age"]))


def _threshold(entry: dict[str, Any]) -> float:
    """Response times are measured in seconds."""
    above = float(entry["above"])
    return above / 1000 if entry["watch"] in _LATENCY else above


def _measured(account: "Account", service: Service, entry: dict[str, Any]) -> Json:
    """The metric of an alarm, or the expression over several.

    Raises:
        KeyError: A fleet file invents something to watch.
    """
    what = entry["watch"]
    if what == "queue-depth":
        return {
            "Namespace": "AWS/SQS",
            "MetricName": "ApproximateNumberOfMessagesVisible",
            "Dimensions": [{"Name": "QueueName", "Value": entry["queue"]}],
            "Period": _PERIOD_S,
            "Statistic": "Average",
        }
    if what in _LEVELS:
        return {
            "Namespace": "AWS/ECS",
            "MetricName": _LEVELS[what],
            "Dimensions": [
                {"Name": "ClusterName", "Value": service.cluster},
                {"Name": "ServiceName", "Value": service.name},
            ],
            "Period": _PERIOD_S,
            "Statistic": "Average",
        }
    balancer = _balancer(account, service)
    if what == "error-rate":
        return {
            "Metrics": [
                _query("errors", "HTTPCode_Target_5XX_Count", balancer),
                _query("requests", "RequestCount", balancer),
                {
                    "Id": "rate",
                    "Expression": "100 * FILL(errors, 0) / requests",
                    "Label": "error rate",
                    "ReturnData": True,
                },
            ]
        }
    return {
        "Namespace": "AWS/ApplicationELB",
        "MetricName": "TargetResponseTime",
        "Dimensions": balancer,
        "Period": _PERIOD_S,
        "ExtendedStatistic": _LATENCY[what],
    }


def _query(id: str, name: str, dimensions: list[Json]) -> Json:
    metric = {"Namespace": "AWS/ApplicationELB", "MetricName": name, "Dimensions": dimensions}
    return {
        "Id": id,
        "MetricStat": {"Metric": metric, "Period": _PERIOD_S, "Stat": "Sum"},
        "ReturnData": False,
    }


def _balancer(account: "Account", service: Service) -> list[Json]:
    """The dimension of the whole load balancer: target groups take turns."""
    group = account.elb.target_groups[service.load_balancers[0]["targetGroupArn"]]
    return [{"Name": "LoadBalancer", "Value": group.load_balancers[0].rpartition(":loadbalancer/")[2]}]
