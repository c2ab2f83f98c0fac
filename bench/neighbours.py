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
ECS_DEPLOY = ROOT / ".venv-clients" / "bin" / "ecs"
CLUSTER, SERVICE, FLEET = "rugmunch-cluster", "rugmunch-api", "rugmunch"
ADDRESS = "rugmunch/production/api"
SPEED = "10"
"""Of the world in which deployments are followed: one takes some twenty seconds."""
PERIOD_S = 5.0
LOOPS = 4


def measure(home: str) -> list[Row]:
    """The aws command line once, and in a loop as handbooks write it; ecs-deploy, which follows."""
    missing = [path.relative_to(ROOT) for path in (AWS, ECS_DEPLOY) if not path.exists()]
    if missing:
        return [(f"skipped: {missing[0]} is not there (make test adds it)", "–", "–")]
    return _asking(home) + _following(home)


def _asking(home: str) -> list[Row]:
    with world(home, "--scene", "calm") as sandbox:
        environment = outsider(home, sandbox)
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


def _following(home: str) -> list[Row]:
    """A deployment each, followed to its end: the calls of ECS a minute of the machine's, and the core."""
    rows: list[Row] = []
    with world(home, "--scene", "calm", "--speed", SPEED) as sandbox:
        environment = outsider(home, sandbox)
        theirs = [str(ECS_DEPLOY), "deploy", CLUSTER, SERVICE, "--tag", "good", "--timeout", "120"]
        ours = [*COMMAND, "deploy", ADDRESS, "--version", "v1.4.1", "--confirm", ADDRESS]
        ours += ["--config", sandbox["config"]]
        for name, command in (("ecs-deploy", theirs), ("quarterdeck deploy", ours)):
            began, before, used = time.monotonic(), calls(sandbox, "ecs."), _children_s()
            subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)
            took = time.monotonic() - began
            asked, busy = calls(sandbox, "ecs.") - before, (_children_s() - used) / took
            rows += [
                (f"{name} to its end: calls of ECS a minute", "–", f"{asked * 60 / took:.0f}"),
                ("… share of a core", "–", f"{busy * 100:.0f} %"),
            ]
    return rows


def outsider(home: str, sandbox: dict[str, Any]) -> dict[str, str]:
    """What others' clients are told of a sandbox."""
    folder = Path(sandbox["config"]).parent / "aws"
    return plain_environment(home) | {
        "AWS_CONFIG_FILE": str(folder / "config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(folder / "credentials"),
        "AWS_PROFILE": FLEET,
    }


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
