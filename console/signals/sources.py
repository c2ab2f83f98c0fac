"""Who is asked about the services of one environment, as its configuration says."""

from collections.abc import Callable
from dataclasses import dataclass

from console.config.settings import EnvironmentSettings
from console.domain.address import Address
from console.ports import Chronicle, Clock, LogSource, Secrets, SeriesSource, Web
from console.signals.book import SignalBook
from console.signals.health import Endpoint, HealthSeries
from console.signals.log_errors import LogErrors
from console.signals.watching import SignalWatch


@dataclass(frozen=True)
class Ways:
    """Through which an environment's figures come."""

    platform: SeriesSource | None
    """What the platform itself measures."""
    logs: LogSource
    secrets: Secrets
    web: Callable[[], Web]
    """A way out of its own for every source: what one is asked to leave alone must not hold up another."""
    chronicle: Chronicle | None = None


def sources_of(settings: EnvironmentSettings, ways: Ways, clock: Clock) -> tuple[SeriesSource, ...]:
    """Every source that there is something to ask about, the platform's own first."""
    services = {item.address: item for item in settings.services.values()}
    found: list[SeriesSource] = [ways.platform] if ways.platform is not None else []
    if any(item.health for item in services.values()):

        def endpoint(address: Address) -> Endpoint | None:
            item = services.get(address)
            return Endpoint(item.health, item.health_words) if item is not None and item.health else None

        found.append(HealthSeries(endpoint, ways.web(), clock))
    datadog = {address: item.datadog for address, item in services.items() if item.datadog is not None}
    if datadog:
        from console.signals.datadog import DatadogSource

        found.append(DatadogSource(datadog, ways.web(), ways.secrets, clock))
    sentry = {address: item.sentry for address, item in services.items() if item.sentry is not None}
    if sentry:
        from console.signals.sentry import SentrySource

        found.append(SentrySource(sentry, ways.web(), ways.secrets, clock))
    found.append(LogErrors(ways.logs, clock))
    return tuple(found)


def watch_of(settings: EnvironmentSettings, ways: Ways, clock: Clock) -> SignalWatch:
    """The figures of one environment's services; nobody is asked before somebody looks."""
    policies = {item.address: item.guard for item in settings.services.values()}
    book = SignalBook(sources_of(settings, ways, clock), clock)
    return SignalWatch(book, policies.__getitem__, clock, ways.chronicle)
