"""From settings to connections: one per environment, without a single call.

It runs before the first frame, so nothing here imports boto3: clients come into being with the first
call through them.
"""

from dataclasses import dataclass, replace
from functools import partial

from console.aws.budget import Budgets
from console.aws.cache import Cache
from console.aws.calls import Calls
from console.aws.logs import CloudWatchLogs
from console.aws.platform import EcsPlatform
from console.aws.sessions import Access, AskMfa, Clients, Roles, ask_on_terminal
from console.aws.signals import CloudWatchSignals
from console.config.settings import EnvironmentSettings, Settings
from console.ports import Clock, LogSource, Platform, SignalSource

CACHE_FILE = "immutable.sqlite"
"""In the configured folder."""


@dataclass(frozen=True)
class Connection:
    """One environment and everything through which it is reached."""

    settings: EnvironmentSettings
    platform: Platform
    signals: SignalSource
    logs: LogSource


def connect(settings: Settings, clock: Clock, mfa: AskMfa = ask_on_terminal) -> dict[str, Connection]:
    """Return a connection per environment, by ``system/environment``; touches no network and no file.

    Environments with equal access share their clients; those of one account and Region share one
    request budget, because AWS throttles by account and Region.

    Args:
        mfa: Asks a person for the code of an MFA device; a full-screen console must give its own.
    """
    cache, budgets = Cache(settings.cache / CACHE_FILE, clock), Budgets(clock)
    clients: dict[Access, Clients] = {}
    roles: dict[Access, Roles] = {}
    connections: dict[str, Connection] = {}
    for key, environment in settings.environments.items():
        access, region = Access.of(environment, settings), environment.environment.region
        if access not in clients:
            profile = replace(access, region="", role_arn="", read_only=False)
            clients[access] = Clients(access, mfa, roles.setdefault(profile, Roles()))
        elsewhere = partial(budgets.of, account_of(environment, settings))
        calls = Calls(clients[access], elsewhere(region), clock, elsewhere)
        connections[key] = _connection(environment, calls, clock, cache)
    return connections


def account_of(settings: EnvironmentSettings, whole: Settings) -> str:
    """What tells an environment's account from others without asking AWS: its number where the
    configuration says it anywhere, else profile and role."""
    if settings.environment.account:
        return settings.environment.account
    if settings.role_arn.count(":") == 5:
        return settings.role_arn.split(":")[4]
    same = (settings.profile, settings.role_arn, settings.endpoint_url)
    for other in whole.environments.values():
        if other.environment.account and (other.profile, other.role_arn, other.endpoint_url) == same:
            return other.environment.account
    return f"{settings.profile} {settings.role_arn}"


def _connection(settings: EnvironmentSettings, calls: Calls, clock: Clock, cache: Cache) -> Connection:
    platform = EcsPlatform(settings, calls, clock, cache)
    return Connection(
        settings=settings,
        platform=platform,
        signals=CloudWatchSignals(calls, platform.services_reader, clock),
        logs=CloudWatchLogs(
            calls, platform.services_reader, platform.definitions, clock, live=settings.logs == "live"
        ),
    )
