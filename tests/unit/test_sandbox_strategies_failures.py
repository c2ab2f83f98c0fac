"""Deployments that shift traffic and end badly: breaker, alarms, people, and the way back."""

from typing import Any

import pytest

from console.sandbox.elb.weights import weights_of
from tests.unit.sandbox_shifts import HOOKED, ROLE, ShiftStage

CANARY = {"canaryConfiguration": {"canaryPercent": 20.0, "canaryBakeTimeInMinutes": 10}}


def _image(stage: ShiftStage, tag: str) -> str:
    image = stage.account.ecr.repositories["api"].tagged(tag)
    assert image is not None
    return image.digest


def _is_as_before(stage: ShiftStage, desired: int) -> bool:
    """Only tasks of the first image, all traffic of both rules on the group that was live."""
    whole = [weights_of(rule) for rule in (stage.rule, stage.test_rule)]
    is_blue = all(weights.get(stage.green.arn, 0) == 0 for weights in whole)
    return is_blue and stage.digests() == [_image(stage, "v1")] * desired


@pytest.mark.parametrize("strategy", ["BLUE_GREEN", "CANARY", "LINEAR"])
@pytest.mark.parametrize("tag", ["crash", "unhealthy", "nope"])
def test_a_revision_that_never_turns_healthy_gets_no_traffic(strategy: str, tag: str) -> None:
    """The breaker trips while it is scaled up; blue has served all the time."""
    stage = ShiftStage(strategy, desired=2)
    source = stage.service.primary
    stage.deploy(tag)
    shares = set()
    while not (stage.service.rollout and stage.service.rollout.is_over):
        stage.wait(5, step=5)
        shares.add(stage.share())
    outcome = stage.rollout()
    assert outcome["status"] == "ROLLBACK_SUCCESSFUL"
    assert "circuit breaker threshold was exceeded" in outcome["statusReason"]
    assert outcome["rollback"]["serviceRevisionArn"] == source.revision.arn
    assert shares == {0.0}
    assert _is_as_before(stage, 2)


@pytest.mark.parametrize(
    "where", ["PRE_SCALE_UP", "POST_SCALE_UP", "PRODUCTION_TRAFFIC_SHIFT", "BAKE_TIME", "CLEAN_UP"]
)
def test_somebody_can_send_it_back_at_any_stage(where: str) -> None:
    """StopServiceDeployment: the traffic first, then the tasks; the target revision stays what it was."""
    stage = ShiftStage("CANARY", settings=CANARY, desired=2)
    source = stage.service.primary
    stage.deploy("error-spike")
    target = stage.service.primary.revision.arn
    stage.until_stage(where)
    stage.call("StopServiceDeployment", serviceDeploymentArn=stage.rollout()["serviceDeploymentArn"])
    assert stage.rollout()["status"] == "ROLLBACK_REQUESTED"
    stage.until_over()
    outcome = stage.rollout()
    assert outcome["status"] == "ROLLBACK_SUCCESSFUL"
    assert outcome["targetServiceRevision"]["arn"] == target
    assert outcome["targetServiceRevision"]["requestedProductionTrafficWeight"] == 0.0
    assert stage.service.primary is source
    assert _is_as_before(stage, 2)


def test_on_the_way_back_the_traffic_leaves_before_the_tasks() -> None:
    """PRODUCTION_TRAFFIC_SHIFT, TEST_TRAFFIC_SHIFT, CLEAN_UP; green answers until its share is gone."""
    stage = ShiftStage("CANARY", settings=CANARY, desired=2)
    stage.deploy("error-spike")
    green = stage.service.primary
    stage.until_stage("PRODUCTION_TRAFFIC_SHIFT")
    stage.call("StopServiceDeployment", serviceDeploymentArn=stage.rollout()["serviceDeploymentArn"])
    stages: list[str] = []
    while not (stage.service.rollout and stage.service.rollout.is_over):
        stage.wait(1)
        shown = stage.rollout()
        if shown["status"] == "ROLLBACK_IN_PROGRESS" and stages[-1:] != [shown.get("lifecycleStage")]:
            stages.append(shown.get("lifecycleStage", ""))
        if stage.share() > 0:
            assert len(stage.service.tasks_of(green)) == 2
    back = [name for name in stages if name]
    assert back[-3:] == ["PRODUCTION_TRAFFIC_SHIFT", "TEST_TRAFFIC_SHIFT", "CLEAN_UP"]


def test_a_first_deployment_has_nowhere_to_go_back_to() -> None:
    """ROLLBACK_FAILED; the PRIMARY stays, FAILED, without tasks."""
    stage = ShiftStage()
    stage.call(
        "CreateService",
        cluster="main",
        serviceName="second",
        taskDefinition=stage.define("crash"),
        desiredCount=1,
        networkConfiguration=stage.network,
        loadBalancers=stage.load_balancers,
        deploymentConfiguration={
            "strategy": "BLUE_GREEN",
            "bakeTimeInMinutes": 1,
            "deploymentCircuitBreaker": {"enable": True, "rollback": True},
        },
    )
    stage.wait(600)
    service = stage.account.ecs.clusters["main"].services["second"]
    assert service.rollout is not None
    assert (service.rollout.status, service.rollout.status_reason) == (
        "ROLLBACK_FAILED",
        "No rollback candidate was found to run the rollback.",
    )
    assert service.primary.state == "FAILED" and not service.present


def test_a_breaker_that_only_stops_leaves_the_old_revision_serving() -> None:
    """STOPPED; blue keeps its tasks, and gets new ones when they die."""
    stage = ShiftStage(desired=2, breaker={"enable": True, "rollback": False})
    stage.deploy("crash")
    stage.until_over()
    assert stage.rollout()["status"] == "STOPPED"
    victim = next(task.id for task in stage.service.present.values() if task.is_healthy)
    stage.call("StopTask", cluster="main", task=victim)
    stage.wait(200)
    assert _is_as_before(stage, 2)
    stage.deploy("good")
    stage.until_over()
    assert stage.rollout()["status"] == "SUCCESSFUL"


def test_a_stage_that_takes_more_than_a_day_sends_the_deployment_back() -> None:
    """Tasks that are never healthy long enough, and a breaker that is off."""
    stage = ShiftStage(desired=1, breaker={"enable": False, "rollback": False})
    stage.deploy("unhealthy")
    took = stage.until_over(limit=26 * 3600.0)
    assert took == pytest.approx(86_400, abs=600)
    outcome = stage.rollout()
    assert outcome["status"] == "ROLLBACK_SUCCESSFUL"
    assert "SCALE_UP lifecycle stage took more than 24 hours" in outcome["statusReason"]


def _pause(*stages: str, **timeout: Any) -> dict[str, Any]:
    hook: dict[str, Any] = {"targetType": "PAUSE", "lifecycleStages": list(stages)}
    return hook | ({"timeoutConfiguration": timeout} if timeout else {})


def test_a_pause_waits_until_somebody_lets_it_go_on() -> None:
    """AWAITING_ACTION with its expiry; CONTINUE by its id, and once only."""
    stage = ShiftStage(settings={"lifecycleHooks": [_pause("POST_TEST_TRAFFIC_SHIFT")]})
    stage.deploy("good")
    stage.until_stage("POST_TEST_TRAFFIC_SHIFT")
    stage.wait(3600, step=60)
    shown = stage.rollout()
    (hook,) = shown["lifecycleHookDetails"]
    assert hook["hookId"].startswith("ecs-pause-") and len(hook["hookId"]) == len("ecs-pause-") + 43
    assert (hook["status"], hook["targetType"], hook["timeoutAction"]) == (
        "AWAITING_ACTION",
        "PAUSE",
        "ROLLBACK",
    )
    assert hook["expiresAt"] - stage.hand.at == pytest.approx(86_400 - 3600, abs=5)
    assert shown["lifecycleStage"] == "POST_TEST_TRAFFIC_SHIFT"
    named = {"serviceDeploymentArn": shown["serviceDeploymentArn"], "hookId": hook["hookId"]}
    assert stage.refusal("ContinueServiceDeployment", **{**named, "hookId": "ecs-pause-other"}) == (
        "InvalidParameterException"
    )
    assert stage.call("ContinueServiceDeployment", **named, action="CONTINUE") == {
        "serviceDeploymentArn": shown["serviceDeploymentArn"]
    }
    assert stage.refusal("ContinueServiceDeployment", **named) == "InvalidParameterException"
    stage.until_over()
    assert stage.rollout()["status"] == "SUCCESSFUL"
    assert stage.refusal("ContinueServiceDeployment", **named) == "InvalidParameterException"


def test_a_pause_before_the_shift_comes_at_each_step_with_a_new_id() -> None:
    """Linear in three steps: three pauses."""
    settings = {
        "linearConfiguration": {"stepPercent": 40.0, "stepBakeTimeInMinutes": 0},
        "lifecycleHooks": [_pause("PRE_PRODUCTION_TRAFFIC_SHIFT")],
    }
    stage = ShiftStage("LINEAR", settings=settings)
    stage.deploy("good")
    seen: list[str] = []
    shares: list[float] = []
    while not (stage.service.rollout and stage.service.rollout.is_over):
        stage.wait(1)
        for hook in stage.rollout().get("lifecycleHookDetails", []):
            if hook["status"] == "AWAITING_ACTION":
                seen.append(hook["hookId"])
                shares.append(stage.share())
                arn = stage.rollout()["serviceDeploymentArn"]
                stage.call("ContinueServiceDeployment", serviceDeploymentArn=arn, hookId=hook["hookId"])
    assert len(set(seen)) == 3
    assert shares == [0.0, 40.0, 80.0]


def test_a_pause_can_be_answered_with_a_rollback() -> None:
    """Of a canary at its share; the other hook of the stage is not waited for."""
    hooks = [_pause("PRE_PRODUCTION_TRAFFIC_SHIFT"), _pause("PRE_PRODUCTION_TRAFFIC_SHIFT")]
    stage = ShiftStage("CANARY", settings={**CANARY, "lifecycleHooks": hooks}, desired=2)
    stage.deploy("good")
    stage.until_stage("PRE_PRODUCTION_TRAFFIC_SHIFT")
    shown = stage.rollout()
    first, second = (hook["hookId"] for hook in shown["lifecycleHookDetails"])
    arn = shown["serviceDeploymentArn"]
    stage.call("ContinueServiceDeployment", serviceDeploymentArn=arn, hookId=second, action="ROLLBACK")
    assert stage.rollout()["status"] == "ROLLBACK_IN_PROGRESS"
    assert stage.refusal("ContinueServiceDeployment", serviceDeploymentArn=arn, hookId=first) == (
        "InvalidParameterException"
    )
    stage.until_over()
    assert stage.rollout()["status"] == "ROLLBACK_SUCCESSFUL"
    assert _is_as_before(stage, 2)


@pytest.mark.parametrize(
    ("action", "expected"), [("CONTINUE", "SUCCESSFUL"), ("ROLLBACK", "ROLLBACK_SUCCESSFUL")]
)
def test_a_pause_that_nobody_answers_does_what_its_timeout_says(action: str, expected: str) -> None:
    """After its minutes it is TIMED_OUT."""
    hook = _pause("POST_SCALE_UP", timeoutInMinutes=30, action=action)
    stage = ShiftStage(settings={"lifecycleHooks": [hook]})
    stage.deploy("good")
    assert stage.until_over() > 1800
    outcome = stage.rollout()
    assert outcome["status"] == expected
    assert [item["status"] for item in outcome["lifecycleHookDetails"]] == ["TIMED_OUT"]


def test_a_function_that_fails_sends_the_deployment_back() -> None:
    """The reason names the stage and the function."""
    hook = {"hookTargetArn": HOOKED, "roleArn": ROLE, "lifecycleStages": ["PRE_SCALE_UP"]}
    stage = ShiftStage(settings={"lifecycleHooks": [hook]}, desired=2)
    stage.account.ecs.functions[HOOKED] = "FAILED"
    stage.deploy("good")
    stage.until_over()
    outcome = stage.rollout()
    assert outcome["status"] == "ROLLBACK_SUCCESSFUL"
    assert outcome["statusReason"] == (
        "Service deployment rolled back because PRE_SCALE_UP lifecycle hook(s) failed. "
        f"Lifecycle hook target {HOOKED} returned FAILED status."
    )
    assert _is_as_before(stage, 2)


def test_a_function_in_progress_is_asked_again() -> None:
    """Every 30 s, until it says otherwise."""
    hook = {"hookTargetArn": HOOKED, "roleArn": ROLE, "lifecycleStages": ["POST_TEST_TRAFFIC_SHIFT"]}
    stage = ShiftStage(settings={"lifecycleHooks": [hook]})
    stage.account.ecs.functions[HOOKED] = "IN_PROGRESS"
    stage.deploy("good")
    stage.until_stage("POST_TEST_TRAFFIC_SHIFT")
    stage.wait(600)
    assert [item["status"] for item in stage.rollout()["lifecycleHookDetails"]] == ["IN_PROGRESS"]
    stage.account.ecs.functions[HOOKED] = "SUCCEEDED"
    stage.until_stage("PRODUCTION_TRAFFIC_SHIFT", limit=60)


def test_an_unknown_deployment_cannot_be_continued() -> None:
    """Not found, by its own error; a rolling one has no pause."""
    stage = ShiftStage("ROLLING", bake=0)
    arn = "arn:aws:ecs:us-east-1:111122223333:service-deployment/main/api/unknown"
    assert stage.refusal("ContinueServiceDeployment", serviceDeploymentArn=arn, hookId="x") == (
        "ServiceDeploymentNotFoundException"
    )
    stage.deploy("good")
    arn = stage.rollout()["serviceDeploymentArn"]
    assert stage.refusal("ContinueServiceDeployment", serviceDeploymentArn=arn, hookId="x") == (
        "UnsupportedFeatureException"
    )
