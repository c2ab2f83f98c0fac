"""Operations of CodeDeploy that create, stop and continue deployments."""

import hashlib
from typing import TYPE_CHECKING

from console.sandbox.codedeploy import appspec, walk
from console.sandbox.codedeploy.model import CONFIGS, Deployment, Json
from console.sandbox.codedeploy.reading import find_deployment, find_group
from console.sandbox.registry import AwsError, operation

if TYPE_CHECKING:
    from console.sandbox.account import Account


@operation("codedeploy")
def CreateDeployment(account: "Account", params: Json) -> Json:
    """Begin a blue/green deployment of an AppSpec.

    Raises:
        AwsError: ``InvalidRevisionException`` for another revision type, a wrong digest or a bad
            AppSpec; ``DeploymentConfigDoesNotExistException``; ``DeploymentLimitExceededException``
            while another one of the group is under way; and what :func:`find_group` raises.
    """
    if params.get("deploymentMode") == "RESTART":
        raise AwsError(
            "UnsupportedActionForDeploymentTypeException",
            "RESTART is not supported on the ECS compute platform.",
        )
    group = find_group(account, params["applicationName"], params.get("deploymentGroupName"))
    content = _content(params.get("revision"))
    appspec.parse(content)
    config = params.get("deploymentConfigName") or group.config
    if config not in CONFIGS:
        raise AwsError(
            "DeploymentConfigDoesNotExistException", f"No deployment configuration found for name: {config}"
        )
    state, now = account.codedeploy, account.world.now()
    active = state.active(group)
    if active is not None:
        raise AwsError(
            "DeploymentLimitExceededException",
            f"The Deployment Group '{group.name}' already has an active Deployment '{active.id}'",
        )
    last = state.last_successful(group)
    own = params.get("autoRollbackConfiguration")
    deployment = Deployment(
        id=state.new_id(),
        group=group,
        content=content,
        config=config,
        created_at=now,
        description=params.get("description") or "",
        previous=last.content if last else "",
        rollback_events=_rollback_events(own) if own else list(group.rollback_events),
        updated_at=now,
    )
    state.deployments[deployment.id] = deployment
    walk.begin(account, deployment)
    return {"deploymentId": deployment.id}


@operation("codedeploy")
def StopDeployment(account: "Account", params: Json) -> Json:
    """Stop one under way; with ``autoRollbackEnabled`` a new deployment takes it back.

    Raises:
        AwsError: ``DeploymentAlreadyCompletedException``, and for a rollback, which cannot be stopped,
            ``UnsupportedActionForDeploymentTypeException``.
    """
    deployment = find_deployment(account, params["deploymentId"])
    if deployment.is_over:
        raise AwsError(
            "DeploymentAlreadyCompletedException", f"The deployment {deployment.id} is already complete."
        )
    if deployment.rolls_back:
        raise AwsError(
            "UnsupportedActionForDeploymentTypeException",
            "A rollback of an ECS deployment cannot be stopped.",
        )
    asked = params.get("autoRollbackEnabled")
    goes_back = bool(deployment.rollback_events) if asked is None else asked
    walk.stop(account, deployment, walk.BY_HAND, goes_back=goes_back)
    return {"status": "Succeeded", "statusMessage": "Deployment was successfully stopped."}


@operation("codedeploy")
def ContinueDeployment(account: "Account", params: Json) -> Json:
    """End a wait: before the traffic moves, or before the old task set is terminated.

    Raises:
        AwsError: ``DeploymentAlreadyCompletedException``; ``DeploymentIsNotInReadyStateException``
            unless it waits for just that.
    """
    deployment = find_deployment(account, params.get("deploymentId") or "")
    kind = params.get("deploymentWaitType") or "READY_WAIT"
    if kind not in ("READY_WAIT", "TERMINATION_WAIT"):
        raise AwsError("InvalidDeploymentWaitTypeException", f"The wait type {kind} is invalid.")
    if deployment.is_over:
        raise AwsError(
            "DeploymentAlreadyCompletedException", f"The deployment {deployment.id} is already complete."
        )
    if deployment.waits_for != kind:
        raise AwsError(
            "DeploymentIsNotInReadyStateException",
            f"The deployment {deployment.id} is not in a state in which it waits for {kind}.",
        )
    walk.go_on(account, deployment)
    return {}


def _content(revision: Json | None) -> str:
    if not revision:
        raise AwsError("RevisionRequiredException", "Revision is required.")
    if revision.get("revisionType") not in (None, "AppSpecContent", "String"):
        raise AwsError(
            "InvalidRevisionException", "For ECS deployments, the revision type must be AppSpecContent."
        )
    given = revision.get("appSpecContent") or revision.get("string") or {}
    content = given.get("content") or ""
    if not content:
        raise AwsError("InvalidRevisionException", "The AppSpec file cannot be empty.")
    digest = hashlib.sha256(content.encode()).hexdigest()
    if given.get("sha256") not in (None, digest):
        raise AwsError("InvalidRevisionException", "The SHA256 hash of the revision content does not match.")
    return str(content)


def _rollback_events(given: Json) -> list[str]:
    return list(given.get("events") or ()) if given.get("enabled") else []
