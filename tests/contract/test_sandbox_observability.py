"""Images, logs and metrics of a served world, through boto3: they agree with what the tasks do."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.contract.conftest import Sandbox, SandboxFactory
from tests.fakes import FakeClock

CLUSTER, SERVICE, GROUP = "fairtradeworker-cluster", "fairtradeworker-api", "/ecs/fairtradeworker-api"
NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


@pytest.fixture
def clock() -> FakeClock:
    """The world's time, moved by hand."""
    return FakeClock(NOON)


@pytest.fixture
def sandbox(make_sandbox: SandboxFactory, clock: FakeClock) -> Sandbox:
    """Both fleets: one with a limping rollout under way, one calm."""
    return make_sandbox("fairtradeworker", "rugmunch", clock=clock)


def ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


def production_metrics(elb: Any, asked: dict[str, tuple[str, str]]) -> list[dict[str, Any]]:
    """Queries about the production target group by id; its dimensions come from ELB's own answers."""
    (group,) = elb.describe_target_groups(Names=[SERVICE])["TargetGroups"]
    dimensions = [
        {"Name": "TargetGroup", "Value": group["TargetGroupArn"].rpartition(":")[2]},
        {"Name": "LoadBalancer", "Value": group["LoadBalancerArns"][0].rpartition(":loadbalancer/")[2]},
    ]
    about = {"Namespace": "AWS/ApplicationELB", "Dimensions": dimensions}
    return [
        {"Id": key, "MetricStat": {"Metric": about | {"MetricName": name}, "Period": 60, "Stat": stat}}
        for key, (name, stat) in asked.items()
    ]


def answered(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The lines that tell of a request, decoded."""
    return [line for line in map(json.loads, (event["message"] for event in events)) if "status" in line]


def test_figures_and_lines_agree_over_the_wire(sandbox: Sandbox, clock: FakeClock) -> None:
    """A minute's 5xx in CloudWatch are the 5xx in the production tasks' log of that minute."""
    clock.advance(1200)
    cloudwatch, elb = (sandbox.client(name, "fairtradeworker") for name in ("cloudwatch", "elbv2"))
    asked = {
        "requests": ("RequestCount", "Sum"),
        "errors": ("HTTPCode_Target_5XX_Count", "Sum"),
        "p95": ("TargetResponseTime", "p95"),
    }
    queries = production_metrics(elb, asked)
    got = cloudwatch.get_metric_data(
        MetricDataQueries=queries, StartTime=clock.now() - timedelta(minutes=15), EndTime=clock.now()
    )
    series = {
        result["Id"]: dict(zip(result["Timestamps"], result["Values"], strict=True))
        for result in got["MetricDataResults"]
    }
    assert {result["StatusCode"] for result in got["MetricDataResults"]} == {"Complete"}
    assert sum(series["errors"].values()) > 0
    logs = sandbox.client("logs", "fairtradeworker")
    for moment in sorted(series["requests"])[-5:]:
        pages = logs.get_paginator("filter_log_events").paginate(
            logGroupName=GROUP,
            logStreamNamePrefix="api/",
            startTime=ms(moment),
            endTime=ms(moment) + 59_999,
        )
        told = answered([event for page in pages for event in page["events"]])
        assert sum(line["status"] >= 500 for line in told) == series["errors"].get(moment, 0)
        assert 0 < series["p95"][moment] <= max(line["duration_ms"] for line in told) / 1000 + 0.001


def test_the_newest_lines_come_first_when_asked_so(sandbox: Sandbox, clock: FakeClock) -> None:
    """``startFromHead=False``: the last line of the group heads the answer, and pages go backwards."""
    logs = sandbox.client("logs", "fairtradeworker")
    asked = {"logGroupName": GROUP, "startTime": ms(NOON - timedelta(minutes=5)), "startFromHead": False}
    first = logs.filter_log_events(**asked, limit=20)
    second = logs.filter_log_events(**asked, limit=20, nextToken=first["nextToken"])
    stamps = [event["timestamp"] for event in first["events"] + second["events"]]
    assert stamps == sorted(stamps, reverse=True)
    assert ms(clock.now()) - stamps[0] < 10_000
    assert len({event["eventId"] for event in first["events"] + second["events"]}) == 40


def test_the_stopped_task_the_limit_and_the_log_tell_the_same_death(sandbox: Sandbox) -> None:
    """Reason and exit code in ECS, 2,048 MB in the definition, memory up to it in the task's own stream."""
    ecs, logs = sandbox.client("ecs", "fairtradeworker"), sandbox.client("logs", "fairtradeworker")
    arns = ecs.list_tasks(cluster=CLUSTER, serviceName=SERVICE, desiredStatus="STOPPED")["taskArns"]
    tasks = ecs.describe_tasks(cluster=CLUSTER, tasks=arns)["tasks"]
    dead = next(task for task in tasks if task.get("stopCode") == "EssentialContainerExited")
    (container,) = dead["containers"]
    assert container["reason"] == "OutOfMemoryError: Container killed due to memory usage"
    assert container["exitCode"] == 137
    definition = ecs.describe_task_definition(taskDefinition=dead["taskDefinitionArn"])["taskDefinition"]
    assert definition["memory"] == "2048"
    stream = f"api/api/{dead['taskArn'].rpartition('/')[2]}"
    events = logs.get_log_events(logGroupName=GROUP, logStreamName=stream, startFromHead=True)["events"]
    assert any("heap at 91 % of 2,048 MB" in event["message"] for event in events)
    assert events[-1]["timestamp"] <= ms(dead["executionStoppedAt"])


def test_a_tag_moved_by_put_image_ships_at_the_next_forced_deployment(
    sandbox: Sandbox, clock: FakeClock
) -> None:
    """As with ``aws ecr put-image --image-tag latest``: the new tasks run the digest that it stands on."""
    ecr, ecs = sandbox.client("ecr", "rugmunch"), sandbox.client("ecs", "rugmunch")
    cluster, name = "rugmunch-cluster", "rugmunch-api"
    (image,) = ecr.batch_get_image(repositoryName=name, imageIds=[{"imageTag": "good"}])["images"]
    ecr.put_image(repositoryName=name, imageTag="latest", imageManifest=image["imageManifest"])
    ecs.update_service(cluster=cluster, service=name, forceNewDeployment=True)
    clock.advance(900)
    (detail,) = ecr.describe_images(repositoryName=name, imageIds=[{"imageTag": "latest"}])["imageDetails"]
    assert set(detail["imageTags"]) == {"v1.4.4", "good", "latest"}
    arns = ecs.list_tasks(cluster=cluster, serviceName=name)["taskArns"]
    tasks = ecs.describe_tasks(cluster=cluster, tasks=arns)["tasks"]
    assert {task["containers"][0]["imageDigest"] for task in tasks} == {detail["imageDigest"]}


def test_the_platform_of_an_image_is_in_its_index(sandbox: Sandbox) -> None:
    """So that a client can tell without pulling; the child manifest is an image of its own."""
    ecr = sandbox.client("ecr", "rugmunch")
    platforms = {}
    for tag in ("good", "arm64"):
        (image,) = ecr.batch_get_image(repositoryName="rugmunch-api", imageIds=[{"imageTag": tag}])["images"]
        (entry,) = json.loads(image["imageManifest"])["manifests"]
        platforms[tag] = entry["platform"]["architecture"]
        child = ecr.batch_get_image(
            repositoryName="rugmunch-api", imageIds=[{"imageDigest": entry["digest"]}]
        )["images"][0]
        assert len(child["imageManifest"]) == entry["size"]
        assert "config" in json.loads(child["imageManifest"])
    assert platforms == {"good": "amd64", "arm64": "arm64"}


def test_what_is_not_there_is_a_modelled_exception(sandbox: Sandbox) -> None:
    """boto3 raises the classes that its users catch."""
    ecr, logs = sandbox.client("ecr", "rugmunch"), sandbox.client("logs", "rugmunch")
    with pytest.raises(ecr.exceptions.ImageNotFoundException):
        ecr.describe_images(repositoryName="rugmunch-api", imageIds=[{"imageTag": "v9.9.9"}])
    with pytest.raises(ecr.exceptions.RepositoryNotFoundException):
        ecr.list_images(repositoryName="nobody")
    with pytest.raises(logs.exceptions.ResourceNotFoundException):
        logs.filter_log_events(logGroupName=GROUP)


def test_boto3s_paginators_see_every_image_and_stream(sandbox: Sandbox) -> None:
    """Page by page as in one go."""
    ecr, logs = sandbox.client("ecr", "rugmunch"), sandbox.client("logs", "fairtradeworker")
    pages = ecr.get_paginator("list_images").paginate(
        repositoryName="rugmunch-api", PaginationConfig={"PageSize": 5}
    )
    paged = [item for page in pages for item in page["imageIds"]]
    assert paged == ecr.list_images(repositoryName="rugmunch-api", maxResults=1000)["imageIds"]
    streams = logs.get_paginator("describe_log_streams").paginate(
        logGroupName=GROUP, PaginationConfig={"PageSize": 2}
    )
    names = [stream["logStreamName"] for page in streams for stream in page["logStreams"]]
    assert len(names) == len(set(names)) > 4
