"""``quarterdeck watch`` on the sandbox: the verdict of a rollout that others ordered, on one clock."""

import argparse
import json
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from console.cli import watch
from console.domain.address import Address
from console.runtime import Runtime
from tests.contract.conftest import SandboxFactory
from tests.contract.shared_world import API, STAGING, SharedWorld, open_world
from tests.fakes import FakeClock

Lines = list[dict[str, Any]]
Watching = Callable[..., tuple[int, Lines]]


@pytest.fixture
def shared(make_sandbox: SandboxFactory, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> SharedWorld:
    """Two fleets on a clock moved by hand."""
    clock = FakeClock()
    sandbox = make_sandbox("rugmunch", "fairtradeworker", clock=clock)
    return open_world(sandbox, clock, monkeypatch, tmp_path)


@pytest.fixture
def watching(
    shared: SharedWorld, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Watching:
    """Run the verb as a process of its own would: exit code and the objects that it printed."""

    def runtime(settings: Any, **limits: Any) -> Runtime:
        made = Runtime(settings, clock=shared.clock, **limits)
        engine = shared.engine(**limits)
        vars(made).update(connections=shared.connections, journal=shared.journal, engine=engine)
        return made

    monkeypatch.setattr("console.runtime.Runtime", runtime)

    def run(address: Address, timeout: float | None = None) -> tuple[int, Lines]:
        words = {"address": str(address), "json": True, "config": str(shared.settings.path)}
        code = watch.run(argparse.Namespace(timeout=timeout, **words))
        return code, [json.loads(line) for line in capsys.readouterr().out.splitlines()]

    return run


def test_a_deploy_by_ci_is_followed_to_its_end(shared: SharedWorld, watching: Watching) -> None:
    """SUCCEEDED, exit 0; what is told is new each time, and never a steady state."""
    shared.begin(API, "good")
    shared.wait(2)

    code, lines = watching(API)

    last = lines[-1]
    assert (code, last["event"], last["verdict"]) == (0, "verdict", "SUCCEEDED"), last
    assert last["running"]["digest"] == shared.digest(API, "good")
    assert {line["event"] for line in lines} >= {"deployment", "state", "tasks", "event"}
    told = [{name: fact for name, fact in line.items() if name != "at"} for line in lines]
    assert not any(one == other for one, other in pairwise(told))
    assert not any("steady state" in line["text"] for line in lines)


def test_a_crash_is_followed_until_ecs_has_gone_back(shared: SharedWorld, watching: Watching) -> None:
    """The breaker's count is told on the way; ROLLED_BACK by ecs, exit 1."""
    before = shared.engine().plan_deploy(STAGING, "good").source.digest
    shared.begin(STAGING, "crash")
    shared.wait(2)

    code, lines = watching(STAGING)

    last = lines[-1]
    assert (code, last["verdict"], last["by"]) == (1, "ROLLED_BACK", "ecs"), last
    assert last["running"]["digest"] == before
    counted = [line["failures"] for line in lines if line["event"] == "breaker"]
    assert counted == sorted(set(counted))
    assert counted[-1] == 3


def test_with_nothing_under_way_the_last_verdict_is_there_at_once(
    shared: SharedWorld, watching: Watching
) -> None:
    """Of ECS's list, and of our journal for what we did ourselves; no time passes."""
    shared.deploy(STAGING, "crash")
    at = shared.clock.now()

    code, lines = watching(STAGING)

    assert (code, lines[-1]["verdict"], lines[-1]["by"]) == (1, "ROLLED_BACK", "ecs")
    assert shared.clock.now() == at


def test_what_is_replaced_on_the_way_is_replaced(shared: SharedWorld, watching: Watching) -> None:
    """A later deployment by somebody takes over: exit 7."""
    shared.begin(API, "good")
    shared.wait(10)
    told: list[bool] = []
    sleep = shared.clock.sleep

    def replace_once(seconds: float) -> None:
        if not told:
            told.append(True)
            shared.begin(API, "slow-start")
        sleep(seconds)

    shared.clock.sleep = replace_once  # type: ignore[method-assign]
    code, lines = watching(API)

    assert (code, lines[-1]["verdict"]) == (7, "REPLACED"), lines[-1]
    label = shared.connections["rugmunch/production"].platform.observe(API).primary_release
    assert label is not None
    said = f"replaced by a deployment of {label.version.label} · initiator unknown"
    assert lines[-1]["reason"] == said


def test_a_rollout_that_outlasts_the_time_given_is_timed_out(shared: SharedWorld, watching: Watching) -> None:
    """Exit 6; it goes on all the same."""
    shared.begin(API, "good")
    shared.wait(2)
    began = shared.clock.now()

    code, lines = watching(API, timeout=10.0)

    assert (code, lines[-1]["verdict"]) == (6, "TIMED_OUT"), lines[-1]
    assert (shared.clock.now() - began).total_seconds() < 30


def test_without_an_answer_until_the_time_is_up_nobody_knows(shared: SharedWorld, watching: Watching) -> None:
    """Exit 4: contact is lost on the way, which says nothing of the rollout."""
    shared.begin(API, "good")
    shared.wait(2)
    sleep = shared.clock.sleep
    lost: list[object] = []

    def lose_contact(seconds: float) -> None:
        if not lost:
            body = {"operation": "*", "error": "reset", "count": 1_000_000}
            lost.append(shared.sandbox.control("POST", "faults", body))
        sleep(seconds)

    shared.clock.sleep = lose_contact  # type: ignore[method-assign]
    began = shared.clock.now()
    code, lines = watching(API, timeout=300.0)

    assert (code, lines[-1]["verdict"]) == (4, "UNKNOWN"), lines[-1]
    assert (shared.clock.now() - began).total_seconds() >= 300
