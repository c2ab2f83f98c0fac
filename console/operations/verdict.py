"""What an ended rollout means for the operation that ordered it. *Stable* is not a verdict."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from console.domain.operation import Mechanism, Plan, Verb, Verdict
from console.domain.release import Release
from console.domain.rollout import CODE_DEPLOY, Rollout, RolloutStatus

_ECS_REASONS = ("circuit breaker", "alarm", "lifecycle hook", "networking configuration")
"""Words of a rollback reason when nobody asked for it: ECS developer guide, service deployments."""


@dataclass(frozen=True)
class Outcome:
    """A verdict that ECS has settled; *safe* is judged elsewhere."""

    verdict: Verdict
    by: str | None
    reason: str
    at: datetime | None


def outcome(
    plan: Plan, rollout: Rollout, history: Sequence[Rollout], releases: Mapping[str, Release]
) -> Outcome | None:
    """Judge the rollout that carries the plan; ``None`` while it is under way.

    Args:
        plan: What was ordered.
        rollout: The service deployment that carries it.
        history: Later rollouts of the service, to name what replaced it; may be empty.
        releases: By id, to name versions.
    """
    if not rollout.status.is_over:
        return None
    at = rollout.finished_at
    if rollout.status is RolloutStatus.ROLLBACK_FAILED:
        return Outcome(Verdict.FAILED, None, rollout.reason or "the rollback failed", at)
    if rollout.status is RolloutStatus.STOPPED:
        return _stopped(rollout, history, releases, ours=plan.mechanism.stops_rollout)
    backwards = plan.mechanism.stops_rollout or (
        plan.mechanism is Mechanism.WATCH and plan.verb is Verb.ROLLBACK
    )
    if rollout.status is RolloutStatus.SUCCESSFUL:
        if backwards:
            name = _name(rollout.target, releases)
            return Outcome(Verdict.FAILED, None, f"{name} had completed before it could be stopped", at)
        return _arrived(plan, rollout.target, releases, "operator", at)
    went_back_to = rollout.went_back_to or ""
    if backwards:
        by = "ecs" if plan.mechanism is Mechanism.WATCH else "operator"
        return _arrived(plan, went_back_to, releases, by, at)
    name = _name(went_back_to, releases)
    reason = rollout.rollback_reason or rollout.reason
    if plan.verb is Verb.ROLLBACK:
        by = _who(rollout)
        whose = "ECS" if by == "ecs" else "somebody"
        return Outcome(Verdict.BOUNCED, by, f"{whose} went back to {name}: {reason}", at)
    return Outcome(Verdict.ROLLED_BACK, _who(rollout), f"back to {name}: {reason}", at)


def told(rollout: Rollout, history: Sequence[Rollout], releases: Mapping[str, Release]) -> Outcome | None:
    """Judge a rollout that anybody may have ordered; ``None`` while it is under way.

    Who shipped it is not known, so that a success has no ``by``; ``history`` and ``releases`` as above.
    """
    if not rollout.status.is_over:
        return None
    at = rollout.finished_at
    if rollout.status is RolloutStatus.ROLLBACK_FAILED:
        return Outcome(Verdict.FAILED, None, rollout.reason or "the rollback failed", at)
    if rollout.status is RolloutStatus.STOPPED:
        return _stopped(rollout, history, releases)
    if rollout.status is RolloutStatus.SUCCESSFUL:
        return Outcome(Verdict.SUCCEEDED, None, f"{_name(rollout.target, releases)} is deployed", at)
    name = _name(rollout.went_back_to or "", releases)
    reason = rollout.rollback_reason or rollout.reason
    return Outcome(Verdict.ROLLED_BACK, _who(rollout), f"back to {name}: {reason}", at)


def _arrived(
    plan: Plan, release_id: str, releases: Mapping[str, Release], by: str, at: datetime | None
) -> Outcome:
    """SUCCEEDED, if what now serves is what was shown before."""
    release = releases.get(release_id)
    if release is not None and release.digests and release.digests != plan.target.digests:
        reason = f"{release.version.label} ({release.digest}) runs, not {plan.target.version.label}"
        return Outcome(Verdict.FAILED, None, reason, at)
    return Outcome(Verdict.SUCCEEDED, by, "", at)


def _stopped(
    rollout: Rollout,
    history: Sequence[Rollout],
    releases: Mapping[str, Release],
    *,
    ours: bool = False,
) -> Outcome:
    """What stopped it. CodeDeploy's deployment that we stopped before it had installed anything has
    nothing to take back: what served goes on to serve, and *safe* is proved by itself."""
    later = successors(rollout, history)
    if ours and rollout.strategy == CODE_DEPLOY and not later:
        return Outcome(Verdict.SUCCEEDED, "operator", "", rollout.finished_at)
    if not later:
        return Outcome(Verdict.FAILED, None, rollout.reason or "ECS stopped it", rollout.finished_at)
    name = _name(later[0].target, releases)
    return Outcome(
        Verdict.REPLACED,
        None,
        f"replaced by a deployment of {name} · by whom is unknown",
        rollout.finished_at,
    )


def successors(rollout: Rollout, history: Sequence[Rollout]) -> list[Rollout]:
    """The rollouts that came after one, the next one first."""
    later = [item for item in history if item.id != rollout.id and item.created_at >= rollout.created_at]
    return sorted(later, key=lambda item: item.created_at)


def _who(rollout: Rollout) -> str:
    if rollout.strategy == CODE_DEPLOY:
        return "operator" if "by a user" in rollout.rollback_reason.lower() else "ecs"
    reason = f"{rollout.rollback_reason} {rollout.reason}".lower()
    return "ecs" if any(words in reason for words in _ECS_REASONS) else "operator"


def _name(release_id: str, releases: Mapping[str, Release]) -> str:
    release = releases.get(release_id)
    return release.version.label if release else "another version"
