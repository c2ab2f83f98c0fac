"""Bad lines a minute, of the service and of each version: a figure that needs no load balancer.

A minute in which a version wrote nothing is *no data*: who says nothing is not known to be well.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from console.domain.address import Address
from console.domain.series import Measure, Point, Scope, Scoped, Series
from console.domain.signals import LogLine
from console.logtail.query import SERIOUS
from console.ports import Clock, LogSource

NAME = "logs"
PERIOD_S = 60
MOST_LINES = 3_000
"""Of one reading; of busier services only the newest minutes are known."""
SETTLED = timedelta(seconds=20)
"""Lines come that late: a minute is told when it has been over for so long."""
_MINUTE = timedelta(seconds=PERIOD_S)
_AGAIN = timedelta(minutes=2)
"""Of what was read, so much is read once more for lines that came late."""


@dataclass
class _Known:
    """What was counted of one service."""

    whole_from: datetime | None = None
    """From then on no line is missing."""
    read_to: datetime | None = None
    minutes: dict[datetime, dict[str, tuple[int, int]]] = field(default_factory=dict)
    """Begin of a minute -> task -> (lines, bad lines)."""


class LogErrors:
    """Implements :class:`console.ports.SeriesSource` with the lines of a service's tasks."""

    def __init__(self, logs: LogSource, clock: Clock) -> None:
        self._logs = logs
        self._clock = clock
        self._known: dict[Address, _Known] = {}

    @property
    def name(self) -> str:
        return NAME

    def series(self, address: Address, scoped: Scoped, since: datetime) -> tuple[Series, ...]:
        """See :meth:`console.ports.SeriesSource.series`."""
        now = self._clock.now().astimezone(UTC)
        known = self._known.setdefault(address, _Known())
        self._read(address, known, _floor(since), now)
        end = _floor(now - SETTLED)
        begin = max(_floor(since), known.whole_from or end)
        minutes = [begin + number * _MINUTE for number in range(max(0, int((end - begin) / _MINUTE)))]
        return tuple(_told(known.minutes, minutes, scoped, now))

    def _read(self, address: Address, known: _Known, since: datetime, now: datetime) -> None:
        start = since if known.read_to is None else max(since, known.read_to - _AGAIN)
        start = _floor(start)
        lines = self._logs.tail(address, start, MOST_LINES)
        # The newest lines of more than there may be: what is whole begins with the next minute.
        whole = start if len(lines) < MOST_LINES else _floor(lines[0].at) + _MINUTE
        for minute in [item for item in known.minutes if item >= whole or item < since]:
            del known.minutes[minute]
        for line in lines:
            if line.at >= whole:
                _count(known.minutes.setdefault(_floor(line.at), {}), line)
        if known.whole_from is None or whole > start:
            known.whole_from = whole
        known.read_to = now


def _floor(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(second=0, microsecond=0)


def _count(tasks: dict[str, tuple[int, int]], line: LogLine) -> None:
    lines, bad = tasks.get(line.task, (0, 0))
    tasks[line.task] = lines + 1, bad + (line.severity in SERIOUS)


def _told(
    counted: Mapping[datetime, Mapping[str, tuple[int, int]]],
    minutes: Iterable[datetime],
    scoped: Scoped,
    now: datetime,
) -> Iterator[Series]:
    at = list(minutes)
    both = set(scoped.revisions.values()) >= {"new", "old"}
    wanted = {Scope.SERVICE: None, **({Scope.NEW: "new", Scope.OLD: "old"} if both else {})}
    for scope, revision in wanted.items():
        points = tuple(
            Point(minute + _MINUTE, _bad(counted.get(minute, {}), scoped.revisions, revision))
            for minute in at
        )
        known = any(item.value is not None for item in points)
        release = scoped.new if scope is Scope.NEW else scoped.old if scope is Scope.OLD else None
        yield Series(
            measure=Measure.LOG_ERRORS,
            scope=scope,
            source=NAME,
            period_s=PERIOD_S,
            as_of=now,
            points=points if known else (),
            no_data="" if known else "no line was read",
            version=release.version.label if release else "",
        )


def _bad(
    tasks: Mapping[str, tuple[int, int]], revisions: Mapping[str, str], revision: str | None
) -> float | None:
    """Bad lines of a minute; ``None`` where nothing was written at all."""
    mine = [counts for task, counts in tasks.items() if revision is None or revisions.get(task) == revision]
    return float(sum(bad for _, bad in mine)) if mine else None
