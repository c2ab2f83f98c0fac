"""The one judgement of a proved way back: whether it still leads somewhere, for every place that shows it."""

from datetime import datetime, timedelta

from console.domain.address import Tier
from console.domain.fleet import ServicePicture, WayBack
from console.domain.operation import Plan
from console.domain.release import Release
from console.domain.service import ServiceState

PRODUCTION_PROVED_S = 3600.0
"""The way back of a service in production is proved again after an hour,"""
OTHERS_PROVED_S = 6 * 3600.0
"""that of any other after six."""


def proved_again_s(tier: Tier) -> float:
    """From which age on a proof of a way back is renewed, in seconds."""
    return PRODUCTION_PROVED_S if tier is Tier.PRODUCTION else OTHERS_PROVED_S


def proof_holds(tier: Tier) -> timedelta:
    """To which age a proof of a way back is believed: its renewal may have to wait for its turn."""
    return timedelta(seconds=2 * proved_again_s(tier))


def serving_key(picture: ServicePicture) -> str:
    """What a proof rests on, as one comparable text: the PRIMARY deployment and how far it is, the newest
    service deployment, and the hold.

    The deployment's id alone does not do: ECS goes back to a deployment under the id that it had before.
    Empty where the service was not read.
    """
    primary = picture.status.primary if picture.status else None
    if picture.status is None or primary is None:
        return ""
    hold = picture.hold.operation if picture.hold else ""
    parts = (primary.id, primary.state, primary.release or "", picture.status.rollout_id or "", hold)
    return " ".join(parts)


def way_back_of(plan: Plan, at: datetime, serving: str = "") -> WayBack:
    """What the fleet shows of a plan to roll back.

    Args:
        at: When it was made.
        serving: :func:`serving_key` of the service while it was made; empty: not known.
    """
    if plan.nothing_to_do:
        return WayBack(at, doubt=plan.nothing_to_do, deployment=plan.basis.deployment, serving=serving)
    return WayBack(
        at,
        version=plan.target.version.label,
        safe_s=plan.estimate.safe_s if plan.estimate else None,
        proven=plan.proven,
        doubt=plan.doubt,
        failed=tuple(f"{check.name}: {check.evidence}" for check in plan.blockers),
        deployment=plan.basis.deployment,
        instant_until=plan.instant_until,
        rehearsed_at=plan.rehearsed_at,
        rehearsed_s=plan.rehearsed_s,
        serving=serving,
        leads_to=release_key(plan.target),
        leaves=release_key(plan.source),
    )


def release_key(release: Release) -> str:
    """What a release runs, as one comparable text: its images by digest, and its configuration. Empty where
    a digest is not known."""
    digests = release.digests
    if not digests:
        return ""
    images = ",".join(f"{name}={digest}" for name, digest in sorted(digests.items()))
    return f"{images} {release.configuration}"


def holds_for(back: WayBack, picture: ServicePicture) -> bool:
    """Whether a proof is of what the service runs now, and leads to something else."""
    if picture.status is not None and picture.status.is_gone:
        return False
    return rests_on(back, picture) and not is_served(back, picture)


def rests_on(back: WayBack, picture: ServicePicture) -> bool:
    """Whether a proof is of what the service runs now."""
    primary = picture.status.primary if picture.status else None
    if back.deployment and (primary is None or primary.id != back.deployment):
        return False
    return not back.serving or back.serving == serving_key(picture)


def is_served(back: WayBack, picture: ServicePicture) -> bool:
    """Whether its target is what the PRIMARY deployment runs, and no task set is about to replace it: the way
    back from one in flight is to what still is PRIMARY."""
    if picture.replaced_by is not None:
        return False
    running = release_key(picture.release) if picture.release else ""
    if back.leads_to and running:
        return back.leads_to == running
    version = picture.primary_version
    if version is None or not back.version:
        return False
    if version.digest and back.leads_to:  # of a service that only differs in settings this tells nothing
        return version.digest in back.leads_to and version.digest not in back.leaves
    return not back.leads_to and version.label == back.version


def current_way_back(picture: ServicePicture, now: datetime | None) -> WayBack | None:
    """The way back as far as it holds now: proved in this run and lately, for what serves, and leading to
    something else. ``None``: nobody knows one, which is not the same as *there is none*."""
    back = picture.way_back
    if back is None or now is None or picture.remembered:
        return None
    if now - back.at > proof_holds(picture.environment.tier):
        return None
    return back if holds_for(back, picture) else None


def blames_a_deploy(picture: ServicePicture) -> bool:
    """Whether the trouble of a service is put down to a deploy, so that going back is the first thing to do:
    by its figures, else because a rollout fails while it is under way."""
    blame = picture.blame
    if blame is not None and blame.is_deploy is not None:
        return blame.is_deploy
    fails = picture.state.is_trouble and picture.state is not ServiceState.PAUSED
    return fails and picture.status is not None and picture.status.in_motion
