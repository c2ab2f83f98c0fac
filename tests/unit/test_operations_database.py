"""The guided way back of a database: its order, what it refuses, and what a person's word does."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from console.config.data import DatabaseSettings
from console.config.settings import EnvironmentSettings, ServiceSettings, Settings
from console.domain.action import ActionKind
from console.domain.database import Database, DatabaseSnapshot
from console.domain.operation import OperationEvent, Plan, Verb
from console.domain.scaling import Scaling
from console.domain.wish import Wish
from console.errors import JournalError, QuarterdeckError, RefusedError
from console.operations.engine import Engine
from tests.builders import (
    ADDRESS,
    CLUSTER,
    a_rolling_observation,
    a_service,
    ago,
    an_environment,
    an_observation,
)
from tests.fakes import FakeClock, FakePlatform, MemoryJournal

TYPED = "production/api"
WISH = Wish(Verb.RESTORE, ADDRESS, to="v1.4.2")
SNAPSHOTS = (
    DatabaseSnapshot("rds:today", ago(3600), "available", automated=True),
    DatabaseSnapshot("half-done", ago(4000), "creating"),
    DatabaseSnapshot("pre-migration-1", ago(7200), "available"),
    DatabaseSnapshot("pre-migration-0", ago(90_000), "available"),
)


class Shop:
    """A service with a database, and autoscaling between 2 and 10 that nobody has suspended."""

    def __init__(self, *, asks: str = "stop", read_only: bool = False) -> None:
        self.platform = FakePlatform(an_observation(), environment=an_environment(read_only=read_only))
        self.platform.scalings[ADDRESS] = Scaling(2, 10)
        self.platform.databases["db"] = Database("db", "available", snapshots=SNAPSHOTS)
        self.journal = MemoryJournal()
        self.clock = FakeClock()
        self.asks = asks

    @property
    def engine(self) -> Engine:
        environment = self.platform.environment
        service = ServiceSettings(
            ADDRESS,
            "rugmunch-api",
            CLUSTER,
            soak=timedelta(minutes=30),
            database=DatabaseSettings("db", "its DNS record", ("sg-1",)),
        )
        settings = Settings(
            Path("config.toml"),
            Path("journal.db"),
            Path("cache"),
            environments={environment.key: EnvironmentSettings(environment, services={"api": service})},
        )
        return Engine({environment.key: self.platform}, self.journal, self.clock, settings, asks=self.asks)

    def plan(self, wish: Wish = WISH) -> Plan:
        return self.engine.plan(wish)

    def run(self) -> dict[str, object]:
        return told(list(self.engine.execute(self.plan(), TYPED)))

    def again(self, *, yes: bool | None = None) -> dict[str, object]:
        """What the same command, or an answer, does to the one under way."""
        record = self.engine.attachable(Verb.RESTORE, ADDRESS)
        assert record is not None
        if yes is not None:
            self.engine.answer(record.id, yes=yes)
        return told(list(self.engine.resume(record.id, goes_on=bool(yes))))

    @property
    def sent(self) -> list[ActionKind]:
        return [action.kind for action in self.platform.performed]


def told(events: list[OperationEvent]) -> dict[str, object]:
    assert events[-1].event == "verdict"
    return dict(events[-1].facts)


STOPPING = [
    ActionKind.SUSPEND_SCALING,
    ActionKind.SET_DESIRED,
    ActionKind.RESTORE_DATABASE,
    ActionKind.OPEN_DATABASE,
]


def test_nothing_that_cannot_be_taken_back_stands_before_the_last_question() -> None:
    """Off, restored, opened; a person leads it there and tests it; only then it starts, and writes."""
    plan = Shop().plan()

    kinds = [action.kind for action in plan.actions]
    assert kinds == [
        *STOPPING,
        ActionKind.ASK,
        ActionKind.ASK,
        ActionKind.SET_DESIRED,
        ActionKind.WAIT_HEALTHY,
        ActionKind.RESUME_SCALING,
    ]
    assert [action.irreversible for action in plan.actions] == [False] * 6 + [True, False, False]
    assert all(action.undo for action in plan.actions[:6])
    restore, groups, lead = plan.actions[2:5]
    assert restore.parameters == {"snapshot": "pre-migration-1", "source": "db", "database": "db-restored"}
    assert groups.parameters["security_groups"] == ["sg-1"]
    assert lead.said == "lead rugmunch/production/api to db-restored: its DNS record"
    assert any("is not in the snapshot, and stays in db" in item for item in plan.remarks)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"snapshot": "half-done"}, "no usable snapshot half-done"),
        ({"database": "db"}, "db exists already"),
        ({"to": "v9.9.9"}, "v9.9.9"),
    ],
)
def test_what_cannot_be_is_refused(change: dict[str, Any], words: str) -> None:
    with pytest.raises(QuarterdeckError, match=words):
        Shop().plan(replace(WISH, **change))


def test_a_restore_needs_a_snapshot_a_rest_and_to_know_what_ran() -> None:
    shop = Shop()
    shop.platform.put(a_rolling_observation())
    with pytest.raises(RefusedError, match="a rollout is under way"):
        shop.plan()
    shop.platform.put(an_observation(status=a_service(desired=0)))
    with pytest.raises(RefusedError, match="nobody knows what ran before"):
        shop.plan()
    assert shop.plan(replace(WISH, desired=3)).actions[-3].parameters == {"desired": 3}
    shop.platform.databases["db"] = Database("db", "available", snapshots=SNAPSHOTS[1:2])
    with pytest.raises(RefusedError, match="has no usable snapshot"):
        shop.plan()
    shop.platform.databases.clear()
    with pytest.raises(RefusedError, match="there is no database db"):
        shop.plan()


def test_an_automated_snapshot_is_taken_where_there_is_no_other() -> None:
    shop = Shop()
    shop.platform.databases["db"] = Database("db", "available", snapshots=SNAPSHOTS[:2])
    assert shop.plan().actions[2].parameters["snapshot"] == "rds:today"


def test_each_yes_goes_on_from_the_question_and_nothing_is_sent_twice() -> None:
    shop = Shop()
    first = shop.run()
    assert (first["verdict"], shop.sent) == ("PAUSED", STOPPING)
    assert "--answer yes goes on, --answer no ends it" in str(first["reason"])
    assert shop.again()["verdict"] == "PAUSED"
    assert shop.again(yes=True)["verdict"] == "PAUSED"
    assert shop.sent == STOPPING
    last = shop.again(yes=True)
    assert last["verdict"] == "SUCCEEDED"
    assert shop.sent == [*STOPPING, ActionKind.SET_DESIRED, ActionKind.RESUME_SCALING]
    assert [entry.event for entry in shop.journal.entries(shop.journal.operations()[0].id)].count(
        "asked"
    ) == 2


def test_no_ends_it_and_says_the_way_back() -> None:
    shop = Shop()
    shop.run()
    ended = shop.again(yes=False)
    assert (ended["verdict"], ended["by"]) == ("FAILED", "operator")
    assert "answered no" in str(ended["reason"])
    assert "undrain brings back 2, on db as it is" in str(ended["reason"])
    assert shop.sent == STOPPING
    assert shop.engine.attachable(Verb.RESTORE, ADDRESS) is None


def test_no_ends_one_that_stands_between_its_questions_too() -> None:
    """Its process was killed; the step that was sent is followed, and nothing more is sent."""
    shop = Shop()
    events = shop.engine.execute(shop.plan(), TYPED)
    assert next(item for item in events if item.event == "performed")
    assert shop.again()["verdict"] == "PAUSED"
    assert "left: " in str(shop.journal.operations()[0].reason)

    ended = shop.again(yes=False)

    assert (ended["verdict"], ended["by"]) == ("FAILED", "operator")
    assert shop.sent == STOPPING[:1]
    assert shop.engine.attachable(Verb.RESTORE, ADDRESS) is None


def test_an_answer_that_cannot_be_written_is_none() -> None:
    """Nobody would find it: nothing goes on."""
    shop = Shop()
    shop.run()
    shop.journal.fail("append", JournalError("disk full"), times=None)
    with pytest.raises(JournalError):
        shop.again(yes=True)
    assert shop.sent == STOPPING


def test_where_a_person_waits_the_walk_waits_for_the_answer() -> None:
    """At a console the question stays open; somebody else's word, from elsewhere, goes on with it."""
    shop = Shop(asks="wait")
    shop.clock.at(100, lambda: _answer(shop))
    shop.clock.at(200, lambda: _answer(shop))
    assert shop.run()["verdict"] == "SUCCEEDED"


def _answer(shop: Shop) -> None:
    record = shop.journal.operations()[0]
    assert shop.engine.answer(record.id, yes=True)


def test_nothing_of_it_is_sent_in_a_read_only_environment() -> None:
    shop = Shop(read_only=True)
    with pytest.raises(RefusedError, match="read-only"):
        shop.run()
    assert shop.sent == []
