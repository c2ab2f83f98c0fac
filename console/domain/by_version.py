"""Of two versions that serve at once, the figures of the worse one.

Added up, ten requests of a new version that fails hide behind a thousand of the old one that does not.
"""

from dataclasses import replace
from datetime import timedelta

from console.domain.guard import MINIMUM_REQUESTS
from console.domain.series import Measure, Point, Scope, Series, SeriesPicture
from console.domain.signals import Figures

LONGEST = 5
"""Periods that are put together at most to have enough requests."""
LATE = timedelta(minutes=3)
"""A version whose newest figures are so much older than the service's gets no requests any more."""


def of_worse_version(
    figures: Figures | None, gathered: SeriesPicture | None, minimum: int = MINIMUM_REQUESTS
) -> Figures | None:
    """A service's figures, or those of one version where that fails more of its requests.

    Args:
        figures: Of the whole service.
        gathered: Its figures over time; a source that tells versions apart has them by version.
        minimum: Requests that a share is to stand for; as many periods are put together as that takes.
    """
    if figures is None or gathered is None:
        return figures
    worst = figures
    for scope in (Scope.NEW, Scope.OLD):
        for series in gathered.of(Measure.ERRORS, scope):
            mine = _newest(figures, series, gathered, minimum)
            if mine is not None and (mine.error_share or 0.0) > (worst.error_share or 0.0):
                worst = mine
    return worst


def _newest(figures: Figures, series: Series, gathered: SeriesPicture, minimum: int) -> Figures | None:
    """The newest of one version; ``None`` where it gets no requests."""
    last = series.last
    if last is None or figures.at - last.at > LATE:
        return None
    points: list[Point] = []
    reach = last.at - LONGEST * timedelta(seconds=series.period_s)
    for point in reversed(series.points):
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
