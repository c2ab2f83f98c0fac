"""Migrations, smoke sequences, the way back of a database and validation, on the sandbox."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from console.aws.connect import connect
from console.config.loader import load
from console.domain.address import Address
from console.domain.operation import OperationEvent, Verb
from console.domain.wish import Wish
from console.journal.sqlite import SqliteJournal
from console.operations.engine import Engine
from console.operations.outside import Outside
from console.sandbox import fleet, folder
from console.web.client import WebClient
from console.web.secrets import References
from tests.contract.conftest import SandboxFactory
from tests.contract.shared_world import MARKET, SharedWorld, pretty
from tests.fakes import FakeClock

MEALS = Address("mealplanner", "production", "api")
MEALS_STAGING = Address("mealplanner", "staging", "api")


@dataclass
class Desk:
    """A console on a world of its own, with the applications within reach."""

    shared: SharedWorld
    outside: dict[str, Outside]
    asks: str = "stop"

    @property
    def engine(self) -> Engine:
        shared = self.shared
        platforms = {key: item.platform for key, item in shared.connections.items()}
        return Engine(
            platforms,
            shared.journal,
            shared.clock,
            shared.settings,
            60.0,
            asks=self.asks,
            outside=self.outside,
        )

    def carry(self, wish: Wish) -> list[OperationEvent]:
        engine = self.engine
        return list(engine.execute(engine.plan(wish), str(wish.address)))


@pytest.fixture
def open_desk(make_sandbox: SandboxFactory, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """``open_desk("mealplanner")``"""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    clients: list[WebClient] = []

    def make(*fleets: str) -> Desk:
        clock = FakeClock()
        sandbox = make_sandbox(*fleets, clock=clock)
        systems = fleet.configuration(sandbox.world, sandbox.endpoint)
        settings = load(folder.create(sandbox.world, sandbox.endpoint, systems).config)
        connections = connect(settings, clock)
        outside = {}
        for key, connection in connections.items():
            client = WebClient(clock, read_only=connection.settings.environment.read_only)
            clients.append(client)
            outside[key] = Outside(client, References(tmp_path, connection.secret))
        journal = SqliteJournal(settings.journal)
        return Desk(SharedWorld(sandbox, clock, settings, connections, journal), outside)

    yield make
    for client in clients:
        client.close()


def verdict(events: list[OperationEvent]) -> dict[str, Any]:
    assert events[-1].event == "verdict"
    return dict(events[-1].facts)


def test_a_migration_snapshots_first_and_runs_on_the_versions_digest(open_desk: Any) -> None:
    """SUCCEEDED; the snapshot is there, and the record knows that the schema has changed."""
    desk = open_desk("mealplanner")
    told = verdict(desk.carry(Wish(Verb.MIGRATE, MEALS, version="good")))
    assert told["verdict"] == "SUCCEEDED", pretty(told)
    rds = desk.shared.sandbox.client("rds", "mealplanner")
    names = [item["DBSnapshotIdentifier"] for item in rds.describe_db_snapshots()["DBSnapshots"]]
    assert "pre-migration-20261120-031247" in names
    tasks = desk.shared.connections["mealplanner/production"].platform.one_off_tasks(
        MEALS, "meal-planner-migration"
    )
    wanted = desk.shared.digest(MEALS, "good")
    assert [task.containers[0].digest for task in tasks] == [wanted]


def test_a_migration_that_fails_says_its_exit_code_and_its_last_lines(open_desk: Any) -> None:
    """The image dies before it is through: FAILED, and nothing of it is a success."""
    desk = open_desk("mealplanner")
    told = verdict(desk.carry(Wish(Verb.MIGRATE, MEALS, version="crash")))
    assert told["verdict"] == "FAILED", pretty(told)
    assert "exit code 1" in told["reason"]
    assert "its last line: " in told["reason"]
    assert "1 step before it done" in told["reason"]


def test_a_database_is_brought_back_by_hand_in_hand(open_desk: Any) -> None:
    """PAUSED before a person twice; each answer goes on where it stands; the new one serves at the end."""
    desk = open_desk("fairtradeworker")
    assert verdict(desk.carry(Wish(Verb.ROLLBACK, MARKET)))["verdict"] == "SUCCEEDED"
    desk.shared.wait(60)
    before = desk.shared.connections["fairtradeworker/production"].platform.status(MARKET)
    first = verdict(desk.carry(Wish(Verb.RESTORE, MARKET)))
    assert first["verdict"] == "PAUSED", pretty(first)
    assert "lead fairtradeworker/production/api to fairtradeworker-db-restored" in first["reason"]
    for _ in range(2):
        engine = desk.engine
        record = engine.attachable(Verb.RESTORE, MARKET)
        assert record is not None
        assert engine.answer(record.id, yes=True)
        last = verdict(list(engine.resume(record.id, goes_on=True)))
    assert last["verdict"] == "SUCCEEDED", pretty(last)
    after = desk.shared.connections["fairtradeworker/production"].platform.status(MARKET)
    assert (after.desired, after.running) == (before.desired, before.desired)
    assert desk.shared.calls("rds.RestoreDBInstanceFromDBSnapshot") == 1
