"""What holds for every strategy, whatever is asked and whenever."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from console.sandbox.ecs.model import Service
from tests.unit.sandbox_shifts import HOOKED, ROLE, ShiftStage

GOOD = ("good", "better", "slow-start", "error-spike")
BAD = ("crash", "oom", "unhealthy", "nope")
DAY = 86_400
DEADLOCK = "was unable to stop or start tasks"

strategies = st.sampled_from(["ROLLING", "BLUE_GREEN", "CANARY", "LINEAR"])
pauses = st.lists(
    st.tuples(
        st.sampled_from(["PRE_SCALE_UP", "POST_TEST_TRAFFIC_SHIFT", "PRE_PRODUCTION_TRAFFIC_SHIFT"]),
        st.integers(1, 90),
        st.sampled_from(["CONTINUE", "ROLLBACK"]),
    ),
    max_size=2,
)
orders = st.lists(
    st.tuples(
        st.sampled_from(["deploy", "force", "scale", "stop", "kill", "continue"]),
        st.sampled_from(GOOD + BAD),
        st.integers(1, 4),
        st.integers(1, 900),
    ),
    min_size=1,
    max_size=5,
)
quick = settings(max_examples=12, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
long = settings(max_examples=600, deadline=None, suppress_health_check=list(HealthCheck))
asked_for = given(
    strategy=strategies,
    desired=st.integers(1, 4),
    bake=st.integers(0, 5),
    share=st.sampled_from([3.0, 12.5, 40.0, 100.0]),
    paused=pauses,
    function=st.sampled_from(["SUCCEEDED", "FAILED"]),
    asked=orders,
)


@quick
@asked_for
def test_every_strategy_keeps_its_promises(**case: Any) -> None:
    """Counts add up, one PRIMARY, shares add up; every deployment ends; a rollback ends where it said."""
    _play(**case)


@pytest.mark.campaign
@long
@asked_for
def test_every_strategy_keeps_its_promises_in_many_cases(**case: Any) -> None:
    """The same, with other orders each time."""
    _play(**case)


@pytest.mark.parametrize("strategy", ["BLUE_GREEN", "CANARY", "LINEAR"])
@pytest.mark.parametrize("tag", ["good", "unhealthy"])
def test_the_rhythm_of_looking_changes_nothing(strategy: str, tag: str) -> None:
    """The same seed looked at three ways tells the same events and shifts; another seed does not."""
    told = [_story(strategy, tag, step, seed=3) for step in (1.0, 7.3, 900.0)]
    assert told[0] == told[1] == told[2]
    assert told[0] != _story(strategy, tag, 900.0, seed=4)


@quick
@given(
    strategy=st.sampled_from(["BLUE_GREEN", "CANARY", "LINEAR"]),
    desired=st.integers(1, 4),
    tag=st.sampled_from(GOOD + BAD),
    stop_after=st.integers(1, 1500),
)
def test_no_request_goes_where_nobody_answers(strategy: str, desired: int, tag: str, stop_after: int) -> None:
    """A group that gets traffic always has as many healthy targets as the floor asks for."""
    stage = ShiftStage(strategy, desired=desired, settings=_settings(strategy, 40.0, [], ""))
    stage.deploy(tag)
    is_stopped = False
    for second in range(0, 4000, 2):
        stage.wait(2, step=2)
        for group, share in ((stage.green, stage.share()), (stage.blue, 100 - stage.share())):
            healthy = sum(target.state == "healthy" for target in group.targets.values())
            assert share == 0 or healthy >= desired, (group.name, share, stage.rollout())
        rollout = stage.service.rollout
        if rollout is None or rollout.is_over:
            break
        if second > stop_after and not is_stopped:
            is_stopped = True
            stage.call("StopServiceDeployment", serviceDeploymentArn=rollout.arn)


def _play(
    strategy: str,
    desired: int,
    bake: int,
    share: float,
    paused: list[tuple[str, int, str]],
    function: str,
    asked: list[tuple[str, str, int, int]],
) -> None:
    hooks = [] if strategy == "ROLLING" else paused
    stage = ShiftStage(strategy, bake, _settings(strategy, share, hooks, function), desired=desired)
    stage.account.ecs.functions[HOOKED] = function
    highest = desired
    for what, tag, count, pause in asked:
        highest = max(highest, count if what == "scale" else 0)
        _order(stage, what, tag, count)
        for _ in range(0, pause, 15):
            stage.wait(15, step=15)
            _check_counts(stage, highest)
    for _ in range(0, 2 * DAY, 300):
        if stage.service.rollout is None or stage.service.rollout.is_over:
            break
        stage.wait(300, step=300)
        _check_counts(stage, highest)
    stage.wait(900, step=300)
    _check_end(stage)


def _settings(
    strategy: str, share: float, paused: list[tuple[str, int, str]], function: str
) -> dict[str, Any]:
    hooks: list[dict[str, Any]] = [
        {
            "targetType": "PAUSE",
            "lifecycleStages": [stage],
            "timeoutConfiguration": {"timeoutInMinutes": minutes, "action": action},
        }
        for stage, minutes, action in paused
    ]
    if function and strategy != "ROLLING":
        stages = ["PRODUCTION_TRAFFIC_SHIFT"]
        hooks.append({"hookTargetArn": HOOKED, "roleArn": ROLE, "lifecycleStages": stages})
    found: dict[str, Any] = {"lifecycleHooks": hooks} if hooks else {}
    if strategy == "CANARY":
        found["canaryConfiguration"] = {"canaryPercent": share, "canaryBakeTimeInMinutes": 3}
    if strategy == "LINEAR":
        found["linearConfiguration"] = {"stepPercent": share, "stepBakeTimeInMinutes": 1}
    return found


def _order(stage: ShiftStage, what: str, tag: str, count: int) -> None:
    rollout = stage.service.rollout
    alive = [task.id for task in stage.service.tasks.values() if task.is_alive]
    if what == "deploy":
        stage.deploy(tag)
    elif what == "force":
        stage.update(forceNewDeployment=True)
    elif what == "scale":
        stage.update(desiredCount=count)
    elif what == "kill" and alive:
        stage.call("StopTask", cluster="main", task=alive[count % len(alive)])
    elif what == "stop" and rollout and not rollout.is_over:
        stage.call("StopServiceDeployment", serviceDeploymentArn=rollout.arn)
    elif what == "continue" and rollout and rollout.course:
        for hook in stage.rollout().get("lifecycleHookDetails", []):
            if hook["status"] == "AWAITING_ACTION" and rollout.status == "IN_PROGRESS":
                stage.call(
                    "ContinueServiceDeployment",
                    serviceDeploymentArn=rollout.arn,
                    hookId=hook["hookId"],
                    action="CONTINUE" if count > 1 else "ROLLBACK",
                )


def _check_counts(stage: ShiftStage, highest: int) -> None:
    shown = stage.describe()
    deployments = shown["deployments"]
    assert [item["status"] for item in deployments].count("PRIMARY") == 1
    for name in ("runningCount", "pendingCount"):
        assert sum(item[name] for item in deployments) == shown[name]
    rollout = stage.rollout()
    revisions = [rollout["targetServiceRevision"], *rollout["sourceServiceRevisions"]]
    if stage.service.rollout is not None and stage.service.rollout.course is not None:
        for name in ("requestedTestTrafficWeight", "requestedProductionTrafficWeight"):
            assert sum(item[name] for item in revisions) in (0.0, 100.0)
        assert shown["runningCount"] + shown["pendingCount"] <= 3 * highest
    else:
        assert shown["runningCount"] + shown["pendingCount"] <= 2 * highest


def _check_end(stage: ShiftStage) -> None:
    service: Service = stage.service
    rollout = service.rollout
    assert rollout is not None
    is_deadlocked = any(DEADLOCK in text for _, text in stage.log())
    assert rollout.is_over or is_deadlocked, (stage.rollout(), stage.log())
    for older in service.service_deployments[:-1]:
        assert older.is_over
    if rollout.status == "ROLLBACK_SUCCESSFUL":
        assert rollout.rollback
        source = service.revisions[rollout.rollback["serviceRevisionArn"]]
        assert service.primary.revision is source and service.primary.state == "COMPLETED"
        assert stage.digests() == [source.digests["api"]] * service.desired_count
    elif rollout.status == "SUCCESSFUL":
        assert stage.digests() == [rollout.target.digests["api"]] * service.desired_count
    if rollout.status in ("SUCCESSFUL", "ROLLBACK_SUCCESSFUL"):
        live = service.primary.revision.attached[0]["targetGroupArn"]
        assert stage.share() == (100.0 if live == stage.green.arn else 0.0)


def _story(strategy: str, tag: str, step: float, seed: int) -> list[Any]:
    stage = ShiftStage(strategy, desired=3, seed=seed, settings=_settings(strategy, 40.0, [], ""))
    stage.deploy(tag)
    stage.wait(2700, step=step)
    stage.update(forceNewDeployment=True)
    stage.wait(900, step=step)
    events = [(event.id, event.at, event.message) for event in stage.service.events]
    return [events, stage.rule.shifts, stage.test_rule.shifts]
