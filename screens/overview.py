"""What the frame of every screen says about the fleet: tabs, ages of data, problems."""

from collections.abc import Iterable
from datetime import datetime

from console.domain import words
from console.domain.address import Address, Environment, Tier
from console.domain.fleet import EnvironmentPicture, FleetSnapshot, ServicePicture
from console.watch.cadence import SLOW_S, STALE_AFTER
from widgets.header import Chip, DataAge, HeaderPicture, Tab

ALL = "all"
SHORT_TIERS = {"production": "prod", "staging": "staging", "development": "dev", "local": "local"}


def is_old(as_of: datetime | None, now: datetime) -> bool:
    """Whether an environment that was read then should have been read again by now."""
    return as_of is not None and (now - as_of).total_seconds() > STALE_AFTER * SLOW_S


def unread(environment: Environment, addresses: Iterable[Address]) -> EnvironmentPicture:
    """An environment whose services are configured and not read yet."""
    rows = tuple(ServicePicture(address, environment, None) for address in addresses)
    return EnvironmentPicture(environment, services=rows)


def tabs(snapshot: FleetSnapshot) -> tuple[Tab, ...]:
    """All services, then one tab a tier that has any environment."""
    counts: dict[Tier, int] = {}
    for picture in snapshot.environments.values():
        tier = picture.environment.tier
        counts[tier] = counts.get(tier, 0) + len(picture.services)
    tiers = (Tab(tier.value, SHORT_TIERS[tier.value], counts[tier]) for tier in Tier if tier in counts)
    return (Tab(ALL, ALL, sum(counts.values())), *tiers)


def data_ages(snapshot: FleetSnapshot, now: datetime) -> tuple[DataAge, ...]:
    """The age of the oldest environment of each name; production first."""
    oldest: dict[str, EnvironmentPicture] = {}
    for picture in sorted(snapshot.environments.values(), key=lambda item: item.environment.tier.rank):
        name = picture.environment.name
        known = oldest.get(name)
        if known is None or _moment(picture, now) < _moment(known, now):
            oldest[name] = picture
    return tuple(
        DataAge(name, _seconds(item.as_of, now), is_old(item.as_of, now)) for name, item in oldest.items()
    )


def _moment(picture: EnvironmentPicture, now: datetime) -> float:
    return picture.as_of.timestamp() if picture.as_of else 0.0


def _seconds(as_of: datetime | None, now: datetime) -> float | None:
    return (now - as_of).total_seconds() if as_of else None


def header_picture(
    snapshot: FleetSnapshot, active: str, now: datetime | None, chip: Chip | None
) -> HeaderPicture:
    """The header of a screen whose place is the tab ``active``."""
    pictures = snapshot.environments.values()
    people = {item.identity.session_name: None for item in pictures if item.identity}
    return HeaderPicture(
        now=now,
        tabs=tabs(snapshot),
        active=active,
        data=data_ages(snapshot, now) if now else (),
        chip=chip,
        who=", ".join(people),
        read_only=tuple(item.environment.key for item in pictures if item.environment.read_only),
        held=sum(1 for row in snapshot.services() if row.hold),
    )


def problem_lines(snapshot: FleetSnapshot, now: datetime | None) -> tuple[str, ...]:
    """One line an environment that cannot be read, or one for several with the same reason."""
    groups: dict[tuple[str, str, str], list[EnvironmentPicture]] = {}
    for picture in snapshot.environments.values():
        if picture.problem is not None:
            what = (picture.problem.title, picture.problem.message, picture.problem.remedy)
            groups.setdefault(what, []).append(picture)
    return tuple(_problem_line(what, members, now) for what, members in groups.items())


def _problem_line(what: tuple[str, str, str], members: list[EnvironmentPicture], now: datetime | None) -> str:
    title, message, remedy = what
    since = min(item.problem.since for item in members if item.problem)
    ago = f" {words.age((now - since).total_seconds())} ago" if now else ""
    where = ", ".join(item.environment.key for item in members)
    said = message if title in message.lower() else f"{title}: {message}"
    parts = [f"{where}: {said}{ago}", *([remedy] if remedy else []), "retrying"]
    return " · ".join(parts)
