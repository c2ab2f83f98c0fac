"""Drain, undrain, scale, restart and continue on the sandbox, with console and world on one clock."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from console.aws.guard import READS
from console.domain.address import Address
from console.domain.operation import CheckState, Mechanism, Verb, Verdict
from console.domain.rollout import Rollout
from console.domain.wish import Wish
from console.errors import RefusedError, UsageError
from console.sandbox.ecs.instances import add_instance
from tests.contract.conftest import SandboxFactory
from tests.contract.shared_world import API, STAGING, WORKER, SharedWorld, open_world, pretty
from tests.fakes import FakeClock

JOBS = "token-scan"
SWAPJOY = Address("swapjoy", "production", "api")


def opened(
    fleet: str, make_sandbox: SandboxFactory, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> SharedWorld:
    clock = FakeClock()
    return open_world(make_sandbox(fleet, clock=clock), clock, monkeypatch, tmp_path)


@pytest.fixture
def shared(make_sandbox: SandboxFactory, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> SharedWorld:
    """The bot's fleet at speed 1 on a clock moved by hand."""
    return opened("rugmunch", make_sandbox, monkeypatch, tmp_path)


@pytest.fixture
def market(make_sandbox: SandboxFactory, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> SharedWorld:
    """The marketplace's fleet alike."""
    return opened("fairtradeworker", make_sandbox, monkeypatch, tmp_path)


def counts(shared: SharedWorld, address: Address) -> dict[str, Any]:
    """How many tasks there are, and everything that autoscaling may do."""
    platform = shared.connections[address.place].platform
    status, scaling = platform.status(address), platform.scaling(address)
    found: dict[str, Any] = {"desired": status.desired, "running": status.running}
    if scaling is not None:
        found |= {"limits": (scaling.minimum, scaling.maximum), "suspended": scaling.suspended}
    return found


def suspend(shared: SharedWorld, address: Address, **parts: bool) -> None:
    """Somebody suspends a part of autoscaling."""
    service = shared.settings.service(address)
    shared.sandbox.client("application-autoscaling", address.system).register_scalable_target(
        ServiceNamespace="ecs",
        ResourceId=f"service/{service.cluster}/{service.service}",
        ScalableDimension="ecs:service:DesiredCount",
        SuspendedState=parts,
    )


@pytest.mark.parametrize(("fleet", "address"), [("shared", API), ("shared", WORKER), ("market", STAGING)])
def test_a_drained_service_serves_nothing_and_comes_back_exactly(
    fleet: str, address: Address, request: pytest.FixtureRequest
) -> None:
    """Counts, limits and suspended parts, by another process, after the way there was an outage."""
    shared: SharedWorld = request.getfixturevalue(fleet)
    if address == API:
        suspend(shared, address, DynamicScalingInSuspended=True)
    before = counts(shared, address)

    drained = shared.carry(Wish(Verb.DRAIN, address))
    empty = counts(shared, address)
    shared.wait(1200)
    still = counts(shared, address)
    back = shared.carry(Wish(Verb.UNDRAIN, address))

    assert drained["verdict"] == "SUCCEEDED", pretty(drained)
    assert (empty["desired"], empty["running"]) == (0, 0) == (still["desired"], still["running"])
    assert back["verdict"] == "SUCCEEDED", pretty(back)
    assert counts(shared, address) == before
    with pytest.raises(RefusedError, match="knows of no drain"):
        shared.engine().plan(Wish(Verb.UNDRAIN, address))


def test_a_drain_says_what_its_tasks_are_busy_with(shared: SharedWorld) -> None:
    """A worker's jobs and queue; an API's targets."""
    engine = shared.engine()
    plan = engine.plan(Wish(Verb.DRAIN, WORKER))
    said = [event.text for event in engine.execute(plan, str(WORKER))]
    api = [event.text for event in engine.execute(engine.plan(Wish(Verb.DRAIN, API)), str(API))]

    assert any(remark.startswith(f"{JOBS}: ") for remark in plan.remarks), plan.remarks
    assert any("30 s after SIGTERM" in remark for remark in plan.remarks)
    assert any("2 tasks finishing jobs" in line and f"{JOBS}: " in line for line in said), said
    assert any("targets: " in line and "draining" in line for line in api), api


def test_a_second_drain_does_not_forget_what_the_first_one_found(shared: SharedWorld) -> None:
    """Somebody raised the count in between."""
    shared.carry(Wish(Verb.DRAIN, WORKER))
    service = shared.settings.service(WORKER)
    ecs = shared.sandbox.client("ecs", "rugmunch")
    ecs.update_service(cluster=service.cluster, service=service.service, desiredCount=1)
    shared.carry(Wish(Verb.DRAIN, WORKER))

    shared.carry(Wish(Verb.UNDRAIN, WORKER))

    assert counts(shared, WORKER)["desired"] == 2


def test_a_deploy_of_a_drained_service_says_that_no_task_starts(market: SharedWorld) -> None:
    """And the version is there when it comes back."""
    market.carry(Wish(Verb.DRAIN, STAGING))
    plan = market.engine().plan(Wish(Verb.DEPLOY, STAGING, version="good"))

    shipped = market.run(market.engine(), plan)
    market.carry(Wish(Verb.UNDRAIN, STAGING))

    assert "no task starts" in plan.effect
    assert shipped["verdict"] == "SUCCEEDED", pretty(shipped)
    live = market.connections["fairtradeworker/staging"].platform.observe(STAGING).primary_release
    assert live is not None
    assert live.digest == market.digest(STAGING, "good")


def test_one_task_is_drained_and_replaced(shared: SharedWorld) -> None:
    """The count is whole again, with another task."""
    platform = shared.connections["rugmunch/production"].platform
    before = [task.id for task in platform.observe(API).tasks if not task.is_stopped]

    verdict = shared.carry(Wish(Verb.DRAIN, API, task=before[0][:8]))

    after = [task.id for task in platform.observe(API).tasks if not task.is_stopped]
    assert verdict["verdict"] == "SUCCEEDED", pretty(verdict)
    assert before[0] not in after
    assert (len(after), before[1] in after) == (2, True)


def test_a_protected_task_is_said_to_be_and_stopped_all_the_same(shared: SharedWorld) -> None:
    """Amber, not refused."""
    platform = shared.connections["rugmunch/production"].platform
    task = platform.observe(WORKER).tasks[0].id
    service = shared.settings.service(WORKER)
    shared.sandbox.client("ecs", "rugmunch").update_task_protection(
        cluster=service.cluster, tasks=[task], protectionEnabled=True, expiresInMinutes=60
    )
    engine = shared.engine()
    plan = engine.plan(Wish(Verb.DRAIN, WORKER, task=task))
    whole = engine.plan(Wish(Verb.DRAIN, WORKER))

    assert [(item.name, item.state) for item in plan.checks] == [("task protection", CheckState.UNKNOWN)]
    assert "1 of 2 tasks protected until" in whole.checks[0].evidence
    assert shared.run(engine, plan)["verdict"] == "SUCCEEDED"


def test_counts_and_limits_are_scaled_together(shared: SharedWorld) -> None:
    """The limits first; running as many as asked for."""
    suspend(shared, API, DynamicScalingInSuspended=True)

    verdict = shared.carry(Wish(Verb.SCALE, API, desired=12, minimum=3, maximum=15))

    assert verdict["verdict"] == "SUCCEEDED", pretty(verdict)
    assert counts(shared, API) == {"desired": 12, "running": 12, "limits": (3, 15), "suspended": ("in",)}


def test_a_count_that_autoscaling_takes_back_names_it(shared: SharedWorld) -> None:
    """Idle tasks are scaled in at once."""
    verdict = shared.carry(Wish(Verb.SCALE, API, desired=10, maximum=15))

    assert verdict["verdict"] == "REPLACED", pretty(verdict)
    assert "autoscaling: " in verdict["reason"]


def test_a_worker_that_only_scales_out_is_pointed_out(shared: SharedWorld) -> None:
    """With its queue, its policy and the alarm that calls it."""
    plan = shared.engine().plan(Wish(Verb.SCALE, WORKER, desired=4))

    said = "\n".join(plan.remarks)
    assert "only ever scales out" in said
    assert "+2 on rugmunch-queue-depth-high" in said
    assert f"{JOBS}: " in said


def test_scaling_that_would_not_last_is_refused(shared: SharedWorld) -> None:
    """Before anything is sent."""
    with pytest.raises(UsageError, match="between 2 and 10"):
        shared.engine().plan(Wish(Verb.SCALE, API, desired=30))
    assert shared.calls("ecs.UpdateService") == 0


def test_a_count_that_somebody_else_changes_is_replaced(market: SharedWorld) -> None:
    """Not waited for until the time is up."""
    engine = market.engine()
    operation = engine.execute(engine.plan(Wish(Verb.SCALE, STAGING, desired=3)), str(STAGING))
    for event in operation:
        if event.event == "performed":
            service = market.settings.service(STAGING)
            market.sandbox.client("ecs", "fairtradeworker").update_service(
                cluster=service.cluster, service=service.service, desiredCount=1
            )
            break

    last = list(operation)[-1].facts

    assert last["verdict"] == "REPLACED", last
    assert "desired was set to 3 and is 1" in str(last["reason"])


def test_a_restart_starts_the_same_digests(shared: SharedWorld) -> None:
    """Other tasks, the same version, which the plan names."""
    platform = shared.connections["rugmunch/production"].platform
    before = platform.observe(WORKER)
    plan = shared.engine().plan(Wish(Verb.RESTART, WORKER))
    assert before.primary_release is not None
    digest = before.primary_release.digest or ""

    verdict = shared.run(shared.engine(), plan)

    after = platform.observe(WORKER)
    assert any(digest.removeprefix("sha256:")[:8] in remark for remark in plan.remarks), plan.remarks
    assert not any("moved" in remark for remark in plan.remarks)
    assert verdict["verdict"] == "SUCCEEDED", pretty(verdict)
    assert verdict["running"]["digest"] == digest
    old = {task.id for task in before.tasks}
    assert not [task for task in after.tasks if task.id in old and not task.is_stopped]


def test_a_restart_under_a_moved_tag_is_a_deploy_and_says_so(market: SharedWorld) -> None:
    """With the digests that it really starts."""
    market.move_tag(STAGING, "latest", to="good")

    plan = market.engine().plan(Wish(Verb.RESTART, STAGING))
    verdict = market.run(market.engine(), plan)

    assert any("has moved: this is a deploy" in remark for remark in plan.remarks), plan.remarks
    assert verdict["verdict"] == "SUCCEEDED", pretty(verdict)
    assert verdict["running"]["digest"] == market.digest(STAGING, "good")


def test_a_restart_that_would_ship_what_cannot_run_is_refused(market: SharedWorld) -> None:
    """A deploy's checks hold for it."""
    market.move_tag(STAGING, "latest", to="arm64")
    engine = market.engine()
    plan = engine.plan(Wish(Verb.RESTART, STAGING))

    assert plan.blockers
    with pytest.raises(RefusedError):
        list(engine.execute(plan, str(STAGING)))
    assert market.calls("ecs.UpdateService") == 0


def test_an_instance_is_emptied_and_given_back(shared: SharedWorld) -> None:
    """Counted down to none; a service that was drained meanwhile stays drained."""
    account = shared.sandbox.account("rugmunch")
    cluster = account.ecs.clusters["rugmunch-cluster"]
    machines = [add_instance(account, cluster, zone, 4096) for zone in ("us-east-1a", "us-east-1b")]
    ecs = shared.sandbox.client("ecs", "rugmunch")
    worker = ecs.describe_services(cluster="rugmunch-cluster", services=["rugmunch-worker"])["services"][0]
    definition = ecs.describe_task_definition(taskDefinition=worker["taskDefinition"])["taskDefinition"]
    kept = ("containerDefinitions", "cpu", "memory", "networkMode", "executionRoleArn")
    registered = ecs.register_task_definition(
        family="batch", requiresCompatibilities=["EC2"], **{key: definition[key] for key in kept}
    )["taskDefinition"]
    ecs.create_service(
        cluster="rugmunch-cluster",
        serviceName="batch",
        taskDefinition=registered["taskDefinitionArn"],
        desiredCount=2,
        launchType="EC2",
        networkConfiguration=worker["networkConfiguration"],
    )
    shared.wait(200)
    shared.carry(Wish(Verb.DRAIN, WORKER))
    engine = shared.engine()

    plan = engine.plan(Wish(Verb.DRAIN, WORKER, instance=machines[0].id[:8]))
    events = list(engine.execute(plan, str(WORKER)))
    left = ecs.list_tasks(cluster="rugmunch-cluster", containerInstance=machines[0].arn)["taskArns"]
    back = shared.carry(Wish(Verb.UNDRAIN, WORKER, instance=machines[0].arn))

    assert events[-1].facts["verdict"] == "SUCCEEDED", pretty(dict(events[-1].facts))
    assert any("1 task still on it" in event.text for event in events), [event.text for event in events]
    assert left == []
    assert back["verdict"] == "SUCCEEDED", pretty(back)
    (shown,) = ecs.describe_container_instances(
        cluster="rugmunch-cluster", containerInstances=[machines[0].arn]
    )["containerInstances"]
    assert shown["status"] == "ACTIVE"
    assert counts(shared, WORKER)["desired"] == 0
    shared.carry(Wish(Verb.UNDRAIN, WORKER))
    assert counts(shared, WORKER)["desired"] == 2


def test_the_mechanism_of_a_walk_is_its_actions(market: SharedWorld) -> None:
    """No order is sent for it, and the verdict says so."""
    verdict = market.carry(Wish(Verb.SCALE, STAGING, desired=3))

    assert verdict["mechanism"] == Mechanism.ACTIONS.value
    assert market.calls("ecs.UpdateService") == 1
    assert market.calls("ecs.RegisterTaskDefinition") == 0


def paused(shared: SharedWorld) -> Rollout:
    """The rollout of the swapping app once it waits for somebody."""
    platform = shared.connections["swapjoy/production"].platform

    def waiting() -> Rollout | None:
        rollout = platform.observe(SWAPJOY).rollout
        return rollout if rollout is not None and rollout.waiting else None

    shared.wait_until(lambda: waiting() is not None, 1800)
    found = waiting()
    assert found is not None
    return found


@pytest.mark.parametrize("refuse", [False, True])
def test_a_pause_of_somebody_elses_deployment_is_decided_once(
    refuse: bool, make_sandbox: SandboxFactory, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """CI ordered it; the plan says until when it waits; one call, journalled."""
    shared = opened("swapjoy", make_sandbox, monkeypatch, tmp_path)
    with pytest.raises(RefusedError, match="nothing is paused"):
        shared.engine().plan(Wish(Verb.CONTINUE, SWAPJOY))
    shared.begin(SWAPJOY, "good")
    hook = paused(shared).waiting
    assert hook is not None
    plan = shared.engine().plan(Wish(Verb.CONTINUE, SWAPJOY, refuse=refuse))

    verdict = shared.run(shared.engine(), plan)

    assert any("UTC ECS rolls back" in remark for remark in plan.remarks), plan.remarks
    assert verdict["verdict"] == "SUCCEEDED", pretty(verdict)
    assert shared.calls("ecs.ContinueServiceDeployment") == 1
    shared.wait(30)
    rollout = shared.connections["swapjoy/production"].platform.observe(SWAPJOY).rollout
    assert rollout is not None
    assert rollout.waiting is None or rollout.waiting.id != hook.id
    assert rollout.status.is_going_back == refuse
    (record,) = [r for r in shared.journal.operations(str(SWAPJOY)) if r.verb is Verb.CONTINUE]
    assert record.verdict is Verdict.SUCCEEDED


def test_our_own_deployment_that_waits_is_continued_from_elsewhere(
    make_sandbox: SandboxFactory, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """PAUSED ends the watch and leaves it open: scaling and continuing are not kept from it, and the same
    deploy follows it on; a restart would disturb it."""
    shared = opened("swapjoy", make_sandbox, monkeypatch, tmp_path)
    engine = shared.engine()
    engine = type(engine)(
        {key: item.platform for key, item in shared.connections.items()},
        shared.journal,
        shared.clock,
        shared.settings,
        timeout_s=3600.0,
        hooks="stop",
    )
    plan = engine.plan(Wish(Verb.DEPLOY, SWAPJOY, version="good"))
    assert shared.run(engine, plan)["verdict"] == "PAUSED"
    with pytest.raises(RefusedError, match="under way"):
        shared.carry(Wish(Verb.RESTART, SWAPJOY))
    with pytest.raises(RefusedError, match="under way"):
        shared.carry(Wish(Verb.DRAIN, SWAPJOY))

    assert shared.carry(Wish(Verb.CONTINUE, SWAPJOY))["verdict"] == "SUCCEEDED"

    under_way = engine.attachable(Verb.DEPLOY, SWAPJOY)
    assert under_way is not None
    events = engine.resume(under_way.id)
    assert next(event for event in events if event.event == "progress").facts["rollout"] == "IN_PROGRESS"


WISHES = (
    Wish(Verb.DRAIN, WORKER),
    Wish(Verb.UNDRAIN, WORKER),
    Wish(Verb.SCALE, WORKER, desired=4, maximum=30),
    Wish(Verb.RESTART, WORKER),
    Wish(Verb.DEPLOY, WORKER, version="good"),
    Wish(Verb.ROLLBACK, WORKER),
    Wish(Verb.DRAIN, API, task="TASK"),
    Wish(Verb.DRAIN, API, instance="INSTANCE"),
    Wish(Verb.UNDRAIN, API, instance="INSTANCE"),
)


def test_read_only_plans_everything_and_sends_nothing(shared: SharedWorld) -> None:
    """Every verb over the real transport: the plan is there, and the sandbox counts only reads."""
    account = shared.sandbox.account("rugmunch")
    machine = add_instance(account, account.ecs.clusters["rugmunch-cluster"], "us-east-1a", 2048)
    shared.carry(Wish(Verb.DRAIN, WORKER))
    tasks = shared.connections["rugmunch/production"].platform.observe(API).tasks
    named = {"TASK": tasks[0].id, "INSTANCE": machine.id}
    looking = shared.read_only()
    before = {name: shared.calls(name) for name in shared.sandbox.control("GET", "calls")[1]}

    for wish in WISHES:
        engine = looking.engine()
        task, instance = named.get(wish.task, ""), named.get(wish.instance, "")
        plan = engine.plan(replace(wish, task=task, instance=instance))
        if not plan.nothing_to_do:
            with pytest.raises(RefusedError, match="read-only"):
                list(engine.execute(plan, str(plan.address)))

    after = shared.sandbox.control("GET", "calls")[1]
    sent = {name for name, number in after.items() if number != before.get(name, 0)}
    assert sent <= READS, sent - READS
