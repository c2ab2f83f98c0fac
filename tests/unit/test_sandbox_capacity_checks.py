"""Container health checks: start period, retries, and an endpoint that fails with its database."""

from tests.unit.sandbox_world import Stage

CHECK = {
    "command": ["CMD-SHELL", "curl -f http://localhost:3000/health || exit 1"],
    "interval": 30,
    "timeout": 5,
    "retries": 3,
    "startPeriod": 60,
}


def newest(stage: Stage) -> str:
    """Container health of the youngest task, as the API shows it."""
    task = list(stage.service.tasks.values())[-1]
    return task.containers[0].health


def said(stage: Stage, text: str) -> int:
    return sum(text in message for _, message in stage.log())


def test_a_success_within_the_start_period_counts_at_once() -> None:
    """HEALTHY with the first passing check, 30 s after RUNNING, although the start period is 60 s."""
    stage = Stage(behind_lb=False, health_check=CHECK)
    stage.deploy("good")
    stage.wait(60)
    assert newest(stage) == "UNKNOWN"
    stage.wait(15)
    assert newest(stage) == "HEALTHY"
    stage.until_over()
    assert stage.rollout()["status"] == "SUCCESSFUL"


def test_failures_count_only_after_the_start_period() -> None:
    """Checks at 30 and 60 s are forgiven; those at 90, 120 and 150 s are three failures."""
    stage = Stage(behind_lb=False, health_check=CHECK)
    stage.deploy("unhealthy")
    stage.wait(40 + 148)
    assert newest(stage) == "UNKNOWN"
    stage.wait(5)
    assert newest(stage) == "UNHEALTHY"
    assert said(stage, "failed container health checks.") == 1
    stage.until_over()
    assert stage.rollout()["status"] == "ROLLBACK_SUCCESSFUL"
    stopped = [task for task in stage.service.tasks.values() if task.stopped_reason.startswith("Task failed")]
    assert {task.stopped_reason for task in stopped} == {"Task failed container health checks"}
    assert {task.stop_code for task in stopped} == {"ServiceSchedulerInitiated"}


def test_a_shorter_trouble_than_the_retries_harms_nobody() -> None:
    """Two failed checks in a row, then a good one: nothing is replaced, and counting begins anew."""
    stage = Stage(desired=2, behind_lb=False, health_check=CHECK)
    stage.wait(300)
    for _ in range(3):
        stage.account.conditions.set("checks-fail", service="api")
        stage.wait(60)
        stage.account.conditions.clear("checks-fail")
        stage.wait(60)
    assert stage.log() == []
    assert stage.describe()["runningCount"] == 2


def test_a_dependency_that_is_down_fails_every_revision() -> None:
    """Old and new tasks alike are replaced in vain; no rollback cures it, but its end does."""
    stage = Stage(desired=2, behind_lb=False, health_check=CHECK)
    stage.wait(120)
    stage.account.conditions.set("checks-fail", service="api")
    stage.wait(600)
    assert said(stage, "failed container health checks.") >= 2
    assert not any(task.is_healthy for task in stage.service.tasks.values())
    assert stage.service.primary.state == "COMPLETED"
    stage.account.conditions.clear("checks-fail")
    stage.wait(900)
    assert sum(task.is_healthy for task in stage.service.tasks.values()) == 2
    assert stage.log()[-1][1].endswith("has reached a steady state.")


def test_behind_a_load_balancer_both_checks_have_to_pass() -> None:
    """The target is healthy first; the task counts only when its container is, too."""
    stage = Stage(health_check=CHECK)
    stage.deploy("good")
    stage.wait(60)
    task = list(stage.service.tasks.values())[-1]
    assert task.is_registered
    assert not task.is_healthy
    stage.wait(30)
    assert task.is_healthy


def test_another_service_is_not_concerned() -> None:
    """The condition names the service whose checks fail."""
    stage = Stage(health_check=CHECK)
    stage.account.conditions.set("checks-fail", service="worker")
    stage.wait(600)
    assert stage.log() == []
