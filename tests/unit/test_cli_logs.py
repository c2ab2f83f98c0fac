"""``quarterdeck logs`` on fakes: what a line looks like, what is noted, how following ends."""

import json
from dataclasses import replace
from functools import partial

import pytest

from console.cli import logs
from console.domain.address import Address
from console.domain.signals import LogPlace
from console.domain.words import utc
from console.errors import EndpointError, UsageError
from console.logtail.query import LogQuery
from console.logtail.revisions import ages, numbers
from tests.builders import ADDRESS, a_log_line, a_service, a_task, ago
from tests.fakes import FakeClock, FakeLogs, FakePlatform


@pytest.fixture
def platform() -> FakePlatform:
    return FakePlatform()


def printer(platform: FakePlatform, query: LogQuery | None = None, **options: object) -> logs.Printer:
    revision = options.get("revision")
    return logs.Printer(
        platform,
        ADDRESS,
        FakeClock(),
        query or LogQuery(),
        str(revision) if revision else None,
        bool(options.get("as_json")),
    )


def source_with(*texts: str) -> FakeLogs:
    lines = [a_log_line(text, id=str(n), at=ago(60 - n), task="f" * 32) for n, text in enumerate(texts)]
    return FakeLogs({ADDRESS: lines})


def test_a_line_has_its_time_revision_task_and_severity(
    platform: FakePlatform, capsys: pytest.CaptureFixture[str]
) -> None:
    """A task that ECS has forgotten is of a revision that nobody knows."""
    source = source_with('{"level":"error","msg":"no heap","mb":16}')
    (line,) = source.lines[ADDRESS]
    source.lines[ADDRESS] = [replace(line, severity="error")]
    assert logs.once(source, ADDRESS, FakeClock(), ago(600), printer(platform)) == 0
    assert capsys.readouterr().out == f"{utc(line.at)} :? ffffffff error no heap mb=16\n"


def test_json_is_one_object_a_line_with_the_text_as_it_was_written(
    platform: FakePlatform, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing else goes to standard output."""
    source = source_with('{"msg":"a"}', "b")
    logs.once(source, ADDRESS, FakeClock(), ago(600), printer(platform, as_json=True))
    first, second = map(json.loads, capsys.readouterr().out.splitlines())
    assert (first["text"], second["text"]) == ('{"msg":"a"}', "b")
    assert set(first) == {"at", "revision", "task", "container", "severity", "text", "id"}
    assert first["revision"] is None


def test_only_what_is_wanted_is_printed(platform: FakePlatform, capsys: pytest.CaptureFixture[str]) -> None:
    """And a line of a revision that nobody knows is of no wanted one."""
    source = source_with("one", "two", "three")
    logs.once(source, ADDRESS, FakeClock(), ago(600), printer(platform, LogQuery(include=("t",))))
    assert len(capsys.readouterr().out.splitlines()) == 2
    logs.once(source, ADDRESS, FakeClock(), ago(600), printer(platform, revision="new"))
    assert capsys.readouterr().out == ""


def test_a_place_that_cannot_be_read_is_a_note_and_the_others_are_printed(
    platform: FakePlatform, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once on standard error; the exit code says that something is missing."""
    source = source_with("one")
    good = source.sources(ADDRESS)
    dark = LogPlace("agent", problem="container agent logs with awsfirelens: not readable here")
    other = LogPlace("side", group="g", stream="other/place/x")
    monkeypatch.setattr(source, "sources", lambda address: (*good, dark, other))
    source.fail("read", EndpointError("no answer"), None, Address("other", "place", "x"))
    assert logs.once(source, ADDRESS, FakeClock(), ago(600), printer(platform)) == 2
    told = capsys.readouterr()
    assert told.out.endswith("one\n")
    assert "awsfirelens" in told.err and "no answer" in told.err


def test_when_nothing_can_be_read_the_error_is_raised(platform: FakePlatform) -> None:
    """The command line shows it in its one way."""
    source = source_with("one")
    source.fail("read", EndpointError("no answer"), None)
    with pytest.raises(EndpointError):
        logs.once(source, ADDRESS, FakeClock(), ago(600), printer(platform))


def test_following_goes_on_until_it_is_interrupted_and_that_is_well(
    platform: FakePlatform, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whoever reads ends it; nothing failed. Every line is printed once."""
    source, clock = source_with("one", "two"), FakeClock()
    for seconds in (5, 20):
        late = a_log_line(f"after {seconds}", id=f"x{seconds}", at=ago(-seconds))
        clock.at(seconds, partial(source.lines[ADDRESS].append, late))

    def interrupted() -> None:
        raise KeyboardInterrupt

    clock.at(60, interrupted)
    assert logs.follow(source, ADDRESS, clock, ago(600), printer(platform)) == 0
    texts = [line.split(" ", 4)[-1] for line in capsys.readouterr().out.splitlines()]
    assert [text.strip() for text in texts] == ["one", "two", "after 5", "after 20"]


@pytest.mark.parametrize(("word", "meant"), [("new", "new"), ("old", "old"), (":43", "43"), ("43", "43")])
def test_a_revision_is_a_word_or_a_number(word: str, meant: str) -> None:
    assert logs._revision(word) == meant


@pytest.mark.parametrize("word", ["newer", "", "4x", "²"])
def test_what_is_no_revision_is_refused(word: str) -> None:
    with pytest.raises(Exception, match="is not new, old or a number"):
        logs._revision(word)


def test_an_expression_that_proves_slow_ends_the_run(platform: FakePlatform) -> None:
    """With the reason, instead of an output that lacks lines."""
    source = source_with(*["a" * 5000] * 12)
    with pytest.raises(UsageError, match="too long"):
        logs.once(
            source, ADDRESS, FakeClock(), ago(600), printer(platform, LogQuery(include=("/a.*a.*a.*b/",)))
        )


def test_tasks_are_of_the_new_or_the_old_deployment() -> None:
    """A forced deployment has the same number on both sides."""
    status = a_service()
    assert status.primary is not None
    new = a_task(number=1, deployment=status.primary.id)
    old = a_task(number=2, deployment="ecs-svc/before")
    assert ages((new, old), status) == {new.id: "new", old.id: "old"}
    number = new.definition.rpartition(":")[2]
    assert numbers((new, old)) == {new.id: number, old.id: number}
