"""Whether a service keeps to its limits: errors, latency, processor, and what its log says."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from console.config.data import ValidateSettings
from console.config.settings import ServiceSettings
from console.domain.address import Address
from console.domain.error_reading import ErrorLimits, ErrorReading, ErrorState, read_errors
from console.domain.findings import Finding, ng, ok, skipped
from console.domain.series import Measure, Scope, Scoped
from console.domain.service import Observation
from console.domain.signals import Figures, LogLine
from console.domain.words import age, count, latency, percent
from console.errors import QuarterdeckError
from console.logtail.query import SERIOUS
from console.ports import Clock, LogSource, SeriesSource, SignalSource

MINUTES = 5
"""Of so many minutes the share of errors is judged: one request more or less decides nothing."""
NEW = timedelta(minutes=5)
BEFORE = timedelta(minutes=25)
"""The time with whose lines the new ones are compared."""
REPORTED = timedelta(minutes=10)
"""Of so long the errors are counted that a program has reported."""
MOST_LINES = 4_000
_COMPARABLE_S = 60.0
"""A shorter time before tells nothing about what is usual."""


def within_limits(
    settings: ServiceSettings,
    signals: SignalSource,
    logs: LogSource,
    clock: Clock,
    *,
    observation: Observation,
    sentry: SeriesSource | None = None,
) -> Iterator[Finding]:
    """What is only reported: every finding stands for itself. No data is no OK.

    Args:
        observation: The service as it is now: whether a load balancer counts its requests, and anybody
            answers them.
        sentry: Asked where the service is configured for it; ``None``: it is not spoken of.
    """
    yield from _figures(settings.validate, settings.address, signals, observation)
    yield _log_errors(settings, logs, clock)
    if sentry is not None:
        yield _reported(settings, sentry, clock.now())


def _figures(
    limits: ValidateSettings, address: Address, signals: SignalSource, observation: Observation
) -> Iterator[Finding]:
    try:
        figures = signals.figures([address]).get(address)
        measured = figures.at if figures else None
        yield _of(measured, _errors(figures, limits.error_share, observation))
        if limits.p95 is not None:
            p95 = _below("p95", figures.p95_s if figures else None, limits.p95.total_seconds(), latency)
            yield _of(measured, p95)
        if limits.p99 is None and limits.cpu is None:
            return
        load = signals.load(address)
    except QuarterdeckError as error:
        yield skipped("figures", f"cannot be read: {error.message}")
        return
    if limits.p99 is not None:
        yield _of(load.p99_at, _below("p99", load.p99_s, limits.p99.total_seconds(), latency))
    if limits.cpu is not None:
        yield _of(load.cpu_at, _below("CPU", load.cpu, limits.cpu, _per_cent))


def _of(measured: datetime | None, finding: Finding) -> Finding:
    """What a figure says is as old as the figure."""
    return replace(finding, as_of=measured)


def _errors(figures: Figures | None, limit: float, observation: Observation) -> Finding:
    """Over some minutes. Too few requests, or none, are not *well*; that nobody answers is bad."""
    together, minutes = _together(figures)
    reading = read_errors(
        together,
        ErrorLimits(warning=None, critical=limit),
        desired=observation.status.desired,
        healthy=observation.answering_targets,
    )
    share = reading.share
    if reading.state is ErrorState.NOBODY_ANSWERS:
        return ng("errors", reading.words)
    if share is None:
        why = "NODATA: no request was counted in the last minutes"
        is_balanced = bool(observation.status.target_groups)
        return skipped("errors", why if is_balanced else "no load balancer counts its requests")
    if reading.state is ErrorState.TOO_FEW:
        return skipped("errors", _noted(f"{reading.words} in {count(minutes, 'minute')}", reading))
    said = f"{percent(share)} over {count(minutes, 'minute')}"
    if share < limit:
        return ok("errors", _noted(said, reading))
    return ng("errors", _noted(f"{said}, limit {percent(limit)}", reading))


def _noted(said: str, reading: ErrorReading) -> str:
    return f"{said} · {reading.note}" if reading.note else said


def _together(figures: Figures | None) -> tuple[Figures | None, int]:
    """The last minutes as one period, and how many there were with requests; without their requests only
    the newest one."""
    if figures is None or len(figures.recent_requests) != len(figures.recent):
        return figures, 1
    pairs = list(zip(figures.recent, figures.recent_requests, strict=True))[-MINUTES:]
    counted = [(share, requests) for share, requests in pairs if share is not None and requests]
    if not counted:
        return figures, 1
    requests = sum(number for _, number in counted)
    errors = round(sum(share * number for share, number in counted))
    return replace(figures, requests=requests, errors=errors), len(counted)


def _below(name: str, value: float | None, limit: float, shown: Callable[[float], str]) -> Finding:
    if value is None:
        return skipped(name, "NODATA")
    return ok(name, shown(value)) if value < limit else ng(name, f"{shown(value)}, limit {shown(limit)}")


def _per_cent(value: float) -> str:
    return f"{value:.0f} %"


def _reported(settings: ServiceSettings, sentry: SeriesSource, now: datetime) -> Finding:
    """Errors that the program itself has reported; a failed question is unknown, and not none of them."""
    if settings.sentry is None:
        return skipped("Sentry", "not configured")
    try:
        found = sentry.series(settings.address, Scoped(), now - REPORTED)
    except QuarterdeckError as error:
        return skipped("Sentry", f"cannot be asked: {error.message}")
    mine = [item for item in found if (item.measure, item.scope) == (Measure.ERROR_EVENTS, Scope.SERVICE)]
    values = [value * item.period_s / 60 for item in mine for value in item.values if value is not None]
    if not values:
        return skipped(
            "Sentry", f"NODATA: {next((i.no_data for i in found if i.no_data), 'nothing counted')}"
        )
    errors, limit = round(sum(values)), settings.validate.sentry_errors
    said = f"{count(errors, 'error')} in {age(REPORTED.total_seconds())}"
    return ok("Sentry", said) if errors < limit else ng("Sentry", f"{said}, limit {limit}")


def _log_errors(settings: ServiceSettings, logs: LogSource, clock: Clock) -> Finding:
    now = clock.now()
    try:
        lines = logs.tail(settings.address, now - NEW - BEFORE, MOST_LINES)
    except QuarterdeckError as error:
        return skipped("log errors", f"cannot be read: {error.message}")
    if not lines:
        return skipped("log errors", "NODATA: no line was read")
    began = lines[0].at if len(lines) >= MOST_LINES else now - NEW - BEFORE
    return _compare(lines, max(began, now - NEW - BEFORE), now, settings.validate.log_errors)


def _compare(lines: Iterable[LogLine], began: datetime, now: datetime, limit: float) -> Finding:
    """The serious lines of the last minutes against those of the time before, as far as it was read."""
    since = max(began, now - NEW)
    serious = [line for line in lines if line.severity in SERIOUS]
    new = [line for line in serious if line.at >= since]
    rate = _a_minute(len(new), now - since)
    usual = _a_minute(len(serious) - len(new), since - began)
    said = f"{rate:.1f} a minute" + (f", before {usual:.1f}" if usual is not None else "")
    if rate is not None and rate > limit and (usual is None or rate > 2 * usual):
        return replace(ng("log errors", said), evidence=new[-1].text[:200])
    return ok("log errors", said)


def _a_minute(number: int, time: timedelta) -> float | None:
    """``None`` over a time that is too short to tell."""
    seconds = time.total_seconds()
    return number * 60 / seconds if seconds >= _COMPARABLE_S else None
