"""Who turned a rollout around: told by the journal, else by ECS's reason, the same wherever it is said."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from console.domain.operation import Mechanism, OperationRecord, Verb
from console.domain.release import Release
from console.domain.rollout import CODE_DEPLOY, Rollout


@dataclass(frozen=True)
class Initiator:
    """Who went back."""

    name: str
    """As people are told: ``devon``, ``the guard``, ``ECS``, ``CodeDeploy``, ``somebody``."""
    by: str
    """As programs are told: ``operator``, ``guard`` or ``ecs``."""


CLOCKS_APART = timedelta(seconds=30)
"""So far the clocks of this machine and of AWS may differ."""
SOMEBODY = Initiator("somebody", "operator")
"""A person, or a program that acts for one, that our journal knows nothing of."""


def initiator(rollout: Rollout, operations: Iterable[OperationRecord] = ()) -> Initiator:
    """Who sent a rollout back.

    Args:
        rollout: One that has gone back, or is about to.
        operations: The journal's operations on the service, in any order; empty where they cannot be read.
    """
    ours = next((item for item in operations if _turned(item, rollout)), None)
    if ours is not None:
        return Initiator(actor_of(ours), "guard" if ours.by == "guard" else "operator")
    if not rollout.went_back_by_itself:
        return SOMEBODY
    return Initiator("CodeDeploy" if rollout.strategy == CODE_DEPLOY else "ECS", "ecs")


def orderer(rollout: Rollout, release: Release | None, operations: Iterable[OperationRecord]) -> str:
    """Whose a deployment is that has replaced another, with its verb; empty where the journal knows none.

    Args:
        rollout: The deployment.
        release: What it ships; ``None``: that is not known.
        operations: The journal's on the service, without the one whose deployment was replaced.
    """
    ours = next((item for item in operations if _ordered(item, rollout, release)), None)
    if ours is None:
        return ""
    return f"{ours.verb.value} by {actor_of(ours)}"


def actor_of(operation: OperationRecord) -> str:
    """Who ordered an operation of ours, as people are told."""
    return "the guard" if operation.by == "guard" else operation.actor


def _ordered(operation: OperationRecord, rollout: Rollout, release: Release | None) -> bool:
    """Whether an operation shipped that very deployment: the same digests at the same time."""
    accepted, mechanism = operation.accepted_at, operation.mechanism
    ships = mechanism.ships_images or mechanism is Mechanism.FORCE_NEW_DEPLOYMENT
    if not ships or accepted is None or abs(accepted - rollout.created_at) > CLOCKS_APART:
        return False
    if operation.target.get("service_revision") == rollout.target:
        return True
    return release is not None and operation.target.get("digests") == dict(release.digests)


def _turned(operation: OperationRecord, rollout: Rollout) -> bool:
    """Whether an operation told that very rollout to go back: while it was under way."""
    accepted = operation.accepted_at
    if operation.verb is not Verb.ROLLBACK or not operation.mechanism.stops_rollout or accepted is None:
        return False
    left = operation.source.get("service_revision")
    if left and rollout.strategy != CODE_DEPLOY and left != rollout.target:
        return False
    ended = rollout.finished_at
    return accepted >= rollout.created_at - CLOCKS_APART and (
        ended is None or accepted <= ended + CLOCKS_APART
    )
