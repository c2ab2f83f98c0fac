"""The fleet's rows: which are shown, and in which order they stand."""

from collections.abc import Iterable, Sequence
from operator import attrgetter

from console.domain.fleet import ServicePicture
from console.domain.service import ServiceState
from screens.fleet_book import Entry
from screens.overview import ALL
from widgets.fleet_heads import SortBy
from widgets.fleet_row import CountsRow, GapRow, SentenceRow, ServiceRow
from widgets.grid import GridRow


def chosen(entries: Iterable[Entry], tab: str, wanted: str, by: SortBy = SortBy.TROUBLE) -> tuple[Entry, ...]:
    """The services of a tab that match a filter, in order: every word of it is found in their row."""
    parts = wanted.lower().split()
    if tab != ALL:
        entries = (entry for entry in entries if entry.picture.environment.tier.value == tab)
    if parts:
        entries = (entry for entry in entries if all(part in entry.haystack for part in parts))
    return tuple(sorted(entries, key=_TROUBLE if by is SortBy.TROUBLE else _KEYS[by]))


def _name(entry: Entry) -> tuple[object, ...]:
    place = entry.place
    return place.service, place.tier, place.environment


def _environment(entry: Entry) -> tuple[object, ...]:
    place = entry.place
    return place.tier, place.environment, place


def _falling(value: float | None, entry: Entry) -> tuple[object, ...]:
    """The greatest first; what is not known last."""
    return (value is None, -value if value is not None else 0.0, entry.place)


def _errors(entry: Entry) -> tuple[object, ...]:
    figures = entry.picture.worst_figures
    return _falling(figures.error_share if figures else None, entry)


def _p95(entry: Entry) -> tuple[object, ...]:
    figures = entry.picture.figures
    return _falling(figures.p95_s if figures else None, entry)


def _deploy(entry: Entry) -> tuple[object, ...]:
    moment = entry.picture.deployed_at
    return _falling(moment.timestamp() if moment else None, entry)


_TROUBLE = attrgetter("place")
_KEYS = {
    SortBy.NAME: _name,
    SortBy.ENVIRONMENT: _environment,
    SortBy.ERRORS: _errors,
    SortBy.P95: _p95,
    SortBy.DEPLOY: _deploy,
}


def arranged(
    rows: Sequence[ServiceRow], *, narrow: bool, empty: str, apart: bool = True
) -> tuple[GridRow, ...]:
    """Rows with the air between them: loud ones apart, then the unknown, then the counts and the calm ones.

    Args:
        rows: In order.
        narrow: At 80 columns there is no blank line between loud rows, and no line of counts.
        empty: What stands in their place when there are none.
        apart: Trouble stands first; else rows follow each other without air.
    """
    if not rows:
        return (SentenceRow(empty),)
    if not apart:
        return tuple(rows)
    result: list[GridRow] = []
    counted = False
    for row in rows:
        if not (row.is_loud or counted or row.state is ServiceState.UNKNOWN):
            counted = True
            result.extend(_divider(rows, narrow, bool(result)))
        result.append(row)
        if row.is_loud and not narrow and not counted:
            result.append(GapRow())
    return tuple(result)


def _divider(rows: Sequence[ServiceRow], narrow: bool, after_loud: bool) -> tuple[GridRow, ...]:
    if narrow:
        return (GapRow(),) if after_loud else ()
    steady, stale = counts(rows)
    by_counts = any(row.by_counts for row in rows)
    return (CountsRow(steady, stale, by_counts=by_counts),) if steady or stale else ()


def counts(rows: Iterable[ServiceRow]) -> tuple[int, int]:
    """How many are steady, and how many of all are stale."""
    steady = stale = 0
    for row in rows:
        if row.stale_age:
            stale += 1
        elif row.state is ServiceState.STEADY:
            steady += 1
    return steady, stale


def find(entries: Iterable[Entry], key: str | None) -> ServicePicture | None:
    """The service of a row."""
    return next((entry.picture for entry in entries if entry.key == key), None)
