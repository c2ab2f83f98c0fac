"""Deploys and rollbacks on the sandbox, through real boto3, with console and world on one clock."""

from pathlib import Path

import pytest

from console.domain.address import Address
from console.domain.operation import Mechanism
from tests.contract.conftest import SandboxFactory
from tests.contract.shared_world import API, MARKET, STAGING, WORKER, SharedWorld, open_world, pretty
from tests.fakes import FakeClock

SOAK_S = 30 * 60 + 60.0


@pytest.fixture
def shared(make_sandbox: SandboxFactory, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> SharedWorld:
    """Both fleets at speed 1 on a clock moved by hand."""
    clock = FakeClock()
    sandbox = make_sandbox("rugmunch", "fairtradeworker", clock=clock)
    return open_world(sandbox, clock, monkeypatch, tmp_path)


def test_a_good_deploy_succeeds_and_the_same_again_changes_nothing(shared: SharedWorld) -> None:
    """SUCCEEDED on the wanted digest, safe before done; then NOTHING_CHANGED without a call that writes."""
    wanted = shared.digest(API, "good")

    first = shared.deploy(API, "good")
    writes = shared.calls("ecs.UpdateService")
    again = shared.deploy(API, "good")

    assert first["verdict"] == "SUCCEEDED", pretty(first)
    assert first["to"]["digest"] == wanted
    assert first["running"]["digest"] == wanted
    assert first["safe_s"] < 300
    assert again["verdict"] == "NOTHING_CHANGED"
    assert shared.calls("ecs.UpdateService") == writes == 1


@pytest.mark.parametrize("tag", ["oom", "crash", "unhealthy"])
def test_a_deploy_that_cannot_start_is_rolled_back_by_ecs(shared: SharedWorld, tag: str) -> None:
    """The breaker trips, and the verdict follows within one look."""
    before = shared.engine().plan_deploy(STAGING, "good").source

    verdict = shared.deploy(STAGING, tag)

    assert (verdict["verdict"], verdict["by"]) == ("ROLLED_BACK", "ecs"), pretty(verdict)
    assert verdict["running"]["digest"] == before.digest
    assert verdict["to"]["digest"] == shared.digest(STAGING, tag)
    ended = (shared.clock.now() - shared.clock._start).total_seconds()
    assert ended - verdict["done_s"] < 6


@pytest.mark.usefixtures("unhurried")
def test_a_rollback_goes_to_what_succeeded_never_to_what_ecs_rolled_back(shared: SharedWorld) -> None:
    """Good(1) soaked, bad(2) rolled back by ECS, bad but stable(3): to 1."""
    assert shared.deploy(API, "good")["verdict"] == "SUCCEEDED"
    shared.wait(SOAK_S)
    assert shared.deploy(API, "crash")["verdict"] == "ROLLED_BACK"
    assert shared.deploy(API, "error-spike")["verdict"] == "SUCCEEDED"

    verdict = shared.roll_back(API)

    assert verdict["verdict"] == "SUCCEEDED", pretty(verdict)
    assert verdict["to"]["digest"] == shared.digest(API, "good")
    assert verdict["mechanism"] == "update_service"
    assert verdict["safe_s"] < 300


@pytest.mark.usefixtures("unhurried")
def test_a_second_rollback_never_goes_to_what_the_first_one_left(shared: SharedWorld) -> None:
    """What ran before, the soaked good one, the bad one: back, and back again."""
    start = shared.engine().plan_deploy(API, "good").source.digest
    shared.deploy(API, "good")
    shared.wait(SOAK_S)
    shared.deploy(API, "error-spike")
    first = shared.roll_back(API)
    shared.wait(SOAK_S)

    second = shared.roll_back(API)

    assert first["to"]["digest"] == shared.digest(API, "good")
    assert second["verdict"] == "SUCCEEDED", pretty(second)
    assert second["to"]["digest"] == start


def test_a_moved_latest_is_rolled_back_to_the_digest_that_ran_before(shared: SharedWorld) -> None:
    """The definition says :latest all along; the digest that ran is what counts."""
    before = shared.engine().plan_deploy(API, "good").source
    shared.move_tag(API, "latest", to="error-spike")
    shared.begin(API, "latest", by_force=True)
    platform = shared.connections["rugmunch/production"].platform
    shared.wait_until(lambda: not platform.status(API).in_motion, 900)
    assert platform.observe(API).primary_release != before

    verdict = shared.roll_back(API)

    assert verdict["verdict"] == "SUCCEEDED", pretty(verdict)
    assert verdict["to"]["digest"] == before.digest != shared.digest(API, "latest")
    assert verdict["running"]["digest"] == before.digest


@pytest.mark.usefixtures("unhurried")
def test_a_hotfix_over_a_bad_completed_version_is_not_rolled_back_to_the_bad_one(
    shared: SharedWorld,
) -> None:
    """ECS alone would go to the last COMPLETED, the bad one."""
    good = shared.engine().plan_deploy(API, "good").source.digest
    shared.deploy(API, "error-spike")
    shared.begin(API, "slow-start")
    shared.wait(20)

    plan = shared.engine().plan_rollback(API)
    verdict = shared.run(shared.engine(), plan)

    assert plan.mechanism is Mechanism.UPDATE_SERVICE
    assert (verdict["verdict"], verdict["to"]["digest"]) == ("SUCCEEDED", good), pretty(verdict)


def test_a_rollout_in_flight_is_stopped_and_safe_in_time(shared: SharedWorld) -> None:
    """The demo's limping rollout: StopServiceDeployment, safe within five minutes, inside the range."""
    plan = shared.engine().plan_rollback(MARKET)
    verdict = shared.run(shared.engine(), plan)

    assert plan.mechanism is Mechanism.STOP_SERVICE_DEPLOYMENT
    assert verdict["verdict"] == "SUCCEEDED", pretty(verdict)
    assert verdict["safe_s"] < 300
    assert verdict["running"]["digest"] == plan.target.digest
    assert plan.estimate is not None
    assert plan.estimate.low_s <= verdict["safe_s"] <= plan.estimate.high_s
    assert shared.calls("ecs.RegisterTaskDefinition") == 0


def test_a_worker_without_load_balancer_is_safe_when_no_other_container_executes(
    shared: SharedWorld,
) -> None:
    """Judged from tasks: nothing else runs, as many good ones as before."""
    shared.deploy(WORKER, "good")

    verdict = shared.roll_back(WORKER)

    assert verdict["verdict"] == "SUCCEEDED", pretty(verdict)
    assert verdict["safe_s"] < 300


@pytest.mark.usefixtures("unhurried")
def test_a_service_that_changed_since_the_plan_is_refused(shared: SharedWorld) -> None:
    """Somebody deploys in between; a changed desired count alone does not matter."""
    shared.deploy(API, "error-spike")
    engine = shared.engine()
    plan = engine.plan_rollback(API)
    service = shared.settings.service(API)
    ecs = shared.sandbox.client("ecs", "rugmunch")
    ecs.update_service(cluster=service.cluster, service=service.service, desiredCount=3)
    assert shared.run(engine, plan)["verdict"] == "SUCCEEDED"

    shared.deploy(API, "latency-spike")
    plan = engine.plan_rollback(API)
    shared.begin(API, "good")
    writes = shared.calls("ecs.UpdateService")
    verdict = shared.run(engine, plan)

    assert verdict["verdict"] == "REFUSED"
    assert "PRIMARY now" in verdict["reason"]
    assert shared.calls("ecs.UpdateService") == writes


@pytest.mark.parametrize("error", ["reset", "ThrottlingException"])
def test_an_answer_lost_after_the_order_was_carried_out_is_found_out(shared: SharedWorld, error: str) -> None:
    """The deployment is seen at ECS; UpdateService was received exactly once."""
    shared.sandbox.fault("ecs.UpdateService", error, when="after")

    verdict = shared.deploy(API, "good")

    assert verdict["verdict"] == "SUCCEEDED", pretty(verdict)
    assert shared.calls("ecs.UpdateService") == 1


def test_an_answer_lost_to_a_stop_is_found_out_too(shared: SharedWorld) -> None:
    """The rollout is going back; StopServiceDeployment was received exactly once."""
    shared.sandbox.fault("ecs.StopServiceDeployment", "reset", when="after")

    verdict = shared.roll_back(MARKET)

    assert (verdict["verdict"], verdict["mechanism"]) == ("SUCCEEDED", "stop_service_deployment")
    assert shared.calls("ecs.StopServiceDeployment") == 1


def test_an_order_that_never_arrived_is_unknown_and_settled_later(shared: SharedWorld) -> None:
    """The connection broke before ECS saw it: UNKNOWN first; asked again later, it was never carried out."""
    shared.sandbox.fault("ecs.StopServiceDeployment", "reset")
    verdict = shared.roll_back(MARKET)
    assert verdict["verdict"] == "UNKNOWN", pretty(verdict)
    (record,) = shared.engine().open_operations()
    shared.wait(300)

    later = list(shared.engine().resume(record.id))[-1].facts

    assert later["verdict"] == "FAILED"
    assert "never carried out" in str(later["reason"])
    assert not shared.engine().open_operations()


def test_a_missing_permission_is_named_and_nothing_happens(shared: SharedWorld) -> None:
    """AWS says no to the one write; ECS goes on as it was."""
    shared.sandbox.fault("ecs.StopServiceDeployment", "AccessDeniedException")

    verdict = shared.roll_back(MARKET)

    assert verdict["verdict"] == "FAILED"
    assert "ecs:StopServiceDeployment" in verdict["reason"]


def test_a_throttled_order_is_sent_again(shared: SharedWorld) -> None:
    """It was certainly not carried out: registering and ordering are repeated until AWS takes them."""
    shared.sandbox.fault("ecs.RegisterTaskDefinition", "ThrottlingException")
    shared.sandbox.fault("ecs.UpdateService", "ThrottlingException", count=3)

    verdict = shared.deploy(API, "good")

    assert verdict["verdict"] == "SUCCEEDED", pretty(verdict)
    assert shared.calls("ecs.RegisterTaskDefinition") == 2
    assert shared.calls("ecs.UpdateService") == 4


def test_a_storm_of_throttled_reads_does_not_end_an_operation(shared: SharedWorld) -> None:
    """A minute and a half without a read that works, then the verdict."""
    engine = shared.engine()
    plan = engine.plan_deploy(API, "good")
    operation = engine.execute(plan, str(API))
    for event in operation:
        if event.event == "accepted":
            shared.sandbox.fault("*", "ThrottlingException", count=60)
            break

    last = list(operation)[-1]

    assert last.facts["verdict"] == "SUCCEEDED"


def test_a_rollback_that_does_not_start_has_bounced(shared: SharedWorld) -> None:
    """The good version no longer starts (what it needs is gone); the breaker goes back to the bad one."""
    shared.deploy(API, "error-spike")
    engine = shared.engine()
    plan = engine.plan_rollback(API)
    registry = shared.sandbox.account("rugmunch").ecr.repositories[shared.repository(API)]
    registry.images[plan.target.digest or ""].behaviour = "crash"

    verdict = shared.run(engine, plan)

    assert verdict["verdict"] == "BOUNCED", pretty(verdict)
    assert verdict["running"]["digest"] == plan.source.digest


def test_a_deployment_superseded_by_another_is_replaced(shared: SharedWorld) -> None:
    """Somebody ships something else over it."""
    engine = shared.engine()
    operation = engine.execute(engine.plan_deploy(API, "good"), str(API))
    for event in operation:
        if event.event == "progress":
            shared.begin(API, "latency-spike")
            break

    last = list(operation)[-1]

    assert last.facts["verdict"] == "REPLACED", pretty(dict(last.facts))


@pytest.mark.parametrize(
    ("after", "seconds"),
    [
        ("compared", 4.0),
        pytest.param("sent", 0.0, marks=pytest.mark.campaign),
        pytest.param("sent", 2.0, marks=pytest.mark.campaign),
        pytest.param("accepted", 0.0, marks=pytest.mark.campaign),
    ],
)
def test_a_rollback_that_races_a_deploy_tells_of_its_own_deployment(
    shared: SharedWorld, after: str, seconds: float
) -> None:
    """Somebody ships in the moment between its comparing read and its order, or right after it."""
    shared.deploy(API, "error-spike")
    engine = shared.engine()
    operation = engine.execute(engine.plan_rollback(API), str(API))
    for event in operation:
        if event.event == after:
            shared.begin(API, "latency-spike")
            shared.wait(seconds)
            break

    last = dict(list(operation)[-1].facts)

    if after == "accepted":
        assert last["verdict"] == "REPLACED", pretty(last)
    else:
        assert (last["verdict"], last["by"]) == ("SUCCEEDED", "operator"), pretty(last)


def test_a_deploy_that_a_rollback_replaces_says_whose_it_was(shared: SharedWorld) -> None:
    """The journal knows who ordered what came after."""
    engine = shared.engine()
    operation = engine.execute(engine.plan_deploy(STAGING, "good"), str(STAGING))
    for event in operation:
        if event.event == "progress":
            shared.deploy(STAGING, "error-spike")
            break

    last = dict(list(operation)[-1].facts)

    assert last["verdict"] == "REPLACED", pretty(last)
    identity = shared.connections[STAGING.place].platform.identity()
    assert str(last["reason"]).endswith(f"· deploy by {shared.engine().actor(identity)}"), last["reason"]


@pytest.mark.usefixtures("unhurried")
@pytest.mark.parametrize("address", [MARKET, STAGING, pytest.param(API, marks=pytest.mark.campaign)])
def test_the_way_back_is_held_and_a_deploy_ends_the_hold(shared: SharedWorld, address: Address) -> None:
    """Held after a rollback; the next deploy says so and ends it."""
    if address != MARKET:
        shared.deploy(address, "error-spike")
    shared.roll_back(address)
    assert address in shared.engine().holds()

    plan = shared.engine().plan_deploy(address, "good")
    assert any("held at" in remark for remark in plan.remarks)
    shared.run(shared.engine(), plan)

    assert address not in shared.engine().holds()
