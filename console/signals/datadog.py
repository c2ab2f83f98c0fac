"""Datadog: requests, errors and response times as tracers count them, new version beside old; monitors."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, TypeVar

from console.config.integrations import DatadogSettings, named
from console.domain.address import Address
from console.domain.outsiders import Monitor, MonitorState
from console.domain.release import Release
from console.domain.series import Measure, Point, Scope, Scoped, Series, missing
from console.errors import QuarterdeckError, RejectedError
from console.ports import Clock, Secrets, Web
from console.signals.suppliers import (
    Exchange,
    Keys,
    NoKeyError,
    malformed,
    members,
    moment,
    number,
    rows,
    text,
)

if TYPE_CHECKING:
    from console.signals.datadog_wire import Wire

NAME = "Datadog"
PERIOD_S = 60
SETTLED_S = 30.0
"""A period is told of when it has been over for so long: tracers send what they counted every ten seconds."""
MOST_PAGES = 5
_HITS, _ERRORS = "hits", "errors"
_PERCENTILES = {"p50": Measure.P50, "p95": Measure.P95, "p99": Measure.P99}
MEASURES = (Measure.ERRORS, Measure.REQUESTS, *_PERCENTILES.values())
_SECONDS = {"nanosecond": 1e-9, "microsecond": 1e-6, "millisecond": 1e-3, "second": 1.0, "minute": 60.0}
_STATES = {
    "ok": MonitorState.OK,
    "warn": MonitorState.WARNING,
    "alert": MonitorState.ALERT,
    "no data": MonitorState.NODATA,
}
_T = TypeVar("_T")
Values = list[float | None]


class DatadogSource:
    """Implements :class:`console.ports.SeriesSource` for the services of one environment.

    Its client is loaded with the first question, and everything is done on the thread of who asks, within
    one limit for all of it.

    Args:
        web: A way out of its own: what Datadog throttles must not hold up others.
    """

    name = NAME

    def __init__(
        self, settings: Mapping[Address, DatadogSettings], web: Web, secrets: Secrets, clock: Clock
    ) -> None:
        self._settings = settings
        self._web = web
        self._clock = clock
        self._keys = Keys(NAME, secrets, clock, "read time series and monitors")

    @property
    def problem(self) -> QuarterdeckError | None:
        """What is wrong with its keys, to be said once; ``None``: nothing that is known."""
        return self._keys.problem

    def series(self, address: Address, scoped: Scoped, since: datetime) -> tuple[Series, ...]:
        """See :meth:`console.ports.SeriesSource.series`. Keys that are missing or refused are NODATA here,
        and :attr:`problem` says the rest."""
        settings = self._settings.get(address)
        if settings is None:
            return ()
        now = self._clock.now()
        attributes = _question(settings, since, now)
        try:
            found = self._ask(settings, lambda wire: wire.timeseries(attributes))
        except NoKeyError as error:
            return missing(MEASURES, NAME, error.message, at=now, period_s=PERIOD_S)
        answer = _Answer.read(found, now)
        return tuple(_all_series(answer, settings, scoped, now))

    def monitors(self, address: Address) -> tuple[Monitor, ...]:
        """What Datadog watches about a service in its environment, worst first.

        Raises:
            QuarterdeckError: when it cannot be asked; its keys are told of in :attr:`problem` too.
        """
        settings = self._settings.get(address)
        if settings is None:
            raise RejectedError(f"{address} is not configured for {NAME}", "write a table `datadog` for it")
        found = self._ask(settings, lambda wire: _pages(wire, f'tag:"service:{settings.service}"'))
        kept = (_monitor(row) for row in found if _is_of(row, settings.env))
        return tuple(sorted(kept, key=lambda item: (_WORST.index(item.state), item.name)))

    def _ask(self, settings: DatadogSettings, ask: "Callable[[Wire], _T]") -> _T:
        exchange = Exchange(NAME, self._web, self._clock)

        def look(values: tuple[str, ...]) -> _T:
            from console.signals.datadog_wire import Wire

            return ask(Wire(exchange, settings.url, *values))

        return self._keys.use((settings.api_key, settings.app_key), look)


def _question(settings: DatadogSettings, since: datetime, now: datetime) -> dict[str, object]:
    """Everything about a service in one request: service-wide, and by version."""
    queries = [
        {"data_source": "metrics", "name": name, "query": query} for name, query in _queries(settings).items()
    ]
    begin = since.timestamp() // PERIOD_S * PERIOD_S
    return {
        "from": int(begin * 1000),
        "to": int(now.timestamp() * 1000),
        "interval": PERIOD_S * 1000,
        "queries": queries,
        "formulas": [{"formula": query["name"]} for query in queries],
    }


def _queries(settings: DatadogSettings) -> dict[str, str]:
    """Name -> query; ``v_…`` are the same by version (Datadog, APM metrics: trace metrics)."""
    where = f"{{env:{settings.env},service:{settings.service}}}"
    metric = f"trace.{settings.span}"
    found: dict[str, str] = {}
    for prefix, by in (("", ""), ("v_", " by {version}")):
        for count in (_HITS, _ERRORS):
            found[prefix + count] = f"sum:{metric}.{count}{where}{by}.as_count()"
        for percentile in _PERCENTILES:
            found[prefix + percentile] = f"{percentile}:{metric}{where}{by}"
    return found


_NAMES = tuple(_queries(DatadogSettings("", "", "", "", "", "")))
"""Of the queries, in the order of the formulas."""


@dataclass(frozen=True)
class _Answer:
    """What came back, in order: for every query and version a value a period."""

    ends: Sequence[datetime]
    period_s: int
    values: Mapping[tuple[str, str], Values]
    """(query, version) -> values; the version of service-wide ones is empty. Response times are seconds."""

    @classmethod
    def read(cls, found: object, now: datetime) -> "_Answer":
        """Take the answer apart, without periods that are not settled.

        Raises:
            EndpointError: when it is not what was asked for.
        """
        data = members(members(found, NAME).get("data"), NAME)
        attributes = members(data.get("attributes"), NAME)
        times = [number(item, NAME) for item in rows(attributes.get("times"), NAME)]
        begins = [item / 1000 for item in times if item is not None]
        if len(begins) < len(times) or sorted(set(begins)) != begins:
            raise malformed(NAME)
        steps = [later - earlier for earlier, later in pairwise(begins)]
        period_s = max(1, round(min(steps, default=PERIOD_S)))
        ends = [moment(item, NAME) + timedelta(seconds=period_s) for item in begins]
        settled = sum(end + timedelta(seconds=SETTLED_S) <= now for end in ends)
        heads, values = rows(attributes.get("series"), NAME), rows(attributes.get("values"), NAME)
        if len(heads) != len(values):
            raise malformed(NAME)
        read = {}
        for head, row in zip(heads, values, strict=True):
            name, version, factor = _head(members(head, NAME))
            line = [number(item, NAME) for item in rows(row, NAME)]
            if len(line) != len(ends):
                raise malformed(NAME)
            read[name, version] = [None if item is None else item * factor for item in line[:settled]]
        return cls(ends[:settled], period_s, read)

    @property
    def versions(self) -> set[str]:
        """Those that it tells apart."""
        return {version for _, version in self.values if version}

    def line(self, name: str, version: str | None) -> Values:
        """Values of a query; all gaps where there are none."""
        key = (name, "") if version is None else (f"v_{name}", version)
        return self.values.get(key) or [None] * len(self.ends)


def _head(head: Mapping[str, object]) -> tuple[str, str, float]:
    """Query, version, and the factor that makes seconds of its response times."""
    index = head.get("query_index", 0)
    if isinstance(index, bool) or not isinstance(index, int) or not 0 <= index < len(_NAMES):
        raise malformed(NAME)
    name = _NAMES[index]
    tags = [text(tag) for tag in rows(head.get("group_tags") or [], NAME)]
    version = next((tag.removeprefix("version:") for tag in tags if tag.startswith("version:")), "")
    if not name.startswith("v_"):
        version = ""
    is_time = name.removeprefix("v_") in _PERCENTILES
    return name, version, _factor(head.get("unit")) if is_time else 1.0


def _factor(unit: object) -> float:
    """Response times are seconds unless their unit says something else."""
    first = unit[0] if isinstance(unit, list) and unit else None
    name = text(first.get("name")) if isinstance(first, dict) else ""
    return _SECONDS.get(name, 1.0)


def _all_series(
    answer: _Answer, settings: DatadogSettings, scoped: Scoped, now: datetime
) -> Iterable[Series]:
    yield from _series(answer, Scope.SERVICE, None, now, f"no requests of {settings.service}")
    for scope, version in _told_apart(answer, settings, scoped):
        yield from _series(answer, scope, version, now, f"no requests with version:{version}")


def _told_apart(answer: _Answer, settings: DatadogSettings, scoped: Scoped) -> list[tuple[Scope, str]]:
    """Which of its versions are the new and the old one; none where it cannot tell them apart."""
    if scoped.new is None or (scoped.old is None and scoped.moved_at is None) or not answer.versions:
        return []
    new = _tags(settings, scoped.new)
    old = _tags(settings, scoped.old) if scoped.old is not None else ()
    if set(new) & set(old):
        return []
    pairs = [(Scope.NEW, new)] + ([(Scope.OLD, old)] if old else [])
    return [(scope, next((tag for tag in tags if tag in answer.versions), tags[0])) for scope, tags in pairs]


def _tags(settings: DatadogSettings, release: Release) -> tuple[str, ...]:
    """What the tag ``version`` of a release may be: by its label, else by another tag of its digest.

    Datadog writes tags small, and ``_`` for what it does not know (Datadog, Getting started with tags).
    """
    labels = (release.version.label, *release.version.tags)
    found = (re.sub(r"[^\w\-:./]", "_", named(settings.version, label).lower()) for label in labels)
    return tuple(dict.fromkeys(found))


def _series(
    answer: _Answer, scope: Scope, version: str | None, now: datetime, reason: str
) -> Iterable[Series]:
    """The five measures of the service, or of one version.

    A period with requests and without errors has none: their metric is not sent then. One without requests
    has no share of errors at all.
    """
    hits = answer.line(_HITS, version)
    errors = answer.line(_ERRORS, version)
    lines: dict[Measure, Values] = {
        Measure.ERRORS: [
            min(1.0, (failed or 0.0) / count) if count else None
            for count, failed in zip(hits, errors, strict=True)
        ],
        Measure.REQUESTS: [None if count is None else count * 60 / answer.period_s for count in hits],
    }
    for name, measure in _PERCENTILES.items():
        lines[measure] = answer.line(name, version)
    is_served = any(hits)
    for measure, values in lines.items():
        points = tuple(
            Point(end, value, None if count is None else round(count))
            for end, value, count in zip(answer.ends, values, hits, strict=True)
        )
        has_any = any(value is not None for value in values)
        yield Series(
            measure,
            scope,
            NAME,
            answer.period_s,
            now,
            points if has_any else (),
            no_data="" if has_any else f"no {measure} beside its requests" if is_served else reason,
            version=version or "",
        )


def _pages(wire: "Wire", query: str) -> list[Mapping[str, object]]:
    """Every monitor that a query finds, page by page."""
    found: list[Mapping[str, object]] = []
    for page in range(MOST_PAGES):
        answer = members(wire.monitors(query, page), NAME)
        found += [members(row, NAME) for row in rows(answer.get("monitors"), NAME)]
        pages = number(members(answer.get("metadata") or {}, NAME).get("page_count"), NAME)
        if page + 1 >= (pages or 0):
            break
    return found


def _is_of(row: Mapping[str, object], env: str) -> bool:
    """Whether a monitor is about that environment: it says so, or names none."""
    tags = [text(tag) for tag in rows(row.get("tags") or [], NAME)]
    named_ones = [tag for tag in tags if tag.startswith("env:")]
    return not named_ones or f"env:{env}" in named_ones


def _monitor(row: Mapping[str, object]) -> Monitor:
    at = number(row.get("last_triggered_ts"), NAME)
    return Monitor(
        id=str(row.get("id", "")),
        name=text(row.get("name")) or "?",
        state=_STATES.get(text(row.get("status")).lower(), MonitorState.UNKNOWN),
        since=moment(at, NAME) if at else None,
    )


_WORST = (
    MonitorState.ALERT,
    MonitorState.WARNING,
    MonitorState.NODATA,
    MonitorState.UNKNOWN,
    MonitorState.OK,
)
