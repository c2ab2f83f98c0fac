"""The fleets that the sandbox ships: one TOML file a system, one account each."""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from console.sandbox.account import Account
from console.sandbox.ecs.model import Service
from console.sandbox.estate import build
from console.sandbox.history import begin
from console.sandbox.outsiders import settings as outsiders
from console.sandbox.scenes import huge

if TYPE_CHECKING:
    from console.sandbox.kernel import World

DEFAULT = ("fairtradeworker", "rugmunch")
"""The fleets of a world for which none was asked."""
EVERY = "all"
"""Asks for every fleet there is."""
_SOAK_S = 30 * 60
_SETTLING_S = 0.5
"""Alarms look back over their figures only when the world answers already: that takes a while."""
_NO_CHECK_HEALTHY_AFTER_S = 40


def names() -> tuple[str, ...]:
    """Every fleet there is."""
    folder = files("console.sandbox").joinpath("fleets")
    return tuple(
        sorted(item.name.removesuffix(".toml") for item in folder.iterdir() if item.name.endswith(".toml"))
    )


def load(world: "World", name: str, begins: Sequence[Mapping[str, Any]] | None = None) -> None:
    """Add a fleet to a world, in an account of its own; before the world is first advanced.

    Args:
        begins: What is under way, in the form of a fleet's ``[[begin]]``; ``None``: what its file says.

    Raises:
        KeyError: there is no such fleet.
    """
    fleet = _read(name)
    account = Account(
        world=world,
        id=fleet["account"],
        access_key=f"AKIASANDBOX{fleet['account'][:9]}",
        region=fleet["region"],
        name=name,
    )
    world.accounts[account.access_key] = account
    world.fleets.append(name)
    build(account, fleet)
    for entry in fleet.get("begin", []) if begins is None else begins:
        environment = fleet["environments"][entry["environment"]]
        service = environment["services"][entry["service"]]
        cluster = account.ecs.clusters[service.get("cluster", environment["cluster"])]
        under_way = cluster.services[service["name"]]
        begin(
            account,
            under_way,
            service["repository"],
            entry["version"],
            entry["age"],
            goes_on=entry.get("goes_on", False),
        )
    world.at(world.now() + _SETTLING_S, account.alarms.settle)


def configuration(world: "World", endpoint: str = "", *, checklists: bool = False) -> dict[str, Any]:
    """The ``systems`` table of the console's configuration for the fleets of a world.

    Durations that the console measures against what tasks do are divided by the world's speed.

    Args:
        endpoint: Where the world is served; without one there are no addresses of health.
        checklists: Whether its teams walk their lists, which hold releases up.
    """
    systems: dict[str, Any] = {}
    for name in world.fleets:
        fleet = _read(name)
        systems[fleet["system"]] = {
            "environments": {
                key: _environment(fleet, table, world.speed, checklists)
                for key, table in fleet["environments"].items()
            }
        }
        for key, table in fleet["environments"].items() if endpoint else ():
            environment = systems[fleet["system"]]["environments"][key]
            environment |= outsiders.of_environment(name, key, fleet, endpoint)
            for alias, service in table["services"].items():
                environment["services"][alias] |= outsiders.of_service(fleet, service)
        for key, table in fleet["environments"].items() if endpoint and "application" in fleet else ():
            settings = systems[fleet["system"]]["environments"][key]["services"]
            for alias, service in table["services"].items():
                if _answers(service):
                    base = f"{endpoint}/_app/{name}/{key}/{alias}"
                    settings[alias]["health"] = f"{base}{_health_path(service)}"
                    if checklists:
                        given = settings[alias].get("checklist_parameters", {})
                        settings[alias]["checklist_parameters"] = {**given, "url": base}
                    if smoke := service.get("smoke"):
                        settings[alias]["smoke"] = {**smoke, "base": f"{base}{smoke.get('base', '')}"}
    return systems


@dataclass(frozen=True)
class Place:
    """Where an application's service runs."""

    account: Account
    cluster: str
    service: str
    application: str
    """Whose routes and words it has."""


def place(world: "World", name: str, environment: str, alias: str) -> Place | None:
    """The service that answers over HTTP under that name or another one of its; ``None``: none does."""
    if name not in world.fleets:
        return None
    fleet = _read(name)
    table = fleet["environments"].get(environment, {"services": {}})
    for known, service in table["services"].items():
        others = service.get("settings", {}).get("also", [])
        if "application" in fleet and alias in (known, *others) and _answers(service):
            account = next(item for item in world.accounts.values() if item.name == name)
            cluster = service.get("cluster", table["cluster"])
            return Place(account, cluster, service["name"], fleet["application"])
    return None


@dataclass(frozen=True)
class ToldPlace:
    """A service of which suppliers beside AWS are told."""

    environment: str
    service: Service
    repository: str
    span: str
    """What its tracer calls requests; empty: it has none."""


def told_places(account: Account) -> Iterator[ToldPlace]:
    """Every service of an account of which a supplier is told."""
    fleet = _read(account.name)
    known = fleet.get("outsiders", {})
    for key, table in fleet["environments"].items() if known else ():
        for service in table["services"].values():
            cluster = account.ecs.clusters[service.get("cluster", table["cluster"])]
            yield ToldPlace(
                key,
                cluster.services[service["name"]],
                service["repository"],
                known.get(outsiders.DATADOG, {}).get("span", ""),
            )


def uses(account: Account, supplier: str) -> bool:
    """Whether an account's fleet tells that supplier anything."""
    return supplier in _read(account.name).get("outsiders", {})


def told(account: Account, supplier: str) -> dict[str, Any]:
    """What an account's fleet says of a supplier that it uses."""
    found: dict[str, Any] = _read(account.name)["outsiders"][supplier]
    return found


def organization(account: Account) -> str:
    """What an account's fleet is called at Sentry."""
    known: dict[str, str] = _read(account.name).get("outsiders", {}).get(outsiders.SENTRY, {})
    return known.get("organization", "")


def _answers(service: dict[str, Any]) -> bool:
    """Whether anybody but its container listens: a worker that nobody checks has no address."""
    return "balancer" in service or "health_check" in service["task"]


def _health_path(service: dict[str, Any]) -> str:
    path: str = service.get("balancer", {}).get("path", "/health")
    return path


def _environment(
    fleet: dict[str, Any], table: dict[str, Any], speed: float, checklists: bool
) -> dict[str, Any]:
    return _settings(table, checklists) | {
        "platform": "ecs",
        "tier": table["tier"],
        "account": fleet["account"],
        "region": fleet["region"],
        "cluster": table["cluster"],
        "services": {
            alias: {
                "service": service["name"],
                "containers": [service["task"]["container"]],
                "soak": f"{_SOAK_S / speed:.3f}s",
                "no_check_healthy_after": f"{_NO_CHECK_HEALTHY_AFTER_S / speed:.3f}s",
            }
            | _first_queue(service)
            | _settings(service, checklists)
            for alias, service in table["services"].items()
        },
    }


_OF_LISTS = ("checklist", "checklist_parameters", "runbooks")


def _settings(table: dict[str, Any], checklists: bool) -> dict[str, Any]:
    """What a fleet's file says for the console as it stands; of lists only where they are walked."""
    found: dict[str, Any] = table.get("settings", {})
    return {key: value for key, value in found.items() if checklists or key not in _OF_LISTS}


def _first_queue(service: dict[str, Any]) -> dict[str, str]:
    queues = service.get("queues")
    return {"queue": queues[0]["name"]} if queues else {}


@cache
def _read(name: str) -> dict[str, Any]:
    if name == huge.NAME:
        return huge.fleet()
    if name not in names():
        raise KeyError(name)
    text = files("console.sandbox").joinpath("fleets", f"{name}.toml").read_text("utf-8")
    fleet = tomllib.loads(text)
    if "same_as" in fleet:
        fleet = _merged(_read(fleet["same_as"]), fleet)
    for environment in fleet["environments"].values():
        for alias, service in environment["services"].items():
            if "like" in service:
                environment["services"][alias] = _merged(fleet["like"][service["like"]], service)
    return fleet


def _merged(base: dict[str, Any], own: dict[str, Any]) -> dict[str, Any]:
    """A table over another one; tables within are merged alike, everything else is replaced."""
    tables = {
        key: _merged(base[key], value)
        for key, value in own.items()
        if isinstance(value, dict) and isinstance(base.get(key), dict)
    }
    return base | own | tables
