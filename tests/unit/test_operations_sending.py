"""A write that was throttled was not carried out: it is sent again, and nothing else ever is."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from console.domain.action import Action, ActionKind, ActionSight, ActionState
from console.domain.address import Address
from console.domain.operation import Accepted, Mechanism, OperationEvent, Order, Verb
from console.domain.scaling import Scaling
from console.domain.wish import Wish
from console.errors import EndpointError, OutcomeUnknownError, ThrottledError
from console.operations.ordering import order_of
from console.operations.performer import Performer
from console.operations.sending import PAUSES_S, SEND_FOR_S
from tests.builders import ADDRESS, OLD_RELEASE, an_observation
from tests.unit.conftest import Bench
from tests.unit.test_operations_engine import (
    COPY_DEPLOYMENT,
    finished,
    gone_back,
    interrupted,
    run,
)
from tests.unit.test_operations_walk import DRAIN, kinds
from tests.unit.test_operations_walk import run as walk

__all__ = ["finished"]

THROTTLED = ThrottledError("Rate exceeded")


def names(events: list[OperationEvent], *which: str) -> list[str]:
    return [event.event for event in events if event.event in which]


def test_a_throttled_order_is_sent_again_until_it_is_taken(finished: Bench) -> None:
    """Three refusals; each attempt is journalled with its order before it is made."""
    finished.platform.fail("act", THROTTLED, times=3)

    events = run(finished, finished.engine.plan_rollback(ADDRESS))

    assert finished.verdict(events)["verdict"] == "SUCCEEDED"
    assert finished.platform.count("act") == 4
    assert names(events, "throttled", "sent", "accepted") == ["sent", *["throttled", "sent"] * 3, "accepted"]
    kept = finished.journal.entries(events[-1].operation or "")
    assert [("order" in entry.facts) for entry in kept if entry.event == "sent"] == [True] * 4
    assert list(PAUSES_S) == [wait for wait in finished.clock.waits if wait in PAUSES_S][:3]


def test_what_is_throttled_for_too_long_has_failed(finished: Bench) -> None:
    """Once the time is up, with AWS's words; a last look finds that it was not carried out."""
    finished.platform.fail("act", THROTTLED, times=None)
    began = finished.clock.now()

    told = finished.verdict(run(finished, finished.engine.plan_rollback(ADDRESS)))

    assert told["verdict"] == "FAILED"
    assert "not carried out" in str(told["reason"])
    spent = (finished.clock.now() - began).total_seconds()
    assert SEND_FOR_S - PAUSES_S[-1] <= spent <= SEND_FOR_S
    assert finished.platform.count("act") > 10


def test_nothing_is_sent_again_after_the_timeout_of_the_run(finished: Bench) -> None:
    """The shorter of the two limits counts."""
    finished.timeout_s = 10.0
    finished.platform.fail("act", THROTTLED, times=None)

    assert finished.verdict(run(finished, finished.engine.plan_rollback(ADDRESS)))["verdict"] == "FAILED"
    assert finished.clock.monotonic() < 10.0


def test_a_throttled_order_that_was_carried_out_all_the_same_is_not_sent_again(finished: Bench) -> None:
    """A look comes before every further attempt."""
    plan = finished.engine.plan_rollback(ADDRESS)
    finished.platform.fail("act", THROTTLED)
    finished.platform.found = Accepted(COPY_DEPLOYMENT, None)
    finished.platform.bases[ADDRESS] = plan.basis
    finished.platform.script(gone_back(10), gone_back(16), gone_back(22))

    assert finished.verdict(run(finished, plan))["verdict"] == "SUCCEEDED"
    assert finished.platform.count("act") == 1


def test_a_service_that_somebody_changes_meanwhile_is_left_alone(finished: Bench) -> None:
    """The comparing read is repeated before every further attempt."""
    plan = finished.engine.plan_rollback(ADDRESS)
    finished.platform.fail("act", THROTTLED)
    theirs = replace(plan.basis, deployment="ecs-svc/7", definition="rugmunch-api:77")
    finished.clock.at(1.0, lambda: finished.platform.bases.update({ADDRESS: theirs}))

    told = finished.verdict(run(finished, plan))

    assert told["verdict"] == "REFUSED"
    assert "ecs-svc/7" in str(told["reason"])
    assert finished.platform.count("act") == 1


@pytest.mark.parametrize("error", [OutcomeUnknownError("no answer in 8 s"), EndpointError("refused")])
def test_a_doubt_after_a_throttled_attempt_is_never_sent_again(finished: Bench, error: Exception) -> None:
    """Only what AWS has refused for certain is repeated."""
    finished.platform.fail("act", THROTTLED)
    finished.platform.fail("act", error)

    told = finished.verdict(run(finished, finished.engine.plan_rollback(ADDRESS)))

    assert told["verdict"] in ("UNKNOWN", "FAILED")
    assert finished.platform.count("act") == 2


def test_a_throttled_registration_is_repeated_and_compared_again(finished: Bench) -> None:
    """Registering took longer than the comparing read is believed."""
    finished.platform.fail("prepare", THROTTLED, times=2)

    events = run(finished, finished.engine.plan_rollback(ADDRESS))

    assert finished.verdict(events)["verdict"] == "SUCCEEDED"
    assert finished.platform.count("prepare") == 3
    assert names(events, "compared", "preparing", "throttled", "sent") == [
        "compared",
        *["preparing", "throttled"] * 2,
        "preparing",
        "compared",
        "sent",
    ]


def test_the_outcome_is_looked_for_since_the_last_attempt(finished: Bench) -> None:
    """Killed right after it was sent again, two minutes after the first attempt: its trace may still come."""
    plan = finished.engine.plan_rollback(ADDRESS)
    finished.platform.fail("act", THROTTLED, times=None)
    operation = finished.engine.execute(plan, "production/api")
    attempts = 0
    for event in operation:
        attempts += event.event == "sent"
        if attempts == 12:
            break
    operation.close()
    looks = finished.platform.count("find")

    assert finished.verdict(list(finished.engine.resume(event.operation or "")))["verdict"] == "FAILED"
    assert finished.platform.count("find") > looks + 5


def test_a_journal_that_breaks_between_two_attempts_does_not_stop_them(finished: Bench) -> None:
    """The order may have left: from then on the journal is best effort, and the verdict says so."""
    finished.platform.fail("act", THROTTLED)
    finished.clock.at(1.0, finished.journal.break_down)

    told = finished.verdict(run(finished, finished.engine.plan_rollback(ADDRESS)))

    assert told["verdict"] == "SUCCEEDED"
    assert told["journal"] != "written"


@pytest.fixture
def steady(bench: Bench) -> Bench:
    """Two tasks, and autoscaling between 2 and 10."""
    bench.platform.put(an_observation())
    bench.platform.scalings[ADDRESS] = Scaling(2, 10)
    return bench


def absent_until_sent(bench: Bench, kind: ActionKind) -> None:
    """Nothing is to be seen of an action before it was carried out."""
    bench.platform.sights[kind] = [ActionSight(ActionState.ABSENT, "as it was")]
    perform = bench.platform.perform

    def performed(address: Address, action: Action) -> Mapping[str, object]:
        answer = perform(address, action)
        bench.platform.sights.pop(action.kind, None)
        return answer

    bench.platform.perform = performed  # type: ignore[method-assign]


@pytest.mark.parametrize(
    ("wish", "first"),
    [
        (DRAIN, ActionKind.SUSPEND_SCALING),
        (Wish(Verb.SCALE, ADDRESS, desired=4), ActionKind.SET_DESIRED),
    ],
)
def test_a_throttled_step_is_sent_again(steady: Bench, wish: Wish, first: ActionKind) -> None:
    """Drain, scale, and every other walk of actions: the same rule."""
    absent_until_sent(steady, first)
    steady.platform.fail("perform", THROTTLED, times=2)

    events = walk(steady, wish)

    assert steady.verdict(events)["verdict"] == "SUCCEEDED"
    assert names(events, "throttled", "sent")[:5] == ["sent", *["throttled", "sent"] * 2]
    assert kinds(steady)[0] is first


def test_a_throttled_step_of_which_something_is_to_be_seen_is_not_sent_again(steady: Bench) -> None:
    """It was carried out all the same."""
    steady.platform.fail("perform", THROTTLED)

    assert steady.verdict(walk(steady, DRAIN))["verdict"] == "SUCCEEDED"
    assert kinds(steady) == [ActionKind.SET_DESIRED]


def test_a_throttled_first_step_is_compared_before_it_is_sent_again(steady: Bench) -> None:
    """Somebody deployed between two attempts."""
    plan = steady.engine.plan(DRAIN)
    absent_until_sent(steady, ActionKind.SUSPEND_SCALING)
    steady.platform.fail("perform", THROTTLED)
    theirs = replace(plan.basis, deployment="ecs-svc/7")
    steady.clock.at(1.0, lambda: steady.platform.bases.update({ADDRESS: theirs}))

    assert steady.verdict(list(steady.engine.execute(plan, "production/api")))["verdict"] == "REFUSED"
    assert kinds(steady) == []


# once it may have left


@pytest.mark.parametrize("is_rollback", [False, True])
def test_a_journal_that_breaks_with_the_order_stops_nothing(finished: Bench, is_rollback: bool) -> None:
    """From the call on it is best effort, for a deploy too: the order may be on its way."""
    finished.platform.candidates["v1.4.2"] = replace(
        an_observation().releases[OLD_RELEASE], id=None, definition=None
    )
    engine, act = finished.engine, finished.platform.on_act
    plan = engine.plan_rollback(ADDRESS) if is_rollback else engine.plan_deploy(ADDRESS, "v1.4.2")

    def carried_out(order: Order) -> None:
        act(order)
        finished.journal.break_down()

    finished.platform.on_act = carried_out

    told = finished.verdict(run(finished, plan))
    assert told["verdict"] == "SUCCEEDED"
    assert "disk full" in str(told["journal"])


def test_a_journal_that_breaks_with_a_step_stops_nothing(steady: Bench) -> None:
    """A drain goes on to its end, and tells its verdict."""
    perform = steady.platform.perform

    def performed(address: Address, action: Action) -> Mapping[str, object]:
        steady.journal.break_down()
        return perform(address, action)

    steady.platform.perform = performed  # type: ignore[method-assign]

    assert steady.verdict(walk(steady, DRAIN))["verdict"] == "SUCCEEDED"
    assert kinds(steady) == [ActionKind.SUSPEND_SCALING, ActionKind.SET_DESIRED]


@pytest.mark.parametrize(
    ("lost", "verdict"), [(0, "FAILED"), (1, "FAILED"), (None, "UNKNOWN")], ids=["read", "read again", "lost"]
)
def test_only_who_could_look_says_that_an_order_was_never_carried_out(
    finished: Bench, lost: int | None, verdict: str
) -> None:
    """Its sender is gone, so that it cannot be on its way any more; out of contact nobody knows."""
    name = interrupted(finished, finished.engine.plan_rollback(ADDRESS), "sent")
    finished.platform.fail("find", EndpointError("timed out"), times=lost)

    told = finished.verdict(list(finished.engine.resume(name)))

    assert told["verdict"] == verdict
    assert ("never carried out" in str(told["reason"])) is (verdict == "FAILED")


@pytest.mark.parametrize("method", ["act", "prepare"])
def test_whoever_sends_again_or_looks_says_that_it_is_alive(finished: Bench, method: str) -> None:
    """Nobody takes an operation over whose process waits for its turn."""
    error = THROTTLED if method == "prepare" else OutcomeUnknownError("no answer in 8 s")
    finished.platform.fail(method, error, times=None)
    ages: list[float] = []

    def measure() -> None:
        (record,) = finished.engine.open_operations()
        ages.append((finished.clock.now() - record.heartbeat_at).total_seconds())

    for second in range(1, 29):
        finished.clock.at(float(second), measure)
    run(finished, finished.engine.plan_rollback(ADDRESS))

    assert len(ages) == 28
    assert max(ages) <= 8.0


def test_an_order_is_for_what_its_plan_showed(finished: Bench) -> None:
    """A rollback brings back the settings of its release; a deploy leaves them; a restart pins nothing."""
    rollback = finished.engine.plan_rollback(ADDRESS)
    deploy = replace(rollback, verb=Verb.DEPLOY)
    restart = replace(rollback, verb=Verb.RESTART, mechanism=Mechanism.FORCE_NEW_DEPLOYMENT)

    assert (order_of(rollback).release, order_of(deploy).release) == (rollback.target.id, None)
    assert order_of(rollback).images == rollback.target.digests
    assert order_of(restart).images == {}
    assert order_of(restart).mechanism is Mechanism.FORCE_NEW_DEPLOYMENT


def test_a_release_that_is_shipped_by_a_walk_is_registered_once(steady: Bench) -> None:
    """However often its order is throttled."""
    performer = Performer(steady.platform, steady.clock)
    images = an_observation().releases[OLD_RELEASE].digests
    action = Action(ActionKind.SHIP, "ship", {"definition": "rugmunch-api:41", "images": images})
    steady.platform.fail("act", THROTTLED, times=2)

    for _ in range(2):
        with pytest.raises(ThrottledError):
            performer.perform(ADDRESS, action)
    performer.perform(ADDRESS, action)

    assert (steady.platform.count("prepare"), steady.platform.count("act")) == (1, 3)
