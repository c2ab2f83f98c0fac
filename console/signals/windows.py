"""Points into windows: as many periods together as it takes to say something."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from console.domain.series import Measure, Point

MEASURED = frozenset({Measure.ERRORS, Measure.P50, Measure.P95, Measure.P99})
"""Figures that say nothing without a number of requests."""
LONGEST = 5
"""Periods that are put together at most."""


@dataclass(frozen=True)
class Window:
    """Some periods in a row, as one."""

    start: datetime
    end: datetime
    value: float
    requests: int | None
    bad: int
    """Requests that failed, for shares; else 0."""


def windows(
    points: Sequence[Point], measure: Measure, period_s: int, minimum: int
) -> tuple[tuple[Window, ...], int]:
    """Windows that do not overlap, newest first, each with enough requests.

    Quiet services get longer windows, up to :data:`LONGEST` periods; what does not reach the minimum
    within that is left out. Gaps belong to no window.

    Returns:
        The windows, and the requests of the newest stretch that was left out for having too few.
    """
    if measure not in MEASURED:
        return tuple(_window([item], measure, period_s) for item in reversed(_valued(points))), 0
    found: list[Window] = []
    few = 0
    gathered: list[Point] = []
    longest = timedelta(seconds=period_s * LONGEST)
    for point in reversed(_counted(points)):
        while gathered and gathered[0].at - point.at >= longest:
            if not found and not few:
                few = _requests(gathered)
            gathered = gathered[1:]
        gathered.append(point)
        if _requests(gathered) >= minimum:
            found.append(_window(gathered, measure, period_s))
            gathered = []
    if gathered and not found and not few:
        few = _requests(gathered)
    return tuple(found), few


def _valued(points: Iterable[Point]) -> list[Point]:
    return [item for item in points if item.value is not None]


def _counted(points: Iterable[Point]) -> list[Point]:
    return [item for item in points if item.value is not None and item.requests]


def _requests(points: Iterable[Point]) -> int:
    return sum(item.requests or 0 for item in points)


def _window(points: Sequence[Point], measure: Measure, period_s: int) -> Window:
    """One window of points with values, newest first."""
    values = [item.value for item in points if item.value is not None]
    counts = [item.requests for item in points if item.requests is not None]
    requests = sum(counts) if counts else None
    bad = 0
    value = median(values)
    if measure.is_share and requests:
        bad = round(sum((item.value or 0.0) * (item.requests or 0) for item in points))
        value = bad / requests
    start = points[-1].at - timedelta(seconds=period_s)
    return Window(start, points[0].at, value, requests, bad)
