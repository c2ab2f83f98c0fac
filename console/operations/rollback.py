"""Plan a rollback: to what really succeeded, by the mechanism that gets there from here."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from console.config.settings import Settings
from console.domain.operation import Candidate, Mechanism, OperationRecord, Plan, Verb
from console.domain.release import Release
from console.domain.rollout import CODE_DEPLOY, Rollout
from console.domain.wish import Wish
from console.domain.words import age
from console.errors import RefusedError
from console.operations.bearings import Bearings, outline
from console.operations.estimate import estimate
from console.operations.onset import onset
from console.operations.remembered import capacity, migrations
from console.operations.strategy import too_slow
from console.operations.target import candidates, chosen
from console.operations.tenure import key_of
from console.operations.ways import Way, own_candidate, way
from console.ports import Clock


def plan_rollback(
    bearings: Bearings,
    wish: Wish,
    operations: Iterable[OperationRecord],
    settings: Settings,
    clock: Clock,
) -> Plan:
    """The plan to leave what the service ships now.

    Args:
        wish: ``to``: a label, digest or ``:N`` among what ran, empty: the best candidate; ``direct``,
            ``capacity``, ``onset_at``.

    Raises:
        RefusedError: when nothing else ever ran here, or nothing can be sent now.
        UnknownVersionError: when ``to`` names nothing that ran.
    """
    known = tuple(operations)
    current = _leaving(bearings, bearings.in_flight)
    choice, options = _choice(bearings, wish, known, current, clock)
    found = way(bearings, choice.release, direct=wish.direct)
    observation, status = bearings.observation, bearings.observation.status
    after = bearings.settings.no_check_healthy_after
    arriving = sum(
        item.running
        for item in status.deployments
        if (release := bearings.releases.get(item.release or "")) is not None
        and key_of(release) == key_of(choice.release)
    )
    effect = _effect(bearings, current, choice.release, arriving, found.mechanism)
    figure = estimate(observation, arriving, found.mechanism, after.total_seconds(), found.steps)
    slow = too_slow(status, figure) if not found.mechanism.stops_rollout else ""
    before, offered = capacity(bearings, choice, wished=wish.capacity)
    began, evidence = onset(bearings, wish.onset_at)
    checks = bearings.platform.preflight(bearings.address, choice.release, status)
    remarks = (*found.remarks, slow, *offered, *_not_restored(bearings, choice, found), *_undone(current))
    return replace(
        outline(bearings, Verb.ROLLBACK, found.mechanism, current, choice.release, effect, settings, clock),
        proven=choice.proven,
        doubt=choice.doubt,
        served_s=choice.served_s,
        candidates=tuple(option for option in options if option is not choice),
        checks=(*checks, *migrations(bearings, choice, known)),
        estimate=replace(figure, limit=slow) if figure else None,
        remarks=tuple(filter(None, remarks)),
        actions=before,
        after=found.after,
        before={"configuration": dict(status.configuration)} if found.configuration else {},
        configuration=found.configuration or {},
        instant_until=found.instant_until,
        choices=_choices(wish, found, offered),
        onset_at=began,
        onset=evidence,
    )


def _choices(wish: Wish, found: Way, offered: Sequence[str]) -> tuple[str, ...]:
    """What would make it another plan: without the strategy's steps, or with the count that there was."""
    said = {"direct": wish.direct or found.has_shortcut, "capacity": wish.capacity or bool(offered)}
    return tuple(name for name, is_one in said.items() if is_one)


def _choice(
    bearings: Bearings,
    wish: Wish,
    operations: tuple[OperationRecord, ...],
    current: Release,
    clock: Clock,
) -> tuple[Candidate, tuple[Candidate, ...]]:
    """The target, and everything that could be chosen instead."""
    options = candidates(
        bearings.rollouts,
        bearings.releases,
        operations,
        current,
        bearings.settings.soak,
        clock.now(),
    ) or _still_active(bearings, current, clock)
    if wish.to:
        return chosen(wish.to, options), options
    rollout = bearings.in_flight
    if rollout is not None and rollout.strategy == CODE_DEPLOY:
        only = own_candidate(bearings, rollout)  # nothing else can be ordered while it is under way
        mine = [item for item in options if only is not None and key_of(item.release) == key_of(only)]
        if not mine and only is not None:
            return Candidate(only, proven=False, doubt="how long it served is not known"), options
        if mine:
            return mine[0], options
    if not options:
        raise RefusedError(
            f"{bearings.address}: no other version ever served here",
            "deploy a version that works: quarterdeck deploy",
        )
    return options[0], options


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


def _not_restored(bearings: Bearings, choice: Candidate, found: Way) -> Iterator[str]:
    """What the plan cannot do, and what could undo it."""
    status = bearings.observation.status
    if found.mechanism.ships_images:
        rollout = bearings.in_flight
        falls_to = (own_candidate(bearings, rollout) if rollout else None) or bearings.live
        watchers = _watchers(bearings, found)
        if watchers and key_of(falls_to) != key_of(choice.release):
            yield f"if it does not start, {watchers} goes back to {falls_to.version.label}: BOUNCED"
    if status.desired == 0:
        yield "desired is 0: no task will start"
    yield "not brought back: database schema, secret values, target group settings, desired count"


def _watchers(bearings: Bearings, found: Way) -> str:
    """Who would undo a rollback that fails: it is a deployment like any other."""
    status = bearings.observation.status
    if found.mechanism is Mechanism.CREATE_DEPLOYMENT:
        return "CodeDeploy"
    names = ["the breaker"] if status.breaker_rolls_back else []
    names += [f"alarm {name}" for name in found.steps.alarms[:2]]
    return " or ".join(names)


def _undone(current: Release) -> Iterator[str]:
    """What would bring the version back that is left."""
    label = current.version.label
    yield f"held afterwards; a CI that registers a tag brings {label} back, one that forces does not"


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
