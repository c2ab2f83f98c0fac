"""The database behind a service: its snapshot, its windows, its migration."""

from collections.abc import Iterable
from datetime import timedelta

from console.checklists.context import CheckContext
from console.checklists.from_findings import failed, not_applicable, passed, unknown
from console.checklists.given import Given
from console.checklists.registry import REGISTRY
from console.domain.checklist import Result
from console.domain.database import Database
from console.domain.operation import Entry, Verb, Verdict
from console.domain.words import age
from console.errors import QuarterdeckError

_MINUTE_S = 60.0


def _database(context: CheckContext, given: Given) -> Database | Result:
    configured = context.settings.database
    name = given.text("database", configured.name if configured is not None else "")
    if not name:
        return not_applicable("no database is configured")
    found = context.once(f"database {name}", lambda: context.platform.database(name))
    return found if found is not None else unknown(f"there is no instance {name}", "correct its name")


@REGISTRY.check(
    "database.snapshot",
    "its newest snapshot is fresh",
    parameters={"within": "not older than that (24h)", "database": "else the configured one"},
    every_s=_MINUTE_S,
)
def snapshot(context: CheckContext, given: Given) -> Result:
    """The newest that can be restored from, made by whom ever."""
    database = _database(context, given)
    if isinstance(database, Result):
        return database
    usable = [item for item in database.snapshots if item.is_usable and item.at is not None]
    making = next((item for item in database.snapshots if item.state == "creating"), None)
    newest = max(usable, key=lambda item: item.at or context.clock.now(), default=None)
    how = f"quarterdeck migrate takes one, or make one of {database.name} now"
    if newest is None or newest.at is None:
        more = f"; {making.name} is being made" if making is not None else ""
        return failed(f"{database.name} has no snapshot{more}", how)
    limit = given.length("within", timedelta(hours=24))
    old = context.clock.now() - newest.at
    said = f"{age(old.total_seconds())} old, {newest.name}"
    if old > limit:
        more = f"; {making.name} is being made" if making is not None else ""
        return failed(f"{said} · limit {age(limit.total_seconds())}{more}", how)
    return passed(said)


@REGISTRY.check(
    "database.window",
    "it is not being backed up or maintained now",
    parameters={"database": "else the configured one"},
    every_s=_MINUTE_S,
)
def window(context: CheckContext, given: Given) -> Result:
    """By the configured windows, else by RDS's own; times are UTC."""
    now, configured = context.clock.now(), context.settings.database
    if configured is not None:
        for name, hours in (("backup", configured.backup), ("maintenance", configured.maintenance)):
            if hours is not None and not hours.left(now):
                return failed(f"within its {name} window, {hours} UTC", "wait until it is over")
        if configured.backup is not None and configured.maintenance is not None:
            return passed(f"outside of {configured.backup} and {configured.maintenance} UTC")
    database = _database(context, given)
    if isinstance(database, Result):
        return database
    if within := database.window_at(now):
        return failed(f"within its {within} UTC", "wait until it is over")
    return passed(f"outside of {database.backup_window or 'any window'} UTC")


@REGISTRY.check(
    "database.available",
    "it is available",
    parameters={"database": "else the configured one"},
    every_s=30,
)
def available(context: CheckContext, given: Given) -> Result:
    """As its keeper says; whether the service reaches it is for its health."""
    database = _database(context, given)
    if isinstance(database, Result):
        return database
    if database.state == "available":
        return passed(f"{database.name} is available")
    return failed(f"{database.name} is {database.state}", "wait until it is available")


@REGISTRY.check("migration.done", "the migration has run on what is released", every_s=_MINUTE_S)
def migrated(context: CheckContext, given: Given) -> Result:
    """One that we ran, by digest; of one that CI or a shell ran nobody here can tell."""
    if context.settings.migration is None:
        return not_applicable("no migration is configured")
    digest = context.facts.get("digest")
    for record in context.journal.operations(str(context.address), 200):
        same = digest and record.target.get("digest") == digest
        if record.verb not in (Verb.MIGRATE, Verb.DEPLOY) or not same:
            continue
        if record.verb is Verb.MIGRATE and record.verdict is Verdict.SUCCEEDED:
            return passed(f"run by {record.actor}", record.id)
        if _has_run(context.journal.entries(record.id)):
            return passed(f"run with the deploy of {record.actor}", record.id)
    return unknown("none that we ran; of CI's or a shell's nobody here can tell", "quarterdeck migrate")


def _has_run(entries: Iterable[Entry]) -> bool:
    """Whether a one-off task was sent among an operation's actions, and came to its good end."""
    kept = list(entries)
    tasks = {entry.facts.get("action") for entry in kept if entry.facts.get("kind") == "run_task"}
    return any(entry.event == "reached" and entry.facts.get("action") in tasks for entry in kept)


@REGISTRY.check("migration.none_running", "no migration is under way", every_s=15)
def none_running(context: CheckContext, given: Given) -> Result:
    """One-off tasks of the configured definition, by whomever."""
    migration = context.settings.migration
    if migration is None:
        return not_applicable("no migration is configured")
    try:
        tasks = context.platform.one_off_tasks(context.address, migration.definition)
    except QuarterdeckError as error:
        return unknown(error.message, error.remedy)
    running = [task for task in tasks if not task.is_stopped]
    return failed(f"{running[0].id[:8]} is running", "wait for its end") if running else passed("none")
