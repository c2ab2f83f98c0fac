"""The newcomer's walk, in a real terminal, by keys."""

import json
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contract.command_line import CommandLine, served
from tests.terminal.emulator import ALL_S, opened

PHRASE = "fairtradeworker/production/api"
pytestmark = pytest.mark.timeout(ALL_S)


@pytest.fixture
def line() -> Iterator[CommandLine]:
    """A world that stands by itself, ten times as fast."""
    with served("--speed", "10") as command_line:
        yield command_line


@pytest.mark.parametrize(("columns", "lines"), [(140, 40), (80, 24)])
def test_from_a_bad_rollout_to_the_verdict_in_the_journal(
    line: CommandLine, home: Path, columns: int, lines: int
) -> None:
    """See it failing, see why, R, read the plan, type the name, watch, verdict, journal, quit."""
    with opened("--config", line.config, columns=columns, lines=lines, home=home) as terminal:
        terminal.wait_for("FAILING", "out of memory")
        terminal.press("\r")
        room = ("deployed",) if lines > 24 else ()
        terminal.wait_for(*room, "serving", "exit 137", "2,048 MB", "v2.7.2", "safe in about")
        terminal.press("R")
        terminal.wait_for("fairtradeworker-cluster", "us-east-1", "StopServiceDeployment", "to go")
        terminal.wait_for("nothing has been sent")
        terminal.press(PHRASE)
        terminal.wait_for("it matches")
        assert line.calls("ecs.StopServiceDeployment") == 0
        terminal.press("\r")
        terminal.wait_for("ROLLING BACK", "of 5:00")
        terminal.wait_for("SAFE at", "held at v2.7.2")
        assert line.calls("ecs.StopServiceDeployment") == 1
        terminal.press("h")
        terminal.wait_for("journal", "verdict", "v2.7.2", "succeeded")
        terminal.press("\x1b")
        terminal.wait_for("SAFE at", "of 5:00")
        terminal.press("\x1b")
        terminal.wait_for("targets", "scaling", gone="of 5:00")
        terminal.press("\x1b")
        terminal.wait_for("steady", gone="FAILING")
        terminal.press("q")
        assert terminal.wait_for_end() == 0


def test_cancelling_at_every_stage_sends_nothing(line: CommandLine, home: Path) -> None:
    """esc in the empty dialog, after half the name, after the whole name; a double R opens one dialog."""
    with opened("--config", line.config, home=home) as terminal:
        terminal.wait_for("FAILING", "out of memory")
        for typed in ("", PHRASE[:9], PHRASE):
            terminal.press("RR" if not typed else "R")
            terminal.wait_for("StopServiceDeployment", "nothing has been sent")
            terminal.press(typed)
            if typed == PHRASE:
                terminal.wait_for("it matches")
            terminal.press("\x1b")
            terminal.wait_for("FAILING", gone="nothing has been sent")
    assert line.calls("ecs.StopServiceDeployment") == line.calls("ecs.UpdateService") == 0


def test_a_killed_console_finds_its_rollback_again(line: CommandLine, home: Path) -> None:
    """kill -9 in the middle; the next start says so and watches it to its verdict; sent once."""
    with opened("--config", line.config, home=home) as terminal:
        terminal.wait_for("FAILING", "out of memory")
        terminal.press("R")
        terminal.wait_for("to go")
        terminal.press(PHRASE)
        terminal.wait_for("it matches")
        terminal.press("\r")
        terminal.wait_for("ROLLING BACK", "order accepted")
        terminal.kill()
    with opened("--config", line.config, home=home) as again:
        again.wait_for("fairtradeworker-api", "succeeded")
        again.press("h")
        again.wait_for("journal", "rollback", "succeeded")
    assert line.calls("ecs.StopServiceDeployment") == 1
    record = line.run("journal", "list").last["operations"][0]
    entries = line.run("journal", "show", record["id"]).last["entries"]
    assert "resumed" in [item["event"] for item in entries]


def test_the_demo_outlives_a_killed_console_and_ends_with_one_that_is_left(home: Path) -> None:
    """``--sandbox``: killed, the same world is found again; left by q, it is gone."""
    with opened("--sandbox", "--speed", "10", home=home) as terminal:
        terminal.wait_for("FAILING", "out of memory")
        terminal.kill()
    record = next((home / ".local" / "state" / "quarterdeck" / "sandbox").glob("standing-*.json"))
    world = json.loads(record.read_text())
    with opened("--sandbox", "--speed", "10", home=home) as again:
        again.wait_for("FAILING", "out of memory")
        assert json.loads(record.read_text()) == world
        again.press("q")
        assert again.wait_for_end() == 0
    port = int(world["endpoint"].rpartition(":")[2])
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=5).close()
    assert not record.exists()


def test_expired_credentials_are_a_banner_and_the_console_goes_on(line: CommandLine, home: Path) -> None:
    """The rows stay, old and said to be; once the credentials work again, so does the picture."""
    with opened("--config", line.config, home=home) as terminal:
        terminal.wait_for("FAILING", "out of memory")
        line.fault("*", "ExpiredTokenException", count=100_000)
        terminal.wait_for("credentials", "expired", "FAILING")
        line.control("DELETE", "faults")
        terminal.wait_for("FAILING", gone="expired")


def test_without_a_terminal_it_says_so(home: Path) -> None:
    """One line and exit 2, no escape codes."""
    with opened("--config", "/nowhere/at/all.toml", home=home) as terminal:
        terminal.wait_for("/nowhere/at/all.toml")
        assert terminal.wait_for_end() == 2
