"""What a sandbox leaves on disk, and how the next start judges it."""

import json
import os
import stat
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.errors import SandboxError
from console.sandbox import folder, run
from console.sandbox.account import Account
from console.sandbox.kernel import World
from console.sandbox.toml import document

NAMES = st.text(min_size=1).filter(lambda s: not any("\ud800" <= c <= "\udfff" for c in s))
SCALARS = st.one_of(st.booleans(), st.integers(-(2**62), 2**62), st.floats(-1e9, 1e9), NAMES)
TABLES = st.recursive(
    st.dictionaries(NAMES, st.one_of(SCALARS, st.lists(NAMES)), max_size=4),
    lambda below: st.dictionaries(NAMES, st.one_of(SCALARS, below), max_size=4),
)


def without_empty_tables(value: object) -> object:
    """TOML written by us has no header for a table that holds nothing."""
    if not isinstance(value, dict):
        return value
    kept = {key: without_empty_tables(item) for key, item in value.items()}
    return {key: item for key, item in kept.items() if item != {}}


@given(TABLES)
def test_toml_is_read_as_it_was_written(table: dict[str, object]) -> None:
    """Whatever names and texts a fleet has."""
    assert tomllib.loads(document(table)) == without_empty_tables(table)


def test_toml_refuses_what_it_cannot_hold() -> None:
    """Instead of writing something else."""
    with pytest.raises(TypeError, match="TOML has no complex"):
        document({"a": 1j})


@pytest.fixture
def run_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> folder.RunFolder:
    """The folder of a world with one account."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    world = World(1)
    account = Account(world, "111122223333", "AKIAX", "eu-west-1", "shop")
    world.accounts[account.access_key] = account
    environment = {"account": account.id, "region": account.region, "cluster": "c"}
    systems = {"shop": {"environments": {"production": environment}}}
    return folder.create(world, "http://127.0.0.1:9", systems)


def test_only_the_owner_can_read_a_runs_folder(run_folder: folder.RunFolder) -> None:
    """It holds the control token's endpoint and the journal: 0700, and 0600 inside."""
    modes = {
        path.relative_to(run_folder.path).as_posix(): stat.S_IMODE(path.stat().st_mode)
        for path in [run_folder.path, *run_folder.path.rglob("*")]
    }
    assert modes == {
        ".": 0o700,
        "cache": 0o700,
        "aws": 0o700,
        "config.toml": 0o600,
        "aws/config": 0o600,
        "aws/credentials": 0o600,
    }


def test_the_configuration_names_only_files_of_its_own_folder(run_folder: folder.RunFolder) -> None:
    """So that a sandbox never touches a real journal, cache or account."""
    settings = tomllib.loads(run_folder.config.read_text())
    assert {Path(path).parts[: len(run_folder.path.parts)] for path in settings["paths"].values()} == {
        run_folder.path.parts
    }
    environment = settings["systems"]["shop"]["environments"]["production"]
    assert environment == {
        "profile": "shop",
        "endpoint_url": "http://127.0.0.1:9",
        "account": "111122223333",
        "region": "eu-west-1",
        "cluster": "c",
    }


def test_a_folder_is_removed_unless_a_console_has_written_its_journal(
    run_folder: folder.RunFolder,
) -> None:
    """What somebody did stays readable after the world has ended."""
    (run_folder.path / folder.JOURNAL).touch()
    assert not run_folder.remove()
    assert run_folder.config.is_file()
    (run_folder.path / folder.JOURNAL).unlink()
    assert run_folder.remove()
    assert not run_folder.path.exists()


def test_a_state_folder_that_cannot_be_made_is_one_clear_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It names the folder."""
    (tmp_path / "quarterdeck").write_text("in the way")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    with pytest.raises(SandboxError, match="quarterdeck/sandbox cannot be made"):
        folder.state_folder()


@pytest.mark.parametrize(
    "record",
    [
        "",
        "{",
        "[]",
        "{}",
        json.dumps({"endpoint": 1, "config": "/etc/passwd", "token": "t", "pid": 1}),
        json.dumps({"endpoint": "http://example.com:80", "config": "/etc/passwd", "token": "t", "pid": 1}),
        json.dumps({"endpoint": "http://127.0.0.1:1", "config": "/etc/passwd", "token": "t", "pid": 1}),
        json.dumps({"endpoint": "http://127.0.0.1:1", "config": 7, "token": "t", "pid": 1}),
    ],
)
def test_a_stale_or_broken_record_is_no_world(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, record: str
) -> None:
    """A new world is started instead of an error being shown."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setattr(run, "_command", lambda *wishes: ["/bin/echo", "started anew"])
    for path in [folder.state_folder() / f"standing-{run._fingerprint(1.0, 1, ())}.json"]:
        path.write_text(record)
    with pytest.raises(SandboxError, match="did not start"):
        run.start(1.0, 1, ())


def test_a_child_that_fails_speaks_for_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its last line on standard error is the reason, and nothing is left running."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    script = "echo noise >&2; echo 'quarterdeck: sandbox: no such fleet' >&2; exit 2"
    monkeypatch.setattr(run, "_command", lambda *wishes: ["/bin/sh", "-c", script])
    with pytest.raises(SandboxError, match=r"^the sandbox did not start: no such fleet$"):
        run.start(1.0, 1, ())


def test_a_child_that_says_nothing_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And ended, so that it does not stand behind a console that has gone."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setattr(run, "READY_S", 0.05)
    pid = tmp_path / "pid"
    script = f"echo $$ > {pid}; exec sleep 100"
    monkeypatch.setattr(run, "_command", lambda *wishes: ["/bin/sh", "-c", script])
    with pytest.raises(SandboxError, match="nothing was heard of it"):
        run.start(1.0, 1, ())
    if pid.exists():  # the shell may have been ended before its first command
        with pytest.raises(ProcessLookupError):
            os.kill(int(pid.read_text()), 0)


def test_other_wishes_are_another_world() -> None:
    """The order of the fleets is no wish."""
    one = run._fingerprint(1.0, 1, ("a", "b"))
    assert run._fingerprint(1, 1, ("b", "a")) == one
    assert len({one, run._fingerprint(2.0, 1, ("a", "b")), run._fingerprint(1.0, 2, ("a", "b"))}) == 3
