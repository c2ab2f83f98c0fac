"""What the sandbox costs: how soon it is ready, how fast it answers, what it burns while nobody asks."""

import http.client
import json
import os
import statistics
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

ASKED = 200
"""Calls of DescribeServices."""
AT_ONCE = 10
"""Services in each: as many as the operation takes."""
IDLE_S = 10.0
SCOPE = "AWS4-HMAC-SHA256 Credential=AKIASANDBOX{account}/20260101/us-east-1/ecs/aws4_request, Signature=-"
ACCOUNT, CLUSTER = "999000111", "huge-production"

World = Callable[..., AbstractContextManager[dict[str, Any]]]


def ready(world: World, home: str, *words: str) -> float:
    """Seconds from the start of its process until a sandbox tells that it is ready."""
    started = time.perf_counter()
    with world(home, *words):
        return time.perf_counter() - started


def describing(sandbox: dict[str, Any]) -> list[float]:
    """Seconds that each of some DescribeServices calls takes in a huge world, over one connection."""
    address = urlsplit(sandbox["endpoint"])
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=30)
    taken = []
    for number in range(ASKED):
        names = [f"production-s{(number * AT_ONCE + index) % 200:03}" for index in range(AT_ONCE)]
        started = time.perf_counter()
        connection.request(
            "POST",
            "/",
            json.dumps({"cluster": CLUSTER, "services": names}),
            {
                "Authorization": SCOPE.format(account=ACCOUNT),
                "Content-Type": "application/x-amz-json-1.1",
                "X-Amz-Target": "AmazonEC2ContainerServiceV20141113.DescribeServices",
            },
        )
        found = json.loads(connection.getresponse().read())
        taken.append(time.perf_counter() - started)
        if len(found.get("services", ())) != AT_ONCE:
            raise RuntimeError(f"DescribeServices answered {found}")
    connection.close()
    return taken


def median(seconds: list[float]) -> float:
    return statistics.median(seconds)


def idle(sandbox: dict[str, Any]) -> float:
    """The share of a core that a sandbox uses while nobody asks it anything."""
    before = _cpu(sandbox["pid"])
    time.sleep(IDLE_S)
    return (_cpu(sandbox["pid"]) - before) / IDLE_S


def _cpu(pid: int) -> float:
    """Seconds of CPU that a process has used, of its own and of the kernel's."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
