"""The interruption of Fargate Spot tasks, and the loss of a zone.

An interrupted task is stopped in order, like any other; its service replaces it on Spot, never with
an on-demand one. The tasks of a lost zone are gone at once.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from console.sandbox import conditions
from console.sandbox.ecs import lifecycle, scheduler, timing
from console.sandbox.ecs.model import Service, Task
from console.sandbox.ecs.providers import SPOT

if TYPE_CHECKING:
    from console.sandbox.account import Account

INTERRUPTED = "Your Spot Task was interrupted."
HOST_LOST = "The infrastructure hosting the task became unhealthy."


def interrupt(account: "Account", service: Service, count: int) -> list[Task]:
    """Take so many Spot tasks of a service back, the oldest first.

    Returns:
        Those that were; fewer, if it has fewer on Spot.
    """
    taken = [item for item in service.present.values() if item.is_alive and item.capacity_provider == SPOT]
    taken = taken[:count]
    if taken:
        service.is_steady = False
        lifecycle.stop(account, service, taken, "SpotInterruption", INTERRUPTED)
        if service.deployments:
            scheduler.wake(account, service, timing.NOTICE_STOP_TASK)
    return taken


@conditions.when_set(conditions.ZONE_LOST)
def lose_zone(account: "Account", parameters: Mapping[str, conditions.Value]) -> None:
    """Every task in the zone dies where it stands; the services start others elsewhere.

    AWS documents the stop code InfrastructureHealth, not the reason that goes with it.
    """
    zone = str(parameters["zone"])
    for cluster in account.ecs.clusters.values():
        for keeper in cluster.keepers:
            lost = [task for task in keeper.present.values() if task.is_alive and zone in task.zone]
            for task in lost:
                lifecycle.perish(account, keeper, task, "InfrastructureHealth", HOST_LOST)
            if lost and keeper.deployments:
                keeper.is_steady = False
                scheduler.wake(account, keeper, timing.NOTICE_EXIT)
