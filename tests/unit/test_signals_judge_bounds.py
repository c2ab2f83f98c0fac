"""Where judging turns from one answer to the other: each limit at its own value and beside it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from console.domain.guard import NO_BASELINE, Baseline, JudgedState
from console.domain.series import Measure, Point, Scope, Series
from console.signals.baseline import baseline
from console.signals.judge import judge
from tests.unit.signal_stories import MINUTE, ORDERED
from tests.unit.test_signals_judge import (
    DEPENDENCY,
    ERRORS,
    HEALTH,
    P95,
    Values,
    beside,
    judged,
    series,
)

CALM = [0.001] * 20
EXACT = replace(P95, relative=None, critical=0.5)
"""A response time with one absolute limit."""


@pytest.mark.parametrize(
    ("share", "state"),
    [
        (0.01, JudgedState.OK),
        (0.011, JudgedState.OK),
        (0.02, JudgedState.WARNING),
        (0.05, JudgedState.WARNING),
    ],
)
def test_a_limit_is_passed_only_above_it(share: float, state: JudgedState) -> None:
    """Five per cent is what is still allowed; a little more than one per cent may be chance."""
    assert judged(ERRORS, CALM, [share, share]).state is state
    assert judged(ERRORS, CALM, [0.051, 0.051]).state is JudgedState.CRITICAL


@pytest.mark.parametrize(("value", "state"), [(0.99, JudgedState.OK), (0.98, JudgedState.CRITICAL)])
def test_one_answer_in_a_hundred_may_fail_before_health_is_bad(value: float, state: JudgedState) -> None:
    """A restart drops one; one of fifty is a task that is not well."""
    assert judged(HEALTH, [1.0], [value, value]).state is state


def test_health_that_was_just_well_before_counts_as_well() -> None:
    """So that failing now is the deploy's."""
    assert judged(HEALTH, [0.99], [0.0, 0.0]).is_bad
    assert not judged(HEALTH, [0.98], [0.0, 0.0]).is_bad


@pytest.mark.parametrize(
    ("before", "now", "worse"), [(0.41, 0.52, True), (0.41, 0.51, False), (0.52, 0.65, False)]
)
def test_worse_is_a_quarter_above_what_was_usual(before: float, now: float, worse: bool) -> None:
    """Over the limit, but hardly more than before the order: not the new version's doing."""
    assert (judged(EXACT, [before] * 20, [now, now]).periods_bad == 2) is worse


def test_a_noisy_figure_has_to_be_worse_than_its_noise() -> None:
    """Twice the baseline's own spread, as a factor."""
    noisy = Baseline(0.3, 20, spread=0.5, until=ORDERED)  # e to the power of one: up to 0.815
    for value, worse in ((0.81, False), (0.82, True)):
        whole = series(Measure.P95, [], [value, value])
        found = judge(EXACT, None, None, whole, noisy, ORDERED + 2 * MINUTE)
        assert (found.periods_bad == 2) is worse


@pytest.mark.parametrize(
    ("alike", "needed"), [([], 2), ([0.4], 3), ([0.4, 0.4], 3), ([0.4] * 3, 4), ([0.39] * 3, 2)]
)
def test_what_happened_before_by_itself_needs_more_periods(alike: list[float], needed: int) -> None:
    """Once or twice nearly as bad before the order: one more; three times: two more."""
    usual = Baseline(0.01, 20, requests=20_000, values=(*alike, 0.01), until=ORDERED)
    whole = series(Measure.ERRORS, [], [0.5] * 6)
    found = judge(replace(ERRORS, critical=0.45), None, None, whole, usual, ORDERED + 6 * MINUTE)
    assert (found.periods_needed, found.periods_bad) == (needed, 6)
    assert found.is_bad


def test_a_period_before_the_order_at_the_limit_is_not_over_it() -> None:
    """Nothing more is asked of the periods since."""
    whole = series(Measure.ERRORS, [], [0.9] * 2)
    for value, needed in ((0.05, 2), (0.051, 3)):
        usual = Baseline(0.001, 20, requests=20_000, values=(value,), until=ORDERED)
        found = judge(ERRORS, None, None, whole, usual, ORDERED + 2 * MINUTE)
        assert found.periods_needed == needed


def test_a_judgement_says_of_when_it_is_and_what_its_figures_say_of_themselves() -> None:
    """The end of the newest period; whose figures they are, where others share them."""
    usual = Baseline(0.001, 20, requests=20_000, until=ORDERED)
    whole = replace(series(Measure.ERRORS, [], [0.5] * 2), note="of all that the load balancer serves")
    found = judge(ERRORS, None, None, whole, usual, ORDERED + 2 * MINUTE)
    assert (found.since, found.as_of) == (ORDERED, ORDERED + 2 * MINUTE)
    assert found.note == "of all that the load balancer serves"


# -- the old version beside ---------------------------------------------------------------------


def test_half_the_limit_on_the_old_version_is_not_as_bad() -> None:
    """Errors that chance could explain, but the old version is well within its limit."""
    few = beside(ERRORS, [0.06, 0.06], [0.025, 0.025], requests=200)
    assert not few.equally_old
    more = beside(ERRORS, [0.06, 0.06], [0.03, 0.03], requests=200)
    assert more.equally_old


@pytest.mark.parametrize(("old", "as_bad"), [(0.4, True), (0.34, True), (0.33, False), (0.2, False)])
def test_a_response_time_is_as_bad_on_the_old_version_within_half_again(old: float, as_bad: bool) -> None:
    """0.5 s beside 0.34 s is the day's trouble, beside 0.33 s it is the new version's."""
    assert beside(P95, [0.5, 0.5], [old, old]).equally_old is as_bad


def test_dependencies_are_as_bad_on_the_old_version_where_it_cannot_reach_them_either() -> None:
    """Just well is well."""
    assert beside(DEPENDENCY, [0.0, 0.0], [0.98, 0.98]).equally_old
    assert not beside(DEPENDENCY, [0.0, 0.0], [0.99, 0.99]).equally_old


def test_the_old_version_counts_only_at_the_same_time() -> None:
    """What it was before the new one served, and after, proves nothing."""
    new = series(Measure.ERRORS, [], [0.2], scope=Scope.NEW)
    for at, told in ((0, False), (1, True), (2, False)):
        old = Series(
            Measure.ERRORS,
            Scope.OLD,
            "CloudWatch",
            60,
            ORDERED,
            (Point(ORDERED + at * MINUTE, 0.2, 1000),),
        )
        found = judge(ERRORS, new, old, None, replace(NO_BASELINE, until=None), ORDERED + 2 * MINUTE)
        assert (found.beside_old, found.equally_old) == (told, told)


def test_the_old_version_is_not_asked_where_the_whole_service_is_judged() -> None:
    """Both together are not held against one of them."""
    whole = series(Measure.ERRORS, CALM, [0.2, 0.2])
    old = series(Measure.ERRORS, [], [0.2, 0.2], scope=Scope.OLD)
    found = judge(ERRORS, None, old, whole, baseline(ERRORS, whole, ORDERED), ORDERED + 2 * MINUTE)
    assert (found.beside_old, found.periods_bad) == (False, 2)
    alone = series(Measure.ERRORS, [], [0.2, 0.2], scope=Scope.NEW)
    assert judge(ERRORS, alone, None, whole, baseline(ERRORS, whole, ORDERED), ORDERED + 2 * MINUTE).is_bad


# -- time -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("late", "state"), [(0, JudgedState.CRITICAL), (1, JudgedState.NODATA)])
def test_figures_count_for_eight_minutes_and_not_a_second_more(late: int, state: JudgedState) -> None:
    """CloudWatch's come up to four minutes late."""
    now = ORDERED + 2 * MINUTE + timedelta(minutes=8, seconds=late)
    found = judged(ERRORS, CALM, [0.2, 0.2], now=now)
    assert found.state is state
    if late:
        assert found.evidence == "errors: CloudWatch is silent for 8 min"


@pytest.mark.parametrize(("gap", "in_a_row"), [(3, 2), (4, 1)])
def test_bad_periods_are_in_a_row_over_a_gap_of_three(gap: int, in_a_row: int) -> None:
    """Longer silence begins a new row."""
    after: Values = [0.2, *([None] * gap), 0.2]
    assert judged(ERRORS, CALM, after).periods_bad == in_a_row


def test_a_row_is_measured_from_each_period_to_the_next() -> None:
    """Not from the newest: five bad ones in a row are five."""
    found = judged(ERRORS, CALM, [0.2] * 5)
    assert (found.periods_bad, found.since) == (5, ORDERED)


# -- nothing to judge by ----------------------------------------------------------------------------


def test_no_data_names_figure_source_scope_and_limit() -> None:
    """Everything that is known is said, also where no value is."""
    silent = Series(
        Measure.DEPENDENCY, Scope.NEW, "health", 60, ORDERED, (), subject="database", problem="refused"
    )
    found = judge(DEPENDENCY, silent, None, None, NO_BASELINE, ORDERED)
    assert found == replace(
        found,
        trigger=DEPENDENCY,
        state=JudgedState.NODATA,
        baseline=NO_BASELINE,
        source="health",
        scope=Scope.NEW,
        subject="database",
        limit=None,
    )
    assert found.evidence == "database: no data from health: refused"
    well = replace(silent, problem="")
    assert (
        judge(DEPENDENCY, well, None, None, NO_BASELINE, ORDERED).evidence == "database: no data from health"
    )


def test_no_source_leaves_source_and_subject_empty() -> None:
    """Nothing is made up."""
    found = judge(ERRORS, None, None, None, NO_BASELINE, ORDERED)
    assert (found.trigger, found.baseline) == (ERRORS, NO_BASELINE)
    assert (found.source, found.scope, found.subject, found.limit) == ("", Scope.SERVICE, "", 0.05)


@pytest.mark.parametrize(("problem", "more"), [("", ""), ("throttled", ": throttled")])
def test_a_source_that_fell_silent_says_what_troubles_it(problem: str, more: str) -> None:
    """Where it said so."""
    old = replace(series(Measure.ERRORS, [], [0.2]), problem=problem)
    found = judge(ERRORS, None, None, old, NO_BASELINE, ORDERED + 20 * MINUTE)
    assert found.evidence == f"errors: CloudWatch is silent for 19 min{more}"


def test_figures_of_before_the_order_are_only_those() -> None:
    """Nothing has come since; no request was too few."""
    found = judged(ERRORS, CALM, [])
    assert found.evidence == "errors: nothing yet since the order · CloudWatch"


def test_what_makes_a_trip_a_question_is_said_in_words() -> None:
    """Without anything of before, and where a figure is not compared with before at all."""
    assert judged(ERRORS, [], [0.2, 0.2]).asks == "no baseline: nothing is known of before"
    assert judged(replace(ERRORS, worse_than_baseline=False), [], [0.2, 0.2]).asks == ""
    assert judged(ERRORS, CALM, [0.2, 0.2]).asks == ""


def test_what_is_well_has_no_beginning_and_asks_nothing() -> None:
    """Also where nothing is known of before: a question needs something bad to ask about."""
    well = judged(ERRORS, [], [0.0, 0.0])
    assert (well.state, well.since, well.asks, well.period_s) == (JudgedState.OK, None, "", MINUTE.seconds)


def test_a_figure_at_its_warning_is_not_over_it() -> None:
    """Of a figure that is no share; and of a share that came without its requests."""
    warns = replace(EXACT, warning=0.3)
    assert judged(warns, [0.1] * 20, [0.3, 0.3]).state is JudgedState.OK
    assert judged(warns, [0.1] * 20, [0.31, 0.31]).state is JudgedState.WARNING
