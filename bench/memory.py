"""What the console holds on to: the whole program in a pty, on a clock that goes faster."""

import sys

from bench.rows import Row
from bench.terminal import opened
from bench.world import calls, plain_environment, resident_mb, world

SPEED = 60
SECONDS = (5, 25, 30)
"""Of the machine's time."""


def measure(home: str) -> list[Row]:
    """1,000 services polled for an hour of the console's time; the world's goes on as usual."""
    with world(home, "--scene", "huge") as sandbox:
        command = [sys.executable, "-m", "bench.launch", "--config", sandbox["config"]]
        with opened([*command, "--speed", str(SPEED)], plain_environment(home)) as terminal:
            terminal.wait_until(lambda text: "steady" in text)
            rows: list[Row] = []
            before = calls(sandbox)
            passed = 0
            for seconds in SECONDS:
                terminal.settle(seconds)
                passed += seconds
                minutes = f"{passed * SPEED // 60} min"
                held = resident_mb(terminal.process.pid)
                rows.append(
                    (f"huge: memory after {minutes} of the console's clock", "150 MB", f"{held:.0f} MB")
                )
            rows.append(("… calls of AWS meanwhile", "–", f"{calls(sandbox) - before:,}"))
    return rows
