"""ECS and Elastic Load Balancing as boto3 sees them; every answer is held against botocore's model."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

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


def revision_of(ecs: Any, tag: str) -> str:
    """Register the service's definition anew with that tag, from what DescribeTaskDefinition answers."""
    live = ecs.describe_services(cluster=CLUSTER, services=[SERVICE])["services"][0]
    answer = ecs.describe_task_definition(taskDefinition=live["taskDefinition"], include=["TAGS"])
    accepted = ecs.meta.service_model.operation_model("RegisterTaskDefinition").input_shape.members
    content = {key: value for key, value in answer["taskDefinition"].items() if key in accepted}
    container = content["containerDefinitions"][0]
    container["image"] = f"{container['image'].rpartition(':')[0]}:{tag}"
    registered = ecs.register_task_definition(**content)["taskDefinition"]
    arn: str = registered["taskDefinitionArn"]
    return arn


def newest(ecs: Any) -> dict[str, Any]:
    """The newest service deployment in full."""
    listed = ecs.list_service_deployments(cluster=CLUSTER, service=SERVICE, maxResults=1)
    arn = listed["serviceDeployments"][0]["serviceDeploymentArn"]
    answer = ecs.describe_service_deployments(serviceDeploymentArns=[arn])
    found: dict[str, Any] = answer["serviceDeployments"][0]
    return found


def code_of(caught: pytest.ExceptionInfo[ClientError]) -> str:
    code: str = caught.value.response["Error"]["Code"]
    return code


def test_a_good_image_rolls_out(fleet: Sandbox, clock: FakeClock) -> None:
    """From the order to SUCCESSFUL; afterwards one deployment, whose revision has the tag's digest."""
    ecs = fleet.client("ecs")
    updated = ecs.update_service(cluster=CLUSTER, service=SERVICE, taskDefinition=revision_of(ecs, "good"))
    primary, older = updated["service"]["deployments"]
    assert (primary["status"], older["status"]) == ("PRIMARY", "ACTIVE")
    clock.advance(60)
    assert newest(ecs)["status"] == "IN_PROGRESS"
    clock.advance(400)
    outcome = newest(ecs)
    assert outcome["status"] == "SUCCESSFUL"
    target = outcome["targetServiceRevision"]["arn"]
    revision = ecs.describe_service_revisions(serviceRevisionArns=[target])["serviceRevisions"][0]
    image = fleet.account().ecr.repositories["rugmunch-api"].tagged("good")
    assert image is not None
    assert revision["containerImages"][0]["imageDigest"] == image.digest
    assert target.rpartition("/")[2] == primary["id"].rpartition("/")[2]
    live = ecs.describe_services(cluster=CLUSTER, services=[SERVICE])["services"][0]
    assert [item["id"] for item in live["deployments"]] == [primary["id"]]


def test_an_image_that_runs_out_of_memory_is_rolled_back(fleet: Sandbox, clock: FakeClock) -> None:
    """The breaker trips; the stopped tasks say why for an hour."""
    ecs = fleet.client("ecs")
    updated = ecs.update_service(cluster=CLUSTER, service=SERVICE, taskDefinition=revision_of(ecs, "oom"))
    bad = updated["service"]["deployments"][0]["id"]
    clock.advance(400)
    outcome = newest(ecs)
    assert outcome["status"] == "ROLLBACK_SUCCESSFUL"
    assert outcome["rollback"]["serviceRevisionArn"] == outcome["sourceServiceRevisions"][0]["arn"]
    arns = ecs.list_tasks(cluster=CLUSTER, serviceName=SERVICE, desiredStatus="STOPPED")["taskArns"]
    tasks = ecs.describe_tasks(cluster=CLUSTER, tasks=arns)["tasks"]
    killed = [task for task in tasks if task["startedBy"] == bad and "exitCode" in task["containers"][0]]
    assert {task["containers"][0]["exitCode"] for task in killed} == {137}
    assert all(task["containers"][0]["reason"].startswith("OutOfMemoryError") for task in killed)


def test_the_tasks_of_a_deployment_are_found_by_who_started_them(fleet: Sandbox) -> None:
    """startedBy works alone and with nothing else."""
    ecs = fleet.client("ecs")
    live = ecs.describe_services(cluster=CLUSTER, services=[SERVICE])["services"][0]
    started_by = live["deployments"][0]["id"]
    arns = ecs.list_tasks(cluster=CLUSTER, startedBy=started_by)["taskArns"]
    assert len(arns) == live["runningCount"]
    with pytest.raises(ClientError) as caught:
        ecs.list_tasks(cluster=CLUSTER, startedBy=started_by, serviceName=SERVICE)
    assert code_of(caught) == "InvalidParameterException"


def test_a_task_shows_where_it_runs_and_what(fleet: Sandbox) -> None:
    """Address, zone, digest, group: enough to find its target and its image."""
    ecs, elb = fleet.client("ecs"), fleet.client("elbv2")
    live = ecs.describe_services(cluster=CLUSTER, services=[SERVICE])["services"][0]
    arns = ecs.list_tasks(cluster=CLUSTER, serviceName=SERVICE)["taskArns"]
    tasks = ecs.describe_tasks(cluster=CLUSTER, tasks=arns)["tasks"]
    addresses = {
        detail["value"]
        for task in tasks
        for detail in task["attachments"][0]["details"]
        if detail["name"] == "privateIPv4Address"
    }
    group = live["loadBalancers"][0]["targetGroupArn"]
    health = elb.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]
    assert {item["Target"]["Id"] for item in health} == addresses
    assert {item["TargetHealth"]["State"] for item in health} == {"healthy"}
    assert all(task["group"] == f"service:{SERVICE}" for task in tasks)
    assert len({task["availabilityZone"] for task in tasks}) == 2


def test_the_way_from_listener_to_target_group(fleet: Sandbox) -> None:
    """Load balancer, listener, one rule with its whole weight, target group, delay."""
    elb = fleet.client("elbv2")
    balancer = elb.describe_load_balancers()["LoadBalancers"][0]
    listener = elb.describe_listeners(LoadBalancerArn=balancer["LoadBalancerArn"])["Listeners"][0]
    rule = elb.describe_rules(ListenerArn=listener["ListenerArn"])["Rules"][0]
    group = rule["Actions"][0]["ForwardConfig"]["TargetGroups"][0]
    found = elb.describe_target_groups(TargetGroupArns=[group["TargetGroupArn"]])["TargetGroups"][0]
    assert rule["IsDefault"]
    assert found["LoadBalancerArns"] == [balancer["LoadBalancerArn"]]
    attributes = elb.describe_target_group_attributes(TargetGroupArn=group["TargetGroupArn"])["Attributes"]
    delay = next(item for item in attributes if item["Key"] == "deregistration_delay.timeout_seconds")
    assert delay["Value"] == "30"


def test_a_rollout_is_stopped_by_hand_once(fleet: Sandbox, clock: FakeClock) -> None:
    """The answer names it; when it is over, a second order is a conflict."""
    ecs = fleet.client("ecs")
    ecs.update_service(cluster=CLUSTER, service=SERVICE, taskDefinition=revision_of(ecs, "error-spike"))
    clock.advance(50)
    arn = newest(ecs)["serviceDeploymentArn"]
    answer = ecs.stop_service_deployment(serviceDeploymentArn=arn, stopType="ROLLBACK")
    assert answer["serviceDeploymentArn"] == arn
    clock.advance(300)
    assert newest(ecs)["status"] == "ROLLBACK_SUCCESSFUL"
    with pytest.raises(ClientError) as caught:
        ecs.stop_service_deployment(serviceDeploymentArn=arn, stopType="ROLLBACK")
    assert code_of(caught) == "ConflictException"


def test_pages_hold_what_aws_puts_on_them(fleet: Sandbox) -> None:
    """Lists are paged with tokens; descriptions refuse more than their limit."""
    ecs = fleet.client("ecs")
    first = ecs.list_service_deployments(cluster=CLUSTER, service=SERVICE, maxResults=2)
    assert len(first["serviceDeployments"]) == 2
    second = ecs.list_service_deployments(
        cluster=CLUSTER, service=SERVICE, maxResults=2, nextToken=first["nextToken"]
    )
    assert first["serviceDeployments"] != second["serviceDeployments"]
    with pytest.raises(ClientError) as caught:
        ecs.describe_services(cluster=CLUSTER, services=[f"service-{number}" for number in range(11)])
    assert code_of(caught) == "InvalidParameterException"


def test_what_does_not_exist_is_said_as_aws_says_it(fleet: Sandbox) -> None:
    """Failures where AWS answers 200, errors where it does not."""
    ecs = fleet.client("ecs")
    answer = ecs.describe_services(cluster=CLUSTER, services=["nobody"])
    assert answer["failures"][0]["reason"] == "MISSING"
    answer = ecs.describe_tasks(cluster=CLUSTER, tasks=["0" * 32])
    assert answer["failures"][0]["reason"] == "MISSING"
    assert ecs.describe_clusters(clusters=["nobody"])["failures"][0]["reason"] == "MISSING"
    calls: list[tuple[Any, dict[str, Any], str]] = [
        (ecs.update_service, {"cluster": CLUSTER, "service": "nobody"}, "ServiceNotFoundException"),
        (ecs.list_services, {"cluster": "nobody"}, "ClusterNotFoundException"),
        (ecs.describe_task_definition, {"taskDefinition": "nobody:1"}, "ClientException"),
        (ecs.stop_task, {"cluster": CLUSTER, "task": "0" * 32}, "InvalidParameterException"),
        (
            fleet.client("elbv2").describe_target_groups,
            {"TargetGroupArns": ["arn:aws:elasticloadbalancing:::targetgroup/nobody/0"]},
            "TargetGroupNotFound",
        ),
    ]
    for call, params, code in calls:
        with pytest.raises(ClientError) as caught:
            call(**params)
        assert code_of(caught) == code


def test_an_inactive_task_definition_is_not_deployed(fleet: Sandbox) -> None:
    """ClientException, and no deployment begins."""
    ecs = fleet.client("ecs")
    arn = revision_of(ecs, "good")
    assert arn in ecs.list_task_definitions(sort="DESC")["taskDefinitionArns"]
    assert ecs.deregister_task_definition(taskDefinition=arn)["taskDefinition"]["status"] == "INACTIVE"
    with pytest.raises(ClientError) as caught:
        ecs.update_service(cluster=CLUSTER, service=SERVICE, taskDefinition=arn)
    assert code_of(caught) == "ClientException"
    assert arn not in ecs.list_task_definitions()["taskDefinitionArns"]
    live = ecs.describe_services(cluster=CLUSTER, services=[SERVICE])["services"][0]
    assert len(live["deployments"]) == 1


def test_a_new_service_is_created_and_deleted(fleet: Sandbox, clock: FakeClock) -> None:
    """Created it deploys at once, stopped tasks and all; deleted it drains away."""
    ecs = fleet.client("ecs")
    live = ecs.describe_services(cluster=CLUSTER, services=[SERVICE])["services"][0]
    created = ecs.create_service(
        cluster=CLUSTER,
        serviceName="extra",
        taskDefinition=live["taskDefinition"],
        desiredCount=1,
        launchType="FARGATE",
        networkConfiguration=live["networkConfiguration"],
    )["service"]
    assert created["status"] == "ACTIVE"
    clock.advance(120)
    shown = ecs.describe_services(cluster=CLUSTER, services=["extra"])["services"][0]
    assert (shown["runningCount"], shown["deployments"][0]["rolloutState"]) == (1, "COMPLETED")
    task = ecs.list_tasks(cluster=CLUSTER, serviceName="extra")["taskArns"][0]
    stopping = ecs.stop_task(cluster=CLUSTER, task=task, reason="drill")["task"]
    assert (stopping["desiredStatus"], stopping["stopCode"]) == ("STOPPED", "UserInitiated")
    ecs.delete_service(cluster=CLUSTER, service="extra", force=True)
    clock.advance(120)
    arns = ecs.list_services(cluster=CLUSTER, maxResults=100)["serviceArns"]
    assert shown["serviceArn"] not in arns
    clusters = ecs.list_clusters()["clusterArns"]
    cluster = ecs.describe_clusters(clusters=clusters)["clusters"][0]
    assert cluster["activeServicesCount"] == len(arns)
    assert ecs.list_task_definition_families(status="ACTIVE")["families"]
