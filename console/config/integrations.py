"""What the configuration says of other suppliers: who is asked about a service, under which name.

Keys are never written in the file, only where they are kept. What is said for all systems can be said
otherwise for one environment, and what belongs to one service stands with it.
"""

from dataclasses import dataclass
from ipaddress import ip_address
from typing import NoReturn
from urllib.parse import urlsplit

from console.config import schema
from console.config.table import Table
from console.domain.address import Environment

DATADOG_SITES = (
    "datadoghq.com",
    "us3.datadoghq.com",
    "us5.datadoghq.com",
    "ap1.datadoghq.com",
    "ap2.datadoghq.com",
    "uk1.datadoghq.com",
    "datadoghq.eu",
    "ddog-gov.com",
    "us2.ddog-gov.com",
)
VERSION = "{version}"
"""Stands for the version's label in the name of a release."""
_SENTRY = "https://sentry.io"
_GITHUB = "https://api.github.com"
_TELEGRAM = "https://api.telegram.org"
_URL = r"https?://[^\s/]+\S*"
_TAG = r"[A-Za-z0-9_./:-]+"
_SPAN = r"[A-Za-z0-9_.]+"
_SLUG = r"[a-z0-9_-]+"
_PROJECT = r"\d+"
_OF_SERVICES = ("span", "project")
"""What nearly every service has of its own."""


@dataclass(frozen=True)
class DatadogSettings:
    """One service as Datadog knows it, and who may read about it there."""

    url: str
    """Of the API, without a path of its own: ``https://api.datadoghq.eu``."""
    api_key: str
    """Reference; see :class:`console.ports.Secrets`."""
    app_key: str
    """Reference."""
    service: str
    """Value of its tag ``service``."""
    env: str
    """Value of its tag ``env``."""
    span: str
    """Name of the operation that its tracer measures: ``express.request``."""
    version: str = VERSION
    """How the tag ``version`` is made of a version's label."""


@dataclass(frozen=True)
class SentrySettings:
    """One service as Sentry knows it, and who may read about it there."""

    url: str
    """Where the organization lives: ``https://us.sentry.io``, without ``/api/0``."""
    token: str
    """Reference; the token needs ``org:read``, ``project:read`` and ``event:read``."""
    organization: str
    """Its slug."""
    project: str
    """Number of the project."""
    environment: str
    release: str = VERSION
    """How the name of a release is made of a version's label."""


@dataclass(frozen=True)
class CrashSettings:
    """``[integrations.crash_reports]``: where the console's own crashes are told."""

    dsn: str
    """Reference."""
    environment: str = "console"


@dataclass(frozen=True)
class GitHubSettings:
    """Where checks, reviews, approvals and releases are read, and approvals given."""

    url: str
    """``https://api.github.com``, or ``https://HOST/api/v3``."""
    token: str
    """Reference; it needs to read checks, statuses, actions, pull requests and contents, and to write
    deployments where approvals are given from here."""


@dataclass(frozen=True)
class TelegramSettings:
    """The bot of one environment."""

    url: str
    token: str
    """Reference; it is part of every address that is asked, and never shown."""


class Suppliers:
    """``[integrations]``: what holds for every environment that says nothing else."""

    def __init__(self, top: Table) -> None:
        table = top.table("integrations", schema.INTEGRATIONS)
        self.datadog = table.table("datadog", schema.DATADOG)
        self.sentry = table.table("sentry", schema.SENTRY)
        self.github = table.table("github", schema.GITHUB)
        self.has_github = table.has("github")
        self.crash_reports = _crash_reports(table)


class LocalSuppliers:
    """The same for one environment, with what its own tables say."""

    def __init__(self, everywhere: Suppliers, environment: Environment, table: Table) -> None:
        self._environment = environment
        self._datadog = (table.table("datadog", schema.ENVIRONMENT_DATADOG), everywhere.datadog)
        self._sentry = (table.table("sentry", schema.ENVIRONMENT_SENTRY), everywhere.sentry)
        self._github = (table.table("github", schema.GITHUB), everywhere.github)
        self._has_github = everywhere.has_github or table.has("github")
        self._telegram = table.table("telegram", schema.TELEGRAM) if table.has("telegram") else None

    @property
    def github(self) -> GitHubSettings | None:
        """``None``: nobody there is asked."""
        if not self._has_github:
            return None
        said = _Said(*self._github)
        return GitHubSettings(url=said.address("url") or _GITHUB, token=said.reference("token"))

    @property
    def telegram(self) -> TelegramSettings | None:
        """``None``: the environment has no bot."""
        if self._telegram is None:
            return None
        said = _Said(self._telegram)
        return TelegramSettings(url=said.address("url") or _TELEGRAM, token=said.reference("token"))

    def datadog(self, service: Table, name: str) -> DatadogSettings | None:
        """What is said of one service; ``None``: nothing, it is not asked about there.

        Args:
            name: The service's on its platform: its tag where no other is written.
        """
        if not service.has("datadog"):
            return None
        said = _Said(service.table("datadog", schema.SERVICE_DATADOG), *self._datadog)
        return DatadogSettings(
            url=_api(said),
            api_key=said.reference("api_key"),
            app_key=said.reference("app_key"),
            service=said.matching("service", _TAG, "the value of a tag") or name,
            env=said.matching("env", _TAG, "the value of a tag") or self._environment.name,
            span=said.needed("span", _SPAN, "the name of a span", "express.request"),
            version=said.naming("version"),
        )

    def sentry(self, service: Table) -> SentrySettings | None:
        """What is said of one service; ``None``: nothing, it is not asked about there."""
        if not service.has("sentry"):
            return None
        said = _Said(service.table("sentry", schema.SERVICE_SENTRY), *self._sentry)
        return SentrySettings(
            url=said.address("url") or _SENTRY,
            token=said.reference("token"),
            organization=said.needed("organization", _SLUG, "an organization's slug", "acme"),
            project=said.needed("project", _PROJECT, "a project's number", "4501"),
            environment=said.matching("environment", r"\S+", "a name without spaces")
            or self._environment.name,
            release=said.naming("release"),
        )


def named(template: str, label: str) -> str:
    """What a version of that label is called.

    Args:
        template: Of the settings: ``api@{version}``.
    """
    return template.replace(VERSION, label)


def _crash_reports(table: Table) -> CrashSettings | None:
    if not table.has("crash_reports"):
        return None
    own = table.table("crash_reports", schema.CRASH_REPORTS)
    own.require("dsn", "write env:QUARTERDECK_SENTRY_DSN, or leave the table out")
    if own.reference("dsn").startswith("secretsmanager:"):
        own.refuse("dsn", "is kept in AWS, which no crash asks", "write env:NAME or file:PATH")
    return CrashSettings(own.reference("dsn"), own.text("environment") or CrashSettings.environment)


class _Said:
    """Tables that say the same things, the nearest first: what one of them says counts."""

    def __init__(self, *tables: Table) -> None:
        self.tables = tables

    def table(self, key: str) -> Table | None:
        """The nearest one with that key."""
        return next((table for table in self.tables if table.has(key)), None)

    def matching(self, key: str, pattern: str, what: str) -> str:
        """Text of a certain form; empty where none says it."""
        table = self.table(key)
        return table.matching(key, pattern, what) if table else ""

    def needed(self, key: str, pattern: str, what: str, example: str) -> str:
        """The same; one of them has to say it."""
        return self.matching(key, pattern, what) or self._lacking(key, example)

    def reference(self, key: str) -> str:
        """Where a key is kept; one of them has to say it."""
        table = self.table(key)
        return (table.reference(key) if table else "") or self._lacking(key, "env:NAME")

    def _lacking(self, key: str, example: str) -> NoReturn:
        nearest, *others = (table.path for table in self.tables)
        near = key in _OF_SERVICES or not others
        where = " or ".join(f"[{path}]" for path in ((nearest,) if near else others))
        self.tables[0].refuse(key, "is missing", f'write {key} = "{example}" in {where}')

    def address(self, key: str) -> str:
        """An address to which keys may be sent; empty where none says it."""
        found = self.matching(key, _URL, "an http or https address").rstrip("/")
        table = self.table(key)
        if found and table and not _may_have_keys(found):
            table.refuse(key, "is not https: keys would go there in the clear", "write https://…")
        return found

    def naming(self, key: str) -> str:
        """How something is called after a version."""
        table = self.table(key)
        found = table.text(key) if table else ""
        if found and table and found.count(VERSION) != 1:
            table.refuse(key, f"is {found!r}, without {VERSION} in it", f'write "api@{VERSION}"')
        return found or VERSION


def _api(said: _Said) -> str:
    """Datadog's API: by its address, or by the site; the nearest table that has one of them counts."""
    url, site = said.table("url"), said.table("site")
    if url is not None and url is site:
        url.refuse("site", "stands beside url", "write one of them")
    nearest = next((table for table in said.tables if table in (url, site)), None)
    if nearest is None or nearest is site:
        chosen = site.choice("site", DATADOG_SITES, DATADOG_SITES[0]) if site else DATADOG_SITES[0]
        return f"https://api.{chosen}"
    return said.address("url")


def _may_have_keys(url: str) -> bool:
    """https, or a place on this machine."""
    parts = urlsplit(url)
    if parts.scheme == "https" or parts.hostname == "localhost":
        return True
    try:
        return ip_address(parts.hostname or "").is_loopback
    except ValueError:
        return False
