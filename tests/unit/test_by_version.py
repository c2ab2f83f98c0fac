"""Of two versions that serve at once, whose figures are shown."""

from datetime import timedelta

import pytest

from console.domain.by_version import of_worse_version
from console.domain.error_reading import ErrorState
from console.domain.series import Measure, Point, Scope, Series, SeriesPicture
from tests.builders import NOW, a_picture, some_figures
from tests.signals import some_signals

MINUTE = timedelta(minutes=1)
SERVICE = some_figures(at=NOW - MINUTE, requests=1100, errors=18, recent=(0.0, 0.016))


def a_version(scope: Scope, *minutes: tuple[float, int], until: int = 1) -> Series:
    """Errors of one version: (share, requests) a minute, the last one that many minutes ago."""
    points = tuple(
        Point(NOW - (until + back) * MINUTE, *minute) for back, minute in enumerate(reversed(minutes))
    )
    return Series(Measure.ERRORS, scope, "CloudWatch", 60, NOW, tuple(reversed(points)))


def gathered(*series: Series) -> SeriesPicture:
    return SeriesPicture(NOW, series)


def test_the_version_that_fails_is_shown_and_named() -> None:
    """Scene ``canary-going-wrong``: 1.6 % of all requests are 31 % of the new version's."""
    new = a_version(Scope.NEW, (0.0, 55), (0.31, 58))
    slow = Series(Measure.P95, Scope.NEW, "CloudWatch", 60, NOW, (Point(NOW - MINUTE, 0.9),))
    figures = of_worse_version(SERVICE, gathered(new, a_version(Scope.OLD, (0.0, 1042)), slow))
    assert figures is not None
    assert (figures.requests, figures.errors, figures.version, figures.p95_s) == (58, 18, "new", 0.9)
    assert figures.recent == (0.0, 0.31)


def test_a_row_reads_the_worse_version_everywhere() -> None:
    """One reading: its cell and its words say whose figures they are."""
    signals = some_signals(
        picture=gathered(a_version(Scope.NEW, (0.31, 58)), a_version(Scope.OLD, (0.0, 1042)))
    )
    reading = a_picture(figures=SERVICE, signals=signals).error_reading
    assert reading.state is ErrorState.CRITICAL
    assert reading.cell == "new 31 %"
    assert reading.words == "errors of the new version 31 %, over 5 % of 58 requests"


def test_an_old_version_that_is_worse_is_shown_as_well() -> None:
    """A fix on its way in: what still serves is what fails."""
    figures = of_worse_version(
        SERVICE, gathered(a_version(Scope.NEW, (0.0, 100)), a_version(Scope.OLD, (0.2, 1000)))
    )
    assert figures is not None and figures.version == "old"


def test_a_judged_service_is_not_hidden_by_a_version_with_too_few_requests() -> None:
    """8 % of ten thousand requests are critical; two errors of ten are too few to judge."""
    service = some_figures(at=NOW - MINUTE, requests=10_000, errors=800)
    new = a_version(Scope.NEW, (0.2, 10))
    assert of_worse_version(service, gathered(new)) is service
    reading = a_picture(figures=service, signals=some_signals(picture=gathered(new))).error_reading
    assert reading.state is ErrorState.CRITICAL


def test_a_version_over_its_limit_by_too_few_requests_is_shown_before_a_good_service() -> None:
    """It may be the beginning of a bad canary: neither good nor bad, and not to be hidden."""
    calm = some_figures(at=NOW - MINUTE, requests=1010, errors=2)
    figures = of_worse_version(
        calm, gathered(a_version(Scope.NEW, (0.2, 10)), a_version(Scope.OLD, (0.0, 1000)))
    )
    assert figures is not None
    assert (figures.version, figures.requests) == ("new", 10)


def test_the_worse_judgement_goes_before_the_higher_share() -> None:
    """Of the old version 6 % of a hundred are critical; of the new one 30 % of ten are not judged."""
    figures = of_worse_version(
        SERVICE, gathered(a_version(Scope.NEW, (0.3, 10)), a_version(Scope.OLD, (0.06, 100)))
    )
    assert figures is not None and figures.version == "old"


def test_few_requests_a_minute_are_put_together_up_to_five_minutes() -> None:
    """A canary of one per cent gets twelve a minute."""
    new = a_version(Scope.NEW, (0.9, 12), (0.5, 12), (0.25, 12), (0.25, 12), (0.25, 12), (0.25, 12))
    figures = of_worse_version(SERVICE, gathered(new, a_version(Scope.OLD, (0.0, 1000))))
    assert figures is not None
    assert (figures.requests, figures.errors, figures.period_s) == (60, 18, 300)


@pytest.mark.parametrize(
    "series",
    [
        (),
        (a_version(Scope.NEW, (0.01, 1000)), a_version(Scope.OLD, (0.01, 100))),
        (a_version(Scope.NEW, (0.0, 1000)), a_version(Scope.OLD, (0.9, 100), until=6)),
        (a_version(Scope.SERVICE, (0.9, 1000)),),
    ],
)
def test_otherwise_the_service_as_a_whole_is_shown(series: tuple[Series, ...]) -> None:
    """Neither version is worse than both together, it gets no requests any more, or nothing tells."""
    assert of_worse_version(SERVICE, gathered(*series)) is SERVICE
    assert of_worse_version(None, gathered(*series)) is None
    assert of_worse_version(SERVICE, None) is SERVICE
