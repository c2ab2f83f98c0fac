"""A group without a screen: one plan, one confirmation, its members' events, and one verdict."""

import argparse
import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest

from console.cli.groups import carry_group
from console.cli.report import Report
from console.domain.address import Address, Tier
from console.domain.group import GroupAddress, GroupEvent, GroupPlan, GroupWish
from console.domain.operation import Check, CheckState, OperationEvent, Plan, Verb, Verdict
from tests.builders import NOW
from tests.fakes import FakeClock
from tests.unit.test_cli_operate import a_plan

GROUP = GroupAddress("rugmunch", "production", "app")
API = Address("rugmunch", "production", "api")
WORKER = Address("rugmunch", "production", "worker")


def plans(**overrides: Any) -> GroupPlan:
    """The API, then the worker."""
    made = GroupPlan(
        verb=Verb.DEPLOY,
        group=GROUP,
        tier=Tier.PRODUCTION,
        waves=((a_plan(verb=Verb.DEPLOY),), (a_plan(verb=Verb.DEPLOY, address=WORKER),)),
        made_at=NOW,
        confirm="production",
    )
    return replace(made, **overrides)


def told(name: str, seconds: float, text: str, member: Address | None, **facts: object) -> GroupEvent:
    operation = member.alias.upper() if member else "GROUP"
    return GroupEvent(
        GROUP, OperationEvent(name, NOW + timedelta(seconds=seconds), operation, text, facts), member
    )


@dataclass
class FakeGroups:
    """Plans what it is told, and tells how the API went well and the worker did not."""

    planned: GroupPlan = field(default_factory=plans)
    typed: list[str | None] = field(default_factory=list)

    def plan_group(self, wish: GroupWish) -> GroupPlan:
        return self.planned

    def execute_group(self, plan: GroupPlan, typed: str | None = None) -> Iterator[GroupEvent]:
        self.typed.append(typed)
        yield told("wave", 0, "wave 1 of 2: api", None, wave=1)
        yield told("confirmed", 5, "confirmed", API)
        yield told("sent", 6, "sending UpdateService", API)
        yield told("verdict", 60, "SUCCEEDED", API, verdict="SUCCEEDED")
        yield told("wave", 61, "wave 2 of 2: worker", None, wave=2)
        yield told("confirmed", 61, "confirmed", WORKER)
        yield told("verdict", 90, "ROLLED BACK", WORKER, verdict="ROLLED_BACK")
        yield told("verdict", 90, "MIXED", None, verdict="MIXED", members=[], not_begun=[])


def run(engine: FakeGroups, verb: Verb = Verb.DEPLOY, to: str = "", **options: Any) -> int:
    given = argparse.Namespace(**{"confirm": "production", "dry_run": False, "json": True, **options})
    wish = GroupWish(verb, GROUP, version="v1.4.3", to=to)
    return carry_group(engine, wish, given, Report(FakeClock(), as_json=given.json))


def printed(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_the_last_verdict_is_the_groups(capsys: pytest.CaptureFixture[str]) -> None:
    """A member's line names its member, and does not end the run."""
    code = run(FakeGroups())

    plan, *events = printed(capsys)
    assert code == Verdict.MIXED.exit_code
    assert (plan["event"], plan["waves"]) == ("plan", [[str(API)], [str(WORKER)]])
    assert [item["address"] for item in plan["members"]] == [str(API), str(WORKER)]
    assert [line.get("member") for line in events if line["event"] == "verdict"] == [
        str(API),
        str(WORKER),
        None,
    ]
    assert [line["operation"] for line in events if line["event"] == "sent"] == ["API"]
    assert events[-1]["verdict"] == "MIXED"


def test_plain_text_has_one_clock_for_all(capsys: pytest.CaptureFixture[str]) -> None:
    """It begins with the group, not anew with each member, and every line says whose it is."""
    run(FakeGroups(), json=False)

    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"deploy {GROUP}"
    assert "  wave  2 of 2: worker" in lines
    assert " 0:06  api: sending UpdateService" in lines
    assert " 1:30  worker: ROLLED BACK" in lines
    assert lines[-1] == " 1:30  MIXED"


@pytest.mark.parametrize("phrase", ["production", "rugmunch/production", str(GROUP)])
def test_the_group_is_confirmed_as_one(phrase: str) -> None:
    """What the plan asks for, the environment in full, or the group's address."""
    engine = FakeGroups()

    run(engine, confirm=phrase)

    assert engine.typed == [phrase]


@pytest.mark.parametrize("phrase", [None, "", "production/api", "rugmunch/production/@all"])
def test_without_the_right_phrase_nothing_begins(
    phrase: str | None, capsys: pytest.CaptureFixture[str]
) -> None:
    """The last line says what to pass, and that no member was begun."""
    engine = FakeGroups()

    assert run(engine, confirm=phrase) == 3

    last = printed(capsys)[-1]
    assert engine.typed == []
    assert (last["verdict"], last["not_begun"]) == ("REFUSED", [str(API), str(WORKER)])
    assert "--confirm production" in last["reason"]


def test_a_dry_run_sends_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    """All plans are shown, no verdict comes of it."""
    engine = FakeGroups()

    assert run(engine, confirm=None, dry_run=True) == 0

    last = printed(capsys)[-1]
    assert engine.typed == []
    assert (last["verdict"], last["reason"]) == (None, "dry run: nothing was sent")


def waves(*members: Plan) -> tuple[tuple[Plan, ...], ...]:
    return (members,)


def test_what_fails_for_one_member_stops_a_deploy_of_all(capsys: pytest.CaptureFixture[str]) -> None:
    """A rollback goes ahead."""
    check = Check("image", CheckState.FAIL, "built for arm64", "build it for amd64")
    failing = waves(a_plan(verb=Verb.DEPLOY), a_plan(verb=Verb.DEPLOY, address=WORKER, checks=(check,)))
    back = waves(a_plan(), a_plan(address=WORKER, checks=(check,)))

    assert run(FakeGroups(plans(waves=failing))) == 3
    reason = printed(capsys)[-1]["reason"]
    assert f"{WORKER}: image: built for arm64 · build it for amd64" in reason
    assert run(FakeGroups(plans(verb=Verb.ROLLBACK, waves=back)), Verb.ROLLBACK) == Verdict.MIXED.exit_code


def test_a_member_without_a_proven_way_back_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    """A machine does not choose what a person was not asked about; ``--to`` is the choice."""
    back = waves(a_plan(), a_plan(address=WORKER, proven=False, doubt="it ran for 4 min only"))
    engine = FakeGroups(plans(verb=Verb.ROLLBACK, waves=back))

    assert run(engine, Verb.ROLLBACK) == 3
    assert f"{WORKER}: v1.4.2, but it ran for 4 min only" in printed(capsys)[-1]["reason"]
    assert run(engine, Verb.ROLLBACK, to="v1.4.2") == Verdict.MIXED.exit_code
