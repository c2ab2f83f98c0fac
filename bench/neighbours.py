"""What others need for the same questions, on the same sandbox, in the same run."""

import os
import subprocess
import time
from pathlib import Path
from typing import Any

from bench.frames import best, first_frame, once
from bench.rows import Row, ms
from bench.world import COMMAND, ROOT, calls, plain_environment, world

AWS = ROOT / ".venv-aws" / "bin" / "aws"
CLUSTER, SERVICE, FLEET = "rugmunch-cluster", "rugmunch-api", "rugmunch"
PERIOD_S = 5.0
LOOPS = 4


def measure(home: str) -> list[Row]:
    """The aws command line once, and in a loop as handbooks write it; a service and a fleet of ours."""
    if not AWS.exists():
        return [(f"skipped: {AWS.relative_to(ROOT)} is not there (make check adds it)", "–", "–")]
    with world(home, "--scene", "calm") as sandbox:
        folder = Path(sandbox["config"]).parent / "aws"
        environment = plain_environment(home) | {
            "AWS_CONFIG_FILE": str(folder / "config"),
            "AWS_SHARED_CREDENTIALS_FILE": str(folder / "credentials"),
            "AWS_PROFILE": FLEET,
        }
        question = [str(AWS), "--endpoint-url", sandbox["endpoint"], "ecs", "describe-services"]
        question += ["--cluster", CLUSTER, "--services", SERVICE]
        theirs = best(lambda: once(question, environment))
        ours = min(first_frame([*COMMAND, "--config", sandbox["config"]], environment)[1] for _ in range(3))
        busy, asked = _loop(question, environment, sandbox)
    return [
        ("aws ecs describe-services: first answer, one service", "–", ms(theirs)),
        ("quarterdeck: first answer, every service", "–", ms(ours)),
        ("… ratio", "–", f"{ours / theirs:.1f} x"),
        (f"a loop of that every {PERIOD_S:g} s: calls a minute, one service", "–", f"{asked:.0f}"),
        ("… share of a core", "–", f"{busy * 100:.0f} %"),
    ]


def _loop(command: list[str], environment: dict[str, str], sandbox: dict[str, Any]) -> tuple[float, float]:
    """Share of a core and calls a minute of a command that is run again and again."""
    began, before, used = time.monotonic(), calls(sandbox), _children_s()
    for number in range(LOOPS):
        subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)
        time.sleep(max(0.0, began + (number + 1) * PERIOD_S - time.monotonic()))
    took = time.monotonic() - began
    return (_children_s() - used) / took, (calls(sandbox) - before) * 60 / took


def _children_s() -> float:
    times = os.times()
    return times.children_user + times.children_system
