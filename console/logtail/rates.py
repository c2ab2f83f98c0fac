"""How many bad lines each revision writes: a signal that needs no load balancer.

No line read is *no data*, never zero: a revision that says nothing is not known to be well.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from console.domain.signals import LogLine
from console.logtail.query import rank

PERIOD = timedelta(minutes=1)
_ERROR = rank("error")


@dataclass(frozen=True)
class ErrorRate:
    """Lines of one revision over one period."""

    at: datetime
    """End of the period."""
    period_s: int
    lines: int
    errors: int | None
    """Those at error or above; ``None``: nothing was read, so nothing is known."""

    @property
    def per_minute(self) -> float | None:
        """Lines at error or above a minute; ``None`` is no data."""
        return None if self.errors is None else self.errors * 60 / self.period_s


def error_rates(
    lines: Iterable[LogLine],
    revision_of: Mapping[str, str],
    now: datetime,
    read_from: datetime | None,
    period: timedelta = PERIOD,
) -> dict[str, ErrorRate]:
    """The newest period of every revision.

    Args:
        lines: Those that are held; older ones than the period are passed over.
        revision_of: Task id -> revision (or deployment). Revisions without lines are in the answer too.
        now: End of the period.
        read_from: From when on everything has been read; ``None``, or a moment within the period: it is
            not whole, and nothing is known of it.
    """
    start = now - period
    counts = {revision: [0, 0] for revision in revision_of.values()}
    for line in lines:
        revision = revision_of.get(line.task)
        if revision is not None and start <= line.at < now:
            counts[revision][0] += 1
            counts[revision][1] += rank(line.severity) >= _ERROR
    is_whole = read_from is not None and read_from <= start
    return {
        revision: ErrorRate(now, round(period.total_seconds()), total, errors if total and is_whole else None)
        for revision, (total, errors) in counts.items()
    }
