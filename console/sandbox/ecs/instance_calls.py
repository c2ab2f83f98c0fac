"""Operations upon container instances: list, describe, drain, and put back into service."""

from typing import TYPE_CHECKING

from console.sandbox.ecs import instances, lifecycle, moving, scheduler, services
from console.sandbox.ecs.model import Cluster, ContainerInstance, Json, Service
from console.sandbox.ecs.reading import limit, missing, page_size
from console.sandbox.paging import page
from console.sandbox.registry import AwsError, operation

if TYPE_CHECKING:
    from console.sandbox.account import Account

MOST_READ, MOST_CHANGED = 100, 10
STATES = ("ACTIVE", "DRAINING")


@operation("ecs")
def ListContainerInstances(account: "Account", params: Json) -> Json:
    """Of a cluster; those of a status, if one is named."""
    owner = services.cluster(account, params)
    status = params.get("status")
    if params.get("filter"):
        raise AwsError("InvalidParameterException", "The sandbox knows no cluster query language.")
    arns = [item.arn for item in owner.instances.values() if status in (None, item.status)]
    shown, following = page(arns, params.get("nextToken"), page_size(params, 100))
    return {"containerInstanceArns": shown, **following}


@operation("ecs")
def DescribeContainerInstances(account: "Account", params: Json) -> Json:
    """At most a hundred, by id or ARN."""
    owner = services.cluster(account, params)
    limit("containerInstances", params["containerInstances"], MOST_READ)
    with_health = "CONTAINER_INSTANCE_HEALTH" in (params.get("include") or ())
    found: list[Json] = []
    failures: list[Json] = []
    for reference in params["containerInstances"]:
        item = instances.instance_of(owner, reference)
        if item is None:
            failures.append(missing(account, reference, f"container-instance/{owner.name}"))
        else:
            found.append(_picture(account, owner, item, with_health))
    return {"containerInstances": found, "failures": failures}


@operation("ecs")
def UpdateContainerInstancesState(account: "Account", params: Json) -> Json:
    """Drain instances, or take them back; at most ten.

    A draining one gets no new tasks. Pending tasks of services stop at once, running ones as the
    services' bounds allow; one-off tasks stay (ECS developer guide, container-instance-draining).
    """
    owner = services.cluster(account, params)
    limit("containerInstances", params["containerInstances"], MOST_CHANGED)
    status = params["status"]
    if status not in STATES:
        raise AwsError(
            "InvalidParameterException", "Container instance status should be one of [ACTIVE,DRAINING]."
        )
    found: list[Json] = []
    failures: list[Json] = []
    for reference in params["containerInstances"]:
        item = instances.instance_of(owner, reference)
        if item is None:
            failures.append(missing(account, reference, f"container-instance/{owner.name}"))
            continue
        if item.status != status:
            _change(account, owner, item, status)
        found.append(_picture(account, owner, item, False))
    return {"containerInstances": found, "failures": failures}


def _change(account: "Account", owner: Cluster, item: ContainerInstance, status: str) -> None:
    item.status, item.version = status, item.version + 1
    if status == "ACTIVE":
        instances.undrain(owner, item)
        return
    for service in instances.drain(account, owner, item):
        _stop_pending(account, service, item)
        scheduler.wake(account, service, 0.0)


def _stop_pending(account: "Account", service: Service, item: ContainerInstance) -> None:
    waiting = [task for task in service.present.values() if task.instance == item.arn and task.is_starting]
    if waiting:
        reason = moving.scaling_reason(service.primary)
        lifecycle.stop(account, service, waiting, "ServiceSchedulerInitiated", reason)


def _picture(account: "Account", owner: Cluster, item: ContainerInstance, with_health: bool) -> Json:
    on_it = instances.tasks_on(owner, item)
    cpu, memory = instances.left(owner, item)
    state = "OK" if item.agent_connected else "IMPAIRED"
    health = {
        "overallStatus": state,
        "details": [
            {"type": "CONTAINER_RUNTIME", "status": state, "lastUpdated": round(account.world.now(), 3)}
        ],
    }
    return {
        "containerInstanceArn": item.arn,
        "ec2InstanceId": item.ec2_id,
        "version": item.version,
        "versionInfo": {"agentVersion": "1.98.0", "dockerVersion": "DockerVersion: 25.0.8"},
        "remainingResources": _resources(cpu, memory),
        "registeredResources": _resources(item.cpu, item.memory),
        "status": item.status,
        "agentConnected": item.agent_connected,
        "runningTasksCount": sum(task.status == "RUNNING" for task in on_it),
        "pendingTasksCount": sum(task.is_starting for task in on_it),
        "attributes": [
            {"name": "ecs.availability-zone", "value": item.zone},
            {"name": "ecs.instance-type", "value": "t3.medium"},
            {"name": "ecs.os-type", "value": "linux"},
            {"name": "ecs.cpu-architecture", "value": "x86_64"},
        ],
        "registeredAt": round(item.registered_at, 3),
        "attachments": [],
        "tags": [],
        "healthStatus": health if with_health else None,
    }


def _resources(cpu: int, memory: int) -> list[Json]:
    return [
        {"name": name, "type": "INTEGER", "integerValue": value, "longValue": 0, "doubleValue": 0.0}
        for name, value in (("CPU", cpu), ("MEMORY", memory))
    ]
