"""Services, rollouts, tasks and targets as AWS gives them, turned into the domain's."""

from typing import Any

import pytest

from console.aws.rollouts import Rollouts, rollout_of
from console.aws.services import Services, status_of
from console.aws.targets import TargetGroups
from console.aws.tasks import Tasks
from console.domain.rollout import RolloutStatus
from console.errors import RejectedError, UnknownServiceError
from tests.builders import (
    ADDRESS,
    ECS_ARN,
    GROUP,
    NEW_DEPLOYMENT,
    NEW_RELEASE,
    NEW_ROLLOUT,
    OLD_DEPLOYMENT,
    OLD_RELEASE,
    OLD_ROLLOUT,
    a_new_release,
    a_release,
    ago,
)
from tests.fakes import FakeClock
from tests.unit.scripted_aws import (
    ScriptedAws,
    aws_error,
    calls_on,
    raw_deployment,
    raw_rolling_service,
    raw_service,
    settings,
)


def test_a_service_becomes_a_status_with_everything_that_aws_tells() -> None:
    """Counts, bounds, breaker, target groups, deployments and events."""
    event = {"id": "e1", "createdAt": ago(5), "message": "(service x) has\x1b[2J started 1 tasks."}
    status = status_of(ADDRESS, raw_rolling_service(events=[event]))
    assert (status.desired, status.running, status.pending) == (2, 2, 0)
    assert (status.minimum_healthy_percent, status.maximum_percent) == (100, 200)
    assert (status.breaker, status.breaker_rolls_back) == (True, True)
    assert status.target_groups == (GROUP,)
    assert status.rollout_id == NEW_ROLLOUT
    assert status.primary is not None
    assert status.primary.id == NEW_DEPLOYMENT
    assert status.primary.state == "IN_PROGRESS"
    assert status.events[0].message == "(service x) has started 1 tasks."
    assert status.events[0].at.utcoffset() is not None


def test_a_deployment_is_tied_to_the_service_revision_with_its_number() -> None:
    """``ecs-svc/N`` runs ``service-revision/…/N``."""
    status = status_of(ADDRESS, raw_rolling_service())
    assert {item.id: item.release for item in status.deployments} == {
        NEW_DEPLOYMENT: NEW_RELEASE,
        OLD_DEPLOYMENT: OLD_RELEASE,
    }


def test_deployments_with_other_numbers_are_tied_by_definition_and_age() -> None:
    """That the numbers agree is documented nowhere."""
    raw = raw_rolling_service()
    raw["deployments"][0]["id"], raw["deployments"][1]["id"] = "ecs-svc/1", "ecs-svc/2"
    known = {OLD_RELEASE: a_release(), NEW_RELEASE: a_new_release()}
    status = status_of(ADDRESS, raw, known)
    assert [item.release for item in status.deployments] == [NEW_RELEASE, OLD_RELEASE]


def test_a_single_deployment_runs_the_single_revision() -> None:
    """Also where nothing else ties them."""
    raw = raw_service(deployments=[raw_deployment(id="ecs-svc/7")])
    assert status_of(ADDRESS, raw).deployments[0].release == OLD_RELEASE


def test_a_deployment_whose_revision_cannot_be_told_has_none() -> None:
    """Better none than a wrong one."""
    raw = raw_rolling_service(currentServiceRevisions=[])
    assert [item.release for item in status_of(ADDRESS, raw).deployments] == [None, None]


def test_a_fleet_is_read_ten_services_a_call() -> None:
    """Twenty-three services are three calls, and come back in the configuration's order."""
    aliases = [f"s{number}" for number in range(23)]

    def answer(params: dict[str, Any]) -> dict[str, Any]:
        return {"services": [raw_service(serviceName=name) for name in reversed(params["services"])]}

    aws = ScriptedAws()
    aws.on("ecs.DescribeServices", answer)
    found = Services(settings(*aliases), calls_on(aws)).all()
    assert [status.address.alias for status in found] == aliases
    assert [len(params["services"]) for params in aws.params("ecs.DescribeServices")] == [10, 10, 3]


def test_a_service_that_the_cluster_does_not_know_is_named_with_its_cluster() -> None:
    """So that the configuration can be corrected."""
    aws = ScriptedAws()
    missing = {"arn": f"{ECS_ARN}:service/x/rugmunch-api", "reason": "MISSING"}
    aws.on("ecs.DescribeServices", {"services": [], "failures": [missing]})
    with pytest.raises(UnknownServiceError, match=r"rugmunch-production.*rugmunch-api"):
        Services(settings(), calls_on(aws)).status(ADDRESS)


def test_a_failure_of_another_kind_is_not_called_unknown() -> None:
    """The service exists, and AWS says why it does not show it."""
    aws = ScriptedAws()
    failure = {"arn": f"{ECS_ARN}:service/x/rugmunch-api", "reason": "ACCESS\x1b[0m DENIED"}
    aws.on("ecs.DescribeServices", {"services": [], "failures": [failure]})
    with pytest.raises(RejectedError, match="ACCESS DENIED"):
        Services(settings(), calls_on(aws)).status(ADDRESS)


def test_a_missing_cluster_is_named() -> None:
    """AWS's own message does not say which."""
    aws = ScriptedAws()
    aws.on("ecs.DescribeServices", aws_error("ClusterNotFoundException", "Cluster not found."))
    with pytest.raises(UnknownServiceError, match="rugmunch-production"):
        Services(settings(), calls_on(aws)).status(ADDRESS)


def test_an_address_that_is_not_configured_is_unknown_without_a_call() -> None:
    """Nothing is asked about what the configuration does not have."""
    aws = ScriptedAws()
    with pytest.raises(UnknownServiceError):
        Services(settings("worker"), calls_on(aws)).status(ADDRESS)
    assert aws.sent == []


def raw_rollout(arn: str = NEW_ROLLOUT, **overrides: Any) -> dict[str, Any]:
    return {
        "serviceDeploymentArn": arn,
        "createdAt": ago(60),
        "status": "IN_PROGRESS",
        "targetServiceRevision": {"arn": NEW_RELEASE},
        "sourceServiceRevisions": [{"arn": OLD_RELEASE}],
        "deploymentCircuitBreaker": {"status": "MONITORING", "failureCount": 2, "threshold": 3},
    } | overrides


def test_a_rollout_that_ecs_rolled_back_says_to_what_and_why() -> None:
    """The same service deployment carries the rollback."""
    found = rollout_of(
        raw_rollout(
            status="ROLLBACK_SUCCESSFUL",
            finishedAt=ago(1),
            rollback={
                "reason": "threshold exceeded.",
                "startedAt": ago(20),
                "serviceRevisionArn": OLD_RELEASE,
            },
        )
    )
    assert found.status is RolloutStatus.ROLLBACK_SUCCESSFUL
    assert found.left_serving == OLD_RELEASE
    assert found.rollback_reason == "threshold exceeded."
    assert found.breaker is not None
    assert (found.breaker.failures, found.breaker.threshold) == (2, 3)


def test_a_status_that_ecs_adds_later_reads_as_unknown() -> None:
    """A new word must not break the picture."""
    assert rollout_of(raw_rollout(status="BAKING_A_CAKE")).status is RolloutStatus.UNKNOWN


def test_history_follows_every_page_and_sorts_by_creation() -> None:
    """AWS documents no order, and botocore has no paginator for it."""
    aws = ScriptedAws()
    arns = [f"{OLD_ROLLOUT}{number:02}" for number in range(45)]
    aws.on(
        "ecs.ListServiceDeployments",
        {"serviceDeployments": [{"serviceDeploymentArn": arn} for arn in arns[:30]], "nextToken": "t"},
        {"serviceDeployments": [{"serviceDeploymentArn": arn} for arn in arns[30:]]},
    )
    aws.on(
        "ecs.DescribeServiceDeployments",
        lambda params: {
            "serviceDeployments": [
                raw_rollout(arn, createdAt=ago(int(arn[-2:])), status="SUCCESSFUL")
                for arn in params["serviceDeploymentArns"]
            ]
        },
    )
    rollouts = Rollouts(calls_on(aws))
    assert [item.id for item in rollouts.history("c", "s")] == arns
    sizes = [len(item["serviceDeploymentArns"]) for item in aws.params("ecs.DescribeServiceDeployments")]
    assert sizes == [20, 20, 5]
    rollouts.get(arns)
    assert len(aws.params("ecs.DescribeServiceDeployments")) == 3, "what is over is not read again"


def test_a_rollout_under_way_is_read_every_time() -> None:
    """Only what is over never changes."""
    aws = ScriptedAws()
    aws.on("ecs.DescribeServiceDeployments", {"serviceDeployments": [raw_rollout()]})
    rollouts = Rollouts(calls_on(aws))
    rollouts.get([NEW_ROLLOUT])
    rollouts.get([NEW_ROLLOUT])
    assert len(aws.sent) == 2


def raw_task(number: int, **overrides: Any) -> dict[str, Any]:
    return {
        "taskArn": f"{ECS_ARN}:task/c/{number:032x}",
        "startedBy": OLD_DEPLOYMENT,
        "lastStatus": "RUNNING",
        "desiredStatus": "RUNNING",
        "memory": "1024",
        "createdAt": ago(number),
        "attachments": [
            {"type": "eni", "details": [{"name": "privateIPv4Address", "value": f"10.0.0.{number % 250}"}]}
        ],
        "containers": [{"name": "api", "lastStatus": "RUNNING", "imageDigest": "sha256:1"}],
    } | overrides


def test_running_and_stopped_tasks_are_read_by_pages_and_described_by_hundreds() -> None:
    """ListTasks shows running ones only unless it is asked for stopped ones too."""
    aws = ScriptedAws()
    arns = [f"{ECS_ARN}:task/c/{number:032x}" for number in range(150)]

    def listed(params: dict[str, Any]) -> dict[str, Any]:
        if params["desiredStatus"] == "STOPPED":
            return {"taskArns": arns[140:]}
        return (
            {"taskArns": arns[100:141]}
            if "nextToken" in params
            else {"taskArns": arns[:100], "nextToken": "t"}
        )

    aws.on("ecs.ListTasks", listed)
    aws.on(
        "ecs.DescribeTasks",
        lambda params: {"tasks": [raw_task(int(arn[-32:], 16)) for arn in params["tasks"]]},
    )
    found = Tasks(calls_on(aws)).of("c", "s")
    assert [task.id for task in found] == [f"{number:032x}" for number in range(150)]
    assert [len(params["tasks"]) for params in aws.params("ecs.DescribeTasks")] == [100, 50]


@pytest.mark.parametrize(
    ("seconds", "tally", "listed"),
    [(2, "same", False), (2, "other", True), (10, "same", True), (2, None, True)],
)
def test_stopped_tasks_are_listed_again_when_one_may_have_stopped(
    seconds: float, tally: str | None, listed: bool
) -> None:
    """One that ran a moment ago is not lost in between: it is described by its name."""
    aws, clock = ScriptedAws(), FakeClock()
    there = {"RUNNING": ["b", "a"], "STOPPED": ["z"]}
    aws.on("ecs.ListTasks", lambda params: {"taskArns": there[params["desiredStatus"]]})
    aws.on("ecs.DescribeTasks", lambda params: {"tasks": [{"taskArn": arn} for arn in params["tasks"]]})
    tasks = Tasks(calls_on(aws), clock)
    tasks.of("c", "s", "same")
    aws.sent.clear()
    there["RUNNING"] = ["b"]
    clock.advance(seconds)

    found = {task.id for task in tasks.of("c", "s", tally)}

    assert [item["desiredStatus"] for item in aws.params("ecs.ListTasks")][1:] == ["STOPPED"] * listed
    assert found == ({"b", "z"} if listed else {"a", "b", "z"})


def test_a_stopped_task_tells_how_each_container_ended_and_what_its_limit_was() -> None:
    """An exit code that is not there is not zero."""
    aws = ScriptedAws()
    aws.on("ecs.ListTasks", {"taskArns": ["a"]})
    killed = {
        "name": "api",
        "lastStatus": "STOPPED",
        "exitCode": 137,
        "memory": "512",
        "reason": "OutOfMemoryError: Container killed due to memory usage",
    }
    never = {"name": "proxy", "lastStatus": "STOPPED"}
    aws.on(
        "ecs.DescribeTasks",
        {
            "tasks": [
                raw_task(
                    1,
                    lastStatus="STOPPED",
                    desiredStatus="STOPPED",
                    stopCode="EssentialContainerExited",
                    stoppedReason="Essential container in task exited",
                    stoppedAt=ago(1),
                    containers=[killed, never],
                )
            ]
        },
    )
    (task,) = Tasks(calls_on(aws)).of("c", "s")
    assert task.is_stopped
    assert task.ip == "10.0.0.1"
    assert [item.exit_code for item in task.containers] == [137, None]
    assert [item.memory_mb for item in task.containers] == [512, 1024]
    assert task.containers[0].reason.startswith("OutOfMemoryError")


def test_targets_carry_state_and_reason() -> None:
    """A healthy target has no reason."""
    aws = ScriptedAws()
    unhealthy = {"State": "unhealthy", "Reason": "Target.ResponseCodeMismatch", "Description": "codes: [503]"}
    aws.on(
        "elbv2.DescribeTargetHealth",
        {
            "TargetHealthDescriptions": [
                {"Target": {"Id": "10.0.0.1", "Port": 80}, "TargetHealth": {"State": "healthy"}},
                {"Target": {"Id": "10.0.0.2", "Port": 80}, "TargetHealth": unhealthy},
            ]
        },
    )
    healthy, other = TargetGroups(calls_on(aws)).targets([GROUP])
    assert (healthy.ip, healthy.state, healthy.reason) == ("10.0.0.1", "healthy", "")
    assert (other.state, other.description) == ("unhealthy", "codes: [503]")


def test_one_vanished_target_group_does_not_hide_the_others() -> None:
    """AWS fails the whole call; then it is halved, and known ones are never asked for again."""
    aws = ScriptedAws()

    def answer(params: dict[str, Any]) -> dict[str, Any]:
        if "gone" in params["TargetGroupArns"]:
            raise aws_error("TargetGroupNotFound")
        return {
            "TargetGroups": [
                {"TargetGroupArn": arn, "LoadBalancerArns": ["lb"]} for arn in params["TargetGroupArns"]
            ]
        }

    aws.on("elbv2.DescribeTargetGroups", answer)
    groups = TargetGroups(calls_on(aws))
    assert groups.balancers([GROUP, "gone"]) == {GROUP: ("lb",), "gone": ()}
    before = len(aws.sent)
    assert groups.balancers([GROUP]) == {GROUP: ("lb",)}
    assert len(aws.sent) == before


@pytest.mark.parametrize(("groups", "calls"), [(20, 1), (21, 2), (150, 8), (151, 2)])
def test_many_target_groups_are_named_twenty_a_call_or_listed(groups: int, calls: int) -> None:
    """AWS refuses to describe more than twenty by name; its pages hold 400 of whatever there is."""
    arns = [f"{GROUP}{number}" for number in range(groups)]
    aws = ScriptedAws()

    def answer(params: dict[str, Any]) -> dict[str, Any]:
        named = params.get("TargetGroupArns", [])
        assert len(named) <= 20
        page = named or (arns[:100] if "Marker" not in params else arns[100:])
        raw = [{"TargetGroupArn": arn, "LoadBalancerArns": [f"lb {arn}"]} for arn in page]
        more = {} if named or "Marker" in params else {"NextMarker": "100"}
        return {"TargetGroups": raw, **more}

    aws.on("elbv2.DescribeTargetGroups", answer)
    reader = TargetGroups(calls_on(aws))
    assert reader.balancers(arns) == {arn: (f"lb {arn}",) for arn in arns}
    assert len(aws.sent) == calls
    reader.balancers(arns)
    assert len(aws.sent) == calls
