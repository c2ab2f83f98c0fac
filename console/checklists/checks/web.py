"""What the service itself answers: its health, single requests, its smoke steps."""

from datetime import timedelta

import jmespath
from jmespath.exceptions import JMESPathError

from console.checklists.context import CheckContext
from console.checklists.from_findings import all_of, failed, not_applicable, passed, unknown
from console.checklists.given import Given
from console.checklists.registry import REGISTRY
from console.domain.checklist import Effect, Result
from console.domain.health import Health, HealthState
from console.domain.smoke import SmokeSequence, SmokeStep
from console.operations import smoke
from console.signals import health as asking

_EVERY_S = 15.0


def _health(context: CheckContext) -> Health | Result:
    """What it answers; NODATA where nobody knows whom to ask."""
    settings = context.settings
    if not settings.health:
        return unknown("no address of its health is configured", 'write health = "https://…"')
    return context.once(
        "health",
        lambda: asking.ask(settings.health, settings.health_words, context.outside.web, context.clock),
    )


@REGISTRY.check("health.ok", "it says that it is well", every_s=_EVERY_S)
def ok(context: CheckContext, given: Given) -> Result:
    """In its own words, as they are configured; a word that is not known is no pass."""
    found = _health(context)
    if isinstance(found, Result):
        return found
    said = f"{found.status or ''} {found.said}".strip()
    if found.state is HealthState.OK:
        return passed(f"{said} in {found.took_s * 1000:.0f} ms")
    if found.status is None:
        return unknown(said)
    bad = [
        f"{name} {found.words.get(name, '')}"
        for name, state in found.dependencies.items()
        if state is not HealthState.OK
    ]
    return failed(said, because=", ".join(bad))


@REGISTRY.check(
    "health.dependency",
    "what it needs is well, by its own answer",
    parameters={"name*": "database, cache …, as its health words name it"},
    every_s=_EVERY_S,
)
def dependency(context: CheckContext, given: Given) -> Result:
    """No rollback cures a database that is down."""
    found, name = _health(context), given.text("name")
    if isinstance(found, Result):
        return found
    state = found.dependencies.get(name)
    if state is None:
        return unknown(f"it says nothing of {name}: {found.said}")
    word = found.words.get(name, state.value)
    if state is HealthState.OK:
        return passed(f"{name} {word}")
    return unknown(f"{name} {word}") if state is HealthState.UNKNOWN else failed(f"{name} {word}")


@REGISTRY.check("health.version", "it says that it is the version that is released", every_s=_EVERY_S)
def version(context: CheckContext, given: Given) -> Result:
    """Compared with the tags of what is released."""
    found, wanted = _health(context), str(context.facts.get("version") or "")
    if isinstance(found, Result):
        return found
    if not found.version:
        return unknown(f"it does not say: {found.said}")
    if not wanted:
        return unknown(f"it says {found.version}; no version is named")
    names = {wanted, *(context.release.version.tags if context.release is not None else ())}
    if found.version.removeprefix("v") in {name.removeprefix("v") for name in names}:
        return passed(found.version)
    return failed(f"{found.version}, not {wanted}")


@REGISTRY.check(
    "http.get",
    "an address answers as it should",
    parameters={
        "url*": "the whole address",
        "status": "what it must answer (200)",
        "expect": "a JMESPath expression over its JSON that must be true",
        "within": "it must be faster than that: 1s",
        "method": "GET or HEAD",
    },
    every_s=_EVERY_S,
)
def get(context: CheckContext, given: Given) -> Result:
    """One reading request; redirections are answers."""
    method = given.text("method", "GET").upper()
    if method not in ("GET", "HEAD"):
        return unknown(f"{method} is no reading request", "write a smoke step for it")
    expect = given.text("expect")
    try:
        jmespath.compile(expect or "@")
    except JMESPathError as error:
        return unknown(f"expect is no JMESPath: {str(error).splitlines()[0]}")
    step = SmokeStep(
        name="request",
        method=method,
        path=given.text("url"),
        expect_status=(int(given.number("status", 200)),),
        expect=(expect,) if expect else (),
        within=given.length("within", timedelta(seconds=5)),
    )
    return all_of(smoke.run(SmokeSequence("", (step,)), context.outside, context.clock))


@REGISTRY.check("smoke.reading", "the smoke steps that only read are well", every_s=60, limit_s=60)
def reading(context: CheckContext, given: Given) -> Result:
    """Each once, in their order; those that write are left out, and so is what needs them."""
    if context.settings.smoke is None:
        return not_applicable("no smoke steps are configured")
    sequence = context.settings.smoke.reading
    return all_of(smoke.run(sequence, context.outside, context.clock, reading_only=True))


@REGISTRY.check(
    "smoke.all", "every smoke step is well, those that write too", effect=Effect.WRITES, limit_s=120
)
def everything(context: CheckContext, given: Given) -> Result:
    """It leaves something behind: a meal plan, an order …"""
    if context.settings.smoke is None:
        return not_applicable("no smoke steps are configured")
    return all_of(smoke.run(context.settings.smoke, context.outside, context.clock))
