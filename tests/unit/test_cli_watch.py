"""``quarterdeck watch``: what is printed of one service and of a fleet, and which code it ends with."""

import argparse
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from console.aws.connect import Connection
from console.cli import watch
from console.config.loader import load
from console.domain.fleet import Diagnosis, FleetSnapshot, Problem, ServicePicture
from console.domain.operation import OperationEvent, OperationRecord, Verb, Verdict
from console.domain.rollout import Hook, RolloutStatus
from console.domain.service import ServiceState
from console.operations.engine import Engine
from console.runtime import Runtime
from tests.builders import (
    ADDRESS,
    NEW_ROLLOUT,
    NOW,
    a_breaker,
    a_new_deployment,
    a_new_rollout,
    a_picture,
    a_record,
    a_rolling_observation,
    a_rolling_service,
    a_rollout,
    a_service,
    ago,
    an_environment_picture,
    an_observation,
)
from tests.fakes import FakeClock, FakeLogs, FakePlatform, FakeSignals, MemoryJournal

KEY = "rugmunch/production"
CONFIGURATION = """
[systems.rugmunch.environments.production]
region = "us-east-1"
cluster = "rugmunch-production"
[systems.rugmunch.environments.production.services.api]
service = "rugmunch-api"
"""
Lines = list[dict[str, Any]]


class Watching:
    """The command on one environment behind fakes."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.path = folder / "config.toml"
        self.path.write_text(CONFIGURATION)
        self.settings = load(self.path)
        self.clock = FakeClock()
        self.platform = FakePlatform(an_observation(status=a_service(address=ADDRESS)))
        self.engine: Any = Engine({KEY: self.platform}, MemoryJournal(), self.clock, self.settings)
        self.pollers: dict[str, Any] = {}
        self.made: Runtime | None = None
        self._capsys = capsys

    def runtime(self, settings: Any, **limits: Any) -> Runtime:
        made = self.made = Runtime(settings, clock=self.clock, **limits)
        connection = Connection(settings.environments[KEY], self.platform, FakeSignals(), FakeLogs())
        vars(made).update(connections={KEY: connection}, journal=MemoryJournal(), engine=self.engine)
        vars(made)["pollers"] = lambda chosen: self.pollers
        return made

    def run(self, address: str = str(ADDRESS), timeout: float | None = None) -> tuple[int, Lines]:
        """Exit code, and the objects that were printed."""
        words = {"address": address, "json": True, "config": str(self.path), "timeout": timeout}
        code = watch.run(argparse.Namespace(**words))
        return code, [json.loads(line) for line in self._capsys.readouterr().out.splitlines()]


@pytest.fixture
def watching(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Watching]:
    found = Watching(tmp_path, capsys)
    monkeypatch.setattr("console.runtime.Runtime", found.runtime)
    yield found


def test_a_rollout_that_waits_for_somebody_is_paused(watching: Watching) -> None:
    """Exit 5, at once: a job cannot answer; where it waits and what happens unless somebody does is said."""
    hook = Hook("h1", "POST_TEST_TRAFFIC_SHIFT", "AWAITING_ACTION", "PAUSE", ago(-600), "ROLLBACK")
    rollout = a_new_rollout(strategy="LINEAR", stage=hook.stage, hooks=(hook,))
    watching.platform.put(a_rolling_observation(status=a_rolling_service(strategy="LINEAR"), rollout=rollout))
    code, lines = watching.run()
    assert (code, lines[-1]["verdict"]) == (5, "PAUSED")
    assert "POST_TEST_TRAFFIC_SHIFT" in lines[-1]["reason"]
    assert "ROLLBACK" in lines[-1]["reason"]
    assert [line["stage"] for line in lines if line["event"] == "hook"] == [hook.stage]
    assert watching.clock.waits == []


def test_a_rollout_that_cannot_go_on_is_stuck_when_the_time_is_up(watching: Watching) -> None:
    """Exit 6 with the reason, not just *timed out*; and each thing is said once however long it lasts."""
    watching.platform.put(a_rolling_observation(rollout=a_new_rollout(breaker=a_breaker(failures=2))))
    code, lines = watching.run(timeout=60)
    assert (code, lines[-1]["verdict"]) == (6, "STUCK")
    assert lines[-1]["reason"]
    told = [(line["event"], line["text"]) for line in lines]
    assert len(told) == len(set(told))
    assert watching.platform.orders == []


def test_with_nothing_under_way_the_last_verdict_is_there_at_once(watching: Watching) -> None:
    """No time passes, and what ECS lists last decides."""
    watching.platform.histories[ADDRESS] = (a_rollout(),)
    code, lines = watching.run()
    assert (code, lines[-1]["verdict"]) == (0, "SUCCEEDED")
    assert watching.clock.waits == []


@pytest.mark.parametrize("part", ["targets", "tasks"])
def test_a_success_of_which_nothing_could_be_read_is_unknown(watching: Watching, part: str) -> None:
    """ECS lists it as successful; whether anybody is served was not read. Exit as for every UNKNOWN."""
    watching.platform.histories[ADDRESS] = (a_rollout(),)
    watching.platform.put(an_observation(missing={part: "profile oncall may not read it"}, **{part: ()}))
    code, lines = watching.run()
    assert (code, lines[-1]["verdict"]) == (Verdict.UNKNOWN.exit_code, "UNKNOWN")
    said = f"ECS reports success, but {part} could not be read: profile oncall may not read it"
    assert lines[-1]["reason"] == said
    states = [line["text"] for line in lines if line["event"] == "state"]
    assert not any(text.startswith("steady") for text in states)


def test_a_rollout_that_ends_while_its_targets_cannot_be_read_is_unknown(watching: Watching) -> None:
    """It is waited for as long as for targets that deny it, and then nobody knows; it has not failed."""
    watching.platform.put(a_rolling_observation())
    done = a_new_deployment(state="COMPLETED", running=2, pending=0)
    ended = a_new_rollout(status=RolloutStatus.SUCCESSFUL, finished_at=ago(121))
    seen = a_rolling_observation(
        status=a_service(deployments=(done,), rollout_id=NEW_ROLLOUT),
        rollout=ended,
        targets=(),
        missing={"targets": "denied"},
    )
    watching.platform.histories[ADDRESS] = (ended,)
    watching.clock.at(3, lambda: watching.platform.put(seen))
    _, lines = watching.run(timeout=600)
    assert lines[-1]["verdict"] == "UNKNOWN"
    assert lines[-1]["reason"] == "ECS reports success, but targets could not be read: denied"


class OwnEngine:
    """An engine with an operation under way, which somebody else's process follows."""

    def __init__(self, record: OperationRecord, verdict: Verdict) -> None:
        self._record, self._verdict = record, verdict
        self.resumed: list[str] = []

    def open_operations(self) -> Sequence[OperationRecord]:
        return (self._record,)

    def resume(self, operation_id: str) -> Iterator[OperationEvent]:
        self.resumed.append(operation_id)
        yield OperationEvent("safe", NOW, operation_id, "safe in 1:43", {})
        facts = {"verdict": self._verdict.value}
        yield OperationEvent("verdict", NOW, operation_id, self._verdict.words, facts)


@pytest.mark.parametrize(
    ("verdict", "code"), [(Verdict.SUCCEEDED, 0), (Verdict.BOUNCED, 1), (Verdict.STUCK, 6)]
)
def test_an_operation_of_ours_is_followed_as_such(watching: Watching, verdict: Verdict, code: int) -> None:
    """Its own events and its own verdict, which knows more than ECS's list."""
    record = a_record(address=ADDRESS, verdict=None)
    watching.engine = OwnEngine(record, verdict)
    found, lines = watching.run()
    assert watching.engine.resumed == [record.id]
    assert (found, [line["event"] for line in lines]) == (code, ["safe", "verdict"])
    assert watching.platform.calls == []


@pytest.mark.parametrize("verb", [Verb.RELEASE, Verb.WATCH])
def test_what_ships_nothing_is_nothing_to_follow(watching: Watching, verb: Verb) -> None:
    """A hold's end and a watch of figures change nothing in AWS: the service itself is watched."""
    watching.engine = OwnEngine(a_record(address=ADDRESS, verb=verb, verdict=None), Verdict.FAILED)
    watching.platform.histories[ADDRESS] = (a_rollout(),)
    assert watching.run()[0] == 0
    assert watching.engine.resumed == []


class Script:
    """A poller whose thread does nothing: the pictures are published while the command waits."""

    def __init__(self, watching: Watching, *steps: Callable[[], None]) -> None:
        self._steps = list(steps)
        self.stopped: list[Event] = []
        watching.pollers = {KEY: self}
        watching.clock.sleep = self._next  # type: ignore[method-assign]

    def run(self, stop: Event) -> None:
        self.stopped.append(stop)

    def _next(self, seconds: float) -> None:
        if not self._steps:
            raise KeyboardInterrupt
        self._steps.pop(0)()


def test_of_a_fleet_every_change_is_a_line_and_nothing_else(watching: Watching) -> None:
    """How it is, what is new, what cannot be read and that it can again; 130 when interrupted."""

    def show(**changes: Any) -> Callable[[], None]:
        def published() -> None:
            assert watching.made is not None
            problem = changes.pop("problem", None)
            watching.made.store.publish(
                an_environment_picture(a_picture(address=ADDRESS, **changes), problem=problem)
            )

        return published

    crashing = Diagnosis(ServiceState.FAILING, "api container killed, out of memory")
    denied = Problem("permission", "ecs:DescribeServices is denied", "allow it", NOW, "status")
    script = Script(
        watching,
        show(),
        show(),
        show(diagnosis=crashing),
        show(diagnosis=crashing, problem=denied),
        show(diagnosis=crashing, problem=denied),
        show(diagnosis=crashing),
    )
    code, lines = watching.run(KEY)
    assert code == 130
    assert [(line["event"], line["address"]) for line in lines[:-1]] == [
        ("deployment", str(ADDRESS)),
        ("state", str(ADDRESS)),
        ("tasks", str(ADDRESS)),
        ("state", str(ADDRESS)),
        ("problem", KEY),
        ("recovered", KEY),
    ]
    assert "out of memory" in lines[3]["text"]
    assert lines[-1]["event"] == "verdict"
    assert lines[-1]["verdict"] is None
    assert all(stop.is_set() for stop in script.stopped)


def test_the_last_runs_picture_is_no_news(watching: Watching) -> None:
    """Nor is a service that was never read, or that nobody asked for."""
    other = replace(ADDRESS, alias="worker")
    rows: list[ServicePicture] = [
        a_picture(address=ADDRESS, remembered=True),
        a_picture(address=other),
    ]
    snapshot = FleetSnapshot({KEY: an_environment_picture(*rows)})
    assert list(watch.Told((ADDRESS,)).news(snapshot)) == []
