"""Deployments that alarms watch, and rolling ones that are complete before their last task."""

from typing import Any

import pytest

from console.sandbox.alarms import Alarm
from tests.unit.sandbox_shifts import ShiftStage
from tests.unit.sandbox_world import Stage

NAME = "api-5xx"
WATCHED = {"alarmNames": [NAME], "enable": True, "rollback": True}


def _alarm(stage: Stage, state: str = "OK") -> Alarm:
    """An alarm that keeps the state that it is put into."""
    settings = {
        "AlarmName": NAME,
        "Namespace": "Custom",
        "MetricName": "errors",
        "Statistic": "Sum",
        "Period": 60,
        "EvaluationPeriods": 1,
        "Threshold": 1.0,
        "ComparisonOperator": "GreaterThanThreshold",
        "TreatMissingData": "ignore",
    }
    stage.world.advance()
    return stage.account.alarms.put(settings, state=state)


def _watched(bake: int = 0) -> ShiftStage:
    stage = ShiftStage("ROLLING", bake=bake, desired=2)
    stage.configure(alarms=WATCHED)
    return stage


def test_an_alarm_sends_a_rolling_deployment_back() -> None:
    """The event says so; the outcome names the alarm; the last COMPLETED revision serves again."""
    stage = _watched()
    alarm = _alarm(stage)
    source = stage.service.primary
    stage.deploy("error-spike")
    stage.wait(100)
    assert stage.rollout()["alarms"]["status"] == "MONITORING"
    stage.account.alarms.change(alarm, "ALARM", "errors")
    stage.until_over()
    outcome = stage.rollout()
    assert outcome["status"] == "ROLLBACK_SUCCESSFUL"
    assert outcome["alarms"] == {
        "status": "TRIGGERED",
        "alarmNames": [NAME],
        "triggeredAlarmNames": [NAME],
    }
    assert outcome["deploymentCircuitBreaker"]["status"] == "MONITORING_COMPLETE"
    assert NAME in outcome["statusReason"]
    texts = [text for _, text in stage.log()]
    failed = next(index for index, text in enumerate(texts) if "deployment failed: alarm detected." in text)
    assert texts[failed + 1].endswith(f"rolling back to deployment {source.id}.")
    assert stage.service.primary is source


def test_an_alarm_that_rings_at_the_start_is_not_heard_at_all() -> None:
    """DISABLED for the whole deployment, even if it recovers and rings again."""
    stage = _watched()
    alarm = _alarm(stage, "ALARM")
    stage.deploy("good")
    stage.wait(30)
    stage.account.alarms.change(alarm, "OK", "calm")
    stage.wait(30)
    stage.account.alarms.change(alarm, "ALARM", "errors")
    stage.until_over()
    outcome = stage.rollout()
    assert outcome["status"] == "SUCCESSFUL"
    assert outcome["alarms"] == {"status": "DISABLED", "alarmNames": [NAME], "triggeredAlarmNames": []}


@pytest.mark.parametrize(("bake", "expected"), [(0, 180), (10, 600)])
def test_a_watched_deployment_bakes_before_it_is_complete(bake: int, expected: int) -> None:
    """All new tasks are there and no old one; COMPLETED comes minutes later."""
    plain = ShiftStage("ROLLING", bake=bake, desired=2)
    plain.deploy("good")
    without = plain.until_over()
    stage = _watched(bake=bake)
    _alarm(stage)
    stage.deploy("good")
    assert stage.until_over() - without == pytest.approx(expected, abs=5)
    assert stage.rollout()["alarms"]["status"] == "MONITORING_COMPLETE"


def test_an_alarm_in_the_bake_time_sends_it_back_too() -> None:
    """Nothing old is left by then, and is started anew."""
    stage = _watched(bake=10)
    alarm = _alarm(stage)
    source = stage.service.primary
    stage.deploy("error-spike")
    stage.wait(400)
    assert {task.deployment for task in stage.service.present.values()} == {stage.service.primary.id}
    stage.account.alarms.change(alarm, "ALARM", "errors")
    stage.until_over()
    assert stage.rollout()["status"] == "ROLLBACK_SUCCESSFUL"
    assert stage.service.primary is source


def test_an_alarm_without_rollback_only_stops() -> None:
    """STOPPED; no more new tasks are started."""
    stage = _watched()
    stage.configure(alarms={**WATCHED, "rollback": False})
    alarm = _alarm(stage)
    stage.deploy("error-spike")
    stage.wait(20)
    stage.account.alarms.change(alarm, "ALARM", "errors")
    stage.until_over()
    assert stage.rollout()["status"] == "STOPPED"
    assert stage.describe()["deployments"][0]["rolloutState"] == "FAILED"


def test_an_alarm_sends_a_canary_back_while_most_requests_are_still_served_by_blue() -> None:
    """At a fifth of the traffic; the share returns to nothing before the tasks go."""
    canary = {"canaryPercent": 20.0, "canaryBakeTimeInMinutes": 30}
    stage = ShiftStage("CANARY", settings={"canaryConfiguration": canary, "alarms": WATCHED}, desired=2)
    alarm = _alarm(stage)
    source = stage.service.primary
    stage.deploy("error-spike")
    stage.until_stage("PRODUCTION_TRAFFIC_SHIFT")
    stage.wait(120)
    stage.account.alarms.change(alarm, "ALARM", "errors")
    stage.until_over()
    outcome = stage.rollout()
    assert (outcome["status"], outcome["alarms"]["status"]) == ("ROLLBACK_SUCCESSFUL", "TRIGGERED")
    assert stage.share() == 0.0
    assert stage.service.primary is source


def test_a_bad_canary_rings_the_alarm_that_sends_it_back() -> None:
    """No hand on the alarm: the errors of the canary's requests are measured, published and judged."""
    canary = {"canaryPercent": 30.0, "canaryBakeTimeInMinutes": 60}
    stage = ShiftStage("CANARY", settings={"canaryConfiguration": canary, "alarms": WATCHED}, desired=2)
    stage.world.advance()
    (balancer,) = stage.account.elb.load_balancers
    group = stage.green.arn.rpartition(":")[2]
    stage.account.alarms.put(
        {
            "AlarmName": NAME,
            "Namespace": "AWS/ApplicationELB",
            "MetricName": "HTTPCode_Target_5XX_Count",
            "Dimensions": [
                {"Name": "TargetGroup", "Value": group},
                {"Name": "LoadBalancer", "Value": balancer.partition("loadbalancer/")[2]},
            ],
            "Statistic": "Sum",
            "Period": 60,
            "EvaluationPeriods": 1,
            "Threshold": 3.0,
            "ComparisonOperator": "GreaterThanThreshold",
            "TreatMissingData": "notBreaching",
        },
        state="OK",
    )
    stage.deploy("error-spike")
    stage.until_stage("PRODUCTION_TRAFFIC_SHIFT")
    shifted = stage.hand.at
    stage.until_over()
    assert stage.rollout()["status"] == "ROLLBACK_SUCCESSFUL"
    assert stage.rollout()["alarms"]["triggeredAlarmNames"] == [NAME]
    began = stage.rollout()["rollback"]["startedAt"]
    assert 90 < began - shifted < 600


def _early(cleanup: str) -> ShiftStage:
    criteria = {"enable": True, "healthyPercent": 50, "sourceServiceRevisionCleanup": cleanup}
    return ShiftStage(
        "ROLLING", bake=0, desired=4, minimum=50, maximum=100, settings={"earlySuccessCriteria": criteria}
    )


def test_deferred_early_success_does_not_wait_for_the_old_tasks() -> None:
    """SUCCESSFUL with half of the new tasks, while old ones are still there; the rest follows."""
    stage = _early("DEFERRED")
    stage.deploy("good")
    stage.until_over()
    shown = stage.describe()["deployments"]
    assert stage.rollout()["status"] == "SUCCESSFUL"
    assert [(item["status"], item["rolloutState"]) for item in shown] == [
        ("PRIMARY", "COMPLETED"),
        ("ACTIVE", "COMPLETED"),
    ]
    assert shown[0]["runningCount"] == 2
    assert stage.service.tasks_of(stage.service.shown[1])
    stage.wait(600)
    shown = stage.describe()["deployments"]
    assert [(item["status"], item["runningCount"]) for item in shown] == [("PRIMARY", 4)]
    assert stage.rollout()["targetServiceRevision"]["runningTaskCount"] == 2
    assert stage.log()[-1][1].endswith("has reached a steady state.")


def test_blocking_early_success_waits_for_the_old_tasks_to_be_gone() -> None:
    """Later than the deferred one by the time that they drain, and with no old deployment left."""
    took = []
    for cleanup in ("DEFERRED", "BLOCKING"):
        stage = _early(cleanup)
        stage.deploy("good")
        took.append(stage.until_over())
    assert took[1] - took[0] > 30
    assert stage.rollout()["status"] == "SUCCESSFUL"
    assert len(stage.describe()["deployments"]) == 1


@pytest.mark.parametrize(
    "settings",
    [
        {"strategy": "SOMETHING"},
        {"strategy": "BLUE_GREEN"},
        {"strategy": "BLUE_GREEN", "bakeTimeInMinutes": 1441},
        {"strategy": "CANARY", "canaryConfiguration": {"canaryPercent": 0.05}},
        {"strategy": "CANARY", "canaryConfiguration": {"canaryPercent": 10.25}},
        {"strategy": "CANARY", "canaryConfiguration": {"canaryBakeTimeInMinutes": 1441}},
        {"strategy": "CANARY", "linearConfiguration": {"stepPercent": 10.0}},
        {"strategy": "LINEAR", "linearConfiguration": {"stepPercent": 2.9}},
        {"strategy": "LINEAR", "canaryConfiguration": {"canaryPercent": 10.0}},
        {"strategy": "LINEAR", "earlySuccessCriteria": {"enable": True}},
        {"strategy": "ROLLING", "earlySuccessCriteria": {"enable": True, "healthyPercent": 50}},
        {"strategy": "ROLLING", "alarms": {"alarmNames": [], "enable": True, "rollback": True}},
        {"lifecycleHooks": [{"targetType": "PAUSE", "lifecycleStages": ["TEST_TRAFFIC_SHIFT"]}]},
        {"lifecycleHooks": [{"targetType": "PAUSE", "lifecycleStages": ["SCALE_UP"]}]},
        {"lifecycleHooks": [{"targetType": "PAUSE", "lifecycleStages": []}]},
        {"lifecycleHooks": [{"targetType": "PAUSE", "lifecycleStages": ["POST_SCALE_UP"]}] * 11},
        {"lifecycleHooks": [{"lifecycleStages": ["POST_SCALE_UP"]}]},
        {
            "lifecycleHooks": [
                {
                    "targetType": "PAUSE",
                    "lifecycleStages": ["POST_SCALE_UP"],
                    "timeoutConfiguration": {"timeoutInMinutes": 20_161},
                }
            ]
        },
        {
            "deploymentCircuitBreaker": {
                "enable": True,
                "rollback": True,
                "thresholdConfiguration": {"type": "UNBOUNDED_PERCENT", "value": 101},
            }
        },
        {
            "deploymentCircuitBreaker": {
                "enable": True,
                "rollback": True,
                "thresholdConfiguration": {"type": "COUNT", "value": 0},
            }
        },
    ],
)
def test_a_configuration_that_aws_refuses_is_refused_and_changes_nothing(settings: dict[str, Any]) -> None:
    """InvalidParameterException, for UpdateService as for CreateService."""
    stage = ShiftStage("CANARY")
    before = stage.describe()["deploymentConfiguration"]
    names = {"cluster": "main", "service": "api"}
    assert stage.refusal("UpdateService", **names, deploymentConfiguration=settings) == (
        "InvalidParameterException"
    )
    assert stage.describe()["deploymentConfiguration"] == before


def test_a_shift_needs_two_target_groups_a_rule_and_a_role_on_every_entry() -> None:
    """A service whose load balancer has no advancedConfiguration cannot leave ROLLING."""
    stage = Stage()
    settings = {"strategy": "LINEAR", "bakeTimeInMinutes": 0}
    named = {"cluster": "main", "service": "api", "deploymentConfiguration": settings}
    assert stage.refusal("UpdateService", **named) == "InvalidParameterException"
    entry = {**stage.load_balancers[0], "advancedConfiguration": {"alternateTargetGroupArn": "arn:gone"}}
    assert stage.refusal("UpdateService", **named, loadBalancers=[entry]) == "InvalidParameterException"
