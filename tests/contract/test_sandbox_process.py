"""``quarterdeck sandbox`` as a process: how it starts, says where it is, is found again and ends."""

import json
import os
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest

from console.cli.main import main
from console.config import loader
from console.errors import SandboxError
from console.sandbox import folder, run, serve

Start = Callable[..., subprocess.Popen[str]]
PATIENCE_S = 150.0

pytestmark = pytest.mark.timeout(600)


@pytest.fixture
def start() -> Iterator[Start]:
    """Start the verb with some arguments; ended at the end."""
    children: list[subprocess.Popen[str]] = []

    def begin(*arguments: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "console.cli.main", "sandbox", *arguments]
        child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        children.append(child)
        return child

    yield begin
    for child in children:
        child.kill()
        child.communicate()


def ready(child: subprocess.Popen[str]) -> dict[str, Any]:
    """The one line of a sandbox that was started with ``--json``."""
    assert child.stdout is not None
    assert select.select([child.stdout], [], [], PATIENCE_S)[0], "nothing was said"
    facts: dict[str, Any] = json.loads(child.stdout.readline())
    return facts


def ended(child: subprocess.Popen[str], number: signal.Signals) -> tuple[int, str, str]:
    """Exit code and the rest of both outputs after a signal."""
    child.send_signal(number)
    out, err = child.communicate(timeout=PATIENCE_S)
    return child.returncode, out, err


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_one_line_tells_a_program_where_the_world_is(start: Start, number: signal.Signals) -> None:
    """Exactly these members, nothing after them, and an end that leaves nothing behind."""
    child = start("--json", "--fleet", "rugmunch")
    facts = ready(child)
    assert set(facts) == {"endpoint", "region", "config", "token"}
    config = Path(facts["config"])
    assert config.is_absolute()
    assert config.is_file()
    assert run._health(facts["endpoint"], facts["token"]) == child.pid
    assert ended(child, number) == (0, "", "")
    assert not config.parent.exists()


def test_the_configuration_opens_that_world_and_beats_every_variable(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its profiles lead to the accounts of the fleets; its durations are divided by the speed."""
    facts = ready(start("--json", "--speed", "10"))
    settings = loader.load(Path(facts["config"]))
    assert {settings.journal.parent, settings.cache.parent} == {settings.path.parent}
    assert "rugmunch/production" in settings.environments
    assert "fairtradeworker/staging" in settings.environments
    for name, value in (("AWS_ACCESS_KEY_ID", "AKIAREAL"), ("AWS_SECRET_ACCESS_KEY", "x")):
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(settings.aws_config_file))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(settings.aws_credentials_file))
    for settled in settings.environments.values():
        assert settled.endpoint_url == facts["endpoint"]
        assert {s.soak for s in settled.services.values()} == {timedelta(minutes=3)}
        assert {s.no_check_healthy_after for s in settled.services.values()} == {timedelta(seconds=4)}
        session = boto3.Session(profile_name=settled.profile)
        with closing(session.client("sts", endpoint_url=settled.endpoint_url)) as client:
            assert client.get_caller_identity()["Account"] == settled.environment.account


def test_people_are_told_how_to_get_there(start: Start) -> None:
    """Endpoint, console, and the aws command line, ready to be pasted."""
    child = start("--fleet", "rugmunch", "--speed", "4", "--seed", "9")
    assert child.stdout is not None
    said = "".join(iter(child.stdout.readline, "ctrl+c ends it\n"))
    assert "rugmunch · speed 4 · seed 9" in said
    for part in (
        "quarterdeck --config /",
        "AWS_CONFIG_FILE=/",
        "AWS_PROFILE=rugmunch",
        "--endpoint-url http",
    ):
        assert part in said
    assert ended(child, signal.SIGINT) == (0, "", "")


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("--fleet", "rugmunhc"), "there is no fleet 'rugmunhc' · did you mean rugmunch?"),
        (("--scene", "clam"), "there is no scene 'clam' · did you mean calm?"),
        (("--speed", "0"), "speed 0 is not a number above 0"),
        (("--speed", "nan"), "speed nan is not a number above 0"),
        (("--speed", "fast"), "speed 'fast' is not a number"),
        (("--seed", "x"), "seed 'x' is not a whole number"),
        (("--port", "70000"), "port 70000 is not between 0 and 65535"),
    ],
)
def test_bad_wishes_are_one_line_and_exit_2(
    arguments: tuple[str, ...], complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """On standard error, never a traceback."""
    assert main(["sandbox", *arguments]) == 2
    assert capsys.readouterr() == ("", f"quarterdeck: sandbox: {complaint}\n")


def test_a_port_in_use_is_one_line_and_exit_2(capsys: pytest.CaptureFixture[str]) -> None:
    """It names the port; no folder is left behind."""
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]
        assert main(["sandbox", "--fleet", "rugmunch", "--port", str(port)]) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert f"port {port} on 127.0.0.1 cannot be used" in err
    assert list(folder.state_folder().iterdir()) == []


@pytest.fixture
def world() -> Iterator[run.Running]:
    """A world behind a console."""
    running = run.start(10.0, 1, ("rugmunch",))
    yield running
    run.stop(running)


def test_the_next_start_finds_the_world_standing(world: run.Running) -> None:
    """The same process, endpoint and journal; other wishes get a world of their own."""
    again = run.start(10.0, 1, ("rugmunch",))
    assert (world.fresh, again.fresh) == (True, False)
    assert (again.pid, again.endpoint, again.config) == (world.pid, world.endpoint, world.config)
    other = run.start(20.0, 1, ("rugmunch",))
    assert other.fresh
    assert other.pid != world.pid
    run.stop(other)


def test_the_world_outlives_the_console_that_started_it() -> None:
    """Also one that was killed: the world has a session of its own."""
    script = (
        "import os, signal\n"
        "from console.sandbox import run\n"
        "print(run.start(10.0, 1, ('rugmunch',)).pid, flush=True)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    console = subprocess.run([sys.executable, "-c", script], stdout=subprocess.PIPE, check=False)
    assert console.returncode == -signal.SIGKILL
    found = run.start(10.0, 1, ("rugmunch",))
    try:
        assert (found.fresh, found.pid) == (False, int(console.stdout))
    finally:
        run.stop(found)
    assert run._health(found.endpoint, found.token) is None


def test_a_world_that_was_killed_is_replaced(world: run.Running) -> None:
    """Its record is stale, and says so by not answering."""
    os.kill(world.pid, signal.SIGKILL)
    run._children.pop(world.pid).wait()
    fresh = run.start(10.0, 1, ("rugmunch",))
    try:
        assert fresh.fresh
        assert fresh.pid != world.pid
    finally:
        run.stop(fresh)


def test_stopping_is_final_and_may_be_repeated(world: run.Running) -> None:
    """Nobody answers, no record stays, and the folder is gone."""
    run.stop(world)
    run.stop(world)
    assert run._health(world.endpoint, world.token) is None
    assert not world.record.exists()
    assert not world.config.parent.exists()


def test_a_console_is_told_why_its_world_did_not_start() -> None:
    """In the words of the child."""
    with pytest.raises(SandboxError, match="there is no fleet 'nobody'"):
        run.start(1.0, 1, ("nobody",))


def test_a_world_that_nobody_asks_ends_itself() -> None:
    """So that a forgotten console does not leave processes behind for ever."""
    standing: list[serve.Standing] = []
    serve.run(("rugmunch",), 0, 1, 10.0, standing.append, unattended_s=0.05)
    assert len(standing) == 1
    assert not standing[0].config.parent.exists()
