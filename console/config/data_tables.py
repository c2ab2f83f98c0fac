"""The tables of a service about its data and about trying it out: read as strictly as the rest."""

import tomllib
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from console.config import schema
from console.config.data import DatabaseSettings, MigrationSettings, ValidateSettings
from console.config.table import Table
from console.domain.health import HealthWords
from console.domain.smoke import SmokeSequence, SmokeStep
from console.domain.web import READING_METHODS
from console.domain.windows import Window, window

_URL = r"https?://[^\s/]+\S*"
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
DOES = ("reads", "writes")
LONGEST_STEP_S = 60


def smoke(service: Table, key: str = "smoke") -> SmokeSequence | None:
    """``[…services.ALIAS.smoke]``; ``None`` when it is not there. A ``file`` holds the same table."""
    if not service.has(key):
        return None
    table = service.table(key, schema.SMOKE)
    path = table.file("file")
    if path is not None:
        table = _from_file(table, path)
    table.require("base", "write the address before every path")
    sequence = SmokeSequence(
        base=table.matching("base", _URL, "an http or https address").rstrip("/"),
        steps=tuple(_step(row) for row in table.rows("steps", schema.SMOKE_STEP)),
        variables=table.texts_by_name("variables"),
        secrets=_references(table),
    )
    if not sequence.steps:
        table.refuse("steps", "has no step", "write [[…smoke.steps]] with a name and a path")
    return sequence


def _from_file(table: Table, path: Path) -> Table:
    if table.has("steps"):
        table.refuse("file", "stands beside steps", "write the steps in one place")
    try:
        content = tomllib.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        table.refuse("file", f"names {path}, which is not TOML: {error}")
    return Table(path, "", content, tuple(name for name in schema.SMOKE if name != "file"))


def _references(table: Table) -> Mapping[str, str]:
    secrets = table.table("secrets", None)
    return {name: secrets.reference(name) for name in secrets.entries()}


def _step(table: Table) -> SmokeStep:
    table.require("name", "say what it tries out")
    method = table.choice("method", METHODS, "GET")
    usual = "reads" if method in READING_METHODS else "writes"
    limit = table.duration("limit", SmokeStep.limit)
    if not 0 < limit.total_seconds() <= LONGEST_STEP_S:
        table.refuse("limit", f"is not within {LONGEST_STEP_S} s")
    return SmokeStep(
        name=table.text("name"),
        method=method,
        path=table.text("path", "/"),
        headers=table.texts_by_name("headers"),
        json=table.plain_value("json"),
        expect_status=table.numbers("expect_status", 100, 599),
        expect=tuple(_expression(table, "expect", text) for text in table.texts("expect")),
        capture={
            name: _expression(table, "capture", text) for name, text in table.texts_by_name("capture").items()
        },
        writes=table.choice("does", DOES, usual) == "writes",
        limit=limit,
        within=table.duration("within", limit) if table.has("within") else None,
        fatal=table.flag("fatal") if table.has("fatal") else True,
    )


def _expression(table: Table, key: str, text: str) -> str:
    """A JMESPath expression that can be read (jmespath.org, specification)."""
    import jmespath
    from jmespath.exceptions import JMESPathError

    try:
        jmespath.compile(text)
    except JMESPathError as error:
        table.refuse(key, f"has {text!r}, which is no JMESPath: {str(error).splitlines()[0]}")
    return text


def health_words(service: Table) -> HealthWords:
    """``[…services.ALIAS.health_words]``"""
    table = service.table("health_words", schema.HEALTH_WORDS)
    read, usual = partial(_expression, table), HealthWords()
    return HealthWords(
        status=read("status", table.text("status", usual.status)),
        version=read("version", table.text("version", usual.version)),
        dependencies={
            name: read("dependencies", text) for name, text in table.texts_by_name("dependencies").items()
        },
        ok=_lower(table, "ok") or usual.ok,
        degraded=_lower(table, "degraded") or usual.degraded,
        failing=_lower(table, "failing") or usual.failing,
    )


def _lower(table: Table, key: str) -> tuple[str, ...]:
    return tuple(word.lower() for word in table.texts(key))


def migration(service: Table) -> MigrationSettings | None:
    """``[…services.ALIAS.migration]``; ``None`` when it is not there."""
    if not service.has("migration"):
        return None
    table = service.table("migration", schema.MIGRATION)
    table.require("definition", "write the family of the task definition that migrates")
    return MigrationSettings(
        definition=table.text("definition"),
        container=table.text("container"),
        command=table.words("command"),
        verify=table.words("verify"),
        reverse=table.words("reverse"),
    )


def database(service: Table) -> DatabaseSettings | None:
    """``[…services.ALIAS.database]``; ``None`` when it is not there."""
    if not service.has("database"):
        return None
    table = service.table("database", schema.DATABASE)
    table.require("name", "write the instance's name")
    return DatabaseSettings(
        name=table.text("name"),
        repoint=table.text("repoint"),
        security_groups=table.texts("security_groups"),
        backup=_window(table, "backup"),
        maintenance=_window(table, "maintenance"),
    )


def _window(table: Table, key: str) -> Window | None:
    """Hours of the day, or of one day of the week; ``None`` when it is not there."""
    text = table.text(key)
    if not text:
        return None
    try:
        return window(text)
    except ValueError:
        table.refuse(key, f"is {text!r}, not a window", 'write "03:00-04:00" or "Sun 04:00-05:00", in UTC')


def validate(service: Table) -> ValidateSettings:
    """``[…services.ALIAS.validate]``"""
    table, usual = service.table("validate", schema.VALIDATE), ValidateSettings()
    return ValidateSettings(
        error_share=table.number("error_percent", usual.error_share * 100, 0, 100) / 100,
        p95=table.duration_or_none("p95"),
        p99=table.duration_or_none("p99"),
        cpu=table.number("cpu_percent", 0, 0, 100) or None,
        log_errors=table.number("log_errors", usual.log_errors, 0, 1_000_000),
        sentry_errors=int(table.number("sentry_errors", usual.sentry_errors, 1, 1_000_000)),
    )
