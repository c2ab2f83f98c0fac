"""What the log's bars say in words: whose lines these are, how fast they come, why there are none."""

from collections.abc import Iterable
from datetime import UTC, datetime, tzinfo

from console.domain import words
from console.logtail.rates import ErrorCounter
from console.logtail.tail import LogTail
from console.logtail.view import LogView as Lines
from screens.logs_filter import Wanted
from screens.logs_tasks import TaskBook
from widgets.log_bar import LogCounts
from widgets.log_line import PLATFORM

_SOURCES = {"new": "new revision", "old": "old revision", "task": "one task"}
_MOST_RATES = 2
"""Revisions whose errors are said: the new one and the one that leaves."""


def clock_time(moment: datetime, zone: tzinfo | None, form: str = "%H:%M:%S") -> str:
    """A time of day in UTC, or in a zone."""
    return moment.astimezone(zone or UTC).strftime(form)


def counts_of(shown: Lines, tail: LogTail, rates: tuple[tuple[str, float | None], ...]) -> LogCounts:
    """How much there is, and what is missing."""
    ring, severities = shown.ring, shown.severities
    return LogCounts(
        len(ring),
        ring.limit,
        len(shown.lines),
        severities["error"] + severities["fatal"],
        severities["warn"],
        rate=tail.rate,
        dropped=ring.lost,
        sampled=tail.sampled,
        judging=shown.is_behind,
        rates=rates,
    )


def rates_of(
    counter: ErrorCounter, book: TaskBook, now: datetime, read_from: datetime | None
) -> tuple[tuple[str, float | None], ...]:
    """(revision, lines at error or above a minute) of what runs, newest first; ``None``: no data.

    Where two deployments run one revision, *new* and *old* stand for it.
    """
    rates = counter.rates(book.sides, now, read_from)
    return tuple((name, rates[name].per_minute) for name in book.present[:_MOST_RATES] if name in rates)


def whose(
    wanted: Wanted, tail: LogTail, first: datetime, tasks: Iterable[str], zone: tzinfo | None, narrow: bool
) -> str:
    """Whose lines these are, from when on, and in which zone times are.

    Args:
        first: When the oldest line was written.
        tasks: Tasks whose lines are in sight.
    """
    said = _SOURCES.get(wanted.source, "every revision")
    if tail.is_asking:
        said += f" · reading back from {clock_time(tail.oldest or first, zone, '%H:%M')}"
    elif not narrow:
        said += f", {words.count(len(set(tasks)), 'task')} + {PLATFORM} events"
    if zone is not None:
        said += f" · times {zone.tzname(None) or 'local'}"
    return said


def nothing(shown: Lines, tail: LogTail, zone: tzinfo | None, *, fails: bool = False) -> str:
    """What is said where no line stands.

    Args:
        fails: It is said elsewhere why nothing can be read.
    """
    if shown.is_behind:
        return "reading what there is"
    if shown.ring.arrived:
        return "nothing matches · c shows everything again"
    if tail.oldest is None:
        return "nothing could be read yet" if fails else "reading the log"
    return f"no line since {clock_time(tail.oldest, zone, '%H:%M')} · g reads further back"
