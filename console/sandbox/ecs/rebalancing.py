"""Availability Zone rebalancing: one task after the other from the fullest zone into the emptiest.

Looks only at services that have reached the steady state; a deployment ends it (ECS developer
guide, service-rebalancing). Services that may not run more tasks than desired are left alone.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from console.sandbox.ecs import events, guard, instances, moving
from console.sandbox.ecs.model import Service
from console.sandbox.ecs.placement import open_subnets

if TYPE_CHECKING:
    from console.sandbox.account import Account

UNABLE = "was unable to AZ Rebalance because the tasks to be moved are under protection."


def check(account: "Account", service: Service) -> bool:
    """Choose the next task to move, if the zones differ by more than one task.

    Returns:
        Whether one was chosen; the scheduler starts its replacement and stops it.
    """
    world = account.world
    if int(service.configuration["maximumPercent"]) <= 100:
        return False
    counts = spread(account, service)
    if len(counts) < 2:
        return False
    fullest = max(counts, key=lambda zone: counts[zone])
    if counts[fullest] - min(counts.values()) <= 1:
        if service.is_unbalanced:
            service.is_unbalanced = False
            events.say(world, service, f"is AZ balanced with {_told(counts)}.")
        return False
    own = [task for task in service.present.values() if task.is_alive and task.zone == fullest]
    free = guard.stoppable(world, own)
    if not free:
        events.say_once(world, service, UNABLE)
        return False
    service.is_unbalanced = True
    events.say(world, service, f"is not AZ balanced with {_told(counts)}. AZ Rebalancing in progress.")
    free[0].moving = moving.REBALANCE
    return True


def end(account: "Account", service: Service) -> None:
    """A deployment begins: what was to be moved stays, for the deployment replaces it anyway."""
    shifting = [task for task in service.present.values() if task.moving == moving.REBALANCE]
    for task in shifting:
        task.moving = ""
    if shifting:
        service.is_unbalanced = False
        events.say(account.world, service, "stopped AZ Rebalancing.")


def spread(account: "Account", service: Service) -> dict[str, int]:
    """Tasks that start or run, by zone, for every zone that takes tasks."""
    alive = [task.zone for task in service.present.values() if task.is_alive]
    if service.launch_type == "EC2":
        fit = instances.fitting(account, service.cluster, service.primary.revision.task_definition)
        zones = dict.fromkeys([*(item.zone for item in fit), *alive])
    else:
        zones = dict.fromkeys(zone for zone, _ in open_subnets(account, service.network))
    return {zone: alive.count(zone) for zone in zones}


def _told(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count} tasks in {zone}" for zone, count in counts.items())
