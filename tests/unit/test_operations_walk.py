"""Drain, undrain, scale: several actions in a row, each sent once, whatever happens in between."""

import pytest

from console.domain.action import Action, ActionKind, ActionSight, ActionState
from console.domain.operation import Mechanism, OperationEvent, Verb, Verdict
from console.domain.scaling import Scaling
from console.domain.wish import Wish
from console.errors import (
    EndpointError,
    JournalError,
    OutcomeUnknownError,
    RefusedError,
    RejectedError,
    UsageError,
)
from console.operations.performer import Performer
from tests.builders import (
    ADDRESS,
    NEW_DEPLOYMENT,
    OLD_DEPLOYMENT,
    a_deployment,
    a_service,
    a_stopped_task,
    a_target,
    a_task,
    ago,
    an_observation,
)
from tests.unit.conftest import Bench

TYPED = "production/api"
DRAIN, UNDRAIN = Wish(Verb.DRAIN, ADDRESS), Wish(Verb.UNDRAIN, ADDRESS)


@pytest.fixture
def steady(bench: Bench) -> Bench:
    """Two tasks, and autoscaling between 2 and 10."""
    bench.platform.put(an_observation())
    bench.platform.scalings[ADDRESS] = Scaling(2, 10)
    return bench


def run(bench: Bench, wish: Wish, typed: str | None = TYPED) -> list[OperationEvent]:
    return list(bench.engine.execute(bench.engine.plan(wish), typed))


def kinds(bench: Bench) -> list[ActionKind]:
    return [action.kind for action in bench.platform.performed]


def sight(state: ActionState, said: str = "") -> ActionSight:
    return ActionSight(state, said or state.value)


def test_a_service_is_drained_with_its_autoscaling_suspended_first(steady: Bench) -> None:
    events = run(steady, DRAIN)
    assert steady.verdict(events)["verdict"] == "SUCCEEDED"
    assert kinds(steady) == [ActionKind.SUSPEND_SCALING, ActionKind.SET_DESIRED]
    assert [e.event for e in events if e.event in ("sent", "performed", "reached")] == [
        "sent",
        "performed",
        "reached",
    ] * 2


def test_undrain_restores_counts_limits_and_what_was_suspended_before(steady: Bench) -> None:
    steady.platform.scalings[ADDRESS] = Scaling(2, 10, suspended=("in",))
    run(steady, DRAIN)
    steady.platform.put(an_observation(status=a_service(desired=0, running=0)))
    steady.platform.scalings[ADDRESS] = Scaling(1, 10, suspended=("in", "out", "scheduled"))
    steady.platform.performed.clear()
    assert steady.verdict(run(steady, UNDRAIN))["verdict"] == "SUCCEEDED"
    assert [(a.kind, dict(a.parameters)) for a in steady.platform.performed] == [
        (ActionKind.SET_DESIRED, {"desired": 2}),
        (ActionKind.SET_LIMITS, {"minimum": 2, "maximum": 10}),
        (ActionKind.RESUME_SCALING, {"in": True, "out": False, "scheduled": False}),
    ]


def test_a_drain_is_taken_back_once(steady: Bench) -> None:
    run(steady, DRAIN)
    steady.platform.put(an_observation(status=a_service(desired=0, running=0)))
    run(steady, UNDRAIN)
    with pytest.raises(RefusedError, match="knows of no drain"):
        steady.engine.plan(UNDRAIN)


def test_an_answer_that_is_lost_is_looked_up_and_nothing_is_sent_again(steady: Bench) -> None:
    steady.platform.fail("perform", OutcomeUnknownError("no answer"))
    steady.platform.sights[ActionKind.SUSPEND_SCALING] = [
        sight(ActionState.ABSENT),
        sight(ActionState.DONE),
    ]
    assert steady.verdict(run(steady, DRAIN))["verdict"] == "SUCCEEDED"
    assert steady.platform.count("perform") == 2
    assert kinds(steady) == [ActionKind.SET_DESIRED]  # the first was counted, and its answer lost


def test_an_order_of_which_nothing_is_to_be_seen_is_unknown_while_its_sender_lives(steady: Bench) -> None:
    steady.platform.fail("perform", OutcomeUnknownError("no answer"))
    steady.platform.sights[ActionKind.SUSPEND_SCALING] = [sight(ActionState.ABSENT)]
    assert steady.verdict(run(steady, DRAIN))["verdict"] == "UNKNOWN"


def test_a_refused_step_ends_the_walk_and_says_what_stays_done(steady: Bench) -> None:
    steady.platform.fail("look", EndpointError("gone"), times=3)
    steady.platform.sights[ActionKind.SET_DESIRED] = [sight(ActionState.FAILED, "no capacity")]
    told = steady.verdict(run(steady, DRAIN))
    assert told["verdict"] == "FAILED"
    assert "no capacity · 1 step before it done and left so" in str(told["reason"])


def test_a_rejected_first_step_changes_nothing(steady: Bench) -> None:
    steady.platform.fail("perform", RejectedError("no"))
    assert steady.verdict(run(steady, DRAIN))["verdict"] == "FAILED"
    assert kinds(steady) == []


def test_a_journal_that_cannot_be_written_refuses_a_drain_and_lets_an_undrain_go_ahead(steady: Bench) -> None:
    run(steady, DRAIN)
    steady.platform.put(an_observation(status=a_service(desired=0, running=0)))
    undrain = steady.engine.plan(UNDRAIN)
    drain_again = steady.engine.plan(Wish(Verb.SCALE, ADDRESS, desired=3))
    steady.platform.performed.clear()
    for method in ("begin", "append", "update"):
        steady.journal.fail(method, JournalError("disk full"), times=None)
    with pytest.raises(RefusedError, match="journal"):
        list(steady.engine.execute(drain_again, TYPED))
    assert kinds(steady) == []
    events = list(steady.engine.execute(undrain, TYPED))
    assert steady.verdict(events)["verdict"] == "SUCCEEDED"


def test_a_changed_service_refuses_the_plan(steady: Bench) -> None:
    plan = steady.engine.plan(DRAIN)
    steady.platform.put(an_observation(status=a_service(deployments=(a_deployment(id="ecs-svc/999"),))))
    events = list(steady.engine.execute(plan, TYPED))
    assert steady.verdict(events)["verdict"] == "REFUSED"
    assert kinds(steady) == []


@pytest.mark.parametrize("stop_after", ["confirmed", "compared", "sent", "performed", "reached"])
@pytest.mark.parametrize("nth", [1, 2])
def test_a_walk_whose_process_dies_anywhere_is_taken_up_and_sends_nothing_new(
    steady: Bench, stop_after: str, nth: int
) -> None:
    seen = 0
    operation = ""
    for event in steady.engine.execute(steady.engine.plan(DRAIN), TYPED):
        operation = event.operation or operation
        seen += event.event == stop_after
        if seen == nth:
            break
    sent = len(steady.platform.performed)
    # as if another process: this one's id is not the carrier's
    record = steady.journal.operation(operation)
    assert record is not None
    steady.clock.advance(60)
    events = list(steady.engine.resume(operation))
    told = steady.verdict(events)
    assert len(steady.platform.performed) == sent
    whole = sent == 2
    if whole:
        assert told["verdict"] == "SUCCEEDED"
    elif sent == 0 and stop_after != "sent":
        assert told["verdict"] == "REFUSED"
    else:
        assert told["verdict"] in ("FAILED", "SUCCEEDED")
        assert told["verdict"] == "SUCCEEDED" or "left" in str(told["reason"])


def test_scaling_widens_the_limits_before_the_count(steady: Bench) -> None:
    plan = steady.engine.plan(Wish(Verb.SCALE, ADDRESS, desired=12, maximum=15))
    assert plan.mechanism is Mechanism.ACTIONS
    assert [a.kind for a in plan.actions] == [ActionKind.SET_LIMITS, ActionKind.SET_DESIRED]
    assert plan.before == {"desired": 2, "minimum": 2, "maximum": 10}


def test_a_count_that_autoscaling_would_take_back_is_refused(steady: Bench) -> None:
    with pytest.raises(UsageError, match="between 2 and 10"):
        steady.engine.plan(Wish(Verb.SCALE, ADDRESS, desired=12))


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        (
            {"desired": 999_999_999_999},
            r"desired 999,999,999,999 exceeds AWS's maximum of 2,147,483,647",
        ),
        ({"desired": 2**31}, "exceeds AWS's maximum"),
        ({"maximum": 2**31}, "maximum 2,147,483,648"),
        ({"desired": -1}, "desired -1 is negative"),
        ({"minimum": -1}, "is negative"),
        ({"minimum": 5, "maximum": 4}, "minimum 5 exceeds maximum 4"),
        ({"minimum": 11}, "minimum 11 exceeds maximum 10"),
    ],
)
def test_counts_that_cannot_be_are_refused_before_anything_is_sent(
    steady: Bench, asked: dict[str, int], why: str
) -> None:
    """One line, and the exit code of what was not planned, at the console and without one."""
    with pytest.raises(UsageError, match=why) as refused:
        steady.engine.plan(Wish(Verb.SCALE, ADDRESS, **asked))  # type: ignore[arg-type]
    assert refused.value.exit_code == 2
    assert "\n" not in str(refused.value)
    assert kinds(steady) == []


def test_counts_over_the_usual_quota_say_so(steady: Bench) -> None:
    """The account's own quota is not read; the largest number is still one."""
    del steady.platform.scalings[ADDRESS]
    for desired, is_over in ((5000, False), (5001, True), (2**31 - 1, True)):
        remarks = steady.engine.plan(Wish(Verb.SCALE, ADDRESS, desired=desired)).remarks
        assert any("5,000" in item for item in remarks) is is_over


def test_sizes_that_cannot_be_are_refused_too(steady: Bench) -> None:
    """Every number of a wish, whatever the verb."""
    for size in ("memory_mb", "cpu", "grace_s"):
        with pytest.raises(UsageError, match="exceeds AWS's maximum"):
            steady.engine.plan(Wish(Verb.DEPLOY, ADDRESS, **{size: 2**31}))  # type: ignore[arg-type]


def test_without_autoscaling_there_are_no_limits_to_set(steady: Bench) -> None:
    del steady.platform.scalings[ADDRESS]
    with pytest.raises(UsageError, match="no autoscaling"):
        steady.engine.plan(Wish(Verb.SCALE, ADDRESS, maximum=4))
    plan = steady.engine.plan(Wish(Verb.SCALE, ADDRESS, desired=2))
    assert plan.nothing_to_do


def test_one_task_is_meant_by_the_beginning_of_its_id(steady: Bench) -> None:
    task = an_observation().tasks[0]
    plan = steady.engine.plan(Wish(Verb.DRAIN, ADDRESS, task=task.id[:8]))
    assert plan.actions[0].parameters["task"] == task.id
    with pytest.raises(RefusedError, match="running:"):
        steady.engine.plan(Wish(Verb.DRAIN, ADDRESS, task="zz"))


def test_production_has_to_be_typed(steady: Bench) -> None:
    with pytest.raises(RefusedError, match="not confirmed"):
        run(steady, DRAIN, typed=None)
    assert kinds(steady) == []


def test_a_walk_that_takes_too_long_is_timed_out_and_says_what_it_waits_for(steady: Bench) -> None:
    steady.platform.sights[ActionKind.SET_DESIRED] = [sight(ActionState.WAITING, "2 tasks still there")]
    told = steady.verdict(run(steady, DRAIN))
    assert told["verdict"] == Verdict.TIMED_OUT.value
    assert "2 tasks still there" in str(told["reason"])


def test_a_count_is_not_reached_while_its_tasks_are_checked(steady: Bench) -> None:
    """All of them run: one target is initial, then its health cannot be read, then both serve, and then
    rules cannot be read, which one target group is counted without."""
    checked = an_observation(targets=(a_target(number=1), a_target(number=2, state="initial")))
    unread = an_observation(missing={"targets": "AccessDenied"}, targets=())
    action = Action(ActionKind.SET_DESIRED, "desired 1 -> 2", {"desired": 2})
    performer = Performer(steady.platform, steady.clock)
    seen: list[tuple[ActionState, str]] = []
    denied = an_observation(missing={"routes": "AccessDenied"})
    for observation in (checked, unread, an_observation(), denied):
        steady.platform.put(observation)
        found = performer.look(ADDRESS, action, {})
        seen.append((found.state, found.said.rpartition(": done, ")[2]))

    assert seen == [
        (ActionState.WAITING, "1 of 2 healthy"),
        (ActionState.WAITING, "targets could not be read"),
        (ActionState.DONE, "2 of 2 healthy"),
        (ActionState.DONE, "2 of 2 healthy"),
    ]


def test_a_count_is_not_reached_between_two_deaths(steady: Bench) -> None:
    """In a crash loop all are healthy now and then; deaths of a version that leaves tell nothing."""
    dead = a_stopped_task(number=9, deployment=OLD_DEPLOYMENT, stopped_at=ago(59))
    leaving = a_deployment(id=NEW_DEPLOYMENT, status="ACTIVE", running=0)
    status = a_service(deployments=(*a_service().deployments, leaving))
    performer = Performer(steady.platform, steady.clock)
    seen: list[tuple[ActionState, str]] = []
    for at_s in (0, 1):
        tasks = (a_task(), a_task(number=2), dead, a_stopped_task(number=8, stopped_at=ago(1)))
        steady.platform.put(an_observation(at=ago(-at_s), status=status, tasks=tasks))
        found = performer.look(ADDRESS, Action(ActionKind.WAIT_HEALTHY, "wait"), {})
        seen.append((found.state, found.said))

    assert seen == [
        (ActionState.WAITING, "2 of 2 healthy, 1 of its tasks died in the last minute"),
        (ActionState.DONE, "2 of 2 healthy"),
    ]


@pytest.mark.parametrize("status", ["STOPPED", "DEPROVISIONING"])
def test_targets_of_tasks_that_are_gone_are_nobody(steady: Bench, status: str) -> None:
    """The load balancer still calls them healthy."""
    gone = tuple(
        a_stopped_task(number=n, deployment=OLD_DEPLOYMENT, status=status, stopped_at=ago(70)) for n in (1, 2)
    )
    steady.platform.put(an_observation(status=a_service(running=0), tasks=gone))
    performer = Performer(steady.platform, steady.clock)
    found = performer.look(ADDRESS, Action(ActionKind.WAIT_HEALTHY, "wait"), {})
    assert (found.state, found.said) == (ActionState.WAITING, "0 of 2 healthy")


def test_tasks_that_cannot_be_read_are_waited_for(steady: Bench) -> None:
    steady.platform.put(an_observation(missing={"targets": "AccessDenied"}, targets=()))
    performer = Performer(steady.platform, steady.clock)
    found = performer.look(ADDRESS, Action(ActionKind.WAIT_HEALTHY, "wait"), {})
    assert (found.state, found.said) == (ActionState.WAITING, "targets could not be read")
