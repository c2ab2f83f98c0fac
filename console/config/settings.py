"""What the configuration says, complete and checked."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from console.config.data import DatabaseSettings, MigrationSettings, ValidateSettings
from console.config.integrations import (
    CrashSettings,
    DatadogSettings,
    GitHubSettings,
    SentrySettings,
    TelegramSettings,
)
from console.domain.address import Address, Environment
from console.domain.guard import GuardPolicy
from console.domain.health import HealthWords
from console.domain.smoke import SmokeSequence
from console.domain.windows import Window


@dataclass(frozen=True)
class ServiceSettings:
    """``[systems.S.environments.E.services.ALIAS]``"""

    address: Address
    service: str
    """The service's name on its platform."""
    cluster: str
    """The environment's cluster unless the service names its own."""
    containers: tuple[str, ...] = ()
    """Containers that a deploy changes; empty: the main one."""
    deploy: str = "pin"
    """``pin``: a new revision pinned by digest; ``force``: a new deployment of a moving tag."""
    soak: timedelta = timedelta(minutes=30)
    """How long a version must have served to count as a proven way back."""
    no_check_healthy_after: timedelta = timedelta(seconds=40)
    """When a running task without any health check counts as healthy."""
    health: str = ""
    """URL that answers 200 when the service is well; empty: none."""
    also: tuple[str, ...] = ()
    """Other names accepted for the alias."""
    health_words: HealthWords = field(default_factory=HealthWords)
    """How its health answer is read."""
    smoke: SmokeSequence | None = None
    validate: ValidateSettings = field(default_factory=ValidateSettings)
    database: DatabaseSettings | None = None
    migration: MigrationSettings | None = None
    guard: GuardPolicy = field(default_factory=GuardPolicy)
    """Of its deploys, and the thresholds of its alerts."""
    datadog: DatadogSettings | None = None
    """How Datadog knows it; ``None``: it is not asked."""
    sentry: SentrySettings | None = None
    """How Sentry knows it; ``None``: it is not asked."""
    queue: str = ""
    """Name of the SQS queue whose jobs it works on; empty: none."""
    tags: str = ""
    """``semver``, or a regular expression that a deployed tag has to match whole; empty: any tag will do.
    The environment's unless the service has its own."""
    tag_rule: str = "warn"
    """``enforce`` or ``warn``: whether another tag is refused."""
    critical_findings: str = "warn"
    """``enforce`` or ``warn``: whether an image with critical findings is refused."""
    checklist: str = ""
    """The list that is walked around its releases: one that comes with the program by its id, or a file
    from the configuration's folder; empty: none. The environment's unless the service has its own."""
    checklist_parameters: Mapping[str, str] = field(default_factory=dict)
    """What ``${name}`` stands for in its lists."""


@dataclass(frozen=True)
class EnvironmentSettings:
    """``[systems.S.environments.E]``"""

    environment: Environment
    profile: str = ""
    role_arn: str = ""
    endpoint_url: str = ""
    logs: str = "poll"
    """``poll``: log lines are asked for every two seconds; ``live``: a Live Tail session tells them."""
    services: Mapping[str, ServiceSettings] = field(default_factory=dict)
    """By alias."""
    groups: Mapping[str, tuple[tuple[str, ...], ...]] = field(default_factory=dict)
    """Name -> waves of aliases; ``all`` is always there: every service in one wave."""
    freeze: tuple[Window, ...] = ()
    """When nothing new is shipped; going back always may."""
    container_insights: bool = False
    """Its clusters publish network and disk too."""
    proven_in: str = ""
    """The environment of the same system in which a version must have succeeded; empty: none."""
    runbooks: tuple[str, ...] = ()
    """Lists that are walked without a deployment, named like ``checklist``."""
    github: GitHubSettings | None = None
    telegram: TelegramSettings | None = None


@dataclass(frozen=True)
class ConsoleSettings:
    """``[console]``: how the console looks in its terminal; headless runs know none of it."""

    theme: str = "auto"
    """``dark``, ``light``, ``nocolor``, or ``auto``: dark, without colour where ``NO_COLOR`` is set."""
    ascii: bool | None = None
    """Whether marks are drawn in ASCII; ``None``: where the terminal's encoding has no others."""
    times: str = "utc"
    """``utc`` or ``local``."""
    bell: bool = False
    """Whether the terminal's bell rings, once, when a guard trips or a critical alert begins."""


@dataclass(frozen=True)
class Settings:
    """The whole configuration."""

    path: Path
    """The file that it was read from."""
    journal: Path
    """SQLite file."""
    cache: Path
    """Folder for what never changes (releases, digests)."""
    operator: str = ""
    """Who acts; empty: the caller identity's session name."""
    aws_config_file: Path | None = None
    aws_credentials_file: Path | None = None
    console: ConsoleSettings = ConsoleSettings()
    crash_reports: CrashSettings | None = None
    """``None``: the console tells nobody of its own crashes."""
    keys: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """``[keys]``: id of a binding -> keys in its place, as they were written; the screens check them."""
    environments: Mapping[str, EnvironmentSettings] = field(default_factory=dict)
    """By ``system/environment``."""

    @property
    def has_checklists(self) -> bool:
        """Whether a list is walked around any service's releases."""
        return any(item.checklist for item in self.services())

    def services(self) -> tuple[ServiceSettings, ...]:
        """Every configured service, in the file's order."""
        return tuple(s for e in self.environments.values() for s in e.services.values())

    def service(self, address: Address) -> ServiceSettings:
        """The settings of one address; ``KeyError`` when there is none."""
        return self.environments[address.place].services[address.alias]
