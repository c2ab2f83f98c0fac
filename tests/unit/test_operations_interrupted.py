"""A deploy that is started again leaves out what the interrupted one had done before its release."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

import pytest

from console.domain.action import MIGRATION, Action, ActionKind
from console.domain.codec import encode
from console.domain.operation import OperationRecord, Plan, Verb, Verdict
from console.operations.carrier import stored
from console.operations.interrupted import FRESH, unless_done_for_its_group, without_what_is_done
from tests.builders import ADDRESS, NOW, a_new_release, a_record, a_release
from tests.fakes import MemoryJournal
from tests.unit.test_cli_operate import a_plan


def steps(number: int) -> tuple[Action, ...]:
    """Snapshot, migration and verification, as they are planned the nth time."""
    image = {"api": "sha256:5e"}
    return (
        Action(ActionKind.SNAPSHOT, f"snapshot s{number}", {"database": "db", "snapshot": f"s{number}"}),
        Action(
            ActionKind.RUN_TASK,
            "migrate",
            {"command": ["up"], "images": image, "token": f"t{number}", "purpose": MIGRATION},
        ),
        Action(ActionKind.RUN_TASK, "verify", {"command": ["check"], "images": image, "token": f"v{number}"}),
    )


def again(**overrides: object) -> Plan:
    return replace(a_plan(verb=Verb.DEPLOY, actions=steps(2), target=a_release()), **overrides)  # type: ignore[arg-type]


def interrupted(
    reached: int, verdict: Verdict = Verdict.FAILED, more: Mapping[str, object] | None = None, **plan: object
) -> tuple[MemoryJournal, tuple[OperationRecord, ...]]:
    """A journal with a deploy that had done the first ``reached`` actions."""
    journal = MemoryJournal()
    record = replace(a_record(), verb=Verb.DEPLOY, verdict=verdict, ordered_at=NOW)
    journal.begin(record)
    first = again(actions=steps(1), **plan)
    journal.append(record.id, "confirmed", NOW, "", {"plan": stored(first)})
    for number in range(reached):
        journal.append(record.id, "sent", NOW, "", {"action": number})
        journal.append(record.id, "performed", NOW, "", {"action": number, "answer": encode({})})
        journal.append(record.id, "reached", NOW, "", {"action": number})
    for name, fact in (more or {}).items():
        journal.append(record.id, "sent", NOW, "", {name: fact})
    return journal, (record,)


@pytest.mark.parametrize("reached", [0, 1, 2, 3])
def test_what_is_done_is_left_out_and_said(reached: int) -> None:
    """A second snapshot takes minutes, and a second migration is one too many."""
    journal, operations = interrupted(reached)

    plan = without_what_is_done(again(), operations, journal, NOW + timedelta(minutes=5))

    assert plan.actions == steps(2)[reached:]
    said = [item for item in plan.remarks if "interrupted" in item]
    assert len(said) == (1 if reached else 0)
    assert all(action.said in said[0] for action in steps(2)[:reached])


def test_an_action_under_way_when_it_was_killed_is_not_done() -> None:
    """Its process wrote that it was sent, and nobody saw its end."""
    journal, operations = interrupted(1, more={"action": 1})

    assert without_what_is_done(again(), operations, journal, NOW).actions == steps(2)[1:]


@pytest.mark.parametrize(
    ("verdict", "more", "plan", "later"),
    [
        (Verdict.SUCCEEDED, {}, {}, timedelta()),
        (Verdict.ROLLED_BACK, {}, {}, timedelta()),
        (Verdict.FAILED, {"accepted": {}}, {}, timedelta()),
        (Verdict.FAILED, {}, {"target": a_new_release()}, timedelta()),
        (Verdict.FAILED, {}, {}, FRESH + timedelta(seconds=1)),
    ],
)
def test_everything_is_done_anew_after_anything_else(
    verdict: Verdict, more: Mapping[str, object], plan: dict[str, object], later: timedelta
) -> None:
    """After a release that was shipped, for another version, or when the snapshot is old."""
    journal, operations = interrupted(2, verdict, more, **plan)

    assert without_what_is_done(again(), operations, journal, NOW + later).actions == steps(2)


def test_only_the_newest_operation_counts() -> None:
    """Whatever was done in between may have changed the data."""
    journal, operations = interrupted(2)
    between = replace(a_record(), verb=Verb.ROLLBACK, verdict=Verdict.SUCCEEDED)

    assert without_what_is_done(again(), (between, *operations), journal, NOW).actions == steps(2)


GROUP = "rugmunch/production/@app"


def restarted(
    journal: MemoryJournal, alias: str, run: str, verdict: Verdict | None = Verdict.SUCCEEDED
) -> None:
    """A member's restart in one run of the group."""
    address = replace(ADDRESS, alias=alias)
    record = replace(
        a_record(), id=f"{run}-{alias}", address=address, verb=Verb.RESTART, verdict=verdict, ordered_at=NOW
    )
    journal.begin(record)
    members = [str(ADDRESS), str(replace(ADDRESS, alias="worker"))]
    journal.append(record.id, "group", NOW, "", {"group": run, "name": GROUP, "members": members})


def restart_again(journal: MemoryJournal, minutes: float = 5, group: str = GROUP) -> str:
    plan = a_plan(verb=Verb.RESTART, address=ADDRESS)
    return unless_done_for_its_group(plan, group, journal, NOW + timedelta(minutes=minutes)).nothing_to_do


@pytest.mark.parametrize("other", [None, Verdict.FAILED])
def test_a_member_that_its_interrupted_group_has_restarted_is_left_as_it_is(other: Verdict | None) -> None:
    """Whether the other one was never begun, is under way or failed."""
    journal = MemoryJournal()
    restarted(journal, ADDRESS.alias, "first")
    assert "restart done at" in restart_again(journal)
    restarted(journal, "worker", "first", other)

    assert "was interrupted" in restart_again(journal)
    assert not restart_again(journal, FRESH.total_seconds() / 60 + 1)
    assert not restart_again(journal, group="rugmunch/production/@all")


def test_a_group_that_is_through_is_restarted_anew() -> None:
    """The same command is a new wish then; also where the first run took two commands."""
    journal = MemoryJournal()
    restarted(journal, ADDRESS.alias, "first")
    restarted(journal, ADDRESS.alias, "second", Verdict.NOTHING_CHANGED)
    assert restart_again(journal)
    restarted(journal, "worker", "second")

    assert not restart_again(journal)
