"""Faults of the world by name: what a drill, a test or the console's palette can let go wrong.

Where the faults of :mod:`console.sandbox.faults` make AWS answer wrongly, these make it tell the
truth about something bad.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from console.sandbox import conditions, harm
from console.sandbox.behaviour import BEHAVIOURS
from console.sandbox.fleet import configuration
from console.sandbox.harm import End, Site
from console.sandbox.outsiders import settings as outsiders
from console.sandbox.outsiders.troubles import MEANINGS, SHAPES

if TYPE_CHECKING:
    from console.sandbox.account import Account
    from console.sandbox.ecs.model import Service
    from console.sandbox.kernel import World

LONGEST_S = 30 * 86_400.0
_MEMBERS = ("fault", "fleet", "environment", "service", "zone", "seconds")
_FAVOURITE = "production"
_T = TypeVar("_T")


class WorldFaultError(ValueError):
    """A wish for a fault that cannot be granted; the message is for whoever sent it."""


@dataclass(frozen=True)
class Kind:
    """One thing that can go wrong."""

    name: str
    meaning: str
    begin: Callable[[Site], End]


_BEHAVIOURS = {
    "slow-start": "new tasks take long to become ready",
    "crash": "what runs exits with 1, and so does what replaces it",
    "oom": "what runs is killed for its memory, and so is what replaces it",
    "limping": "what runs is killed for its memory 90 s after it turned healthy, again and again",
    "unhealthy": "what runs fails its health checks",
    "error-spike": "what runs answers one request in five with 5xx",
    "latency-spike": "what runs takes three times as long to answer",
    "slow-leak": "what runs loses memory until it is killed, after 25 minutes",
}
KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        *(
            Kind(name, meaning, partial(harm.turn_images, behaviour=name))
            for name, meaning in _BEHAVIOURS.items()
            if name in BEHAVIOURS
        ),
        Kind("bad-image", "a tag is deployed that nobody pushed", harm.ship_missing_image),
        Kind(
            "secrets-denied",
            "the execution role may not read a secret of tasks that start",
            partial(harm.deny_secret, name=conditions.SECRET_DENIED),
        ),
        Kind(
            "secret-deleted",
            "a secret of tasks that start does not exist",
            partial(harm.deny_secret, name=conditions.SECRET_DELETED),
        ),
        Kind("log-group-missing", "tasks that start cannot write their logs", harm.lose_log_group),
        Kind(
            "no-capacity",
            "there is no room for new tasks; with a zone: in that one",
            lambda site: harm.hold(site, conditions.NO_CAPACITY, zone=site.zone),
        ),
        Kind(
            "subnet-full",
            "no subnet has a free address",
            lambda site: harm.hold(site, conditions.SUBNET_FULL),
        ),
        Kind(
            "az-lost",
            "an availability zone is gone, with the tasks in it",
            lambda site: harm.hold(site, conditions.ZONE_LOST, zone=site.zone or f"{site.account.region}a"),
        ),
        Kind("backups-missing", "nothing has backed the databases up for three days", harm.lose_backups),
        Kind(
            "database-down", "most requests fail, and checks that ask the database do too", harm.lose_database
        ),
        Kind(
            "5xx-burst",
            "three requests in ten fail, whatever image answers",
            lambda site: harm.strain(site, errors=harm.BURST_ERRORS),
        ),
        Kind(
            "queue-backlog",
            "more than a thousand jobs wait in the queues of the services, and four times as many arrive",
            harm.flood_queues,
        ),
        Kind(
            "latency-drift",
            "answers take ever longer, four times as long after ten minutes",
            lambda site: harm.strain(site, slowness=harm.DRIFT_SLOWNESS, grows_s=harm.DRIFT_GROWS_S),
        ),
        *(
            Kind(
                f"{supplier}-{name}",
                f"{title} {meaning}",
                partial(harm.trouble, supplier=supplier, name=name),
            )
            for supplier, title in outsiders.TITLES.items()
            for name, meaning in MEANINGS.items()
            if supplier != outsiders.TELEGRAM or name not in SHAPES
        ),
        *(
            Kind(
                name,
                conditions.KINDS[name].meaning,
                partial(harm.mislead, supplier=supplier, name=name),
            )
            for supplier, name in (
                (outsiders.GITHUB, conditions.TESTS_RED),
                (outsiders.GITHUB, conditions.TESTS_RUNNING),
                (outsiders.TELEGRAM, conditions.WEBHOOK_LOST),
            )
        ),
    )
}
"""By name: all that there are."""


@dataclass(frozen=True)
class Held:
    """One fault that was begun and has not ended."""

    id: int
    kind: Kind
    site: Site
    since: float
    until: float | None
    """Epoch seconds; ``None``: until somebody ends it."""
    end: End

    def as_json(self) -> dict[str, object]:
        """As the control interface shows it."""
        return {
            "id": self.id,
            "fault": self.kind.name,
            "meaning": self.kind.meaning,
            "fleet": self.site.account.name,
            "environment": self.site.environment,
            "services": [service.name for service in self.site.services],
            "since": self.since,
            "until": self.until,
        }


class WorldFaults:
    """What is wrong with one world on somebody's wish."""

    def __init__(self, world: "World") -> None:
        self._world = world
        self._held: dict[int, Held] = {}
        self._begun = 0

    def held(self) -> tuple[Held, ...]:
        """Those that have not ended, in the order of their beginning."""
        return tuple(self._held.values())

    def begin(self, body: Any) -> Held:
        """Begin the fault that a JSON object describes; with ``seconds`` it ends by itself.

        The seconds are the world's, which its speed divides.

        Raises:
            WorldFaultError: with the first thing that is wrong.
        """
        kind, site, seconds = self._wish(body)
        try:
            end = kind.begin(site)
        except harm.HarmlessError as error:
            raise WorldFaultError(str(error)) from error
        self._begun += 1
        number, now = self._begun, self._world.now()
        until = None if seconds is None else now + self._world.seconds(seconds)
        self._held[number] = Held(number, kind, site, now, until, end)
        if seconds is not None:
            self._world.after(seconds, lambda: self.end(number))
        return self._held[number]

    def end(self, number: int) -> bool:
        """End one; whether there was such a one."""
        held = self._held.pop(number, None)
        if held is None:
            return False
        held.end()
        return True

    def clear(self) -> None:
        """End all, the newest first."""
        for number in reversed(tuple(self._held)):
            self.end(number)

    def _wish(self, body: Any) -> tuple[Kind, Site, float | None]:
        if not isinstance(body, dict):
            raise WorldFaultError("a fault is a JSON object")
        if unknown := sorted(set(body) - set(_MEMBERS)):
            raise WorldFaultError(f"unknown member {unknown[0]!r}; a fault has {', '.join(_MEMBERS)}")
        texts = {name: body.get(name) or "" for name in _MEMBERS[:-1]}
        for name, text in texts.items():
            if not isinstance(text, str):
                raise WorldFaultError(f"{name} is a text")
        kind = _picked("fault", texts["fault"], KINDS)
        seconds = body.get("seconds")
        if seconds is not None and not (
            isinstance(seconds, (int, float)) and not isinstance(seconds, bool) and 0 < seconds <= LONGEST_S
        ):
            raise WorldFaultError("seconds is a number above 0, thirty days at most")
        return kind, site(self._world, **{name: texts[name] for name in _MEMBERS[1:5]}), seconds


def site(world: "World", fleet: str, environment: str, service: str, zone: str) -> Site:
    """The place that some names mean; an empty one means the only one, ``production``, or all.

    Raises:
        WorldFaultError: no such place, or several.
    """
    accounts = {account.name: account for account in world.accounts.values()}
    account = _one("fleet", fleet, accounts)
    environments = {
        name: table
        for system in configuration(world).values()
        for name, table in system["environments"].items()
        if table["account"] == account.id
    }
    preferred = environment or (_FAVOURITE if _FAVOURITE in environments else "")
    table = _one("environment", preferred, environments)
    services = {alias: _service(account, table, entry) for alias, entry in table["services"].items()}
    chosen = [_picked("service", service, services)] if service else list(services.values())
    if zone and not zone.startswith(account.region):
        raise WorldFaultError(f"there is no zone {zone!r} in {account.region}")
    key = next(name for name, item in environments.items() if item is table)
    return Site(account, key, chosen, zone)


def _service(account: "Account", table: dict[str, Any], entry: dict[str, Any]) -> "Service":
    cluster = account.ecs.clusters[entry.get("cluster", table["cluster"])]
    return cluster.services[entry["service"]]


def _one(what: str, name: str, known: Mapping[str, _T]) -> _T:
    if not name and len(known) == 1:
        return next(iter(known.values()))
    if not name:
        raise WorldFaultError(f"which {what}? there are {', '.join(known)}")
    return _picked(what, name, known)


def _picked(what: str, name: str, known: Mapping[str, _T]) -> _T:
    if name in known:
        return known[name]
    near = get_close_matches(name, known, 1)
    hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(known)}"
    raise WorldFaultError(f"there is no {what} {name!r} · {hint}")
