"""Every operation of the sandbox, asked by boto3 and held against botocore's model of its answer.

The fixture behind ``make_sandbox`` fails the test when any answer has a member that the model lacks
or a value of another type; here every operation is asked at least once, in a world where old and
new tasks, stopped ones among them, stand side by side.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from console.sandbox.registry import HANDLERS
from tests.contract.asking_around_a import ask_around_a
from tests.contract.asking_around_b import ask_around_b
from tests.contract.asking_shifts import ask_ecs_shifts
from tests.contract.asking_tasks import ask_ecs_tasks
from tests.contract.conftest import Sandbox, SandboxFactory
from tests.fakes import FakeClock

CLUSTER, SERVICE = "fairtradeworker-cluster", "fairtradeworker-api"


@pytest.fixture
def clock() -> FakeClock:
    """The world's time, moved by hand."""
    return FakeClock(datetime(2026, 11, 21, 3, 0, tzinfo=UTC))


@pytest.fixture
def sandbox(make_sandbox: SandboxFactory, clock: FakeClock) -> Sandbox:
    """The fleet that has a rollout under way."""
    return make_sandbox("fairtradeworker", clock=clock)


def ask_ecs_reading(ecs: Any) -> None:
    """What is there: clusters, services, tasks, deployments, revisions, definitions."""
    assert ecs.list_clusters()["clusterArns"]
    assert ecs.describe_clusters(clusters=[CLUSTER])["clusters"]
    assert ecs.list_services(cluster=CLUSTER)["serviceArns"]
    (service,) = ecs.describe_services(cluster=CLUSTER, services=[SERVICE])["services"]
    for status in ("RUNNING", "STOPPED"):
        arns = ecs.list_tasks(cluster=CLUSTER, serviceName=SERVICE, desiredStatus=status)["taskArns"]
        assert ecs.describe_tasks(cluster=CLUSTER, tasks=arns)["tasks"]
    briefs = ecs.list_service_deployments(cluster=CLUSTER, service=SERVICE)["serviceDeployments"]
    arns = [brief["serviceDeploymentArn"] for brief in briefs]
    full = ecs.describe_service_deployments(serviceDeploymentArns=arns)["serviceDeployments"]
    revisions = [item["targetServiceRevision"]["arn"] for item in full]
    assert ecs.describe_service_revisions(serviceRevisionArns=revisions)["serviceRevisions"]
    assert ecs.describe_task_definition(taskDefinition=service["taskDefinition"])["taskDefinition"]
    assert ecs.list_task_definition_families()["families"]
    assert ecs.list_task_definitions()["taskDefinitionArns"]


def ask_ecs_writing(ecs: Any, clock: FakeClock) -> None:
    """A rollback, a new definition, a new service, a stopped task, and everything gone again."""
    service = ecs.describe_services(cluster=CLUSTER, services=[SERVICE])["services"][0]
    ecs.stop_service_deployment(serviceDeploymentArn=service["currentServiceDeployment"], stopType="ROLLBACK")
    clock.advance(900)
    definition = ecs.describe_task_definition(taskDefinition=service["taskDefinition"])["taskDefinition"]
    kept = ("family", "containerDefinitions", "cpu", "memory", "networkMode", "requiresCompatibilities")
    registered = ecs.register_task_definition(**{key: definition[key] for key in kept})["taskDefinition"]
    arn = registered["taskDefinitionArn"]
    assert ecs.update_service(cluster=CLUSTER, service=SERVICE, taskDefinition=arn)["service"]
    network = service["networkConfiguration"]
    ecs.create_service(
        cluster=CLUSTER,
        serviceName="extra",
        taskDefinition=arn,
        desiredCount=1,
        launchType="FARGATE",
        networkConfiguration=network,
    )
    ask_ecs_shifts(ecs, CLUSTER, service, clock)
    (task,) = ecs.list_tasks(cluster=CLUSTER, serviceName="extra")["taskArns"]
    assert ecs.stop_task(cluster=CLUSTER, task=task, reason="test")["task"]["taskArn"] == task
    assert ecs.delete_service(cluster=CLUSTER, service="extra", force=True)["service"]["status"] == "DRAINING"
    assert ecs.deregister_task_definition(taskDefinition=arn)["taskDefinition"]["status"] == "INACTIVE"


def ask_elb(elb: Any) -> None:
    """From the load balancer to the health of its targets."""
    balancer = elb.describe_load_balancers()["LoadBalancers"][0]
    (listener,) = elb.describe_listeners(LoadBalancerArn=balancer["LoadBalancerArn"])["Listeners"]
    assert elb.describe_rules(ListenerArn=listener["ListenerArn"])["Rules"]
    for group in elb.describe_target_groups()["TargetGroups"]:
        arn = group["TargetGroupArn"]
        assert elb.describe_target_health(TargetGroupArn=arn)["TargetHealthDescriptions"]
        assert elb.describe_target_group_attributes(TargetGroupArn=arn)["Attributes"]


def ask_ecr(ecr: Any) -> None:
    """Images by listing and by tag, and a tag that is moved."""
    name = ecr.describe_repositories()["repositories"][0]["repositoryName"]
    assert ecr.list_images(repositoryName=name)["imageIds"]
    assert ecr.describe_images(repositoryName=name)["imageDetails"]
    got = ecr.batch_get_image(repositoryName=name, imageIds=[{"imageTag": "good"}, {"imageTag": "nobody"}])
    assert got["failures"]
    manifest = got["images"][0]["imageManifest"]
    assert ecr.put_image(repositoryName=name, imageManifest=manifest, imageTag="moved")["image"]


def ask_logs(logs: Any, start: datetime) -> None:
    """Groups, streams and lines."""
    group = logs.describe_log_groups()["logGroups"][0]["logGroupName"]
    stream = logs.describe_log_streams(logGroupName=group)["logStreams"][0]["logStreamName"]
    assert logs.get_log_events(logGroupName=group, logStreamName=stream)["events"]
    since = int(start.timestamp() * 1000)
    assert logs.filter_log_events(logGroupName=group, startTime=since, limit=50)["events"]


def ask_cloudwatch(cloudwatch: Any, start: datetime, end: datetime) -> None:
    """Metrics by name, as a series, and with percentiles."""
    namespace = "AWS/ApplicationELB"
    names = cloudwatch.list_metrics(Namespace=namespace, MetricName="TargetResponseTime")["Metrics"]
    (metric,) = [m for m in names if "staging" not in str(m["Dimensions"])][:1]
    query = {"Id": "p", "MetricStat": {"Metric": metric, "Period": 60, "Stat": "p95"}}
    got = cloudwatch.get_metric_data(MetricDataQueries=[query], StartTime=start, EndTime=end)
    assert got["MetricDataResults"][0]["Values"]
    points = cloudwatch.get_metric_statistics(
        Namespace=namespace,
        MetricName=metric["MetricName"],
        Dimensions=metric["Dimensions"],
        StartTime=start,
        EndTime=end,
        Period=60,
        ExtendedStatistics=["p50"],
    )
    assert points["Datapoints"]


def test_every_operation_answers_in_the_shape_of_its_model(sandbox: Sandbox, clock: FakeClock) -> None:
    """And none is left out: the counter must name every handler there is."""
    clock.advance(1800)
    start, end = clock.now() - timedelta(minutes=30), clock.now()
    assert sandbox.client("sts").get_caller_identity()["Account"]
    role = "arn:aws:iam::1:role/oncall"
    judged = sandbox.client("iam").simulate_principal_policy(PolicySourceArn=role, ActionNames=["ecs:X"])
    assert judged["EvaluationResults"][0]["EvalDecision"] == "allowed"
    assert len(sandbox.client("iam").list_account_aliases()["AccountAliases"]) == 1
    ask_ecs_reading(sandbox.client("ecs"))
    ask_elb(sandbox.client("elbv2"))
    ask_ecr(sandbox.client("ecr"))
    ask_logs(sandbox.client("logs"), start)
    ask_cloudwatch(sandbox.client("cloudwatch"), start, end)
    ask_around_a(sandbox, clock)
    ask_ecs_tasks(sandbox.client("ecs"), CLUSTER, SERVICE, clock.advance)
    ask_ecs_writing(sandbox.client("ecs"), clock)
    ask_around_b(sandbox, clock.advance)
    asked = set(sandbox.control("GET", "calls")[1])
    assert asked == {f"{service}.{operation}" for service, operation in HANDLERS}
