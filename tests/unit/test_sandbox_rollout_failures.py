"""Rolling deployments that end badly: the breaker, rollbacks, and what stays behind."""

from itertools import pairwise

import pytest

from console.sandbox.ecs import breaker
from console.sandbox.ecs.model import Deployment, Task
from tests.unit.sandbox_world import Stage

ON = {"enable": True, "rollback": True}


def _first_digest(stage: Stage) -> str:
    image = stage.account.ecr.repositories["api"].tagged("v1")
    assert image is not None
    return image.digest


@pytest.mark.parametrize("tag", ["oom", "crash", "nope", "unhealthy"])
@pytest.mark.parametrize("desired", [1, 2])
def test_a_revision_that_never_turns_healthy_is_rolled_back(tag: str, desired: int) -> None:
    """The breaker counts to three and ECS goes back to the recorded digest of the revision before."""
    stage = Stage(desired=desired)
    source = stage.service.primary
    stage.deploy(tag)
    stage.until_over()
    outcome = stage.rollout()
    assert outcome["status"] == "ROLLBACK_SUCCESSFUL"
    assert "circuit breaker threshold was exceeded" in outcome["statusReason"]
    assert outcome["rollback"]["serviceRevisionArn"] == source.revision.arn
    assert outcome["deploymentCircuitBreaker"] == {"status": "TRIGGERED", "failureCount": 3, "threshold": 3}
    shown = stage.describe()["deployments"]
    assert [(item["id"], item["rolloutState"]) for item in shown] == [(source.id, "COMPLETED")]
    assert stage.digests() == [_first_digest(stage)] * desired


def test_a_killed_container_tells_why() -> None:
    """Out of memory: exit code 137 and the container's reason; the task only says that it exited."""
    stage = Stage()
    stage.deploy("oom")
    stage.until_over()
    failed = stage.service.deployments[-1]
    arns = [task.arn for task in _all_of(stage, failed) if task.containers[0].exit_code is not None]
    task = stage.call("DescribeTasks", cluster="main", tasks=arns)["tasks"][0]
    assert task["stopCode"] == "EssentialContainerExited"
    assert task["stoppedReason"] == "Essential container in task exited"
    assert task["containers"][0]["exitCode"] == 137
    assert task["containers"][0]["reason"].startswith("OutOfMemoryError")


def test_an_image_that_nobody_pushed_cannot_be_pulled() -> None:
    """TaskFailedToStart, no exit code, and ever longer gaps between attempts."""
    stage = Stage()
    stage.deploy("nope")
    took = stage.until_over()
    failed = stage.service.deployments[-1]
    for task in _all_of(stage, failed):
        assert task.stop_code == "TaskFailedToStart"
        assert task.stopped_reason.startswith("CannotPullContainerError")
        assert task.stopped_reason.endswith("not found")
        assert task.started_at is None and task.containers[0].exit_code is None
    created = [task.created_at for task in _all_of(stage, failed)]
    assert created[2] - created[1] > 2 * (created[1] - created[0])
    assert took == pytest.approx(700, abs=40)
    assert any("unable to consistently start tasks" in text for _, text in stage.log())


def test_failing_load_balancer_checks_are_told_and_counted() -> None:
    """The event names task, port, group and code; the task is stopped with the group's ARN."""
    stage = Stage()
    stage.deploy("unhealthy")
    stage.until_over()
    texts = [text for _, text in stage.log()]
    warning = next(text for text in texts if "is unhealthy in" in text)
    assert "(port 3000)" in warning
    assert warning.endswith("due to (reason Health checks failed with these codes: [503]).")
    assert any(text.endswith("replaced 1 tasks due to an unhealthy status.") for text in texts)
    reasons = {task.stopped_reason for task in stage.service.tasks.values() if task.condemned}
    assert reasons == {f"Task failed ELB health checks in (target-group {stage.group.arn})"}


def test_failed_container_checks_count_too() -> None:
    """UNHEALTHY after its retries: stopped, replaced, and rolled back in the end."""
    check = {"command": ["CMD", "true"], "interval": 10, "timeout": 5, "retries": 2}
    stage = Stage(behind_lb=False, health_check=check)
    stage.deploy("unhealthy")
    stage.until_over()
    assert stage.rollout()["status"] == "ROLLBACK_SUCCESSFUL"
    assert any(text.endswith("failed container health checks.") for _, text in stage.log())


def test_in_the_grace_period_a_slow_start_is_forgiven() -> None:
    """A check that fails at first is seen, and not acted upon."""
    stage = Stage(grace_s=120)
    stage.group.check.unhealthy_threshold = 1
    stage.group.check.healthy_threshold = 2
    stage.group.check.interval_s = 20
    stage.deploy("slow-start")
    stage.until_over()
    assert stage.rollout()["status"] == "SUCCESSFUL"
    assert not any("is unhealthy" in text for _, text in stage.log())


def test_crashing_at_desired_one_trips_in_about_three_minutes_after_four_starts() -> None:
    """Starts are about 51 s apart; the fourth is stopped while it is pending."""
    stage = Stage(desired=1)
    stage.deploy("crash")
    stage.until_over()
    starts = [at for at, text in stage.log() if "has started" in text]
    assert len(starts) == 4
    assert [later - earlier for earlier, later in pairwise(starts)] == pytest.approx([51] * 3, abs=3)
    failed_at, back_at = (at for at, text in stage.log() if "deployment failed" in text or "rolling" in text)
    assert failed_at == pytest.approx(175, abs=15)
    assert back_at - failed_at == pytest.approx(0.001, abs=1e-4)


def test_while_it_goes_back_the_failed_deployment_stays_in_sight() -> None:
    """The old one is PRIMARY and IN_PROGRESS, the failed one ACTIVE and FAILED until its tasks are gone."""
    stage = Stage(desired=1)
    source = stage.service.primary
    stage.deploy("unhealthy")
    while stage.rollout()["status"] != "ROLLBACK_IN_PROGRESS":
        stage.wait(1)
    shown = [(item["status"], item["rolloutState"]) for item in stage.describe()["deployments"]]
    assert shown == [("PRIMARY", "IN_PROGRESS"), ("ACTIVE", "FAILED")]
    assert stage.describe()["taskDefinition"] == source.revision.task_definition.arn


def test_limping_never_trips_and_never_ends() -> None:
    """Turns healthy, dies after 90 s: the count is zeroed each time, old and new stay side by side."""
    stage = Stage(desired=3, maximum=134, delay_s=60)
    stage.deploy("limping")
    stage.wait(2 * 3600, step=5)
    outcome = stage.rollout()
    assert outcome["status"] == "IN_PROGRESS"
    assert outcome["deploymentCircuitBreaker"]["status"] == "MONITORING"
    shown = stage.describe()["deployments"]
    assert len(shown) == 2
    assert shown[1]["runningCount"] >= 1


@pytest.mark.parametrize(("resets", "expected"), [(True, 1), (False, 3)])
def test_a_healthy_task_zeroes_the_count_unless_told_not_to(resets: bool, expected: int) -> None:
    """resetOnHealthyTask: two failures, a healthy task, a failure."""
    stage = Stage(desired=8, breaker={**ON, "resetOnHealthyTask": resets})
    stage.deploy("good")
    deployment = stage.service.primary
    breaker.count_failure(stage.service, deployment)
    breaker.count_failure(stage.service, deployment)
    breaker.count_healthy(stage.service, deployment)
    breaker.count_failure(stage.service, deployment)
    assert stage.rollout()["deploymentCircuitBreaker"]["failureCount"] == expected


def test_an_operator_can_send_any_rollout_back() -> None:
    """StopServiceDeployment: requested, in progress, successful; then it cannot be stopped again."""
    stage = Stage(desired=2, breaker={"enable": False, "rollback": False})
    source = stage.service.primary
    stage.deploy("error-spike")
    stage.wait(110)
    arn = stage.rollout()["serviceDeploymentArn"]
    stage.call("StopServiceDeployment", serviceDeploymentArn=arn, stopType="ROLLBACK")
    assert stage.rollout()["status"] == "ROLLBACK_REQUESTED"
    stage.wait(4)
    outcome = stage.rollout()
    assert outcome["status"] == "ROLLBACK_IN_PROGRESS"
    assert outcome["rollback"]["serviceRevisionArn"] == source.revision.arn
    stage.until_over()
    assert stage.rollout()["status"] == "ROLLBACK_SUCCESSFUL"
    assert stage.digests() == [_first_digest(stage)] * 2
    assert stage.refusal("StopServiceDeployment", serviceDeploymentArn=arn) == "ConflictException"


def test_an_unknown_service_deployment_is_not_found() -> None:
    """By its own error, not the service's."""
    stage = Stage()
    arn = "arn:aws:ecs:us-east-1:111122223333:service-deployment/main/api/unknown"
    assert stage.refusal("StopServiceDeployment", serviceDeploymentArn=arn) == (
        "ServiceDeploymentNotFoundException"
    )


def test_a_first_deployment_that_fails_has_nowhere_to_go() -> None:
    """ROLLBACK_FAILED; the PRIMARY stays, FAILED, without tasks."""
    stage = Stage()
    stage.call(
        "CreateService",
        cluster="main",
        serviceName="second",
        taskDefinition=stage.define("crash"),
        desiredCount=1,
        networkConfiguration=stage.network,
        deploymentConfiguration={"deploymentCircuitBreaker": ON},
    )
    stage.wait(400)
    shown = stage.call("DescribeServices", cluster="main", services=["second"])["services"][0]
    assert (shown["runningCount"], shown["pendingCount"]) == (0, 0)
    assert [(item["status"], item["rolloutState"]) for item in shown["deployments"]] == [
        ("PRIMARY", "FAILED")
    ]
    arn = shown["currentServiceDeployment"]
    outcome = stage.call("DescribeServiceDeployments", serviceDeploymentArns=[arn])["serviceDeployments"][0]
    assert outcome["status"] == "ROLLBACK_FAILED"
    assert outcome["statusReason"] == "No rollback candidate was found to run the rollback."


def test_without_rollback_the_breaker_only_stops() -> None:
    """STOPPED; the old tasks serve on, and no more new ones are started."""
    stage = Stage(desired=2, breaker={"enable": True, "rollback": False})
    stage.deploy("crash")
    stage.until_over()
    starts = len([text for _, text in stage.log() if "has started" in text])
    stage.wait(600)
    assert stage.rollout()["status"] == "STOPPED"
    assert len([text for _, text in stage.log() if "has started" in text]) == starts
    assert stage.digests() == [_first_digest(stage)] * 2
    stage.deploy("good")
    stage.until_over()
    assert stage.rollout()["status"] == "SUCCESSFUL"


def test_a_rollback_goes_to_what_completed_last_and_not_to_what_was_under_way() -> None:
    """good completed, better in flight, crash on top of it: back to good."""
    stage = Stage(desired=2)
    stage.deploy("good")
    stage.until_over()
    good = stage.service.primary
    stage.deploy("better")
    stage.wait(60)
    stage.deploy("crash")
    stage.until_over()
    assert stage.rollout()["rollback"]["serviceRevisionArn"] == good.revision.arn
    assert stage.service.primary is good


def test_a_rollback_restores_the_digest_and_not_todays_tag() -> None:
    """latest moved to a bad image and force-deployed: ECS returns to the recorded digest."""
    stage = Stage(desired=2)
    stage.update(taskDefinition=stage.define("latest"))
    stage.until_over()
    before = stage.digests()
    repository = stage.account.ecr.repositories["api"]
    bad = repository.tagged("crash")
    assert bad is not None
    repository.move("latest", bad)
    stage.update(forceNewDeployment=True)
    stage.until_over()
    assert stage.rollout()["status"] == "ROLLBACK_SUCCESSFUL"
    stage.call("StopTask", cluster="main", task=_alive(stage)[0])
    stage.wait(200)
    assert stage.digests() == before


def test_a_healthy_task_that_turns_unhealthy_is_replaced_before_it_is_stopped() -> None:
    """The maximum allows one more, so the replacement is healthy before the old one goes."""
    stage = Stage(desired=1)
    victim = next(iter(stage.service.tasks.values()))
    victim.behaviour = "unhealthy"
    stage.wait(400)
    new = next(task for task in stage.service.tasks.values() if task.is_alive)
    assert victim.stopping_at is not None and new.started_at is not None
    assert victim.stopping_at > new.started_at
    assert new.deployment == victim.deployment
    assert stage.rollout()["status"] == "SUCCESSFUL"


@pytest.mark.parametrize(
    ("desired", "limit", "expected"),
    [
        (1, {}, 3),
        (25, {}, 13),
        (400, {}, 200),
        (800, {"type": "UNBOUNDED_PERCENT", "value": 50}, 400),
        (4, {"type": "COUNT", "value": 7}, 7),
    ],
)
def test_the_threshold_follows_the_desired_count(
    desired: int, limit: dict[str, object], expected: int
) -> None:
    """Half of the desired count between 3 and 200, unless configured otherwise."""
    stage = Stage(breaker={**ON, **({"thresholdConfiguration": limit} if limit else {})})
    stage.deploy("good")
    stage.service.desired_count = desired
    assert stage.rollout()["deploymentCircuitBreaker"]["threshold"] == expected


def _all_of(stage: Stage, deployment: Deployment) -> list[Task]:
    return [task for task in stage.service.tasks.values() if task.deployment == deployment.id]


def _alive(stage: Stage) -> list[str]:
    return [task.id for task in stage.service.tasks.values() if task.is_alive]
