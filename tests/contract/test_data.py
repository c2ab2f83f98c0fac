"""Migrations, the way back of a database, and validation, on the sandbox and on its clock."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from console.aws.connect import connect
from console.config.loader import load
from console.domain.action import ActionKind
from console.domain.address import Address
from console.domain.findings import Finding
from console.domain.operation import OperationEvent, Verb
from console.domain.wish import Wish
from console.errors import RefusedError
from console.journal.sqlite import SqliteJournal
from console.operations.engine import Engine
from console.operations.outside import Outside
from console.operations.settled import wanted
from console.operations.validate import Sources, validate
from console.sandbox import fleet, folder
from console.web.client import WebClient
from console.web.secrets import References
from tests.contract.conftest import SandboxFactory
from tests.contract.shared_world import MARKET, SharedWorld, pretty
from tests.fakes import FakeClock

MEALS = Address("mealplanner", "production", "api")
RESTORE, MIGRATE = Wish(Verb.RESTORE, MARKET), Wish(Verb.MIGRATE, MEALS, version="good")
WRITES = (
    "application-autoscaling.RegisterScalableTarget",
    "ecs.UpdateService",
    "rds.RestoreDBInstanceFromDBSnapshot",
    "rds.ModifyDBInstance",
)


@dataclass
class Desk:
    """A headless console on a world of its own, with the applications within reach."""

    shared: SharedWorld
    outside: dict[str, Outside]
    looks_away_s: float = 400.0

    def engine(self, until: str = "done") -> Engine:
        """As a process of its own makes it: it waits for no person."""
        shared = self.shared
        return Engine(
            {key: item.platform for key, item in shared.connections.items()},
            shared.journal,
            shared.clock,
            shared.settings,
            until=until,
            asks="stop",
            outside=self.outside,
        )

    def begin(self, wish: Wish, until: str = "done") -> Iterator[OperationEvent]:
        """The events of a wish that is planned and confirmed."""
        engine = self.engine(until)
        return engine.execute(engine.plan(wish), str(wish.address))

    def carry(self, wish: Wish, until: str = "done") -> dict[str, Any]:
        """Plan, confirm and carry out; the verdict's facts."""
        return self.follow(self.begin(wish, until))

    def follow(self, events: Iterator[OperationEvent]) -> dict[str, Any]:
        """The verdict's facts."""
        last = None
        for last in events:
            self.look_away(last)
        assert last is not None and last.event == "verdict"
        return dict(last.facts)

    def kill(self, wish: Wish, event: str, nth: int = 1) -> None:
        """The process that carries a wish is gone once it has said an event for the nth time."""
        for said in self.begin(wish):
            nth -= said.event == event
            if nth == 0:
                return
            self.look_away(said)
        raise AssertionError(f"{event} was not said so often")

    def look_away(self, event: OperationEvent) -> None:
        """After each call: what takes long over there is then over at the next look."""
        if event.event in ("performed", "accepted", "unanswered", "resumed"):
            self.shared.wait(self.looks_away_s)

    def again(self, wish: Wish, answer: str = "") -> dict[str, Any]:
        """The same command once more, or an answer to what is asked; the verdict's facts."""
        engine = self.engine()
        record = engine.attachable(wish.verb, wish.address)
        assert record is not None
        if answer:
            engine.answer(record.id, yes=answer == "yes")
        return self.follow(engine.resume(record.id, goes_on=answer == "yes"))

    def validate(self, address: Address, version: str = "") -> dict[str, Finding]:
        """Every finding of a service, by its name, in their order."""
        key = address.place
        found = self.shared.connections[key]
        sources = Sources(found.platform, found.signals, found.logs, self.outside[key], self.shared.clock)
        should = wanted(address, self.shared.journal.operations(str(address)))
        findings = validate(self.shared.settings.service(address), sources, should, version)
        return {item.name: item for item in findings}

    def counts(self, address: Address) -> tuple[object, ...]:
        """Desired, running, and what of autoscaling is suspended."""
        platform = self.shared.connections[address.place].platform
        status, scaling = platform.status(address), platform.scaling(address)
        return status.desired, status.running, scaling.suspended if scaling else None

    def break_down(self, fault: str, address: Address) -> None:
        body = {
            "fault": fault,
            "fleet": address.system,
            "environment": address.environment,
            "service": address.alias,
        }
        assert self.shared.sandbox.control("POST", "world", body)[0] == 200


@pytest.fixture
def open_desk(make_sandbox: SandboxFactory, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """``open_desk("mealplanner")``: nothing is under way there."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    clients: list[WebClient] = []

    def make(*fleets: str) -> Desk:
        clock = FakeClock()
        sandbox = make_sandbox(*fleets, clock=clock, calm=True)
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


def rows(found: dict[str, Finding]) -> list[str]:
    return [f"{item.outcome.value} {item.name}" for item in found.values()]


# migrations


def test_a_migration_snapshots_first_and_runs_on_the_versions_digest(open_desk: Any) -> None:
    """SUCCEEDED; the snapshot is there, and nothing is shipped."""
    desk = open_desk("mealplanner")
    told = desk.carry(MIGRATE)
    assert told["verdict"] == "SUCCEEDED", pretty(told)
    rds = desk.shared.sandbox.client("rds", "mealplanner")
    names = [item["DBSnapshotIdentifier"] for item in rds.describe_db_snapshots()["DBSnapshots"]]
    assert "pre-migration-20261120-031247" in names
    platform = desk.shared.connections["mealplanner/production"].platform
    tasks = platform.one_off_tasks(MEALS, "meal-planner-migration")
    assert [task.containers[0].digest for task in tasks] == [desk.shared.digest(MEALS, "good")]
    assert desk.shared.calls("ecs.UpdateService") == 0


def test_a_migration_that_fails_says_its_exit_code_and_its_last_lines(open_desk: Any) -> None:
    """The image dies before it is through: FAILED, and nothing of it is a success."""
    desk = open_desk("mealplanner")
    told = desk.carry(Wish(Verb.MIGRATE, MEALS, version="crash"))
    assert told["verdict"] == "FAILED", pretty(told)
    assert "exit code 1" in told["reason"]
    assert "its last line: " in told["reason"]
    assert "1 step before it done" in told["reason"]


def test_a_migration_that_fails_stops_its_deploy_before_anything_is_shipped(open_desk: Any) -> None:
    """The snapshot stays, the service is as it was."""
    desk = open_desk("mealplanner")
    told = desk.carry(Wish(Verb.DEPLOY, MEALS, version="crash"))
    assert told["verdict"] == "FAILED", pretty(told)
    assert "exit code 1" in told["reason"]
    shared = desk.shared
    assert (shared.calls("rds.CreateDBSnapshot"), shared.calls("ecs.RunTask")) == (1, 1)
    assert shared.calls("ecs.UpdateService") == 0
    assert "OK steady" in rows(desk.validate(MEALS))


def test_a_migration_whose_answer_is_lost_is_found_again_and_run_once(open_desk: Any) -> None:
    """The task was started; its exit code is the outcome."""
    desk = open_desk("mealplanner")
    desk.shared.sandbox.fault("ecs.RunTask", "reset", when="after")
    told = desk.carry(MIGRATE)
    assert told["verdict"] == "SUCCEEDED", pretty(told)
    assert desk.shared.calls("ecs.RunTask") == 1


@pytest.mark.parametrize("event", ["sent", "performed"])
def test_a_migration_whose_process_is_gone_is_followed_to_its_exit_code(open_desk: Any, event: str) -> None:
    """Whatever was sent is looked for, and nothing is sent again; what never was is said."""
    desk = open_desk("mealplanner")
    desk.kill(MIGRATE, event, nth=2)
    told = desk.again(MIGRATE)
    ran = desk.shared.calls("ecs.RunTask")
    assert (told["verdict"], ran) == (("FAILED", 0) if event == "sent" else ("SUCCEEDED", 1)), pretty(told)
    assert ("never carried out" in told["reason"]) == (event == "sent")


def test_after_snapshot_migration_and_all_steps_the_new_version_is_validated(open_desk: Any) -> None:
    """LINEAR, the old one kept for a day: the new one serves everything, and that is steady."""
    desk = open_desk("mealplanner")
    desk.looks_away_s = 1200.0
    told = desk.carry(Wish(Verb.DEPLOY, MEALS, version="good"), until="bake")
    assert told["verdict"] == "BAKING", pretty(told)

    found = desk.validate(MEALS)

    assert {name for name, item in found.items() if item.outcome.value == "NG"} == set(), rows(found)
    assert rows(found)[:3] == ["OK version", "OK steady", "OK targets"]
    assert "still stands beside it until" in found["steady"].said
    assert found["smoke: recipes"].outcome.value == "OK"
    assert found["smoke: create a meal plan"].outcome.value == "SKIP"


# validation


def test_an_environment_is_validated_after_all_of_it_was_deployed(open_desk: Any) -> None:
    """Every service steady on the wanted digest, whichever repository it is from; another one is not."""
    desk = open_desk("clever-better")
    for alias in ("bot", "ml-service", "data-ingestion"):
        address = Address("clever-better", "production", alias)
        told = desk.carry(Wish(Verb.DEPLOY, address, version="v2.9.0"))
        assert told["verdict"] == "SUCCEEDED", pretty(told)
        for version in ("", "v2.9.0"):
            found = desk.validate(address, version)
            assert rows(found)[:2] == ["OK version", "OK steady"], rows(found)
            assert not [row for row in rows(found) if row.startswith("NG")], rows(found)
        assert desk.validate(address, "v2.9.2")["version"].said.endswith("runs, not v2.9.2")


def test_a_lost_database_is_not_well_and_what_is_only_reported_comes_after_what_is_fatal(
    open_desk: Any,
) -> None:
    """Verified while all is well; then the fatal ones stop it, and their order is the configured one."""
    desk = open_desk("fairtradeworker")
    well = desk.validate(MARKET)
    desk.break_down("database-down", MARKET)
    down = desk.validate(MARKET)

    must = [
        "health",
        "database",
        "smoke: health answers",
        "smoke: jobs are valid JSON",
        "smoke: database connected",
    ]
    reported = ["errors", "p99", "CPU", "log errors", "Sentry"]
    order = [name for name in well if name in (*must, *reported)]
    assert order == [*must, *reported]
    assert not [row for row in rows(well) if row.startswith("NG")], rows(well)
    assert {name: down[name].outcome.value for name in must} == {
        **dict.fromkeys(must[:2], "NG"),
        **dict.fromkeys(must[2:], "SKIP"),
    }
    assert down["database"].said == "disconnected"
    assert list(down)[-1] == "figures, log"


# the way back of a database


def test_a_database_is_brought_back_by_hand_in_hand(open_desk: Any) -> None:
    """PAUSED before a person twice; until the first answer everything can be taken back, and the old
    instance is not touched; the new one serves at the end, with counts and autoscaling as before."""
    desk = open_desk("fairtradeworker")
    before = desk.counts(MARKET)
    plan = desk.engine().plan(RESTORE)
    asks = [number for number, action in enumerate(plan.actions) if action.kind is ActionKind.ASK]
    assert not [action.said for action in plan.actions[: asks[-1] + 1] if action.irreversible]
    assert all(action.undo for action in plan.actions[: asks[-1] + 1])

    first = desk.carry(RESTORE)
    assert first["verdict"] == "PAUSED", pretty(first)
    assert "lead fairtradeworker/production/api to fairtradeworker-db-restored" in first["reason"]
    assert desk.counts(MARKET) == (0, 0, ("in", "out", "scheduled"))
    assert desk.again(RESTORE)["verdict"] == "PAUSED"
    second = desk.again(RESTORE, "yes")
    assert (second["verdict"], desk.counts(MARKET)[0]) == ("PAUSED", 0), pretty(second)
    last = desk.again(RESTORE, "yes")

    assert last["verdict"] == "SUCCEEDED", pretty(last)
    assert desk.counts(MARKET) == before
    assert [desk.shared.calls(name) for name in WRITES] == [2, 3, 1, 1]
    assert last["to"]["version"] == "v2.7.1"
    found = desk.validate(MARKET)
    assert found["version"].outcome.value == found["database"].outcome.value == "OK", rows(found)


def test_a_restore_that_is_refused_at_its_question_is_taken_back_whole(open_desk: Any) -> None:
    """The process that asked is gone; *no* says the way back, and that brings everything back."""
    desk = open_desk("fairtradeworker")
    before = desk.counts(MARKET)
    desk.kill(RESTORE, "asked")
    with pytest.raises(RefusedError, match=r"a restore of .* is under way"):
        desk.carry(Wish(Verb.RESTORE, MARKET, database="another-name"))

    told = desk.again(RESTORE, "no")

    assert (told["verdict"], told["by"]) == ("FAILED", "operator"), pretty(told)
    assert "undrain brings back 3, on fairtradeworker-db as it is" in told["reason"]
    assert desk.carry(Wish(Verb.UNDRAIN, MARKET))["verdict"] == "SUCCEEDED"
    assert desk.counts(MARKET) == before
    assert desk.shared.calls("rds.DeleteDBInstance") == 0


def steps() -> list[object]:
    """Every step of the walk up to its first question: a slice in every run, the rest in campaigns."""
    return [
        pytest.param(event, nth, marks=() if (event, nth) in SLICE else pytest.mark.campaign)
        for event in ("sent", "performed", "reached")
        for nth in range(1, 5)
    ]


SLICE = {("performed", 3), ("sent", 2)}


@pytest.mark.parametrize(("event", "nth"), steps())
def test_a_restore_whose_process_is_gone_stands_until_a_person_goes_on(
    open_desk: Any, event: str, nth: int
) -> None:
    """What was sent is followed, what is left waits for a word; in the end each call was made once."""
    desk = open_desk("fairtradeworker")
    before = desk.counts(MARKET)
    desk.kill(RESTORE, event, nth)

    told = desk.again(RESTORE)
    if (event, nth) == ("sent", 1):
        assert told["verdict"] == "REFUSED", pretty(told)  # nothing had been sent
        return
    assert told["verdict"] == "PAUSED", pretty(told)
    for _ in range(3):
        if told["verdict"] == "PAUSED":
            told = desk.again(RESTORE, "yes")

    assert told["verdict"] == "SUCCEEDED", pretty(told)
    assert desk.counts(MARKET) == before
    sent = [desk.shared.calls(name) for name in WRITES]
    assert sent[:3] == [2, 3, 1]
    assert sent[3] <= 1  # it may have the groups that it needs already
