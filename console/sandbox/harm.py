"""What each world fault does: it begins at once, and what it returns ends it.

A fault sets state and lets the world go its way; nothing here decides what ECS makes of it.
"""

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from os.path import commonprefix
from typing import TYPE_CHECKING

from console.sandbox import conditions, fleet
from console.sandbox.behaviour import behaviour_of
from console.sandbox.conditions import Value
from console.sandbox.ecs import lifecycle
from console.sandbox.ecs.model import Service, Task
from console.sandbox.registry import HANDLERS
from console.sandbox.stress import Load

if TYPE_CHECKING:
    from console.sandbox.account import Account

End = Callable[[], None]


class HarmlessError(ValueError):
    """There is nothing at the site that the fault could strike; the message says what is missing."""


MISSING_TAG = "v0.0.0-nobody-pushed-this"
BURST_ERRORS = 0.3
DOWN_ERRORS = 0.85
DRIFT_SLOWNESS = 4.0
DRIFT_GROWS_S = 600.0
FLOOD = 1200
FLOOD_SURGE = 4.0
"""Jobs that arrive at once, and how many times as many as usual arrive from then on."""
BACKUPS_LOST_S = 3 * 86_400.0
BETWEEN_TASKS = 0.3
"""How much later the next running task turns bad, as a share of what its death takes."""


@dataclass(frozen=True)
class Site:
    """Where a fault strikes."""

    account: "Account"
    environment: str
    services: Sequence[Service]
    zone: str
    """Name of the zone that is lost, or has no room."""


def turn_images(site: Site, behaviour: str) -> End:
    """What the services run now behaves otherwise: running tasks one after the other, new ones at once.

    Another image is not concerned, so that a rollback cures it.
    """
    ends = [_turn_image(site.account, service, behaviour) for service in site.services]
    return lambda: _all(ends)


def _turn_image(account: "Account", service: Service, name: str) -> End:
    revision = service.primary.revision
    digest = revision.digests.get(revision.task_definition.containers[0]["name"], "")
    world, turned, key = account.world, account.stress.turned, (service.arn, digest)
    before, was = turned.get(key), {}
    turned[key] = name
    lag = BETWEEN_TASKS * (behaviour_of(name).dies_after or 0.0)

    def turn(task: Task) -> None:
        if turned.get(key) == name and task.status == "RUNNING":
            was[task.id] = (task, task.behaviour)
            _turn_task(account, service, task, name, lambda: task.id in was)

    running = [task for task in service.present.values() if task.containers[0].digest == digest]
    for index, task in enumerate(running):
        world.after(index * lag, lambda task=task: turn(task))  # type: ignore[misc]

    def end() -> None:
        if before is None:
            turned.pop(key, None)
        else:
            turned[key] = before
        for task, behaviour in was.values():
            if task.status == "RUNNING":
                task.behaviour = behaviour
                account.logs.lives.turn(task, behaviour_of(behaviour))
        was.clear()

    return end


def _turn_task(
    account: "Account", service: Service, task: Task, name: str, does_last: Callable[[], bool]
) -> None:
    behaviour = behaviour_of(name)
    account.logs.lives.turn(task, behaviour)
    if behaviour.dies_after is None:
        task.behaviour = name
        return

    def die() -> None:
        if does_last():
            lifecycle.exit_by_itself(account, service, task, behaviour.exit_code, behaviour.container_reason)

    account.world.after(behaviour.dies_after, die)


def ship_missing_image(site: Site) -> End:
    """Somebody deploys a tag that nobody pushed; only a rollback or another deployment ends that."""
    for service in site.services:
        definition = service.primary.revision.task_definition
        content = copy.deepcopy(definition.content)
        main = content["containerDefinitions"][0]
        registry, slash, path = main["image"].partition("@")[0].rpartition("/")
        main["image"] = f"{registry}{slash}{path.partition(':')[0]}:{MISSING_TAG}"
        registered = HANDLERS["ecs", "RegisterTaskDefinition"](site.account, content)["taskDefinition"]
        order = {"cluster": service.cluster, "service": service.name}
        HANDLERS["ecs", "UpdateService"](
            site.account, order | {"taskDefinition": registered["taskDefinitionArn"]}
        )
    return lambda: None


def strain(site: Site, *, errors: float = 0.0, slowness: float = 1.0, grows_s: float = 0.0) -> End:
    """The services fail, or answer late, for a reason that lies beyond their images."""
    world, loads = site.account.world, site.account.stress.loads
    begun = [
        Load(service.arn, world.now(), errors, slowness, world.seconds(grows_s)) for service in site.services
    ]
    loads.extend(begun)

    def end() -> None:
        for load in begun:
            load.until = world.now()

    return end


def flood_queues(site: Site) -> End:
    """Far more jobs than usual wait in the queues of the services, and more arrive than they can do."""
    arns = [service.arn for service in site.services]
    queues = [queue for queue in site.account.queues if queue.worker in arns]
    if not queues:
        raise HarmlessError(
            f"none of the services works a queue off: {', '.join(s.name for s in site.services)}"
        )
    for queue in queues:
        queue.pour(FLOOD)
        queue.surge(FLOOD_SURGE)

    def end() -> None:
        for queue in queues:
            queue.surge(1)

    return end


def hold(site: Site, name: str, **parameters: Value) -> End:
    """A condition holds in the account."""
    held = site.account.conditions
    held.set(name, **parameters)
    return lambda: held.clear(name)


def deny_secret(site: Site, name: str) -> End:
    """The first secret of the services cannot be had by a task that starts."""
    secrets = [
        str(secret["valueFrom"])
        for service in site.services
        for container in service.primary.revision.task_definition.containers
        for secret in container.get("secrets", ())
    ]
    return hold(site, name, secret=secrets[0] if secrets else "")


def lose_log_group(site: Site) -> End:
    """The log group of the services is gone for tasks that start."""
    container = site.services[0].primary.revision.task_definition.containers[0]
    group = (container.get("logConfiguration") or {}).get("options", {}).get("awslogs-group", "")
    return hold(site, conditions.LOG_GROUP_MISSING, group=group)


def lose_database(site: Site) -> End:
    """Most requests fail, and the checks of what asks the database answer 503."""
    failing = strain(site, errors=DOWN_ERRORS, slowness=DRIFT_SLOWNESS)
    alike = commonprefix([service.name for service in site.services])  # noqa: RUF071 (names, not paths)
    unhealthy = hold(site, conditions.CHECKS_FAIL, service=alike)
    return lambda: _all((failing, unhealthy))


def lose_backups(site: Site) -> End:
    """The automated snapshots of the last days are gone, and no new ones are made."""
    rds = site.account.rds
    if not rds.instances:
        raise HarmlessError(f"{site.account.name} has no database")
    kept = {name: instance.backup_days for name, instance in rds.instances.items()}
    since = site.account.world.now() - BACKUPS_LOST_S
    gone = {
        name: item
        for name, item in rds.snapshots.items()
        if item.kind == "automated" and item.begun_at > since
    }
    for name in gone:
        del rds.snapshots[name]
    for instance in rds.instances.values():
        instance.backup_days = 0

    def end() -> None:
        rds.snapshots.update({name: item for name, item in gone.items() if name not in rds.snapshots})
        for name, days in kept.items():
            if name in rds.instances:
                rds.instances[name].backup_days = days

    return end


def trouble(site: Site, supplier: str, name: str) -> End:
    """A supplier beside AWS fails whoever asks it about the fleet; the last such fault counts."""
    if not fleet.uses(site.account, supplier):
        raise HarmlessError(f"{site.account.name} tells {supplier} nothing")
    troubles = site.account.troubles
    troubles[supplier] = name

    def end() -> None:
        if troubles.get(supplier) == name:
            del troubles[supplier]

    return end


def mislead(site: Site, supplier: str, name: str) -> End:
    """A condition holds that a supplier beside AWS tells of."""
    if not fleet.uses(site.account, supplier):
        raise HarmlessError(f"{site.account.name} tells {supplier} nothing")
    return hold(site, name)


def _all(ends: Sequence[End]) -> None:
    for end in ends:
        end()
