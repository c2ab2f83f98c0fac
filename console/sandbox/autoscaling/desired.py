"""Desired counts as Application Auto Scaling sets them, and the activities that tell of it."""

import uuid
from typing import TYPE_CHECKING

from console.sandbox.autoscaling.model import Activity, Json, Target
from console.sandbox.ecs import scheduler, timing
from console.sandbox.ecs.model import Service

if TYPE_CHECKING:
    from console.sandbox.account import Account

KEPT_S = 42 * 86_400.0
"""Activities can be looked up for six weeks."""
_ROLE = "AWSServiceRoleForApplicationAutoScaling_ECSService"
_SESSION = "AutoScaling-UpdateDesiredCapacity"
_LOOK_S = 10.0
_PATIENCE_S = 6 * 3600.0
"""How long a change may take before it counts as unfulfilled."""


class ActivityLog:
    """What was done to the desired counts of one account."""

    def __init__(self, account: "Account") -> None:
        self._account = account
        self.activities: list[Activity] = []
        """Oldest first."""

    def scale(self, resource: str, service: Service, count: int, cause: str) -> Activity:
        """Set a desired count, and follow what becomes of it."""
        activity = self._add(resource, cause, f"Setting desired count to {count}.", count)
        activity.message = (
            f"Successfully set desired count to {count}. Waiting for change to be fulfilled by ecs."
        )
        service.desired_count, service.is_steady = count, False
        self._account.trail.note(
            "ecs",
            "UpdateService",
            {"cluster": service.cluster, "service": service.name, "desiredCount": count},
            user=_SESSION,
            arn=f"arn:aws:sts::{self._account.id}:assumed-role/{_ROLE}/{_SESSION}",
        )
        scheduler.wake(self._account, service, timing.NOTICE_UPDATE)
        self._follow(activity, service)
        return activity

    def refuse(self, resource: str, cause: str, reason: Json) -> None:
        """Note that nothing is done, once for as long as nothing else happens to the target."""
        last = next((item for item in reversed(self.activities) if item.resource == resource), None)
        if last is not None and (last.cause, last.reasons) == (cause, [reason]):
            return
        activity = self._add(resource, cause, "Attempting to scale due to alarm triggered", 0)
        activity.status, activity.ended_at, activity.reasons = "Failed", activity.started_at, [reason]

    def _add(self, resource: str, cause: str, description: str, count: int) -> Activity:
        world = self._account.world
        number = sum(item.resource == resource for item in self.activities)
        rng = world.rng(f"activity:{self._account.id}:{resource}:{number}:{world.now()}")
        name = str(uuid.UUID(int=rng.getrandbits(128), version=4))
        activity = Activity(name, resource, cause, world.now(), description, count)
        self.activities.append(activity)
        while self.activities[0].started_at < world.now() - KEPT_S:
            del self.activities[0]
        return activity

    def _follow(self, activity: Activity, service: Service) -> None:
        """Look every ten seconds whether the service has as many tasks as were wanted."""
        world, count = self._account.world, activity.capacity

        def look() -> None:
            running = sum(task.status == "RUNNING" for task in service.present.values())
            if service.desired_count != count:
                text = f"Found it was later changed to {service.desired_count}."
                self._end(activity, "Overridden", f"Successfully set desired count to {count}. {text}")
            elif running == count == len(service.present):
                text = f"Successfully set desired count to {count}. Change successfully fulfilled by ecs."
                self._end(activity, "Successful", text)
            elif world.now() - activity.started_at > world.seconds(_PATIENCE_S):
                self._end(activity, "Unfulfilled", f"Successfully set desired count to {count}.")
            else:
                world.after(_LOOK_S, look)

        world.after(_LOOK_S, look)

    def _end(self, activity: Activity, status: str, message: str) -> None:
        activity.status, activity.message = status, message
        activity.ended_at = self._account.world.now()


def find_service(account: "Account", target: Target) -> Service | None:
    """The service of a target; it may be gone."""
    cluster = account.ecs.clusters.get(target.cluster)
    return cluster.services.get(target.service) if cluster else None


def is_deploying(service: Service) -> bool:
    """Whether a deployment is under way: scale-in processes are off meanwhile (ECS developer guide)."""
    return service.rollout is not None and not service.rollout.is_over
