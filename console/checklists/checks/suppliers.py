"""What Datadog and Sentry know of the service."""

from datetime import datetime, timedelta

from console.checklists.context import CheckContext
from console.checklists.from_findings import failed, passed, unknown
from console.checklists.given import Given
from console.checklists.registry import REGISTRY
from console.domain.checklist import Result
from console.domain.outsiders import MonitorState
from console.domain.series import Measure, Scoped
from console.domain.words import count, from_utc
from console.signals.datadog import DatadogSource
from console.signals.sentry import SentrySource

_EVERY_S = 60.0
_LIMIT_S = 12.0
SINCE = timedelta(minutes=30)
"""How far back *new* reaches, where no deployment says since when."""
_CALM = (MonitorState.OK, MonitorState.WARNING)


def _sentry(context: CheckContext) -> SentrySource | None:
    settings = context.settings.sentry
    if settings is None:
        return None
    outside = context.outside
    return SentrySource({context.address: settings}, outside.web, outside.secrets, context.clock)


def _moved(context: CheckContext) -> datetime:
    """When what is released was ordered."""
    since = context.facts.get("ordered_at")
    return from_utc(str(since)) if since else context.clock.now() - SINCE


@REGISTRY.check(
    "sentry.new_issues",
    "Sentry has no issue that is new with what is released",
    parameters={"most": "new issues that may be (0)"},
    every_s=_EVERY_S,
    limit_s=_LIMIT_S,
)
def new_issues(context: CheckContext, given: Given) -> Result:
    """By release where Sentry can tell them apart, else first seen since the deployment was ordered."""
    sentry = _sentry(context)
    if sentry is None:
        return unknown("no Sentry is configured for it", "write a table `sentry` for the service")
    moved = _moved(context)
    found = sentry.issues(context.address, Scoped(new=context.release, moved_at=moved), moved)
    evidence = "\n".join(f"{item.id} {item.title} ({item.count or '?'})" for item in found)
    if len(found) > given.number("most", 0):
        return failed(
            f"{count(len(found), 'new issue')}: {found[0].id} {found[0].title}",
            found[0].link or "look at it in Sentry",
            evidence=evidence,
        )
    return passed(f"{len(found)} new", evidence)


@REGISTRY.check(
    "sentry.errors",
    "Sentry counts fewer errors than a limit",
    parameters={"limit": "errors (10)", "minutes": "within so many minutes (10)"},
    every_s=_EVERY_S,
    limit_s=_LIMIT_S,
)
def errors(context: CheckContext, given: Given) -> Result:
    """A call that fails is NODATA, and not zero."""
    sentry = _sentry(context)
    if sentry is None:
        return unknown("no Sentry is configured for it", "write a table `sentry` for the service")
    minutes, limit = given.number("minutes", 10), given.number("limit", 10)
    since = context.clock.now() - timedelta(minutes=minutes)
    series = [
        item
        for item in sentry.series(context.address, Scoped(), since)
        if item.measure is Measure.ERROR_EVENTS
    ]
    told = [item for item in series if not item.no_data]
    if not told:
        problem = sentry.problem
        why = series[0].no_data if series else "Sentry tells of none"
        return unknown(why, problem.remedy if problem is not None else "")
    values = [point.value for item in told for point in item.points]
    if any(value is None for value in values):
        return unknown(f"{values.count(None)} of {len(values)} minutes are missing")
    total = sum(value for value in values if value is not None)
    said = f"{total:.0f} in {minutes:.0f} min"
    return passed(said) if total < limit else failed(f"{said}, limit {limit:.0f}", "look at them in Sentry")


@REGISTRY.check("datadog.monitors", "none of its Datadog monitors alerts", every_s=_EVERY_S, limit_s=_LIMIT_S)
def monitors(context: CheckContext, given: Given) -> Result:
    """A monitor without data is no pass; without any monitor nobody can tell."""
    settings = context.settings.datadog
    if settings is None:
        return unknown("no Datadog is configured for it", "write a table `datadog` for the service")
    outside = context.outside
    datadog = DatadogSource({context.address: settings}, outside.web, outside.secrets, context.clock)
    found = datadog.monitors(context.address)
    evidence = "\n".join(f"{item.state.value} {item.name}" for item in found)
    if not found:
        return unknown("no monitor watches it", "make one, or waive this")
    alerting = [item for item in found if item.state is MonitorState.ALERT]
    if alerting:
        return failed(f"alert: {alerting[0].name}", "look at it in Datadog", evidence=evidence)
    untold = [item for item in found if item.state not in _CALM]
    if untold:
        return unknown(f"{untold[0].state.value}: {untold[0].name}", evidence=evidence)
    return passed(f"{len(found)} of {count(len(found), 'monitor')} well", evidence)
