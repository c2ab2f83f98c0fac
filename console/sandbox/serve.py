"""A sandbox as a process of its own: build the world, listen, tell how to reach it, end cleanly."""

import asyncio
import math
import signal
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from console.errors import SandboxError
from console.sandbox import fleet, folder, remote
from console.sandbox.http import Server
from console.sandbox.kernel import World
from console.sandbox.scenes import catalogue
from console.sandbox.wire.models import SERVICES, service_model

UNATTENDED_S = 3600.0
"""A world that nobody has asked anything for this long ends itself."""
_LOOK_S = 5.0


@dataclass(frozen=True)
class Standing:
    """A sandbox that is ready: what its callers need to know."""

    endpoint: str
    region: str
    """Of the first fleet."""
    config: Path
    token: str
    fleets: tuple[str, ...]
    profiles: tuple[str, ...]
    """AWS profiles, one a fleet."""
    aws_config: Path
    aws_credentials: Path


def build(fleets: Sequence[str], seed: int, speed: float, scene: str = "") -> World:
    """A world with the fleets in it, each in an account of its own; no names: those of the demo.

    What happens at the first moment of a scene is the business of :func:`run`.

    Raises:
        SandboxError: no such fleet or scene, or a speed that is none.
    """
    if not (math.isfinite(speed) and speed > 0):
        raise SandboxError(f"speed {speed:g} is not a number above 0")
    found = catalogue.scene(scene)
    chosen = catalogue.cast(found, fleets)
    world = World(seed, speed)
    catalogue.furnish(world, found, chosen)
    return world


def run(
    fleets: Sequence[str],
    port: int,
    seed: int,
    speed: float,
    ready: Callable[[Standing], None],
    unattended_s: float = UNATTENDED_S,
    scene: str = "",
    *,
    checklists: bool = True,
) -> None:
    """Serve until SIGINT, SIGTERM or SIGHUP, or until nobody has asked anything for long.

    Args:
        ready: Told once, when the sandbox listens and its configuration is written.
        scene: How the world begins; empty: as the demo does.
        checklists: Whether the configuration names its teams' lists.

    Raises:
        SandboxError: no such fleet, no such scene, no such speed, no such port, no place to write.
    """
    if not 0 <= port <= 65535:
        raise SandboxError(f"port {port} is not between 0 and 65535")
    server = Server(build(fleets, seed, speed, scene), port)
    catalogue.begin(server.gateway, catalogue.scene(scene))
    asyncio.run(_run(server, ready, unattended_s, checklists))


async def _run(
    server: Server, ready: Callable[[Standing], None], unattended_s: float, checklists: bool
) -> None:
    world = server.world
    await server.open()
    try:
        systems = fleet.configuration(world, server.endpoint, checklists=checklists)
        own = folder.create(world, server.endpoint, systems)
        try:
            ending = asyncio.Event()
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                asyncio.get_running_loop().add_signal_handler(number, ending.set)
            remote.announce(own.path, server.endpoint, server.token)
            ready(_standing(world, server, own))
            await _until(ending, server, unattended_s)
        finally:
            own.remove()
    finally:
        await server.close()


def _standing(world: World, server: Server, own: folder.RunFolder) -> Standing:
    accounts = list(world.accounts.values())
    return Standing(
        endpoint=server.endpoint,
        region=accounts[0].region,
        config=own.config,
        token=server.token,
        fleets=tuple(world.fleets),
        profiles=tuple(account.name for account in accounts),
        aws_config=own.aws_config,
        aws_credentials=own.aws_credentials,
    )


async def _until(ending: asyncio.Event, server: Server, unattended_s: float) -> None:
    """Wait for a signal, or for a long time without requests."""
    for service in SERVICES:  # while the first caller is still starting up itself
        service_model(service.name)
        await asyncio.sleep(0)
    loop = asyncio.get_running_loop()
    seen, since = server.requests, loop.time()
    while loop.time() - since < unattended_s:
        with suppress(TimeoutError):
            await asyncio.wait_for(ending.wait(), min(_LOOK_S, unattended_s))
            return
        if server.requests != seen:
            seen, since = server.requests, loop.time()
