"""How many tasks a policy wants: arithmetic only (Application Auto Scaling user guide)."""

import math

from console.sandbox.autoscaling.model import STEPS, Json, Policy

_GRADUAL = 0.1
"""Target tracking scales in gradually: a tenth of the tasks at a time, at least one."""
HEADROOM = 0.9
"""Target tracking scales in below this share of its target."""


def wanted(policy: Policy, base: int, value: float, threshold: float) -> int | None:
    """The desired count that a policy wants, before bounds.

    Args:
        base: The desired count that the adjustment is made to.
        value: The metric's newest datapoint.
        threshold: That of the alarm which fired.

    Returns:
        ``None``: no step is meant for such a value.
    """
    if policy.kind == STEPS:
        return _stepped(policy.configuration, base, value - threshold)
    target = float(policy.configuration["TargetValue"])
    proportional = math.ceil(base * value / target)
    if threshold >= target:
        return max(base + 1, proportional) if value > target else None
    if value >= target:
        return None
    return max(proportional, base - max(1, math.floor(base * _GRADUAL)))


def _stepped(configuration: Json, base: int, distance: float) -> int | None:
    """The step that the distance from the threshold falls into, applied.

    Above the threshold a step holds its lower bound, below it its upper one.
    """
    for step in configuration.get("StepAdjustments") or []:
        low = step.get("MetricIntervalLowerBound")
        high = step.get("MetricIntervalUpperBound")
        low, high = -math.inf if low is None else low, math.inf if high is None else high
        is_in = low <= distance < high if distance >= 0 and high > 0 else low < distance <= high
        if is_in:
            return _adjusted(configuration, base, int(step["ScalingAdjustment"]))
    return None


def _adjusted(configuration: Json, base: int, adjustment: int) -> int:
    kind = configuration["AdjustmentType"]
    if kind == "ExactCapacity":
        return adjustment
    if kind == "ChangeInCapacity":
        return base + adjustment
    change = base * adjustment / 100
    whole = int(change) if abs(change) >= 1 else int(math.copysign(1, change)) if change else 0
    least = int(configuration.get("MinAdjustmentMagnitude") or 0)
    if whole and abs(whole) < least:
        whole = int(math.copysign(least, whole))
    return base + whole
