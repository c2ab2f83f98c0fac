"""What is held, and what ends that: whatever decides anew which version runs, and nothing else."""

from typing import Any

import pytest

from console.domain.operation import OperationRecord, Verb, Verdict
from console.operations.holds import holds
from console.operations.proofs import REHEARSES
from tests.builders import ADDRESS, NEW_DIGEST, OLD_DIGEST, a_new_release, a_record, a_release, ago

WENT_BACK = a_record(id="01BACK", verdict=Verdict.SUCCEEDED, accepted_at=ago(59), safe_at=ago(20))


def later(verb: Verb, **fields: Any) -> OperationRecord:
    """What was ordered after that rollback."""
    default = {"id": "01LATER", "planned_at": ago(10), "ordered_at": ago(9), "verdict": Verdict.SUCCEEDED}
    return a_record(verb=verb, **{**default, **fields})


def test_a_rollback_that_succeeded_holds_what_it_went_back_to() -> None:
    """Since it was safe; by whoever ordered it."""
    hold = holds([WENT_BACK])[ADDRESS]
    assert (hold.version, hold.digest, hold.by, hold.at) == ("v1.4.2", OLD_DIGEST, "devon", ago(20))
    assert (hold.address, hold.reason, hold.operation) == (ADDRESS, "rolled back from v1.4.3", "01BACK")


def test_a_hold_of_which_little_is_recorded_names_what_it_can() -> None:
    """Never safe that anybody saw, no digest, no versions: older entries of a journal."""
    bare = a_record(id="01BARE", verdict=Verdict.SUCCEEDED, ended_at=ago(15), target={}, source={})
    hold = holds([bare])[ADDRESS]
    assert (hold.version, hold.digest, hold.at, hold.reason) == ("?", None, ago(15), "rolled back from ?")
    open_end = a_record(verdict=Verdict.SUCCEEDED, planned_at=ago(75))
    assert holds([open_end])[ADDRESS].at == ago(75)


def test_a_rehearsal_hides_no_rollback_that_came_after_it() -> None:
    """It is passed over, and what follows is read."""
    rehearsed = a_record(
        id="01REHEARSED",
        planned_at=ago(500),
        verdict=Verdict.SUCCEEDED,
        target={**a_release().facts(), REHEARSES: True},
    )
    assert holds([rehearsed, WENT_BACK])[ADDRESS].operation == "01BACK"


@pytest.mark.parametrize(
    "verdict", [None, *(item for item in Verdict if item is not Verdict.SUCCEEDED)], ids=str
)
def test_a_rollback_that_did_not_succeed_holds_nothing(verdict: Verdict | None) -> None:
    assert holds([a_record(verdict=verdict, accepted_at=ago(59))]) == {}


def test_a_rehearsals_rollback_holds_nothing() -> None:
    rehearsed = {**a_release().facts(), REHEARSES: True}
    assert holds([a_record(verdict=Verdict.SUCCEEDED, target=rehearsed)]) == {}


@pytest.mark.parametrize(
    ("record", "ends"),
    [
        (later(Verb.RELEASE), True),
        (later(Verb.DEPLOY, accepted_at=ago(8)), True),
        (later(Verb.DEPLOY, accepted_at=ago(8), verdict=Verdict.FAILED), True),
        (later(Verb.DEPLOY, accepted_at=ago(8), verdict=None), True),
        (later(Verb.DEPLOY, verdict=Verdict.REFUSED), False),
        (later(Verb.DEPLOY, verdict=Verdict.UNKNOWN), False),
        (later(Verb.DEPLOY, verdict=Verdict.FAILED), False),
        (later(Verb.DEPLOY, verdict=None), False),
        (later(Verb.RESTORE, accepted_at=ago(8)), True),
        (later(Verb.RESTORE, accepted_at=ago(8), verdict=Verdict.PAUSED), False),
        (later(Verb.RESTORE, accepted_at=ago(8), verdict=Verdict.FAILED), False),
        (later(Verb.RESTORE, verdict=Verdict.REFUSED), False),
        (later(Verb.RESTART, accepted_at=ago(8), target=a_new_release().facts()), True),
        (later(Verb.RESTART, target=a_new_release().facts(), verdict=Verdict.REFUSED), False),
        (later(Verb.RESTART, accepted_at=ago(8)), False),
        (later(Verb.RESTART, accepted_at=ago(8), target={"version": "v1.4.2"}), False),
        (later(Verb.SCALE, accepted_at=ago(8)), False),
        (later(Verb.DRAIN, accepted_at=ago(8)), False),
    ],
    ids=lambda item: f"{item.verb}-{item.verdict}" if isinstance(item, OperationRecord) else str(item),
)
def test_a_hold_ends_with_what_ships_another_version_and_only_once_aws_has_taken_it(
    record: OperationRecord, ends: bool
) -> None:
    """A deploy that was never accepted ends none, whatever became of it; nor does a restart of the same
    digest. After a restore runs what the restore has started."""
    for records in ([WENT_BACK, record], [record, WENT_BACK]):
        assert (ADDRESS not in holds(records)) is ends


def test_a_rollback_after_a_deploy_holds_anew() -> None:
    """And what came before it does not count."""
    deploy = later(Verb.DEPLOY, accepted_at=ago(8), target={"digest": NEW_DIGEST})
    again = a_record(id="01AGAIN", planned_at=ago(5), verdict=Verdict.SUCCEEDED, safe_at=ago(1))
    assert holds([WENT_BACK, deploy, again])[ADDRESS].operation == "01AGAIN"
