"""Headless operations: what is printed, what is refused, and with which exit code a run ends."""

import argparse
import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest

from console.cli import deploy, operate, rollback
from console.cli.report import Report
from console.domain.address import Address, Tier
from console.domain.guarded import GuardAnswer
from console.domain.operation import (
    Basis,
    Candidate,
    Check,
    CheckState,
    Estimate,
    Mechanism,
    OperationEvent,
    OperationRecord,
    Plan,
    Verb,
    Verdict,
)
from console.domain.wish import Wish
from console.errors import EndpointError, RefusedError, UnknownVersionError
from tests.builders import ACCOUNT, ADDRESS, CLUSTER, NOW, REGION, a_new_release, a_record, a_release
from tests.fakes import FakeClock

OPERATION = "01JD3K9QW5Z8X7V6T4S2R1P0NM"
SHORT = ADDRESS.short

Course = list[OperationEvent | BaseException]


def a_plan(**overrides: Any) -> Plan:
    """A rollback in production from v1.4.3 to v1.4.2, proven."""
    default = Plan(
        verb=Verb.ROLLBACK,
        address=ADDRESS,
        tier=Tier.PRODUCTION,
        account=ACCOUNT,
        region=REGION,
        cluster=CLUSTER,
        service="rugmunch-api",
        mechanism=Mechanism.UPDATE_SERVICE,
        basis=Basis("ecs-svc/1", "task:43", "revision", None, False),
        source=a_new_release(),
        target=a_release(),
        effect="a new deployment",
        made_at=NOW,
        confirm=SHORT,
        served_s=3 * 86400.0,
        checks=(Check("image", CheckState.PASS, "in the registry"),),
        estimate=Estimate(110, 70, 185, 14, "draining 30 s", 150),
        remarks=("migrations are not taken back",),
    )
    return replace(default, **overrides)


def event(name: str, seconds: float, text: str, facts: dict[str, object] | None = None) -> OperationEvent:
    return OperationEvent(name, NOW + timedelta(seconds=seconds), OPERATION, text, facts or {})


def a_course(verdict: Verdict = Verdict.SUCCEEDED) -> Course:
    """From confirmed to a verdict, 103 seconds later."""
    ending: dict[str, object] = {
        "verdict": verdict.value,
        "by": "operator",
        "reason": "as planned",
        "from": a_new_release().facts(),
        "to": a_release().facts(),
        "mechanism": "update_service",
        "ordered_s": 2.0,
        "safe_s": 100.0,
        "done_s": 103.0,
    }
    return [
        event("confirmed", 0, "rollback confirmed"),
        event("sent", 1, "sending UpdateService", {"call": "UpdateService"}),
        event("accepted", 2, "UpdateService accepted"),
        event("verdict", 103, verdict.words, ending),
    ]


@dataclass
class FakeEngine:
    """An engine that plans what it is told and plays a course, or raises what stands in it."""

    planned: Plan = field(default_factory=a_plan)
    course: Course = field(default_factory=a_course)
    under_way: OperationRecord | None = None
    unplannable: BaseException | None = None
    question: str = ""
    calls: list[tuple[object, ...]] = field(default_factory=list)

    def plan(self, wish: Wish) -> Plan:
        self.calls.append((f"plan_{wish.verb.value}", wish.address, wish.version or wish.to))
        if self.unplannable:
            raise self.unplannable
        return self.planned

    def execute(self, plan: Plan, typed: str | None = None) -> Iterator[OperationEvent]:
        self.calls.append(("execute", typed))
        return self._play()

    def resume(self, operation_id: str, *, goes_on: bool = False) -> Iterator[OperationEvent]:
        self.calls.append(("resume", operation_id, *([True] if goes_on else [])))
        return self._play()

    def open_question(self, operation_id: str) -> str:
        return self.question

    def answer(self, operation_id: str, *, yes: bool) -> bool:
        self.calls.append(("answer", operation_id, yes))
        return bool(self.question)

    def answer_guard(
        self, operation_id: str, answer: GuardAnswer, plan: Plan | None = None, typed: str | None = None
    ) -> bool:
        confirmed = (plan.verb, typed) if plan is not None else ()
        self.calls.append(("answer_guard", operation_id, answer, *confirmed))
        return bool(self.question)

    def end_hold(self, address: Address) -> Iterator[OperationEvent]:
        self.calls.append(("end_hold", address))
        return self._play()

    def attachable(self, verb: Verb, address: Address) -> OperationRecord | None:
        record = self.under_way
        return record if record and (record.verb, record.address) == (verb, address) else None

    def joinable(self, wish: Wish) -> OperationRecord | None:
        return self.attachable(wish.verb, wish.address)

    @property
    def names(self) -> list[object]:
        return [call[0] for call in self.calls]

    def _play(self) -> Iterator[OperationEvent]:
        for item in self.course:
            if isinstance(item, BaseException):
                raise item
            yield item


def arguments(**overrides: Any) -> argparse.Namespace:
    defaults = {
        "version": "v1.4.2",
        **dict.fromkeys(("memory", "cpu", "grace", "migrate")),
        **{"member": [], "container": [], "guard": "", "bake": None},
        **{"to": "", "direct": False, "capacity": False},
        **{"confirm": SHORT, "dry_run": False, "json": True},
    }
    return argparse.Namespace(**{**defaults, **overrides})


def run(engine: FakeEngine, verb: Verb = Verb.ROLLBACK, **options: Any) -> int:
    given = arguments(**options)
    report = Report(FakeClock(), as_json=given.json)
    if verb is Verb.ROLLBACK:
        return rollback.rollback(engine, ADDRESS, given, report)
    if verb is Verb.DEPLOY:
        return deploy.deploy(engine, ADDRESS, given, report)
    return operate.carry(engine, Wish(verb, ADDRESS), given, report)


def printed(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    """Everything on standard output, which is one JSON object a line."""
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


@pytest.mark.parametrize("verdict", list(Verdict))
def test_a_run_ends_with_the_verdict_and_its_exit_code(
    verdict: Verdict, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each verdict has one code, and the last line has everything that a program asks about."""
    code = run(FakeEngine(course=a_course(verdict)))

    last = printed(capsys)[-1]
    assert code == verdict.exit_code
    assert last["verdict"] == verdict.value
    assert last["operation"] == OPERATION
    assert {"by", "reason", "from", "to", "mechanism", "ordered_s", "safe_s", "done_s"} <= set(last)
    assert set(last["to"]) == {"version", "digest", "digests", "task_definition", "service_revision"}


def test_each_event_is_one_object(capsys: pytest.CaptureFixture[str]) -> None:
    """With event, time and operation; the plan comes first and belongs to no operation yet."""
    run(FakeEngine())

    lines = printed(capsys)
    assert [line["event"] for line in lines] == ["plan", "confirmed", "sent", "accepted", "verdict"]
    assert [line["operation"] for line in lines] == [None, *[OPERATION] * 4]
    assert all(line["at"].endswith("Z") for line in lines)
    assert lines[2]["call"] == "UpdateService"
    assert lines[0]["to"]["version"] == a_release().version.label


def test_facts_never_hide_what_every_line_has(capsys: pytest.CaptureFixture[str]) -> None:
    """An event whose facts use the same names keeps its own time and name."""
    run(FakeEngine(course=[event("progress", 3, "on", {"at": "never", "event": "x"}), *a_course()]))

    line = printed(capsys)[1]
    assert line["event"] == "progress"
    assert line["at"].startswith("20")


def test_plain_text_shows_the_plan_then_a_clock(capsys: pytest.CaptureFixture[str]) -> None:
    """First where it happens, then each event with the time since it was confirmed."""
    run(FakeEngine(), json=False)

    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("account ")
    assert REGION in lines[0]
    assert CLUSTER in lines[0]
    assert " 0:01  sending UpdateService" in lines
    assert lines[-1] == " 1:43  SUCCEEDED"


def test_what_a_tag_is_called_cannot_move_the_cursor(capsys: pytest.CaptureFixture[str]) -> None:
    """Text from outside stays text."""
    run(FakeEngine(course=[event("progress", 1, "\x1b[2Jgone\nx"), *a_course()]), json=False)

    assert "\x1b" not in capsys.readouterr().out


def test_production_has_to_be_confirmed(capsys: pytest.CaptureFixture[str]) -> None:
    """Without the phrase nothing is executed; the last line shows the plan and says what to pass."""
    engine = FakeEngine()

    code = run(engine, confirm=None)

    last = printed(capsys)[-1]
    assert code == 3
    assert engine.names == ["plan_rollback"]
    assert last["verdict"] == "REFUSED"
    assert f"--confirm {SHORT}" in last["reason"]
    assert last["from"] == a_new_release().facts()
    assert last["to"] == a_release().facts()
    assert last["mechanism"] == "update_service"
    assert last["operation"] is None


@pytest.mark.parametrize("phrase", [SHORT, str(ADDRESS)])
@pytest.mark.parametrize("asked", [SHORT, ""])
def test_the_short_or_the_full_address_confirms(phrase: str, asked: str) -> None:
    """Where confirming is asked for, and where it is not."""
    engine = FakeEngine(planned=a_plan(confirm=asked))

    assert run(engine, confirm=phrase) == 0
    assert engine.calls[-1] == ("execute", phrase)


@pytest.mark.parametrize("phrase", ["", "yes", "production", "staging/api", f"{SHORT} "])
@pytest.mark.parametrize("asked", [SHORT, ""])
def test_a_wrong_phrase_is_refused_everywhere(phrase: str, asked: str) -> None:
    """Who confirms another service than the one that is meant has mixed something up."""
    engine = FakeEngine(planned=a_plan(confirm=asked))

    assert run(engine, confirm=phrase) == 3
    assert "execute" not in engine.names


def test_where_two_systems_share_a_name_the_short_one_does_not_confirm() -> None:
    """The plan then asks for the full address."""
    engine = FakeEngine(planned=a_plan(confirm=str(ADDRESS)))

    assert run(engine, confirm=SHORT) == 3
    assert run(engine, confirm=str(ADDRESS)) == 0


def test_outside_production_nothing_has_to_be_typed() -> None:
    """The plan asks for nothing there."""
    assert run(FakeEngine(planned=a_plan(confirm="", tier=Tier.STAGING)), confirm=None) == 0


def test_a_dry_run_shows_the_plan_and_sends_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    """No confirmation is needed for it, no verdict comes of it, and nothing under way is joined."""
    engine = FakeEngine(under_way=a_record())

    code = run(engine, dry_run=True, confirm=None)

    plan, last = printed(capsys)
    assert code == 0
    assert engine.names == ["plan_rollback"]
    assert plan["estimate"]["safe_s"] == 110
    assert plan["remarks"] == ["migrations are not taken back"]
    assert (last["verdict"], last["reason"]) == (None, "dry run: nothing was sent")


def test_nothing_to_do_needs_no_confirmation(capsys: pytest.CaptureFixture[str]) -> None:
    """The engine says NOTHING_CHANGED."""
    engine = FakeEngine(
        planned=a_plan(nothing_to_do="it runs that"), course=a_course(Verdict.NOTHING_CHANGED)[-1:]
    )

    assert run(engine, Verb.DEPLOY, confirm=None) == 0
    assert printed(capsys)[-1]["verdict"] == "NOTHING_CHANGED"


@pytest.mark.parametrize("dry_run", [False, True])
def test_an_unproven_way_back_is_refused_with_the_candidates(
    dry_run: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    """A machine does not choose what a person was not asked about."""
    other = Candidate(a_new_release(), proven=False, doubt="ran 2 min")
    engine = FakeEngine(planned=a_plan(proven=False, doubt="it ran for 4 min only", candidates=(other,)))

    assert run(engine, dry_run=dry_run) == 3

    last = printed(capsys)[-1]
    assert last["verdict"] == "REFUSED"
    assert "it ran for 4 min only" in last["reason"]
    assert a_new_release().version.label in last["reason"]
    assert "execute" not in engine.names


def test_an_unproven_way_back_that_was_chosen_is_taken() -> None:
    """``--to`` is the choice."""
    engine = FakeEngine(planned=a_plan(proven=False, doubt="it ran for 4 min only"))

    assert run(engine, to="v1.4.2") == 0
    assert engine.calls[0] == ("plan_rollback", ADDRESS, "v1.4.2")


def test_a_failed_check_stops_a_deploy_and_never_a_rollback(capsys: pytest.CaptureFixture[str]) -> None:
    """A rollback says what fails and goes ahead."""
    failed = Check("image", CheckState.FAIL, "built for arm64", "build it for amd64")
    plan = a_plan(checks=(failed,))

    assert run(FakeEngine(planned=plan), Verb.ROLLBACK) == 0
    capsys.readouterr()
    assert run(FakeEngine(planned=replace(plan, verb=Verb.DEPLOY)), Verb.DEPLOY) == 3
    reason = printed(capsys)[-1]["reason"]
    assert "built for arm64" in reason
    assert "build it for amd64" in reason


def test_the_same_verb_follows_what_is_under_way() -> None:
    """Nothing is planned, nothing sent: its events are printed and its verdict ends the run."""
    engine = FakeEngine(under_way=a_record(), course=a_course(Verdict.BOUNCED))

    assert run(engine, confirm=None) == 1
    assert engine.calls == [("resume", a_record().id)]


@pytest.mark.parametrize("version", ["v1.4.2", a_release().digest, (a_release().digest or "")[7:19]])
def test_a_deploy_of_the_same_version_follows_the_one_under_way(version: str) -> None:
    """Named by its label, its digest or the beginning of that."""
    engine = FakeEngine(under_way=a_record(verb=Verb.DEPLOY))

    assert run(engine, Verb.DEPLOY, version=version) == 0
    assert engine.names == ["resume"]


def test_a_deploy_by_another_tag_of_the_same_digest_follows_too() -> None:
    """What counts is what it would ship."""
    engine = FakeEngine(under_way=a_record(verb=Verb.DEPLOY))

    assert run(engine, Verb.DEPLOY, version="stable") == 0
    assert engine.names == ["plan_deploy", "resume"]


def test_a_deploy_of_another_version_is_a_deploy_of_its_own() -> None:
    """A hotfix does not wait for the rollout that it is to end, nor takes over its verdict."""
    engine = FakeEngine(under_way=a_record(verb=Verb.DEPLOY), planned=a_plan(target=a_new_release()))

    assert run(engine, Verb.DEPLOY, version="v1.4.3") == 0
    assert engine.names == ["plan_deploy", "execute"]


def test_a_rollback_does_not_wait_for_a_deploy() -> None:
    """An open deploy is what it is for."""
    engine = FakeEngine(under_way=a_record(verb=Verb.DEPLOY))

    assert run(engine) == 0
    assert engine.names == ["plan_rollback", "execute"]


def test_a_rollback_to_elsewhere_does_not_follow_the_one_under_way() -> None:
    """Somebody wants another version than the one that it goes to."""
    engine = FakeEngine(under_way=a_record())

    assert run(engine, to="v1.3.9") == 0
    assert engine.names == ["plan_rollback", "execute"]


def test_what_the_engine_refuses_is_a_verdict(capsys: pytest.CaptureFixture[str]) -> None:
    """Read-only, for one: with the plan that it is about, exit 3."""
    engine = FakeEngine(course=[RefusedError("rugmunch/production is read-only", "set read_only = false")])

    assert run(engine) == 3
    last = printed(capsys)[-1]
    assert (last["verdict"], last["to"]) == ("REFUSED", a_release().facts())
    assert last["reason"] == "rugmunch/production is read-only · set read_only = false"


def test_an_error_before_anything_was_sent_is_an_error() -> None:
    """Nothing was planned or nothing left: the command line says so, exit 2."""
    with pytest.raises(UnknownVersionError):
        run(FakeEngine(unplannable=UnknownVersionError("v9 is not in the registry")), Verb.DEPLOY)
    with pytest.raises(EndpointError):
        run(FakeEngine(course=[EndpointError("nobody answers")]))


@pytest.mark.parametrize("error", [EndpointError("nobody answers"), RuntimeError("a bug")])
def test_an_error_after_the_order_was_sent_is_unknown(
    error: Exception, capsys: pytest.CaptureFixture[str]
) -> None:
    """The platform goes on; nobody may think that nothing happened."""
    code = run(FakeEngine(course=[*a_course()[:2], error]))

    last = printed(capsys)[-1]
    assert code == 4
    assert (last["verdict"], last["operation"]) == ("UNKNOWN", OPERATION)
    assert type(error).__name__ in last["reason"] or str(error) in last["reason"]


def test_an_interruption_before_the_order_sent_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    """Exit 130, and the last line says so."""
    assert run(FakeEngine(course=[*a_course()[:1], KeyboardInterrupt()])) == 130
    last = printed(capsys)[-1]
    assert (last["verdict"], last["reason"]) == (None, "interrupted: nothing was sent")


def test_an_interruption_after_the_order_is_unknown(capsys: pytest.CaptureFixture[str]) -> None:
    """Exit 4: the rollout goes on without being watched."""
    assert run(FakeEngine(course=[*a_course()[:2], KeyboardInterrupt()])) == 4
    assert printed(capsys)[-1]["verdict"] == "UNKNOWN"


def test_a_reader_that_goes_away_does_not_end_the_operation(monkeypatch: pytest.MonkeyPatch) -> None:
    """``| head -1`` silences the run; it is followed to its verdict all the same."""

    def broken(line: str) -> None:
        raise BrokenPipeError

    monkeypatch.setattr("console.cli.report.say", broken)
    monkeypatch.setattr("console.cli.report.discard_output", lambda: None)

    assert run(FakeEngine(course=a_course(Verdict.ROLLED_BACK))) == 1


def test_a_release_ends_with_a_verdict_too() -> None:
    """Through the same printer."""
    engine = FakeEngine(course=a_course()[-1:])

    assert operate.follow(engine.end_hold(ADDRESS), Report(FakeClock(), as_json=True)) == 0
