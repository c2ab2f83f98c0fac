"""Whether there is room for one more task, and what ECS says and does when there is none.

A service keeps trying, with ever longer gaps (service-throttle-logic); a RunTask call gets the
reason in ``failures[]`` with HTTP 200.
"""

from typing import TYPE_CHECKING

from console.sandbox import conditions
from console.sandbox.ecs import breaker, events, instances, providers, timing
from console.sandbox.ecs.model import Deployment, Service, ServiceRevision
from console.sandbox.ecs.placement import open_subnets
from console.sandbox.ecs.throttle import postpone

if TYPE_CHECKING:
    from console.sandbox.account import Account

UNAVAILABLE = (
    "Capacity is unavailable at this time. Please try again later or in a different availability zone."
)
QUOTA = "You've reached the limit on the number of tasks you can run concurrently"
NO_INSTANCES = "No Container Instances were found in your cluster."


def refusal(account: "Account", service: Service, revision: ServiceRevision) -> str:
    """Why the next task of a revision cannot be placed; empty: it can."""
    quota = account.conditions.get(conditions.TASK_QUOTA)
    if quota is not None and _on_fargate(account) >= int(quota["limit"]) and revision.launch_type != "EC2":
        return QUOTA
    if revision.launch_type == "EC2":
        if instances.best(account, service, revision) is not None:
            return ""
        return instances.unplaced(account, account.ecs.clusters[service.cluster], revision.task_definition)
    is_scarce = account.conditions.get(conditions.SPOT_SCARCE) is not None
    if is_scarce and providers.provider(service, revision) == providers.SPOT:
        return UNAVAILABLE
    return "" if open_subnets(account, revision.network) else UNAVAILABLE


def refuse(
    account: "Account", service: Service, deployment: Deployment, missing: int, started: int, reason: str
) -> float:
    """Say that tasks could not be placed, count them as failures, and put the next attempt off.

    Args:
        missing: Tasks that could not be placed.
        started: Tasks of the same attempt that could.
        reason: As :func:`refusal` gave it.

    Returns:
        Simulated seconds until the next attempt.
    """
    world = account.world
    text = reason
    if not reason.startswith(instances.UNPLACED):
        text = f"was unable to place a task. Reason: {reason}"
    events.say_once(world, service, text)
    if started and breaker.is_on(service):
        events.say_once(world, service, f"could not launch {missing} tasks for deployment {deployment.id}.")
    gap = timing.NOTICE_CAPACITY
    for _ in range(missing):
        breaker.count_failure(service, deployment)
        gap = max(gap, postpone(world, service, deployment))
    deployment.throttled_until = max(deployment.throttled_until, world.now() + world.seconds(gap))
    return gap


def _on_fargate(account: "Account") -> int:
    """Tasks of the account that count against the quota."""
    return sum(task.is_alive and not task.instance for task in account.ecs.tasks())
