"""Is a figure bad, and worse than before? Figures made up by hand, by hypothesis and from seeds."""

import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.domain.guard import DEFAULT_TRIGGERS, NO_BASELINE, GuardMode, JudgedState, Judgement, Trigger
from console.domain.series import Measure, Point, Scope, Series, SeriesPicture, missing
from console.signals.baseline import baseline
from console.signals.gathered import judge_all, judge_now
from console.signals.judge import FRESH, judge
from console.signals.statistics import chance_of_as_many, spread
from console.signals.windows import windows
from tests.unit.signal_stories import MINUTE, ORDERED, Story

HEALTH, ERRORS, P95, DEPENDENCY = DEFAULT_TRIGGERS
Values = Sequence[float | None]


def series(
    measure: Measure,
    before: Values,
    after: Values,
    *,
    requests: int | None = 1000,
    scope: Scope = Scope.SERVICE,
    source: str = "CloudWatch",
    subject: str = "",
) -> Series:
    """Minutes before the order and since."""
    values = [*before, *after]
    first = ORDERED - len(before) * MINUTE
    points = tuple(
        Point(first + (number + 1) * MINUTE, value, requests if value is not None else None)
        for number, value in enumerate(values)
    )
    return Series(measure, scope, source, 60, ORDERED, points, subject=subject)


def judged(
    trigger: Trigger,
    before: Values,
    after: Values,
    *,
    requests: int | None = 1000,
    now: datetime | None = None,
) -> Judgement:
    found = series(trigger.measure, before, after, requests=requests)
    at = now or ORDERED + len(after) * MINUTE
    return judge(trigger, None, None, found, baseline(trigger, found, ORDERED), at)


def beside(trigger: Trigger, new: Values, old: Values, *, requests: int = 1000) -> Judgement:
    """New beside old, after ten calm minutes."""
    usual: Values = [0.001 if trigger.measure.is_share else 0.1] * 10
    whole = series(trigger.measure, usual, [])
    return judge(
        trigger,
        series(trigger.measure, [], new, requests=requests, scope=Scope.NEW),
        series(trigger.measure, [], old, requests=requests, scope=Scope.OLD),
        whole,
        baseline(trigger, whole, ORDERED),
        ORDERED + max(len(new), len(old)) * MINUTE,
    )


# -- one figure ---------------------------------------------------------------------------------


def test_two_bad_periods_in_a_row_are_bad() -> None:
    one, two = (judged(ERRORS, [0.001] * 20, after) for after in ([0.001, 0.2], [0.2, 0.2]))
    assert (one.state, one.periods_bad, one.is_bad) == (JudgedState.CRITICAL, 1, False)
    assert (two.state, two.periods_bad, two.is_bad) == (JudgedState.CRITICAL, 2, True)
    assert two.since == ORDERED


def test_a_good_period_between_begins_anew() -> None:
    assert judged(ERRORS, [0.001] * 20, [0.2, 0.001, 0.2]).periods_bad == 1


def test_a_gap_between_two_bad_periods_is_no_good_one() -> None:
    assert judged(ERRORS, [0.001] * 20, [0.2, None, 0.2]).is_bad


def test_what_was_before_the_order_is_not_judged() -> None:
    """Nor the period in which it fell."""
    found = judged(ERRORS, [0.001] * 20 + [0.3], [])
    assert found.state is JudgedState.NODATA
    assert "nothing yet since the order" in found.evidence


def test_the_whole_finding_is_told_in_one_line() -> None:
    assert judged(ERRORS, [0.001] * 20, [0.084, 0.084]).evidence == (
        "errors 8.4 % of 1,000 requests, limit 5.0 %, baseline 0.1 %"
        " · CloudWatch, service-wide · 2 of 2 periods"
    )


def test_over_the_warning_limit_is_a_warning() -> None:
    assert judged(ERRORS, [0.001] * 20, [0.02]).state is JudgedState.WARNING
    assert judged(ERRORS, [0.001] * 20, [0.005]).state is JudgedState.OK


def test_twice_the_baseline_is_the_limit_of_response_times() -> None:
    found = judged(P95, [0.1] * 20, [0.21, 0.21])
    assert found.limit == pytest.approx(0.2)
    assert found.is_bad
    assert judged(P95, [0.1] * 20, [0.19, 0.19]).state is JudgedState.OK


def test_an_absolute_and_a_relative_limit_hold_both() -> None:
    trigger = replace(P95, critical=0.15)
    assert judged(trigger, [0.1] * 20, [0.16, 0.16]).is_bad
    assert judged(trigger, [0.02] * 20, [0.05, 0.05]).is_bad


def test_a_noisy_baseline_widens_the_relative_limit_but_not_beyond_three_times() -> None:
    calm, noisy = [0.1] * 20, [0.05, 0.1, 0.2, 0.1, 0.05] * 4
    limits = [judged(P95, list(before), [0.1]).limit for before in (calm, noisy)]
    assert limits == [pytest.approx(0.2), pytest.approx(0.3)]


def test_failing_answers_are_bad_and_some_are_too() -> None:
    for value in (0.0, 2 / 3):
        found = judged(HEALTH, [1.0], [value, value], requests=3)
        assert found.is_bad
    assert "failing in 33 % of answers" in found.evidence
    assert judged(HEALTH, [1.0], [1.0, 1.0], requests=3).state is JudgedState.OK


# -- what says nothing --------------------------------------------------------------------------


def test_too_few_requests_say_nothing() -> None:
    found = judged(ERRORS, [0.001] * 20, [0.5], requests=40)
    assert (found.state, found.value) == (JudgedState.NODATA, None)
    assert "40 requests in 5 periods, 50 are needed" in found.evidence


def test_quiet_services_are_judged_by_longer_periods() -> None:
    """Twenty requests a minute: three minutes together; two such in a row take six."""
    assert not judged(ERRORS, [0.0] * 30, [0.5] * 5, requests=20).is_bad
    found = judged(ERRORS, [0.0] * 30, [0.5] * 6, requests=20)
    assert found.is_bad
    assert found.requests == 60


def test_an_unknown_number_of_requests_says_nothing() -> None:
    found = judged(ERRORS, [0.001] * 20, [0.5], requests=None)
    assert found.state is JudgedState.NODATA
    assert "number of requests unknown" in found.evidence


def test_old_figures_say_nothing_about_now() -> None:
    late = ORDERED + 2 * MINUTE + FRESH + timedelta(seconds=1)
    found = judged(ERRORS, [0.001] * 20, [0.2, 0.2], now=late)
    assert found.state is JudgedState.NODATA
    assert "CloudWatch is silent for 8 min" in found.evidence


def test_a_source_without_data_says_why() -> None:
    (silent,) = missing([Measure.ERRORS], "Datadog", "key not accepted", at=ORDERED)
    found = judge(ERRORS, None, None, silent, NO_BASELINE, ORDERED)
    assert (found.state, found.evidence) == (
        JudgedState.NODATA,
        "errors: no data from Datadog: key not accepted",
    )


def test_no_source_at_all_is_no_data() -> None:
    assert judge(ERRORS, None, None, None, NO_BASELINE, ORDERED).evidence == "errors: no source"


def test_without_a_baseline_a_relative_limit_cannot_be_made() -> None:
    found = judged(P95, [0.1] * 4, [0.9, 0.9])
    assert (found.state, found.limit, found.value) == (JudgedState.NODATA, None, 0.9)
    assert "no baseline" in found.evidence


# -- worse than before --------------------------------------------------------------------------


def test_what_was_as_bad_before_is_not_held_against_the_new_version() -> None:
    found = judged(ERRORS, [0.2] * 20, [0.2, 0.2])
    assert (found.state, found.periods_bad) == (JudgedState.WARNING, 0)


def test_a_bad_baseline_asks() -> None:
    found = judged(ERRORS, [0.1] * 20, [0.4, 0.4, 0.4, 0.4])
    assert found.is_bad
    assert found.asks == "over the limit already before the order (10 %)"


def test_an_incident_that_began_right_before_the_order_is_a_bad_baseline() -> None:
    """Also when the hour before it was well: a hotfix is ordered minutes after the trouble begins."""
    found = judged(ERRORS, [0.001] * 50 + [0.2] * 3, [0.2] * 6)
    assert "an incident was under way" in found.baseline.bad
    assert found.asks
    slow = judged(P95, [0.1] * 50 + [0.5] * 3, [0.5] * 6)
    assert "an incident was under way" in slow.baseline.bad


def test_no_baseline_asks() -> None:
    found = judged(ERRORS, [], [0.2, 0.2])
    assert found.is_bad
    assert "no baseline" in found.asks


def test_a_period_as_bad_before_the_order_asks_for_one_more() -> None:
    before = [0.001] * 10 + [0.09] + [0.001] * 20
    assert not judged(ERRORS, before, [0.09, 0.09]).is_bad
    assert judged(ERRORS, before, [0.09, 0.09, 0.09]).is_bad


def test_few_errors_of_few_requests_may_be_chance() -> None:
    """Three of fifty are six per cent, and no proof where one per cent is usual."""
    assert judged(ERRORS, [0.02] * 5, [0.06, 0.06], requests=50).periods_bad == 0


# -- new beside old -----------------------------------------------------------------------------


def test_new_is_judged_where_it_can_be_told_apart() -> None:
    found = beside(ERRORS, [0.2, 0.2], [0.001, 0.001])
    assert found.is_bad
    assert (found.scope, found.beside_old, found.equally_old) == (Scope.NEW, True, False)
    assert "new version" in found.evidence


def test_what_is_as_bad_on_the_old_version_is_not_the_new_ones_fault() -> None:
    found = beside(ERRORS, [0.2, 0.2], [0.2, 0.19])
    assert (found.periods_bad, found.equally_old, found.state) == (0, True, JudgedState.WARNING)
    assert "the old version is as bad" in found.evidence
    assert beside(P95, [0.5, 0.5], [0.45, 0.5]).equally_old


def test_an_old_version_without_enough_requests_proves_nothing() -> None:
    trigger = ERRORS
    whole = series(trigger.measure, [0.001] * 10, [])
    found = judge(
        trigger,
        series(trigger.measure, [], [0.2, 0.2], scope=Scope.NEW),
        series(trigger.measure, [], [0.2, 0.2], scope=Scope.OLD, requests=5),
        whole,
        baseline(trigger, whole, ORDERED),
        ORDERED + 2 * MINUTE,
    )
    assert found.is_bad


def test_too_few_requests_on_the_new_version_leave_the_whole_service() -> None:
    service = series(Measure.ERRORS, [0.001] * 10, [0.001, 0.001])
    new = series(Measure.ERRORS, [], [1.0, 1.0], scope=Scope.NEW, requests=3)
    found = judge(ERRORS, new, None, service, baseline(ERRORS, service, ORDERED), ORDERED + 2 * MINUTE)
    assert (found.scope, found.state) == (Scope.SERVICE, JudgedState.OK)
    assert "service-wide" in found.evidence


def picture(*found: Series, problems: dict[str, str] | None = None) -> SeriesPicture:
    return SeriesPicture(ORDERED, found, ORDERED, problems or {})


def test_a_source_that_tells_versions_apart_speaks_before_one_that_cannot() -> None:
    seen = picture(
        series(Measure.ERRORS, [0.001] * 10, [0.2, 0.2], source="CloudWatch"),
        series(Measure.ERRORS, [0.001] * 10, [0.2, 0.2], source="Datadog"),
        series(Measure.ERRORS, [], [0.2, 0.2], source="Datadog", scope=Scope.NEW),
        series(Measure.ERRORS, [], [0.001, 0.001], source="Datadog", scope=Scope.OLD),
    )
    (found,) = judge_all([ERRORS], seen, ORDERED, ORDERED + 2 * MINUTE)
    assert (found.source, found.scope, found.asks) == ("Datadog", Scope.NEW, "")
    assert found.is_bad


def test_two_sources_that_disagree_leave_it_to_a_person() -> None:
    seen = picture(
        series(Measure.ERRORS, [0.001] * 10, [0.2, 0.2], source="CloudWatch"),
        series(Measure.ERRORS, [0.001] * 10, [], source="Datadog"),
        series(Measure.ERRORS, [], [0.001, 0.001], source="Datadog", scope=Scope.NEW),
    )
    (found,) = judge_all([ERRORS], seen, ORDERED, ORDERED + 2 * MINUTE)
    assert found.source == "CloudWatch"
    assert found.asks == "Datadog sees the new version well"


def test_every_dependency_is_judged_for_itself() -> None:
    seen = picture(
        series(Measure.DEPENDENCY, [1.0], [0.0, 0.0], subject="database", source="health"),
        series(Measure.DEPENDENCY, [1.0], [1.0, 1.0], subject="cache", source="health"),
    )
    found = judge_all([DEPENDENCY], seen, ORDERED, ORDERED + 2 * MINUTE)
    assert {item.subject: item.state for item in found} == {
        "database": JudgedState.CRITICAL,
        "cache": JudgedState.OK,
    }
    assert found[0].evidence.startswith("database down")


def test_a_source_that_failed_is_named_where_nobody_tells_the_figure() -> None:
    (found,) = judge_all([ERRORS], picture(problems={"Datadog": "no answer"}), ORDERED, ORDERED)
    assert found.evidence == "errors: no source (Datadog: no answer)"


def test_alerts_know_no_baseline() -> None:
    """What was bad yesterday is bad today."""
    seen = picture(series(Measure.ERRORS, [0.2] * 20, []))
    (found,) = judge_now([ERRORS], seen, ORDERED)
    assert found.is_bad
    assert "baseline" not in found.evidence


# -- properties ---------------------------------------------------------------------------------

SHARES = st.lists(st.none() | st.floats(0, 1), max_size=12)


@given(before=SHARES, after=SHARES, requests=st.none() | st.integers(0, 500))
def test_whatever_comes_is_judged_and_bad_only_over_the_limit(
    before: Values, after: Values, requests: int | None
) -> None:
    found = judged(ERRORS, before, after, requests=requests)
    if found.state is JudgedState.CRITICAL:
        assert found.value is not None
        assert found.value > 0.05
        assert (found.requests or 0) >= 50
    if found.value is None:
        assert found.state is JudgedState.NODATA
    assert 0 <= found.periods_bad <= len(after)
    assert found.evidence


@given(values=SHARES, worse=st.floats(0, 1))
def test_more_errors_are_never_judged_better(values: Values, worse: float) -> None:
    before: Values = [0.01] * 10
    more = [max(value, worse) if value is not None else None for value in values]
    assert judged(ERRORS, before, more).periods_bad >= judged(ERRORS, before, values).periods_bad


@given(st.integers(0, 60), st.integers(1, 200), st.integers(0, 60), st.integers(1, 2000))
def test_chances_are_chances(bad: int, of: int, usual: int, usual_of: int) -> None:
    """Between 0 and 1, and never greater for one failure more."""
    bad, usual = min(bad, of), min(usual, usual_of)
    chance = chance_of_as_many(bad, of, usual, usual_of)
    assert 0 <= chance <= 1
    if bad < of:
        assert chance_of_as_many(bad + 1, of, usual, usual_of) <= chance + 1e-9


@given(st.lists(st.tuples(st.none() | st.floats(0, 1), st.integers(0, 90)), max_size=30))
def test_windows_do_not_overlap_and_have_enough_requests(rows: list[tuple[float | None, int]]) -> None:
    points = [Point(ORDERED + n * MINUTE, value, requests) for n, (value, requests) in enumerate(rows)]
    found, _ = windows(points, Measure.ERRORS, 60, 50)
    assert all((item.requests or 0) >= 50 for item in found)
    assert all(item.end - item.start <= 6 * MINUTE for item in found)
    for newer, older in pairwise(found):
        assert older.end <= newer.start


def test_the_chance_of_three_in_fifty_is_that_of_the_exact_test() -> None:
    """Against a table worked out by hand: C(8,3)·C(92,47)/C(100,50) and so on."""
    by_hand = sum(math.comb(8, k) * math.comb(92, 50 - k) / math.comb(100, 50) for k in range(6, 9))
    assert chance_of_as_many(6, 50, 2, 50) == pytest.approx(by_hand)


def test_one_outlier_does_not_make_a_baseline_noisy() -> None:
    assert spread([0.1] * 20 + [9.0]) == 0.0
    assert spread([0.1, 0.2]) == 0.0


# -- two hundred seeds --------------------------------------------------------------------------


@pytest.mark.parametrize(("per_minute", "seeds"), [(100, 200), (1000, 50)])
def test_a_noisy_but_healthy_release_does_not_trip(per_minute: int, seeds: int) -> None:
    """One per cent of errors, bursts of eight now and then, restless response times, slow first minute."""
    stories = [
        Story(
            seed,
            per_minute=per_minute,
            usual=0.01,
            bursts=0.02,
            restless=0.25,
            slowness=lambda minute: 2.5 if minute == 0 else 1.0,
        )
        for seed in range(seeds)
    ]
    assert [story.seed for story in stories if story.trip() is not None] == []


@pytest.mark.parametrize(
    "bad",
    [
        {"errors": lambda _: 0.2},
        {"slowness": lambda _: 4.0},
        {"errors": lambda _: 0.08, "per_minute": 1000},
    ],
    ids=[
        "errors 0.1 to 20 %, 100 a minute",
        "p95 times 4, 100 a minute",
        "errors 0.1 to 8 %, 1,000 a minute",
    ],
)
def test_a_bad_release_trips_within_three_periods(bad: dict[str, object]) -> None:
    trips = [Story(seed, **bad).trip() for seed in range(200)]  # type: ignore[arg-type]
    soon = [trip for trip in trips if trip is not None and trip[1] <= 3]
    assert len(soon) >= 198
    assert {trip.mode for trip, _ in soon} == {GuardMode.ROLLBACK}


def test_an_incident_that_goes_on_does_not_trip() -> None:
    """A hotfix that changes nothing: as bad as before."""
    trips = [Story(seed, usual=0.2, errors=lambda _: 0.2).trip() for seed in range(40)]
    assert [trip for trip in trips if trip is not None and trip[0].mode is GuardMode.ROLLBACK] == []
