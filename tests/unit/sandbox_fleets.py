"""Worlds of shipped fleets on a clock that tests move, and calls without a wire."""

from typing import Any

import console.sandbox.services  # noqa: F401  (fills the registry)
from console.sandbox import fleet
from console.sandbox.account import Account
from console.sandbox.ecs.model import Service
from console.sandbox.kernel import World
from console.sandbox.registry import HANDLERS
from tests.unit.sandbox_world import START, Hand


class Fleets:
    """A world with some fleets in it, begun at ``START`` unless told otherwise."""

    def __init__(self, *names: str, seed: int = 1, speed: float = 1.0, start: float = START) -> None:
        self.hand = Hand(start)
        self.world = World(seed, speed, self.hand)
        for name in names:
            fleet.load(self.world, name)
        self.world.advance()

    def wait(self, seconds: float) -> None:
        """Let wall-clock time pass in one go."""
        self.hand.at += seconds
        self.world.advance()

    def account(self, name: str) -> Account:
        return next(account for account in self.world.accounts.values() if account.name == name)

    def service(self, name: str) -> Service:
        """A service of any fleet, by its name in ECS."""
        found = [s for account in self.world.accounts.values() for s in account.ecs.services()]
        return next(service for service in found if service.name == name)

    def call(self, fleet: str, service: str, operation: str, /, **params: Any) -> dict[str, Any]:
        """One API call, as the wire layer would hand it over."""
        self.world.advance()
        given = {key: value for key, value in params.items() if value is not None}
        return HANDLERS[service, operation](self.account(fleet), given)
