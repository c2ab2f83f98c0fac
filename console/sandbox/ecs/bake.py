"""The end of a rolling deployment: what counts as reached, and how long it is watched before it counts.

A deployment that alarms watch is not complete with its last task, but some minutes later (ECS
developer guide, deployment-alarm-failure). One with early success criteria is complete with enough
of its tasks (early-success-criteria).
"""

from collections.abc import Callable
from math import ceil
from typing import TYPE_CHECKING

from console.sandbox.ecs.model import Json, Service

if TYPE_CHECKING:
    from console.sandbox.kernel import World

DEFAULT_S = 180.0
"""Bake of a watched deployment that names none; published is only that it is under five minutes."""


def is_over(world: "World", service: Service, wake: Callable[[float], None]) -> bool:
    """Whether a deployment that has reached its end has been watched for long enough; begins the watch."""
    rollout = service.rollout
    if rollout is None or rollout.course is not None:
        return True
    if rollout.alarms_status != "MONITORING" or rollout.status != "IN_PROGRESS":
        return True
    length = 60.0 * int(rollout.configuration.get("bakeTimeInMinutes") or 0) or DEFAULT_S
    if rollout.baking_since is None:
        rollout.baking_since = world.now()
        wake(length)
    return world.now() >= rollout.baking_since + world.seconds(length) - 1e-6


def is_early_success(service: Service) -> bool:
    """Enough tasks of the PRIMARY are healthy; unless it is DEFERRED, the older ones have to be gone."""
    rollout = service.rollout
    if rollout is None or rollout.status != "IN_PROGRESS" or rollout.course is not None:
        return False
    settings: Json = rollout.configuration.get("earlySuccessCriteria") or {}
    if not settings.get("enable"):
        return False
    own = [task for task in service.tasks_of(service.primary) if task.is_healthy and task.is_alive]
    percent = int(settings.get("healthyPercent", 100))
    if len(own) < max(1, ceil(percent * service.desired_count / 100)):
        return False
    is_deferred = settings.get("sourceServiceRevisionCleanup") == "DEFERRED"
    return is_deferred or all(task.deployment == service.primary.id for task in service.present.values())
