"""What an ended rollout means for the operation that ordered it. *Stable* is not a verdict."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from console.domain.operation import Mechanism, OperationRecord, Plan, Verb, Verdict
from console.domain.release import Release
from console.domain.rollout import CODE_DEPLOY, Rollout, RolloutStatus
from console.operations.initiators import initiator, orderer


@dataclass(frozen=True)
class Outcome:
    """A verdict that ECS has settled; *safe* is judged elsewhere."""

    verdict: Verdict
    by: str | None
    reason: str
    at: datetime | None


def outcome(
    plan: Plan,
    rollout: Rollout,
    history: Sequence[Rollout],
    releases: Mapping[str, Release],
    operations: Iterable[OperationRecord] = (),
) -> Outcome | None:
    """Judge the rollout that carries the plan; ``None`` while it is under way.

    Args:
        plan: What was ordered.
        rollout: The service deployment that carries it.
        history: Later rollouts of the service, to name what replaced it; may be empty.
        releases: By id, to name versions.
        operations: The journal's others on the service, to name who went back or replaced it; may be empty.
    """
    if not rollout.status.is_over:
        return None
    at = rollout.finished_at
    if rollout.status is RolloutStatus.ROLLBACK_FAILED:
        return Outcome(Verdict.FAILED, None, rollout.reason or "the rollback failed", at)
    if rollout.status is RolloutStatus.STOPPED:
        return _stopped(rollout, history, releases, operations, ours=plan.mechanism.stops_rollout)
    if rollout.status is RolloutStatus.SUCCESSFUL:
        if plan.returns:
            name = _name(rollout.target, releases)
            return Outcome(Verdict.FAILED, None, f"{name} had completed before it could be stopped", at)
        return _arrived(plan, rollout.target, releases, "operator", at)
    went_back_to = rollout.went_back_to or ""
    if plan.returns:
        by = "ecs" if plan.mechanism is Mechanism.WATCH else "operator"
        return _arrived(plan, went_back_to, releases, by, at)
    verdict = Verdict.BOUNCED if plan.verb is Verb.ROLLBACK else Verdict.ROLLED_BACK
    return _went_back(verdict, rollout, releases, operations)


def told(
    rollout: Rollout,
    history: Sequence[Rollout],
    releases: Mapping[str, Release],
    operations: Iterable[OperationRecord] = (),
) -> Outcome | None:
    """Judge a rollout that anybody may have ordered; ``None`` while it is under way.

    Who shipped it is not known, so that a success has no ``by``; the rest as above.
    """
    if not rollout.status.is_over:
        return None
    at = rollout.finished_at
    if rollout.status is RolloutStatus.ROLLBACK_FAILED:
        return Outcome(Verdict.FAILED, None, rollout.reason or "the rollback failed", at)
    if rollout.status is RolloutStatus.STOPPED:
        return _stopped(rollout, history, releases, operations)
    if rollout.status is RolloutStatus.SUCCESSFUL:
        return Outcome(Verdict.SUCCEEDED, None, f"{_name(rollout.target, releases)} is deployed", at)
    return _went_back(Verdict.ROLLED_BACK, rollout, releases, operations)


def _went_back(
    verdict: Verdict,
    rollout: Rollout,
    releases: Mapping[str, Release],
    operations: Iterable[OperationRecord],
) -> Outcome:
    """Who went back, to what, and why."""
    who = initiator(rollout, operations)
    said = f"{who.name} rolled back to {_name(rollout.went_back_to or '', releases)}"
    reason = rollout.rollback_reason or rollout.reason
    return Outcome(verdict, who.by, f"{said}: {reason}" if reason else said, rollout.finished_at)


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
    operations: Iterable[OperationRecord],
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
    whose = orderer(later[0], releases.get(later[0].target), operations) or "initiator unknown"
    reason = f"replaced by a deployment of {name} · {whose}"
    return Outcome(Verdict.REPLACED, None, reason, rollout.finished_at)


def successors(rollout: Rollout, history: Sequence[Rollout]) -> list[Rollout]:
    """The rollouts that came after one, the next one first."""
    later = [item for item in history if item.id != rollout.id and item.created_at >= rollout.created_at]
    return sorted(later, key=lambda item: item.created_at)


def _name(release_id: str, releases: Mapping[str, Release]) -> str:
    release = releases.get(release_id)
    return release.version.label if release else "another version"
