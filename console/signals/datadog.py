"""Datadog: requests, errors and response times as tracers count them, new version beside old; monitors."""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, TypeVar

from console.config.integrations import DatadogSettings, named
from console.domain.address import Address
from console.domain.outsiders import Monitor, MonitorState
from console.domain.series import Measure, Point, Scope, Scoped, Series, missing
from console.signals.datadog_answer import ERRORS, HITS, NAME, PERCENTILES, PERIOD_S, Answer, Values, question
from console.signals.suppliers import (
    Exchange,
    NoKeyError,
    Supplier,
    members,
    moment,
    number,
    rows,
    text,
    told_apart,
)

if TYPE_CHECKING:
    from console.signals.datadog_wire import Wire

MOST_PAGES = 5
MEASURES = (Measure.ERRORS, Measure.REQUESTS, *PERCENTILES.values())
_STATES = {
    "ok": MonitorState.OK,
    "warn": MonitorState.WARNING,
    "alert": MonitorState.ALERT,
    "no data": MonitorState.NODATA,
}
_T = TypeVar("_T")


class DatadogSource(Supplier[DatadogSettings]):
    """Implements :class:`console.ports.SeriesSource` for the services of one environment.

    Its client is loaded with the first question, and everything is done on the thread of who asks, within
    one limit for all of it.
    """

    name = NAME
    NEEDS = "read time series and monitors"

    def series(self, address: Address, scoped: Scoped, since: datetime) -> tuple[Series, ...]:
        """See :meth:`console.ports.SeriesSource.series`. Keys that are missing or refused are NODATA here,
        and :attr:`problem` says the rest."""
        settings = self._settings.get(address)
        if settings is None:
            return ()
        now = self._clock.now()
        attributes = question(settings, since, now)
        try:
            found = self._ask(settings, lambda wire: wire.timeseries(attributes))
        except NoKeyError as error:
            return missing(MEASURES, NAME, error.message, at=now, period_s=PERIOD_S)
        answer = Answer.read(found, now)
        return tuple(_all_series(answer, settings, scoped, now))

    def monitors(self, address: Address) -> tuple[Monitor, ...]:
        """What Datadog watches about a service in its environment, worst first.

        Raises:
            QuarterdeckError: when it cannot be asked; of its keys with the remedy.
        """
        settings = self._configured(address)
        found = self._ask(
            settings, lambda wire: _pages(wire, f'tag:"service:{settings.service}"'), insists=True
        )
        kept = (_monitor(row) for row in found if _is_of(row, settings.env))
        return tuple(sorted(kept, key=lambda item: (_WORST.index(item.state), item.name)))

    def _ask(self, settings: DatadogSettings, ask: "Callable[[Wire], _T]", *, insists: bool = False) -> _T:
        def look(exchange: Exchange, values: tuple[str, ...]) -> _T:
            from console.signals.datadog_wire import Wire

            return ask(Wire(exchange, settings.url, *values))

        return self._look((settings.api_key, settings.app_key), look, insists=insists)


def _all_series(answer: Answer, settings: DatadogSettings, scoped: Scoped, now: datetime) -> Iterable[Series]:
    yield from _series(answer, Scope.SERVICE, None, now, f"no requests of {settings.service}")
    for scope, version in _versions(answer, settings, scoped):
        yield from _series(answer, scope, version, now, f"no requests with version:{version}")


def _versions(answer: Answer, settings: DatadogSettings, scoped: Scoped) -> Iterable[tuple[Scope, str]]:
    """Which of its versions are the new and the old one; none where it cannot tell them apart."""
    names = told_apart(scoped, lambda label: _tag(named(settings.version, label)))
    for scope, tags in names.items() if answer.versions else ():
        yield scope, next((tag for tag in tags if tag in answer.versions), tags[0])


def _tag(name: str) -> str:
    """As Datadog writes it: small, ``_`` for what it does not know (Datadog, Getting started with tags)."""
    return re.sub(r"[^\w\-:./]", "_", name.lower())


def _series(
    answer: Answer, scope: Scope, version: str | None, now: datetime, reason: str
) -> Iterable[Series]:
    """The five measures of the service, or of one version.

    A period with requests and without errors has none: their metric is not sent then. One without requests
    has no share of errors at all.
    """
    hits = answer.line(HITS, version)
    errors = answer.line(ERRORS, version)
    lines: dict[Measure, Values] = {
        Measure.ERRORS: [
            min(1.0, (failed or 0.0) / count) if count else None
            for count, failed in zip(hits, errors, strict=True)
        ],
        Measure.REQUESTS: [None if count is None else count * 60 / answer.period_s for count in hits],
    }
    for name, measure in PERCENTILES.items():
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
