"""Task sets: how a service runs whose deployments are CodeDeploy's (controller ``CODE_DEPLOY``).

Such a service has no rollouts of its own. CodeDeploy makes a second task set beside the PRIMARY
one, moves the traffic, makes it PRIMARY and lets the other go; ECS only keeps each set at its size.
A set is kept as one of the service's deployments, so that tasks know it by ``startedBy``.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from console.sandbox.ecs import ids
from console.sandbox.ecs.definitions import usable
from console.sandbox.ecs.model import Deployment, Json, Service, Task
from console.sandbox.ecs.revisions import add_revision
from console.sandbox.registry import AwsError

if TYPE_CHECKING:
    from console.sandbox.account import Account

CONTROLLER = "CODE_DEPLOY"
STABLE, MOVING = "COMPLETED", "IN_PROGRESS"
"""States of a deployment, here for STEADY_STATE and STABILIZING."""
_REFUSED = {
    "taskDefinition": "update task definition",
    "forceNewDeployment": "force a new deployment",
    "networkConfiguration": "update network configuration",
    "platformVersion": "update platform version",
    "loadBalancers": "update load balancers",
}


def is_ours(service: Service) -> bool:
    """Whether CodeDeploy deploys the service."""
    return service.controller == CONTROLLER


def named(service: Service, name: str) -> Deployment | None:
    """The task set of that id, for the prefix of its events; ``None`` for a rollout of ECS's own."""
    if not is_ours(service):
        return None
    return next((item for item in service.deployments if item.id == name), None)


def check_update(service: Service, params: Json) -> None:
    """Refuse what only CodeDeploy may change.

    Raises:
        AwsError: ``InvalidParameterException``, naming the way to do it.
    """
    if not is_ours(service):
        return
    for name, what in _REFUSED.items():
        if params.get(name):
            raise AwsError(
                "InvalidParameterException",
                f"Unable to {what} on services with a CODE_DEPLOY deployment controller. "
                "Use AWS CodeDeploy to trigger a new deployment.",
            )


def create(
    account: "Account",
    service: Service,
    task_definition: str,
    load_balancers: list[Json],
    *,
    network: Json | None = None,
    platform_version: str | None = None,
    is_primary: bool = False,
) -> Deployment:
    """A new set at 100 % of the desired count; the scheduler has to be woken for it.

    Raises:
        AwsError: ``ClientException`` for a task definition that cannot be used.
    """
    now = account.world.now()
    definition = usable(account, task_definition)
    number = ids.deployment_number(account.world, service)
    revision = add_revision(service, number, definition, now)
    revision.load_balancers = load_balancers
    revision.network = network or revision.network
    revision.platform_version = platform_version or revision.platform_version
    status = "PRIMARY" if is_primary else "ACTIVE"
    task_set = Deployment(f"ecs-svc/{number}", revision, now, now, status, MOVING)
    task_set.desired = service.desired_count
    service.deployments.append(task_set)
    service.is_steady = False
    return task_set


def make_primary(account: "Account", service: Service, task_set: Deployment) -> None:
    """Let the service be what this set runs."""
    now = account.world.now()
    for other in service.deployments:
        if other.status == "PRIMARY" and other is not task_set:
            other.status, other.updated_at = "ACTIVE", now
    task_set.status, task_set.updated_at = "PRIMARY", now
    service.network = task_set.revision.network
    service.load_balancers = list(task_set.revision.load_balancers)
    service.platform_version = task_set.revision.platform_version


def drain(account: "Account", task_set: Deployment) -> None:
    """Let the set go; the scheduler has to be woken for it."""
    task_set.is_draining, task_set.updated_at = True, account.world.now()


def is_gone(service: Service, task_set: Deployment) -> bool:
    """Whether the last of its tasks has left."""
    return task_set.is_draining and not service.tasks_of(task_set)


def wanted(service: Service, task_set: Deployment) -> int:
    """How many tasks the set is to have."""
    return 0 if task_set.is_draining else service.desired_count


def surplus(service: Service, task_set: Deployment) -> Iterator[tuple[Task, str]]:
    """Tasks of the set that are to stop, with the reason that they are told."""
    alive = [task for task in service.tasks_of(task_set) if task.is_alive]
    sound = [task for task in alive if not task.condemned]
    yield from ((task, task.condemned) for task in alive if task.condemned)
    extra = max(0, len(sound) - wanted(service, task_set))
    ranked = sorted(sound, key=lambda task: (task.is_healthy, -task.created_at))
    reason = f"Scaling activity initiated by (taskSet {task_set.id})"
    yield from ((task, reason) for task in ranked[:extra])


def missing(account: "Account", service: Service, task_set: Deployment) -> int:
    """How many tasks the set lacks and may start now."""
    if account.world.now() < task_set.throttled_until:
        return 0
    sound = [task for task in service.tasks_of(task_set) if task.is_alive and not task.condemned]
    return max(0, wanted(service, task_set) - len(sound))


def settle(account: "Account", service: Service) -> bool:
    """Say of each set whether it is stable, and forget those that are gone.

    Returns:
        Whether the whole service is steady: one set, at its size, healthy.
    """
    now = account.world.now()
    for task_set in service.deployments:
        if task_set.status == "INACTIVE":
            continue
        if is_gone(service, task_set):
            task_set.status, task_set.updated_at = "INACTIVE", now
            continue
        state = STABLE if _is_full(service, task_set) else MOVING
        if state != task_set.state:
            task_set.state, task_set.updated_at = state, now
            task_set.completed_at = now if state == STABLE else None
    if service.status == "DRAINING" and not service.present:
        service.status = "INACTIVE"
    shown = service.shown
    return len(shown) == 1 and shown[0].state == STABLE and service.status == "ACTIVE"


def picture(service: Service) -> Json:
    """The members of DescribeServices that differ for a service of this controller."""
    return {
        "loadBalancers": _plain(service.load_balancers),
        "deployments": [],
        "taskSets": [_view(service, item) for item in service.shown],
        "deploymentController": {"type": CONTROLLER},
        "currentServiceDeployment": None,
        "currentServiceRevisions": None,
    }


def _plain(load_balancers: list[Json]) -> list[Json]:
    """Entries without the rules, which are CodeDeploy's business."""
    names = ("targetGroupArn", "containerName", "containerPort")
    return [{name: entry[name] for name in names if name in entry} for entry in load_balancers]


def _is_full(service: Service, task_set: Deployment) -> bool:
    present = service.tasks_of(task_set)
    return len(present) == wanted(service, task_set) and all(task.is_healthy for task in present)


def _view(service: Service, item: Deployment) -> Json:
    present, revision = service.tasks_of(item), item.revision
    return {
        "id": item.id,
        "taskSetArn": service.arn.replace(":service/", ":task-set/", 1) + f"/{item.id}",
        "serviceArn": service.arn,
        "clusterArn": service.cluster_arn,
        "startedBy": "CODE_DEPLOY",
        "externalId": item.external_id or None,
        "status": "DRAINING" if item.is_draining else item.status,
        "taskDefinition": revision.task_definition.arn,
        "computedDesiredCount": wanted(service, item),
        "pendingCount": sum(task.is_starting for task in present),
        "runningCount": sum(task.status == "RUNNING" for task in present),
        "createdAt": round(item.created_at, 3),
        "updatedAt": round(item.updated_at, 3),
        "launchType": revision.launch_type,
        "platformVersion": "1.4.0" if revision.platform_version == "LATEST" else revision.platform_version,
        "platformFamily": "Linux",
        "networkConfiguration": revision.network or None,
        "loadBalancers": _plain(revision.load_balancers),
        "serviceRegistries": [],
        "scale": {"value": 0.0 if item.is_draining else 100.0, "unit": "PERCENT"},
        "stabilityStatus": "STEADY_STATE" if item.state == STABLE else "STABILIZING",
        "stabilityStatusAt": round(item.updated_at, 3),
        "tags": [],
    }
