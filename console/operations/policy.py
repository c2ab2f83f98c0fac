"""What an environment's rules say of an operation, whoever asks for it; going back is never held up."""

from collections.abc import Iterator, Mapping
from datetime import datetime

from console.config.settings import EnvironmentSettings
from console.domain.address import Address
from console.domain.operation import Check, CheckState, Plan, Verb
from console.domain.release import Release
from console.domain.words import clock as minutes
from console.errors import QuarterdeckError
from console.ports import Platform

SHIPPING = frozenset({Verb.DEPLOY, Verb.RESTART, Verb.MIGRATE})
"""Verbs that bring something new, and wait for the end of a freeze."""


def policy_checks(
    plan: Plan, settings: EnvironmentSettings, platforms: Mapping[str, Platform], now: datetime
) -> Iterator[Check]:
    """The rules that concern a plan, as checks of it: a failed one blocks."""
    if plan.nothing_to_do or plan.verb not in SHIPPING:
        return
    if (frozen := freeze_check(settings, now)) is not None:
        yield frozen
    if settings.proven_in and not plan.target.same_as(plan.source) and plan.verb is not Verb.MIGRATE:
        yield _proven(plan, settings.proven_in, platforms)


def freeze_check(settings: EnvironmentSettings, now: datetime) -> Check | None:
    """Whether nothing may be shipped now; ``None`` where no freeze is configured."""
    if not settings.freeze:
        return None
    lasting = [window for window in settings.freeze if not window.left(now)]
    if lasting:
        said = f"frozen {lasting[0]} UTC"
        return Check("freeze", CheckState.FAIL, said, "wait, or change freeze in the configuration")
    first = min(settings.freeze, key=lambda window: window.left(now))
    soon = minutes(first.left(now).total_seconds())
    return Check("freeze", CheckState.PASS, f"the next one, {first}, begins in {soon}")


def _proven(plan: Plan, place: str, platforms: Mapping[str, Platform]) -> Check:
    """Whether the plan's digests have succeeded in another environment of the system: registries may
    differ from one to the other, digests do not."""
    elsewhere = Address(plan.address.system, place, plan.address.alias)
    name = f"succeeded in {place}"
    platform = platforms.get(elsewhere.place)
    if platform is None:
        return Check(name, CheckState.FAIL, f"there is no {place}", "correct proven_in in the configuration")
    try:
        won = _successes(platform, elsewhere)
    except QuarterdeckError as error:
        return Check(name, CheckState.FAIL, f"{elsewhere} cannot be read: {error.message}", error.remedy)
    wanted = set(plan.target.digests.values()) - set(plan.source.digests.values())
    label = plan.target.version.label
    if wanted and any(wanted <= set(release.digests.values()) for release in won):
        return Check(name, CheckState.PASS, f"{label} succeeded there")
    return Check(name, CheckState.FAIL, f"{label} never succeeded there", f"deploy it to {elsewhere} first")


def _successes(platform: Platform, address: Address) -> tuple[Release, ...]:
    """What rollouts left serving there."""
    ids = [rollout.left_serving for rollout in platform.history(address) if rollout.left_serving]
    return tuple(platform.releases(address, list(dict.fromkeys(filter(None, ids)))).values())
