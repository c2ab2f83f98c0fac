"""``make bench``: what the operator waits for, measured on this machine against the budgets.

Nothing here passes or fails: a number next to its budget is read by a person, and a test that
asserted one would fail on a busy machine.
"""

import codecs
import contextlib
import fcntl
import json
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyte

from bench import sandbox as sandboxes

ROUNDS = 5
LINES, COLUMNS = 40, 140
PATIENCE_S = 30.0
COMMAND = [sys.executable, "-m", "console.cli.main"]


def main() -> None:
    """Measure everything once and print a row for each."""
    with tempfile.TemporaryDirectory(prefix="quarterdeck-bench-") as home, world(home) as sandbox:
        environment = plain_environment(home)
        _row("command line answers", "–", best(lambda: once([*COMMAND, "--version"], environment)))
        frames = [first_frame(sandbox["config"], environment) for _ in range(ROUNDS)]
        _row("process start to first frame", "300 ms", min(frame for frame, _ in frames))
        _row("process start to live data", "1 s", min(live for _, live in frames))
        before = calls(sandbox)
        status = [*COMMAND, "status", "--json", "--config", sandbox["config"]]
        _row("status of every service", "–", once(status, environment))
        print(f"{'calls of that status':<32}{'–':>10}{calls(sandbox) - before:>12}")
    with tempfile.TemporaryDirectory(prefix="quarterdeck-bench-") as home:
        measure_sandbox(home)


def measure_sandbox(home: str) -> None:
    """The sandbox by itself, the usual one and a huge one."""
    _row("sandbox ready", "300 ms", best(lambda: sandboxes.ready(world, home)))
    with world(home, "--scene", "huge") as huge:
        _row("huge: DescribeServices, median", "5 ms", sandboxes.median(sandboxes.describing(huge)), 2)
        print(f"{'huge: a core while idle':<32}{'10 %':>10}{sandboxes.idle(huge) * 100:>10.1f} %")


def best(measure: Callable[[], float]) -> float:
    """The least of several rounds: the others measure what else the machine was doing."""
    return min(measure() for _ in range(ROUNDS))


def once(command: list[str], environment: dict[str, str]) -> float:
    """Seconds that a command takes."""
    started = time.perf_counter()
    subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - started


def first_frame(config: str, environment: dict[str, str]) -> tuple[float, float]:
    """Seconds until the console has painted anything, and until a service has a state."""
    started = time.perf_counter()
    child, terminal = pty.fork()
    if child == 0:
        os.execve(COMMAND[0], [*COMMAND, "--config", config], environment)
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
    screen = pyte.Screen(COLUMNS, LINES)
    stream, decoder = pyte.Stream(screen), codecs.getincrementaldecoder("utf-8")("replace")
    frame = 0.0
    try:
        while time.perf_counter() - started < PATIENCE_S:
            if not select.select([terminal], [], [], PATIENCE_S)[0]:
                break
            stream.feed(decoder.decode(os.read(terminal, 65536)))
            text = "\n".join(screen.display)
            now = time.perf_counter() - started
            frame = frame or (now if text.strip() else 0.0)
            if "steady" in text:
                return frame, now
        raise TimeoutError(f"no service had a state after {PATIENCE_S:g} s")
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        os.close(terminal)


@contextlib.contextmanager
def world(home: str, *words: str) -> Iterator[dict[str, Any]]:
    """A sandbox, served by a process of its own: what it told, and its ``pid``."""
    command = [*COMMAND, "sandbox", "--json", *words]
    with subprocess.Popen(command, env=plain_environment(home), stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield json.loads(process.stdout.readline()) | {"pid": process.pid}
        finally:
            process.terminate()


def calls(sandbox: dict[str, Any]) -> int:
    """How many requests the sandbox has received so far."""
    request = urllib.request.Request(
        f"{sandbox['endpoint']}/_sandbox/calls", headers={"Authorization": f"Bearer {sandbox['token']}"}
    )
    with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
        counts: dict[str, int] = json.loads(answer.read())
    return sum(counts.values())


def plain_environment(home: str) -> dict[str, str]:
    """Nothing of the developer's own: neither configuration nor credentials nor proxies."""
    return {
        "HOME": home,
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(Path(__file__).parents[1]),
        "TERM": "xterm-256color",
        "LANG": "C.UTF-8",
    }


def _row(what: str, budget: str, seconds: float, digits: int = 0) -> None:
    print(f"{what:<32}{budget:>10}{seconds * 1000:>9.{digits}f} ms", flush=True)


if __name__ == "__main__":
    main()
