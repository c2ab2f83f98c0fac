"""ContinueServiceDeployment: the answer that a paused deployment waits for."""

from typing import TYPE_CHECKING

from console.sandbox.ecs import scheduler, stages
from console.sandbox.ecs.course import Hook
from console.sandbox.ecs.model import Json, ServiceDeployment
from console.sandbox.ecs.reading import find_service_deployment
from console.sandbox.registry import AwsError, operation

if TYPE_CHECKING:
    from console.sandbox.account import Account

_OUTCOMES = {"CONTINUE": "SUCCEEDED", "ROLLBACK": "FAILED"}


@operation("ecs")
def ContinueServiceDeployment(account: "Account", params: Json) -> Json:
    """Go on after a pause, or go back (ECS developer guide, continue-service-deployment)."""
    arn, action = params["serviceDeploymentArn"], params.get("action") or "CONTINUE"
    found = find_service_deployment(account, arn)
    if found is None:
        raise AwsError("ServiceDeploymentNotFoundException", f"Service deployment {arn} was not found.")
    if action not in _OUTCOMES:
        raise AwsError("InvalidParameterException", f"Invalid action: {action}")
    service, rollout = found
    hook = _waiting(rollout, params["hookId"])
    hook.status = _OUTCOMES[action]
    stages.settle_hook(account, service, rollout, hook, lambda lag: scheduler.wake(account, service, lag))
    return {"serviceDeploymentArn": arn}


def _waiting(rollout: ServiceDeployment, hook_id: str) -> Hook:
    if rollout.course is None:
        raise AwsError("UnsupportedFeatureException", "The service deployment has no PAUSE lifecycle hook.")
    if rollout.status != "IN_PROGRESS":
        raise AwsError(
            "InvalidParameterException",
            f"Service deployment is {rollout.status}; only one that is IN_PROGRESS can be continued.",
        )
    for hook in rollout.course.hooks:
        if hook.id == hook_id and hook.kind == "PAUSE":
            if hook.status != "AWAITING_ACTION":
                raise AwsError("InvalidParameterException", f"Hook {hook_id} does not await an action.")
            return hook
    raise AwsError("InvalidParameterException", f"Hook {hook_id} was not found.")
