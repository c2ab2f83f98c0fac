"""How many bad lines each revision writes: a signal that needs no load balancer.

No line read is *no data*, never zero: a revision that says nothing is not known to be well.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from console.domain.signals import LogLine
from console.logtail.query import SERIOUS
from console.logtail.ring import LogRing

PERIOD = timedelta(minutes=1)
_SECOND = timedelta(seconds=1)
_KEPT_S = 180
"""Seconds of which counts are held: a period, and room for lines that come late."""


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


class ErrorCounter:
    """Counts the lines that come into a ring, by task and second; they may fall off meanwhile.

    A ring may hold less than a period of a busy service, so its lines cannot be counted afterwards.
    """

    def __init__(self, ring: LogRing) -> None:
        self._ring = ring
        self._mark = 0
        self._read_from: datetime | None = None
        """Before that, lines fell off that were not counted."""
        self._counts: dict[int, dict[str, list[int]]] = {}

    def update(self) -> None:
        """Count what came since the last visit, at the cost of that."""
        added = self._ring.since(self._mark)
        self._mark = added.mark
        if added.whole:
            self._counts.clear()
            self._read_from = added.first.at if added.first is not None and added.fell else None
        self._count(added.lines)
        if len(self._counts) > 2 * _KEPT_S:
            for second in sorted(self._counts)[:-_KEPT_S]:
                del self._counts[second]

    def rates(
        self,
        revision_of: Mapping[str, str],
        now: datetime,
        read_from: datetime | None,
        period: timedelta = PERIOD,
    ) -> dict[str, ErrorRate]:
        """The newest period of every revision, to the second.

        Args:
            revision_of: Task id -> revision (or deployment). Revisions without lines are in the answer too.
            now: End of the period.
            read_from: From when on everything has been read; ``None``, or a moment within the period: it is
                not whole, and nothing is known of it.
        """
        end = int(now.timestamp())
        start = datetime.fromtimestamp(end - period.total_seconds(), UTC)
        totals = {revision: [0, 0] for revision in revision_of.values()}
        for second in range(end - round(period.total_seconds()), end):
            for task, counts in self._counts.get(second, {}).items():
                revision = revision_of.get(task)
                if revision is not None:
                    totals[revision][0] += counts[0]
                    totals[revision][1] += counts[1]
        is_whole = read_from is not None and max(read_from, self._read_from or read_from) <= start
        return {
            revision: ErrorRate(
                now, round(period.total_seconds()), lines, errors if lines and is_whole else None
            )
            for revision, (lines, errors) in totals.items()
        }

    def _count(self, lines: Iterable[LogLine]) -> None:
        begin = end = datetime.fromtimestamp(0, UTC)
        second: dict[str, list[int]] = {}
        for line in lines:
            if not begin <= line.at < end:  # many lines in a row are of one second
                number = int(line.at.timestamp())
                begin = datetime.fromtimestamp(number, UTC)
                end = begin + _SECOND
                second = self._counts.setdefault(number, {})
            found = second.get(line.task)
            if found is None:
                found = second[line.task] = [0, 0]
            found[0] += 1
            if line.severity in SERIOUS:
                found[1] += 1
