"""From a snapshot to the fleet's rows: what they say, and in which order they stand."""

from collections.abc import Iterable
from datetime import datetime

from console.domain import words
from console.domain.fleet import FleetSnapshot, ServicePicture
from console.domain.service import ServiceState
from console.domain.signals import Figures
from console.watch.cadence import is_stale
from screens.overview import ALL, SHORT_TIERS
from widgets.fleet_row import CountsRow, GapRow, SentenceRow, ServiceRow
from widgets.grid import GridRow

ERRORS_CRITICAL = 0.05
ERRORS_NOTICED = 0.003
"""Below this a share of errors is drawn muted; from it on in plain text."""

_RANK = {
    ServiceState.FAILING: 0,
    ServiceState.STUCK: 0,
    ServiceState.PAUSED: 1,
    ServiceState.WARNING: 1,
    ServiceState.ROLLING_BACK: 2,
    ServiceState.CANARY: 2,
    ServiceState.ROLLING: 2,
    ServiceState.DRAINING: 2,
    ServiceState.UNKNOWN: 3,
    ServiceState.DRAINED: 4,
    ServiceState.STEADY: 4,
}


def place_of(picture: ServicePicture) -> tuple[int, int, str, str]:
    """Sort key: trouble, then motion, then the unknown, then calm; production first, then name."""
    rank = 5 if picture.as_of is None else _RANK[picture.state]
    return rank, picture.environment.tier.rank, picture.address.service, picture.address.environment


def matches(picture: ServicePicture, wanted: str) -> bool:
    """Whether a service is meant by a filter: every word of it is found somewhere in its row."""
    version = picture.release.version.label if picture.release else ""
    parts = (str(picture.address), picture.address.service, picture.state.value, version)
    row = " ".join(parts).lower()
    return all(word in row for word in wanted.lower().split())


def chosen(snapshot: FleetSnapshot, tab: str, wanted: str) -> tuple[ServicePicture, ...]:
    """The services of a tab that match a filter, in order."""
    rows = (row for row in snapshot.services() if tab in (ALL, row.environment.tier.value))
    return tuple(sorted((row for row in rows if matches(row, wanted)), key=place_of))


def in_old_order(pictures: Iterable[ServicePicture], order: Iterable[str]) -> tuple[ServicePicture, ...]:
    """The same services in an order of before; new ones at the end."""
    places = {key: place for place, key in enumerate(order)}
    return tuple(sorted(pictures, key=lambda row: places.get(str(row.address), len(places))))


def row_of(
    picture: ServicePicture, now: datetime | None, *, changed: bool = False, reading: bool = True
) -> ServiceRow:
    """One row. Ages are those at ``now``; without it they are left out.

    Args:
        changed: Its state is new.
        reading: What was not read yet is being read; else it cannot be read.
    """
    status, figures = picture.status, picture.figures
    share = figures.error_share if figures else None
    version = picture.release.version if picture.release else None
    return ServiceRow(
        key=str(picture.address),
        state=picture.state,
        service=picture.address.service,
        environment=picture.address.environment,
        tier=SHORT_TIERS[picture.environment.tier.value][:4],
        version=words.NOTHING if version is None else version.label + ("*" if version.moved else ""),
        tasks=words.NOTHING if status is None else _tasks(status.running, status.desired, status.pending),
        errors=words.NOTHING if share is None else words.percent(share),
        errors_ink=_errors_ink(share, picture),
        p95=_p95(figures),
        age=_since(picture.deployed_at, now, narrow=False),
        age_short=_since(picture.deployed_at, now, narrow=True),
        why=picture.diagnosis.line,
        progress=progress(picture),
        stale_age=_stale_age(picture, now, narrow=False),
        stale_age_short=_stale_age(picture, now, narrow=True),
        reading=reading and picture.as_of is None and not picture.diagnosis.line,
        held=picture.hold is not None,
        changed=changed,
    )


def progress(picture: ServicePicture) -> tuple[int, int] | None:
    """Running tasks of the new release and how many there shall be; ``None`` where nothing moves."""
    status = picture.status
    if status is None or status.primary is None or not status.in_motion:
        return None
    return status.primary.running, status.primary.desired


def _tasks(running: int, desired: int, pending: int) -> str:
    return f"{running}/{desired}" + (f" +{pending}" if pending else "")


def _errors_ink(share: float | None, picture: ServicePicture) -> str:
    if share is None:
        return "muted"
    if share > ERRORS_CRITICAL:
        return "bold critical"
    loud = picture.state.is_trouble or picture.state.is_moving
    return "text" if share >= ERRORS_NOTICED or loud else "muted"


def _p95(figures: Figures | None) -> str:
    return words.latency(figures.p95_s) if figures and figures.p95_s is not None else words.NOTHING


def _since(moment: datetime | None, now: datetime | None, *, narrow: bool) -> str:
    if moment is None or now is None:
        return words.NOTHING
    return words.age((now - moment).total_seconds(), narrow=narrow)


def _stale_age(picture: ServicePicture, now: datetime | None, *, narrow: bool) -> str:
    if now is None or picture.as_of is None or not is_stale(picture, now):
        return ""
    return words.age((now - picture.as_of).total_seconds(), narrow=narrow)


def arranged(rows: tuple[ServiceRow, ...], *, narrow: bool, empty: str) -> tuple[GridRow, ...]:
    """Rows with the air between them: loud ones apart, then the counts, then the calm ones.

    Args:
        rows: In order.
        narrow: At 80 columns there is no blank line between loud rows, and no line of counts.
        empty: What stands in their place when there are none.
    """
    if not rows:
        return (SentenceRow(empty),)
    result: list[GridRow] = []
    counted = False
    for row in rows:
        if not row.is_loud and not counted:
            counted = True
            result.extend(_divider(rows, narrow, bool(result)))
        result.append(row)
        if row.is_loud and not narrow and not counted:
            result.append(GapRow())
    return tuple(result)


def _divider(rows: tuple[ServiceRow, ...], narrow: bool, after_loud: bool) -> tuple[GridRow, ...]:
    if narrow:
        return (GapRow(),) if after_loud else ()
    steady, stale = counts(rows)
    return (CountsRow(steady, stale),) if steady or stale else ()


def counts(rows: Iterable[ServiceRow]) -> tuple[int, int]:
    """How many are steady, and how many of all are stale."""
    seen = tuple(rows)
    fresh = sum(1 for row in seen if row.state is ServiceState.STEADY and not row.stale_age)
    return fresh, sum(1 for row in seen if row.stale_age)
