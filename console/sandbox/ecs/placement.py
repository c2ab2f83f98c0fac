"""Where a task comes to run: the zones in turn, an address of the subnet, on EC2 an instance."""

from typing import TYPE_CHECKING, NamedTuple

from console.sandbox import conditions
from console.sandbox.ecs import instances
from console.sandbox.ecs.model import Json, Service, ServiceRevision

if TYPE_CHECKING:
    from console.sandbox.account import Account

_ZONES = "abcdef"


class Place(NamedTuple):
    """Where one task runs."""

    zone: str
    subnet: str
    ip: str
    instance: str
    """ARN of the container instance; empty on Fargate."""


def subnets(account: "Account", network: Json) -> list[tuple[str, str]]:
    """(zone, subnet) of every subnet of a network configuration."""
    named: list[str] = network.get("awsvpcConfiguration", {}).get("subnets") or ["subnet-default"]
    return [(account.region + _ZONES[at % len(_ZONES)], subnet) for at, subnet in enumerate(named)]


def open_subnets(account: "Account", network: Json) -> list[tuple[str, str]]:
    """Those whose zone is there and takes tasks."""
    return [
        (zone, subnet)
        for zone, subnet in subnets(account, network)
        if not account.conditions.concerns(conditions.ZONE_LOST, "zone", zone)
        and not account.conditions.concerns(conditions.NO_CAPACITY, "zone", zone)
    ]


def place(account: "Account", service: Service, revision: ServiceRevision, task: str) -> Place:
    """A place for a new task: the open subnet with the fewest of the service's tasks."""
    every = subnets(account, revision.network)
    usable = open_subnets(account, revision.network) or every
    instance = instances.best(account, service, revision) if revision.launch_type == "EC2" else None
    if instance is not None:
        usable = [item for item in usable if item[0] == instance.zone] or usable
    present = [item.subnet for item in service.present.values() if item.is_alive and not item.moving]
    chosen = min(usable, key=lambda item: present.count(item[1]))
    zone, subnet = chosen
    number = every.index(chosen)
    stream = account.world.rng(f"{task}:address")
    while True:
        ip = f"10.{number}.{stream.randrange(64)}.{stream.randrange(4, 251)}"
        if ip not in account.ecs.addresses:
            account.ecs.addresses[ip] = task
            return Place(
                zone if instance is None else instance.zone, subnet, ip, instance.arn if instance else ""
            )
