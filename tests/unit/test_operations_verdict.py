"""What an ended rollout means for who ordered it, and for who only looks on: every status, word for word."""

from typing import Any

import pytest

from console.domain.address import Tier
from console.domain.operation import Basis, Mechanism, Plan, Verb, Verdict
from console.domain.rollout import CODE_DEPLOY, Rollout, RolloutStatus
from console.operations.verdict import Outcome, outcome, successors, told
from tests.builders import (
    ACCOUNT,
    ADDRESS,
    CLUSTER,
    NEW_DEFINITION,
    NEW_DEPLOYMENT,
    NEW_DIGEST,
    NEW_RELEASE,
    NEW_ROLLOUT,
    NOW,
    OLD_RELEASE,
    REGION,
    a_new_release,
    a_new_rollout,
    a_release,
    ago,
)

RELEASES = {OLD_RELEASE: a_release(), NEW_RELEASE: a_new_release()}
ENDED = ago(30)
BACKWARDS = (
    Mechanism.STOP_SERVICE_DEPLOYMENT,
    Mechanism.CONTINUE_SERVICE_DEPLOYMENT,
    Mechanism.STOP_DEPLOYMENT,
)


def a_plan(
    mechanism: Mechanism = Mechanism.UPDATE_SERVICE, verb: Verb = Verb.DEPLOY, **overrides: Any
) -> Plan:
    """Ship v1.4.3, or with ``ROLLBACK`` go back to v1.4.2."""
    back = verb is Verb.ROLLBACK
    default: dict[str, Any] = {
        "verb": verb,
        "address": ADDRESS,
        "tier": Tier.PRODUCTION,
        "account": ACCOUNT,
        "region": REGION,
        "cluster": CLUSTER,
        "service": "rugmunch-api",
        "mechanism": mechanism,
        "basis": Basis(NEW_DEPLOYMENT, NEW_DEFINITION, NEW_RELEASE, NEW_ROLLOUT, in_flight=True),
        "source": a_new_release() if back else a_release(),
        "target": a_release() if back else a_new_release(),
        "effect": "",
        "made_at": NOW,
        "confirm": "",
    }
    return Plan(**{**default, **overrides})


def ended(status: RolloutStatus, **overrides: Any) -> Rollout:
    """The rollout of v1.4.3 at its end."""
    return a_new_rollout(**{"status": status, "finished_at": ENDED, **overrides})


def back(why: str = "circuit breaker", **overrides: Any) -> Rollout:
    return ended(
        RolloutStatus.ROLLBACK_SUCCESSFUL,
        **{"went_back_to": OLD_RELEASE, "rollback_reason": why, **overrides},
    )


@pytest.mark.parametrize("status", [item for item in RolloutStatus if not item.is_over])
def test_a_rollout_under_way_has_no_outcome(status: RolloutStatus) -> None:
    """Also one whose status nobody knows yet."""
    assert outcome(a_plan(), ended(status), (), RELEASES) is None
    assert told(ended(status), (), RELEASES) is None


def test_a_deploy_that_completed_has_succeeded() -> None:
    """By whoever ordered it; of others nobody knows who that was."""
    done = ended(RolloutStatus.SUCCESSFUL)
    assert outcome(a_plan(), done, (), RELEASES) == Outcome(Verdict.SUCCEEDED, "operator", "", ENDED)
    assert told(done, (), RELEASES) == Outcome(Verdict.SUCCEEDED, None, "v1.4.3 is deployed", ENDED)
    assert told(done, (), {}) == Outcome(Verdict.SUCCEEDED, None, "another version is deployed", ENDED)


def test_a_deploy_that_completed_with_another_image_has_failed() -> None:
    """The tag moved between plan and pull: what serves is not what was shown."""
    other = a_release(id=NEW_RELEASE)
    assert outcome(a_plan(), ended(RolloutStatus.SUCCESSFUL), (), {NEW_RELEASE: other}) == Outcome(
        Verdict.FAILED, None, f"v1.4.2 ({other.digest}) runs, not v1.4.3", ENDED
    )


def test_a_release_that_cannot_be_read_is_not_taken_for_another_one() -> None:
    """What serves is judged from the tasks then, before anything is called safe."""
    unread = outcome(a_plan(), ended(RolloutStatus.SUCCESSFUL), (), {})
    assert unread == Outcome(Verdict.SUCCEEDED, "operator", "", ENDED)
    nameless = a_new_release(images=())
    assert nameless.digests == {}
    told_nothing = outcome(a_plan(), ended(RolloutStatus.SUCCESSFUL), (), {NEW_RELEASE: nameless})
    assert told_nothing == Outcome(Verdict.SUCCEEDED, "operator", "", ENDED)


@pytest.mark.parametrize("mechanism", BACKWARDS)
def test_going_back_by_turning_a_rollout_around_succeeds_where_it_went_back(mechanism: Mechanism) -> None:
    """To the version that was shown."""
    plan = a_plan(mechanism, Verb.ROLLBACK)
    assert outcome(plan, back(), (), RELEASES) == Outcome(Verdict.SUCCEEDED, "operator", "", ENDED)
    elsewhere = outcome(plan, back(went_back_to=NEW_RELEASE), (), RELEASES)
    assert elsewhere == Outcome(Verdict.FAILED, None, f"v1.4.3 ({NEW_DIGEST}) runs, not v1.4.2", ENDED)


@pytest.mark.parametrize("mechanism", [*BACKWARDS, Mechanism.WATCH])
def test_what_completed_before_it_could_be_turned_around_is_a_failed_rollback(mechanism: Mechanism) -> None:
    """The bad version serves."""
    plan = a_plan(mechanism, Verb.ROLLBACK)
    assert outcome(plan, ended(RolloutStatus.SUCCESSFUL), (), RELEASES) == Outcome(
        Verdict.FAILED, None, "v1.4.3 had completed before it could be stopped", ENDED
    )


def test_a_rollback_that_only_watched_ecs_go_back_has_succeeded_by_ecs() -> None:
    """Nobody sent anything."""
    plan = a_plan(Mechanism.WATCH, Verb.ROLLBACK)
    assert outcome(plan, back(), (), RELEASES) == Outcome(Verdict.SUCCEEDED, "ecs", "", ENDED)


def test_a_deploy_that_is_watched_and_went_back_is_rolled_back() -> None:
    """Watching is no rollback by itself."""
    seen = outcome(a_plan(Mechanism.WATCH), back(), (), RELEASES)
    assert seen is not None
    assert seen.verdict is Verdict.ROLLED_BACK


@pytest.mark.parametrize(
    ("verb", "verdict"),
    [
        (Verb.DEPLOY, Verdict.ROLLED_BACK),
        (Verb.RESTART, Verdict.ROLLED_BACK),
        (Verb.ROLLBACK, Verdict.BOUNCED),
    ],
)
def test_what_ecs_took_back_names_where_to_and_why(verb: Verb, verdict: Verdict) -> None:
    """A rollback that did not hold has bounced: to the bad version."""
    by = "ecs"
    seen = outcome(a_plan(verb=verb), back("the circuit breaker tripped"), (), RELEASES)
    assert seen is not None
    assert (seen.verdict, seen.by, seen.at) == (verdict, by, ENDED)
    assert seen.reason == "ECS rolled back to v1.4.2: the circuit breaker tripped"
    looked = told(back("the circuit breaker tripped"), (), RELEASES)
    assert looked == Outcome(Verdict.ROLLED_BACK, by, seen.reason, ENDED)


def test_where_it_went_back_to_is_not_always_known_nor_is_why() -> None:
    """Nothing is made up, and no colon hangs in the air."""
    seen = told(back("", went_back_to=None, reason=""), (), RELEASES)
    assert seen is not None
    assert seen.reason == "somebody rolled back to another version"
    reasoned = told(back("", reason="alarm in ALARM"), (), RELEASES)
    assert reasoned is not None
    assert reasoned.reason.endswith(": alarm in ALARM")


@pytest.mark.parametrize(("reason", "words"), [("no room", "no room"), ("", "the rollback failed")])
def test_a_rollback_that_failed_has_failed_whoever_ordered_it(reason: str, words: str) -> None:
    """Neither version is whole."""
    failed = ended(RolloutStatus.ROLLBACK_FAILED, reason=reason)
    expected = Outcome(Verdict.FAILED, None, words, ENDED)
    assert outcome(a_plan(), failed, (), RELEASES) == expected
    assert outcome(a_plan(Mechanism.STOP_SERVICE_DEPLOYMENT, Verb.ROLLBACK), failed, (), RELEASES) == expected
    assert told(failed, (), RELEASES) == expected


@pytest.mark.parametrize(("reason", "words"), [("no room", "no room"), ("", "ECS stopped it")])
def test_a_rollout_that_stopped_with_nothing_after_it_has_failed(reason: str, words: str) -> None:
    """Nobody replaced it, and it arrived nowhere."""
    stopped = ended(RolloutStatus.STOPPED, reason=reason)
    expected = Outcome(Verdict.FAILED, None, words, ENDED)
    assert outcome(a_plan(), stopped, (), RELEASES) == expected
    assert (
        outcome(a_plan(Mechanism.STOP_SERVICE_DEPLOYMENT, Verb.ROLLBACK), stopped, (), RELEASES) == expected
    )
    assert told(stopped, (), RELEASES) == expected


def test_codedeploys_deployment_that_we_stopped_early_leaves_what_served() -> None:
    """It had installed nothing: there is nothing to take back. Stopped by others it has failed."""
    stopped = ended(RolloutStatus.STOPPED, strategy=CODE_DEPLOY)
    plan = a_plan(Mechanism.STOP_DEPLOYMENT, Verb.ROLLBACK)
    assert outcome(plan, stopped, (), RELEASES) == Outcome(Verdict.SUCCEEDED, "operator", "", ENDED)
    ours = outcome(a_plan(Mechanism.CREATE_DEPLOYMENT), stopped, (), RELEASES)
    assert ours is not None
    assert ours.verdict is Verdict.FAILED
    looked = told(stopped, (), RELEASES)
    assert looked is not None
    assert looked.verdict is Verdict.FAILED


def test_a_rollout_that_another_one_replaced_names_the_first_that_came_after() -> None:
    """Not the newest, and not itself."""
    stopped = ended(RolloutStatus.STOPPED, created_at=ago(600), strategy=CODE_DEPLOY)
    first = a_new_rollout(id="next", target=OLD_RELEASE, created_at=ago(600))
    newest = a_new_rollout(id="newest", created_at=ago(60))
    before = a_new_rollout(id="before", created_at=ago(601))
    history = (newest, stopped, before, first)
    assert [item.id for item in successors(stopped, history)] == ["next", "newest"]
    for plan in (a_plan(), a_plan(Mechanism.STOP_DEPLOYMENT, Verb.ROLLBACK)):
        seen = outcome(plan, stopped, history, RELEASES)
        assert seen is not None
        assert (seen.verdict, seen.by, seen.at) == (Verdict.REPLACED, None, ENDED)
        assert seen.reason.startswith("replaced by a deployment of v1.4.2")
    looked = told(stopped, history, RELEASES)
    assert looked is not None
    assert looked.verdict is Verdict.REPLACED
    assert successors(stopped, (stopped, before)) == []
