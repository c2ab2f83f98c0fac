"""A service's figures over time from CloudWatch: traffic, tasks, queue, database.

Behind one target group old and new cannot be told apart, and everything is service-wide. Where the two
versions stand in target groups of their own (blue/green), each is told beside the other. What the load
balancers answered themselves with 5xx is counted as :mod:`console.aws.balancer_errors` says: the whole
service's, and that of the version which had no healthy target in that minute.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from threading import Lock

from console.aws import series_queries as named
from console.aws.balancer_errors import OWN_5XX, UNROUTED, BalancerRules, OwnErrors, tally
from console.aws.calls import Calls
from console.aws.listener_rules import ListenerRules
from console.aws.metrics import PERIOD_S, Points, Query, read_metrics
from console.aws.series_queries import Around, Key
from console.aws.services import Services
from console.aws.targets import TargetGroups
from console.domain.address import Address
from console.domain.series import Measure, Point, Scope, Scoped, Series
from console.ports import Clock

NAME = "CloudWatch"
_MINUTE = timedelta(seconds=PERIOD_S)
_SOME = 0.1
"""Share of the busiest group's requests under which a group's response times say nothing of the service."""
_NOTHING = "nothing published"
_TRAFFIC = (
    *(Measure.ERRORS, Measure.REQUESTS),
    *named.PERCENTILES,
    *named.CODES,
    *named.HOSTS,
)

Found = Mapping[Key, Points]


@dataclass(frozen=True)
class _Asked:
    """The last answer for one service."""

    minute: datetime
    scoped: Scoped
    since: datetime
    series: tuple[Series, ...]


class CloudWatchSeries:
    """Implements :class:`console.ports.SeriesSource`: one or two calls a minute and service, whoever asks."""

    def __init__(
        self,
        calls: Calls,
        services: Services,
        clock: Clock,
        groups: TargetGroups,
        around: Callable[[Address], Around] = lambda _: Around(),
        rules: BalancerRules | None = None,
    ) -> None:
        self._calls = calls
        self._services = services
        self._clock = clock
        self._groups = groups
        self._around = around
        self._rules = rules or BalancerRules(ListenerRules(calls, clock), groups)
        self._lock = Lock()
        self._last: dict[Address, _Asked] = {}

    @property
    def name(self) -> str:
        return NAME

    def series(self, address: Address, scoped: Scoped, since: datetime) -> tuple[Series, ...]:
        """See :meth:`console.ports.SeriesSource.series`; asked twice in a minute, the same answer."""
        minute = self._clock.now().astimezone(UTC).replace(second=0, microsecond=0)
        with self._lock:
            last = self._last.get(address)
        if last and last.minute == minute and last.scoped == scoped and last.since <= since:
            return last.series
        series = self._read(address, scoped, since, minute)
        with self._lock:
            self._last[address] = _Asked(minute, scoped, since, series)
        return series

    def _read(
        self, address: Address, scoped: Scoped, since: datetime, minute: datetime
    ) -> tuple[Series, ...]:
        status, around = self._services.last(address), self._around(address)
        groups = self._balanced(status.groups)
        queries: dict[Key, Query] = {
            **dict(named.of_traffic(groups)),
            **dict(named.of_tasks(status.cluster, status.name, around)),
            **dict(named.of_around(around)),
        }
        start = since.astimezone(UTC).replace(second=0, microsecond=0)
        found = read_metrics(self._calls, queries, start, minute)
        minutes = _minutes(start, minute)
        at = self._clock.now()
        made = _Maker(found, minutes, at, groups, self._own(found, groups))
        return (
            *(made.traffic(tuple(groups), Scope.SERVICE, "") if groups else ()),
            *_apart(made, scoped, tuple(groups)),
            *made.balancers(groups),
            *made.plain(queries, around),
        )

    def _own(self, found: Found, groups: Mapping[str, Sequence[str]]) -> OwnErrors:
        behind = dict.fromkeys(item for mine in groups.values() for item in mine)
        counted = [
            {item: points for item in behind if (points := found.get(Key(name, item)))}
            for name in (OWN_5XX, UNROUTED)
        ]
        return self._rules.own_errors(tuple(groups), *counted)

    def _balanced(self, groups: Sequence[str]) -> dict[str, tuple[str, ...]]:
        """Target groups behind application load balancers, with those: no others have these metrics."""
        found = self._groups.balancers(groups)
        balanced = {
            group: tuple(item for item in balancers if ":loadbalancer/app/" in item)
            for group, balancers in found.items()
        }
        return {group: balancers for group, balancers in balanced.items() if balancers}


def _apart(made: "_Maker", scoped: Scoped, groups: Sequence[str]) -> Iterator[Series]:
    """New beside old, where each has target groups of its own."""
    new = [group for group in scoped.new_groups if group in groups]
    old = [group for group in scoped.old_groups if group in groups]
    if not new or not old or set(new) & set(old):
        return
    for mine, scope, release in ((new, Scope.NEW, scoped.new), (old, Scope.OLD, scoped.old)):
        yield from made.traffic(mine, scope, release.version.label if release else "")


def _minutes(start: datetime, end: datetime) -> tuple[datetime, ...]:
    """The beginnings of every minute that is over."""
    return tuple(start + number * _MINUTE for number in range(max(0, int((end - start) / _MINUTE))))


@dataclass(frozen=True)
class _Maker:
    """Metrics into series, minute by minute."""

    found: Found
    minutes: Sequence[datetime]
    at: datetime
    behind: Mapping[str, Sequence[str]]
    """Target group -> its load balancers."""
    own: OwnErrors

    def traffic(self, groups: Sequence[str], scope: Scope, version: str) -> Iterator[Series]:
        """The figures of those target groups together."""
        for measure in _TRAFFIC:
            points = tuple(self._point(measure, groups, minute, scope) for minute in self._told())
            counts = measure in (Measure.ERRORS, Measure.REQUESTS)
            note = self.own.note if counts and scope is Scope.SERVICE else ""
            yield self._series(measure, scope, points, version=version, note=note)

    def balancers(self, groups: Mapping[str, Sequence[str]]) -> Iterator[Series]:
        """5xx of the load balancers themselves: nobody was there to answer. Of all that they serve."""
        for balancer in dict.fromkeys(item for mine in groups.values() for item in mine):
            metric = self.found.get(Key(OWN_5XX, balancer), {})
            points = tuple(Point(at + _MINUTE, metric.get(at, 0.0)) for at in self._told()) if metric else ()
            subject = balancer.rsplit("/", 2)[-2]
            if points:
                yield self._series(
                    Measure.CODES_5XX, Scope.SERVICE, points, subject=f"load balancer {subject}"
                )

    def plain(self, queries: Iterable[Key], around: Around) -> Iterator[Series]:
        """Metrics that are figures as they are, and the share of the disk that is used."""
        for key in queries:
            if key.place or key.name in (named.DISK_USED, named.DISK_ROOM):
                continue
            measure = Measure(key.name)
            factor = 60.0 if measure is Measure.DEADLOCKS else 1.0
            found = {at: factor * value for at, value in self.found.get(key, {}).items()}
            yield self._series(measure, Scope.SERVICE, self._levels(found), subject=_subject(measure, around))
        if Key(named.DISK_USED) in set(queries):
            used, room = (self.found.get(Key(name), {}) for name in (named.DISK_USED, named.DISK_ROOM))
            share = {at: 100 * used[at] / room[at] for at in used if room.get(at)}
            yield self._series(Measure.DISK, Scope.SERVICE, self._levels(share))

    def _told(self) -> tuple[datetime, ...]:
        """The minutes up to the newest that was published: those behind it are late, not empty."""
        traffic = (points for key, points in self.found.items() if key.place and points)
        newest = max((max(points) for points in traffic), default=None)
        return tuple(at for at in self.minutes if newest is not None and at <= newest)

    def _levels(self, found: Points) -> tuple[Point, ...]:
        if not found:
            return ()
        return tuple(Point(at + _MINUTE, found.get(at)) for at in self.minutes if at <= max(found))

    def _point(self, measure: Measure, groups: Sequence[str], minute: datetime, scope: Scope) -> Point:
        end = minute + _MINUTE
        if measure in named.HOSTS:
            values = [value for group in groups if (value := self._most(measure, group, minute)) is not None]
            return Point(end, sum(values) if values else None)
        reached = sum(self._of(named.REQUESTS, group, minute) for group in groups)
        errors = sum(self._of(named.ERRORS_5XX, group, minute) for group in groups)
        own = [
            points.get(minute, 0.0) if self._concerns(groups, minute, scope) else 0.0
            for points in (self.own.errors, self.own.unrouted)
        ]
        all_of_it = tally(reached, errors, *own)
        requests = round(all_of_it.requests)
        if not requests:
            return Point(end, None)
        if measure is Measure.REQUESTS:
            return Point(end, all_of_it.requests, requests)
        if measure is Measure.ERRORS:
            return Point(end, min(1.0, all_of_it.errors / all_of_it.requests), requests)
        if measure in named.PERCENTILES:
            return Point(end, self._slowest(measure, groups, minute), round(reached))
        return Point(end, sum(self._of(named.CODES[measure], group, minute) for group in groups), requests)

    def _concerns(self, groups: Sequence[str], minute: datetime, scope: Scope) -> bool:
        """Whether the load balancers' own errors of a minute are of those groups: of one version only where
        it had no healthy target, and the other one had."""
        if scope is Scope.SERVICE:
            return True
        empty = {group for group in self.behind if self._most(Measure.HEALTHY_TARGETS, group, minute) == 0}
        return bool(empty) and empty <= set(groups)

    def _slowest(self, measure: Measure, groups: Sequence[str], minute: datetime) -> float | None:
        """Percentiles of several groups cannot be added: the slowest of those that get some traffic."""
        busy = {group: self._of(named.REQUESTS, group, minute) for group in groups}
        most = max(busy.values(), default=0.0)
        values = [self._most(measure, group, minute) for group in groups if busy[group] >= _SOME * most]
        return max((value for value in values if value is not None), default=None)

    def _of(self, name: str, group: str, minute: datetime) -> float:
        """A count of one group, behind all of its load balancers."""
        return sum(self._each(name, group, minute))

    def _most(self, name: str, group: str, minute: datetime) -> float | None:
        """A level or a percentile of one group: each of its load balancers tells of the same targets."""
        return max(self._each(name, group, minute), default=None)

    def _each(self, name: str, group: str, minute: datetime) -> list[float]:
        found = (self.found.get(Key(name, group, item), {}).get(minute) for item in self.behind[group])
        return [value for value in found if value is not None]

    def _series(
        self,
        measure: Measure,
        scope: Scope,
        points: tuple[Point, ...],
        *,
        version: str = "",
        subject: str = "",
        note: str = "",
    ) -> Series:
        known = any(item.value is not None for item in points)
        return Series(
            measure=measure,
            scope=scope,
            source=NAME,
            period_s=PERIOD_S,
            as_of=self.at,
            points=points if known else (),
            no_data="" if known else _NOTHING,
            version=version,
            subject=subject,
            note=note,
        )


def _subject(measure: Measure, around: Around) -> str:
    if measure in (Measure.QUEUE_DEPTH, Measure.QUEUE_AGE):
        return around.queue
    if measure in (Measure.DB_CONNECTIONS, Measure.REPLICA_LAG, Measure.DEADLOCKS):
        return around.database
    return ""
