"""Pictures of groups, deployments and their one target, with the member names of the API."""

import hashlib
from typing import TYPE_CHECKING

from console.sandbox.codedeploy import traffic
from console.sandbox.codedeploy.model import Deployment, Group, Json
from console.sandbox.ecs import task_sets
from console.sandbox.ecs.model import Deployment as TaskSet
from console.sandbox.elb.weights import find_rule

if TYPE_CHECKING:
    from console.sandbox.account import Account

STYLE = {"deploymentType": "BLUE_GREEN", "deploymentOption": "WITH_TRAFFIC_CONTROL"}


def group(account: "Account", item: Group) -> Json:
    """``deploymentGroupInfo``."""
    state = account.codedeploy
    last, good = next(state.of(item), None), state.last_successful(item)
    return {
        "applicationName": item.application,
        "deploymentGroupId": item.id,
        "deploymentGroupName": item.name,
        "deploymentConfigName": item.config,
        "ec2TagFilters": [],
        "onPremisesInstanceTagFilters": [],
        "autoScalingGroups": [],
        "serviceRoleArn": f"arn:aws:iam::{account.id}:role/ecsCodeDeployRole",
        "targetRevision": revision(good.content) if good else None,
        "triggerConfigurations": [],
        "autoRollbackConfiguration": _rollback(item.rollback_events),
        "deploymentStyle": STYLE,
        "blueGreenDeploymentConfiguration": _blue_green(item),
        "loadBalancerInfo": _balancing(account, item),
        "lastSuccessfulDeployment": _brief(good),
        "lastAttemptedDeployment": _brief(last),
        "computePlatform": "ECS",
        "ecsServices": [{"serviceName": item.service.name, "clusterName": item.service.cluster}],
    }


def deployment(account: "Account", item: Deployment) -> Json:
    """``deploymentInfo``."""
    owner = item.group
    names = ("Pending", "InProgress", "Succeeded", "Failed", "Skipped", "Ready")
    overview = {name: int(target_status(item) == name) for name in names}
    return {
        "applicationName": owner.application,
        "deploymentGroupName": owner.name,
        "deploymentConfigName": item.config,
        "deploymentId": item.id,
        "previousRevision": revision(item.previous) if item.previous else None,
        "revision": revision(item.content),
        "status": item.status,
        "errorInformation": {"code": item.error[0], "message": item.error[1]} if item.error else None,
        "createTime": item.created_at,
        "startTime": item.started_at,
        "completeTime": item.completed_at,
        "deploymentOverview": overview,
        "description": item.description or None,
        "creator": item.creator,
        "ignoreApplicationStopFailures": False,
        "autoRollbackConfiguration": _rollback(item.rollback_events),
        "updateOutdatedInstancesOnly": False,
        "rollbackInfo": _rollback_info(item),
        "deploymentStyle": STYLE,
        "instanceTerminationWaitTimeStarted": item.waits_for == "TERMINATION_WAIT",
        "blueGreenDeploymentConfiguration": _blue_green(owner),
        "loadBalancerInfo": _balancing(account, owner),
        "fileExistsBehavior": "DISALLOW",
        "deploymentStatusMessages": [],
        "computePlatform": "ECS",
    }


def target(account: "Account", item: Deployment) -> Json:
    """``deploymentTarget``: the ECS service, with its lifecycle events and task sets."""
    service = item.group.service
    sets = [(item.blue, "Blue"), (item.green, "Green")]
    events = [
        {
            "lifecycleEventName": event.name,
            "status": event.status,
            "startTime": event.started_at,
            "endTime": event.ended_at,
        }
        for event in item.events
    ]
    return {
        "deploymentTargetType": "ECSTarget",
        "ecsTarget": {
            "deploymentId": item.id,
            "targetId": target_id(item),
            "targetArn": service.arn,
            "lastUpdatedAt": item.updated_at,
            "lifecycleEvents": events,
            "status": target_status(item),
            "taskSetsInfo": [
                _task_set(account, item, task_set, label)
                for task_set, label in sets
                if task_set is not None and task_set.status != "INACTIVE"
            ],
        },
    }


def target_id(item: Deployment) -> str:
    """``cluster:service``."""
    return f"{item.group.service.cluster}:{item.group.service.name}"


def target_status(item: Deployment) -> str:
    """The status of the one target of a deployment."""
    known = {"Created": "Pending", "Queued": "Pending", "Stopped": "Skipped"}
    return known.get(item.status, item.status)


def revision(content: str) -> Json:
    """A revision of the type AppSpecContent, with its digest."""
    digest = hashlib.sha256(content.encode()).hexdigest()
    return {"revisionType": "AppSpecContent", "appSpecContent": {"content": content, "sha256": digest}}


def _task_set(account: "Account", item: Deployment, task_set: TaskSet, label: str) -> Json:
    service = item.group.service
    present = service.tasks_of(task_set)
    return {
        "identifer": task_set.id,
        "desiredCount": task_sets.wanted(service, task_set),
        "pendingCount": sum(task.is_starting for task in present),
        "runningCount": sum(task.status == "RUNNING" for task in present),
        "status": "DRAINING" if task_set.is_draining else task_set.status,
        "trafficWeight": traffic.share(account, item.group, task_set),
        "targetGroup": {"name": _name(traffic.target_of(task_set))},
        "taskSetLabel": label,
    }


def _rollback_info(item: Deployment) -> Json | None:
    if not item.rollback_message:
        return None
    return {
        "rollbackDeploymentId": item.rolled_back_by or None,
        "rollbackTriggeringDeploymentId": item.rolls_back or None,
        "rollbackMessage": item.rollback_message,
    }


def _blue_green(item: Group) -> Json:
    waits = item.ready_minutes > 0
    return {
        "terminateBlueInstancesOnDeploymentSuccess": {
            "action": "TERMINATE",
            "terminationWaitTimeInMinutes": item.keep_minutes,
        },
        "deploymentReadyOption": {
            "actionOnTimeout": "STOP_DEPLOYMENT" if waits else "CONTINUE_DEPLOYMENT",
            "waitTimeInMinutes": item.ready_minutes,
        },
    }


def _balancing(account: "Account", item: Group) -> Json:
    pair: Json = {
        "targetGroups": [{"name": _name(arn)} for arn in item.groups],
        "prodTrafficRoute": {"listenerArns": _listeners(account, item.production)},
    }
    if item.test:
        pair["testTrafficRoute"] = {"listenerArns": _listeners(account, item.test)}
    return {"targetGroupPairInfoList": [pair]}


def _listeners(account: "Account", rule: str) -> list[str]:
    found = find_rule(account, rule)
    return [found.listener] if found else []


def _rollback(events: list[str]) -> Json:
    return {"enabled": bool(events), "events": events}


def _brief(item: Deployment | None) -> Json | None:
    if item is None:
        return None
    return {
        "deploymentId": item.id,
        "status": item.status,
        "endTime": item.completed_at,
        "createTime": item.created_at,
    }


def _name(arn: str) -> str:
    """The name in a target group's ARN."""
    return arn.split("/")[1]
