"""Names of variables and secrets: that they are there, and the same as elsewhere. Never their values."""

from collections.abc import Mapping

from console.checklists.context import CheckContext
from console.checklists.from_findings import failed, passed, unknown
from console.checklists.given import Given
from console.checklists.registry import REGISTRY
from console.domain.checklist import Result
from console.domain.release import Release

_MINUTE_S = 60.0


def _release(context: CheckContext) -> Release | None:
    return context.release or context.observe().primary_release


def _names(settings: Mapping[str, str], kind: str) -> frozenset[str]:
    """Names of one kind, of all containers: ``environment`` or ``secrets``."""
    found: set[str] = set()
    for name, value in settings.items():
        if name.endswith(f" {kind}"):
            found |= {part.split(" from ")[0].strip() for part in value.split(",") if part.strip()}
    return frozenset(found)


@REGISTRY.check(
    "environment.names",
    "the variables are set, as environment or as secrets",
    parameters={"names*": "the names that must be there"},
    every_s=_MINUTE_S,
)
def names(context: CheckContext, given: Given) -> Result:
    """In the release that is planned, else in the one that runs."""
    release = _release(context)
    if release is None:
        return unknown("what runs cannot be read")
    there = _names(release.settings, "environment") | _names(release.settings, "secrets")
    wanted = given.texts("names")
    missing = [name for name in wanted if name not in there]
    if missing:
        return failed(f"missing: {', '.join(missing)}", "add them to the task definition")
    return passed(f"{len(wanted)} of {len(wanted)} set")


@REGISTRY.check(
    "environment.secrets",
    "these come from a secret store, and not from plain environment",
    parameters={"names*": "the names that must be secrets"},
    every_s=_MINUTE_S,
)
def secrets(context: CheckContext, given: Given) -> Result:
    """By the names of the definition; that their values exist is for preflight."""
    release = _release(context)
    if release is None:
        return unknown("what runs cannot be read")
    secret, plain = _names(release.settings, "secrets"), _names(release.settings, "environment")
    wanted = given.texts("names")
    open_ = [name for name in wanted if name in plain]
    missing = [name for name in wanted if name not in secret and name not in plain]
    if open_:
        return failed(f"not secret: {', '.join(open_)}", "move them into the secret store, and rotate them")
    if missing:
        return failed(f"missing: {', '.join(missing)}", "add them to the task definition")
    return passed(f"{len(wanted)} of {len(wanted)} from a secret store")


@REGISTRY.check(
    "environment.same_as",
    "another environment has the same names set",
    parameters={"environment*": "its name", "except": "names that may differ"},
    every_s=_MINUTE_S,
    limit_s=20,
)
def same_as(context: CheckContext, given: Given) -> Result:
    """Names only: what differs is named, in both directions."""
    place = given.text("environment")
    elsewhere, platform = context.elsewhere(place)
    if platform is None:
        return unknown(f"there is no {place} in the configuration")
    here, there = _release(context), platform.observe(elsewhere).primary_release
    if here is None or there is None:
        return unknown("what runs cannot be read")
    apart = frozenset(given.texts("except"))
    mine, theirs = (
        _names(item.settings, "environment") | _names(item.settings, "secrets") for item in (here, there)
    )
    only_here, only_there = sorted(mine - theirs - apart), sorted(theirs - mine - apart)
    said = [
        f"only {where}: {', '.join(found)}"
        for where, found in (("here", only_here), (f"in {place}", only_there))
        if found
    ]
    if said:
        return failed("; ".join(said), "set them on both sides, or name them as except")
    return passed(f"{len(mine)} names, all of {place}'s too")
