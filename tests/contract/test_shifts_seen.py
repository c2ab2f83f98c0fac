"""Rollouts that shift traffic, as the console tells them: hours of the sandbox on a clock moved by hand."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from console.diagnosis import diagnose
from console.domain.address import Address
from console.domain.fleet import Diagnosis
from console.domain.service import Observation, ServiceState
from tests.builders import a_picture
from tests.contract.conftest import SandboxFactory
from tests.contract.shared_world import SharedWorld, open_world
from tests.fakes import FakeClock

SWAPJOY = Address("swapjoy", "production", "api")
BEHIND_CODE_DEPLOY = Address("rugmunch-codedeploy", "production", "api")
Open = Callable[[str], SharedWorld]


@pytest.fixture
def opened(make_sandbox: SandboxFactory, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Open:
    def make(fleet: str) -> SharedWorld:
        clock = FakeClock()
        return open_world(make_sandbox(fleet, clock=clock), clock, monkeypatch, tmp_path)

    return make


def seen(world: SharedWorld, address: Address) -> tuple[Observation, Diagnosis]:
    """One service in full, and what is made of it now."""
    observation = world.connections[address.place].platform.observe(address)
    assert not observation.missing
    return observation, diagnose(observation.status, observation, None, world.clock.now())


def becomes(
    world: SharedWorld, address: Address, words: str, at_most_s: float
) -> tuple[Observation, Diagnosis]:
    """Let time pass until the line says that."""
    world.wait_until(lambda: words in seen(world, address)[1].line, at_most_s, step_s=15)
    return seen(world, address)


def test_a_pause_a_linear_shift_and_a_bake_are_told_as_they_are(opened: Open) -> None:
    """PAUSED until somebody acts, with the true expiry; then shares, each with its next; then the bake."""
    world = opened(SWAPJOY.system)
    world.begin(SWAPJOY, "good-2")
    observation, found = becomes(world, SWAPJOY, "waits for a decision", 600)
    rollout = observation.rollout
    assert rollout is not None and rollout.waiting is not None and rollout.waiting.expires_at is not None
    assert found.state is ServiceState.PAUSED
    assert found.line.startswith(
        "waits for a decision after the test traffic · expires in 11 h, then ECS rolls back · green at 0 %"
    )
    left = (rollout.waiting.expires_at - world.clock.now()).total_seconds() / 60
    assert 715 <= left <= 720, "the fleet gives it 720 minutes"
    assert rollout.strategy == "LINEAR" and rollout.alarms is not None and len(rollout.alarms.names) == 2

    world.wait(3600)
    later, found = seen(world, SWAPJOY)
    assert found.state is ServiceState.PAUSED, "however long it waits, it is not stuck"
    assert diagnose(later.status, None, None, world.clock.now()).state is ServiceState.ROLLING

    world.sandbox.client("ecs", SWAPJOY.system).continue_service_deployment(
        serviceDeploymentArn=rollout.id, hookId=rollout.waiting.id
    )
    shares = []
    for share in (10.0, 20.0):
        observation, found = becomes(world, SWAPJOY, f"green at {share:g} % for 1 of 2 min", 600)
        assert found.state is ServiceState.CANARY
        assert f"{share + 10:g} % at " in found.line
        shares.append(a_picture(status=observation.status, observation=observation).traffic_share)
    assert shares == [10.0, 20.0]
    observation, found = becomes(world, SWAPJOY, "baking 12 of 30 min", 3600)
    assert found.state is ServiceState.ROLLING
    assert found.line.startswith("baking 12 of 30 min · green at 100 %")
    assert observation.rollout is not None and observation.rollout.bake_s == 1800


def test_an_alarm_that_sends_a_shift_back_is_named(opened: Open) -> None:
    """On the way back the line says which one, and how much is still on the new version."""
    world = opened(SWAPJOY.system)
    world.begin(SWAPJOY, "good-2")
    observation, _ = becomes(world, SWAPJOY, "waits for a decision", 600)
    assert observation.rollout is not None and observation.rollout.waiting is not None
    world.sandbox.client("ecs", SWAPJOY.system).continue_service_deployment(
        serviceDeploymentArn=observation.rollout.id, hookId=observation.rollout.waiting.id
    )
    becomes(world, SWAPJOY, "green at 10 %", 600)
    name = observation.rollout.alarms.names[0] if observation.rollout.alarms else ""
    world.sandbox.client("cloudwatch", SWAPJOY.system).set_alarm_state(
        AlarmName=name, StateValue="ALARM", StateReason="test"
    )
    _, found = becomes(world, SWAPJOY, f"alarm {name} went off", 120)
    assert found.state is ServiceState.ROLLING_BACK


def test_task_sets_of_codedeploy_are_told_truthfully(opened: Open) -> None:
    """Two sets, shares as CodeDeploy tells them; the counts alone say less, and nothing that is untrue."""
    world = opened(BEHIND_CODE_DEPLOY.system)
    address = BEHIND_CODE_DEPLOY
    observation, found = seen(world, address)
    assert (observation.status.controller, found.state) == ("CODE_DEPLOY", ServiceState.STEADY)
    assert [(item.status, item.running) for item in observation.status.deployments] == [("PRIMARY", 2)]

    _deploy_by_codedeploy(world, address)
    becomes(world, address, "blue/green by CodeDeploy: green starts, 0 of 2 tasks", 60)
    observation, found = becomes(world, address, "shifting, green at 10 %", 300)
    assert found.state is ServiceState.CANARY
    green, blue = observation.status.deployments
    assert observation.rollout is not None
    assert observation.rollout.weights == {green.id: 10.0, blue.id: 90.0}
    assert (green.status, blue.status) == ("ACTIVE", "PRIMARY")
    picture = a_picture(status=observation.status, observation=observation)
    assert picture.traffic_share == 10.0
    alone = diagnose(observation.status, None, None, world.clock.now())
    assert alone.line == "blue/green by CodeDeploy: green is up, 2 of 2 tasks, blue still is PRIMARY"
    assert len(observation.status.groups) == 2
    assert {item.group for item in observation.targets} == set(observation.status.groups)

    _, found = becomes(world, address, "blue is kept for 1 h · green at 100 %", 600)
    assert found.state is ServiceState.ROLLING


def test_a_worker_that_only_ever_scales_out_is_pointed_out(opened: Open) -> None:
    """Its one step policy adds tasks and nothing takes them away; the API tracks a target both ways."""
    world = opened(BEHIND_CODE_DEPLOY.system)
    platform = world.connections["rugmunch-codedeploy/production"].platform
    worker = platform.scaling(Address("rugmunch-codedeploy", "production", "worker"))
    api = platform.scaling(BEHIND_CODE_DEPLOY)
    assert worker is not None and api is not None
    assert (worker.remark, api.remark) == ("only ever scales out", "")
    assert (worker.minimum, worker.maximum) == (2, 20)
    assert [policy.said for policy in api.policies] == ["ECSServiceAverageCPUUtilization at 70"]
    assert not worker.missing


def _deploy_by_codedeploy(world: SharedWorld, address: Address) -> None:
    """The same definition once more, a tenth of the traffic first."""
    service = world.settings.service(address)
    live = world.sandbox.client("ecs", address.system).describe_services(
        cluster=service.cluster, services=[service.service]
    )["services"][0]["taskSets"][0]
    entry = live["loadBalancers"][0]
    target = {
        "Type": "AWS::ECS::Service",
        "Properties": {
            "TaskDefinition": live["taskDefinition"],
            "LoadBalancerInfo": {
                "ContainerName": entry["containerName"],
                "ContainerPort": entry["containerPort"],
            },
        },
    }
    content = json.dumps({"version": 0.0, "Resources": [{"TargetService": target}]})
    codedeploy = world.sandbox.client("codedeploy", address.system)
    (application,) = codedeploy.list_applications()["applications"]
    (group,) = codedeploy.list_deployment_groups(applicationName=application)["deploymentGroups"]
    codedeploy.create_deployment(
        applicationName=application,
        deploymentGroupName=group,
        revision={"revisionType": "AppSpecContent", "appSpecContent": {"content": content}},
        deploymentConfigName="CodeDeployDefault.ECSCanary10Percent5Minutes",
    )
