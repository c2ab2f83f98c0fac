"""Plan a rollback: to what really succeeded, by the mechanism that gets there from here."""

from collections.abc import Iterable
from dataclasses import replace

from console.config.settings import Settings
from console.domain.operation import Candidate, Mechanism, OperationRecord, Plan, Verb
from console.domain.release import Release
from console.domain.rollout import Rollout
from console.domain.words import age
from console.errors import RefusedError
from console.operations.bearings import Bearings, outline
from console.operations.estimate import estimate
from console.operations.target import candidates, chosen, ecs_candidate
from console.operations.tenure import key_of
from console.ports import Clock


def plan_rollback(
    bearings: Bearings,
    to: str,
    operations: Iterable[OperationRecord],
    settings: Settings,
    clock: Clock,
) -> Plan:
    """The plan to leave what the service ships now.

    Args:
        to: A label, digest or ``:N`` among what ran; empty: the best candidate.

    Raises:
        RefusedError: when nothing else ever ran here.
        UnknownVersionError: when ``to`` names nothing that ran.
    """
    rollout = bearings.in_flight
    current = _leaving(bearings, rollout)
    options = candidates(
        bearings.rollouts,
        bearings.releases,
        operations,
        current,
        bearings.settings.soak,
        clock.now(),
    ) or _still_active(bearings, current, clock)
    if not options:
        raise RefusedError(
            f"{bearings.address}: no other version ever served here",
            "deploy a version that works: quarterdeck deploy",
        )
    choice = chosen(to, options) if to else options[0]
    mechanism, remarks = _mechanism(bearings, rollout, choice.release)
    observation, status = bearings.observation, bearings.observation.status
    after = bearings.settings.no_check_healthy_after
    arriving = sum(
        item.running
        for item in status.deployments
        if (release := bearings.releases.get(item.release or "")) is not None
        and key_of(release) == key_of(choice.release)
    )
    effect = _effect(bearings, current, choice.release, arriving, mechanism)
    return replace(
        outline(bearings, Verb.ROLLBACK, mechanism, current, choice.release, effect, settings, clock),
        proven=choice.proven,
        doubt=choice.doubt,
        served_s=choice.served_s,
        candidates=tuple(option for option in options if option is not choice),
        checks=bearings.platform.preflight(bearings.address, choice.release, status),
        estimate=estimate(observation, arriving, mechanism, after.total_seconds()),
        remarks=(*remarks, *_not_restored(bearings, rollout, choice, mechanism)),
    )


def _leaving(bearings: Bearings, rollout: Rollout | None) -> Release:
    """What a rollback leaves: what the rollout under way ships, else what the PRIMARY runs.

    Once ECS goes back, the PRIMARY already is the old version.
    """
    if rollout is not None:
        shipped = bearings.releases.get(rollout.target)
        if shipped is not None:
            return shipped
    return bearings.live


def _still_active(bearings: Bearings, current: Release, clock: Clock) -> tuple[Candidate, ...]:
    """Without a history: the older deployments that still have tasks."""
    return tuple(
        Candidate(
            release=release,
            proven=served >= bearings.settings.soak.total_seconds(),
            doubt="" if served >= bearings.settings.soak.total_seconds() else f"served only {age(served)}",
            since=item.created_at,
            served_s=served,
        )
        for item in bearings.observation.status.deployments
        if not item.is_primary
        and item.state == "COMPLETED"
        and (release := bearings.releases.get(item.release or "")) is not None
        and key_of(release) != key_of(current)
        for served in [(clock.now() - item.created_at).total_seconds()]
    )


def _mechanism(bearings: Bearings, rollout: Rollout | None, target: Release) -> tuple[Mechanism, list[str]]:
    if rollout is None:
        return Mechanism.UPDATE_SERVICE, []
    goes_to = rollout.went_back_to or ecs_candidate(bearings.rollouts, rollout)
    release = bearings.releases.get(goes_to or "")
    same = release is not None and key_of(release) == key_of(target)
    name = release.version.label if release else "a version that ECS does not name"
    if rollout.status.is_going_back:
        if same:
            return Mechanism.WATCH, ["ECS is already going back to it: watched, nothing is sent"]
        return Mechanism.UPDATE_SERVICE, [f"ECS is going back to {name}: this supersedes it"]
    if same:
        return Mechanism.STOP_SERVICE_DEPLOYMENT, []
    return Mechanism.UPDATE_SERVICE, [f"ECS alone would go back to {name}: this supersedes the rollout"]


def _not_restored(
    bearings: Bearings, rollout: Rollout | None, choice: Candidate, mechanism: Mechanism
) -> list[str]:
    """What the plan cannot do, and what could undo it."""
    remarks = []
    if mechanism is Mechanism.UPDATE_SERVICE:
        fallback = rollout and bearings.releases.get(ecs_candidate(bearings.rollouts, rollout) or "")
        falls_to = fallback or bearings.live
        if bearings.observation.status.breaker_rolls_back and key_of(falls_to) != key_of(choice.release):
            remarks.append(
                f"if it does not start, the breaker goes back to {falls_to.version.label}: BOUNCED"
            )
    if bearings.observation.status.desired == 0:
        remarks.append("desired is 0: no task will start")
    remarks.append("not brought back: database schema, secret values, target group settings")
    return remarks


def _effect(
    bearings: Bearings, current: Release, target: Release, arriving: int, mechanism: Mechanism
) -> str:
    status = bearings.observation.status
    leaving = sum(
        item.running + item.pending
        for item in status.deployments
        if (release := bearings.releases.get(item.release or "")) is None or key_of(release) != key_of(target)
    )
    starting = max(0, status.desired - arriving)
    stay = f", {arriving} stay" if arriving else ""
    text = f"{leaving} of {current.version.label} leave, {starting} of {target.version.label} start{stay}"
    if mechanism is Mechanism.WATCH:
        return f"nothing is sent · {text}"
    return f"{text} · {status.floor} to {status.ceiling} tasks meanwhile"
