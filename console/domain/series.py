"""Figures over time, from any source, in one shape.

A point without a value is a gap and stays one: *no data* is never zero, and never healthy.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from console.domain.release import Release

OLD_PERIODS = 2
"""A figure that is older than so many of its periods says its age, wherever it is shown."""


class Measure(StrEnum):
    """What is measured."""

    ERRORS = "errors"
    """Share of requests that failed, from 0 to 1."""
    REQUESTS = "requests"
    """Requests a minute."""
    P50 = "p50"
    """Response time in seconds, as the next two."""
    P95 = "p95"
    P99 = "p99"
    CODES_2XX = "2xx"
    """Answers a minute, as the next two."""
    CODES_4XX = "4xx"
    CODES_5XX = "5xx"
    CPU = "cpu"
    """Per cent of what is reserved, as the next."""
    MEMORY = "memory"
    DISK = "disk"
    """Per cent of the room that there is."""
    NETWORK_IN = "network in"
    """Bytes a second, as the next."""
    NETWORK_OUT = "network out"
    QUEUE_DEPTH = "queue depth"
    """Jobs that wait."""
    QUEUE_AGE = "queue age"
    """Seconds that the oldest job has waited."""
    LOG_ERRORS = "log errors"
    """Lines at error or above a minute."""
    ERROR_EVENTS = "error events"
    """Errors a minute that a program reported of itself, where nothing tells of how many requests."""
    NEW_ISSUES = "new issues"
    """Issues that were never seen before the deploy."""
    HEALTHY_TARGETS = "healthy targets"
    UNHEALTHY_TARGETS = "unhealthy targets"
    HEALTH = "health"
    """1: the service says that it is well; 0: that it is not; between: some of its answers do."""
    DEPENDENCY = "dependency"
    """1: what the service needs is well; 0: it is not; between: some tasks find it so. ``subject`` names
    it: database, cache."""
    DB_CONNECTIONS = "database connections"
    REPLICA_LAG = "replication lag"
    """Seconds."""
    DEADLOCKS = "deadlocks"
    """A minute."""

    @property
    def unit(self) -> str:
        """What its values are counted in: ``share``, ``s``, ``%``, ``B/s``, ``/min``; empty: a number."""
        return _UNITS.get(self, "")

    @property
    def is_share(self) -> bool:
        """A value is so many of a number of requests: periods are added up, not averaged."""
        return self is Measure.ERRORS

    @property
    def is_state(self) -> bool:
        """A value is 1 for well and 0 for not, or the share of answers that are well."""
        return self in (Measure.HEALTH, Measure.DEPENDENCY)


_UNITS = {
    Measure.ERRORS: "share",
    **dict.fromkeys((Measure.P50, Measure.P95, Measure.P99, Measure.QUEUE_AGE, Measure.REPLICA_LAG), "s"),
    **dict.fromkeys((Measure.CPU, Measure.MEMORY, Measure.DISK), "%"),
    **dict.fromkeys((Measure.NETWORK_IN, Measure.NETWORK_OUT), "B/s"),
    **dict.fromkeys(
        (
            Measure.REQUESTS,
            Measure.CODES_2XX,
            Measure.CODES_4XX,
            Measure.CODES_5XX,
            Measure.LOG_ERRORS,
            Measure.ERROR_EVENTS,
            Measure.DEADLOCKS,
        ),
        "/min",
    ),
}


class Scope(StrEnum):
    """Whose figures they are."""

    SERVICE = "service-wide"
    """Of old and new together: the source cannot tell them apart."""
    NEW = "new"
    OLD = "old"


@dataclass(frozen=True, slots=True)
class Point:
    """One period."""

    at: datetime
    """Its end."""
    value: float | None
    """``None``: a gap."""
    requests: int | None = None
    """How many requests it stands for; ``None`` where nothing tells."""


@dataclass(frozen=True)
class Series:
    """One measure of one service, from one source."""

    measure: Measure
    scope: Scope
    source: str
    """CloudWatch, Datadog, Sentry, health, logs …"""
    period_s: int
    """Resolution."""
    as_of: datetime | None
    """When the source was asked; ``None``: never."""
    points: tuple[Point, ...] = ()
    """Oldest first. The period that is not over yet is left out by the source."""
    no_data: str = ""
    """Why there is none, in a few words; empty where there is some."""
    version: str = ""
    """Label of the version that it is of, where the source tells versions apart."""
    subject: str = ""
    """What of the service it is about, where there may be several: a queue, a dependency."""
    problem: str = ""
    """Why its source did not answer the last time: what is here grows old; empty: it did."""
    unit: str = ""
    """What its values are counted in, where that is not the measure's own unit."""
    note: str = ""
    """How they were counted, where it matters: ``shared load balancer: counted by 1 of 3 rules``."""

    @property
    def last(self) -> Point | None:
        """The newest point that has a value."""
        return next((point for point in reversed(self.points) if point.value is not None), None)

    def age_s(self, now: datetime) -> float | None:
        """Seconds since the end of the newest period that has a value; ``None``: none has."""
        return max(0.0, (now - self.last.at).total_seconds()) if self.last is not None else None

    def is_old(self, now: datetime) -> bool:
        """Older than two periods, or its source does not answer: to be drawn dimmed, with its age."""
        age = self.age_s(now)
        return bool(self.problem) or (age is not None and age > OLD_PERIODS * self.period_s)

    @property
    def values(self) -> tuple[float | None, ...]:
        """Of every point, oldest first; ``None`` for gaps."""
        return tuple(point.value for point in self.points)

    def since(self, moment: datetime) -> tuple[Point, ...]:
        """Points of periods that began at that moment or later."""
        first = moment + timedelta(seconds=self.period_s)
        return tuple(item for item in self.points if item.at >= first)

    def until(self, moment: datetime) -> tuple[Point, ...]:
        """Points of periods that were over at that moment."""
        return tuple(item for item in self.points if item.at <= moment)


@dataclass(frozen=True)
class Scoped:
    """What has to be known of a service to ask for its new version beside the old one."""

    new: Release | None = None
    """What is being shipped, or serves; ``None``: not known."""
    old: Release | None = None
    """What served before it; ``None`` where nothing is being shipped, or it is not known."""
    new_groups: tuple[str, ...] = ()
    """Target group ARNs in which only the new one stands; empty where both share one."""
    old_groups: tuple[str, ...] = ()
    moved_at: datetime | None = None
    """When the new one was ordered; ``None`` where nothing is being shipped."""
    revisions: Mapping[str, str] = field(default_factory=dict, compare=False)
    """Task id -> ``new`` or ``old``, for sources that know tasks."""


@dataclass(frozen=True)
class SourceTrouble:
    """What somebody has to mend before a source can be asked: one thing, however many services miss it."""

    source: str
    title: str
    message: str
    remedy: str


@dataclass(frozen=True)
class SeriesPicture:
    """Every series of one service, as they were last gathered."""

    at: datetime
    series: tuple[Series, ...] = ()
    moved_at: datetime | None = None
    """When what serves now was ordered; ``None``: not known."""
    problems: Mapping[str, str] = field(default_factory=dict)
    """Source -> why it did not answer the last time."""
    troubles: tuple[SourceTrouble, ...] = ()
    """Keys that are missing or refused."""

    def of(self, measure: Measure, scope: Scope | None = None) -> tuple[Series, ...]:
        """Those of one measure (and scope), with data first."""
        found = [
            item for item in self.series if item.measure is measure and (scope is None or item.scope is scope)
        ]
        return tuple(sorted(found, key=lambda item: bool(item.no_data)))


def missing(
    measures: Iterable[Measure], source: str, reason: str, *, at: datetime | None, period_s: int = 60
) -> tuple[Series, ...]:
    """NODATA of a source for each of those measures, with its reason."""
    return tuple(Series(item, Scope.SERVICE, source, period_s, at, no_data=reason) for item in measures)
