"""The rows of a fleet, made anew only where something has changed."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from console.domain.address import Address
from console.domain.fleet import EnvironmentPicture, FleetSnapshot, ServicePicture
from screens.fleet_facts import changes_at, row_of, state_rank, version_of
from widgets.fleet_row import ServiceRow

CHANGED_S = 2.0
"""How long a new state is shown in reverse."""


@dataclass(slots=True)
class Entry:
    """One service: its picture and what follows from it."""

    picture: ServicePicture
    row: ServiceRow
    place: tuple[int, int, str, str]
    """Where it stands, trouble first."""
    haystack: str
    """What a filter looks in."""
    turns_at: datetime | None
    """When an age in its row says something else; ``None``: at every reading of the clock."""
    reading: bool
    changed_at: datetime | None = None

    @property
    def key(self) -> str:
        return self.row.key


def place_of(picture: ServicePicture) -> tuple[int, int, str, str]:
    """Sort key: trouble, then motion, then the unknown, then calm; production first, then name."""
    address = picture.address
    return state_rank(picture), picture.environment.tier.rank, address.service, address.environment


def haystack_of(picture: ServicePicture) -> str:
    """The words of a row by which a filter finds it."""
    version = version_of(picture)
    address = picture.address
    parts = (str(address), address.service, picture.state.value, version.label if version else "")
    return " ".join(parts).lower()


class FleetBook:
    """Remembers the row of every service.

    A flush replaces few pictures of many: a picture that is the same object as before keeps its row
    until an age in it turns.
    """

    def __init__(self) -> None:
        self._entries: dict[Address, Entry] = {}

    def update(self, snapshot: FleetSnapshot, now: datetime | None) -> tuple[Entry, ...]:
        """The entries of all services, in the snapshot's order."""
        entries = tuple(
            self._entry(picture, whole, now)
            for whole in snapshot.environments.values()
            for picture in whole.services
        )
        self._entries = {entry.picture.address: entry for entry in entries}
        return entries

    def _entry(self, picture: ServicePicture, whole: EnvironmentPicture, now: datetime | None) -> Entry:
        known = self._entries.get(picture.address)
        reading = whole.problem is None
        if (
            known is not None
            and known.picture is picture
            and known.reading is reading
            and not _turns(known, now)
        ):
            return known
        return self._made(picture, known, reading, now)

    def _made(
        self,
        picture: ServicePicture,
        known: Entry | None,
        reading: bool,
        now: datetime | None,
    ) -> Entry:
        changed_at = known.changed_at if known is not None else None
        was_read = known is not None and known.picture.as_of is not None and picture.as_of is not None
        if known is not None and was_read and known.picture.state is not picture.state:
            changed_at = now
        if changed_at is not None and now is not None and (now - changed_at).total_seconds() >= CHANGED_S:
            changed_at = None
        changed = changed_at is not None
        row = row_of(picture, now, changed=changed, reading=reading)
        turns_at = None
        if now is not None and not changed and not row.stale_age:
            turns_at = now + timedelta(seconds=changes_at(picture, now))
        same = known is not None and known.picture is picture
        place = known.place if same and known else place_of(picture)
        haystack = known.haystack if same and known else haystack_of(picture)
        return Entry(picture, row, place, haystack, turns_at, reading, changed_at)


def _turns(entry: Entry, now: datetime | None) -> bool:
    """Whether its row says something else at that time than when it was made."""
    if now is None:
        return False
    return entry.turns_at is None or now >= entry.turns_at


def by_key(entries: Iterable[Entry]) -> dict[str, Entry]:
    """The entries by their rows' keys."""
    return {entry.row.key: entry for entry in entries}
