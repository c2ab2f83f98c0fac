"""What the options of the verbs ask for, as the real command line reads them."""

import json
from pathlib import Path
from typing import Any

import pytest

from console.cli import deploy, main, offers, rollback, sayings
from console.cli.report import Report
from console.config.settings import EnvironmentSettings, ServiceSettings, Settings
from console.domain.address import Address, Tier
from console.domain.guarded import GuardAnswer
from console.domain.operation import OperationEvent, Verb
from console.domain.registry import Findings, Offer, RegistryVersion
from console.domain.version import Version
from console.domain.wish import Wish
from console.errors import RefusedError, UsageError
from tests.builders import ADDRESS, NOW, a_record, an_environment
from tests.fakes import FakeClock
from tests.unit.test_cli_operate import FakeEngine, a_course, a_plan

DIGEST = "sha256:" + "5e" * 32


def parsed(*words: str) -> Any:
    return main.parser(words).parse_args(words)


class Wishing(FakeEngine):
    """Remembers the wishes themselves, and plays rehearsals."""

    wishes: list[Wish]

    def plan(self, wish: Wish) -> Any:
        self.wishes = [*getattr(self, "wishes", []), wish]
        return super().plan(wish)

    def rehearse(self, address: Address) -> Any:
        self.calls.append(("rehearse", address))
        return self._play()


def test_a_deploy_asks_for_what_its_options_say() -> None:
    """Containers, sizes and the migration, beside the version."""
    engine = Wishing(planned=a_plan(verb=Verb.DEPLOY))
    given = parsed(
        "deploy", str(ADDRESS), "--version", "v1.4.2", "--container", "api", "--container", "proxy",
        "--memory", "3072", "--cpu", "1024", "--grace", "90", "--no-migrate", "--dry-run",
    )  # fmt: skip

    assert deploy.deploy(engine, ADDRESS, given, Report(FakeClock(), as_json=True)) == 0

    assert engine.wishes == [
        Wish(
            Verb.DEPLOY,
            ADDRESS,
            version="v1.4.2",
            containers=("api", "proxy"),
            memory_mb=3072,
            cpu=1024,
            grace_s=90,
            migrate=False,
        )
    ]


def test_a_deploy_is_guarded_as_asked() -> None:
    """By its mode and its bake; the same version under way is followed all the same."""
    engine = Wishing(planned=a_plan(verb=Verb.DEPLOY))
    words = ("deploy", str(ADDRESS), "--version", "v1.4.2", "--guard", "rollback", "--bake", "10m")
    deploy.deploy(engine, ADDRESS, parsed(*words, "--dry-run"), Report(FakeClock(), as_json=True))
    assert engine.wishes == [Wish(Verb.DEPLOY, ADDRESS, version="v1.4.2", guard="rollback", bake_s=600)]
    engine.under_way = a_record(verb=Verb.DEPLOY, target={"version": "v1.4.2"})
    deploy.deploy(engine, ADDRESS, parsed(*words), Report(FakeClock(), as_json=True))
    assert engine.calls[-1] == ("resume", a_record().id)


def test_a_guard_goes_back_by_a_plan_that_is_shown_and_confirmed() -> None:
    """As ``rollback`` does: without the phrase nothing is answered, and a dry run answers nothing."""
    engine = Wishing(under_way=a_record(verb=Verb.DEPLOY), question="roll back?", course=a_course())
    words = ("deploy", str(ADDRESS), "--answer", "back")
    report = Report(FakeClock(), as_json=True)
    assert deploy.answer(engine, ADDRESS, parsed(*words), report) == 3
    assert deploy.answer(engine, ADDRESS, parsed(*words, "--confirm", "production/worker"), report) == 3
    deploy.answer(engine, ADDRESS, parsed(*words, "--confirm", "production/api", "--dry-run"), report)
    assert "answer_guard" not in engine.names
    deploy.answer(engine, ADDRESS, parsed(*words, "--confirm", "production/api"), report)
    assert engine.calls[-2:] == [
        ("answer_guard", a_record().id, GuardAnswer.BACK, Verb.ROLLBACK, "production/api"),
        ("resume", a_record().id),
    ]


@pytest.mark.parametrize("confirmed", [(), ("--confirm", "production/api"), ("--confirm", str(ADDRESS))])
def test_a_rehearsal_goes_ahead_where_it_names_the_service(confirmed: tuple[str, ...]) -> None:
    """Nothing has to be typed for one."""
    engine = Wishing(course=a_course())
    report = Report(FakeClock(), as_json=True)
    sayings.rehearse(engine, ADDRESS, parsed("rehearse", str(ADDRESS), *confirmed), report)
    assert engine.calls == [("rehearse", ADDRESS)]


def test_a_rehearsal_of_another_service_than_the_one_confirmed_is_refused() -> None:
    """Nothing is planned or sent; exit 3 as for every verb."""
    engine = Wishing(course=a_course())
    given = parsed("rehearse", str(ADDRESS), "--confirm", "staging/worker")
    assert sayings.rehearse(engine, ADDRESS, given, Report(FakeClock(), as_json=True)) == 3
    assert engine.calls == []


@pytest.mark.parametrize("word", ["wait", "ignore"])
def test_the_guard_of_the_deploy_under_way_is_answered(word: str) -> None:
    """Nothing is planned; the deploy is followed. Without a question it is said that there is none."""
    engine = Wishing(under_way=a_record(verb=Verb.DEPLOY), question="roll back?", course=a_course())
    given = parsed("deploy", str(ADDRESS), "--answer", word)
    deploy.answer(engine, ADDRESS, given, Report(FakeClock(), as_json=True))
    assert engine.calls == [("answer_guard", a_record().id, GuardAnswer(word)), ("resume", a_record().id)]
    engine.question = ""
    with pytest.raises(RefusedError, match="not tripped"):
        deploy.answer(engine, ADDRESS, given, Report(FakeClock(), as_json=True))
    engine.under_way = None
    with pytest.raises(RefusedError, match="no deploy"):
        deploy.answer(engine, ADDRESS, given, Report(FakeClock(), as_json=True))


def test_another_size_alone_is_a_deploy() -> None:
    """The remedy for a container that was killed for its memory needs no new version."""
    engine = Wishing(planned=a_plan(verb=Verb.DEPLOY))
    given = parsed("deploy", str(ADDRESS), "--memory", "3072", "--dry-run")

    deploy.deploy(engine, ADDRESS, given, Report(FakeClock(), as_json=True))

    assert engine.wishes == [Wish(Verb.DEPLOY, ADDRESS, memory_mb=3072)]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("deploy", "a/b/c"), "needs a version"),
        (("deploy", "a/b/c", "--version", "v1", "--list"), "not allowed with"),
        (("deploy", "a/b/@all", "--member", "api"), "is not ALIAS=TAG"),
        (("deploy", "a/b/c", "--list", "--limit", "0"), "not a number from 1"),
        (("rollback", "a/b/c", "--until", "later"), "invalid choice"),
        (("mark", "a/b/c"), "--bad --good"),
        (("mark", "a/b/c", "--bad", "v1", "--good", "v2"), "not allowed with"),
    ],
)
def test_options_that_do_not_go_together_are_refused(
    words: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Before anything is looked for; exit 2, and a last line for programs."""
    assert main.main([*words, "--json"]) == 2

    last = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert said in last["error"]["message"]


def test_what_concerns_groups_is_refused_for_one_service_and_the_other_way_round() -> None:
    """Nothing is planned then."""
    engine = Wishing()
    report = Report(FakeClock(), as_json=True)

    with pytest.raises(UsageError, match="--member is for groups"):
        deploy.deploy(engine, ADDRESS, parsed("deploy", "x", "--member", "api=v1"), report)
    with pytest.raises(UsageError, match="no size of its own"):
        deploy.deploy_group(
            engine,  # type: ignore[arg-type]
            None,  # type: ignore[arg-type]
            parsed("deploy", "x/y/@all", "--memory", "512"),
            report,
        )
    assert engine.calls == []


def test_a_rollback_can_be_direct_and_bring_the_tasks_back_first() -> None:
    """Both are part of the wish."""
    engine = Wishing()
    given = parsed("rollback", str(ADDRESS), "--direct", "--capacity", "--to", ":41", "--dry-run")

    rollback.rollback(engine, ADDRESS, given, Report(FakeClock(), as_json=True))

    assert engine.wishes == [Wish(Verb.ROLLBACK, ADDRESS, to=":41", direct=True, capacity=True)]


def test_a_rehearsal_goes_there_and_back_or_shows_its_plan(capsys: pytest.CaptureFixture[str]) -> None:
    """``--dry-run`` plans the way back, and rehearses nothing."""
    engine = Wishing(planned=a_plan(tier=Tier.STAGING, confirm=""), course=a_course())
    report = Report(FakeClock(), as_json=True)

    assert sayings.rehearse(engine, ADDRESS, parsed("rehearse", "x", "--dry-run"), report) == 0
    assert engine.wishes == [Wish(Verb.ROLLBACK, ADDRESS, direct=True)]
    assert sayings.rehearse(engine, ADDRESS, parsed("rehearse", "x"), report) == 0
    assert engine.calls[-1] == ("rehearse", ADDRESS)


class Registry:
    """Holds two versions: one that runs, and one that was left and never scanned."""

    def versions(self, address: Address, limit: int = 20) -> tuple[Offer, ...]:
        live = RegistryVersion(
            Version(DIGEST, "v1.4.2", ("v1.4.2", "good")), NOW, Findings(1, 3), "ab12cd34ef"
        )
        left = RegistryVersion(Version(None, "v1.4.1"), NOW, Findings(missing="not scanned"))
        return (Offer(live, runs=True, ran="succeeded 3 d ago"), Offer(left, is_bad=True))[:limit]


def test_what_could_be_deployed_is_listed(capsys: pytest.CaptureFixture[str]) -> None:
    """Tag, digest, when it was pushed, what its scan found, its commit, and what became of it here."""
    offers.show(Registry(), ADDRESS, parsed("deploy", str(ADDRESS), "--list"))

    head, live, left = capsys.readouterr().out.splitlines()
    assert head.split() == ["VERSION", "DIGEST", "PUSHED", "SCAN", "COMMIT", "PLATFORM", "HERE"]
    assert live.split()[:2] == ["v1.4.2", "5e5e5e5e"]
    assert "1 critical, 3 high" in live
    assert live.endswith("runs now, succeeded 3 d ago")
    assert "not scanned" in left
    assert left.endswith("marked bad")


def test_what_could_be_deployed_is_one_object(capsys: pytest.CaptureFixture[str]) -> None:
    """What is not known is null: an image that was never scanned has no findings, not none."""
    offers.show(Registry(), ADDRESS, parsed("deploy", str(ADDRESS), "--list", "--json", "--limit", "2"))

    found = json.loads(capsys.readouterr().out)
    live, left = found["versions"]
    assert found["address"] == str(ADDRESS)
    assert (live["digest"], live["runs"], live["findings"]["critical"]) == (DIGEST, True, 1)
    assert (left["digest"], left["findings"], left["not_scanned"]) == (None, None, "not scanned")
    assert (left["is_bad"], left["ran"], left["commit"]) == (True, None, None)


def test_a_verdict_between_two_looks_is_not_drawn_as_an_empty_line(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A picture without words is for screens."""
    report = Report(FakeClock(), as_json=False)

    report.happened(OperationEvent("confirmed", NOW, "1", "confirmed"))
    report.happened(OperationEvent("observed", NOW, "1", ""))

    assert capsys.readouterr().out.splitlines() == [" 0:00  confirmed"]


class Planless:
    """A runtime whose engine is interrupted while it plans."""

    clock = FakeClock()
    engine = FakeEngine(unplannable=KeyboardInterrupt())

    def __init__(self, *given: object, **options: object) -> None: ...


@pytest.mark.parametrize("words", [("deploy", "--version", "v1"), ("rollback",), ("drain",), ("restart",)])
def test_an_interruption_while_planning_has_a_last_line(
    words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit 130, whatever came of it: nothing can have been sent."""
    service = ServiceSettings(ADDRESS, "rugmunch-api", "rugmunch-production")
    environment = EnvironmentSettings(an_environment(), services={"api": service})
    settings = Settings(
        Path("c"), Path("j"), Path("k"), environments={environment.environment.key: environment}
    )
    monkeypatch.setattr("console.config.discover.find", lambda given: Path("c"))
    monkeypatch.setattr("console.config.loader.load", lambda path: settings)
    monkeypatch.setattr("console.runtime.Runtime", Planless)

    assert main.main([words[0], str(ADDRESS), *words[1:], "--json"]) == 130

    last = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (last["verdict"], last["reason"]) == (None, "interrupted: nothing was sent")


def test_a_verb_for_one_service_refuses_a_group(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit 2, before anything is opened."""
    environment = EnvironmentSettings(an_environment(), groups={"app": (("api",),)})
    settings = Settings(
        Path("c"), Path("j"), Path("k"), environments={environment.environment.key: environment}
    )
    monkeypatch.setattr("console.config.discover.find", lambda given: Path("c"))
    monkeypatch.setattr("console.config.loader.load", lambda path: settings)

    assert main.main(["drain", f"{environment.environment.key}/@app", "--json"]) == 2

    assert "drain is nothing for a group" in capsys.readouterr().out
