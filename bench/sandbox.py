"""What the sandbox costs: how soon it is ready, how fast it answers, what it burns while nobody asks."""

import contextlib
import http.client
import json
import statistics
import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

from bench.rows import Row, ms
from bench.world import cpu_s, world

ASKED = 200
"""Calls of DescribeServices."""
AT_ONCE = 10
"""Services in each: as many as the operation takes."""
IDLE_S = 10.0
ROUNDS = 5
SCOPE = "AWS4-HMAC-SHA256 Credential=AKIASANDBOX{account}/20260101/us-east-1/ecs/aws4_request, Signature=-"
ACCOUNT, CLUSTER = "999000111", "huge-production"

Ask = Callable[..., dict[str, Any]]
"""An operation of ECS by name, its parameters, its answer."""


def measure(home: str) -> list[Row]:
    """The ordinary one and a huge one."""
    soonest = min(ready(home) for _ in range(ROUNDS))
    with world(home, "--scene", "huge") as sandbox:
        asked = statistics.median(describing(sandbox))
        share = idle(sandbox)
    return [
        ("sandbox ready", "300 ms", ms(soonest)),
        ("huge: DescribeServices, median", "5 ms", ms(asked, 2)),
        ("huge: share of a core while idle", "10 %", f"{share * 100:.1f} %"),
    ]


def ready(home: str, *words: str) -> float:
    """Seconds from the start of its process until a sandbox tells that it is ready."""
    started = time.perf_counter()
    with world(home, *words):
        return time.perf_counter() - started


@contextlib.contextmanager
def asking(sandbox: dict[str, Any]) -> Iterator[Ask]:
    """Ask ECS over one connection, without a client of AWS: in a context."""
    address = urlsplit(sandbox["endpoint"])
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=30)

    def ask(operation: str, **params: object) -> dict[str, Any]:
        headers = {
            "Authorization": SCOPE.format(account=ACCOUNT),
            "Content-Type": "application/x-amz-json-1.1",
            "X-Amz-Target": f"AmazonEC2ContainerServiceV20141113.{operation}",
        }
        connection.request("POST", "/", json.dumps({"cluster": CLUSTER} | params), headers)
        answer: dict[str, Any] = json.loads(connection.getresponse().read())
        return answer

    with contextlib.closing(connection):
        yield ask


def describing(sandbox: dict[str, Any]) -> list[float]:
    """Seconds that each of some DescribeServices calls takes in a huge world, over one connection."""
    taken = []
    with asking(sandbox) as ask:
        for number in range(ASKED):
            names = [f"production-s{(number * AT_ONCE + index) % 200:03}" for index in range(AT_ONCE)]
            started = time.perf_counter()
            found = ask("DescribeServices", services=names)
            taken.append(time.perf_counter() - started)
            if len(found.get("services", ())) != AT_ONCE:
                raise RuntimeError(f"DescribeServices answered {found}")
    return taken


def idle(sandbox: dict[str, Any]) -> float:
    """The share of a core that a sandbox uses while nobody asks it anything."""
    before = cpu_s(sandbox["pid"])
    time.sleep(IDLE_S)
    return (cpu_s(sandbox["pid"]) - before) / IDLE_S
