"""Tasks that protect themselves from being stopped by scaling in and by deployments."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from console.aws.calls import Calls, batches
from console.aws.moments import maybe

MOST = 100
"""Tasks that one GetTaskProtection may name (ECS API reference)."""


def protected(calls: Calls, cluster: str, tasks: Sequence[str]) -> Mapping[str, datetime | None]:
    """Of those tasks the protected ones, by id, and until when."""
    found: dict[str, datetime | None] = {}
    for batch in batches(list(tasks), MOST):
        answer = calls.read("ecs", "GetTaskProtection", cluster=cluster, tasks=batch)
        for raw in answer.get("protectedTasks", ()):
            if raw.get("protectionEnabled"):
                found[str(raw.get("taskArn", "")).rsplit("/", 1)[-1]] = maybe(raw.get("expirationDate"))
    return found
