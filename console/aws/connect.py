"""From settings to connections: one per environment, without a single call.

It runs before the first frame, so nothing here imports boto3: clients come into being with the first
call through them.
"""

from dataclasses import dataclass

from console.aws.budget import Budget
from console.aws.calls import Calls
from console.aws.logs import CloudWatchLogs
from console.aws.platform import EcsPlatform
from console.aws.sessions import Access, Clients
from console.aws.signals import CloudWatchSignals
from console.config.settings import EnvironmentSettings, Settings
from console.ports import Clock, LogSource, Platform, SignalSource


@dataclass(frozen=True)
class Connection:
    """One environment and everything through which it is reached."""

    settings: EnvironmentSettings
    platform: Platform
    signals: SignalSource
    logs: LogSource


def connect(settings: Settings, clock: Clock) -> dict[str, Connection]:
    """Return a connection per environment, by ``system/environment``; touches no network and no file.

    Environments with equal access share their clients; those of one account and Region share one
    request budget, because AWS throttles by account and Region.
    """
    clients: dict[Access, Clients] = {}
    budgets: dict[tuple[str, ...], Budget] = {}
    connections: dict[str, Connection] = {}
    for key, environment in settings.environments.items():
        access = Access.of(environment, settings)
        budget = budgets.setdefault(_budget_scope(environment), Budget(clock))
        calls = Calls(clients.setdefault(access, Clients(access)), budget, clock)
        connections[key] = _connection(environment, calls, clock)
    return connections


def _budget_scope(settings: EnvironmentSettings) -> tuple[str, ...]:
    region = settings.environment.region
    if settings.environment.account:
        return settings.environment.account, region
    return settings.profile, settings.role_arn, region


def _connection(settings: EnvironmentSettings, calls: Calls, clock: Clock) -> Connection:
    platform = EcsPlatform(settings, calls, clock)
    return Connection(
        settings=settings,
        platform=platform,
        signals=CloudWatchSignals(calls, platform.services_reader, clock),
        logs=CloudWatchLogs(calls, platform.services_reader, platform.definitions, clock),
    )
