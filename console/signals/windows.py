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
    period = timedelta(seconds=period_s)
    if measure not in MEASURED:
        return tuple(_window([item], measure, period) for item in reversed(_valued(points))), 0
    found: list[Window] = []
    few = 0
    gathered: list[Point] = []
    counted = 0
    longest = LONGEST * period
    for point in reversed(_counted(points)):
        if not gathered and (point.requests or 0) >= minimum:  # as of most services
            found.append(_window([point], measure, period))
            continue
        while gathered and gathered[0].at - point.at >= longest:
            if not found and not few:
                few = counted
            counted -= gathered.pop(0).requests or 0
        gathered.append(point)
        counted += point.requests or 0
        if counted >= minimum:
            found.append(_window(gathered, measure, period))
            gathered, counted = [], 0
    if gathered and not found and not few:
        few = counted
    return tuple(found), few


def _valued(points: Iterable[Point]) -> list[Point]:
    return [item for item in points if item.value is not None]


def _counted(points: Iterable[Point]) -> list[Point]:
    return [item for item in points if item.value is not None and item.requests]


def _requests(points: Iterable[Point]) -> int:
    return sum(item.requests or 0 for item in points)


def _window(points: Sequence[Point], measure: Measure, period: timedelta) -> Window:
    """One window of points with values, newest first."""
    start, end = points[-1].at - period, points[0].at
    if len(points) == 1:  # as most are
        value, requests = points[0].value or 0.0, points[0].requests
        return Window(start, end, value, requests, round(value * (requests or 0)) if measure.is_share else 0)
    requests = _requests(points)
    if measure.is_share and requests:
        bad = round(sum((item.value or 0.0) * (item.requests or 0) for item in points))
        return Window(start, end, bad / requests, requests, bad)
    return Window(start, end, median(item.value or 0.0 for item in points), requests, 0)
