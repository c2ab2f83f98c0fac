"""Scale-in protection: tasks that neither a smaller service nor a rollout may stop for a while.

Protection is no shield against failed health checks, StopTask, or the loss of what a task runs on
(ECS developer guide, task-scale-in-protection).
"""

from typing import TYPE_CHECKING

from console.sandbox.ecs import scheduler, services
from console.sandbox.ecs.guard import is_protected
from console.sandbox.ecs.model import Json, Service, Task
from console.sandbox.ecs.reading import find_task, limit, missing
from console.sandbox.registry import AwsError, operation

if TYPE_CHECKING:
    from console.sandbox.account import Account
    from console.sandbox.kernel import World

DEFAULT_MINUTES, MOST_MINUTES = 120, 2880
MOST_CHANGED, MOST_READ = 10, 100


@operation("ecs")
def UpdateTaskProtection(account: "Account", params: Json) -> Json:
    """Protect tasks of services, or end it; at most ten, for 1 to 2880 minutes of wall-clock time."""
    owner = services.cluster(account, params)
    limit("tasks", params["tasks"], MOST_CHANGED)
    minutes = params.get("expiresInMinutes") or DEFAULT_MINUTES
    if not 1 <= minutes <= MOST_MINUTES:
        raise AwsError("InvalidParameterException", f"expiresInMinutes must be between 1 and {MOST_MINUTES}.")
    changed: list[Json] = []
    failures: list[Json] = []
    for reference in params["tasks"]:
        found = find_task(owner.keepers, reference)
        problem = _problem(account, found, reference, owner.name, bool(params["protectionEnabled"]))
        if problem or found is None:
            failures.append(problem)
            continue
        service, task = found
        _protect(account, service, task, minutes * 60.0 if params["protectionEnabled"] else 0.0)
        changed.append(_picture(account.world, task))
    return {"protectedTasks": changed, "failures": failures}


@operation("ecs")
def GetTaskProtection(account: "Account", params: Json) -> Json:
    """Of the tasks that are named, else of every task of every service in the cluster."""
    owner = services.cluster(account, params)
    references = params.get("tasks") or []
    limit("tasks", references, MOST_READ)
    if not references:
        every = [task for service in owner.services.values() for task in service.present.values()]
        return {"protectedTasks": [_picture(account.world, task) for task in every], "failures": []}
    shown: list[Json] = []
    failures: list[Json] = []
    for reference in references:
        found = find_task(owner.keepers, reference)
        if found is None or not found[1].service:
            failures.append(_problem(account, found, reference, owner.name, False))
        else:
            shown.append(_picture(account.world, found[1]))
    return {"protectedTasks": shown, "failures": failures}


def _problem(
    account: "Account", found: tuple[Service, Task] | None, reference: str, cluster: str, is_on: bool
) -> Json:
    """An entry of ``failures[]``; empty: none."""
    if found is None:
        return missing(account, reference, f"task/{cluster}")
    service, task = found
    if not task.service or not task.is_alive:
        detail = "The task is not a running task of a service."
        return {"arn": task.arn, "reason": "TASK_NOT_VALID", "detail": detail}
    others = sum(is_protected(account.world, item) for item in service.present.values() if item is not task)
    if is_on and others >= service.desired_count:
        detail = "More tasks would be protected than the service is to have."
        return {"arn": task.arn, "reason": "DEPLOYMENT_BLOCKED", "detail": detail}
    return {}


def _protect(account: "Account", service: Service, task: Task, seconds: float) -> None:
    """For so many wall-clock seconds; when they are over the scheduler looks again."""
    world = account.world
    task.protected_until = world.now() + seconds if seconds else 0.0
    if seconds:
        world.at(task.protected_until, lambda: scheduler.look(account, service))
    else:
        scheduler.wake(account, service, 0.0)


def _picture(world: "World", task: Task) -> Json:
    is_on = is_protected(world, task)
    return {
        "taskArn": task.arn,
        "protectionEnabled": is_on,
        "expirationDate": round(task.protected_until, 3) if is_on else None,
    }
