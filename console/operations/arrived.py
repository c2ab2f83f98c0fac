"""What is said of an operation that has arrived: who serves, what still stands, what holds."""

from datetime import timedelta

from console.domain.operation import Plan
from console.domain.rollout import Rollout
from console.domain.service import Observation
from console.domain.words import time_of_day

KEEPING = ("BAKE_TIME", "TERMINATION_WAIT")
"""Stages in which all traffic is on the new version, and the old one is kept: ECS's, CodeDeploy's."""


def kept_until(rollout: Rollout) -> str:
    """That the version which was left still stands, and until when as far as that is known."""
    said = "the version that it left still stands beside it"
    if rollout.updated_at is None or not rollout.bake_s:
        return said
    return f"{said} until {time_of_day(rollout.updated_at + timedelta(seconds=rollout.bake_s))} UTC"


def served(observation: Observation, label: str = "") -> str:
    """What *safe* means: with nothing wanted there is nothing that could serve."""
    if observation.status.desired == 0:
        return f"{label} is set, and nothing serves" if label else "nothing serves"
    return f"every request is served by {label}" if label else "every request on the target"


def held(plan: Plan, trouble: str = "") -> str:
    """What keeps a rollback where it went, and what would undo it.

    Args:
        plan: The rollback.
        trouble: Why the journal cannot be written, which is where a hold is kept; empty: it can.
    """
    if plan.rehearses:
        return f"rehearsed: {plan.target.version.label} serves, and nothing is held"
    if trouble:
        return f"NOT held: the journal cannot be written ({trouble})"
    return (
        f"held at {plan.target.version.label} until the next deploy or release"
        f" · a CI that registers a tag would bring {plan.source.version.label} back"
    )
