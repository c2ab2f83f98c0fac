"""Who turned a rollout around: one answer in the picker, in verdicts, in judgements and in the diagnosis."""

from dataclasses import replace
from typing import Any

import pytest

from console.diagnosis import diagnose
from console.domain.operation import Mechanism, OperationRecord, Verb, Verdict
from console.domain.registry import Findings, RegistryVersion
from console.domain.rollout import CODE_DEPLOY, Rollout, RolloutStatus
from console.domain.version import Version
from console.errors import JournalError
from console.operations.initiators import initiator, orderer
from console.operations.tenure import tenures
from console.operations.verdict import told
from console.operations.versions import offers
from tests.builders import (
    ADDRESS,
    NEW_DIGEST,
    NEW_RELEASE,
    NEW_ROLLOUT,
    NOW,
    OLD_RELEASE,
    a_new_release,
    a_record,
    a_release,
    a_rollout,
    a_service,
    ago,
    an_observation,
)
from tests.fakes import FakeClock, FakePlatform, MemoryJournal

BY_STOP = "Service deployment rolled back because of a StopServiceDeployment request."
BY_BREAKER = "Service deployment rolled back because the circuit breaker threshold was exceeded."
RELEASES = {OLD_RELEASE: a_release(), NEW_RELEASE: a_new_release()}


def _turned(reason: str = BY_STOP, **overrides: Any) -> Rollout:
    """v1.4.3, shipped ten minutes ago and back at v1.4.2 since five."""
    return a_rollout(
        **{
            "id": NEW_ROLLOUT,
            "status": RolloutStatus.ROLLBACK_SUCCESSFUL,
            "target": NEW_RELEASE,
            "created_at": ago(600),
            "finished_at": ago(300),
            "went_back_to": OLD_RELEASE,
            "rollback_reason": reason,
            **overrides,
        }
    )


def _rollback(**overrides: Any) -> OperationRecord:
    """Devon's, by a stop that was accepted while the rollout was under way."""
    return a_record(
        **{
            "mechanism": Mechanism.STOP_SERVICE_DEPLOYMENT,
            "accepted_at": ago(400),
            "ended_at": ago(290),
            "verdict": Verdict.SUCCEEDED,
            "by": "operator",
            **overrides,
        }
    )


@pytest.mark.parametrize(
    ("rollout", "record", "name", "by"),
    [
        (_turned(), _rollback(), "devon", "operator"),
        (_turned(), _rollback(by="guard"), "the guard", "guard"),
        (_turned(BY_BREAKER), None, "ECS", "ecs"),
        (_turned("Service deployment rolled back because an alarm went off."), None, "ECS", "ecs"),
        (_turned(), None, "somebody", "operator"),
        (_turned(""), None, "somebody", "operator"),
        (_turned(strategy=CODE_DEPLOY, rollback_reason="instances failed"), None, "CodeDeploy", "ecs"),
        (_turned(strategy=CODE_DEPLOY, rollback_reason="stopped by a user"), None, "somebody", "operator"),
        (_turned(BY_BREAKER), _rollback(mechanism=Mechanism.WATCH), "ECS", "ecs"),
        (_turned(), _rollback(accepted_at=ago(700)), "somebody", "operator"),
        (_turned(), _rollback(accepted_at=ago(200)), "somebody", "operator"),
        (_turned(), _rollback(accepted_at=None), "somebody", "operator"),
        (_turned(), _rollback(verb=Verb.DEPLOY), "somebody", "operator"),
        (_turned(), _rollback(source=a_release().facts()), "somebody", "operator"),
    ],
)
def test_the_journal_tells_who_went_back_then_the_reason_that_ecs_gives(
    rollout: Rollout, record: OperationRecord | None, name: str, by: str
) -> None:
    """An operation counts for the rollout that it was accepted for, and for no other."""
    found = initiator(rollout, (record,) if record else ())
    assert (found.name, found.by) == (name, by)


@pytest.mark.parametrize(
    ("reason", "records", "who"),
    [(BY_STOP, (_rollback(),), "devon"), (BY_STOP, (), "somebody"), (BY_BREAKER, (), "ECS")],
)
def test_picker_verdict_and_judgement_name_the_same_one(
    reason: str, records: tuple[OperationRecord, ...], who: str
) -> None:
    """What the picker of versions says, the verdict of a watch, and the doubt about a version."""
    history = (_turned(reason), a_rollout())
    platform = FakePlatform(an_observation())
    platform.histories[ADDRESS], platform.known = history, dict(RELEASES)
    platform.available = (RegistryVersion(Version(NEW_DIGEST, "v1.4.3", ()), ago(900), Findings()),)
    offer = offers(ADDRESS, 5, platform, MemoryJournal(*records), FakeClock())[0]
    assert offer.ran == f"rolled back by {who} 5 min ago"
    assert offer.is_bad
    verdict = told(history[0], history, RELEASES, records)
    assert verdict is not None
    assert verdict.reason == f"{who} rolled back to v1.4.2: {reason}"
    again = a_rollout(target=NEW_RELEASE, created_at=ago(9000), finished_at=ago(8900))
    served = tenures((again, *history), RELEASES, records, NOW)
    assert [item.bad for item in served if item.bad] == [f"{who} rolled it back"]


def test_a_version_that_had_arrived_is_rolled_back_by_whom_the_journal_names() -> None:
    """By a deployment of its own: ECS calls the bad one successful."""
    platform = FakePlatform(an_observation())
    platform.histories[ADDRESS] = (_turned(status=RolloutStatus.SUCCESSFUL, went_back_to=None),)
    platform.known = dict(RELEASES)
    platform.available = (RegistryVersion(Version(NEW_DIGEST, "v1.4.3", ()), ago(900), Findings()),)
    journal = MemoryJournal(_rollback(mechanism=Mechanism.UPDATE_SERVICE))
    assert offers(ADDRESS, 5, platform, journal, FakeClock())[0].ran == (
        "succeeded 5 min ago, rolled back by devon"
    )
    journal.fail("operations", JournalError("disk full"))
    assert offers(ADDRESS, 5, platform, journal, FakeClock())[0].ran == "succeeded 5 min ago"


@pytest.mark.parametrize(
    ("reason", "held_by", "line"),
    [
        (BY_STOP, "devon", "devon rolled back to v1.4.2 5 min ago"),
        (BY_STOP, "", "somebody rolled back to v1.4.2 5 min ago · a person asked for it"),
        (BY_BREAKER, "devon", "ECS rolled back to v1.4.2 5 min ago · the circuit breaker tripped"),
    ],
)
def test_the_reason_under_a_steady_service_names_the_same_one(reason: str, held_by: str, line: str) -> None:
    """A hold of an earlier rollback does not take what the breaker did."""
    status = a_service(rollout_id=NEW_ROLLOUT)
    seen = replace(an_observation(status=status), rollout=_turned(reason))
    assert diagnose(status, seen, None, NOW, held_by=held_by).line == line


def _shipped(**overrides: Any) -> OperationRecord:
    """Devon's deploy of v1.4.3, accepted when the rollout that replaced another began."""
    return a_record(
        **{
            "verb": Verb.DEPLOY,
            "mechanism": Mechanism.UPDATE_SERVICE,
            "accepted_at": ago(601),
            "target": a_new_release().facts(),
            **overrides,
        }
    )


@pytest.mark.parametrize(
    ("operation", "whose"),
    [
        (_shipped(), "deploy by devon"),
        (_shipped(verb=Verb.ROLLBACK, by="guard"), "rollback by the guard"),
        (_shipped(verb=Verb.RESTART, mechanism=Mechanism.FORCE_NEW_DEPLOYMENT), "restart by devon"),
        (_shipped(target={"service_revision": NEW_RELEASE}), "deploy by devon"),
        (_shipped(target={"digests": dict(a_new_release().digests)}), "deploy by devon"),
        (_shipped(target=a_release().facts()), ""),
        (_shipped(accepted_at=ago(600 - 30)), "deploy by devon"),
        (_shipped(accepted_at=ago(600 - 31)), ""),
        (_shipped(accepted_at=ago(600 + 31)), ""),
        (_shipped(accepted_at=None), ""),
        (_shipped(verb=Verb.SCALE, mechanism=Mechanism.ACTIONS), ""),
    ],
)
def test_what_replaced_a_deployment_is_named_by_who_shipped_the_same_at_that_time(
    operation: OperationRecord, whose: str
) -> None:
    """The journal knows whose it is; where it does not, nobody is named."""
    later = _turned(status=RolloutStatus.IN_PROGRESS, finished_at=None, went_back_to=None)

    assert orderer(later, a_new_release(), [operation]) == whose
    replaced = a_rollout(status=RolloutStatus.STOPPED, created_at=ago(700), finished_at=ago(599))
    found = told(replaced, [later], RELEASES, [operation])
    assert found is not None
    assert found.verdict is Verdict.REPLACED
    assert found.reason.endswith(f"of v1.4.3 · {whose or 'initiator unknown'}")
