"""The command line as a whole: one line for every error, one exit code, never a traceback."""

import json
import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from console import __version__
from console.cli.main import main
from console.cli.options import seconds
from console.cli.terminal import is_plain
from console.config.discover import state_folder

EXAMPLE = Path(__file__).parents[2] / "config.example.toml"


def complaint(capsys: pytest.CaptureFixture[str]) -> str:
    """The one line on standard error."""
    captured = capsys.readouterr()
    (line,) = captured.err.splitlines()
    assert captured.out == ""
    return line


def test_help_and_version_answer_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    """Both are about the whole command; help names every verb and every exit code."""
    for option in ("--help", "--version"):
        with pytest.raises(SystemExit) as left:
            main([option])
        assert left.value.code == 0

    out = capsys.readouterr().out
    for verb in ("status", "deploy", "rollback", "release", "journal", "sandbox"):
        assert f"    {verb} " in out
    assert f"quarterdeck {__version__}" in out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["deplo"], "invalid choice: 'deplo'"),
        (["deploy"], "required: ADDRESS"),
        (["deploy", "a/b/c", "--vers", "v1"], "unrecognized arguments: --vers"),
        (["deploy", "a/b/c", "--version", "v1", "--timeout", "soon"], "'soon' is not a length of time"),
        (["rollback", "a/b/c", "--timeout", "-1"], "'-1' is not a length of time"),
        (["journal"], "required: VERB"),
        (["journal", "list", "--limit", "0"], "'0' is not a number from 1"),
        (["journal", "list", "--limit", "99999999999999999999"], "is not a number from 1 to 1000000"),
        (["deploy", "a/b/c", "--version", "v1", "--timeout", "٣m"], "is not a length of time"),
        (["deploy", "a/b/c", "--version", "v1", "--memory", "-1"], "is not a whole number from 0"),
        (["--speed", "0"], "'0' is not a number above 0"),
        (["--nonsense"], "unrecognized arguments: --nonsense"),
    ],
)
def test_a_mistyped_command_is_one_line(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit 2, and where the help is."""
    assert main(words) == 2

    line = complaint(capsys)
    assert line.startswith("quarterdeck: usage: ")
    assert said in line
    assert "--help" in line


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["journal", "list", "\udcff"], "'\\udcff' is not UTF-8"),
        (["drain", "a/b/c", "--task", ""], "--task is empty"),
        (["drain", "a/b/c", "--instance="], "--instance is empty"),
        (["rollback", "a/b/c", "--to", ""], "--to is empty"),
        (["watch", ""], "an argument is empty"),
    ],
)
def test_a_word_that_is_empty_or_no_text_is_refused_before_it_means_anything(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """An empty id is a variable that was not set: it must not drain the whole service."""
    assert main(words) == 2
    assert said in complaint(capsys)


def test_an_error_is_an_object_too_where_objects_are_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing but JSON on standard output, and a last line for every code."""
    assert main(["deploy", "--json"]) == 2

    captured = capsys.readouterr()
    last = json.loads(captured.out)
    assert (last["event"], last["operation"], last["verdict"]) == ("error", None, None)
    assert last["at"].endswith("Z")
    assert set(last["error"]) == {"title", "message", "remedy"}
    assert len(captured.err.splitlines()) == 1


@pytest.mark.parametrize("verb", [["status"], ["deploy", "a/b/c", "--version", "v1"], ["journal", "list"]])
def test_without_a_configuration_the_sandbox_is_named(
    verb: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """Every verb says how to try it and how to write one."""
    assert main(verb) == 2

    line = complaint(capsys)
    assert "quarterdeck --sandbox" in line
    assert str(EXAMPLE) in line


def test_the_configuration_may_be_named_before_or_after_the_verb(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A file that is not there is named either way."""
    file = str(tmp_path / "mine.toml")

    for words in (["--config", file, "journal", "list"], ["journal", "list", "--config", file]):
        assert main(words) == 2
        assert file in complaint(capsys)


@pytest.mark.parametrize("verb", ["deploy", "rollback", "release", "status"])
def test_an_unknown_service_gets_the_nearest_one(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Before anything is asked of AWS."""
    words = [verb, "rugmunch/production/apo", "--config", str(EXAMPLE)]

    assert main([*words, "--version", "v1"] if verb == "deploy" else words) == 2

    line = complaint(capsys)
    assert "unknown service" in line
    assert "rugmunch/production/api" in line


def test_the_console_refuses_what_is_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    """With the way to go on without one."""
    assert main([]) == 2

    assert "needs a terminal" in complaint(capsys)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--speed", "10"], "--speed is for the sandbox"),
        (["--seed", "7"], "--seed is for the sandbox"),
        (["--fleet", "rugmunch"], "--fleet is for the sandbox"),
        (["--sandbox", "--config", "x.toml"], "--sandbox brings a configuration of its own"),
    ],
)
def test_options_that_do_not_go_together_are_named(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Instead of one of them being ignored."""
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm-256color")

    assert main(words) == 2

    assert said in complaint(capsys)


def test_a_dumb_terminal_is_refused(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It could not show the console."""
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setenv("TERM", "dumb")

    assert main([]) == 2

    assert "needs a terminal" in complaint(capsys)


def test_a_bug_is_one_line_and_a_private_log(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The traceback is for those who mend it, not for 3 a.m."""

    def buggy(*_: object) -> None:
        raise ZeroDivisionError("by nothing\nat all")

    monkeypatch.setattr("console.cli.journal.load", buggy)

    assert main(["journal", "list", "--config", str(EXAMPLE)]) == 1

    line = complaint(capsys)
    log = state_folder() / "errors.log"
    assert "ZeroDivisionError: by nothing at all" in line
    assert str(log) in line
    assert "Traceback" in log.read_text()
    if os.name == "posix":
        assert stat.S_IMODE(log.stat().st_mode) == 0o600


def test_a_bug_is_reported_where_the_configuration_wants_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """With the settings of that run; what the operator can mend is no bug."""
    told: list[tuple[BaseException, Path]] = []
    monkeypatch.setattr("console.crash.tell", lambda error, settings: told.append((error, settings.path)))

    def buggy(*_: object) -> None:
        raise ZeroDivisionError

    assert main(["journal", "list", "--config", str(tmp_path / "nothing.toml")]) == 2
    monkeypatch.setattr("console.cli.journal.load", buggy)
    assert main(["journal", "list", "--config", str(EXAMPLE)]) == 1
    assert main(["journal", "list", "--config", str(tmp_path / "nothing.toml")]) == 1

    assert [(type(error), path) for error, path in told] == [(ZeroDivisionError, EXAMPLE)]


def test_a_reader_that_goes_away_is_no_error(tmp_path: Path) -> None:
    """``quarterdeck … | head -0`` ends quietly, as any Unix tool does."""
    reader = subprocess.Popen(["true"], stdin=subprocess.PIPE)
    assert reader.stdin is not None
    reader.wait()

    run = subprocess.run(
        [sys.executable, "-m", "console.cli.main", "journal", "list", "--json", "--config", str(EXAMPLE)],
        cwd=EXAMPLE.parent,
        stdout=reader.stdin,
        stderr=subprocess.PIPE,
        check=False,
    )
    reader.stdin.close()

    assert run.stderr == b""
    assert run.returncode == 128 + signal.SIGPIPE


def test_nothing_heavy_is_imported_before_the_verb_is_known() -> None:
    """Mistakes and ``--help`` must not wait for boto3 or Textual."""
    script = "import sys, console.cli.main; print(*sys.modules)"
    modules = subprocess.run(
        [sys.executable, "-c", script], cwd=EXAMPLE.parent, capture_output=True, text=True, check=True
    ).stdout.split()

    assert not {"boto3", "botocore", "textual", "rich", "httpx", "asyncio"} & set(modules)


@pytest.mark.parametrize(
    ("text", "value"), [("90", 90), ("0.5", 0.5), ("90s", 90), ("30m", 1800), ("1h", 3600), ("1.5m", 90)]
)
def test_a_length_of_time_is_a_number_or_a_duration(text: str, value: float) -> None:
    """Seconds unless it says otherwise."""
    assert seconds(text) == value


@pytest.mark.parametrize(
    ("words", "plain"),
    [
        ([], True),
        (["--sandbox", "--speed", "4", "--fleet=rugmunch"], True),
        (["--config", "status"], True),
        (["--config"], True),
        (["status"], False),
        (["--help"], False),
        (["--sandbox", "extra"], False),
    ],
)
def test_words_that_only_open_the_console_need_no_verb(words: list[str], plain: bool) -> None:
    """Then no verb's module is loaded before the first frame."""
    assert is_plain(words) is plain
