"""From settings to connections: one per environment, without a single call.

It runs before the first frame, so nothing here imports boto3: clients come into being with the first
call through them.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

from console.aws.balancer_errors import BalancerRules
from console.aws.budget import Budgets
from console.aws.cache import Cache
from console.aws.calls import Calls
from console.aws.images import Registry
from console.aws.late import LateChronicle, LateSeries
from console.aws.listener_rules import ListenerRules
from console.aws.logs import CloudWatchLogs
from console.aws.platform import EcsPlatform
from console.aws.secret_values import secret_value
from console.aws.sessions import Access, AskMfa, Clients, Roles, ask_on_terminal
from console.aws.signals import CloudWatchSignals
from console.aws.targets import TargetGroups
from console.config.settings import EnvironmentSettings, Settings
from console.errors import RejectedError
from console.ports import Chronicle, Clock, LogSource, Platform, SeriesSource, SignalSource

CACHE_FILE = "immutable.sqlite"
"""In the configured folder."""


def _no_secret(name: str) -> str:
    raise RejectedError(f"there is nobody to ask for the secret {name}")


@dataclass(frozen=True)
class Connection:
    """One environment and everything through which it is reached."""

    settings: EnvironmentSettings
    platform: Platform
    signals: SignalSource
    logs: LogSource
    secret: Callable[[str], str] = _no_secret
    """The value of a secret that AWS keeps, by its name."""
    series: SeriesSource | None = None
    """Figures over time; ``None``: the platform measures nothing."""
    chronicle: Chronicle | None = None
    """What else happened to services; ``None``: nobody tells."""


@dataclass(frozen=True)
class _Shared:
    """What environments with equal access have in common."""

    calls: Calls
    groups: TargetGroups
    registry: Registry
    rules: ListenerRules


def connect(settings: Settings, clock: Clock, mfa: AskMfa = ask_on_terminal) -> dict[str, Connection]:
    """Return a connection per environment, by ``system/environment``; touches no network and no file.

    Environments with equal access share their clients, and what is read of target groups and registry;
    those of one account and Region share one request budget, because AWS throttles by account and Region.

    Args:
        mfa: Asks a person for the code of an MFA device; a full-screen console must give its own.
    """
    cache, budgets = Cache(settings.cache / CACHE_FILE, clock), Budgets(clock)
    clients: dict[Access, Clients] = {}
    roles: dict[Access, Roles] = {}
    shared: dict[tuple[Access, str], _Shared] = {}
    connections: dict[str, Connection] = {}
    for key, environment in settings.environments.items():
        access, region = Access.of(environment, settings), environment.environment.region
        if access not in clients:
            profile = replace(access, region="", role_arn="", read_only=False)
            clients[access] = Clients(access, mfa, roles.setdefault(profile, Roles()))
        account = account_of(environment, settings)
        if (access, account) not in shared:
            elsewhere = partial(budgets.of, account)
            calls = Calls(clients[access], elsewhere(region), clock, elsewhere)
            groups = TargetGroups(calls)
            shared[access, account] = _Shared(
                calls, groups, Registry(calls, clock), ListenerRules(calls, clock)
            )
        connections[key] = _connection(environment, shared[access, account], clock, cache)
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


def _connection(settings: EnvironmentSettings, shared: _Shared, clock: Clock, cache: Cache) -> Connection:
    calls, groups = shared.calls, shared.groups
    platform = EcsPlatform(
        settings, calls, clock, cache, groups=groups, registry=shared.registry, rules=shared.rules
    )
    errors = BalancerRules(shared.rules, groups)
    return Connection(
        settings=settings,
        platform=platform,
        signals=CloudWatchSignals(calls, platform.services_reader, clock, groups, errors),
        logs=CloudWatchLogs(
            calls, platform.services_reader, platform.definitions, clock, live=settings.logs == "live"
        ),
        secret=partial(secret_value, calls),
        series=LateSeries(settings, platform, calls, groups, errors, clock),
        chronicle=LateChronicle(platform, calls, clock),
    )
