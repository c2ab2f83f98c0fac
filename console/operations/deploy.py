"""Plan a deploy: a tag becomes a digest here, and what would change is shown before anything does."""

from dataclasses import dataclass, replace

from console.config.settings import Settings
from console.domain.action import Action
from console.domain.address import Tier
from console.domain.operation import Check, Difference, Hold, Mechanism, Plan, Sizing, Verb
from console.domain.release import Image, Release
from console.domain.rollout import CODE_DEPLOY
from console.domain.service import Observation, ServiceStatus
from console.domain.wish import Wish
from console.domain.words import age
from console.errors import RefusedError, RejectedError, UnknownVersionError
from console.operations import migrate, strategy
from console.operations.bearings import Bearings, outline
from console.operations.estimate import estimate
from console.operations.performer import smoke_action
from console.operations.tags import tag_check
from console.ports import Clock


def plan_deploy(bearings: Bearings, wish: Wish, hold: Hold | None, settings: Settings, clock: Clock) -> Plan:
    """The plan to ship a version (a tag or digest of the registry) with the live configuration, in
    another size where one is wished.

    Raises:
        UnknownVersionError: when the registry does not hold it.
        RefusedError: when nothing is asked for, or it could not run in that size.
    """
    live, status = bearings.live, bearings.observation.status
    sizing = _sizing(wish, live, status)
    if not wish.version and (wish.memory_mb, wish.cpu, wish.grace_s) == (None, None, None):
        raise RefusedError(
            f"{bearings.address}: neither a version nor another size is asked for",
            "name a version: --version TAG",
        )
    target = bearings.platform.candidate(bearings.address, live, wish.version, wish.containers, sizing)
    mechanism, remarks = _mechanism(bearings, live, target, sizing)
    nothing = ""
    if mechanism is Mechanism.NONE:
        nothing = f"{live.version.label} is what runs: the same digests and configuration"
    if mechanism is Mechanism.FORCE_NEW_DEPLOYMENT:
        target = replace(target, definition=live.definition)
    checks = () if nothing else _checks(bearings, wish, target, status)
    first = _first(bearings, wish, mechanism, target, clock)
    if hold is not None and not nothing:
        since = age((clock.now() - hold.at).total_seconds())
        remarks.append(f"held at {hold.version} by {hold.by} since {since}: this deploy ends the hold")
    after = bearings.settings.no_check_healthy_after.total_seconds()
    figure = None if nothing else estimate(bearings.observation, 0, mechanism, after)
    remarks += strategy.remarks(status, figure, mechanism)
    remarks += first.remarks
    effect = nothing or _effect(bearings.observation, live, target, mechanism)
    plan = outline(bearings, Verb.DEPLOY, mechanism, live, target, effect, settings, clock)
    return replace(
        plan,
        actions=first.actions,
        after=_tried(bearings, mechanism),
        checks=_with(checks, first.checks),
        differences=(*plan.differences, *_grace(sizing, status)),
        estimate=figure,
        remarks=tuple(remarks),
        nothing_to_do=nothing,
        sizing=sizing,
        choices=() if bearings.settings.migration is None or nothing else ("migrate",),
    )


@dataclass(frozen=True)
class _First:
    """What is done before the order: a snapshot, and the migration on the same digest."""

    actions: tuple[Action, ...] = ()
    checks: tuple[Check, ...] = ()
    remarks: tuple[str, ...] = ()


def _first(bearings: Bearings, wish: Wish, mechanism: Mechanism, target: Release, clock: Clock) -> _First:
    """The migration, where one is configured and another digest is shipped, or it was asked for."""
    configured = bearings.settings.migration is not None
    if wish.migrate and not configured:
        raise RefusedError(
            f"{bearings.address} has no migration",
            "configure its migration: the task that changes the schema",
        )
    if not configured or mechanism in (Mechanism.NONE, Mechanism.WATCH):
        return _First()
    checks = migrate.checks(bearings, clock)
    if wish.migrate is False:
        return _First(checks=checks, remarks=("the migration is left out, as asked",))
    if wish.migrate is None and target.digests == bearings.live.digests:
        return _First(checks=checks)
    slow = "the time to safe counts from the order: what is done before it takes as long as it takes"
    return _First(migrate.actions(bearings, target, clock), checks, (*migrate.remarks(bearings), slow))


def _tried(bearings: Bearings, mechanism: Mechanism) -> tuple[Action, ...]:
    """The smoke sequence, once every request is served by the new version; in production only those steps
    that leave nothing behind."""
    if mechanism in (Mechanism.NONE, Mechanism.WATCH):
        return ()
    production = bearings.platform.environment.tier is Tier.PRODUCTION
    action = smoke_action(bearings.settings, reading=production)
    return (action,) if action else ()


def _with(checks: tuple[Check, ...], more: tuple[Check, ...]) -> tuple[Check, ...]:
    """Both, each name once: what is asked of a migration goes before what is asked of any deploy."""
    named = {check.name for check in more}
    return (*more, *(check for check in checks if check.name not in named))


def _sizing(wish: Wish, live: Release, status: ServiceStatus) -> Sizing:
    """What is wished beside images, without what is so already."""
    grace = wish.grace_s if wish.grace_s != status.grace_s else None
    memory, cpu = wish.memory_mb, wish.cpu
    if memory is not None and live.settings.get("memory") == f"{memory} MB":
        memory = None
    if cpu is not None and live.settings.get("cpu") == str(cpu):
        cpu = None
    return Sizing(memory, cpu, grace, live.main)


def _grace(sizing: Sizing, status: ServiceStatus) -> tuple[Difference, ...]:
    if sizing.grace_s is None:
        return ()
    return (Difference("health check grace", f"{status.grace_s} s", f"{sizing.grace_s} s"),)


def _checks(bearings: Bearings, wish: Wish, target: Release, status: ServiceStatus) -> tuple[Check, ...]:
    rule = tag_check(bearings.settings, wish.version, target.version)
    return (*((rule,) if rule else ()), *bearings.platform.preflight(bearings.address, target, status))


def _mechanism(
    bearings: Bearings, live: Release, target: Release, sizing: Sizing
) -> tuple[Mechanism, list[str]]:
    remarks: list[str] = []
    rollout = bearings.in_flight
    primary = bearings.observation.status.primary
    same = target.same_as(live) and sizing.grace_s is None
    if same and primary is not None and not bearings.observation.on_other_images:
        if rollout is not None and not rollout.status.is_going_back and rollout.target == live.id:
            return Mechanism.WATCH, ["somebody already ships this version: watched, nothing is sent"]
        if primary.state in ("COMPLETED", ""):
            return Mechanism.NONE, remarks
    if rollout is not None:
        shipped = bearings.releases.get(rollout.target)
        name = shipped.version.label if shipped else "another version"
        verb = "goes back from" if rollout.status.is_going_back else "ships"
        remarks.append(f"a rollout under way {verb} {name}: this one supersedes it")
    by_codedeploy = bearings.observation.status.controller == CODE_DEPLOY
    if bearings.settings.deploy == "force" and not by_codedeploy:
        if sizing.changes_definition:
            remarks.append("another size takes a definition of its own: its images are pinned by digest")
        elif _tags_lead_to(bearings, live, target):
            return Mechanism.FORCE_NEW_DEPLOYMENT, remarks
        else:
            remarks.append("the tags of the live definition do not lead to this version: pinned by digest")
    return shipping(bearings), remarks


def shipping(bearings: Bearings) -> Mechanism:
    """The call that ships another release.

    Raises:
        RefusedError: while CodeDeploy still is at another one: it takes one at a time (CodeDeploy API
            reference, DeploymentLimitExceededException).
    """
    if bearings.observation.status.controller != CODE_DEPLOY:
        return Mechanism.UPDATE_SERVICE
    if bearings.in_flight is not None:
        raise RefusedError(
            f"{bearings.address}: a CodeDeploy deployment is under way, and it takes one at a time",
            "wait for its end, or roll it back",
        )
    return Mechanism.CREATE_DEPLOYMENT


def _tags_lead_to(bearings: Bearings, live: Release, target: Release) -> bool:
    """Whether a new deployment of the live definition would start exactly the target's digests."""
    for image in live.images:
        wanted = target.digests.get(image.container)
        if wanted == image.digest and image.tag is None:
            continue
        if image.tag is None or _resolved(bearings, live, image) != wanted:
            return False
    return True


def _resolved(bearings: Bearings, live: Release, image: Image) -> str | None:
    if image.tag is None:
        return image.digest
    try:
        moved = bearings.platform.candidate(bearings.address, live, image.tag)
    except (UnknownVersionError, RejectedError):
        return None
    return moved.digests.get(image.container)


def _effect(observation: Observation, live: Release, target: Release, mechanism: Mechanism) -> str:
    status = observation.status
    if status.desired == 0:
        return "desired is 0: the new version is set, and no task starts"
    if mechanism is Mechanism.WATCH:
        return "nothing is sent: the rollout under way is followed to its end"
    return (
        f"{status.desired} of {target.version.label} start, {status.running} of {live.version.label} leave"
        f" · {status.floor} to {status.ceiling} tasks meanwhile"
    )
