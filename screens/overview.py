"""What the frame of every screen says about the fleet: tabs, ages of data, problems."""

from collections.abc import Iterable
from datetime import datetime

from console.domain import words
from console.domain.address import Address, Environment, Tier
from console.domain.fleet import EnvironmentPicture, FleetSnapshot, ServicePicture
from console.watch.cadence import SLOW_S, STALE_AFTER
from widgets.header import Access, Budget, Chip, DataAge, HeaderPicture, Tab

ALL = "all"
SHORT_TIERS = {"production": "prod", "staging": "staging", "development": "dev", "local": "local"}


CREDENTIALS_SHORT_S = 1800.0
"""From here on the time left on credentials is said."""


def is_old(picture: EnvironmentPicture, now: datetime) -> bool:
    """Whether an environment should have been read again by now; what was never read is not old."""
    if picture.as_of is None:
        return False
    return (now - picture.as_of).total_seconds() > STALE_AFTER * max(SLOW_S, picture.cadence_s)


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
    return tuple(DataAge(name, _seconds(item.as_of, now), is_old(item, now)) for name, item in oldest.items())


def _moment(picture: EnvironmentPicture, now: datetime) -> float:
    return picture.as_of.timestamp() if picture.as_of else 0.0


def _seconds(as_of: datetime | None, now: datetime) -> float | None:
    return (now - as_of).total_seconds() if as_of else None


def reading_line(snapshot: FleetSnapshot) -> str:
    """What is still being read for the first time: ``reading 5 environments · production 2 of 8``."""
    pictures = [item for item in snapshot.environments.values() if item.problem is None]
    waiting: dict[str, list[ServicePicture]] = {}
    for picture in pictures:
        if picture.waits:
            waiting.setdefault(picture.environment.name, []).extend(picture.services)
    if not waiting:
        return ""
    parts = [f"reading {words.count(len(snapshot.environments), 'environment')}"]
    for name, rows in waiting.items():
        read = sum(1 for row in rows if row.as_of is not None and not row.remembered)
        parts.append(f"{name} {read:,} of {len(rows):,}")
    return " · ".join(parts)


def header_picture(
    snapshot: FleetSnapshot,
    active: str,
    now: datetime | None,
    chips: tuple[Chip, ...],
    pointed: Address | None = None,
    alarms: int = 0,
) -> HeaderPicture:
    """The header of a screen whose place is the tab ``active``; ``pointed`` is the service that is meant,
    ``alarms`` how many services have a critical alert that nobody has seen."""
    return HeaderPicture(
        now=now,
        tabs=tabs(snapshot),
        active=active,
        data=data_ages(snapshot, now) if now else (),
        chips=chips,
        access=access_to(snapshot, pointed, now),
        budget=budget_of(snapshot),
        held=sum(item.held for item in snapshot.environments.values()),
        alarms=alarms_of(snapshot) + alarms,
        is_critical=alarms > 0,
    )


def access_to(snapshot: FleetSnapshot, pointed: Address | None, now: datetime | None) -> Access:
    """Who we are and what we may do where the service stands; without one where all stand, if that is one."""
    pictures = tuple(snapshot.environments.values())
    if pointed is not None:
        key = pointed.place
        pictures = tuple(item for item in pictures if item.environment.key == key)
    places = {_place(item) for item in pictures}
    if len(places) != 1:
        return Access(accounts=len({account for account, _ in places}) or 1)
    picture = next((item for item in pictures if item.identity), pictures[0])
    standing, (account, region) = picture.standing, next(iter(places))
    name = standing.account_name if standing and standing.account_name else words.account_number(account)
    return Access(_role(picture), name, region, _may(picture), _time_left(picture, now))


def _place(picture: EnvironmentPicture) -> tuple[str, str]:
    account = picture.identity.account if picture.identity else picture.environment.account
    return account, picture.environment.region


def _role(picture: EnvironmentPicture) -> str:
    """``on-call/devon``, of a user the name alone."""
    if picture.identity is None:
        return ""
    kind, _, rest = picture.identity.arn.rpartition(":")[2].partition("/")
    return rest if kind == "assumed-role" else picture.identity.session_name


def _may(picture: EnvironmentPicture) -> str:
    if picture.environment.read_only:
        return "read-only"
    may = picture.standing.may_write if picture.standing else None
    return "write ?" if may is None else "write" if may else "read-only"


def _time_left(picture: EnvironmentPicture, now: datetime | None) -> str:
    end = picture.standing.credentials_end if picture.standing else None
    if end is None or now is None:
        return ""
    left = (end - now).total_seconds()
    return words.clock(left) if left < CREDENTIALS_SHORT_S else ""


def budget_of(snapshot: FleetSnapshot) -> Budget | None:
    """The budget that is used most; ``None`` where nothing tells."""
    pictures = [item for item in snapshot.environments.values() if item.budget is not None]
    if not pictures:
        return None
    share = max(item.budget.share for item in pictures if item.budget)
    slowed = [item.cadence_s for item in pictures if item.budget and item.budget.throttled_at]
    if not slowed:
        return Budget(share)
    slowest = max(slowed)
    return Budget(share, f"slowed to {words.age(slowest)}" if slowest > SLOW_S else "throttled")


def alarms_of(snapshot: FleetSnapshot) -> int:
    """Alarms that watch a deployment under way and have gone off."""
    return len(frozenset().union(*(item.alarms for item in snapshot.environments.values())))


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
