"""Services that begin with a past."""

import pytest

from console.sandbox.ecs import Past, ServiceSpec, seed_service
from console.sandbox.ecs.model import Service
from tests.unit.sandbox_world import START, Stage

DAY = 86400.0


def _with_history(stage: Stage) -> Service:
    """good, then better, then crash rolled back by ECS to better."""
    spec = ServiceSpec(
        "main",
        "old",
        2,
        stage.define("latest"),
        START - 40 * DAY,
        stage.network,
        stage.load_balancers,
        stage.configuration,
    )
    digests = {}
    for tag in ("good", "better", "crash"):
        image = stage.account.ecr.repositories["api"].tagged(tag)
        assert image is not None
        digests[tag] = {"api": image.digest}
    return seed_service(
        stage.account,
        spec,
        [
            Past(spec.task_definition, digests["good"], START - 30 * DAY, START - 30 * DAY + 300),
            Past(spec.task_definition, digests["better"], START - 9 * DAY, START - 9 * DAY + 300),
            Past(
                spec.task_definition,
                digests["crash"],
                START - 2 * DAY,
                START - 2 * DAY + 400,
                "ROLLBACK_SUCCESSFUL",
            ),
        ],
    )


def test_what_runs_is_what_the_history_left() -> None:
    """Two healthy, registered tasks of the last successful revision, with its digest, since nine days."""
    stage = Stage()
    service = _with_history(stage)
    stage.world.advance()
    better = stage.account.ecr.repositories["api"].tagged("better")
    assert better is not None
    tasks = list(service.tasks.values())
    assert [task.containers[0].digest for task in tasks] == [better.digest] * 2
    assert all(task.is_healthy and task.status == "RUNNING" for task in tasks)
    assert all(0 < (task.started_at or 0) - (START - 9 * DAY) < 300 for task in tasks)
    assert {stage.group.targets[task.ip, 3000].state for task in tasks} == {"healthy"}


def test_the_past_is_told_as_ecs_tells_it() -> None:
    """Three service deployments, newest first; one went back, on the revision that still serves."""
    stage = Stage()
    service = _with_history(stage)
    answer = stage.call("ListServiceDeployments", cluster="main", service="old")["serviceDeployments"]
    assert [item["status"] for item in answer] == ["ROLLBACK_SUCCESSFUL", "SUCCESSFUL", "SUCCESSFUL"]
    arns = [item["serviceDeploymentArn"] for item in answer]
    first = stage.call("DescribeServiceDeployments", serviceDeploymentArns=arns)["serviceDeployments"][0]
    assert first["rollback"]["serviceRevisionArn"] == service.primary.revision.arn
    assert first["deploymentCircuitBreaker"]["status"] == "TRIGGERED"
    assert first["createdAt"] < first["rollback"]["startedAt"] < first["finishedAt"]
    shown = stage.call("DescribeServices", cluster="main", services=["old"])["services"][0]
    assert [item["rolloutState"] for item in shown["deployments"]] == ["COMPLETED"]
    moments = [event["createdAt"] for event in shown["events"]]
    assert moments == sorted(moments, reverse=True)
    assert START - 6 * 3600 <= moments[0] <= START
    assert len(moments) <= 100


def test_a_seeded_service_rolls_back_to_its_past() -> None:
    """A crash after the start goes back to the revision that was laid down."""
    stage = Stage()
    service = _with_history(stage)
    source = service.primary
    stage.call("UpdateService", cluster="main", service="old", taskDefinition=stage.define("crash"))
    stage.wait(400)
    assert service.rollout and service.rollout.status == "ROLLBACK_SUCCESSFUL"
    assert service.primary is source


def test_a_seeded_service_stays_calm() -> None:
    """For a day nothing happens but the steady state."""
    stage = Stage()
    service = _with_history(stage)
    known = set(service.tasks)
    stage.wait(DAY, step=3600)
    assert set(service.tasks) == known
    since = [event.message for event in service.events if event.at > START]
    assert since == ["(service old) has reached a steady state."] * len(since)
    assert since


def test_a_history_without_success_is_refused() -> None:
    """Nothing could be running."""
    stage = Stage()
    spec = ServiceSpec("main", "none", 1, stage.define("v1"), START - DAY, stage.network)
    with pytest.raises(ValueError, match="no SUCCESSFUL"):
        seed_service(stage.account, spec, [Past(spec.task_definition, {}, START, START, "STOPPED")])
