"""Whether a service is as it should be: one table of OK, NG and SKIP with reasons. Reads only.

What the platform says comes first; then what must be well for anything else to matter, in its order:
health, and the steps that must not fail; then what is only reported.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from console.config.settings import ServiceSettings
from console.domain.findings import Finding, Outcome, ng, ok, skipped
from console.domain.health import Health, HealthState
from console.domain.release import Release
from console.domain.service import Observation
from console.errors import QuarterdeckError, UnknownVersionError
from console.operations import smoke
from console.operations.outside import Outside
from console.operations.settled import Wanted, settled
from console.operations.within_limits import within_limits
from console.ports import Clock, LogSource, Platform, SignalSource
from console.signals import health
from console.signals.sentry import SentrySource


@dataclass(frozen=True)
class Sources:
    """Where one environment is looked at."""

    platform: Platform
    signals: SignalSource
    logs: LogSource
    outside: Outside
    clock: Clock


def validate(
    settings: ServiceSettings, sources: Sources, should: Wanted | None, version: str = ""
) -> Iterator[Finding]:
    """Every finding of one service, in order, as it is found.

    Args:
        should: What it should run, as the journal knows it; ``None``: the journal does not.
        version: A tag or digest that it should run instead.
    """
    subject = str(settings.address)
    for finding in _findings(settings, sources, should, version):
        yield replace(finding, subject=subject)


def _findings(
    settings: ServiceSettings, sources: Sources, should: Wanted | None, version: str
) -> Iterator[Finding]:
    try:
        observation = sources.platform.observe(settings.address)
        should = _asked(settings, sources.platform, observation, version) if version else should
    except UnknownVersionError as error:
        yield ng("version", error.message)
        return
    except QuarterdeckError as error:
        yield ng("service", f"cannot be read: {error.message}")
        return
    yield from settled(observation, should, settings.no_check_healthy_after)
    yield from _queue(settings, sources.platform)
    broken = ""
    for finding in _must_be_well(settings, sources, observation):
        yield finding
        if finding.outcome is Outcome.NG and finding.fatal:
            broken = broken or finding.name
    if broken:
        yield skipped("figures, log", f"not judged: {broken} is not well")
        return
    yield from within_limits(
        settings,
        sources.signals,
        sources.logs,
        sources.clock,
        observation=observation,
        sentry=_sentry(settings, sources),
    )


def _sentry(settings: ServiceSettings, sources: Sources) -> SentrySource:
    known = {settings.address: settings.sentry} if settings.sentry is not None else {}
    return SentrySource(known, sources.outside.web, sources.outside.secrets, sources.clock)


def _asked(settings: ServiceSettings, platform: Platform, observation: Observation, version: str) -> Wanted:
    live = observation.primary_release
    if live is None:
        return Wanted(None, f"{version}, which cannot be looked up")
    return Wanted(platform.candidate(settings.address, live, version).digest, version)


def _queue(settings: ServiceSettings, platform: Platform) -> Iterator[Finding]:
    """The alarms on a worker's queue; nothing without a queue."""
    if not settings.queue:
        return
    try:
        backlog = platform.backlog(settings.address)
    except QuarterdeckError as error:
        yield skipped("queue", f"cannot be read: {error.message}")
        return
    if backlog is None:
        yield skipped("queue", f"nothing is known of {settings.queue}")
    elif backlog.ringing:
        yield ng("queue", f"{backlog.said}; in alarm: {', '.join(backlog.ringing)}")
    else:
        yield ok("queue", backlog.said)


def _must_be_well(settings: ServiceSettings, sources: Sources, observation: Observation) -> Iterator[Finding]:
    """Health with all that it says, then the reading smoke steps; where health is not well, they are not
    sent."""
    broken = ""
    if not settings.health:
        yield skipped("health", "no address configured")
    else:
        found = health.ask(settings.health, settings.health_words, sources.outside.web, sources.clock)
        for finding in (_health(found), *_dependencies(found), *_says_version(found, observation)):
            yield finding
            if finding.outcome is Outcome.NG and finding.fatal:
                broken = broken or finding.name
    if settings.smoke is None:
        yield skipped("smoke", "no steps configured")
    elif broken:
        for step in settings.smoke.steps:
            yield skipped(f"smoke: {step.name}", f"not tried: {broken} is not well")
    else:
        for finding in smoke.run(settings.smoke, sources.outside, sources.clock, reading_only=True):
            yield replace(finding, name=f"smoke: {finding.name}")


def _health(found: Health) -> Finding:
    """Well, worse than it should be, or not to be relied on."""
    status = f"{found.status}, " if found.status is not None else ""
    said = f"{status}{found.said}"
    if found.state is HealthState.OK:
        return ok("health", f"{said} in {found.took_s * 1000:.0f} ms", fatal=True)
    if found.state is HealthState.UNKNOWN and found.status == 200:
        return ng("health", f"{said}: not a word that is known", fatal=True)
    return ng("health", said, fatal=found.state is not HealthState.DEGRADED)


def _dependencies(found: Health) -> Iterator[Finding]:
    """What it needs, by its own answer; without the database nothing behind it can be well."""
    for name, state in found.dependencies.items():
        word = found.words.get(name, "")
        if state is HealthState.OK:
            yield ok(name, word)
        elif state is HealthState.UNKNOWN:
            yield skipped(name, f"{word} is not a word that is known")
        else:
            yield ng(name, word, fatal=name == "database")


def _says_version(found: Health, observation: Observation) -> Iterator[Finding]:
    """What it calls itself, beside the names of what is set; told only where it says anything."""
    live = observation.primary_release
    if not found.version or live is None:
        return
    if found.version.removeprefix("v") in {name.removeprefix("v") for name in _names(live)}:
        yield ok("says version", found.version)
    elif any(_is_a_number(name) for name in _names(live)) and _is_a_number(found.version):
        yield ng("says version", f"{found.version}, and {live.version.label} is set")
    else:
        said = f"{found.version}; that cannot be compared with {live.version.label}"
        yield skipped("says version", said)


def _names(release: Release) -> set[str]:
    tags = {image.tag for image in release.images if image.tag}
    return {release.version.label, *release.version.tags, *tags}


def _is_a_number(name: str) -> bool:
    """Whether it is a version with numbers, such as ``v2.7.1``, and no branch or word."""
    return name.removeprefix("v")[:1].isdigit() and "." in name
