"""Figures over time of the story in the builders: v1.4.3 was ordered six minutes ago and fails."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from console.domain.guard import (
    DEFAULT_ALERTS,
    DEFAULT_TRIGGERS,
    Baseline,
    Blame,
    JudgedState,
    Judgement,
    ServiceSignals,
)
from console.domain.series import Measure, Point, Scope, Series, SeriesPicture
from tests.builders import NOW

MINUTE = timedelta(minutes=1)
MINUTES = 30
ORDERED = NOW - 6 * MINUTE


def points(*values: float | None, until: datetime = NOW - 2 * MINUTE) -> tuple[Point, ...]:
    """A minute each; the last one was over at ``until``."""
    first = until - (len(values) - 1) * MINUTE
    return tuple(Point(first + place * MINUTE, value, 120) for place, value in enumerate(values))


def a_series(*values: float | None, **overrides: Any) -> Series:
    """Errors of the whole service, from CloudWatch."""
    default = Series(Measure.ERRORS, Scope.SERVICE, "CloudWatch", 60, NOW, points(*values))
    return replace(default, **overrides)


QUIET_ERRORS = (0.001, 0.0, 0.002, 0.001) * 6
QUIET_P95 = (0.184, 0.181, 0.19, 0.186) * 6


def some_series() -> tuple[Series, ...]:
    """Service-wide from CloudWatch, new beside old from Datadog; nothing from Sentry."""
    return (
        a_series(*QUIET_ERRORS, 0.012, 0.03, 0.06, 0.084),
        a_series(*QUIET_P95, 0.4, 0.9, 1.6, 1.9, measure=Measure.P95),
        a_series(0.02, 0.06, 0.12, 0.17, source="Datadog", scope=Scope.NEW, version="v1.4.3"),
        a_series(*QUIET_ERRORS, 0.001, 0.0, 0.001, 0.001, source="Datadog", scope=Scope.OLD),
        a_series(*(40.0, 44.0, 41.0, 43.0) * 4, measure=Measure.CPU),
        a_series(1.0, 1.0, 0.5, 0.0, measure=Measure.DEPENDENCY, source="health", subject="database"),
        Series(Measure.NEW_ISSUES, Scope.NEW, "Sentry", 60, None, no_data="no key"),
    )


def a_judgement(name: str = "errors", **overrides: Any) -> Judgement:
    """Errors of the new version over their limit."""
    trigger = next(item for item in (*DEFAULT_TRIGGERS, *DEFAULT_ALERTS) if item.name == name)
    default = Judgement(
        trigger,
        JudgedState.CRITICAL,
        0.084,
        Baseline(0.001, 24),
        0.05,
        "CloudWatch",
        Scope.SERVICE,
        3,
        "errors 8.4 % of 120 requests, limit 5 %, baseline 0.1 % · CloudWatch, service-wide · 2 of 2 periods",
        NOW - 2 * MINUTE,
        since=NOW - 5 * MINUTE,
    )
    return replace(default, **overrides)


def some_signals(**overrides: Any) -> ServiceSignals:
    """Errors at 8.4 %, p95 ten times what it was, and the deploy to blame."""
    slow = a_judgement("p95", value=1.9, baseline=Baseline(0.184, 24), limit=0.368)
    default = ServiceSignals(
        SeriesPicture(NOW, some_series(), ORDERED),
        (a_judgement(), a_judgement("p95", state=JudgedState.WARNING, value=1.9, limit=None)),
        (a_judgement(), slow),
        blame=Blame(True, "began 03:07, 60 s after the deploy"),
    )
    return replace(default, **overrides)
