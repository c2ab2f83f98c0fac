"""Scale-in protection: what it keeps, what it does not, and how long it lasts."""

from typing import Any

import pytest

from tests.unit.sandbox_world import Stage


def protect(stage: Stage, tasks: list[str], is_on: bool = True, **params: Any) -> dict[str, Any]:
    return stage.call("UpdateTaskProtection", cluster="main", tasks=tasks, protectionEnabled=is_on, **params)


def running(stage: Stage) -> list[str]:
    return [task.arn for task in stage.service.tasks.values() if task.status == "RUNNING"]


def said(stage: Stage, text: str) -> int:
    return sum(text in message for _, message in stage.log())


def test_a_rollout_waits_for_a_protected_task_until_the_protection_ends() -> None:
    """Old and new run side by side, and the event names how many are kept; expired, it completes."""
    stage = Stage(desired=2)
    kept = running(stage)[0]
    answer = protect(stage, [kept], expiresInMinutes=30)
    assert answer["protectedTasks"][0]["expirationDate"] == stage.hand.at + 1800
    stage.deploy("good")
    stage.wait(1700)
    assert kept in running(stage)
    assert stage.rollout()["status"] == "IN_PROGRESS"
    assert said(stage, "was unable to scale in due to (reason 1 tasks under protection)") == 1
    assert len(running(stage)) == 3
    stage.until_over()
    assert stage.rollout()["status"] == "SUCCESSFUL"
    assert len(running(stage)) == 2


def test_scaling_in_takes_the_tasks_that_are_not_protected() -> None:
    """The youngest would go first; protected, it stays and an older one goes."""
    stage = Stage(desired=3)
    first, second, third = running(stage)
    protect(stage, [third, second])
    stage.update(desiredCount=2)
    stage.wait(200)
    assert running(stage) == [second, third]
    stage.update(desiredCount=1)
    stage.wait(200)
    assert running(stage) == [second, third]
    assert said(stage, "(reason 1 tasks under protection)") == 1
    protect(stage, [second], is_on=False)
    stage.wait(200)
    assert running(stage) == [third]
    assert first not in running(stage)


def test_protection_saves_no_task_from_a_person_or_from_its_health() -> None:
    """StopTask stops it all the same."""
    stage = Stage(desired=1)
    (task,) = running(stage)
    protect(stage, [task])
    stage.call("StopTask", cluster="main", task=task)
    stage.wait(200)
    assert task not in running(stage)
    assert len(running(stage)) == 1


def test_what_cannot_be_protected_is_a_failure_each() -> None:
    """Unknown: MISSING; a one-off task: TASK_NOT_VALID; more than desired: DEPLOYMENT_BLOCKED."""
    stage = Stage(desired=1)
    loose = stage.call(
        "RunTask",
        cluster="main",
        taskDefinition=stage.define("good"),
        launchType="FARGATE",
        networkConfiguration=stage.network,
    )["tasks"][0]["taskArn"]
    failures = protect(stage, ["a" * 32, loose])["failures"]
    assert [item["reason"] for item in failures] == ["MISSING", "TASK_NOT_VALID"]
    protect(stage, running(stage))
    stage.deploy("good")
    stage.wait(120)
    new = running(stage)[-1]
    assert protect(stage, [new])["failures"][0]["reason"] == "DEPLOYMENT_BLOCKED"
    shown = stage.call("GetTaskProtection", cluster="main")["protectedTasks"]
    assert [item["protectionEnabled"] for item in shown] == [True, False]
    asked = stage.call("GetTaskProtection", cluster="main", tasks=[new, "b" * 32])
    assert (len(asked["protectedTasks"]), asked["failures"][0]["reason"]) == (1, "MISSING")


@pytest.mark.parametrize("params", [{"tasks": ["a"] * 11}, {"expiresInMinutes": 2881}, {"cluster": "nobody"}])
def test_protection_has_its_limits(params: dict[str, Any]) -> None:
    """Ten tasks a call, two days at most, in a cluster that is there."""
    request = {"cluster": "main", "tasks": ["a"], "protectionEnabled": True}
    wanted = "ClusterNotFoundException" if "cluster" in params else "InvalidParameterException"
    assert Stage().refusal("UpdateTaskProtection", **{**request, **params}) == wanted
