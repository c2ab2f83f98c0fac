"""Services that have been there for weeks: built in steady state, with the past that led to it.

Nothing is simulated: what a rollout leaves behind (revisions, service deployments, deployments that
a rollback may return to, events, running tasks and their targets) is laid down as it would have
been left.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from console.sandbox.ecs.model import Json, Service

if TYPE_CHECKING:
    from console.sandbox.account import Account


@dataclass(frozen=True)
class Past:
    """One deployment of the past.

    Attributes:
        task_definition: ARN, or ``family:revision``.
        digests: Container name -> image digest that it ran.
        started_at: Epoch seconds.
        finished_at: Epoch seconds.
        status: SUCCESSFUL, ROLLBACK_SUCCESSFUL (returned to the last SUCCESSFUL one before it), or
            STOPPED (superseded).
        failures: Of the breaker, for one that was rolled back.
        reason: ``statusReason``; for a rolled back one the breaker's, if empty.
    """

    task_definition: str
    digests: Mapping[str, str]
    started_at: float
    finished_at: float
    status: str = "SUCCESSFUL"
    failures: int = 0
    reason: str = ""


@dataclass(frozen=True)
class ServiceSpec:
    """A service as CreateService would be given it. JSON parts have AWS's member names."""

    cluster: str
    name: str
    desired_count: int
    task_definition: str
    """ARN or ``family:revision``; what runs now, if ``history`` is empty."""
    created_at: float
    network: Json
    """``awsvpcConfiguration`` with its ``subnets`` and ``securityGroups``."""
    load_balancers: Sequence[Json] = ()
    """``targetGroupArn``, ``containerName``, ``containerPort``."""
    configuration: Json = field(default_factory=dict)
    """``deploymentConfiguration``."""
    grace_s: int = 0
    launch_type: str = "FARGATE"
    tags: Sequence[Json] = ()


def seed_service(account: "Account", spec: ServiceSpec, history: Sequence[Past] = ()) -> Service:
    """A service in steady state.

    Args:
        spec: What it is.
        history: Its deployments, oldest first. What runs now is what the last SUCCESSFUL one
            shipped. Without any, it was deployed once, when it was created, with the images that
            its task definition's references mean now.
    """
    raise LookupError(f"{account.id} {spec} {history}")
