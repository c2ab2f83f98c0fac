"""Operations of CodeDeploy that read."""

from typing import TYPE_CHECKING

from console.sandbox.codedeploy import views
from console.sandbox.codedeploy.model import Deployment, Group, Json
from console.sandbox.paging import page
from console.sandbox.registry import AwsError, operation

if TYPE_CHECKING:
    from console.sandbox.account import Account

PAGE = 100
MOST_DEPLOYMENTS, MOST_TARGETS = 25, 25
"""Ids a batch call takes (API reference, BatchGetDeployments and BatchGetDeploymentTargets)."""


@operation("codedeploy")
def ListApplications(account: "Account", params: Json) -> Json:
    names, following = page(list(account.codedeploy.applications), params.get("nextToken"), PAGE)
    return {"applications": names, **following}


@operation("codedeploy")
def GetApplication(account: "Account", params: Json) -> Json:
    """It is as old as the oldest of its services."""
    name = params["applicationName"]
    groups = list(_application(account, name).values())
    application = {
        "applicationId": groups[0].id,
        "applicationName": name,
        "createTime": min(group.service.created_at for group in groups),
        "linkedToGitHub": False,
        "computePlatform": "ECS",
    }
    return {"application": application}


@operation("codedeploy")
def ListDeploymentGroups(account: "Account", params: Json) -> Json:
    groups = _application(account, params["applicationName"])
    names, following = page(list(groups), params.get("nextToken"), PAGE)
    return {"applicationName": params["applicationName"], "deploymentGroups": names, **following}


@operation("codedeploy")
def GetDeploymentGroup(account: "Account", params: Json) -> Json:
    group = find_group(account, params["applicationName"], params["deploymentGroupName"])
    return {"deploymentGroupInfo": views.group(account, group)}


@operation("codedeploy")
def ListDeployments(account: "Account", params: Json) -> Json:
    """Ids, newest first: of a group, or of everything; by status and time of creation."""
    found = list(reversed(account.codedeploy.deployments.values()))
    if params.get("applicationName"):
        group = find_group(account, params["applicationName"], params.get("deploymentGroupName"))
        found = [item for item in found if item.group is group]
    statuses, span = params.get("includeOnlyStatuses"), params.get("createTimeRange") or {}
    found = [
        item
        for item in found
        if (not statuses or item.status in statuses)
        and span.get("start", 0.0) <= item.created_at <= span.get("end", float("inf"))
    ]
    shown, following = page([item.id for item in found], params.get("nextToken"), PAGE)
    return {"deployments": shown, **following}


@operation("codedeploy")
def GetDeployment(account: "Account", params: Json) -> Json:
    return {"deploymentInfo": views.deployment(account, find_deployment(account, params["deploymentId"]))}


@operation("codedeploy")
def BatchGetDeployments(account: "Account", params: Json) -> Json:
    """Several by id; those that there are not are left out."""
    ids = params["deploymentIds"]
    _limit(ids, MOST_DEPLOYMENTS)
    known = account.codedeploy.deployments
    return {"deploymentsInfo": [views.deployment(account, known[name]) for name in ids if name in known]}


@operation("codedeploy")
def ListDeploymentTargets(account: "Account", params: Json) -> Json:
    """The one target: ``cluster:service``."""
    deployment = find_deployment(account, params.get("deploymentId") or "")
    return {"targetIds": [views.target_id(deployment)]}


@operation("codedeploy")
def GetDeploymentTarget(account: "Account", params: Json) -> Json:
    deployment = find_deployment(account, params["deploymentId"])
    _check_target(deployment, params["targetId"])
    return {"deploymentTarget": views.target(account, deployment)}


@operation("codedeploy")
def BatchGetDeploymentTargets(account: "Account", params: Json) -> Json:
    deployment = find_deployment(account, params["deploymentId"])
    _limit(params["targetIds"], MOST_TARGETS)
    for name in params["targetIds"]:
        _check_target(deployment, name)
    return {"deploymentTargets": [views.target(account, deployment) for _ in params["targetIds"]]}


def find_deployment(account: "Account", name: str) -> Deployment:
    """By id, or ``DeploymentDoesNotExistException``."""
    found = account.codedeploy.deployments.get(name)
    if found is None:
        raise AwsError("DeploymentDoesNotExistException", f"The deployment {name} could not be found")
    return found


def find_group(account: "Account", application: str, name: str | None) -> Group:
    """By application and name.

    Raises:
        AwsError: ``ApplicationDoesNotExistException``, ``DeploymentGroupNameRequiredException``,
            ``DeploymentGroupDoesNotExistException``.
    """
    groups = _application(account, application)
    if not name:
        raise AwsError("DeploymentGroupNameRequiredException", "Deployment Group name is missing")
    if name not in groups:
        raise AwsError("DeploymentGroupDoesNotExistException", f"No Deployment Group found for name: {name}")
    return groups[name]


def _application(account: "Account", name: str) -> dict[str, Group]:
    found = account.codedeploy.applications.get(name)
    if found is None:
        raise AwsError("ApplicationDoesNotExistException", f"No application found for name: {name}")
    return found


def _check_target(deployment: Deployment, name: str) -> None:
    if name != views.target_id(deployment):
        raise AwsError("DeploymentTargetDoesNotExistException", f"The target {name} does not exist.")


def _limit(ids: list[str], most: int) -> None:
    if len(ids) > most:
        raise AwsError("BatchLimitExceededException", f"At most {most} ids can be given.")
