"""Who comes first on a service, who follows, and what no longer stands in anybody's way."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from console.domain.operation import OperationEvent, OperationRecord, Plan, Verb, Verdict
from console.domain.wish import Wish
from console.errors import JournalError, RefusedError
from console.operations.carrier import stored
from console.operations.claims import Claim, claims
from console.operations.lives import host
from tests.builders import ADDRESS, NOW, a_new_release, a_record, ago
from tests.unit.conftest import Bench
from tests.unit.test_operations_engine import finished, gone_back, interrupted, run, steady

__all__ = ["finished", "steady"]

TYPED = "production/api"
DRAIN = Wish(Verb.DRAIN, ADDRESS)
ELSEWHERE = "another-machine"


def under_way(verb: Verb = Verb.DEPLOY, **overrides: object) -> OperationRecord:
    """One that another machine carries."""
    record = a_record(verb=verb, host=ELSEWHERE, heartbeat_at=NOW, planned_at=ago(5), ordered_at=ago(4))
    return replace(record, **overrides)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("record", "claim"),
    [
        (under_way(), Claim.EVERYTHING),
        (under_way(Verb.RESTART, accepted_at=NOW, safe_at=NOW), Claim.EVERYTHING),
        (under_way(verdict=Verdict.UNKNOWN), Claim.EVERYTHING),
        (under_way(verdict=Verdict.PAUSED), Claim.VERSION),
        (under_way(verdict=Verdict.BAKING), Claim.NOTHING),
        (under_way(Verb.RESTART, verdict=Verdict.BAKING), Claim.NOTHING),
        (under_way(verdict=Verdict.SUCCEEDED), Claim.NOTHING),
        (under_way(done_at=NOW), Claim.NOTHING),
        (under_way(Verb.RESTART, done_at=NOW), Claim.EVERYTHING),
        (under_way(Verb.WATCH), Claim.NOTHING),
        (under_way(Verb.WALK), Claim.NOTHING),
        (under_way(planned_at=NOW - timedelta(days=1)), Claim.EVERYTHING),
        (under_way(planned_at=NOW - timedelta(days=1, seconds=1)), Claim.NOTHING),
    ],
)
def test_what_an_operation_claims_follows_from_its_record(record: OperationRecord, claim: Claim) -> None:
    """One that is watched, or of which nobody knows, claims its service; one that only bakes does not."""
    assert claims(record, NOW) is claim


@pytest.mark.parametrize(
    ("verdict", "verb", "refused"),
    [
        (Verdict.BAKING, Verb.DRAIN, False),
        (Verdict.PAUSED, Verb.DRAIN, True),
        (Verdict.PAUSED, Verb.SCALE, False),
        (Verdict.UNKNOWN, Verb.SCALE, True),
        (None, Verb.DRAIN, True),
        (None, Verb.UNDRAIN, False),
    ],
)
def test_what_only_bakes_holds_up_no_other_verb_and_stays_open(
    steady: Bench, verdict: Verdict | None, verb: Verb, refused: bool
) -> None:
    """``--until safe`` ends the claim of an operation, and not the operation."""
    wish = Wish(verb, ADDRESS, desired=5 if verb is Verb.SCALE else None)
    steady.journal.begin(under_way(Verb.RESTART, accepted_at=NOW, safe_at=NOW))
    plan = replace(steady.engine.plan(DRAIN if verb is Verb.UNDRAIN else wish), verb=verb)
    steady.journal.append(a_record().id, "sent", NOW, "", {})
    if verdict is not None:
        steady.journal.update(under_way(Verb.RESTART, accepted_at=NOW, safe_at=NOW, verdict=verdict))

    if refused:
        with pytest.raises(RefusedError, match="a restart of rugmunch/production/api by"):
            steady.engine.permit(plan, TYPED)
    else:
        steady.engine.permit(plan, TYPED)
    assert [item.verb for item in steady.engine.open_operations()] == [Verb.RESTART]


# at one moment


def deploy(bench: Bench, version: str = "v1.4.3") -> Plan:
    return bench.engine.plan_deploy(ADDRESS, version)


def begun(bench: Bench, plan: Plan, until: str = "confirmed") -> Iterator[OperationEvent]:
    """An operation that goes on from there, when it is asked for more."""
    events = bench.engine.execute(plan, TYPED)
    for event in events:
        if event.event == until:
            break
    return events


@pytest.mark.parametrize("until", ["confirmed", "compared", "sent", "accepted"])
def test_of_equal_deploys_at_one_moment_one_sends_and_the_others_follow(steady: Bench, until: str) -> None:
    """All three were planned before the first was confirmed."""
    plans = [deploy(steady) for _ in range(3)]
    steady.platform.on_act = lambda order: steady.platform.script(gone_back(10), gone_back(16), gone_back(22))
    first = begun(steady, plans[0], until)
    followers = [steady.engine.execute(plan, TYPED) for plan in plans[1:]]

    joined = [next(events) for events in followers]
    assert {event.event for event in joined} == {"joined"}
    ended = list(first)[-1]
    assert [list(events)[-1].operation for events in followers] == [ended.operation] * 2
    assert steady.platform.count("act") == steady.platform.count("prepare") == 1
    assert len(steady.journal.operations(str(ADDRESS))) == 1


def test_a_deploy_of_another_tag_of_the_same_digest_follows_too(steady: Bench) -> None:
    """It is the digest that is shipped."""
    steady.platform.candidates["stable"] = replace(a_new_release(label="stable"), id=None, definition=None)
    plan = deploy(steady, "stable")
    first = begun(steady, deploy(steady))

    assert next(steady.engine.execute(plan, TYPED)).event == "joined"
    assert first is not None


@pytest.mark.parametrize("until", ["confirmed", "sent"])
def test_another_version_at_the_same_moment_is_refused(steady: Bench, until: str) -> None:
    """Until ECS has the first, nobody could say which of the two would be on top."""
    steady.platform.candidates["v1.4.9"] = replace(
        a_new_release(digest="sha256:" + "99" * 32, label="v1.4.9"), id=None, definition=None
    )
    other = deploy(steady, "v1.4.9")
    first = begun(steady, deploy(steady), until)

    with pytest.raises(RefusedError, match="a deploy of rugmunch/production/api"):
        run(steady, other)
    assert len(steady.journal.operations(str(ADDRESS))) == 1
    assert first is not None


def test_whoever_comes_second_between_the_permission_and_the_claim_is_told_by_the_journal(
    steady: Bench,
) -> None:
    """The journal decides who is first: looked at before, nothing was open yet."""
    plans = [deploy(steady) for _ in range(2)]
    begin, first = steady.journal.begin, steady.engine.execute(plans[0], TYPED)

    def late(record: OperationRecord, beside: object = None) -> bool:
        steady.journal.begin = begin  # type: ignore[method-assign]
        next(first)
        return begin(record, beside)  # type: ignore[arg-type]

    steady.journal.begin = late  # type: ignore[method-assign]

    assert next(steady.engine.execute(plans[1], TYPED)).event == "joined"
    assert len(steady.journal.operations(str(ADDRESS))) == 1


def test_a_rollback_is_never_held_up_by_a_claim(finished: Bench) -> None:
    """Whatever is open, and whether the journal can be read or not."""
    plan = finished.engine.plan_rollback(ADDRESS)
    finished.journal.begin(under_way(Verb.MIGRATE))
    finished.journal.fail("operations", JournalError("disk full"), times=None)

    assert finished.verdict(run(finished, plan))["verdict"] == "SUCCEEDED"


def test_an_equal_rollback_is_joined_and_one_to_elsewhere_is_not(finished: Bench) -> None:
    """Two people press at once: one rollback; a rehearsal is none of them."""
    plans = [finished.engine.plan_rollback(ADDRESS) for _ in range(2)]
    first = begun(finished, plans[0])

    assert next(finished.engine.execute(plans[1], TYPED)).event == "joined"
    for other in (replace(plans[1], asked={"to": "v1.4.2"}), replace(plans[1], rehearses=True)):
        assert next(finished.engine.execute(other, TYPED)).event == "confirmed"
    assert first is not None


def test_one_that_was_begun_this_moment_is_waited_for(steady: Bench) -> None:
    """Its plan follows its row in the journal by a moment; until then nobody calls it dead."""
    plan = deploy(steady)
    record = under_way(planned_at=NOW, heartbeat_at=NOW)
    steady.journal.begin(record)
    steady.clock.at(
        steady.clock.monotonic() + 0.5,
        lambda: steady.journal.append(record.id, "confirmed", NOW, "", {"plan": stored(plan)}),
    )

    assert next(steady.engine.execute(plan, TYPED)).event == "joined"


def test_one_that_lives_and_is_not_confirmed_yet_is_not_closed(steady: Bench) -> None:
    """Following it says so, and leaves it alone."""
    record = under_way()
    steady.journal.begin(record)

    with pytest.raises(RefusedError, match="never confirmed"):
        list(steady.engine.resume(record.id))
    assert steady.engine.open_operations() == (record,)


# after a death


@pytest.mark.parametrize("after", ["confirmed", "compared", "preparing"])
def test_what_died_before_it_sent_anything_is_closed_and_the_same_command_acts(
    finished: Bench, after: str
) -> None:
    """In the same run: there is nothing to be followed."""
    name = interrupted(finished, finished.engine.plan_rollback(ADDRESS), after)

    assert finished.engine.attachable(Verb.ROLLBACK, ADDRESS) is None
    assert finished.verdict(run(finished, finished.engine.plan_rollback(ADDRESS)))["verdict"] == "SUCCEEDED"
    closed = finished.journal.operation(name)
    assert closed is not None
    assert (closed.verdict, closed.reason) == (Verdict.REFUSED, "interrupted before anything was sent")


def test_what_died_before_it_sent_anything_holds_up_no_other_verb(steady: Bench) -> None:
    """A deploy that was killed while it was compared, then a drain."""
    interrupted(steady, deploy(steady), "compared")

    steady.engine.permit(steady.engine.plan(DRAIN), TYPED)


@pytest.mark.parametrize("after", ["sent", "accepted"])
def test_what_may_have_sent_something_is_followed(finished: Bench, after: str) -> None:
    """Between the intent and the answer nobody knows: it is looked up, and nothing is sent."""
    name = interrupted(finished, finished.engine.plan_rollback(ADDRESS), after)

    found = finished.engine.attachable(Verb.ROLLBACK, ADDRESS)
    assert found is not None
    assert found.id == name


@pytest.mark.parametrize(
    "record",
    [
        under_way(),
        under_way(Verb.WATCH, host=host(), heartbeat_at=ago(60)),
        under_way(verdict=Verdict.PAUSED, heartbeat_at=ago(60)),
        under_way(verdict=Verdict.UNKNOWN, heartbeat_at=ago(60)),
    ],
    ids=["alive", "only looks", "paused", "unknown"],
)
def test_nothing_else_is_closed(steady: Bench, record: OperationRecord) -> None:
    """Whoever lives may be about to send; what has a verdict has got further than it seems."""
    steady.journal.begin(record)

    assert steady.engine.attachable(record.verb, ADDRESS) == record


def test_a_process_that_was_thought_dead_sends_nothing_when_it_wakes_up(finished: Bench) -> None:
    """Another one has taken its operation over meanwhile, and what that wrote stays."""
    events = begun(finished, finished.engine.plan_rollback(ADDRESS), "preparing")
    (record,) = finished.engine.open_operations()
    assert finished.journal.claim(record.id, ELSEWHERE, 7, finished.clock.now(), record.heartbeat_at)

    last = list(events)[-1]

    assert last.facts["verdict"] == "REFUSED"
    assert finished.platform.count("act") == 0
    kept = finished.journal.operation(record.id)
    assert kept is not None
    assert (kept.verdict, kept.host, kept.pid) == (None, ELSEWHERE, 7)


def test_a_walk_that_was_closed_meanwhile_performs_nothing_more(steady: Bench) -> None:
    """It is looked at before every step."""
    events = begun(steady, steady.engine.plan(DRAIN), "compared")
    (record,) = steady.engine.open_operations()
    steady.journal.update(replace(record, verdict=Verdict.REFUSED))

    assert list(events)[-1].facts["verdict"] == "REFUSED"
    assert steady.platform.count("perform") == 0


def test_what_somebody_else_takes_over_at_that_moment_is_not_closed(steady: Bench) -> None:
    """Two look at a dead operation: one of them closes it, or goes on with it."""
    interrupted(steady, deploy(steady), "compared")
    steady.journal.claim = lambda *about: False  # type: ignore[method-assign]

    found = steady.engine.attachable(Verb.DEPLOY, ADDRESS)

    assert found is not None
    assert found.verdict is None


def test_another_version_follows_a_deploy_that_nobody_carries_any_more(steady: Bench) -> None:
    """It died while it was sent: what became of it is seen by the comparing read."""
    steady.platform.candidates["v1.4.9"] = replace(
        a_new_release(digest="sha256:" + "99" * 32, label="v1.4.9"), id=None, definition=None
    )
    interrupted(steady, deploy(steady), "sent")

    steady.engine.permit(deploy(steady, "v1.4.9"), TYPED)


def test_the_decision_about_a_pause_is_never_held_up(steady: Bench) -> None:
    """It belongs to the deployment that is under way."""
    steady.journal.begin(under_way())

    steady.engine.permit(replace(deploy(steady), verb=Verb.CONTINUE), TYPED)


def test_a_refusal_is_told_whether_the_journal_takes_it_or_not(steady: Bench) -> None:
    """It broke between the confirmation and the comparing read."""
    plan = deploy(steady)
    events = begun(steady, plan)
    steady.platform.bases[ADDRESS] = replace(plan.basis, deployment="ecs-svc/7")
    steady.journal.break_down()

    last = list(events)[-1]

    assert last.facts["verdict"] == "REFUSED"
    assert "changed since the plan" in str(last.facts["reason"])
