"""What the operator waits for at the start."""

import subprocess
import sys
import time
from collections.abc import Callable

from bench.rows import Row, ms
from bench.terminal import opened
from bench.world import COMMAND, calls, plain_environment, world

ROUNDS = 5


def measure(home: str) -> list[Row]:
    """Start commands and consoles on the ordinary world; the least of several rounds each."""
    environment = plain_environment(home)
    with world(home) as sandbox:
        config = ["--config", sandbox["config"]]
        bare = best(lambda: once([sys.executable, "-c", "pass"], environment))
        textual = best(lambda: once([sys.executable, "-c", "import textual.app"], environment))
        version = best(lambda: once([*COMMAND, "--version"], environment))
        frames = [first_frame([*COMMAND, *config], environment) for _ in range(ROUNDS)]
        frame, live = min(item[0] for item in frames), min(item[1] for item in frames)
        before = calls(sandbox)
        status = once([*COMMAND, "status", "--json", *config], environment)
        asked = calls(sandbox) - before
    return [
        ("python starts and ends", "–", ms(bare)),
        ("… and imports textual.app", "–", ms(textual)),
        ("command line answers --version", "–", ms(version)),
        ("process start to first frame in a pty", "300 ms", ms(frame)),
        ("… of that beside python and textual", "–", ms(frame - textual)),
        ("process start to live data", "1,000 ms", ms(live)),
        ("status of every service", "–", ms(status)),
        ("… calls of all services of AWS", "–", f"{asked}"),
    ]


def best(measured: Callable[[], float]) -> float:
    """The least of several rounds: the others measure what else the machine was doing."""
    return min(measured() for _ in range(ROUNDS))


def once(command: list[str], environment: dict[str, str]) -> float:
    """Seconds that a command takes."""
    started = time.perf_counter()
    subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - started


def first_frame(command: list[str], environment: dict[str, str]) -> tuple[float, float]:
    """Seconds until the console has painted anything, and until a service has a state."""
    with opened(command, environment) as terminal:
        frame = terminal.wait_until(lambda text: bool(text.strip())) - terminal.started
        if "steady" in terminal.text:
            return frame, frame
        return frame, terminal.wait_until(lambda text: "steady" in text) - terminal.started
