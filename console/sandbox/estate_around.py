"""What works beside the services of a fleet: queues, scaling, one-off tasks, CodeDeploy."""

from typing import TYPE_CHECKING, Any

from console.sandbox.age import seconds
from console.sandbox.autoscaling.calls import PutScalingPolicy, RegisterScalableTarget
from console.sandbox.autoscaling.model import DIMENSION, NAMESPACE, STEPS, TRACKING, Policy
from console.sandbox.codedeploy.stock import hand_over
from console.sandbox.ecs.model import Json, Service
from console.sandbox.errands import Errand

if TYPE_CHECKING:
    from console.sandbox.account import Account


def surround(account: "Account", service: Service, table: dict[str, Any], now: float) -> None:
    """Everything beside one service of a fleet file but its alarms; those may name its policies later."""
    since = now - seconds(table["age"])
    for queue in table.get("queues", []):
        account.queues.create_worked(queue["name"], service.arn, queue.get("job", ""), since=since)
    if "scaling" in table:
        _scale(account, service, table["scaling"], since)
    if "code_deploy" in table:
        settings = table["code_deploy"]
        hand_over(
            account,
            service,
            config=settings["config"],
            keep_minutes=settings["keep_min"],
            ready_minutes=settings.get("ready_min", 0),
        )


def policy_of(account: "Account", service: Service) -> Policy:
    """The service's policy with steps, for the alarm that triggers it.

    Raises:
        StopIteration: It has none: an error of the fleet file.
    """
    found = account.scaling.of_target(_resource(service))
    return next(policy for policy in found if policy.kind == STEPS)


def errand(settings: dict[str, Any]) -> Errand:
    """What a one-off task does, out of ``takes_s`` and ``lines`` (when, level, text)."""
    lines = tuple((float(at), str(level), str(text)) for at, level, text in settings["lines"])
    return Errand(dies_after=float(settings["takes_s"]), lines=lines)


def _scale(account: "Account", service: Service, settings: dict[str, Any], since: float) -> None:
    """Bounds, and a policy: ``cpu`` percent to keep to, or the number of tasks to ``add`` on an alarm."""
    resource = _resource(service)
    where: Json = {"ServiceNamespace": NAMESPACE, "ResourceId": resource, "ScalableDimension": DIMENSION}
    bounds = {"MinCapacity": settings["minimum"], "MaxCapacity": settings["maximum"]}
    RegisterScalableTarget(account, where | bounds)
    if "cpu" in settings:
        kind, name = TRACKING, f"{service.name}-cpu"
        policy: Json = {
            "TargetValue": float(settings["cpu"]),
            "PredefinedMetricSpecification": {"PredefinedMetricType": "ECSServiceAverageCPUUtilization"},
            "ScaleOutCooldown": settings["out_s"],
            "ScaleInCooldown": settings["in_s"],
        }
    else:
        kind, name = STEPS, f"{service.name}-queue-depth"
        policy = {
            "AdjustmentType": "ChangeInCapacity",
            "StepAdjustments": [{"MetricIntervalLowerBound": 0.0, "ScalingAdjustment": settings["add"]}],
            "Cooldown": settings["out_s"],
            "MetricAggregationType": "Average",
        }
    PutScalingPolicy(
        account, where | {"PolicyName": name, "PolicyType": kind, f"{kind}PolicyConfiguration": policy}
    )
    account.scaling.targets[resource].created_at = since
    account.scaling.policies[resource, name].created_at = since


def _resource(service: Service) -> str:
    return f"service/{service.cluster}/{service.name}"
