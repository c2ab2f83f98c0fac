"""``deploymentConfiguration``: AWS's defaults, and what AWS refuses.

Ranges and which member goes with which strategy: API reference, DeploymentConfiguration,
CanaryConfiguration, LinearConfiguration, DeploymentLifecycleHook, ThresholdConfiguration.
"""

from console.sandbox.ecs.course import (
    CANARY_DEFAULTS,
    LINEAR_DEFAULTS,
    SHIFTING,
    STAGES,
    WITH_HOOKS,
    WITH_PAUSE,
    is_shifting,
)
from console.sandbox.ecs.model import Json
from console.sandbox.registry import AwsError

STRATEGIES = ("ROLLING", *SHIFTING)
LONGEST_BAKE_MIN = 1440
MOST_HOOKS = 10
"""Of each kind a service may have."""
LONGEST_PAUSE_MIN = 20_160
_OF_STRATEGY = {
    "canaryConfiguration": "CANARY",
    "linearConfiguration": "LINEAR",
    "earlySuccessCriteria": "ROLLING",
}
_PERCENT_TYPES = ("BOUNDED_PERCENT", "UNBOUNDED_PERCENT")


def merged(given: Json | None, base: Json | None = None) -> Json:
    """What was given, with the rest taken from ``base``, else AWS's defaults.

    Parts that belong to another strategy than the one chosen are dropped, unless they were given.
    """
    whole: Json = {
        "strategy": "ROLLING",
        "minimumHealthyPercent": 100,
        "maximumPercent": 200,
        "deploymentCircuitBreaker": {"enable": False, "rollback": False},
        "bakeTimeInMinutes": 0,
    }
    whole.update(base or {})
    whole.update(given or {})
    for name, strategy in _OF_STRATEGY.items():
        if strategy != whole["strategy"] and name not in (given or {}):
            whole.pop(name, None)
    if whole["strategy"] == "CANARY":
        whole["canaryConfiguration"] = {**CANARY_DEFAULTS, **(whole.get("canaryConfiguration") or {})}
    if whole["strategy"] == "LINEAR":
        whole["linearConfiguration"] = {**LINEAR_DEFAULTS, **(whole.get("linearConfiguration") or {})}
    return whole


def check(given: Json | None, whole: Json, load_balancers: list[Json]) -> None:
    """Refuse a configuration that AWS refuses.

    Args:
        given: What the request holds.
        whole: The same with defaults, as :func:`merged` makes it.
        load_balancers: Of the service as it will be.

    Raises:
        AwsError: ``InvalidParameterException``.
    """
    _check_strategy(given or {}, whole)
    _check_breaker(whole.get("deploymentCircuitBreaker") or {})
    _check_alarms(whole.get("alarms") or {})
    _check_early_success(whole)
    hooks = whole.get("lifecycleHooks") or []
    if hooks and not is_shifting(whole):
        _refuse("lifecycleHooks are supported for the BLUE_GREEN, CANARY and LINEAR strategies.")
    for hook in hooks:
        _check_hook(hook)
    for kind in ("PAUSE", "AWS_LAMBDA"):
        if sum((hook.get("targetType") or "AWS_LAMBDA") == kind for hook in hooks) > MOST_HOOKS:
            _refuse(f"A service can have at most {MOST_HOOKS} lifecycle hooks of type {kind}.")
    if is_shifting(whole):
        for entry in load_balancers:
            _check_advanced(entry)


def _check_strategy(given: Json, whole: Json) -> None:
    strategy = whole["strategy"]
    if strategy not in STRATEGIES:
        _refuse(f"Invalid deployment strategy: {strategy}")
    for name, owner in _OF_STRATEGY.items():
        if given.get(name) is not None and strategy != owner:
            _refuse(f"{name} is only valid with the {owner} deployment strategy.")
    if given.get("strategy") == "BLUE_GREEN" and given.get("bakeTimeInMinutes") is None:
        _refuse("bakeTimeInMinutes is required for the BLUE_GREEN deployment strategy.")
    _range("bakeTimeInMinutes", whole["bakeTimeInMinutes"], 0, LONGEST_BAKE_MIN)
    canary, linear = whole.get("canaryConfiguration"), whole.get("linearConfiguration")
    if canary:
        _tenths("canaryPercent", canary["canaryPercent"], 0.1)
        _range("canaryBakeTimeInMinutes", canary["canaryBakeTimeInMinutes"], 0, LONGEST_BAKE_MIN)
    if linear:
        _tenths("stepPercent", linear["stepPercent"], 3.0)
        _range("stepBakeTimeInMinutes", linear["stepBakeTimeInMinutes"], 0, LONGEST_BAKE_MIN)


def _check_breaker(breaker: Json) -> None:
    limit = breaker.get("thresholdConfiguration")
    if not limit:
        return
    kind, value = limit.get("type"), int(limit.get("value", 0))
    if kind in _PERCENT_TYPES:
        _range("thresholdConfiguration value", value, 1, 100)
    elif kind != "COUNT":
        _refuse(f"Invalid threshold type: {kind}")
    elif value < 1:
        _refuse("thresholdConfiguration value must be at least 1.")


def _check_alarms(alarms: Json) -> None:
    if alarms.get("enable") and not alarms.get("alarmNames"):
        _refuse("alarmNames must hold at least one alarm when alarms are enabled.")


def _check_early_success(whole: Json) -> None:
    criteria = whole.get("earlySuccessCriteria")
    if not criteria or not criteria.get("enable"):
        return
    percent = criteria.get("healthyPercent", 100)
    _range("healthyPercent", percent, 0, 100)
    if percent < whole["minimumHealthyPercent"]:
        _refuse("healthyPercent must not be lower than minimumHealthyPercent.")
    if criteria.get("sourceServiceRevisionCleanup") not in (None, "BLOCKING", "DEFERRED"):
        _refuse("sourceServiceRevisionCleanup must be BLOCKING or DEFERRED.")


def _check_hook(hook: Json) -> None:
    kind, stages = hook.get("targetType") or "AWS_LAMBDA", hook.get("lifecycleStages") or []
    if not stages:
        _refuse("A lifecycle hook needs at least one lifecycle stage.")
    unknown = [stage for stage in stages if stage not in STAGES]
    if unknown:
        _refuse(f"Invalid lifecycle stage: {unknown[0]}")
    allowed = WITH_PAUSE if kind == "PAUSE" else WITH_HOOKS
    refused = [stage for stage in stages if stage not in allowed]
    if refused:
        _refuse(f"A {kind} lifecycle hook is not supported at the {refused[0]} lifecycle stage.")
    if kind == "PAUSE":
        _check_pause(hook)
    elif kind != "AWS_LAMBDA":
        _refuse(f"Invalid lifecycle hook target type: {kind}")
    elif not hook.get("hookTargetArn") or not hook.get("roleArn"):
        _refuse("hookTargetArn and roleArn are required for an AWS_LAMBDA lifecycle hook.")


def _check_pause(hook: Json) -> None:
    if hook.get("hookTargetArn") or hook.get("roleArn"):
        _refuse("hookTargetArn and roleArn are not supported for a PAUSE lifecycle hook.")
    timeout = hook.get("timeoutConfiguration") or {}
    _range("timeoutInMinutes", timeout.get("timeoutInMinutes", 1440), 1, LONGEST_PAUSE_MIN)
    if timeout.get("action") not in (None, "ROLLBACK", "CONTINUE"):
        _refuse("The timeout action must be ROLLBACK or CONTINUE.")


def _check_advanced(entry: Json) -> None:
    settings = entry.get("advancedConfiguration") or {}
    for name in ("alternateTargetGroupArn", "productionListenerRule", "roleArn"):
        if not settings.get(name):
            _refuse(f"advancedConfiguration.{name} is required for this deployment strategy.")


def _tenths(name: str, value: float, least: float) -> None:
    _range(name, value, least, 100.0)
    if abs(value * 10 - round(value * 10)) > 1e-6:
        _refuse(f"{name} must be a multiple of 0.1.")


def _range(name: str, value: float, least: float, most: float) -> None:
    if not least <= value <= most:
        _refuse(f"{name} must be between {least} and {most}.")


def _refuse(message: str) -> None:
    raise AwsError("InvalidParameterException", message)
