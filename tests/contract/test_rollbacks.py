"""Every way back on the sandbox: each strategy and CodeDeploy, in flight and finished, safe by its word."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from console.domain.address import Address
from console.domain.operation import Mechanism, Plan, Verb
from console.domain.rollout import Rollout
from console.domain.wish import Wish
from console.errors import RefusedError
from tests.contract.conftest import SandboxFactory
from tests.contract.shared_world import API, SharedWorld, open_world, pretty, shipped_by_codedeploy
from tests.fakes import FakeClock

CODE_DEPLOY = Address("rugmunch-codedeploy", "production", "api")
SWAPJOY = Address("swapjoy", "production", "api")
MEALS = Address("mealplanner", "production", "api")
Open = Callable[[Address], SharedWorld]


@pytest.fixture
def opened(make_sandbox: SandboxFactory, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Open:
    def make(address: Address) -> SharedWorld:
        clock = FakeClock()
        return open_world(make_sandbox(address.system, clock=clock), clock, monkeypatch, tmp_path)

    return make


def planned(world: SharedWorld, address: Address, **wishes: Any) -> Plan:
    return world.engine().plan(Wish(Verb.ROLLBACK, address, **wishes))


def observed(world: SharedWorld, address: Address) -> Any:
    return world.connections[address.place].platform.observe(address)


def history(world: SharedWorld, address: Address) -> tuple[Rollout, ...]:
    return world.connections[address.place].platform.history(address)


def until_stage(world: SharedWorld, address: Address, stage: str, at_most_s: float = 3600) -> None:
    def reached() -> bool:
        rollout = observed(world, address).rollout
        return rollout is not None and rollout.stage == stage

    world.wait(60)
    world.wait_until(reached, at_most_s, step_s=30)


def gone(world: SharedWorld) -> None:
    """The hour passes for which CodeDeploy keeps the old set."""
    world.wait(3600)
    platform = world.connections["rugmunch-codedeploy/production"].platform
    world.wait_until(lambda: len(platform.status(CODE_DEPLOY).deployments) == 1, 900, step_s=60)


def test_codedeploy_in_flight_is_stopped_and_back_at_once(opened: Open) -> None:
    """Blue still stands: StopDeployment with automatic rollback, no task has to start."""
    world = opened(CODE_DEPLOY)
    good = observed(world, CODE_DEPLOY).primary_release
    shipped_by_codedeploy(world, CODE_DEPLOY, "error-spike")
    until_stage(world, CODE_DEPLOY, "AllowTraffic")

    plan = planned(world, CODE_DEPLOY)
    verdict = world.run(world.engine(), plan)

    assert plan.mechanism is Mechanism.STOP_DEPLOYMENT
    assert plan.proven, plan.doubt
    assert (verdict["verdict"], verdict["by"]) == ("SUCCEEDED", "operator"), pretty(verdict)
    assert verdict["safe_s"] < 60
    assert verdict["running"]["digest"] == good.digest == plan.target.digest
    assert world.calls("codedeploy.StopDeployment") == 1
    assert world.calls("ecs.RegisterTaskDefinition") == 1, "CI's own"


def test_codedeploy_that_keeps_the_old_set_is_still_instant(opened: Open) -> None:
    """All traffic is on the bad one and blue is kept: the plan says until when that lasts."""
    world = opened(CODE_DEPLOY)
    good = observed(world, CODE_DEPLOY).primary_release
    shipped_by_codedeploy(world, CODE_DEPLOY, "error-spike")
    until_stage(world, CODE_DEPLOY, "TERMINATION_WAIT")

    plan = planned(world, CODE_DEPLOY)
    verdict = world.run(world.engine(), plan)

    assert plan.mechanism is Mechanism.STOP_DEPLOYMENT
    assert plan.instant_until is not None
    assert any("instant until" in remark for remark in plan.remarks)
    assert verdict["verdict"] == "SUCCEEDED", pretty(verdict)
    assert verdict["safe_s"] < 60
    assert verdict["running"]["digest"] == good.digest


def test_codedeploy_that_has_finished_ships_the_target_as_its_own_deployment(opened: Open) -> None:
    """Blue is gone: the digest that ran before, pinned, by a CreateDeployment whose answer is lost."""
    world = opened(CODE_DEPLOY)
    good = observed(world, CODE_DEPLOY).primary_release
    shipped_by_codedeploy(world, CODE_DEPLOY, "error-spike")
    until_stage(world, CODE_DEPLOY, "TERMINATION_WAIT")
    gone(world)
    made = world.calls("codedeploy.CreateDeployment")
    world.sandbox.fault("codedeploy.CreateDeployment", "reset", when="after")

    plan = planned(world, CODE_DEPLOY, direct=True)
    verdict = world.run(world.engine(), plan)

    assert plan.mechanism is Mechanism.CREATE_DEPLOYMENT
    assert plan.proven, plan.doubt
    assert plan.target.digest == good.digest
    assert verdict["verdict"] == "SUCCEEDED", pretty(verdict)
    assert verdict["safe_s"] < 300
    assert verdict["running"]["digest"] == good.digest
    assert world.calls("codedeploy.CreateDeployment") == made + 1


def test_codedeploy_goes_back_to_nothing_else_while_it_is_under_way(opened: Open) -> None:
    """It allows one deployment of a group at a time: another target has to wait, and the plan says so."""
    world = opened(CODE_DEPLOY)
    observed(world, CODE_DEPLOY)
    shipped_by_codedeploy(world, CODE_DEPLOY, "good")
    until_stage(world, CODE_DEPLOY, "TERMINATION_WAIT")
    gone(world)
    first = planned(world, CODE_DEPLOY).target
    shipped_by_codedeploy(world, CODE_DEPLOY, "error-spike")
    until_stage(world, CODE_DEPLOY, "AllowTraffic")

    with pytest.raises(RefusedError, match=r"goes back to v1\.4\.4 only"):
        planned(world, CODE_DEPLOY, to=str(first.digest))
    assert planned(world, CODE_DEPLOY).target.digest == world.digest(CODE_DEPLOY, "good")


def test_a_linear_rollout_that_is_paused_is_refused_its_pause(opened: Open) -> None:
    """Before the first step nothing was shifted: ContinueServiceDeployment with ROLLBACK."""
    world = opened(SWAPJOY)
    good = observed(world, SWAPJOY).primary_release
    world.begin(SWAPJOY, "good-2")
    world.wait_until(lambda: bool(observed(world, SWAPJOY).rollout.waiting), 900, step_s=30)

    plan = planned(world, SWAPJOY)
    verdict = world.run(world.engine(), plan)

    assert plan.mechanism is Mechanism.CONTINUE_SERVICE_DEPLOYMENT
    assert verdict["verdict"] == "SUCCEEDED", pretty(verdict)
    assert verdict["safe_s"] < 60
    assert verdict["running"]["digest"] == good.digest
    assert world.calls("ecs.ContinueServiceDeployment") == 1
    assert world.calls("ecs.StopServiceDeployment") == 0


def test_a_linear_rollout_after_its_pause_is_stopped(opened: Open) -> None:
    """Some of the traffic is on the new one: it goes back in one go."""
    world = opened(SWAPJOY)
    good = observed(world, SWAPJOY).primary_release
    world.begin(SWAPJOY, "error-spike")
    continued(world, SWAPJOY)
    world.wait_until(lambda: observed(world, SWAPJOY).rollout.share == 10, 900, step_s=10)

    plan = planned(world, SWAPJOY)
    verdict = world.run(world.engine(), plan)

    assert plan.mechanism is Mechanism.STOP_SERVICE_DEPLOYMENT
    assert verdict["verdict"] == "SUCCEEDED", pretty(verdict)
    assert verdict["safe_s"] < 120
    assert verdict["running"]["digest"] == good.digest


def test_a_finished_linear_rollout_goes_back_directly_and_its_strategy_is_put_back(opened: Open) -> None:
    """The steps would run again: the plan says so, and direct ships it at once."""
    world = opened(SWAPJOY)
    good = observed(world, SWAPJOY).primary_release
    before = observed(world, SWAPJOY).status.configuration
    world.begin(SWAPJOY, "good-2")
    continued(world, SWAPJOY)
    world.wait(3000)
    world.wait_until(lambda: observed(world, SWAPJOY).rollout.status.is_over, 3600, step_s=300)

    slow, plan = planned(world, SWAPJOY), planned(world, SWAPJOY, direct=True)
    verdict = world.run(world.engine(), plan)

    assert slow.estimate is not None and slow.estimate.safe_s > 300
    assert "out of reach" in slow.estimate.limit
    assert any("would run again" in remark for remark in slow.remarks)
    assert plan.estimate is not None and plan.estimate.safe_s < 300 and not plan.estimate.limit
    assert verdict["verdict"] == "SUCCEEDED", pretty(verdict)
    assert verdict["safe_s"] < 300
    assert plan.estimate.low_s <= verdict["safe_s"] <= plan.estimate.high_s
    assert verdict["running"]["digest"] == good.digest
    assert observed(world, SWAPJOY).status.configuration == before
    (last,) = (item for item in history(world, SWAPJOY)[:1])
    assert last.status.is_over and last.id == observed(world, SWAPJOY).status.rollout_id
    assert last.created_at < world.clock.now() - timedelta(seconds=60), "putting it back begins nothing"


def test_a_bake_is_left_at_once(opened: Open) -> None:
    """Blue still stands for a day: only the traffic goes back."""
    world = opened(MEALS)
    good = observed(world, MEALS).primary_release
    world.begin(MEALS, "error-spike")
    world.wait(900)
    until_stage(world, MEALS, "BAKE_TIME")

    plan = planned(world, MEALS)
    verdict = world.run(world.engine(), plan)

    assert plan.mechanism is Mechanism.STOP_SERVICE_DEPLOYMENT
    assert plan.instant_until is not None
    assert verdict["verdict"] == "SUCCEEDED", pretty(verdict)
    assert verdict["safe_s"] < 60
    assert verdict["running"]["digest"] == good.digest


@pytest.mark.parametrize("finished", [False, True])
def test_a_rolling_service_goes_back_in_flight_and_finished(opened: Open, finished: bool) -> None:
    """Stopped while it rolls, or shipped anew once it has finished."""
    world = opened(API)
    good = observed(world, API).primary_release
    world.begin(API, "error-spike")
    if finished:
        world.wait_until(lambda: not observed(world, API).status.in_motion, 1800, step_s=60)
    else:
        world.wait_until(lambda: observed(world, API).status.deployments[0].running > 0, 600)

    plan = planned(world, API)
    verdict = world.run(world.engine(), plan)

    wanted = Mechanism.UPDATE_SERVICE if finished else Mechanism.STOP_SERVICE_DEPLOYMENT
    assert plan.mechanism is wanted
    assert verdict["verdict"] == "SUCCEEDED", pretty(verdict)
    assert verdict["safe_s"] < 300
    assert verdict["running"]["digest"] == good.digest


def continued(world: SharedWorld, address: Address) -> None:
    """A person lets a paused deployment go on."""
    world.wait_until(lambda: bool(observed(world, address).rollout.waiting), 900, step_s=30)
    rollout = observed(world, address).rollout
    world.sandbox.client("ecs", address.system).continue_service_deployment(
        serviceDeploymentArn=rollout.id, hookId=rollout.waiting.id
    )


@pytest.mark.usefixtures("unhurried")
def test_a_good_version_is_deployed_through_codedeploy(opened: Open) -> None:
    """CreateDeployment of a pinned copy; BAKING once it is safe and blue is only kept."""
    world = opened(CODE_DEPLOY)
    engine = world.engine(until="bake")

    verdict = world.run(engine, engine.plan_deploy(CODE_DEPLOY, "good"))

    assert (verdict["verdict"], verdict["mechanism"]) == ("BAKING", "create_deployment"), pretty(verdict)
    assert verdict["running"]["digest"] == world.digest(CODE_DEPLOY, "good")
    with pytest.raises(RefusedError, match="one at a time"):
        engine.plan_deploy(CODE_DEPLOY, "good-2")


@pytest.mark.usefixtures("unhurried")
def test_a_rehearsal_proves_the_way_back_and_leaves_no_trace_of_blame(opened: Open) -> None:
    """Back and forward for real: no hold, nothing judged bad, and the next plan says how long it took."""
    staging = Address("mealplanner", "staging", "api")
    world = opened(staging)
    before = observed(world, staging).primary_release
    engine = world.engine()

    legs = []
    for event in engine.rehearse(staging):
        if event.event == "verdict":
            assert staging not in engine.holds()
            legs.append(event)
    *there_and_home, last = legs

    assert last.facts["verdict"] == "SUCCEEDED", pretty(dict(last.facts))
    assert ["nothing is held" in leg.text for leg in there_and_home] == [True, True]
    assert not any("held at" in leg.text for leg in legs)
    assert observed(world, staging).primary_release.digest == before.digest
    assert staging not in engine.holds()
    plan = planned(world, staging)
    assert plan.proven, plan.doubt
    assert plan.rehearsed_s == last.facts["safe_s"]
    assert plan.rehearsed_s is not None
    assert 0 < plan.rehearsed_s < 300
    with pytest.raises(RefusedError, match="production"):
        list(engine.rehearse(MEALS))


@pytest.mark.usefixtures("unhurried")
@pytest.mark.parametrize(
    ("step", "nth"),
    [
        pytest.param("confirmed", 1, marks=pytest.mark.campaign),
        ("accepted", 1),
        pytest.param("verdict", 1, marks=pytest.mark.campaign),
        pytest.param("sent", 2, marks=pytest.mark.campaign),
        pytest.param("verdict", 2, marks=pytest.mark.campaign),
    ],
)
def test_a_rehearsal_that_was_killed_goes_forward_again(opened: Open, step: str, nth: int) -> None:
    """Taken over by the next console, or by the same command: each call is made once, and it closes."""
    staging = Address("mealplanner", "staging", "api")
    world = opened(staging)
    before = observed(world, staging).primary_release
    seen = 0
    for event in world.engine().rehearse(staging):
        seen += event.event == step
        if seen == nth:
            break
    world.wait(60)

    (found,) = [item for item in world.engine().open_operations() if item.address == staging]
    last = list(world.engine().rehearse(staging))[-1]

    assert found.verb is Verb.REHEARSE
    assert (last.operation == found.id) is (step != "confirmed"), "what had sent nothing is begun anew"
    assert last.facts["verdict"] == "SUCCEEDED", pretty(dict(last.facts))
    assert observed(world, staging).primary_release.digest == before.digest
    assert not any(item.is_open for item in world.journal.operations(str(staging)))
    assert staging not in world.engine().holds()
    assert planned(world, staging).rehearsed_s == last.facts["safe_s"]
    sent = [item for item in world.journal.operations(str(staging)) if item.accepted_at is not None]
    assert len(sent) == 3, "the rehearsal and its two rollbacks"


def test_a_version_that_a_person_marked_is_no_target_until_it_is_cleared(opened: Open) -> None:
    """Marked by its label, journalled; the next candidate is taken, and clearing brings it back."""
    world = opened(API)
    engine = world.engine()
    first = planned(world, API).target

    (said,) = engine.mark(API, first.version.label, why="loses scans")
    assert said.facts["verdict"] == "SUCCEEDED"
    other = planned(world, API)
    by_hand = planned(world, API, to=str(first.digest))
    (_,) = engine.mark(API, first.version.label, bad=False)

    assert other.proven and other.target.digest != first.digest
    assert "marked it" in by_hand.doubt and not by_hand.proven
    assert planned(world, API).target.digest == first.digest


def test_capacity_that_was_scaled_in_is_offered_and_restored_first(opened: Open) -> None:
    """The target ran with two tasks, and one is left: one more order if that is wished, else none."""
    world = opened(API)
    world.begin(API, "error-spike")
    world.wait_until(lambda: not observed(world, API).status.in_motion, 1800, step_s=60)
    service = world.settings.service(API)
    ecs = world.sandbox.client("ecs", "rugmunch")
    ecs.update_service(cluster=service.cluster, service=service.service, desiredCount=1)
    world.wait(120)

    offered, plan = planned(world, API), planned(world, API, capacity=True)
    verdict = world.run(world.engine(), plan)

    assert not offered.actions and any("capacity restores" in item for item in offered.remarks)
    assert [item.parameters["desired"] for item in plan.actions] == [2]
    assert verdict["verdict"] == "SUCCEEDED", pretty(verdict)
    assert observed(world, API).status.desired == 2
