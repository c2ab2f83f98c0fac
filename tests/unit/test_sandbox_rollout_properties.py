"""What holds for every rollout, whatever is asked and whenever it is looked at."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.sandbox_world import Stage

GOOD = ("good", "better", "slow-start", "error-spike")
BAD = ("crash", "oom", "unhealthy", "nope")
DEADLOCK = "was unable to stop or start tasks"

orders = st.lists(
    st.tuples(
        st.sampled_from(["deploy", "force", "scale", "stop", "kill"]),
        st.sampled_from(GOOD + BAD),
        st.integers(1, 5),
        st.integers(1, 260),
    ),
    min_size=1,
    max_size=5,
)
quick = settings(max_examples=12, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))


@quick
@given(
    desired=st.integers(1, 5),
    minimum=st.sampled_from([0, 50, 100]),
    maximum=st.sampled_from([100, 134, 150, 200]),
    asked=orders,
)
def test_bounds_counts_and_endings(
    desired: int, minimum: int, maximum: int, asked: list[tuple[str, str, int, int]]
) -> None:
    """Ceiling kept, counts add up, one PRIMARY; every deployment ends unless its bounds allow nothing."""
    stage = Stage(desired=desired, minimum=minimum, maximum=maximum)
    highest = desired
    for what, tag, count, pause in asked:
        highest = max(highest, count if what == "scale" else 0)
        _order(stage, what, tag, count)
        for _ in range(0, pause, 5):
            stage.wait(5, step=5)
            _check_counts(stage, highest * maximum // 100)
    for _ in range(0, 7200, 20):
        stage.wait(20, step=20)
        _check_counts(stage, highest * maximum // 100)
    rollout = stage.service.rollout
    assert rollout
    is_deadlocked = any(DEADLOCK in text for _, text in stage.log())
    assert rollout.is_over or is_deadlocked, stage.log()
    if rollout.status == "ROLLBACK_SUCCESSFUL":
        assert rollout.rollback
        source = stage.service.revisions[rollout.rollback["serviceRevisionArn"]]
        assert stage.service.primary.revision is source
        assert stage.digests() == [source.digests["api"]] * stage.service.desired_count
    elif rollout.status == "SUCCESSFUL":
        assert stage.digests() == [rollout.target.digests["api"]] * stage.service.desired_count


@quick
@given(
    desired=st.integers(1, 6),
    minimum=st.sampled_from([0, 34, 50, 100]),
    maximum=st.sampled_from([100, 134, 150, 200]),
    tag=st.sampled_from(GOOD),
)
def test_a_good_rollout_keeps_the_floor(desired: int, minimum: int, maximum: int, tag: str) -> None:
    """Nothing fails, so healthy tasks never go below the floor, not for a second."""
    stage = Stage(desired=desired, minimum=minimum, maximum=maximum)
    stage.deploy(tag)
    for _ in range(1200):
        stage.wait(1)
        healthy = sum(task.is_healthy and task.is_alive for task in stage.service.tasks.values())
        assert healthy >= stage.service.floor
        if stage.service.rollout and stage.service.rollout.is_over:
            break


@pytest.mark.parametrize("tag", ["good", "oom", "unhealthy", "limping"])
def test_the_rhythm_of_looking_changes_nothing(tag: str) -> None:
    """The same seed looked at three ways tells the same events to the byte; another seed does not."""
    told = [_story(tag, step, seed=3) for step in (0.5, 7.3, 600.0)]
    assert told[0] == told[1] == told[2]
    assert told[0] != _story(tag, 600.0, seed=4)


def _story(tag: str, step: float, seed: int) -> list[tuple[str, float, str]]:
    stage = Stage(desired=3, maximum=134, seed=seed)
    stage.deploy(tag)
    stage.wait(1200, step=step)
    stage.update(forceNewDeployment=True)
    stage.wait(600, step=step)
    return [(event.id, event.at, event.message) for event in stage.service.events]


def _order(stage: Stage, what: str, tag: str, count: int) -> None:
    alive = [task.id for task in stage.service.tasks.values() if task.is_alive]
    if what == "deploy":
        stage.deploy(tag)
    elif what == "force":
        stage.update(forceNewDeployment=True)
    elif what == "scale":
        stage.update(desiredCount=count)
    elif what == "kill" and alive:
        stage.call("StopTask", cluster="main", task=alive[count % len(alive)])
    elif what == "stop" and stage.service.rollout and not stage.service.rollout.is_over:
        stage.call("StopServiceDeployment", serviceDeploymentArn=stage.service.rollout.arn)


def _check_counts(stage: Stage, ceiling: int) -> None:
    shown: dict[str, Any] = stage.describe()
    deployments = shown["deployments"]
    assert [item["status"] for item in deployments].count("PRIMARY") == 1
    for name in ("runningCount", "pendingCount"):
        assert sum(item[name] for item in deployments) == shown[name]
    assert shown["runningCount"] + shown["pendingCount"] <= ceiling
