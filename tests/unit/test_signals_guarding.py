"""The guard: when it trips, what it may do then, and when it asks instead."""

from dataclasses import replace
from datetime import timedelta

import pytest

from console.domain.guard import (
    DEFAULT_TRIGGERS,
    NO_BASELINE,
    Blame,
    GuardMode,
    GuardPolicy,
    Hard,
    JudgedState,
    Judgement,
)
from console.domain.series import Measure, Scope
from console.signals.guarding import Guard, tripped
from console.signals.hard import every_answer_fails, hard_evidence, old_fails
from console.signals.scoping import scoped_of
from tests.builders import (
    GROUP,
    NEW_DEPLOYMENT,
    NOW,
    a_rolling_observation,
    a_rolling_service,
    a_stopped_task,
    a_target,
    a_task,
    ago,
    an_observation,
)
from tests.unit.test_signals_judge import picture, series

ERRORS = DEFAULT_TRIGGERS[1]
DATABASE = Blame(
    False, "database is down, since 03:02", "a rollback does not bring database back", "database"
)
DEPLOY = Blame(True, "began 03:12, 40 s after the deploy")
DIED = Hard("tasks", NOW, 2, "2 tasks of the new version died: out of memory")


def finding(periods: int = 2, asks: str = "", state: JudgedState = JudgedState.CRITICAL) -> Judgement:
    return Judgement(
        trigger=ERRORS,
        state=state,
        value=0.2,
        baseline=NO_BASELINE,
        limit=0.05,
        source="CloudWatch",
        scope=Scope.SERVICE,
        periods_bad=periods,
        evidence="errors 20 %",
        as_of=NOW,
        since=NOW - timedelta(minutes=periods),
        asks=asks,
    )


def a_guard(mode: GuardMode = GuardMode.ROLLBACK, **more: bool) -> Guard:
    return Guard(GuardPolicy(mode=mode), **more)


# -- when ---------------------------------------------------------------------------------------


def test_two_bad_periods_trip_it_and_one_does_not() -> None:
    guard = a_guard()
    assert guard.update([finding(1)], (), NOW) is None
    trip = guard.update([finding(2)], (), NOW)
    assert trip is not None
    assert (trip.mode, trip.reason, trip.judgements) == (GuardMode.ROLLBACK, "errors 20 %", (finding(2),))


def test_hard_evidence_trips_it_at_once() -> None:
    trip = a_guard().update([], [DIED], NOW)
    assert trip is not None
    assert trip.reason == DIED.line


def test_it_says_how_much_more_there_is() -> None:
    trip = a_guard().update([finding()], [DIED], NOW)
    assert trip is not None
    assert trip.reason == f"{DIED.line} (and 1 more)"


def test_no_data_trips_nothing() -> None:
    assert a_guard().update([finding(0, state=JudgedState.NODATA)], (), NOW) is None


def test_it_trips_once() -> None:
    guard = a_guard()
    assert guard.update([finding()], (), NOW)
    assert guard.update([finding(3)], (), NOW) is None
    assert guard.trip is not None


# -- what it may do -----------------------------------------------------------------------------


def test_going_back_waits_for_the_countdown() -> None:
    guard = a_guard()
    assert guard.rolls_back_at() is None
    guard.update([finding()], (), NOW)
    end = NOW + GuardPolicy().countdown
    assert guard.rolls_back_at() == end
    assert not guard.is_due(end - timedelta(seconds=1))
    assert guard.is_due(end)


def test_a_person_stops_the_countdown_for_good() -> None:
    guard = a_guard()
    guard.update([finding()], (), NOW)
    guard.cancel(NOW)
    assert guard.is_cancelled
    assert not guard.is_due(NOW + timedelta(hours=1))
    assert guard.update([finding(5)], [DIED], NOW) is None


def test_asking_never_goes_back_by_itself() -> None:
    guard = a_guard(GuardMode.ASK)
    trip = guard.update([finding()], [DIED], NOW)
    assert trip is not None
    assert (trip.mode, trip.asks_because) == (GuardMode.ASK, "")
    assert not guard.is_due(NOW + timedelta(hours=1))


@pytest.mark.parametrize(
    ("guard", "why"),
    [
        (a_guard(GuardMode.OFF), "switched off"),
        (a_guard(is_rollback=True), "not armed: this goes back"),
        (a_guard(is_foreign=True), "not armed: somebody else's deployment"),
    ],
)
def test_it_is_not_armed_on_rollbacks_and_on_what_others_ship(guard: Guard, why: str) -> None:
    assert (guard.is_armed, guard.disarmed) == (False, why)
    assert guard.update([finding()], [DIED], NOW) is None


def test_unless_somebody_asks_for_it() -> None:
    assert a_guard(is_foreign=True, asked_for=True).is_armed


def test_disarmed_it_stops_counting_down() -> None:
    guard = a_guard()
    guard.update([finding()], (), NOW)
    guard.disarm("ECS goes back")
    assert not guard.is_due(NOW + timedelta(hours=1))
    assert guard.disarmed == "ECS goes back"


# -- when it asks although it might -------------------------------------------------------------


def test_a_bad_baseline_asks() -> None:
    trip = a_guard().update([finding(asks="an incident was under way")], (), NOW)
    assert trip is not None
    assert (trip.mode, trip.asks_because) == (GuardMode.ASK, "an incident was under way")


def test_a_figure_without_doubt_beside_a_doubtful_one_goes_back() -> None:
    trip = a_guard().update([finding(asks="no baseline"), finding()], (), NOW)
    assert trip is not None
    assert trip.mode is GuardMode.ROLLBACK


def test_a_trip_that_asked_may_go_back_once_the_doubt_is_gone() -> None:
    guard = a_guard()
    assert guard.update([finding(asks="no baseline")], (), NOW)
    later = guard.update([finding(asks="no baseline")], [DIED], NOW + timedelta(minutes=1))
    assert later is not None
    assert later.mode is GuardMode.ROLLBACK


def test_a_database_that_is_down_asks_whatever_the_evidence() -> None:
    trip = a_guard().update([finding()], [DIED], NOW, DATABASE)
    assert trip is not None
    assert (trip.mode, trip.asks_because, trip.blame) == (GuardMode.ASK, DATABASE.uncured, DATABASE)


def test_what_was_not_the_deploys_fault_does_not_become_so_by_lasting() -> None:
    """When nothing answers any more, nothing names the database either."""
    guard = a_guard()
    assert guard.update([finding()], (), NOW, DATABASE)
    assert guard.update([finding()], [DIED], NOW + timedelta(minutes=5), DEPLOY) is None
    assert guard.trip is not None
    assert guard.trip.mode is GuardMode.ASK


def test_trouble_that_was_over_in_between_is_other_trouble() -> None:
    guard = a_guard()
    guard.update([finding(1)], (), NOW, DATABASE)
    guard.update([finding(0, state=JudgedState.OK)], (), NOW)
    trip = guard.update([finding()], (), NOW, DEPLOY)
    assert trip is not None
    assert trip.mode is GuardMode.ROLLBACK


# -- hard evidence ------------------------------------------------------------------------------

NEW = {"deployment": NEW_DEPLOYMENT, "started_at": ago(300)}


def test_dead_tasks_of_the_new_version_are_evidence() -> None:
    """Two of them, or the only one; those of the old one are not."""
    dead = tuple(a_stopped_task(number=number) for number in (5, 6))
    (found,) = hard_evidence(a_rolling_observation(tasks=dead))
    assert (found.kind, found.count) == ("tasks", 2)
    assert "Essential container in task exited" in found.line
    assert hard_evidence(a_rolling_observation(tasks=dead[:1])) == ()
    assert hard_evidence(an_observation(tasks=dead)) == ()


def test_unhealthy_targets_of_the_new_version_are_evidence_after_the_grace_period() -> None:
    tasks = (a_task(number=1), a_task(number=3, **NEW))
    targets = (a_target(number=1), a_target(number=3, state="unhealthy", description="codes: [503]"))
    seen = a_rolling_observation(tasks=tasks, targets=targets)
    (found,) = hard_evidence(seen)
    assert (found.kind, found.line) == ("targets", "1 target of the new version unhealthy: codes: [503]")
    gracious = a_rolling_observation(tasks=tasks, targets=targets, status=a_rolling_service(grace_s=600))
    assert hard_evidence(gracious) == ()


def test_whether_the_old_version_fails_too() -> None:
    tasks = (a_task(number=1), a_task(number=3, **NEW))

    def seen(state: str) -> bool | None:
        return old_fails(a_rolling_observation(tasks=tasks, targets=(a_target(number=1, state=state),)))

    assert [seen(state) for state in ("unhealthy", "healthy", "draining")] == [True, False, None]
    assert old_fails(None) is None


def test_answers_that_all_fail_while_the_old_version_serves_are_the_old_ones_too() -> None:
    seen = a_rolling_observation(tasks=(a_task(number=1), a_task(number=3, **NEW)))
    bad, mixed = ([0.0, 0.0], [0.0, 1 / 3])
    pictures = [
        picture(series(Measure.HEALTH, [], values, requests=3, source="health")) for values in (bad, mixed)
    ]
    assert [every_answer_fails(seen, item) for item in pictures] == [True, False]
    alone = a_rolling_observation(tasks=(a_task(number=3, **NEW),))
    assert not every_answer_fails(alone, pictures[0])


# -- new and old --------------------------------------------------------------------------------


def test_new_and_old_are_told_by_release_and_task() -> None:
    scoped = scoped_of(a_rolling_observation())
    assert scoped.new is not None
    assert scoped.old is not None
    assert (scoped.new.version.label, scoped.old.version.label) == ("v1.4.3", "v1.4.2")
    assert set(scoped.revisions.values()) == {"new", "old"}
    assert scoped.moved_at == ago(360)
    assert scoped.new_groups == ()  # both stand in one target group


def test_blue_and_green_have_groups_of_their_own() -> None:
    other = GROUP.replace("rugmunch-api", "rugmunch-api-green")
    seen = a_rolling_observation(
        status=a_rolling_service(alternate_groups=(other,)),
        targets=(a_target(number=1), a_target(number=3, group=other)),
    )
    scoped = scoped_of(seen)
    assert (scoped.new_groups, scoped.old_groups) == ((other,), (GROUP,))


def test_long_after_its_deploy_a_version_has_no_old_one_beside_it() -> None:
    scoped = scoped_of(an_observation())
    assert scoped.old is None
    assert scoped.new is not None
    assert scoped_of(None).moved_at is None


# -- what is handed on ------------------------------------------------------------------------------


def test_it_says_why_it_does_nothing() -> None:
    """In the words that the operator reads beside the gauges; empty while it is armed."""
    assert a_guard(GuardMode.OFF).disarmed == "switched off"
    assert a_guard(GuardMode.OFF, asked_for=True).disarmed == "switched off"
    assert a_guard(is_rollback=True).disarmed == "not armed: this goes back"
    assert a_guard(is_rollback=True, asked_for=True).disarmed == ""
    assert a_guard(is_foreign=True).disarmed == "not armed: somebody else's deployment"
    assert a_guard().disarmed == ""
    assert a_guard().is_armed


def test_a_trip_has_everything_that_it_rests_on() -> None:
    """Figures, evidence, blame and the moment: the panel, the journal and the plan read it from there."""
    trip = a_guard().update([finding()], [DIED], NOW, DEPLOY)
    assert trip is not None
    assert (trip.at, trip.judgements, trip.evidence, trip.blame) == (NOW, (finding(),), (DIED,), DEPLOY)
    assert trip.asks_because == ""


def test_why_it_asks_is_said_only_where_it_might_have_gone_back() -> None:
    """A guard that asks anyway needs no reason for it."""
    for mode, why in ((GuardMode.ROLLBACK, "no baseline"), (GuardMode.ASK, "")):
        trip = a_guard(mode).update([finding(asks="no baseline")], (), NOW)
        assert trip is not None
        assert (trip.mode, trip.asks_because) == (GuardMode.ASK, why)


def test_without_a_word_on_what_stays_broken_the_cause_is_the_reason() -> None:
    """What a rollback does not cure where that is known; else what it is put down to."""
    for blame, why in ((DATABASE, DATABASE.uncured), (replace(DATABASE, uncured=""), DATABASE.line)):
        trip = a_guard().update([finding()], (), NOW, blame)
        assert trip is not None
        assert trip.asks_because == why


@pytest.mark.parametrize(
    ("judgements", "evidence"), [([finding(1)], ()), ([], (DIED,)), ([finding(1)], (DIED,))]
)
def test_trouble_that_still_lasts_keeps_its_cause(
    judgements: list[Judgement], evidence: tuple[Hard, ...]
) -> None:
    """A figure that is bad for one period, or evidence alone, is the same trouble going on."""
    guard = a_guard()
    guard.update([finding(1)], (), NOW, DATABASE)
    guard.update(judgements, evidence, NOW)
    trip = guard.trip or guard.update([finding(2)], (), NOW)
    assert trip is not None
    assert (trip.mode, trip.asks_because) == (GuardMode.ASK, DATABASE.uncured)


@pytest.mark.parametrize(
    ("blame", "asks"),
    [
        (DATABASE, "a rollback does not bring database back"),
        (replace(DATABASE, uncured=""), "database is down, since 03:02"),
        (replace(DATABASE, is_deploy=None), ""),
        (DEPLOY, ""),
        (None, ""),
    ],
    ids=["not cured", "not the deploy", "cannot be told", "the deploy", "nobody looked"],
)
def test_one_look_asks_where_it_is_not_the_deploy(blame: Blame | None, asks: str) -> None:
    """With what going back would not cure, else with what it is; nothing remembered."""
    trip = tripped(GuardPolicy(mode=GuardMode.ROLLBACK), [finding()], (), NOW, blame)
    assert trip is not None
    assert (trip.asks_because, trip.mode) == (asks, GuardMode.ASK if asks else GuardMode.ROLLBACK)
