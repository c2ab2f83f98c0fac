"""One-off tasks, protection, instances and capacity as boto3 and its waiters see them."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from console.sandbox.ecs.instances import add_instance
from tests.contract.conftest import Sandbox, SandboxFactory
from tests.fakes import FakeClock

CLUSTER, SERVICE = "rugmunch-cluster", "rugmunch-api"


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def fleet(make_sandbox: SandboxFactory, clock: FakeClock) -> Sandbox:
    """rugmunch, on a clock moved by hand."""
    return make_sandbox("rugmunch", clock=clock)


def described(ecs: Any) -> dict[str, Any]:
    found: dict[str, Any] = ecs.describe_services(cluster=CLUSTER, services=[SERVICE])["services"][0]
    return found


def migrate(ecs: Any, **params: Any) -> dict[str, Any]:
    """A migration with the service's definition and network."""
    live = described(ecs)
    command = {"containerOverrides": [{"name": "api", "command": ["npm", "run", "migrate"]}]}
    request = {
        "cluster": CLUSTER,
        "taskDefinition": live["taskDefinition"],
        "launchType": "FARGATE",
        "networkConfiguration": live["networkConfiguration"],
        "overrides": command,
        "startedBy": "migration-7",
        "tags": [{"key": "purpose", "value": "migration"}],
    }
    answer: dict[str, Any] = ecs.run_task(**{**request, **params})
    return answer


def code_of(caught: pytest.ExceptionInfo[ClientError]) -> str:
    code: str = caught.value.response["Error"]["Code"]
    return code


def test_a_migration_as_its_caller_follows_it(fleet: Sandbox, clock: FakeClock) -> None:
    """Started, found by startedBy, waited for with boto3's own waiters, judged by its exit code."""
    ecs = fleet.client("ecs")
    (started,) = migrate(ecs)["tasks"]
    arn = started["taskArn"]
    assert started["overrides"]["containerOverrides"][0]["command"] == ["npm", "run", "migrate"]
    clock.advance(45)
    assert ecs.list_tasks(cluster=CLUSTER, startedBy="migration-7")["taskArns"] == [arn]
    ecs.get_waiter("tasks_running").wait(cluster=CLUSTER, tasks=[arn])
    clock.advance(60)
    ecs.get_waiter("tasks_stopped").wait(cluster=CLUSTER, tasks=[arn])
    (task,) = ecs.describe_tasks(cluster=CLUSTER, tasks=[arn], include=["TAGS"])["tasks"]
    assert (task["stopCode"], task["containers"][0]["exitCode"]) == ("EssentialContainerExited", 0)
    assert task["tags"] == [{"key": "purpose", "value": "migration"}]
    assert task["group"].startswith("family:")
    assert described(ecs)["runningCount"] == described(ecs)["desiredCount"]


def test_what_a_migration_wrote_is_in_its_own_stream(fleet: Sandbox, clock: FakeClock) -> None:
    """Prefix, container and task id; the command's lines, and none of a server's."""
    ecs, logs = fleet.client("ecs"), fleet.client("logs")
    (started,) = migrate(ecs)["tasks"]
    clock.advance(120)
    number = started["taskArn"].rpartition("/")[2]
    (group,) = [
        item["logGroupName"]
        for item in logs.describe_log_groups()["logGroups"]
        if item["logGroupName"] == "/ecs/rugmunch-api"
    ]
    events = logs.get_log_events(logGroupName=group, logStreamName=f"api/api/{number}", startFromHead=True)
    messages = [event["message"] for event in events["events"]]
    assert len(messages) == 2
    assert "running npm run migrate" in messages[0]
    assert not any("listening" in message for message in messages)


def test_success_with_failures(fleet: Sandbox, clock: FakeClock) -> None:
    """HTTP 200, no task, and a reason: capacity is set by the account's conditions."""
    fleet.account().conditions.set("no-capacity")
    answer = migrate(fleet.client("ecs"), count=2)
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert answer["tasks"] == []
    assert len(answer["failures"]) == 2


def test_a_used_client_token_conflicts_with_another_request(fleet: Sandbox) -> None:
    """The same request is answered with the same task."""
    ecs = fleet.client("ecs")
    first, again = migrate(ecs, clientToken="m-7"), migrate(ecs, clientToken="m-7")
    assert first["tasks"][0]["taskArn"] == again["tasks"][0]["taskArn"]
    with pytest.raises(ClientError) as caught:
        migrate(ecs, clientToken="m-7", startedBy="somebody-else")
    assert code_of(caught) == "ConflictException"


def test_a_session_into_a_task_cannot_be_opened(fleet: Sandbox, clock: FakeClock) -> None:
    """Without ECS Exec it is refused as such; with it, the target is not connected."""
    ecs = fleet.client("ecs")
    closed, opened = migrate(ecs, overrides={}), migrate(ecs, overrides={}, enableExecuteCommand=True)
    clock.advance(60)
    codes = []
    for answer in (closed, opened):
        with pytest.raises(ClientError) as caught:
            ecs.execute_command(
                cluster=CLUSTER, task=answer["tasks"][0]["taskArn"], command="sh", interactive=True
            )
        codes.append(code_of(caught))
    assert codes == ["InvalidParameterException", "TargetNotConnectedException"]


def test_instances_and_their_tasks_have_the_shape_of_their_model(fleet: Sandbox, clock: FakeClock) -> None:
    """On EC2 a task names its instance; draining shows in status and counts."""
    ecs = fleet.client("ecs")
    cluster = fleet.account().ecs.clusters[CLUSTER]
    instance = add_instance(fleet.account(), cluster, "us-east-1a")
    (task,) = migrate(ecs, launchType="EC2", overrides={})["tasks"]
    assert task["containerInstanceArn"] == instance.arn
    clock.advance(60)
    assert ecs.list_tasks(cluster=CLUSTER, containerInstance=instance.id)["taskArns"] == [task["taskArn"]]
    ecs.update_container_instances_state(
        cluster=CLUSTER, containerInstances=[instance.arn], status="DRAINING"
    )
    (shown,) = ecs.describe_container_instances(
        cluster=CLUSTER, containerInstances=[instance.arn], include=["CONTAINER_INSTANCE_HEALTH"]
    )["containerInstances"]
    assert (shown["status"], shown["runningTasksCount"], shown["pendingTasksCount"]) == ("DRAINING", 1, 0)
    assert shown["healthStatus"]["overallStatus"] == "OK"
    described_cluster = ecs.describe_clusters(clusters=[CLUSTER])["clusters"][0]
    assert described_cluster["registeredContainerInstancesCount"] == 1


def test_a_service_on_spot_names_its_strategy(fleet: Sandbox, clock: FakeClock) -> None:
    """After a forced deployment its tasks name their provider, and the service no launch type."""
    ecs = fleet.client("ecs")
    strategy = [{"capacityProvider": "FARGATE_SPOT", "weight": 1, "base": 0}]
    ecs.update_service(
        cluster=CLUSTER, service=SERVICE, capacityProviderStrategy=strategy, forceNewDeployment=True
    )
    clock.advance(600)
    live = described(ecs)
    assert live["capacityProviderStrategy"] == strategy
    assert "launchType" not in live
    arns = ecs.list_tasks(cluster=CLUSTER, serviceName=SERVICE)["taskArns"]
    tasks = ecs.describe_tasks(cluster=CLUSTER, tasks=arns)["tasks"]
    assert [task["capacityProviderName"] for task in tasks] == ["FARGATE_SPOT"] * live["desiredCount"]
    with pytest.raises(ClientError) as caught:
        migrate(ecs, capacityProviderStrategy=strategy)
    assert code_of(caught) == "InvalidParameterException"
