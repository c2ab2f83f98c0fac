"""CodeDeploy's blue/green deployments of an ECS service: task sets, traffic, stop and rollback."""

from typing import Any

import pytest

from console.sandbox import codedeploy
from console.sandbox.codedeploy import appspec
from console.sandbox.ecs.model import Service
from console.sandbox.elb import add_listener, add_target_group
from console.sandbox.registry import AwsError
from console.sandbox.services import HANDLERS
from console.sandbox.traffic import Profile
from tests.unit.sandbox_world import Stage

CANARY = "CodeDeployDefault.ECSCanary10Percent5Minutes"
LINEAR = "CodeDeployDefault.ECSLinear10PercentEvery1Minutes"


class Deployer:
    """The stage's service in CodeDeploy's hands."""

    def __init__(self, *, desired: int = 2, speed: float = 1.0, **settings: Any) -> None:
        self.stage = stage = Stage(desired=desired, speed=speed)
        account = stage.account
        self.blue = stage.group.arn
        self.green = add_target_group(account, "api-2", 3000, deregistration_delay_s=30).arn
        (balancer,) = account.elb.load_balancers.values()
        (listener,) = account.elb.listeners.values()
        test = add_listener(account, balancer, stage.group, 8443)
        self.production, self.test = listener.rules[-1], test.rules[-1]
        stage.service.load_balancers[0]["advancedConfiguration"] = {
            "alternateTargetGroupArn": self.green,
            "productionListenerRule": self.production.arn,
            "testListenerRule": self.test.arn,
        }
        self.group = codedeploy.hand_over(account, stage.service, **{"keep_minutes": 5, **settings})

    @property
    def service(self) -> Service:
        return self.stage.service

    def ask(self, operation: str, **params: Any) -> dict[str, Any]:
        self.stage.world.advance()
        return HANDLERS["codedeploy", operation](self.stage.account, params)

    def code(self, operation: str, **params: Any) -> str:
        with pytest.raises(AwsError) as refused:
            self.ask(operation, **params)
        return refused.value.code

    def params(self, tag: str) -> dict[str, Any]:
        content = appspec.write(self.stage.define(tag), "api", 3000)
        revision = {"revisionType": "AppSpecContent", "appSpecContent": {"content": content}}
        names = {"applicationName": self.group.application, "deploymentGroupName": self.group.name}
        return {**names, "revision": revision}

    def deploy(self, tag: str, **params: Any) -> str:
        return str(self.ask("CreateDeployment", **self.params(tag), **params)["deploymentId"])

    def info(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = self.ask("GetDeployment", deploymentId=name)["deploymentInfo"]
        return found

    def target(self, name: str) -> dict[str, Any]:
        answer = self.ask("GetDeploymentTarget", deploymentId=name, targetId="main:api")
        found: dict[str, Any] = answer["deploymentTarget"]["ecsTarget"]
        return found

    def sets(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.stage.describe()["taskSets"]
        return found

    def share(self) -> float:
        """Percent of production's requests that the second group gets."""
        weights = self.production.weights
        return 100 * weights.get(self.green, 0) / sum(weights.values()) if weights else 0.0

    def until(self, name: str, status: str, limit: float = 6000.0) -> None:
        waited = 0.0
        while self.info(name)["status"] != status:
            self.stage.wait(5, step=5)
            waited += 5
            assert waited < limit, (self.info(name), self.stage.log())

    def images(self) -> set[str]:
        """Tags that run in tasks that are there."""
        return {task.containers[0].image.rpartition(":")[2] for task in self.service.present.values()}


def test_a_service_of_codedeploy_shows_task_sets_and_no_deployments() -> None:
    """And ECS refuses to change what only CodeDeploy may change."""
    deployer = Deployer()
    picture = deployer.stage.describe()
    assert picture["deploymentController"] == {"type": "CODE_DEPLOY"}
    assert picture["deployments"] == []
    (only,) = picture["taskSets"]
    assert (only["status"], only["stabilityStatus"], only["runningCount"]) == ("PRIMARY", "STEADY_STATE", 2)
    for change in ({"taskDefinition": deployer.stage.define("good")}, {"forceNewDeployment": True}):
        update = {"cluster": "main", "service": "api", **change}
        assert deployer.stage.refusal("UpdateService", **update) == "InvalidParameterException"


def test_scaling_a_service_of_codedeploy_scales_its_task_set() -> None:
    """The desired count stays ECS's business."""
    deployer = Deployer()
    deployer.stage.update(desiredCount=3)
    deployer.stage.wait(120)
    (only,) = deployer.sets()
    assert (only["computedDesiredCount"], only["runningCount"]) == (3, 3)
    deployer.stage.update(desiredCount=1)
    deployer.stage.wait(180)
    assert deployer.sets()[0]["runningCount"] == 1


def test_a_deployment_moves_traffic_to_a_second_task_set_and_lets_the_first_go() -> None:
    """All lifecycle events succeed in order; the groups have changed roles at the end."""
    deployer = Deployer()
    name = deployer.deploy("good")
    assert deployer.info(name)["status"] == "Created"
    deployer.until(name, "Succeeded")
    events = deployer.target(name)["lifecycleEvents"]
    assert [event["status"] for event in events] == ["Succeeded"] * 8
    starts = [event["startTime"] for event in events]
    assert starts == sorted(starts)
    deployer.stage.wait(120)
    (only,) = deployer.sets()
    assert only["status"] == "PRIMARY"
    assert only["externalId"] == name
    assert only["loadBalancers"][0]["targetGroupArn"] == deployer.green
    assert deployer.images() == {"good"}
    assert deployer.share() == 100
    second = deployer.deploy("better")
    deployer.until(second, "Succeeded")
    assert deployer.share() == 0
    assert deployer.info(second)["previousRevision"] == deployer.info(name)["revision"]


def test_events_name_the_task_set_that_they_are_about() -> None:
    """In the prefix, for starts and for stops."""
    deployer = Deployer()
    (old,) = deployer.sets()
    name = deployer.deploy("good")
    deployer.until(name, "Succeeded")
    new = next(item for item in deployer.sets() if item["status"] == "PRIMARY")
    said = [text for _, text in deployer.stage.log()]
    assert any(text.startswith(f"(service api, taskSet {new['id']}) has started 2 tasks") for text in said)
    assert any(text.startswith(f"(service api, taskSet {old['id']}) has stopped 1 running") for text in said)


def test_both_sets_stand_until_the_wait_for_termination_is_over() -> None:
    """Test traffic is all at the new one; ContinueDeployment ends the wait early."""
    deployer = Deployer(keep_minutes=60)
    name = deployer.deploy("good")
    while not deployer.info(name)["instanceTerminationWaitTimeStarted"]:
        deployer.stage.wait(5, step=5)
    assert [item["runningCount"] for item in deployer.sets()] == [2, 2]
    assert {item["status"] for item in deployer.sets()} == {"PRIMARY", "ACTIVE"}
    labels = {item["taskSetLabel"]: item["trafficWeight"] for item in deployer.target(name)["taskSetsInfo"]}
    assert labels == {"Blue": 0.0, "Green": 100.0}
    assert deployer.test.target_group == deployer.green
    early = {"deploymentId": name, "deploymentWaitType": "READY_WAIT"}
    assert deployer.code("ContinueDeployment", **early) == "DeploymentIsNotInReadyStateException"
    deployer.ask("ContinueDeployment", deploymentId=name, deploymentWaitType="TERMINATION_WAIT")
    assert deployer.info(name)["status"] == "Succeeded"
    assert "DRAINING" in {item["status"] for item in deployer.sets()}


@pytest.mark.parametrize(("config", "expected"), [(CANARY, [10, 100]), (LINEAR, list(range(10, 101, 10)))])
def test_the_configuration_says_in_which_steps_traffic_moves(config: str, expected: list[int]) -> None:
    """Each share is held for its minutes."""
    deployer = Deployer()
    name = deployer.deploy("good", deploymentConfigName=config)
    seen: list[int] = []
    while not deployer.info(name)["instanceTerminationWaitTimeStarted"]:
        share = round(deployer.share())
        if share and share not in seen:
            seen.append(share)
        deployer.stage.wait(5, step=5)
    if round(deployer.share()) not in seen:
        seen.append(round(deployer.share()))
    assert seen == expected


def test_requests_are_answered_by_the_sets_in_the_shares_of_the_listener() -> None:
    """One in ten by the new one during a canary; its errors are seen in that share."""
    deployer = Deployer()
    account = deployer.stage.account
    account.logs.traffic.profiles[deployer.service.arn] = Profile(per_minute=600)
    name = deployer.deploy("error-spike", deploymentConfigName=CANARY)
    while deployer.share() != 10:
        deployer.stage.wait(5, step=5)
    deployer.stage.wait(180, step=5)
    green = deployer.sets()[1]["id"]
    tasks = {task.id for task in deployer.service.present.values() if task.deployment == green}
    requests = account.logs.traffic.requests(deployer.service.arn, int(deployer.stage.hand.at // 60) - 1)
    new = [request for request in requests if request.life is not None and request.life.task in tasks]
    assert 0.05 < len(new) / len(requests) < 0.16
    assert 0.05 < sum(request.status >= 500 for request in new) / len(new) < 0.4
    assert "advancedConfiguration" not in deployer.stage.describe()["loadBalancers"][0]
    deployer.ask("StopDeployment", deploymentId=name, autoRollbackEnabled=True)


def test_stop_with_rollback_is_a_new_deployment_that_sends_the_traffic_back_at_once() -> None:
    """The stopped one names it, and it names the stopped one; the new set is taken away."""
    deployer = Deployer()
    name = deployer.deploy("error-spike", deploymentConfigName=CANARY)
    while deployer.share() != 10:
        deployer.stage.wait(5, step=5)
    answer = deployer.ask("StopDeployment", deploymentId=name, autoRollbackEnabled=True)
    assert answer["status"] in ("Pending", "Succeeded")
    stopped = deployer.info(name)
    assert stopped["status"] == "Stopped"
    back = stopped["rollbackInfo"]["rollbackDeploymentId"]
    assert back != name
    assert deployer.info(back)["creator"] == "codeDeployRollback"
    assert deployer.info(back)["rollbackInfo"]["rollbackTriggeringDeploymentId"] == name
    assert deployer.share() == 0
    deployer.until(back, "Succeeded")
    (only,) = deployer.sets()
    assert only["status"] == "PRIMARY" and deployer.images() == {"v1"}
    again = {"deploymentId": name, "autoRollbackEnabled": True}
    assert deployer.code("StopDeployment", **again) == "DeploymentAlreadyCompletedException"


def test_a_rollback_during_the_wait_for_termination_makes_the_old_set_primary_again() -> None:
    """Its tasks never stopped, so that nobody has to wait for new ones."""
    deployer = Deployer(keep_minutes=60)
    before = {task.id for task in deployer.service.present.values()}
    name = deployer.deploy("good")
    while not deployer.info(name)["instanceTerminationWaitTimeStarted"]:
        deployer.stage.wait(5, step=5)
    deployer.ask("StopDeployment", deploymentId=name, autoRollbackEnabled=True)
    assert deployer.share() == 0
    primary = next(item for item in deployer.sets() if item["status"] == "PRIMARY")
    assert primary["loadBalancers"][0]["targetGroupArn"] == deployer.blue
    deployer.stage.wait(300)
    assert {task.id for task in deployer.service.present.values()} == before


def test_a_deployment_stopped_before_install_leaves_nothing_to_roll_back() -> None:
    """There is no second task set yet, and no rollback deployment."""
    deployer = Deployer()
    name = deployer.deploy("good")
    deployer.ask("StopDeployment", deploymentId=name, autoRollbackEnabled=True)
    assert deployer.info(name)["status"] == "Stopped"
    assert deployer.info(name)["rollbackInfo"] is None
    assert len(deployer.sets()) == 1


def test_tasks_that_never_become_healthy_fail_the_deployment_after_an_hour() -> None:
    """It goes back by itself, and what served still serves."""
    deployer = Deployer()
    name = deployer.deploy("crash")
    deployer.until(name, "Failed")
    info = deployer.info(name)
    assert info["errorInformation"]["code"] == "TIMEOUT"
    assert 3600 <= info["completeTime"] - info["startTime"] < 3700
    deployer.until(info["rollbackInfo"]["rollbackDeploymentId"], "Succeeded")
    assert deployer.images() == {"v1"} and deployer.share() == 0


def test_a_deployment_that_waits_to_be_continued_is_ready() -> None:
    """It moves no traffic before; nobody continuing it in time stops it."""
    deployer = Deployer(ready_minutes=10)
    name = deployer.deploy("good")
    deployer.until(name, "Ready")
    assert deployer.share() == 0
    deployer.ask("ContinueDeployment", deploymentId=name, deploymentWaitType="READY_WAIT")
    deployer.until(name, "Succeeded")
    late = deployer.deploy("better")
    deployer.until(late, "Ready")
    deployer.stage.wait(700, step=10)
    assert deployer.info(late)["status"] == "Stopped"
    assert deployer.info(late)["rollbackInfo"]["rollbackDeploymentId"]


def test_a_group_has_one_deployment_at_a_time() -> None:
    """The refusal names the one under way."""
    deployer = Deployer()
    name = deployer.deploy("good")
    with pytest.raises(AwsError, match=name) as refused:
        deployer.deploy("better")
    assert refused.value.code == "DeploymentLimitExceededException"


def test_what_cannot_be_deployed_is_refused() -> None:
    """Unknown names, other revision types, wrong digests, and AppSpecs that are none."""
    deployer = Deployer()
    params = deployer.params("good")
    unknown = {**params, "applicationName": "nobody"}
    assert deployer.code("CreateDeployment", **unknown) == "ApplicationDoesNotExistException"
    unknown = {**params, "deploymentGroupName": "nobody"}
    assert deployer.code("CreateDeployment", **unknown) == "DeploymentGroupDoesNotExistException"
    unknown = {**params, "deploymentConfigName": "nobody"}
    assert deployer.code("CreateDeployment", **unknown) == "DeploymentConfigDoesNotExistException"
    content = params["revision"]["appSpecContent"]["content"]
    for given in ({"content": content, "sha256": "0" * 64}, {"content": "{}"}, {"content": "version 0"}):
        bad = {**params, "revision": {"revisionType": "AppSpecContent", "appSpecContent": given}}
        assert deployer.code("CreateDeployment", **bad) == "InvalidRevisionException"
    other = {**params, "revision": {"revisionType": "S3"}}
    assert deployer.code("CreateDeployment", **other) == "InvalidRevisionException"


def test_an_appspec_in_yaml_means_the_same_as_one_in_json() -> None:
    """With hooks, and a network of which all members are needed."""
    text = """
version: 0.0
Resources:
  - TargetService:
      Type: AWS::ECS::Service
      Properties:
        TaskDefinition: "arn:aws:ecs:us-east-1:1:task-definition/api:3"
        LoadBalancerInfo:
          ContainerName: "api"
          ContainerPort: 3000
        NetworkConfiguration:
          AwsvpcConfiguration:
            Subnets: ["subnet-a", "subnet-b"]
            SecurityGroups: ["sg-1"]
            AssignPublicIp: "DISABLED"
Hooks:
  - BeforeInstall: "check-it"
  - AfterAllowTraffic: "smoke-test"
"""
    spec = appspec.parse(text)
    assert spec.task_definition == "arn:aws:ecs:us-east-1:1:task-definition/api:3"
    assert (spec.container, spec.port, spec.hooks) == ("api", 3000, ("BeforeInstall", "AfterAllowTraffic"))
    assert spec.network and spec.network["awsvpcConfiguration"]["subnets"] == ["subnet-a", "subnet-b"]
    flush = text.replace('["subnet-a", "subnet-b"]', "\n            - subnet-a\n            - subnet-b")
    assert appspec.parse(flush) == spec
    with pytest.raises(AwsError, match="AwsvpcConfiguration needs"):
        appspec.parse(text.replace('            AssignPublicIp: "DISABLED"\n', ""))


@pytest.mark.parametrize(
    "text",
    [
        "- a",
        "a: 1\n  b: 2",
        "Resources:",
        "Resources: [x",
        "\t: 1",
        '{"Resources": 1}',
        "[]",
        "k: v\n- x",
        "{",
    ],
)
def test_what_is_no_appspec_is_an_invalid_revision(text: str) -> None:
    """Whatever is wrong with it."""
    with pytest.raises(AwsError) as refused:
        appspec.parse(text)
    assert refused.value.code == "InvalidRevisionException"


def test_the_past_of_the_service_is_listed_newest_first() -> None:
    """Rollouts that it had before CodeDeploy took over count as its deployments."""
    deployer = Deployer()
    names = {"applicationName": deployer.group.application, "deploymentGroupName": deployer.group.name}
    (first,) = deployer.ask("ListDeployments", **names)["deployments"]
    assert deployer.info(first)["status"] == "Succeeded"
    second = deployer.deploy("good")
    assert deployer.ask("ListDeployments", **names)["deployments"] == [second, first]
    going = deployer.ask("ListDeployments", **names, includeOnlyStatuses=["Created"])["deployments"]
    assert going == [second]
    info = deployer.ask("GetDeploymentGroup", **names)["deploymentGroupInfo"]
    assert info["lastAttemptedDeployment"]["deploymentId"] == second
    assert info["lastSuccessfulDeployment"]["deploymentId"] == first


@pytest.mark.parametrize("step", [1.0, 7.0, 40.0])
def test_how_often_somebody_looks_changes_nothing(step: float) -> None:
    """Events of the service and of the deployment are those of the finest rhythm."""

    def story(rhythm: float) -> tuple[Any, Any]:
        deployer = Deployer()
        name = deployer.deploy("good", deploymentConfigName=CANARY)
        deployer.stage.wait(1400, step=rhythm)
        return deployer.stage.log(), deployer.target(name)

    assert story(step) == story(2.0)
