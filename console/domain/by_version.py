"""Of two versions that serve at once, the figures of the worse one.

Added up, ten requests of a new version that fails hide behind a thousand of the old one that does not.
"""

from dataclasses import replace
from datetime import timedelta

from console.domain.error_reading import DEFAULT_LIMITS, ErrorLimits, ErrorState, read_errors
from console.domain.series import Measure, Point, Scope, Series, SeriesPicture
from console.domain.serving import ALWAYS, Serving
from console.domain.signals import Figures

LONGEST = 5
"""Periods that are put together at most to have enough requests."""
LATE = timedelta(minutes=3)
"""A version whose newest figures are so much older than the service's gets no requests any more."""


def of_worse_version(
    figures: Figures | None,
    gathered: SeriesPicture | None,
    limits: ErrorLimits = DEFAULT_LIMITS,
    serving: Serving = ALWAYS,
) -> Figures | None:
    """A service's figures, or those of one version where they are judged worse.

    The judgement comes first, then the share: two errors of ten requests, too few to judge, do not
    take the place of 8 % of ten thousand.

    Args:
        figures: Of the whole service.
        gathered: Its figures over time; a source that tells versions apart has them by version.
        limits: Of its error rate; periods are added up until they have its minimum of requests.
        serving: Since when it is served by what serves now; figures of before are of neither.
    """
    if figures is None:
        return None
    worst = serving.of_now(figures)
    if gathered is None:
        return worst
    for scope in (Scope.NEW, Scope.OLD):
        for series in gathered.of(Measure.ERRORS, scope):
            mine = _newest(figures, series, gathered, limits.minimum_requests, serving)
            if mine is not None and _badness(mine, limits) > _badness(worst, limits):
                worst = mine
    return worst


def _badness(figures: Figures, limits: ErrorLimits) -> tuple[int, float]:
    """What figures are ordered by: their judgement, then their share of errors. Over a limit by too few
    requests stands between good and bad."""
    reading = read_errors(figures, limits)
    rank = {ErrorState.CRITICAL: 3, ErrorState.WARNING: 2}.get(reading.state, int(reading.is_doubtful))
    return rank, figures.error_share or 0.0


def _newest(
    figures: Figures, series: Series, gathered: SeriesPicture, minimum: int, serving: Serving
) -> Figures | None:
    """The newest of one version; ``None`` where it gets no requests."""
    last = series.last
    if last is None or figures.at - last.at > LATE:
        return None
    points: list[Point] = []
    reach = last.at - LONGEST * timedelta(seconds=series.period_s)
    period = timedelta(seconds=series.period_s)
    for point in reversed(series.points):
        if not serving.counts(point.at - period, series.scope):
            break
        if point.at <= reach or sum(item.requests or 0 for item in points) >= minimum:
            break
        if point.value is not None and point.requests:
            points.append(point)
    requests = sum(item.requests or 0 for item in points)
    if not requests:
        return None
    return replace(
        figures,
        at=last.at,
        period_s=round((last.at - points[-1].at).total_seconds()) + series.period_s,
        requests=requests,
        errors=round(sum((item.value or 0.0) * (item.requests or 0) for item in points)),
        p95_s=_p95(series, gathered),
        source=series.source,
        recent=series.values[-20:],
        recent_requests=tuple(item.requests or 0 for item in series.points[-20:]),
        version=str(series.scope),
        note=series.note,
    )


def _p95(series: Series, gathered: SeriesPicture) -> float | None:
    same = (item for item in gathered.of(Measure.P95, series.scope) if item.source == series.source)
    last = next((item.last for item in same if item.last is not None), None)
    return last.value if last is not None else None
