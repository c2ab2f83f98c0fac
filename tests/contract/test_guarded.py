"""Deploys that are guarded, on the sandbox: what trips, what goes back by itself, and what does not."""

from pathlib import Path
from typing import Any

import pytest

from console.domain.address import Address
from console.domain.guarded import GuardAnswer
from console.domain.operation import Verb
from tests.contract.command_line import served
from tests.contract.guarded_world import SWAP, GuardedWorld, Opened, open_guarded
from tests.contract.shared_world import API, MARKET, STAGING, pretty

__all__ = ["open_guarded"]

whole = pytest.mark.campaign


def assert_taken_back(world: GuardedWorld, verdict: dict[str, Any], before: str) -> dict[str, Any]:
    """Safe without a key pressed, held, sent once; the facts of the trip."""
    assert (verdict["verdict"], verdict["by"]) == ("ROLLED_BACK", "guard"), pretty(verdict)
    assert world.running() == before
    rollback, deploy = world.shared.journal.operations(str(world.address))[:2]
    assert (rollback.verb, rollback.verdict, rollback.by) == (Verb.ROLLBACK, "SUCCEEDED", "guard")
    assert rollback.safe_at is not None
    assert deploy.verdict == "ROLLED_BACK"
    assert world.engine().holds()[world.address].version == before
    sent = [e.event for e in world.shared.journal.entries(rollback.id)].count("sent")
    assert sent == 1
    (trip,) = world.trips()
    return trip


@pytest.mark.parametrize(
    ("address", "version", "figure"),
    [
        pytest.param(SWAP, "error-spike", "errors", marks=whole),
        pytest.param(MARKET, "error-spike", "errors", marks=whole),
        pytest.param(SWAP, "latency-spike", "p95", marks=whole),
        pytest.param(MARKET, "latency-spike", "p95", marks=whole),
        pytest.param(API, "error-spike", "errors"),
    ],
)
def test_a_bad_version_is_taken_back_without_a_key_pressed(
    open_guarded: Opened, address: Address, version: str, figure: str
) -> None:
    """The trip says which figure, from which source, against which baseline; whatever else finds the errors
    before: the marketplace's smoke test may."""
    world = open_guarded(address)
    before = world.running()
    trip = assert_taken_back(world, world.deploy(version), before)
    assert trip["is_deploy"] is not False
    judged = trip["figures"][0]
    assert judged["figure"] == figure
    assert judged["value"] > judged["limit"]
    assert judged["baseline"] < judged["limit"]
    assert judged["source"] in ("CloudWatch", "Datadog")
    if figure == "p95":
        assert judged["limit"] >= 2 * judged["baseline"]


@whole
def test_a_database_outage_during_a_good_deploy_rolls_nothing_back(open_guarded: Opened) -> None:
    """The headline names the database."""
    world = open_guarded(MARKET)
    verdict = world.deploy_meanwhile("good-2", 60, lambda: world.wrong("database-down"))
    assert verdict["verdict"] != "ROLLED_BACK" or verdict["by"] != "guard", pretty(verdict)
    assert world.shared.calls("ecs.StopServiceDeployment") == 0
    assert all(record.verb is Verb.DEPLOY for record in world.shared.journal.operations(str(MARKET)))
    trip = world.trips()[-1]
    assert trip["state"] == "tripped"
    assert trip["headline"].startswith("database")
    assert trip["cause"] == "database"
    assert "database" in trip["asks_because"]


@whole
def test_a_service_that_fails_whole_beside_its_old_version_is_not_rolled_back(open_guarded: Opened) -> None:
    world = open_guarded(API)
    world.deploy_meanwhile("good-2", 30, lambda: world.wrong("database-down"))
    assert all(record.verb is Verb.DEPLOY for record in world.shared.journal.operations(str(API)))
    assert "going back" not in [event.facts["state"] for event in world.said()]


@whole
def test_a_hotfix_during_an_incident_is_not_rolled_back_by_its_own_guard(open_guarded: Opened) -> None:
    world = open_guarded(API)
    world.wrong("5xx-burst")
    world.shared.wait(600)
    world.deploy("error-spike")
    assert "going back" not in [event.facts["state"] for event in world.said()]


@whole
def test_a_person_answers_from_another_process(open_guarded: Opened) -> None:
    """Asked, told to roll back, back: by the operator."""
    world = open_guarded(API)
    before = world.running()
    for event in world.events("error-spike", guard="ask", asks="wait"):
        if event.event == "guard" and event.facts["state"] == "tripped":
            assert world.answer(str(event.operation), GuardAnswer.BACK)
    verdict = dict(world.told[-1].facts)
    assert (verdict["verdict"], verdict["by"]) == ("ROLLED_BACK", "operator"), pretty(verdict)
    assert world.running() == before


@whole
@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("address", [API, MARKET, SWAP])
def test_a_healthy_version_is_left_alone(open_guarded: Opened, address: Address, seed: int) -> None:
    world = open_guarded(address, seed=seed)
    verdict = world.deploy("good-2")
    assert verdict["verdict"] == "SUCCEEDED", pretty(verdict)
    assert not world.trips()


FAULTS = [f"datadog-{how}" for how in ("down", "slow", "throttled", "null", "malformed")]


@whole
@pytest.mark.parametrize("fault", FAULTS)
def test_sources_that_fail_block_nothing_and_trip_nothing(open_guarded: Opened, fault: str) -> None:
    world = open_guarded(API)
    world.wrong(fault)
    verdict = world.deploy("good-2")
    assert verdict["verdict"] == "SUCCEEDED", pretty(verdict)
    assert not world.trips()


@whole
@pytest.mark.parametrize("state", ["armed", "countdown", "going back"])
def test_killed_with_an_armed_guard_it_is_taken_over(open_guarded: Opened, state: str) -> None:
    """Whoever comes next goes on judging, and nothing is sent twice."""
    world = open_guarded(MARKET)
    before = world.running()
    deploy = ""
    for event in world.events("latency-spike"):
        deploy = deploy or str(event.operation)
        if event.event == "guard" and (state == "armed" or event.facts["state"] == state):
            break
    world.shared.wait(60)
    last = list(world.kept(world.engine().resume(deploy)))[-1]
    for record in world.shared.journal.operations(str(MARKET)):
        if record.is_open:
            list(world.engine().resume(record.id))
    assert (last.facts["verdict"], last.facts["by"]) == ("ROLLED_BACK", "guard"), pretty(dict(last.facts))
    assert world.running() == before


GUARD_SECTION = """
[systems.fairtradeworker.environments.staging.guard]
mode = "rollback"
countdown = "1s"
bake = "1m"
"""


@whole
@pytest.mark.parametrize(
    ("step", "nth"), [("guard", 1), ("guard", 2), ("guard", 4), ("sent", 2), ("accepted", 2)]
)
def test_a_process_killed_with_its_guard_is_followed_by_the_same_command(step: str, nth: int) -> None:
    """``kill -9`` of the real one: armed, counting down, before and after its rollback was sent. Whoever goes
    back in the end, the guard or ECS's breaker: each call is made once."""
    with served("--speed", "5") as line:
        config = Path(line.config)
        config.write_text(config.read_text(encoding="utf-8") + GUARD_SECTION, encoding="utf-8")
        words = ("deploy", str(STAGING), "--version", "crash")
        said = line.killed_after(step, *words, nth=nth)
        assert said.count(step) == nth, said

        again = line.run(*words)

        assert again.last["verdict"] == "ROLLED_BACK", again.last
        assert again.last["by"] in ("guard", "ecs")
        assert line.calls("ecs.StopServiceDeployment") <= 1
        assert line.calls("ecs.UpdateService") == 1
