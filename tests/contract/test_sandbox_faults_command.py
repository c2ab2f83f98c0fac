"""``quarterdeck sandbox fault``: what goes wrong in a sandbox that somebody else started."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from console.cli.main import main
from console.sandbox import remote
from tests.contract.command_line import ALL_S, CommandLine, served

pytestmark = pytest.mark.timeout(ALL_S)


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the sandboxes of these tests leave word."""
    return tmp_path_factory.mktemp("state")


@pytest.fixture(scope="module")
def standing(state: Path) -> Iterator[CommandLine]:
    """A calm sandbox in a process of its own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(state))
        with served("--fleet", "rugmunch", "--scene", "calm", "--speed", "20") as command_line:
            yield command_line


@pytest.fixture(autouse=True)
def line(standing: CommandLine, state: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[CommandLine]:
    """The same sandbox for all, found by its word; what a test began is over when it ends."""
    monkeypatch.setenv("XDG_STATE_HOME", str(state))
    yield standing
    for name in ("faults", "world"):
        standing.control("DELETE", name)


def said(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    """What ``quarterdeck sandbox WORDS`` prints; it succeeds."""
    assert main(["sandbox", *words]) == 0
    return capsys.readouterr().out


def test_a_fault_of_the_world_is_begun_shown_and_mended(
    line: CommandLine, capsys: pytest.CaptureFixture[str]
) -> None:
    """By name, and by the number that it was given."""
    begun = said(capsys, "fault", "oom", "--service", "api", "--for", "5m")
    number, _, what = begun.partition(" · ")
    assert what.startswith("oom · rugmunch/production · rugmunch-api")
    assert said(capsys, "faults") == begun
    assert json.loads(said(capsys, "faults", "--json"))["world"][0]["fault"] == "oom"
    said(capsys, "mend", number)
    assert said(capsys, "faults") == "nothing is wrong\n"


def test_a_fault_of_the_api_takes_an_operation(line: CommandLine, capsys: pytest.CaptureFixture[str]) -> None:
    """With a count, a time, or the lateness of an answer; mend without a number takes all back."""
    said(capsys, "fault", "throttlingexception", "--operation", "ecs.UpdateService", "--count", "3")
    said(capsys, "fault", "latency", "--late", "2s", "--for", "1m")
    listed = json.loads(said(capsys, "faults", "--json"))["api"]
    assert [(row["error"], row["operation"]) for row in listed] == [
        ("ThrottlingException", "ecs.UpdateService"),
        ("latency", "*"),
    ]
    said(capsys, "mend")
    assert said(capsys, "faults") == "nothing is wrong\n"


def test_everything_that_can_go_wrong_is_told(line: CommandLine, capsys: pytest.CaptureFixture[str]) -> None:
    """With what it means."""
    known = said(capsys, "faults", "--known")
    assert "az-lost" in known
    assert "ThrottlingException" in known


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("fault", "omo"), "there is no fault 'omo' · did you mean oom?"),
        (("fault", "oom", "--service", "aip"), "there is no service 'aip' · did you mean api?"),
        (("fault", "oom", "--count", "2"), "--operation, --count and --late are for faults of the API"),
        (("mend", "777"), "there is no fault 777"),
        (("mend", "seven"), "'seven' is not the number of a fault"),
        (("faults", "--endpoint", "http://127.0.0.1:1"), "no sandbox stands at http://127.0.0.1:1"),
    ],
)
def test_a_wish_that_makes_no_sense_is_one_line_and_exit_2(
    words: tuple[str, ...], complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """On standard error, with what was perhaps meant."""
    assert main(["sandbox", *words]) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert err.startswith(f"quarterdeck: sandbox: {complaint}")


def test_a_console_finds_the_sandbox_that_it_runs_on(line: CommandLine) -> None:
    """By the folder of the configuration that it was opened with; other folders have no sandbox."""
    found = remote.of_run(Path(line.config).parent)
    assert found is not None
    assert (found.endpoint, found.token) == (line.endpoint, line.token)
    assert found.is_standing()
    assert remote.of_run(Path(line.config).parent.parent) is None


def test_among_several_sandboxes_one_has_to_be_named(
    line: CommandLine, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing goes wrong in one that nobody meant."""
    with served("--fleet", "rugmunch", "--scene", "calm") as other:
        assert main(["sandbox", "faults"]) == 2
        assert "several sandboxes stand" in capsys.readouterr().err
        assert main(["sandbox", "faults", "--endpoint", other.endpoint]) == 0
