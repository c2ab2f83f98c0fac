"""Evidence from figures: errors and latency."""

from datetime import timedelta

from console.diagnosis.evidence import Evidence, Kind, Scene
from console.domain.signals import Figures
from console.domain.words import latency, percent

CRITICAL_SHARE = 0.05
WARNING_SHARE = 0.01
WARNING_P95_S = 1.0
MINIMUM_REQUESTS = 50
"""Under that many requests a share says nothing."""
_CURRENT = timedelta(minutes=10)
"""Load balancer figures lag one to four minutes; older ones say nothing about now."""


def evidence(scene: Scene) -> Evidence | None:
    """Errors over 5 % are a failure; over 1 %, or a p95 over a second, worth a look."""
    figures = _current(scene)
    if figures is None or (figures.requests or 0) < MINIMUM_REQUESTS:
        return None
    share = figures.error_share
    facts = facts_of(scene)
    if share is not None and share > CRITICAL_SHARE:
        return Evidence(Kind.FAILURE, facts[0], facts[1:], "read the logs, or roll back")
    if share is not None and share > WARNING_SHARE:
        return Evidence(Kind.NOTICE, facts[0], facts[1:], "read the logs")
    if figures.p95_s is not None and figures.p95_s > WARNING_P95_S:
        return Evidence(Kind.NOTICE, facts[0], facts[1:], "look at what the service waits for")
    return None


def facts_of(scene: Scene) -> tuple[str, ...]:
    """The figures that are over a limit, in words."""
    figures = _current(scene)
    if figures is None or (figures.requests or 0) < MINIMUM_REQUESTS:
        return ()
    facts = []
    share = figures.error_share
    if share is not None and share > WARNING_SHARE:
        limit = CRITICAL_SHARE if share > CRITICAL_SHARE else WARNING_SHARE
        facts.append(f"errors {percent(share)}, over {limit * 100:.0f} % of {figures.requests:,} requests")
    if figures.p95_s is not None and figures.p95_s > WARNING_P95_S:
        facts.append(f"p95 {latency(figures.p95_s)}")
    return tuple(facts)


def _current(scene: Scene) -> Figures | None:
    figures = scene.figures
    return figures if figures is not None and scene.at - figures.at <= _CURRENT else None
