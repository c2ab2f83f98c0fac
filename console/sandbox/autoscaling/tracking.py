"""The settings of policies, and the alarms that target tracking makes for itself."""

import uuid
from itertools import pairwise
from typing import TYPE_CHECKING

from console.sandbox.autoscaling.adjustment import HEADROOM
from console.sandbox.autoscaling.model import Json, Policy, Target
from console.sandbox.registry import AwsError

if TYPE_CHECKING:
    from console.sandbox.account import Account

_METRICS = {
    "ECSServiceAverageCPUUtilization": "CPUUtilization",
    "ECSServiceAverageMemoryUtilization": "MemoryUtilization",
}
_ADJUSTMENTS = ("ChangeInCapacity", "PercentChangeInCapacity", "ExactCapacity")
_HIGH_PERIODS, _LOW_PERIODS = 3, 15
"""Minutes above the target before scaling out, and well below it before scaling in."""


def check_tracking(configuration: Json) -> None:
    """Refuse a target that cannot be tracked here.

    Raises:
        AwsError: ``ValidationException``.
    """
    predefined = (configuration.get("PredefinedMetricSpecification") or {}).get("PredefinedMetricType")
    customized = configuration.get("CustomizedMetricSpecification")
    if bool(predefined) == bool(customized):
        raise _invalid("Exactly one of a predefined and a customized metric specification is needed.")
    if predefined and predefined not in _METRICS:
        raise _invalid(f"The sandbox cannot track {predefined}; it can: {', '.join(_METRICS)}.")
    if customized and not customized.get("MetricName"):
        raise _invalid("A customized metric specification needs a metric here, not metric math.")
    if configuration["TargetValue"] <= 0:
        raise _invalid("Target value must be greater than 0.")


def check_steps(configuration: Json) -> None:
    """Refuse steps that make no policy.

    Raises:
        AwsError: ``ValidationException``.
    """
    if configuration.get("AdjustmentType") not in _ADJUSTMENTS:
        raise _invalid("AdjustmentType must be one of " + ", ".join(_ADJUSTMENTS))
    steps = configuration.get("StepAdjustments") or []
    if not steps:
        raise _invalid("There must be at least one step adjustment.")
    bounds = [(step.get("MetricIntervalLowerBound"), step.get("MetricIntervalUpperBound")) for step in steps]
    if any(low is None and high is None for low, high in bounds):
        raise _invalid("Both bounds of a step adjustment cannot be null.")
    if any(low is not None and high is not None and low >= high for low, high in bounds):
        raise _invalid("The lower bound of a step adjustment must be below its upper bound.")
    known = sorted((low, high) for low, high in bounds if low is not None and high is not None)
    if any(before[1] > after[0] for before, after in pairwise(known)):
        raise _invalid("Step adjustment intervals cannot overlap.")


def make_alarms(account: "Account", target: Target, policy: Policy) -> list[str]:
    """Both alarms of a target-tracking policy, or the one for scaling out; their names."""
    configuration = policy.configuration
    goal = float(configuration["TargetValue"])
    high = _alarm(account, target, policy, "AlarmHigh", "GreaterThanThreshold", goal, _HIGH_PERIODS)
    names = [high]
    low = f"AlarmLow-{_number(account, policy, 'AlarmLow')}"
    if configuration.get("DisableScaleIn"):
        account.alarms.delete(f"TargetTracking-{target.resource}-{low}")
        return names
    return [
        *names,
        _alarm(account, target, policy, "AlarmLow", "LessThanThreshold", goal * HEADROOM, _LOW_PERIODS),
    ]


def _alarm(
    account: "Account",
    target: Target,
    policy: Policy,
    side: str,
    comparison: str,
    threshold: float,
    periods: int,
) -> str:
    name = f"TargetTracking-{target.resource}-{side}-{_number(account, policy, side)}"
    account.alarms.put(
        {
            "AlarmName": name,
            "AlarmDescription": f"DO NOT EDIT OR DELETE. For TargetTrackingScaling policy {policy.arn}.",
            "ActionsEnabled": True,
            "OKActions": [],
            "AlarmActions": [policy.arn],
            "InsufficientDataActions": [],
            **_metric(target, policy.configuration),
            "Period": 60,
            "EvaluationPeriods": periods,
            "Threshold": threshold,
            "ComparisonOperator": comparison,
        }
    )
    return name


def _metric(target: Target, configuration: Json) -> Json:
    customized = configuration.get("CustomizedMetricSpecification")
    if customized:
        return {
            "MetricName": customized["MetricName"],
            "Namespace": customized["Namespace"],
            "Dimensions": customized.get("Dimensions") or [],
            "Statistic": customized["Statistic"],
        }
    kind = configuration["PredefinedMetricSpecification"]["PredefinedMetricType"]
    return {
        "MetricName": _METRICS[kind],
        "Namespace": "AWS/ECS",
        "Dimensions": [
            {"Name": "ClusterName", "Value": target.cluster},
            {"Name": "ServiceName", "Value": target.service},
        ],
        "Statistic": "Average",
    }


def _number(account: "Account", policy: Policy, side: str) -> uuid.UUID:
    return uuid.UUID(int=account.world.rng(f"{policy.arn}:{side}").getrandbits(128), version=4)


def _invalid(message: str) -> AwsError:
    return AwsError("ValidationException", message)
