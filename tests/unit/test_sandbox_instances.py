"""Services on EC2: which instance takes a task, and how one is emptied."""

from typing import Any

import pytest

from console.sandbox.ecs.instances import add_instance
from console.sandbox.ecs.model import ContainerInstance
from tests.unit.sandbox_world import Stage


def on_ec2(
    count: int = 2, desired: int = 2, cpu: int = 2048, **settings: Any
) -> tuple[Stage, list[ContainerInstance]]:
    """The service ``web`` on EC2, steady, beside as many instances in two zones."""
    stage = Stage(desired=0)
    cluster = stage.account.ecs.clusters["main"]
    made = [add_instance(stage.account, cluster, f"us-east-1{'ab'[at % 2]}", cpu) for at in range(count)]
    stage.call(
        "CreateService",
        cluster="main",
        serviceName="web",
        taskDefinition=stage.define("good"),
        desiredCount=desired,
        launchType="EC2",
        networkConfiguration=stage.network,
        deploymentConfiguration={"minimumHealthyPercent": 100, "maximumPercent": 200, **settings},
    )
    stage.wait(150)
    return stage, made


def listed(stage: Stage, instance: ContainerInstance) -> list[str]:
    answer = stage.call("ListTasks", cluster="main", containerInstance=instance.arn)
    return list(answer["taskArns"])


def shown(stage: Stage, instance: ContainerInstance) -> dict[str, Any]:
    (found,) = stage.call("DescribeContainerInstances", cluster="main", containerInstances=[instance.id])[
        "containerInstances"
    ]
    return dict(found)


def drain(stage: Stage, instance: ContainerInstance, status: str = "DRAINING") -> None:
    stage.call(
        "UpdateContainerInstancesState", cluster="main", containerInstances=[instance.arn], status=status
    )


def web(stage: Stage) -> Any:
    return stage.account.ecs.clusters["main"].services["web"]


def said(stage: Stage, text: str) -> int:
    return sum(text in event.message for event in web(stage).events)


def test_tasks_are_spread_over_zones_and_instances() -> None:
    """Four tasks on four instances in two zones: one each; what they reserve is taken."""
    stage, made = on_ec2(count=4, desired=4)
    assert [len(listed(stage, item)) for item in made] == [1, 1, 1, 1]
    picture = shown(stage, made[0])
    assert (picture["runningTasksCount"], picture["agentConnected"], picture["status"]) == (1, True, "ACTIVE")
    left = {item["name"]: item["integerValue"] for item in picture["remainingResources"]}
    assert left == {"CPU": 2048 - 512, "MEMORY": 3884 - 1024}


def test_draining_starts_elsewhere_before_it_stops() -> None:
    """At 100/200 the healthy count never falls below the floor; in the end the instance is empty."""
    stage, (first, second) = on_ec2()
    drain(stage, first)
    least = 2
    for _ in range(300):
        stage.wait(1)
        least = min(least, sum(task.is_healthy for task in web(stage).present.values()))
    assert least == 2
    assert listed(stage, first) == []
    assert len(listed(stage, second)) == 2
    assert web(stage).primary.state == "COMPLETED"
    stopped = next(task for task in web(stage).tasks.values() if task.is_stopped)
    assert stopped.stop_code == "ServiceSchedulerInitiated"


def test_draining_may_stop_first_where_the_floor_allows_it() -> None:
    """At 50/100 there is no room for a replacement, but one task may be missing."""
    stage, (first, second) = on_ec2(minimumHealthyPercent=50, maximumPercent=100)
    drain(stage, first)
    stage.wait(20)
    assert sum(task.is_alive for task in web(stage).present.values()) <= 2
    stage.wait(280)
    assert (len(listed(stage, first)), len(listed(stage, second))) == (0, 2)


def test_a_service_without_any_margin_never_leaves_a_draining_instance() -> None:
    """At 100/100 nothing may start and nothing may stop; ACTIVE again, all is as it was."""
    stage, (first, _) = on_ec2(minimumHealthyPercent=100, maximumPercent=100)
    before = listed(stage, first)
    drain(stage, first)
    stage.wait(900)
    assert listed(stage, first) == before
    drain(stage, first, "ACTIVE")
    assert all(not task.moving for task in web(stage).tasks.values())
    assert shown(stage, first)["status"] == "ACTIVE"


def test_one_off_tasks_stay_on_a_draining_instance() -> None:
    """Draining moves services only; RunTask no longer gets the instance."""
    stage, (only,) = on_ec2(count=1, desired=0)
    run = {"cluster": "main", "taskDefinition": stage.define("good"), "launchType": "EC2"}
    (task,) = stage.call("RunTask", **run, networkConfiguration=stage.network)["tasks"]
    assert task["containerInstanceArn"] == only.arn
    drain(stage, only)
    stage.wait(300)
    assert listed(stage, only) == [task["taskArn"]]
    answer = stage.call("RunTask", **run, networkConfiguration=stage.network)
    assert (answer["tasks"], answer["failures"]) == ([], [{"arn": only.arn, "reason": "AGENT"}])


def test_pending_tasks_leave_a_draining_instance_at_once() -> None:
    """They have not started anything yet; their replacements go elsewhere."""
    stage, (first, second) = on_ec2(desired=0)
    stage.call("UpdateService", cluster="main", service="web", desiredCount=2)
    stage.wait(20)
    drain(stage, first)
    assert all(
        task.status == "DEPROVISIONING" for task in web(stage).tasks.values() if task.instance == first.arn
    )
    stage.wait(200)
    assert len(listed(stage, second)) == 2


@pytest.mark.parametrize(
    ("cpu", "connected", "miss"),
    [(600, True, "has insufficient CPU units available."), (2048, False, 'encountered error "AGENT".')],
)
def test_a_task_that_no_instance_can_take_is_told_with_the_nearest_miss(
    cpu: int, connected: bool, miss: str
) -> None:
    """For want of CPU, or of a connected agent; running tasks run on."""
    stage, made = on_ec2(cpu=cpu)
    for instance in made:
        instance.agent_connected = connected
    stage.call("UpdateService", cluster="main", service="web", desiredCount=3)
    stage.wait(60)
    assert said(stage, "was unable to place a task because no container instance met all") == 1
    assert said(stage, miss) == 1
    assert sum(task.status == "RUNNING" for task in web(stage).tasks.values()) == 2
    assert shown(stage, made[0])["agentConnected"] is connected
    for instance in made:
        instance.agent_connected, instance.cpu = True, 2048
    stage.wait(1800)
    assert sum(task.status == "RUNNING" for task in web(stage).tasks.values()) == 3


def test_instances_are_listed_by_status_and_changed_ten_at_a_time() -> None:
    """Unknown ones are failures; other states than ACTIVE and DRAINING are refused."""
    stage, (first, second) = on_ec2()
    drain(stage, first)
    by_status = stage.call("ListContainerInstances", cluster="main", status="DRAINING")
    assert by_status["containerInstanceArns"] == [first.arn]
    assert stage.call("ListContainerInstances", cluster="main")["containerInstanceArns"] == [
        first.arn,
        second.arn,
    ]
    change = {"cluster": "main", "containerInstances": ["a" * 32], "status": "DRAINING"}
    assert stage.call("UpdateContainerInstancesState", **change)["failures"][0]["reason"] == "MISSING"
    for params in ({"containerInstances": ["a"] * 11}, {"status": "REGISTERING"}):
        assert (
            stage.refusal("UpdateContainerInstancesState", **{**change, **params})
            == "InvalidParameterException"
        )
    assert (
        stage.refusal("ListTasks", cluster="main", containerInstance="nobody") == "InvalidParameterException"
    )
