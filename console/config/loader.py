"""The configuration file, from bytes to :class:`Settings`: complete and checked, or one clear line."""

import os
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

from console.config import data_tables, schema
from console.config.discover import cache_folder, state_folder
from console.config.guard import guard_policy
from console.config.integrations import LocalSuppliers, Suppliers
from console.config.nearest import meant
from console.config.settings import ConsoleSettings, EnvironmentSettings, ServiceSettings, Settings
from console.config.table import Table
from console.domain.address import Address, Environment, Tier
from console.domain.group import EVERY
from console.domain.guard import GuardPolicy
from console.domain.text import plain
from console.domain.windows import Window, window
from console.errors import ConfigError

_QUEUE = r"[A-Za-z0-9_-]{1,75}(\.fifo)?|[A-Za-z0-9_-]{76,80}"
_ACCOUNT = r"\d{12}"
_REGION = r"[a-z]{2,}(-[a-z]+)+-\d+"
_ROLE = r"arn:[a-z-]+:iam::\d{12}:role/\S+"
_URL = r"https?://[^\s/]+\S*"


def load(path: Path) -> Settings:
    """Read and check a configuration.

    Raises:
        ConfigError: naming the file, the key, what is wrong and the nearest known key.
    """
    top = Table(path, "", _parse(path), schema.TOP)
    systems = top.table("systems", None)
    suppliers = Suppliers(top)
    environments: dict[str, EnvironmentSettings] = {}
    for system in systems.names():
        group = systems.table(system, schema.SYSTEM).table("environments", None)
        for name in group.names():
            settings = _environment(system, name, group.table(name, schema.ENVIRONMENT), suppliers)
            environments[settings.environment.key] = settings
    if not environments:
        top.refuse("systems", "has no environment", "write [systems.NAME.environments.production]")
    paths = top.table("paths", schema.PATHS)
    keys = top.table("keys", None)
    return Settings(
        path=path,
        journal=paths.file("journal") or state_folder() / "journal.sqlite3",
        cache=paths.file("cache") or cache_folder(),
        operator=top.text("operator") or os.environ.get("QUARTERDECK_OPERATOR", ""),
        aws_config_file=_existing(paths, "aws_config"),
        aws_credentials_file=_existing(paths, "aws_credentials"),
        console=_console(top.table("console", schema.CONSOLE)),
        crash_reports=suppliers.crash_reports,
        keys={name: keys.text_or_texts(name) for name in keys.entries()},
        environments=environments,
    )


def _console(table: Table) -> ConsoleSettings:
    return ConsoleSettings(
        theme=table.choice("theme", schema.THEMES, ConsoleSettings.theme),
        ascii=table.flag_or_none("ascii"),
        times=table.choice("times", schema.TIMES, ConsoleSettings.times),
        bell=table.flag("bell"),
    )


def _parse(path: Path) -> dict[str, object]:
    try:
        return tomllib.loads(path.read_bytes().decode("utf-8-sig"))
    except FileNotFoundError:
        raise ConfigError(f"there is no {path}", "see --config and QUARTERDECK_CONFIG") from None
    except IsADirectoryError:
        raise ConfigError(f"{path} is a folder", "name the file in it") from None
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror or error}") from None
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path} is not UTF-8 (byte {error.start})", "save it as UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path} is not TOML: {error}") from None
    except (RecursionError, ValueError) as error:
        raise ConfigError(f"{path} is not TOML: {error}") from None


def _existing(paths: Table, key: str) -> Path | None:
    path = paths.file(key)
    if path is not None and not path.is_file():
        paths.refuse(key, f"names {path}, which is not a file")
    return path


def _environment(system: str, name: str, table: Table, suppliers: Suppliers) -> EnvironmentSettings:
    table.require("region", 'write region = "us-east-1"')
    environment = Environment(
        system=system,
        name=name,
        tier=Tier(table.choice("tier", tuple(Tier), Tier.PRODUCTION)),
        platform=table.choice("platform", schema.PLATFORMS, "ecs"),
        account=table.matching("account", _ACCOUNT, "an account number of twelve digits"),
        region=table.matching("region", _REGION, "a Region such as us-east-1"),
        cluster=table.text("cluster"),
        read_only=table.flag("read_only"),
    )
    rules = _rules(table, environment)
    local = LocalSuppliers(suppliers, environment, table)
    guard = guard_policy(table)
    services = _services(environment, table.table("services", None), rules, local, guard)
    return EnvironmentSettings(
        environment=environment,
        profile=table.text("profile"),
        role_arn=table.matching("role_arn", _ROLE, "a role such as arn:aws:iam::123456789012:role/name"),
        endpoint_url=table.matching("endpoint_url", _URL, "an http or https address"),
        logs=table.choice("logs", schema.LOG_WAYS, "poll"),
        services=services,
        groups=_groups(table.table("groups", None), services),
        freeze=_windows(table, "freeze"),
        container_insights=table.flag("container_insights"),
        proven_in=table.text("proven_in"),
        runbooks=table.texts("runbooks"),
        github=local.github,
        telegram=local.telegram,
    )


def _windows(table: Table, key: str) -> tuple[Window, ...]:
    try:
        return tuple(window(text) for text in table.texts(key))
    except ValueError as error:
        table.refuse(key, f"cannot be read: {error}", 'write "Fri 16:00-Mon 08:00" or "22:00-06:00", in UTC')


@dataclass(frozen=True)
class _Rules:
    """What an environment says of the versions that all its services may run."""

    tags: str
    tag_rule: str
    critical_findings: str
    checklist: str


def _rules(table: Table, environment: Environment) -> _Rules:
    usual = "enforce" if environment.tier is Tier.PRODUCTION else "warn"
    return _Rules(
        tags=_pattern(table, "tags"),
        tag_rule=table.choice("tag_rule", schema.RULES, usual),
        critical_findings=table.choice("critical_findings", schema.RULES, "warn"),
        checklist=_list(table),
    )


def _pattern(table: Table, key: str) -> str:
    """``semver`` or a regular expression; empty when it is not there."""
    text = table.text(key)
    try:
        re.compile(text)
    except re.error as error:
        table.refuse(key, f"is {text!r}, not a regular expression: {error}", f'write "{schema.SEMVER}"')
    return text


def _list(table: Table) -> str:
    """A checklist; ``none`` where a service has none although its environment has one."""
    name = table.text("checklist")
    return "" if name == schema.NO_LIST else name


def _groups(table: Table, services: dict[str, ServiceSettings]) -> dict[str, tuple[tuple[str, ...], ...]]:
    """Name -> waves of aliases; the group of all services is there without being written."""
    known = {name: alias for alias, item in services.items() for name in (alias, *item.also)}
    groups: dict[str, tuple[tuple[str, ...], ...]] = {EVERY: (tuple(services),)} if services else {}
    for name in table.names(schema.ALIAS_LENGTH):
        group = table.table(name, schema.GROUP)
        waves = group.lists("waves")
        named = [alias for wave in waves for alias in wave]
        for alias in named:
            if alias not in known:
                group.refuse(
                    "waves", f"names {plain(alias)!r}, which is no service here", meant(alias, known)
                )
        found = tuple(tuple(known[alias] for alias in wave) for wave in waves)
        if len({alias for wave in found for alias in wave}) < len(named):
            group.refuse("waves", "names a service twice", "a service is in one wave")
        if not named:
            group.refuse("waves", "names no service", 'write waves = [["api"], ["worker"]]')
        groups[name] = found
    return groups


def _services(
    environment: Environment, table: Table, rules: _Rules, suppliers: LocalSuppliers, guard: GuardPolicy
) -> dict[str, ServiceSettings]:
    services: dict[str, ServiceSettings] = {}
    names: dict[str, str] = {}
    places: dict[tuple[str, str], str] = {}
    for alias in table.names(schema.ALIAS_LENGTH):
        mine = table.table(alias, schema.SERVICE)
        settings = _service(environment, alias, mine, rules, suppliers, guard)
        for name in (alias, *settings.also):
            if name in names:
                table.refuse(alias, f"is also called {name!r}, and so is {names[name]}", "names are unique")
            names[name] = alias
        place = (settings.cluster, settings.service)
        if place in places:
            table.refuse(alias, f"is the same service as {places[place]}", "one alias a service, see `also`")
        places[place] = alias
        services[alias] = settings
    return services


def _service(
    environment: Environment,
    alias: str,
    table: Table,
    rules: _Rules,
    suppliers: LocalSuppliers,
    guard: GuardPolicy,
) -> ServiceSettings:
    table.require("service", "write the service's name in its cluster")
    cluster = table.text("cluster") or environment.cluster
    if not cluster:
        table.refuse("cluster", "is missing, and the environment names none either")
    if not table.text("service"):
        table.refuse("service", "is empty", "write the service's name in its cluster")
    return ServiceSettings(
        address=Address(environment.system, environment.name, alias),
        service=table.text("service"),
        cluster=cluster,
        containers=table.texts("containers"),
        deploy=table.choice("deploy", schema.DEPLOY_WAYS, "pin"),
        soak=table.duration("soak", ServiceSettings.soak),
        no_check_healthy_after=table.duration(
            "no_check_healthy_after", ServiceSettings.no_check_healthy_after
        ),
        health=table.matching("health", _URL, "an http or https address"),
        health_words=data_tables.health_words(table),
        smoke=data_tables.smoke(table),
        validate=data_tables.validate(table),
        database=data_tables.database(table),
        migration=data_tables.migration(table),
        guard=guard_policy(table, guard),
        datadog=suppliers.datadog(table, table.text("service")),
        sentry=suppliers.sentry(table),
        also=table.other_names("also"),
        queue=table.matching("queue", _QUEUE, "the name of a queue, without its address"),
        tags=_pattern(table, "tags") or rules.tags,
        tag_rule=rules.tag_rule,
        critical_findings=rules.critical_findings,
        checklist=_list(table) if table.has("checklist") else rules.checklist,
        checklist_parameters=table.texts_by_name("checklist_parameters"),
    )
