"""Where a Fargate task comes to run: the zones in turn, an address of the subnet."""

from typing import TYPE_CHECKING

from console.sandbox.ecs.model import Service, ServiceRevision

if TYPE_CHECKING:
    from console.sandbox.account import Account

_ZONES = "abcdef"


def place(account: "Account", service: Service, revision: ServiceRevision, task: str) -> tuple[str, str, str]:
    """Zone, subnet and private address for a new task: the subnet with the fewest of its tasks."""
    subnets: list[str] = revision.network.get("awsvpcConfiguration", {}).get("subnets") or ["subnet-default"]
    present = [item.subnet for item in service.present.values() if item.is_alive]
    load = [present.count(subnet) for subnet in subnets]
    chosen = load.index(min(load))
    stream = account.world.rng(f"{task}:address")
    while True:
        ip = f"10.{chosen}.{stream.randrange(64)}.{stream.randrange(4, 251)}"
        if ip not in account.ecs.addresses:
            account.ecs.addresses[ip] = task
            return account.region + _ZONES[chosen % len(_ZONES)], subnets[chosen], ip
