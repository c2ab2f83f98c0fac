"""Change the schema by a one-off task on the version's own digest, with a snapshot before it."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from console.config.data import DatabaseSettings, MigrationSettings
from console.config.settings import Settings
from console.domain.action import MIGRATION, Action, ActionKind
from console.domain.database import Database
from console.domain.operation import Check, CheckState, Mechanism, OperationRecord, Plan, Verb
from console.domain.release import Release
from console.domain.version import short_digest
from console.domain.wish import Wish
from console.domain.words import from_utc, time_of_day
from console.errors import QuarterdeckError, RefusedError
from console.operations import ulid
from console.operations.bearings import Bearings, outline
from console.ports import Clock


def plan_migrate(bearings: Bearings, wish: Wish, settings: Settings, clock: Clock) -> Plan:
    """The plan to run the configured migration, at a version of the registry or at the live one.

    Raises:
        RefusedError: when none is configured.
        UnknownVersionError: when the registry does not hold the version.
    """
    if bearings.settings.migration is None:
        raise RefusedError(
            f"{bearings.address} has no migration",
            "configure its migration: the task that changes the schema",
        )
    live = bearings.live
    target = bearings.platform.candidate(bearings.address, live, wish.version) if wish.version else live
    effect = f"the schema becomes that of {target.version.label}; what runs stays {live.version.label}"
    plan = outline(bearings, Verb.MIGRATE, Mechanism.ACTIONS, live, target, effect, settings, clock)
    return replace(
        plan,
        actions=actions(bearings, target, clock),
        checks=checks(bearings, clock),
        remarks=remarks(bearings),
    )


def actions(bearings: Bearings, target: Release, clock: Clock) -> tuple[Action, ...]:
    """Snapshot, migration, verification: as far as they are configured; nothing without a migration.

    A name that exists is no fresh snapshot, so that the time is in it.
    """
    migration, database = bearings.settings.migration, bearings.settings.database
    if migration is None:
        return ()
    found: list[Action] = []
    now = clock.now()
    if database is not None:
        name = f"pre-migration-{now:%Y%m%d-%H%M%S}"
        found.append(
            Action(
                ActionKind.SNAPSHOT,
                f"snapshot {name} of {database.name}",
                {"database": database.name, "snapshot": name},
                undo="it stays; delete it when nobody needs it any more",
            )
        )
    digest = target.digests.get(target.main)
    said = f"migration {migration.definition} on {target.version.label}"
    found.append(
        Action(
            ActionKind.RUN_TASK,
            f"{said} ({short_digest(digest)})" if digest else said,
            {**_task(migration, target, migration.command, now), "purpose": MIGRATION},
            undo=way_back(bearings),
            irreversible=True,
        )
    )
    if migration.verify:
        said = f"verify the schema: {' '.join(migration.verify)}"
        found.append(Action(ActionKind.RUN_TASK, said, _task(migration, target, migration.verify, now)))
    return tuple(found)


def checks(bearings: Bearings, clock: Clock) -> tuple[Check, ...]:
    """Whether another migration runs, and whether the database may be touched now."""
    migration, database = bearings.settings.migration, bearings.settings.database
    found = [_alone(bearings, migration)] if migration is not None else []
    if migration is not None and database is not None:
        found.append(_database(bearings, database, clock.now()))
    return tuple(found)


def remarks(bearings: Bearings) -> tuple[str, ...]:
    """What else there is to know before a migration."""
    if bearings.settings.migration is None:
        return ()
    said = [f"way back of the data: {way_back(bearings)}"]
    if bearings.settings.database is None:
        said.append("no database is configured: no snapshot is taken before the migration")
    return tuple(said)


def way_back(bearings: Bearings) -> str:
    """How a migration is taken back."""
    migration, database = bearings.settings.migration, bearings.settings.database
    ways = []
    if database is not None:
        ways.append("a restore brings the snapshot into a new instance")
    if migration is not None and migration.reverse:
        ways.append(f"the reverse script: {' '.join(migration.reverse)}")
    return "; or ".join(ways) or "none is configured: neither a database nor a reverse script"


def migrated_at(record: OperationRecord) -> datetime | None:
    """When an operation of ours has changed the schema; ``None``: it has not."""
    fact = record.target.get(MIGRATION)
    at = fact.get("at") if isinstance(fact, Mapping) else None
    return from_utc(at) if isinstance(at, str) else None


def _task(
    migration: MigrationSettings, target: Release, command: tuple[str, ...], now: datetime
) -> dict[str, object]:
    container = migration.container or target.main
    digest = target.digests.get(target.main)
    return {
        "definition": migration.definition,
        "container": container,
        "images": {container: digest} if digest else {},
        "command": list(command),
        "token": ulid.new(now),
    }


def _alone(bearings: Bearings, migration: MigrationSettings) -> Check:
    name = "no migration running"
    try:
        tasks = bearings.platform.one_off_tasks(bearings.address, migration.definition)
    except QuarterdeckError as error:
        return Check(name, CheckState.UNKNOWN, f"cannot be read: {error.message}")
    running = [task for task in tasks if not task.is_stopped]
    if not running:
        return Check(name, CheckState.PASS, f"no task of {migration.definition}")
    since = f" since {time_of_day(running[0].created_at)}" if running[0].created_at else ""
    said = f"task {running[0].id[:8]} of {migration.definition} is {running[0].status}{since}"
    return Check(name, CheckState.FAIL, said, "wait for its end")


def _database(bearings: Bearings, configured: DatabaseSettings, now: datetime) -> Check:
    name = configured.name
    try:
        found = bearings.platform.database(name)
    except QuarterdeckError as error:
        return Check("database", CheckState.UNKNOWN, f"cannot be read: {error.message}")
    if found is None:
        return Check("database", CheckState.FAIL, f"there is no {name}", "correct database.name")
    if found.state != "available":
        return Check("database", CheckState.FAIL, f"{name} is {found.state}", "wait until it is available")
    window = _window(configured, found, now)
    if window:
        said = f"{name} is in its {window} UTC"
        return Check("database", CheckState.UNKNOWN, said, "better wait until it is over")
    return Check("database", CheckState.PASS, f"{name} is available, outside its windows")


def _window(configured: DatabaseSettings, found: Database, now: datetime) -> str:
    """The window in which that moment lies, in words; the configured hours stand in for those of RDS."""
    for kind, hours in (("backup", configured.backup), ("maintenance", configured.maintenance)):
        if hours is not None and not hours.left(now):
            return f"{kind} window {hours}"
    told = replace(
        found,
        backup_window="" if configured.backup else found.backup_window,
        maintenance_window="" if configured.maintenance else found.maintenance_window,
    )
    return told.window_at(now)
