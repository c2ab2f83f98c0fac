"""One-off tasks: they run once, end by themselves, and are told apart by how they end."""

from typing import Any

import pytest

from console.sandbox.ecs.model import Task
from console.sandbox.errands import Errand
from tests.unit.sandbox_world import Stage


@pytest.fixture
def stage() -> Stage:
    return Stage()


def run(stage: Stage, tag: str = "good", **params: Any) -> dict[str, Any]:
    """RunTask on the service's subnets."""
    request: dict[str, Any] = {
        "cluster": "main",
        "taskDefinition": stage.define(tag),
        "launchType": "FARGATE",
        "networkConfiguration": stage.network,
        "startedBy": "run-1",
        "overrides": {"containerOverrides": [{"name": "api", "command": ["npm", "run", "migrate"]}]},
    }
    return stage.call("RunTask", **{**request, **params})


def described(stage: Stage, arn: str) -> dict[str, Any]:
    (task,) = stage.call("DescribeTasks", cluster="main", tasks=[arn])["tasks"]
    return dict(task)


def ended(stage: Stage, arn: str, limit: int = 400) -> dict[str, Any]:
    """The task once it is STOPPED."""
    for _ in range(limit):
        stage.wait(1)
        found = described(stage, arn)
        if found["lastStatus"] == "STOPPED":
            return found
    raise AssertionError(f"still {found['lastStatus']}")


def written(stage: Stage, task: Task) -> list[str]:
    life = next(item for item in stage.account.logs.lives if item.task == task.id)
    return [text for _, _, text in life.errand.lines] if life.errand else []


def test_a_migration_runs_once_and_says_that_it_succeeded(stage: Stage) -> None:
    """PROVISIONING to STOPPED by itself: EssentialContainerExited, exit code 0, and nothing follows."""
    (task,) = run(stage)["tasks"]
    assert (task["lastStatus"], task["startedBy"], task["group"]) == ("PROVISIONING", "run-1", "family:api")
    final = ended(stage, task["taskArn"])
    assert (final["stopCode"], final["containers"][0]["exitCode"]) == ("EssentialContainerExited", 0)
    assert final["stoppedReason"] == "Essential container in task exited"
    stage.wait(300)
    assert stage.call("ListTasks", cluster="main", startedBy="run-1")["taskArns"] == []
    assert stage.describe()["runningCount"] == 1
    assert stage.log() == []


def test_what_the_fleet_says_of_a_family_decides_how_its_errand_ends(stage: Stage) -> None:
    """Duration, exit code and lines; the logs tell those lines and not a server's."""
    lines = ((0.5, "info", "applying 0042_add_index"), (6.0, "error", "relation exists"))
    stage.account.ecs.errands["api"] = Errand(dies_after=8.0, exit_code=3, lines=lines)
    (task,) = run(stage)["tasks"]
    final = ended(stage, task["taskArn"])
    assert final["containers"][0]["exitCode"] == 3
    assert final["executionStoppedAt"] - final["startedAt"] == pytest.approx(8.0, abs=0.01)
    loose = stage.account.ecs.clusters["main"].loose
    assert loose is not None
    assert written(stage, next(iter(loose.tasks.values()))) == [text for _, _, text in lines]


def test_an_image_that_cannot_start_fails_its_errand(stage: Stage) -> None:
    """The image's own death comes first: a crash is a crash whatever command was given."""
    (task,) = run(stage, "crash")["tasks"]
    assert ended(stage, task["taskArn"])["containers"][0]["exitCode"] == 1
    (task,) = run(stage, "oom")["tasks"]
    container = ended(stage, task["taskArn"])["containers"][0]
    assert (container["exitCode"], container["reason"][:16]) == (137, "OutOfMemoryError")


def test_an_image_that_nobody_pushed_never_starts(stage: Stage) -> None:
    """TaskFailedToStart, and no exit code: the container never was."""
    (task,) = run(stage, "nobody")["tasks"]
    final = ended(stage, task["taskArn"])
    assert final["stopCode"] == "TaskFailedToStart"
    assert final["stoppedReason"].startswith("CannotPullContainerError")
    assert "exitCode" not in final["containers"][0]


def test_an_image_for_another_processor_cannot_be_executed(stage: Stage) -> None:
    """It is pulled, started and gone, with 255; its only line names the reason."""
    stage.account.ecr.push("api", ["arm"], stage.hand.at, "healthy", "linux/arm64")
    (task,) = run(stage, "arm")["tasks"]
    final = ended(stage, task["taskArn"])
    assert (final["stopCode"], final["containers"][0]["exitCode"]) == ("EssentialContainerExited", 255)
    (life,) = [item for item in stage.account.logs.lives if item.task in task["taskArn"]]
    assert life.errand is not None
    assert "exec format error" in life.errand.lines[0][2]


def test_without_a_command_the_image_serves_until_it_is_stopped(stage: Stage) -> None:
    """StopTask: UserInitiated, the caller's reason, 143 from a process that minds SIGTERM."""
    (task,) = run(stage, overrides={})["tasks"]
    stage.wait(600)
    assert described(stage, task["taskArn"])["lastStatus"] == "RUNNING"
    answer = stage.call("StopTask", cluster="main", task=task["taskArn"], reason="enough")["task"]
    assert (answer["lastStatus"], answer["desiredStatus"]) == ("DEACTIVATING", "STOPPED")
    final = ended(stage, task["taskArn"])
    assert (final["stopCode"], final["stoppedReason"]) == ("UserInitiated", "enough")
    assert final["containers"][0]["exitCode"] == 143
    stage.wait(120)
    assert stage.log() == []


def test_a_process_that_minds_no_signal_is_killed(stage: Stage) -> None:
    """137 after the stop timeout of 30 s."""
    stage.account.ecs.errands["api"] = Errand(dies_after=900.0, ignores_sigterm=True)
    (task,) = run(stage)["tasks"]
    stage.wait(60)
    stage.call("StopTask", cluster="main", task=task["taskArn"])
    final = ended(stage, task["taskArn"])
    assert final["containers"][0]["exitCode"] == 137
    assert final["stoppedReason"] == "Task stopped by user"
    assert final["executionStoppedAt"] - final["stoppingAt"] == pytest.approx(32.0, abs=0.1)


def test_a_client_token_starts_tasks_once(stage: Stage) -> None:
    """The same request again answers with the same tasks; another one under that token conflicts."""
    definition = stage.define("good")
    first = run(stage, taskDefinition=definition, clientToken="abc")
    again = run(stage, taskDefinition=definition, clientToken="abc")
    assert [item["taskArn"] for item in again["tasks"]] == [item["taskArn"] for item in first["tasks"]]
    with pytest.raises(Exception, match="client token"):
        run(stage, taskDefinition=definition, clientToken="abc", count=2)
    loose = stage.account.ecs.clusters["main"].loose
    assert loose is not None
    assert len(loose.tasks) == 1


def test_success_over_http_may_mean_that_nothing_runs(stage: Stage) -> None:
    """Without capacity, and over the quota, ``failures`` says so; what fits is started."""
    stage.account.conditions.set("no-capacity")
    answer = run(stage, count=2)
    assert answer["tasks"] == []
    assert [item["reason"][:23] for item in answer["failures"]] == ["Capacity is unavailable"] * 2
    stage.account.conditions.clear("no-capacity")
    stage.account.conditions.set("task-quota", limit=3)
    answer = run(stage, count=4)
    assert (len(answer["tasks"]), len(answer["failures"])) == (2, 2)
    assert "limit on the number of tasks" in answer["failures"][0]["reason"]


def test_reads_lag_behind_the_write(stage: Stage) -> None:
    """A task that was just started is MISSING for a second, and listed after two."""
    arn = run(stage)["tasks"][0]["taskArn"]
    assert stage.call("DescribeTasks", cluster="main", tasks=[arn])["failures"][0]["reason"] == "MISSING"
    stage.wait(1.5)
    assert described(stage, arn)["lastStatus"] == "PROVISIONING"
    assert stage.call("ListTasks", cluster="main", startedBy="run-1")["taskArns"] == []
    stage.wait(1)
    assert stage.call("ListTasks", cluster="main", startedBy="run-1")["taskArns"] == [arn]


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"count": 11}, "InvalidParameterException"),
        ({"networkConfiguration": {}}, "InvalidParameterException"),
        ({"propagateTags": "SERVICE"}, "InvalidParameterException"),
        ({"startedBy": "x" * 129}, "InvalidParameterException"),
        ({"overrides": {"containerOverrides": [{"name": "nobody"}]}}, "InvalidParameterException"),
        ({"taskDefinition": "nobody"}, "ClientException"),
        ({"cluster": "nobody"}, "ClusterNotFoundException"),
        ({"launchType": "EC2"}, "InvalidParameterException"),
        (
            {"capacityProviderStrategy": [{"capacityProvider": "FARGATE", "weight": 1}]},
            "InvalidParameterException",
        ),
    ],
)
def test_what_cannot_be_run_is_refused(stage: Stage, params: dict[str, Any], code: str) -> None:
    """With AWS's codes; nothing is started."""
    with pytest.raises(Exception) as caught:
        run(stage, **params)
    assert getattr(caught.value, "code", "") == code
    assert stage.account.ecs.clusters["main"].loose is None
