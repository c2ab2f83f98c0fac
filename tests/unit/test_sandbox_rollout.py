"""Rolling deployments that end well, and what starts one."""

import re

import pytest

from tests.unit.sandbox_world import START, Stage

GROUP = r"\(target-group arn:aws:elasticloadbalancing:\S+\)"


def test_one_task_behind_a_load_balancer_is_replaced_as_on_aws() -> None:
    """As seen of a real service: started 0, registered +40, stopped +90, deregistered +100, done +152."""
    stage = Stage(desired=1, delay_s=30)
    old = next(iter(stage.service.tasks))
    stage.deploy("good")
    stage.until_over()
    log = stage.log()
    zero = log[0][0]
    expected = [
        (0, rf"\(service api\) has started 1 tasks: \(task {list(stage.service.tasks)[1]}\)\."),
        (40, rf"\(service api\) registered 1 targets in {GROUP}"),
        (90, rf"\(service api\) has stopped 1 running tasks: \(task {old}\)\."),
        (100, rf"\(service api\) deregistered 1 targets in {GROUP}"),
        (100, r"\(service api, taskSet ecs-svc/\d+\) has begun draining connections on 1 tasks\."),
        (152, r"\(service api\) \(deployment ecs-svc/\d+\) deployment completed\."),
        (152, r"\(service api\) has reached a steady state\."),
    ]
    assert len(log) == len(expected)
    for (at, text), (moment, pattern) in zip(log, expected, strict=True):
        assert re.fullmatch(pattern, text), text
        assert at - zero == pytest.approx(moment, abs=5), text
    assert log[4][0] - log[3][0] == pytest.approx(0.006, abs=1e-4)
    assert log[6][0] - log[5][0] == pytest.approx(0.001, abs=1e-4)


def test_a_task_walks_through_every_state_of_its_life() -> None:
    """Seen each second, the old task leaves through draining and the new one arrives through pulling."""
    stage = Stage(desired=1, delay_s=30)
    old = next(iter(stage.service.tasks.values()))
    stage.deploy("good")
    seen: dict[str, list[str]] = {}
    for _ in range(170):
        stage.wait(1)
        for task in stage.service.tasks.values():
            states = seen.setdefault(task.id, [])
            if task.status not in states:
                states.append(task.status)
    new = next(task for task in stage.service.tasks.values() if task is not old)
    assert seen[new.id] == ["PROVISIONING", "PENDING", "ACTIVATING", "RUNNING"]
    assert seen[old.id] == ["RUNNING", "DEACTIVATING", "STOPPING", "DEPROVISIONING", "STOPPED"]
    assert old.stopped_reason == f"Scaling activity initiated by (deployment {new.deployment})"
    assert (old.stop_code, old.containers[0].exit_code) == ("ServiceSchedulerInitiated", 143)


def test_targets_turn_healthy_drain_and_go() -> None:
    """The new target: initial, healthy; the old one: healthy, draining, gone after the delay."""
    stage = Stage(desired=1, delay_s=30)
    old = next(iter(stage.service.tasks.values()))
    stage.deploy("good")
    seen: dict[str, list[str]] = {}
    for _ in range(160):
        stage.wait(1)
        health = stage.call("DescribeTargetHealth", TargetGroupArn=stage.group.arn)
        for item in health["TargetHealthDescriptions"]:
            states = seen.setdefault(item["Target"]["Id"], [])
            if item["TargetHealth"]["State"] not in states:
                states.append(item["TargetHealth"]["State"])
    new = next(task for task in stage.service.tasks.values() if task is not old)
    assert seen == {old.ip: ["healthy", "draining"], new.ip: ["initial", "healthy"]}
    asked = stage.call("DescribeTargetHealth", TargetGroupArn=stage.group.arn, Targets=[{"Id": old.ip}])
    assert asked["TargetHealthDescriptions"][0]["TargetHealth"]["State"] == "unused"


def test_a_stopped_task_is_shown_for_an_hour() -> None:
    """DescribeTasks finds it at 59 minutes, and calls it MISSING after 61."""
    stage = Stage(desired=1)
    old = next(iter(stage.service.tasks))
    stage.deploy("good")
    stage.until_over()
    stage.wait(3500, step=100)
    answer = stage.call("DescribeTasks", cluster="main", tasks=[old])
    assert answer["tasks"][0]["lastStatus"] == "STOPPED"
    stage.wait(200, step=100)
    answer = stage.call("DescribeTasks", cluster="main", tasks=[old])
    assert answer["failures"][0]["reason"] == "MISSING"


def test_without_any_check_a_task_counts_as_healthy_after_forty_seconds() -> None:
    """No load balancer, no container check: the old task is stopped 40 s after the new one ran."""
    stage = Stage(desired=1, behind_lb=False)
    old = next(iter(stage.service.tasks.values()))
    stage.deploy("good")
    stage.until_over()
    new = next(task for task in stage.service.tasks.values() if task is not old)
    assert old.stopping_at is not None and new.started_at is not None
    assert old.stopping_at - new.started_at == pytest.approx(45, abs=1)


def test_a_container_check_gates_beside_the_load_balancer() -> None:
    """With both checks the old task stays until the container is HEALTHY too."""
    check = {"command": ["CMD", "true"], "interval": 120, "timeout": 5, "retries": 3}
    stage = Stage(desired=1, health_check=check)
    old = next(iter(stage.service.tasks.values()))
    stage.deploy("good")
    stage.until_over()
    new = next(task for task in stage.service.tasks.values() if task is not old)
    assert old.stopping_at is not None and new.started_at is not None
    assert old.stopping_at - new.started_at == pytest.approx(140, abs=2)
    assert new.containers[0].health == "HEALTHY"


def test_a_desired_count_alone_starts_no_deployment() -> None:
    """Tasks are added, and later drained, under the same deployment."""
    stage = Stage(desired=2)
    before = stage.describe()["deployments"][0]["id"]
    answer = stage.update(desiredCount=4)
    assert [item["id"] for item in answer["deployments"]] == [before]
    stage.wait(200)
    assert stage.describe()["runningCount"] == 4
    stage.update(desiredCount=1)
    stage.wait(200)
    shown = stage.describe()
    assert (shown["runningCount"], len(shown["deployments"]), shown["deployments"][0]["id"]) == (1, 1, before)
    assert stage.log()[-1][1].endswith("has reached a steady state.")


def test_the_same_task_definition_again_starts_no_deployment() -> None:
    """Only a forced one does."""
    stage = Stage()
    arn = stage.describe()["taskDefinition"]
    assert len(stage.update(taskDefinition=arn)["deployments"]) == 1
    assert len(stage.update(taskDefinition=arn, forceNewDeployment=True)["deployments"]) == 2


def test_a_forced_deployment_ships_what_the_tag_means_now() -> None:
    """The tag is resolved at the first start of the new revision; the old revision keeps its digest."""
    stage = Stage(desired=2)
    moving = stage.define("latest")
    stage.update(taskDefinition=moving)
    stage.until_over()
    before = set(stage.digests())
    repository = stage.account.ecr.repositories["api"]
    better = repository.tagged("better")
    assert better is not None
    repository.move("latest", better)
    stage.update(forceNewDeployment=True)
    stage.until_over()
    assert set(stage.digests()) == {better.digest} != before
    arns = [item.revision.arn for item in stage.service.deployments]
    answer = stage.call("DescribeServiceRevisions", serviceRevisionArns=arns)
    digests = [item["containerImages"][0]["imageDigest"] for item in answer["serviceRevisions"]]
    assert digests[1:] == [*before, better.digest]


def test_three_tasks_one_at_a_time() -> None:
    """Maximum 134 % of three allows one more: never five, never fewer than three healthy."""
    stage = Stage(desired=3, maximum=134)
    stage.deploy("good")
    most = 0
    while stage.service.rollout and not stage.service.rollout.is_over:
        stage.wait(1)
        alive = [task for task in stage.service.tasks.values() if task.is_alive]
        most = max(most, len(alive))
        assert sum(task.is_healthy for task in alive) >= 3
    assert most == 4


def test_bounds_that_allow_nothing_say_so_once() -> None:
    """100/100: no task moves, and the event names the two percentages."""
    stage = Stage(desired=2, maximum=100)
    stage.deploy("good")
    stage.wait(600)
    texts = [text for _, text in stage.log()]
    assert len(texts) == 1
    assert "unable to stop or start tasks during a deployment" in texts[0]
    assert stage.rollout()["status"] == "IN_PROGRESS"


def test_minimum_zero_replaces_in_place() -> None:
    """0/100: the old task is stopped first, in the same look the new one is started."""
    stage = Stage(desired=1, minimum=0, maximum=100)
    stage.deploy("good")
    stage.until_over()
    texts = [text for _, text in stage.log()]
    assert "has stopped 1 running tasks" in texts[0]
    assert "has started 1 tasks" in texts[1]
    assert stage.rollout()["status"] == "SUCCESSFUL"


def test_a_newer_deployment_supersedes_the_one_under_way() -> None:
    """STOP_REQUESTED, then STOPPED; the newer one replaces the tasks of both."""
    stage = Stage(desired=2)
    stage.deploy("good")
    stage.wait(60)
    first = stage.rollout()["serviceDeploymentArn"]
    stage.deploy("better")
    answer = stage.call("DescribeServiceDeployments", serviceDeploymentArns=[first])
    assert answer["serviceDeployments"][0]["status"] == "STOP_REQUESTED"
    assert len(stage.describe()["deployments"]) == 3
    stage.until_over()
    answer = stage.call("DescribeServiceDeployments", serviceDeploymentArns=[first])
    assert answer["serviceDeployments"][0]["status"] == "STOPPED"
    better = stage.account.ecr.repositories["api"].tagged("better")
    assert better is not None
    assert set(stage.digests()) == {better.digest}
    assert len(stage.describe()["deployments"]) == 1


def test_a_new_service_deployment_is_not_listed_at_once() -> None:
    """Right after UpdateService the newest listed one is still the previous one."""
    stage = Stage()
    stage.deploy("good")
    listed = stage.call("ListServiceDeployments", cluster="main", service="api")["serviceDeployments"]
    assert [item["status"] for item in listed] == ["SUCCESSFUL"]
    stage.wait(3)
    listed = stage.call("ListServiceDeployments", cluster="main", service="api")["serviceDeployments"]
    assert [item["status"] for item in listed] == ["IN_PROGRESS", "SUCCESSFUL"]


def test_a_stopped_task_of_a_service_is_replaced() -> None:
    """StopTask answers DEACTIVATING; another task starts about 18 s later."""
    stage = Stage(desired=2)
    victim = next(iter(stage.service.tasks))
    answer = stage.call("StopTask", cluster="main", task=victim, reason="drill")
    assert (answer["task"]["lastStatus"], answer["task"]["stoppedReason"]) == ("DEACTIVATING", "drill")
    stage.wait(120)
    started = next(at for at, text in stage.log() if "has started 1 tasks" in text)
    assert started == pytest.approx(18, abs=2)
    assert stage.describe()["runningCount"] == 2
    assert stage.service.tasks[victim].stop_code == "UserInitiated"


def test_zero_tasks_are_a_steady_state_too() -> None:
    """A service scaled to nothing completes its deployments at once."""
    stage = Stage(desired=2)
    stage.update(desiredCount=0)
    stage.wait(120)
    assert stage.describe()["runningCount"] == 0
    stage.deploy("good")
    assert stage.until_over() < 10
    assert stage.rollout()["status"] == "SUCCESSFUL"


def test_a_deleted_service_drains_and_is_inactive() -> None:
    """DRAINING while tasks leave; then no longer listed, and not to be updated."""
    stage = Stage(desired=1)
    assert stage.refusal("DeleteService", cluster="main", service="api") == "InvalidParameterException"
    answer = stage.call("DeleteService", cluster="main", service="api", force=True)
    assert answer["service"]["status"] == "DRAINING"
    stage.wait(120)
    assert stage.describe()["status"] == "INACTIVE"
    assert stage.call("ListServices", cluster="main")["serviceArns"] == []
    assert stage.refusal("UpdateService", cluster="main", service="api") == "ServiceNotActiveException"


def test_the_steady_state_is_said_again_every_six_hours() -> None:
    """A calm service repeats itself, and says nothing else."""
    stage = Stage()
    stage.wait(13 * 3600, step=600)
    texts = [(round(at / 3600), text) for at, text in stage.log()]
    assert texts == [(hour, "(service api) has reached a steady state.") for hour in (6, 12)]


def test_at_speed_ten_a_rollout_takes_a_tenth() -> None:
    """The stamps stay on the wall clock: the events lie between the order and now."""
    stage = Stage(speed=10)
    stage.deploy("good")
    took = stage.until_over()
    assert 14 <= took <= 18
    assert all(0 <= at <= took for at, _ in stage.log())
    assert stage.hand.at == START + took
