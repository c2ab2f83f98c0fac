"""Application Auto Scaling of ECS services: bounds, policies, scheduled actions, what was done lately."""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, TypeVar

from console.aws.calls import Answer, Calls
from console.aws.moments import moment
from console.domain.scaling import Scaling, ScalingActivity, ScalingPolicy
from console.domain.text import plain
from console.errors import QuarterdeckError

ACTIVITIES = 20
"""How many of the last activities are read: one page."""
_SERVICE = "application-autoscaling"
_ASKED = {"ServiceNamespace": "ecs", "ScalableDimension": "ecs:service:DesiredCount"}
_SUSPENDED = {
    "in": "DynamicScalingInSuspended",
    "out": "DynamicScalingOutSuspended",
    "scheduled": "ScheduledScalingSuspended",
}
_POLICY = re.compile(r"triggered policy (\S+)")
_WORDS = re.compile(r"(?<=[a-z])(?=[A-Z])")
_T = TypeVar("_T")


class ScalingReader:
    """Who changes the number of tasks of a service: a call without autoscaling, four with it."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    def of(self, cluster: str, service: str) -> Scaling | None:
        """The autoscaling of one service; ``None`` where it has none.

        Raises:
            QuarterdeckError: when not even that can be read; other parts fail into ``missing``.
        """
        found = self.limits(cluster, service)
        if found is None:
            return None
        resource = _resource(cluster, service)
        missing: dict[str, str] = {}

        def part(name: str, operation: str, turn: Callable[[Answer], _T], **more: Any) -> list[_T]:
            try:
                answer = self._calls.read(_SERVICE, operation, ResourceId=resource, **_ASKED, **more)
            except QuarterdeckError as error:
                missing[name] = error.message
                return []
            return [turn(item) for item in answer.get(operation.removeprefix("Describe")) or ()]

        policies = part("policies", "DescribeScalingPolicies", policy_of)
        policies += part("scheduled actions", "DescribeScheduledActions", scheduled_of)
        activities = part(
            "activities",
            "DescribeScalingActivities",
            activity_of,
            MaxResults=ACTIVITIES,
            IncludeNotScaledActivities=True,
        )
        return replace(
            found,
            policies=tuple(policies),
            activities=tuple(sorted(activities, key=lambda item: item.at, reverse=True)),
            missing=missing,
        )

    def limits(self, cluster: str, service: str) -> Scaling | None:
        """The bounds and what is suspended, without policies and activities: one call."""
        answer = self._calls.read(
            _SERVICE, "DescribeScalableTargets", ResourceIds=[_resource(cluster, service)], **_ASKED
        )
        target = next(iter(answer.get("ScalableTargets") or ()), None)
        if target is None:
            return None
        suspended = target.get("SuspendedState") or {}
        return Scaling(
            minimum=int(target["MinCapacity"]),
            maximum=int(target["MaxCapacity"]),
            suspended=tuple(way for way, member in _SUSPENDED.items() if suspended.get(member)),
        )


def _resource(cluster: str, service: str) -> str:
    """As Application Auto Scaling names a service: ``service/CLUSTER/NAME``."""
    return f"service/{cluster.rsplit('/', 1)[-1]}/{service.rsplit('/', 1)[-1]}"


def policy_of(raw: Mapping[str, Any]) -> ScalingPolicy:
    """One policy in words."""
    name, kind = plain(str(raw.get("PolicyName") or "")), str(raw.get("PolicyType") or "")
    if kind == "TargetTrackingScaling":
        settings = raw.get("TargetTrackingScalingPolicyConfiguration") or {}
        ways = ("out",) if settings.get("DisableScaleIn") else ("in", "out")
        said = f"{_metric(settings)} at {float(settings.get('TargetValue') or 0):g}"
        return ScalingPolicy(name, "target tracking", said, ways)
    if kind == "StepScaling":
        settings = raw.get("StepScalingPolicyConfiguration") or {}
        alarms = ", ".join(plain(str(item.get("AlarmName") or "")) for item in raw.get("Alarms") or ())
        said = f"{_steps(settings)} on {alarms}" if alarms else f"{_steps(settings)}, no alarm calls it"
        return ScalingPolicy(name, "step", said, _ways(settings))
    return ScalingPolicy(name, _WORDS.sub(" ", plain(kind)).lower(), "")


def scheduled_of(raw: Mapping[str, Any]) -> ScalingPolicy:
    """One scheduled action in words. A new maximum below the count makes it smaller, a new minimum
    above it larger (Application Auto Scaling user guide, scheduled scaling)."""
    action = raw.get("ScalableTargetAction") or {}
    bounds = {"min": action.get("MinCapacity"), "max": action.get("MaxCapacity")}
    zone = str(raw.get("Timezone") or "")
    said = [str(raw.get("Schedule") or ""), zone, *(f"{k} {v}" for k, v in bounds.items() if v is not None)]
    ways = [way for way, name in (("in", "max"), ("out", "min")) if bounds[name] is not None]
    name = plain(str(raw.get("ScheduledActionName") or ""))
    return ScalingPolicy(name, "scheduled", plain(" ".join(filter(None, said))), tuple(ways))


def activity_of(raw: Mapping[str, Any]) -> ScalingActivity:
    """One activity in words: what, by which policy, and why it did not happen."""
    reasons = [str(item.get("Code") or "") for item in raw.get("NotScaledReasons") or ()]
    said = [str(raw.get("Description") or "").strip().rstrip(".")]
    if reasons:
        said = ["not scaled: " + ", ".join(_WORDS.sub(" ", code).lower() for code in reasons)]
    policy = _POLICY.search(str(raw.get("Cause") or ""))
    if policy:
        said.append(f"policy {policy[1].rstrip('.,')}")
    status = str(raw.get("StatusCode") or "")
    if status not in ("Successful", "InProgress", "Pending") and raw.get("StatusMessage"):
        said.append(str(raw["StatusMessage"]).strip())
    return ScalingActivity(moment(raw.get("StartTime")), plain(" · ".join(filter(None, said))), plain(status))


def _metric(settings: Mapping[str, Any]) -> str:
    predefined = (settings.get("PredefinedMetricSpecification") or {}).get("PredefinedMetricType")
    custom = settings.get("CustomizedMetricSpecification") or {}
    named = predefined or custom.get("MetricName")
    queries = [item.get("Label") or item.get("Id") for item in custom.get("Metrics") or ()]
    return plain(str(named or next(filter(None, reversed(queries)), "a metric")))


def _steps(settings: Mapping[str, Any]) -> str:
    """``+1, +3``; the bounds of the steps are relative to an alarm's threshold and say little alone."""
    unit = " %" if settings.get("AdjustmentType") == "PercentChangeInCapacity" else ""
    exact = settings.get("AdjustmentType") == "ExactCapacity"
    changes = [int(item["ScalingAdjustment"]) for item in settings.get("StepAdjustments") or ()]
    return ", ".join(f"to {change}" if exact else f"{change:+d}{unit}" for change in changes)


def _ways(settings: Mapping[str, Any]) -> tuple[str, ...]:
    if settings.get("AdjustmentType") == "ExactCapacity":
        return ("in", "out")
    changes = [int(item["ScalingAdjustment"]) for item in settings.get("StepAdjustments") or ()]
    down, up = any(change < 0 for change in changes), any(change > 0 for change in changes)
    return tuple(way for way, there in (("in", down), ("out", up)) if there)
