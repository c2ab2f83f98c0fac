"""A log followed at 10,000 lines a second: by us, and by a bare paginator.

``aws logs tail`` is not beside them: only version 2 of the aws command line has it, which is in no
package registry.
"""

import subprocess
import sys
import time
from threading import Thread

from bench.logserver import flooded
from bench.neighbours import ADDRESS, outsider
from bench.rows import Row
from bench.world import COMMAND, cpu_s, resident_mb, world

RATE = 10_000
SETTLE_S, SECONDS = 6.0, 20.0
"""Until a follower has begun and caught up, and how long he is measured."""
GROUP = "/ecs/rugmunch-api"
PAGINATOR = """
import sys, time, boto3
from botocore.config import Config
logs = boto3.client("logs", endpoint_url=sys.argv[1], config=Config(proxies={}))
since, seen = int(time.time() * 1000), set()
while True:
    for page in logs.get_paginator("filter_log_events").paginate(logGroupName=sys.argv[2], startTime=since):
        for event in page["events"]:
            if event["eventId"] not in seen:
                print(event["timestamp"], event["logStreamName"], event["message"])
                since = max(since, event["timestamp"])
    seen = {event["eventId"] for event in page["events"][-100:]}
    time.sleep(1)
"""


def measure(home: str) -> list[Row]:
    """Each on the same log, one after the other, its output read and counted."""
    with world(home, "--scene", "calm") as sandbox, flooded(home, sandbox, RATE) as (endpoint, config):
        environment = outsider(home, sandbox)
        ours = [*COMMAND, "logs", ADDRESS, "--follow", "--since", "1s", "--config", config]
        bare = [sys.executable, "-c", PAGINATOR, endpoint, GROUP]
        rows = _followed("quarterdeck logs --follow", ours, environment)
        rows += _followed("boto3's paginator every second", bare, environment)
    return rows


def _followed(what: str, command: list[str], environment: dict[str, str]) -> list[Row]:
    """Lines a second, share of a core, and memory."""
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        counted = [0]
        Thread(target=_count, args=(process, counted), daemon=True).start()
        try:
            time.sleep(SETTLE_S)
            lines, used, began = counted[0], cpu_s(process.pid), time.monotonic()
            time.sleep(SECONDS)
            took = time.monotonic() - began
            rate, busy = (counted[0] - lines) / took, (cpu_s(process.pid) - used) / took
            held = resident_mb(process.pid)
        finally:
            process.kill()
    return [
        (f"{what}: lines a second of {RATE:,}", "–", f"{rate:,.0f}"),
        ("… share of a core", "–", f"{busy * 100:.0f} %"),
        ("… memory", "–", f"{held:.0f} MB"),
    ]


def _count(process: "subprocess.Popen[bytes]", counted: list[int]) -> None:
    assert process.stdout is not None
    while piece := process.stdout.read1(1 << 20):  # type: ignore[attr-defined]
        counted[0] += piece.count(b"\n")
