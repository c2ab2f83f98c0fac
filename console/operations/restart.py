"""Plan to start the same version anew: and to say so when it would not be the same."""

from dataclasses import replace

from console.config.settings import Settings
from console.domain.operation import Mechanism, Plan, Verb
from console.domain.release import Release
from console.domain.version import short_digest
from console.errors import RefusedError
from console.operations.bearings import Bearings, outline
from console.operations.estimate import estimate
from console.ports import Clock


def plan_restart(bearings: Bearings, settings: Settings, clock: Clock) -> Plan:
    """The plan to replace every task by one of the same definition: UpdateService, forced.

    ECS resolves the tags of the definition again for it (ECS developer guide, container image
    resolution), so a tag that has moved ships something else: that is a deploy, and is said as one.

    Raises:
        RefusedError: when a rollout is under way: what it would restart is about to change.
    """
    if bearings.observation.status.controller != "ECS":
        raise RefusedError(
            f"{bearings.address}: a service that CodeDeploy deploys cannot be told to start anew",
            "stop its tasks one by one: quarterdeck drain --task",
        )
    if bearings.in_flight is not None:
        raise RefusedError(f"{bearings.address}: a rollout is under way", "wait for its end, or roll it back")
    live = bearings.live
    target = replace(_as_resolved_now(bearings, live), definition=live.definition)
    status = bearings.observation.status
    moved = not target.same_as(live)
    effect = f"all {status.desired} tasks replaced by {target.version.label}"
    remarks = [f"the image tag has moved: this is a deploy of {target.version.label}"] if moved else []
    after = bearings.settings.no_check_healthy_after.total_seconds()
    plan = outline(
        bearings, Verb.RESTART, Mechanism.FORCE_NEW_DEPLOYMENT, live, target, effect, settings, clock
    )
    return replace(
        plan,
        checks=bearings.platform.preflight(bearings.address, target, status),
        estimate=estimate(bearings.observation, 0, Mechanism.FORCE_NEW_DEPLOYMENT, after),
        remarks=(*remarks, f"starts {_digests(target)}"),
        nothing_to_do="desired is 0: there is nothing to restart" if status.desired == 0 else "",
    )


def _as_resolved_now(bearings: Bearings, live: Release) -> Release:
    """The live release with every tag resolved anew; pinned images stay what they are."""
    found = live
    for image in live.images:
        if image.tag is None:
            continue
        tagged = bearings.platform.candidate(bearings.address, live, image.tag, (image.container,))
        digest = tagged.digests.get(image.container)
        if digest and digest != image.digest:
            images = tuple(
                replace(item, digest=digest) if item.container == image.container else item
                for item in found.images
            )
            version = tagged.version if image.container == live.main else found.version
            found = replace(found, images=images, version=version)
    return found


def _digests(release: Release) -> str:
    return ", ".join(f"{name} {short_digest(digest)}" for name, digest in sorted(release.digests.items()))
