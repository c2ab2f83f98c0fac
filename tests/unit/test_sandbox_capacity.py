"""What keeps tasks from being placed or started, and what ECS says and does about it."""

from itertools import pairwise
from typing import Any

import pytest

from tests.unit.sandbox_world import Stage


def reasons(stage: Stage) -> list[str]:
    """``stoppedReason`` of every stopped task of the service."""
    return [task.stopped_reason for task in stage.service.tasks.values() if task.is_stopped]


def said(stage: Stage, text: str) -> int:
    return sum(text in message for _, message in stage.log())


def alive(stage: Stage) -> int:
    return sum(task.is_alive for task in stage.service.tasks.values())


def with_container(stage: Stage, **members: Any) -> str:
    """Register a definition whose container has more members; its ARN."""
    content = stage.service.primary.revision.task_definition.content
    container = {**content["containerDefinitions"][0], **members}
    registered = {
        **content,
        "containerDefinitions": [container],
        "executionRoleArn": "arn:aws:iam::1:role/exec",
    }
    answer = stage.call("RegisterTaskDefinition", **registered)
    return str(answer["taskDefinition"]["taskDefinitionArn"])


def test_without_capacity_a_service_keeps_what_it_has_and_keeps_trying() -> None:
    """No task is made; the event comes once, the old tasks serve on; cleared, the rollout goes through."""
    stage = Stage(desired=2, breaker={"enable": False})
    stage.account.conditions.set("no-capacity")
    stage.deploy("good")
    stage.wait(1200)
    assert said(stage, "was unable to place a task. Reason: Capacity is unavailable at this time.") == 1
    assert said(stage, "is unable to consistently start tasks successfully.") == 1
    assert stage.describe()["runningCount"] == 2
    assert stage.service.primary.failed_tasks > 2
    assert len(stage.service.tasks) == 2
    stage.account.conditions.clear("no-capacity")
    stage.until_over()
    assert stage.rollout()["status"] == "SUCCESSFUL"
    assert stage.describe()["runningCount"] == 2


def test_the_breaker_counts_tasks_that_could_not_be_placed() -> None:
    """A rollout without capacity goes back; the old tasks never stopped."""
    stage = Stage(desired=1)
    old = list(stage.service.tasks)
    stage.account.conditions.set("no-capacity")
    stage.deploy("good")
    stage.until_over()
    assert stage.rollout()["status"] == "ROLLBACK_SUCCESSFUL"
    assert list(stage.service.tasks) == old


def test_the_quota_lets_through_what_fits() -> None:
    """Three tasks at once are allowed: of four one is started, beside the two that run."""
    stage = Stage(desired=2)
    stage.account.conditions.set("task-quota", limit=3)
    stage.update(desiredCount=4)
    stage.wait(120)
    assert alive(stage) == 3
    assert said(stage, "You've reached the limit on the number of tasks you can run concurrently") == 1
    assert said(stage, "could not launch 1 tasks for deployment ecs-svc/") == 1
    stage.account.conditions.clear("task-quota")
    stage.wait(1800)
    assert alive(stage) == 4


def test_the_gap_between_attempts_grows_to_27_minutes_and_a_new_deployment_ends_it() -> None:
    """Never shorter than before, never longer than the limit; another revision is tried at once."""
    stage = Stage(desired=1, breaker={"enable": False})
    stage.deploy("nobody")
    stage.wait(5 * 3600, step=5)
    starts = [task.created_at for task in stage.service.tasks.values()]
    begun = [at for at, text in stage.log() if "has started 1 tasks" in text]
    gaps = [later - earlier for earlier, later in pairwise(begun)]
    assert gaps == sorted(gaps)
    assert gaps[-1] - gaps[-2] < 1
    assert 27 * 60 <= gaps[-1] <= 27 * 60 + 180
    assert starts
    stage.deploy("good")
    stage.until_over()
    assert stage.rollout()["status"] == "SUCCESSFUL"


def test_a_full_subnet_ends_tasks_before_they_have_an_address() -> None:
    """TaskFailedToStart with EC2's words; a free subnet beside it is not enough to save the service."""
    stage = Stage(desired=1, breaker={"enable": False})
    stage.account.conditions.set("subnet-full")
    stage.deploy("good")
    stage.wait(60)
    (reason, *_) = reasons(stage)
    assert reason.startswith("Unexpected EC2 error while attempting to Create Network Interface")
    assert stage.describe()["runningCount"] == 1


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        ("secret-denied", "AccessDeniedException: User: arn:aws:sts::111122223333:assumed-role/exec/"),
        ("secret-deleted", "ResourceNotFoundException: Secrets Manager can't find the specified secret."),
    ],
)
def test_secrets_that_cannot_be_read_keep_tasks_from_starting(condition: str, words: str) -> None:
    """ResourceInitializationError, as reason and once as event; the breaker goes back."""
    stage = Stage(desired=1)
    secret = "arn:aws:secretsmanager:us-east-1:111122223333:secret:db-url-AbCdEf"
    stage.account.secrets.add(secret, stage.hand.at)
    arn = with_container(stage, secrets=[{"name": "DATABASE_URL", "valueFrom": f"{secret}:url::"}])
    stage.account.conditions.set(condition, secret="db-url")
    stage.update(taskDefinition=arn)
    stage.until_over()
    assert stage.rollout()["status"] == "ROLLBACK_SUCCESSFUL"
    assert all(
        reason.startswith("ResourceInitializationError: unable to pull") for reason in reasons(stage)[:3]
    )
    assert words in reasons(stage)[0]
    assert said(stage, "was unable to place a task. Reason: ResourceInitializationError") == 1
    stopped = next(task for task in stage.service.tasks.values() if task.is_stopped)
    assert (stopped.stop_code, stopped.pull_started_at) == ("TaskFailedToStart", None)
    assert stopped.containers[0].exit_code is None


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        ("secret-denied", "is not authorized to perform: ssm:GetParameters on resource: arn:aws:ssm:"),
        (
            "secret-deleted",
            "unable to retrieve secrets from ssm: service call has been retried 1 time(s): invalid",
        ),
    ],
)
def test_parameters_fail_in_words_of_their_own(condition: str, words: str) -> None:
    """Systems Manager's parameters stand where secrets do, and are read by another call."""
    stage = Stage(desired=1, breaker={"enable": False})
    parameter = "arn:aws:ssm:us-east-1:111122223333:parameter/api/key"
    stage.account.conditions.set(condition, secret="/api/key")
    stage.update(taskDefinition=with_container(stage, secrets=[{"name": "KEY", "valueFrom": parameter}]))
    stage.wait(60)
    assert words in reasons(stage)[0]


def test_a_secret_that_nobody_made_is_not_found() -> None:
    """Registering a definition does not prove that its secrets exist."""
    stage = Stage(desired=1, breaker={"enable": False})
    secret = "arn:aws:secretsmanager:us-east-1:111122223333:secret:typo-AbCdEf"
    stage.update(taskDefinition=with_container(stage, secrets=[{"name": "KEY", "valueFrom": secret}]))
    stage.wait(60)
    assert "ResourceNotFoundException" in reasons(stage)[0]


def test_a_log_group_that_is_missing_keeps_tasks_from_starting() -> None:
    """Until somebody creates it, or the definition lets the driver do so."""
    stage = Stage(desired=1, breaker={"enable": False})
    options = {"awslogs-group": "/ecs/api", "awslogs-region": "us-east-1", "awslogs-stream-prefix": "api"}
    logs = {"logDriver": "awslogs", "options": options}
    stage.update(taskDefinition=with_container(stage, logConfiguration=logs))
    stage.wait(60)
    assert reasons(stage)[0].startswith("ResourceInitializationError: failed to validate logger args")
    stage.account.logs.create_group("/ecs/api", stage.hand.at)
    stage.until_over()
    assert stage.rollout()["status"] == "SUCCESSFUL"


def test_an_image_for_another_processor_dies_on_its_first_instruction() -> None:
    """Exit code 255 before it was ever healthy: the breaker goes back to what ran."""
    stage = Stage(desired=1)
    stage.account.ecr.push("api", ["arm"], stage.hand.at, "healthy", "linux/arm64")
    stage.deploy("arm")
    stage.until_over()
    assert stage.rollout()["status"] == "ROLLBACK_SUCCESSFUL"
    dead = next(task for task in stage.service.tasks.values() if task.is_stopped)
    assert (dead.stop_code, dead.containers[0].exit_code) == ("EssentialContainerExited", 255)


def test_a_lost_zone_takes_its_tasks_along_and_the_others_are_filled() -> None:
    """Half the tasks die at once; their replacements all run in the zone that is left."""
    stage = Stage(desired=4, breaker={"enable": False})
    stage.account.conditions.set("zone-lost", zone="us-east-1a")
    assert alive(stage) == 2
    stage.wait(120)
    picture = stage.describe()
    assert (picture["runningCount"], picture["desiredCount"]) == (4, 4)
    zones = [task.zone for task in stage.service.tasks.values() if task.is_alive]
    assert zones == ["us-east-1b"] * 4
    dead = [task for task in stage.service.tasks.values() if task.is_stopped]
    assert [task.stop_code for task in dead] == ["InfrastructureHealth"] * 2
    gone = [life for life in stage.account.logs.lives if life.task in {task.id for task in dead}]
    assert [life.sigterm_at for life in gone] == [None, None]
    assert stage.service.primary.state == "COMPLETED"


def test_conditions_are_named_and_their_parameters_typed() -> None:
    """What is unknown is refused with one line that says what there is."""
    held = Stage().account.conditions
    with pytest.raises(ValueError, match="there are: no-capacity"):
        held.set("rain")
    with pytest.raises(ValueError, match="no parameter"):
        held.set("no-capacity", planet="mars")
    with pytest.raises(ValueError, match="type int"):
        held.set("task-quota", limit="3")
    with pytest.raises(ValueError, match="no condition"):
        held.clear("rain")
    held.set("task-quota", limit=3)
    assert dict(held.held) == {"task-quota": {"limit": 3}}
    held.clear("task-quota")
    assert held.get("task-quota") is None


def test_a_zone_without_capacity_is_passed_over() -> None:
    """The tasks that are there stay; new ones are placed in the other zone."""
    stage = Stage(desired=2)
    stage.account.conditions.set("no-capacity", zone="us-east-1a")
    stage.update(desiredCount=6)
    stage.wait(120)
    zones = sorted(task.zone for task in stage.service.tasks.values() if task.is_alive)
    assert zones == ["us-east-1a"] + ["us-east-1b"] * 5
    assert said(stage, "was unable to place") == 0
