"""The scenes that there are, and how one begins.

A scene is data: fleets, deployments that are under way, orders given and faults begun at the first
moment. From there the world goes its way, the same way for the same seed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from console.errors import SandboxError
from console.sandbox import fleet
from console.sandbox.faults import described
from console.sandbox.registry import HANDLERS
from console.sandbox.scenes import huge
from console.sandbox.world_faults import site

if TYPE_CHECKING:
    from console.sandbox.gateway import Gateway
    from console.sandbox.kernel import World

DEFAULT = "bad-deploy"
Body = Mapping[str, Any]


@dataclass(frozen=True)
class Scene:
    """One beginning."""

    name: str
    meaning: str
    fleets: tuple[str, ...] = ()
    """Which fleets it needs; none: any."""
    only: bool = False
    """Its fleets are all that there are in it, whatever is shipped."""
    begins: Mapping[str, Sequence[Body]] | None = field(default_factory=dict)
    """Fleet -> what is under way, in the form of a fleet's ``[[begin]]``; ``None``: what the fleets say."""
    orders: Sequence[Body] = ()
    """UpdateService calls of the first moment: fleet, environment, service, and the call's own members."""
    wrongs: Sequence[Body] = ()
    """World faults of the first moment, as the control interface takes them."""
    faults: Sequence[Body] = ()
    """API faults of the first moment, likewise."""


_MARKET = {"fleet": "fairtradeworker", "environment": "production", "service": "api"}
_SCANNER = {"fleet": "rugmunch", "environment": "production", "service": "api"}
_NO_BREAKER = {
    "minimumHealthyPercent": 100,
    "maximumPercent": 200,
    "deploymentCircuitBreaker": {"enable": False, "rollback": False},
}

SCENES: dict[str, Scene] = {
    scene.name: scene
    for scene in (
        Scene("calm", "nothing is under way and nothing is wrong"),
        Scene(DEFAULT, "a release that leaks memory is on its way into production", begins=None),
        Scene(
            "canary-going-wrong",
            "the first tenth of the requests goes to a release that fails one in five",
            ("swapjoy",),
            begins={
                "swapjoy": (
                    {
                        "environment": "production",
                        "service": "api",
                        "version": "error-spike",
                        "age": "3m",
                        "goes_on": True,
                    },
                )
            },
        ),
        Scene(
            "flapping",
            "tasks turn healthy and die 90 seconds later, over and over, and no deployment is to blame",
            ("rugmunch",),
            wrongs=(_SCANNER | {"fault": "limping"},),
        ),
        Scene(
            "stuck-pending",
            "a deployment finds no room for its tasks, and nobody guards it with a breaker",
            ("rugmunch",),
            orders=(_SCANNER | {"deploymentConfiguration": _NO_BREAKER, "forceNewDeployment": True},),
            wrongs=(_SCANNER | {"fault": "no-capacity"},),
        ),
        Scene(
            "queue-backlog",
            "more jobs come than the workers can do, and the queue grows until scaling catches up",
            ("rugmunch",),
            wrongs=(_SCANNER | {"service": "worker", "fault": "queue-backlog"},),
        ),
        Scene(
            "az-down",
            "an availability zone has gone, with the tasks in it",
            ("rugmunch",),
            wrongs=(_SCANNER | {"fault": "az-lost"},),
        ),
        Scene(
            "throttled",
            "a bad release, and an API that refuses every call for 20 s and the lists for ten minutes",
            ("fairtradeworker",),
            begins=None,
            faults=(
                {"operation": "*", "error": "ThrottlingException", "duration": 20},
                {"operation": "ecs.ListTasks", "error": "ThrottlingException", "duration": 600},
                {"operation": "cloudwatch.GetMetricData", "error": "ThrottlingException", "duration": 600},
                {"operation": "logs.FilterLogEvents", "error": "ThrottlingException", "duration": 600},
            ),
        ),
        Scene(
            "three-at-once",
            "a bad release, tasks killed for their memory elsewhere, and errors in staging",
            ("fairtradeworker", "rugmunch"),
            begins=None,
            wrongs=(
                _SCANNER | {"fault": "oom"},
                _MARKET | {"environment": "staging", "fault": "5xx-burst"},
            ),
        ),
        Scene("huge", "1,000 services and 5,000 tasks of nobody's", (huge.NAME,), only=True),
    )
}
"""By name: all that there are."""


def scene(name: str) -> Scene:
    """The scene of that name; an empty one means the demo's.

    Raises:
        SandboxError: there is no such scene.
    """
    found = SCENES.get(name or DEFAULT)
    if found is None:
        near = get_close_matches(name, SCENES, 1)
        hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(SCENES)}"
        raise SandboxError(f"there is no scene {name!r}", hint)
    return found


def cast(found: Scene, wanted: Sequence[str]) -> tuple[str, ...]:
    """The fleets of a world that begins with that scene; nothing wanted: the demo's, and what it needs.

    Raises:
        SandboxError: no such fleet, or a wanted selection without one that the scene needs.
    """
    shipped = found.fleets if found.only else fleet.names()
    if fleet.EVERY in wanted:
        wanted = shipped
    for name in wanted:
        if name not in shipped:
            near = get_close_matches(name, shipped, 1)
            hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(shipped)}"
            raise SandboxError(f"there is no fleet {name!r}", hint)
    usual = found.fleets if found.only else (*fleet.DEFAULT, *found.fleets)
    chosen = tuple(dict.fromkeys(wanted or usual))
    for needed in found.fleets:
        if needed not in chosen:
            raise SandboxError(f"the scene {found.name} plays in the fleet {needed}", f"add --fleet {needed}")
    return chosen


def furnish(world: "World", found: Scene, fleets: Sequence[str]) -> None:
    """Load the fleets, with what is under way, and bring the world to its first moment."""
    for name in fleets:
        fleet.load(world, name, None if found.begins is None else found.begins.get(name, ()))
    world.advance()


def begin(gateway: "Gateway", found: Scene) -> None:
    """What happens at the first moment: faults first, so that orders meet them."""
    for body in found.wrongs:
        gateway.world_faults.begin(dict(body))
    for order in found.orders:
        where = {name: str(order[name]) for name in ("fleet", "environment", "service")}
        place = site(gateway.world, zone="", **where)
        members = {name: value for name, value in order.items() if name not in where}
        for service in place.services:
            named = {"cluster": service.cluster, "service": service.name}
            HANDLERS["ecs", "UpdateService"](place.account, named | members)
    for body in found.faults:
        gateway.faults.add(described(dict(body)))
