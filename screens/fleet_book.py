"""The rows of a fleet, made anew only where something has changed."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import zip_longest

from console.domain.address import Address
from console.domain.alerts import NO_ALERTS, Alerting, Alerts
from console.domain.fleet import FleetSnapshot, ServicePicture
from console.domain.impact import Impact, impact
from screens.fleet_facts import changes_at, row_of
from widgets.fleet_row import ServiceRow

CHANGED_S = 2.0
"""How long a new state is shown in reverse."""


@dataclass(slots=True)
class Entry:
    """One service: its picture and what follows from it."""

    picture: ServicePicture
    row: ServiceRow
    place: Impact
    """Where it stands, worst first."""
    haystack: str
    """What a filter looks in."""
    turns_at: datetime | None
    """When an age in its row says something else; ``None``: at every reading of the clock."""
    reading: bool
    changed_at: datetime | None = None
    alert: Alerting | None = None
    key: str = field(init=False)

    def __post_init__(self) -> None:
        self.key = self.row.key


def haystack_of(picture: ServicePicture) -> str:
    """The words of a row by which a filter finds it."""
    version = picture.primary_version
    address = picture.address
    parts = (str(address), address.service, picture.state.value, version.label if version else "")
    return " ".join(parts).lower()


class FleetBook:
    """Remembers the row of every service.

    A flush replaces few pictures of many: a picture that is the same object as before keeps its row
    until an age in it turns.
    """

    def __init__(self) -> None:
        self._entries: tuple[Entry, ...] = ()

    def update(
        self, snapshot: FleetSnapshot, now: datetime | None, alerts: Alerts = NO_ALERTS
    ) -> tuple[Entry, ...]:
        """The entries of all services, in the snapshot's order."""
        entries: list[Entry] = []
        by_address: dict[Address, Entry] | None = None
        for whole in snapshot.environments.values():
            reading = whole.problem is None
            for known, picture in zip_longest(
                self._entries[len(entries) : len(entries) + len(whole.services)], whole.services
            ):
                alert = alerts.of(picture.address) if alerts.found else None
                if known is not None and known.picture is picture and _holds(known, reading, now, alert):
                    entries.append(known)
                    continue
                if known is not None and known.picture.address != picture.address:
                    known = None  # services have come, gone or changed places since
                if known is None:
                    by_address = by_address or {item.picture.address: item for item in self._entries}
                    known = by_address.get(picture.address)
                if known is None or known.picture is not picture or not _holds(known, reading, now, alert):
                    known = self._made(picture, known, reading, now, alert)
                entries.append(known)
        self._entries = tuple(entries)
        return self._entries

    def _made(
        self,
        picture: ServicePicture,
        known: Entry | None,
        reading: bool,
        now: datetime | None,
        alert: Alerting | None,
    ) -> Entry:
        changed_at = known.changed_at if known is not None else None
        was_read = known is not None and known.picture.as_of is not None and picture.as_of is not None
        if known is not None and was_read and known.picture.state is not picture.state:
            changed_at = now
        if changed_at is not None and now is not None and (now - changed_at).total_seconds() >= CHANGED_S:
            changed_at = None
        changed = changed_at is not None
        row = row_of(picture, now, changed=changed, reading=reading, alert=alert)
        turns_at = None
        if now is not None and not changed and not row.stale_age:
            turns_at = now + timedelta(seconds=changes_at(picture, now))
        same = known is not None and known.picture is picture
        place = known.place if same and known and known.alert == alert else impact(picture, alert)
        haystack = known.haystack if same and known else haystack_of(picture)
        return Entry(picture, row, place, haystack, turns_at, reading, changed_at, alert)


def _holds(entry: Entry, reading: bool, now: datetime | None, alert: Alerting | None) -> bool:
    """Whether its row still says what is true of the same picture at that time."""
    if entry.reading is not reading or entry.alert != alert:
        return False
    return now is None or (entry.turns_at is not None and now < entry.turns_at)
