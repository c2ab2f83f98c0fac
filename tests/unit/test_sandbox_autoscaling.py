"""Application Auto Scaling of the sandbox: bounds, policies that act, cooldowns, suspension."""

from itertools import pairwise
from typing import Any

import pytest

import console.sandbox.services  # noqa: F401  (fills the registry)
from console.sandbox.autoscaling.adjustment import wanted
from console.sandbox.autoscaling.model import STEPS, TRACKING, Policy
from console.sandbox.registry import HANDLERS, AwsError
from console.sandbox.traffic import Profile
from tests.unit.sandbox_world import START, Stage

API = {
    "ServiceNamespace": "ecs",
    "ResourceId": "service/main/api",
    "ScalableDimension": "ecs:service:DesiredCount",
}
CPU_70 = {
    "TargetValue": 70.0,
    "PredefinedMetricSpecification": {"PredefinedMetricType": "ECSServiceAverageCPUUtilization"},
    "ScaleOutCooldown": 60,
    "ScaleInCooldown": 300,
}
PLUS_TWO = {
    "AdjustmentType": "ChangeInCapacity",
    "StepAdjustments": [{"MetricIntervalLowerBound": 0.0, "ScalingAdjustment": 2}],
    "Cooldown": 60,
}


def scaling(stage: Stage, operation: str, **params: Any) -> dict[str, Any]:
    stage.world.advance()
    return HANDLERS["application-autoscaling", operation](stage.account, API | params)


def refused(stage: Stage, operation: str, **params: Any) -> str:
    with pytest.raises(AwsError) as refusal:
        scaling(stage, operation, **params)
    return refusal.value.code


def loaded(a_minute: float, desired: int = 2, **settings: Any) -> Stage:
    """A service whose CPU is 22 % for each request a second and task, and a few percent besides."""
    stage = Stage(desired=desired, **settings)
    load(stage, a_minute)
    return stage


def load(stage: Stage, a_minute: float) -> None:
    stage.account.logs.traffic.profiles[stage.service.arn] = Profile(per_minute=a_minute, swing=0.0)
    stage.account.logs.figures = type(stage.account.logs.figures)(stage.account)


def track(stage: Stage, low: int = 2, high: int = 10, **changes: Any) -> list[str]:
    """Register the service and let its CPU be tracked; the names of the alarms."""
    scaling(stage, "RegisterScalableTarget", MinCapacity=low, MaxCapacity=high)
    answer = scaling(
        stage,
        "PutScalingPolicy",
        PolicyName="cpu",
        PolicyType=TRACKING,
        TargetTrackingScalingPolicyConfiguration=CPU_70 | changes,
    )
    return [alarm["AlarmName"] for alarm in answer["Alarms"]]


def step_on_demand(stage: Stage, configuration: dict[str, Any] = PLUS_TWO) -> str:
    """A step policy whose alarm fires above 50 % CPU; the alarm's name."""
    answer = scaling(
        stage, "PutScalingPolicy", PolicyName="steps", StepScalingPolicyConfiguration=configuration
    )
    HANDLERS["cloudwatch", "PutMetricAlarm"](
        stage.account,
        {
            "AlarmName": "busy",
            "Namespace": "AWS/ECS",
            "MetricName": "CPUUtilization",
            "Dimensions": [
                {"Name": "ClusterName", "Value": "main"},
                {"Name": "ServiceName", "Value": "api"},
            ],
            "Statistic": "Average",
            "Period": 60,
            "EvaluationPeriods": 2,
            "Threshold": 50.0,
            "ComparisonOperator": "GreaterThanThreshold",
            "AlarmActions": [answer["PolicyARN"]],
        },
    )
    return "busy"


def activities(stage: Stage, **params: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = scaling(stage, "DescribeScalingActivities", **params)["ScalingActivities"]
    return found


@pytest.mark.parametrize(
    ("adjustment", "distance", "expected"),
    [
        ({"AdjustmentType": "ChangeInCapacity"}, 5.0, 12),
        ({"AdjustmentType": "ChangeInCapacity"}, 25.0, 15),
        ({"AdjustmentType": "ChangeInCapacity"}, -5.0, None),
        ({"AdjustmentType": "PercentChangeInCapacity"}, 5.0, 11),
        ({"AdjustmentType": "PercentChangeInCapacity", "MinAdjustmentMagnitude": 3}, 5.0, 13),
        ({"AdjustmentType": "ExactCapacity"}, 25.0, 5),
    ],
)
def test_a_step_is_chosen_by_the_distance_from_the_threshold(
    adjustment: dict[str, Any], distance: float, expected: int | None
) -> None:
    """Ten tasks, +2 up to a distance of 20 and +5 beyond; percent below one task are one task."""
    steps = [
        {"MetricIntervalLowerBound": 0, "MetricIntervalUpperBound": 20, "ScalingAdjustment": 2},
        {"MetricIntervalLowerBound": 20, "ScalingAdjustment": 5},
    ]
    policy = Policy("p", "r", "a", STEPS, adjustment | {"StepAdjustments": steps}, 0.0)
    assert wanted(policy, 10, 100.0 + distance, 100.0) == expected


def test_a_step_below_the_threshold_takes_tasks_away() -> None:
    """Upper bounds count there, as negative distances."""
    steps = [
        {"MetricIntervalUpperBound": 0, "MetricIntervalLowerBound": -10, "ScalingAdjustment": -1},
        {"MetricIntervalUpperBound": -10, "ScalingAdjustment": -3},
    ]
    configuration = {"AdjustmentType": "ChangeInCapacity", "StepAdjustments": steps}
    policy = Policy("p", "r", "a", STEPS, configuration, 0.0)
    assert [wanted(policy, 10, value, 30.0) for value in (29.0, 15.0, 31.0)] == [9, 7, None]


def test_registering_above_the_desired_count_raises_it_at_once() -> None:
    """And tells of it in an activity that ends when the tasks run."""
    stage = Stage(desired=1)
    scaling(stage, "RegisterScalableTarget", MinCapacity=3, MaxCapacity=5)
    assert stage.service.desired_count == 3
    (activity,) = activities(stage)
    assert activity["Description"] == "Setting desired count to 3."
    assert activity["Cause"] == "minimum capacity was set to 3"
    assert activity["StatusCode"] == "InProgress"
    stage.wait(180)
    (activity,) = activities(stage)
    assert activity["StatusCode"] == "Successful"
    expected = "Successfully set desired count to 3. Change successfully fulfilled by ecs."
    assert activity["StatusMessage"] == expected
    assert activity["StartTime"] == START
    assert activity["EndTime"] > START + 30


def test_a_suspended_target_can_be_drained_and_restored() -> None:
    """Suspended, neither the call nor a policy raises the count; un-suspending does."""
    stage = loaded(600)
    track(stage)
    ways = ("DynamicScalingInSuspended", "DynamicScalingOutSuspended", "ScheduledScalingSuspended")
    everything = dict.fromkeys(ways, True)
    scaling(stage, "RegisterScalableTarget", SuspendedState=everything)
    stage.update(desiredCount=0)
    scaling(stage, "RegisterScalableTarget", SuspendedState=everything)
    stage.wait(600)
    assert stage.service.desired_count == 0
    (target,) = scaling(stage, "DescribeScalableTargets")["ScalableTargets"]
    assert (target["MinCapacity"], target["MaxCapacity"]) == (2, 10)
    assert target["SuspendedState"] == everything
    scaling(stage, "RegisterScalableTarget", SuspendedState=dict.fromkeys(everything, False))
    assert stage.service.desired_count == 2


def test_cpu_tracking_scales_out_until_the_target_is_met() -> None:
    """Twelve requests a second are too much for two tasks, at 22 % each: it takes at least four.

    Figures are late, so that it goes further than it would have to.
    """
    stage = loaded(720)
    high, low = track(stage)
    assert high.startswith("TargetTracking-service/main/api-AlarmHigh-")
    assert low.startswith("TargetTracking-service/main/api-AlarmLow-")
    stage.wait(1500)
    assert 4 <= stage.service.desired_count <= 10
    assert len(stage.service.present) == stage.service.desired_count
    last = activities(stage)[-1]
    assert last["Cause"] == f"monitor alarm {high} in state ALARM triggered policy cpu"
    assert last["StatusCode"] in ("Successful", "Overridden")
    assert stage.account.alarms.state(high) == "OK"


def test_cpu_tracking_scales_in_when_a_quarter_of_an_hour_was_quiet() -> None:
    """One task at a time, five minutes apart, down to the minimum and no further."""
    stage = loaded(60, desired=5)
    _, low = track(stage)
    stage.wait(120)
    assert stage.service.desired_count == 4
    stage.wait(1200)
    assert stage.service.desired_count == 2
    done = [item for item in activities(stage) if item["StatusCode"] == "Successful"]
    assert [item["Description"] for item in done] == [
        "Setting desired count to 2.",
        "Setting desired count to 3.",
        "Setting desired count to 4.",
    ]
    assert done[0]["StartTime"] - done[1]["StartTime"] >= 300
    assert stage.account.alarms.state(low) == "ALARM"
    reasons = [item["NotScaledReasons"] for item in activities(stage, IncludeNotScaledActivities=True)][:1]
    assert reasons == [[{"Code": "AlreadyAtMinCapacity", "MinCapacity": 2, "CurrentCapacity": 2}]]


def test_a_step_policy_repeats_itself_after_its_cooldown_up_to_the_maximum() -> None:
    """As long as the alarm stays in ALARM; what a cooldown has added counts as part of the step."""
    stage = loaded(6000)
    scaling(stage, "RegisterScalableTarget", MinCapacity=2, MaxCapacity=7)
    step_on_demand(stage)
    stage.wait(900)
    assert stage.service.desired_count == 7
    counts = [item["Description"] for item in reversed(activities(stage))]
    assert counts == [f"Setting desired count to {count}." for count in (4, 6, 7)]
    begun = [item["StartTime"] for item in reversed(activities(stage))]
    assert all(later - earlier >= 60 for earlier, later in pairwise(begun))
    refusals = [
        item for item in activities(stage, IncludeNotScaledActivities=True) if "NotScaledReasons" in item
    ]
    (reason,) = [item["NotScaledReasons"] for item in refusals if item["NotScaledReasons"]]
    assert reason == [{"Code": "AlreadyAtMaxCapacity", "MaxCapacity": 7, "CurrentCapacity": 7}]


def test_a_long_cooldown_lets_one_step_stand_for_its_whole_time() -> None:
    """The alarm is due every minute, and nothing is added until the cooldown is over."""
    stage = loaded(6000)
    scaling(stage, "RegisterScalableTarget", MinCapacity=2, MaxCapacity=50)
    step_on_demand(stage, PLUS_TWO | {"Cooldown": 600})
    stage.wait(600)
    assert stage.service.desired_count == 4


def test_during_a_deployment_it_scales_out_but_not_in() -> None:
    """Scale-in is off while a deployment is under way (ECS developer guide, service-auto-scaling)."""
    stage = loaded(60, desired=4, breaker={"enable": False, "rollback": False})
    stage.deploy("unhealthy")
    track(stage)
    stage.wait(240)
    assert stage.service.desired_count == 4
    refusal = activities(stage, IncludeNotScaledActivities=True)[0]
    assert refusal["NotScaledReasons"][0]["Code"] == "TargetServicePutResourceAsUnscalable"
    load(stage, 6000)
    stage.wait(300)
    assert stage.service.desired_count > 4
    assert stage.service.rollout is not None
    assert not stage.service.rollout.is_over


def test_a_count_changed_by_hand_overrides_the_activity() -> None:
    """The activity says to what it was changed."""
    stage = Stage(desired=1)
    scaling(stage, "RegisterScalableTarget", MinCapacity=3, MaxCapacity=5)
    stage.wait(5)
    stage.update(desiredCount=4)
    stage.wait(20)
    (activity,) = activities(stage)
    assert activity["StatusCode"] == "Overridden"
    assert activity["StatusMessage"].endswith("Found it was later changed to 4.")


def test_deleting_a_policy_deletes_the_alarms_that_it_made() -> None:
    """An alarm of somebody else's stays, and does nothing from then on."""
    stage = loaded(6000)
    track(stage)
    alarm = step_on_demand(stage)
    policies = scaling(stage, "DescribeScalingPolicies")["ScalingPolicies"]
    assert [len(policy["Alarms"]) for policy in policies] == [2, 1]
    scaling(stage, "DeleteScalingPolicy", PolicyName="steps")
    scaling(stage, "DeleteScalingPolicy", PolicyName="cpu")
    assert [item.name for item in stage.account.alarms] == [alarm]
    stage.wait(600)
    assert stage.account.alarms.state(alarm) == "ALARM"
    assert stage.service.desired_count == 2
    track(stage)
    scaling(stage, "DeregisterScalableTarget")
    assert [item.name for item in stage.account.alarms] == [alarm]
    assert refused(stage, "DeregisterScalableTarget") == "ObjectNotFoundException"


def test_scaling_does_not_depend_on_who_looks() -> None:
    """Alarms, policies and activities are the same for a poll every second and one an hour."""
    patient, restless = loaded(700), loaded(700)
    for stage in (patient, restless):
        track(stage)
    patient.wait(3600, step=3600)
    restless.wait(3600, step=1)
    assert activities(patient) == activities(restless) != []
    assert patient.log() == restless.log()


@pytest.mark.parametrize(
    ("operation", "params", "code"),
    [
        ("RegisterScalableTarget", {"MinCapacity": 1}, "ValidationException"),
        ("RegisterScalableTarget", {"MinCapacity": 3, "MaxCapacity": 2}, "ValidationException"),
        (
            "RegisterScalableTarget",
            {"MinCapacity": 1, "MaxCapacity": 2, "ResourceId": "service/main/nobody"},
            "ValidationException",
        ),
        ("RegisterScalableTarget", {"ResourceId": "table/x"}, "ValidationException"),
        ("DescribeScalableTargets", {"ServiceNamespace": "dynamodb"}, "ValidationException"),
        ("DescribeScalableTargets", {"NextToken": "x"}, "InvalidNextTokenException"),
        (
            "PutScalingPolicy",
            {"PolicyName": "p", "StepScalingPolicyConfiguration": PLUS_TWO},
            "ObjectNotFoundException",
        ),
        ("DeleteScalingPolicy", {"PolicyName": "p"}, "ObjectNotFoundException"),
    ],
)
def test_what_cannot_be_scaled_is_refused(operation: str, params: dict[str, Any], code: str) -> None:
    """With the error that the API reference names."""
    assert refused(Stage(), operation, **params) == code


@pytest.mark.parametrize(
    ("kind", "configuration"),
    [
        (TRACKING, CPU_70 | {"TargetValue": 0.0}),
        (TRACKING, {"TargetValue": 5.0}),
        (
            TRACKING,
            {
                "TargetValue": 5.0,
                "PredefinedMetricSpecification": {"PredefinedMetricType": "ALBRequestCountPerTarget"},
            },
        ),
        (STEPS, PLUS_TWO | {"AdjustmentType": "Double"}),
        (STEPS, PLUS_TWO | {"StepAdjustments": []}),
        (STEPS, PLUS_TWO | {"StepAdjustments": [{"ScalingAdjustment": 1}]}),
        (
            STEPS,
            PLUS_TWO
            | {
                "StepAdjustments": [
                    {"MetricIntervalLowerBound": 0, "MetricIntervalUpperBound": 9, "ScalingAdjustment": 1},
                    {"MetricIntervalLowerBound": 5, "MetricIntervalUpperBound": 20, "ScalingAdjustment": 2},
                ]
            },
        ),
    ],
)
def test_policies_that_make_no_sense_are_refused(kind: str, configuration: dict[str, Any]) -> None:
    """And are not there afterwards."""
    stage = Stage()
    scaling(stage, "RegisterScalableTarget", MinCapacity=1, MaxCapacity=2)
    params = {"PolicyName": "p", "PolicyType": kind, f"{kind}PolicyConfiguration": configuration}
    assert refused(stage, "PutScalingPolicy", **params) == "ValidationException"
    assert scaling(stage, "DescribeScalingPolicies")["ScalingPolicies"] == []
