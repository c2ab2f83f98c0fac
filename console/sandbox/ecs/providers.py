"""Fargate's two capacity providers, and which of them a strategy gives the next task to."""

from typing import TYPE_CHECKING

from console.sandbox.ecs.model import Json, Service, ServiceRevision
from console.sandbox.registry import AwsError

if TYPE_CHECKING:
    from console.sandbox.account import Account

ON_DEMAND, SPOT = "FARGATE", "FARGATE_SPOT"
PROVIDERS = (ON_DEMAND, SPOT)


def provider(service: Service, revision: ServiceRevision) -> str:
    """The provider of the next task: bases are filled first, then weights are kept in proportion.

    Returns:
        Its name; empty without a strategy.
    """
    strategy = revision.capacity_providers
    alive = [task.capacity_provider for task in service.present.values() if task.is_alive]
    for item in strategy:
        if alive.count(item["capacityProvider"]) < int(item.get("base") or 0):
            return str(item["capacityProvider"])
    weighted = [item for item in strategy if int(item.get("weight") or 0) > 0]

    def share(item: Json) -> float:
        return (alive.count(item["capacityProvider"]) - int(item.get("base") or 0)) / int(item["weight"])

    chosen = min(weighted or strategy, key=share if weighted else lambda _: 0.0, default=None)
    return str(chosen["capacityProvider"]) if chosen else ""


def check(params: Json) -> list[Json]:
    """The strategy of a request.

    Raises:
        AwsError: ``InvalidParameterException`` for a launch type beside it, or an unknown provider.
    """
    strategy: list[Json] = params.get("capacityProviderStrategy") or []
    if strategy and params.get("launchType"):
        raise AwsError(
            "InvalidParameterException",
            "Specifying both a launch type and capacity provider strategy is not supported. "
            "Remove one and try again.",
        )
    for item in strategy:
        if item["capacityProvider"] not in PROVIDERS:
            raise AwsError("InvalidParameterException", "The specified capacity provider was not found.")
    if strategy and not any(int(item.get("weight") or 0) for item in strategy):
        raise AwsError(
            "InvalidParameterException",
            "The capacity provider strategy must have at least one capacity provider with a weight above 0.",
        )
    return strategy


def picture(account: "Account", name: str) -> Json:
    """As DescribeCapacityProviders shows it."""
    return {
        "capacityProviderArn": account.arn("ecs", f"capacity-provider/{name}"),
        "name": name,
        "status": "ACTIVE",
        "type": name,
        "tags": [],
    }
