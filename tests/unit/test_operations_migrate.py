"""Migrations: what is planned, in which order, and what speaks against it."""

from dataclasses import replace
from pathlib import Path

import pytest

from console.config.data import DatabaseSettings, MigrationSettings
from console.config.settings import EnvironmentSettings, ServiceSettings, Settings
from console.domain.action import ActionKind, ActionSight, ActionState
from console.domain.database import Database
from console.domain.operation import CheckState, Plan, Verb
from console.domain.windows import window
from console.domain.wish import Wish
from console.errors import EndpointError, RefusedError
from console.operations.engine import Engine
from tests.builders import (
    ADDRESS,
    CLUSTER,
    NEW_DIGEST,
    NOW,
    OLD_DIGEST,
    a_new_release,
    a_stopped_task,
    a_task,
    an_observation,
)
from tests.fakes import FakeClock, FakePlatform, MemoryJournal

FAMILY = "rugmunch-migration"
DATABASE = Database("rugmunch-db", "available", backup_window="01:00-02:00")
MIGRATION = MigrationSettings(FAMILY, "migration", ("npm", "run", "migrate"), ("npm", "run", "verify"))
CONFIGURED = DatabaseSettings("rugmunch-db")


class Shop:
    """A service with a migration and a database."""

    def __init__(
        self,
        migration: MigrationSettings | None = MIGRATION,
        database: DatabaseSettings | None = CONFIGURED,
    ) -> None:
        self.platform = FakePlatform(an_observation())
        self.platform.candidates["v1.4.3"] = a_new_release()
        self.platform.databases["rugmunch-db"] = DATABASE
        self.journal = MemoryJournal()
        environment = self.platform.environment
        service = ServiceSettings(ADDRESS, "rugmunch-api", CLUSTER, database=database, migration=migration)
        settings = Settings(
            Path("config.toml"),
            Path("journal.db"),
            Path("cache"),
            environments={environment.key: EnvironmentSettings(environment, services={"api": service})},
        )
        self.engine = Engine({environment.key: self.platform}, self.journal, FakeClock(), settings)

    def plan(self, version: str = "v1.4.3") -> Plan:
        return self.engine.plan(Wish(Verb.MIGRATE, ADDRESS, version=version))

    def check(self, name: str) -> tuple[CheckState, str]:
        (found,) = [item for item in self.plan().checks if item.name == name]
        return found.state, found.evidence


def test_a_snapshot_comes_first_and_everything_runs_on_the_versions_digest() -> None:
    """The snapshot's name has the time in it: one that exists is no fresh one."""
    plan = Shop().plan()

    snapshot, migrate, verify = plan.actions
    assert [item.kind for item in plan.actions] == [ActionKind.SNAPSHOT, *[ActionKind.RUN_TASK] * 2]
    assert snapshot.parameters == {
        "database": "rugmunch-db",
        "snapshot": f"pre-migration-{NOW:%Y%m%d-%H%M%S}",
    }
    for action, command in ((migrate, ["npm", "run", "migrate"]), (verify, ["npm", "run", "verify"])):
        assert action.parameters["definition"] == FAMILY
        assert action.parameters["images"] == {"migration": NEW_DIGEST}
        assert action.parameters["command"] == command
    assert (snapshot.irreversible, migrate.irreversible, verify.irreversible) == (False, True, False)
    assert migrate.parameters["token"] != verify.parameters["token"]
    assert "what runs stays v1.4.2" in plan.effect


def test_without_a_version_it_runs_on_what_runs() -> None:
    assert Shop().plan("").actions[1].parameters["images"] == {"migration": OLD_DIGEST}


def test_what_is_not_there_is_said() -> None:
    """No database: no snapshot; no way back at all: that too."""
    bare = Shop(database=None)
    plan = bare.plan()
    assert [item.kind for item in plan.actions] == [ActionKind.RUN_TASK] * 2
    assert any("no database is configured" in item for item in plan.remarks)
    assert "neither a database nor a reverse script" in plan.actions[0].undo
    reversible = Shop(replace(MIGRATION, reverse=("npm", "run", "down")), database=None)
    assert reversible.plan().actions[0].undo == "the reverse script: npm run down"
    with pytest.raises(RefusedError, match="has no migration"):
        Shop(migration=None).plan()


def test_two_migrations_never_run_at_once() -> None:
    shop = Shop()
    shop.platform.errands[FAMILY] = (a_stopped_task(),)
    assert shop.check("no migration running")[0] is CheckState.PASS
    shop.platform.errands[FAMILY] = (a_task(), a_stopped_task())
    assert shop.check("no migration running")[0] is CheckState.FAIL
    with pytest.raises(RefusedError, match="no migration running"):
        list(shop.engine.execute(shop.plan(), "production/api"))
    assert shop.platform.performed == []
    shop.platform.fail("one_off_tasks", EndpointError("ecs did not answer"))
    assert shop.check("no migration running") == (CheckState.UNKNOWN, "cannot be read: ecs did not answer")


@pytest.mark.parametrize(
    ("found", "state"),
    [
        (DATABASE, CheckState.PASS),
        (replace(DATABASE, backup_window="03:00-04:00"), CheckState.UNKNOWN),
        (replace(DATABASE, maintenance_window="fri:03:00-fri:04:00"), CheckState.UNKNOWN),
        (replace(DATABASE, state="backing-up"), CheckState.FAIL),
        (None, CheckState.FAIL),
    ],
)
def test_the_database_may_be_touched_now(found: Database | None, state: CheckState) -> None:
    """It is 03:12 on a Friday."""
    shop = Shop()
    shop.platform.databases = {"rugmunch-db": found} if found else {}
    assert shop.check("database")[0] is state


@pytest.mark.parametrize(
    ("hours", "state"), [("03:00-04:00", CheckState.UNKNOWN), ("05:00-06:00", CheckState.PASS)]
)
def test_the_configured_hours_stand_in_for_those_of_rds(hours: str, state: CheckState) -> None:
    """A team knows its backups better."""
    shop = Shop(database=DatabaseSettings("rugmunch-db", backup=window(hours)))
    shop.platform.databases["rugmunch-db"] = replace(DATABASE, backup_window="03:00-04:00")
    assert shop.check("database")[0] is state


def test_the_journal_knows_that_the_schema_has_changed_even_if_its_verification_fails() -> None:
    """What failed afterwards does not undo it."""
    shop = Shop()
    task = {"task": "0f3a"}
    shop.platform.sights[ActionKind.RUN_TASK] = [
        ActionSight(ActionState.DONE, "task 0f3a ended with exit code 0", task),
        ActionSight(ActionState.FAILED, "task 77aa: exit code 1"),
    ]
    last = list(shop.engine.execute(shop.plan(), "production/api"))[-1]
    assert last.facts["verdict"] == "FAILED"
    (record,) = shop.journal.operations()
    fact = record.target["migration"]
    assert isinstance(fact, dict)
    assert fact["task"] == "0f3a"
