"""What is to be shipped: its image, its tag, its scan, and where it has succeeded before."""

from datetime import timedelta

from console.checklists.context import CheckContext
from console.checklists.from_findings import checked, failed, not_applicable, passed, unknown
from console.checklists.given import Given
from console.checklists.registry import REGISTRY
from console.domain.checklist import Result
from console.domain.operation import Check, CheckState, Verdict
from console.domain.registry import RegistryVersion
from console.domain.release import Release
from console.domain.version import Version
from console.domain.words import age, clock
from console.operations import bearings
from console.operations.tags import tag_check
from console.operations.target import candidates
from console.operations.tenure import key_of

_MINUTE_S = 60.0


def _preflight(context: CheckContext) -> tuple[Check, ...]:
    if context.release is None:
        return ()
    release, status = context.release, context.observe().status
    return context.once("preflight", lambda: context.platform.preflight(context.address, release, status))


@REGISTRY.check(
    "release.preflight",
    "what would keep tasks from starting is not there",
    parameters={
        "of*": "image, platform, secrets, execution role, addresses, quota, permission, credentials …"
    },
    every_s=_MINUTE_S,
    limit_s=30,
)
def preflight(context: CheckContext, given: Given) -> Result:
    """One part of what a plan proves, by its name or the beginning of it."""
    if context.release is None:
        return unknown("no release is planned yet", "plan the deploy")
    wanted = given.text("of").lower()
    found = [item for item in _preflight(context) if item.name.lower().startswith(wanted)]
    if not found:
        return unknown(f"preflight says nothing of {wanted}")
    order = (CheckState.FAIL, CheckState.UNKNOWN, CheckState.PASS)
    return checked(min(found, key=lambda item: order.index(item.state)))


@REGISTRY.check("release.tag", "the tag is one that may be deployed here", every_s=_MINUTE_S)
def tag(context: CheckContext, given: Given) -> Result:
    """By the environment's or the service's own rule; a warning elsewhere is no pass."""
    if not context.settings.tags:
        return not_applicable("any tag may be deployed here")
    label = str(context.facts.get("version") or "")
    version = context.release.version if context.release is not None else Version(None, label, (label,))
    found = tag_check(context.settings, label, version)
    return checked(found) if found is not None else unknown("no version is named yet", "plan the deploy")


def _offered(context: CheckContext) -> RegistryVersion | None:
    """What the registry says of the version that is released."""
    listed = context.once("registry", lambda: context.platform.versions_available(context.address, 60))
    digest, label = context.facts.get("digest"), context.facts.get("version")
    for found in listed:
        if digest and found.version.digest == digest:
            return found
    return next((found for found in listed if not digest and label in found.version.tags), None)


@REGISTRY.check("release.image", "its image is in the registry", every_s=_MINUTE_S, limit_s=20)
def image(context: CheckContext, given: Given) -> Result:
    """By digest; found among the newest that the registry lists."""
    if not context.facts.get("version"):
        return unknown("no version is named yet", "plan the deploy")
    found = _offered(context)
    if found is None:
        return failed(f"{context.facts['version']} is not in the registry", "push it, or correct the version")
    ago = age((context.clock.now() - found.pushed_at).total_seconds())
    return passed(f"{found.version.label}, pushed {ago} ago", evidence=found.version.digest or "")


@REGISTRY.check(
    "release.scan",
    "no finding of that severity in its image",
    parameters={"critical": "critical findings that may be", "high": "high ones that may be; without: any"},
    every_s=_MINUTE_S,
    limit_s=20,
)
def scan(context: CheckContext, given: Given) -> Result:
    """What the registry's own scan found; an image that nobody scanned is no pass."""
    found = _offered(context)
    if found is None:
        return unknown("the registry does not list what is released", "plan the deploy")
    if found.findings.missing:
        return unknown(found.findings.missing, "scan the image")
    critical, high = given.number("critical", 0), given.number("high", float("inf"))
    said = found.findings.words
    if found.findings.critical > critical or found.findings.high > high:
        return failed(said, "build it anew on a patched base")
    return passed(said)


@REGISTRY.check(
    "release.succeeded_in",
    "the same digests have succeeded in an earlier environment",
    parameters={"environment*": "its name", "within": "not longer ago than that: 7d"},
    every_s=_MINUTE_S,
    limit_s=30,
)
def succeeded_in(context: CheckContext, given: Given) -> Result:
    """By digest, across registries; a rollout that ECS or a person took back does not count."""
    place = given.text("environment")
    elsewhere, platform = context.elsewhere(place)
    if platform is None:
        return failed(f"there is no {place} in the configuration")
    digest, label = context.facts.get("digest"), context.facts.get("version")
    if not digest and not label:
        return unknown("no version is named yet", "plan the deploy")
    within = given.length("within", timedelta(days=3650))
    history = [item for item in platform.history(elsewhere) if item.left_serving]
    releases = platform.releases(elsewhere, list(dict.fromkeys(str(item.left_serving) for item in history)))
    for rollout in history:
        release = releases.get(str(rollout.left_serving))
        if release is None or not (
            (digest and release.digest == digest) or (not digest and label == release.version.label)
        ):
            continue
        ended = rollout.finished_at or rollout.created_at
        since = context.clock.now() - ended
        if since > within:
            return failed(
                f"{label} succeeded {age(since.total_seconds())} ago", f"deploy it to {elsewhere} again"
            )
        return passed(f"{release.version.label} succeeded {age(since.total_seconds())} ago")
    return failed(f"{label} has not succeeded in {place}", f"deploy it to {elsewhere} first")


@REGISTRY.check("release.way_back", "the way back is proved", every_s=_MINUTE_S, limit_s=30)
def way_back(context: CheckContext, given: Given) -> Result:
    """What a rollback from what is released would go to, and whether that has served well."""
    if context.plan_rollback is None:
        return unknown("nobody can plan a rollback here")
    running = context.observe().primary_release
    if context.release is not None and running is not None and key_of(running) != key_of(context.release):
        return _from_there(context, context.release)
    plan = context.plan_rollback(context.address)
    label = plan.target.version.label
    if not plan.proven:
        return failed(f"{label}: {plan.doubt}", "rehearse it, or choose another with rollback --to")
    seconds = f", safe in about {clock(plan.estimate.safe_s)}" if plan.estimate is not None else ""
    return passed(f"{label}{seconds}")


def _from_there(context: CheckContext, released: Release) -> Result:
    """The way back from a release that is still to come: mostly to what runs now."""
    found = bearings.take(context.address, context.settings, context.platform)
    options = candidates(
        found.rollouts,
        found.releases,
        context.journal.operations(str(context.address)),
        released,
        context.settings.soak,
        context.clock.now(),
    )
    if not options:
        return failed("nothing else has served here", "rehearse it, or choose another with rollback --to")
    best = options[0]
    label = best.release.version.label
    if not best.proven:
        return failed(f"{label}: {best.doubt}", "rehearse it, or choose another with rollback --to")
    return passed(f"{label}, which served {age(best.served_s)}")


@REGISTRY.check("journal.deployed", "the journal has the operation, and how it ended", every_s=_MINUTE_S)
def deployed(context: CheckContext, given: Given) -> Result:
    """The newest deploy of the service."""
    records = context.journal.operations(str(context.address), 50)
    newest = next((item for item in records if item.verb.value in ("deploy", "rollback")), None)
    if newest is None:
        return failed("the journal has no deploy of it")
    if newest.verdict is None:
        return failed(f"{newest.verb.value} by {newest.actor} is under way")
    said = f"{newest.verb.value} by {newest.actor}: {newest.verdict.words}"
    good = newest.verdict in (Verdict.SUCCEEDED, Verdict.BAKING, Verdict.NOTHING_CHANGED)
    return passed(said, newest.id) if good else failed(said, because=newest.reason)
