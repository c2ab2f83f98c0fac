"""Application Auto Scaling in words, and what could not be read."""

from typing import Any

import pytest

from console.aws.scaling import ScalingReader, activity_of, policy_of, scheduled_of
from console.domain.scaling import Scaling, ScalingPolicy
from tests.builders import ago
from tests.unit.scripted_aws import ScriptedAws, aws_error, calls_on

_RESOURCE = {
    "ServiceNamespace": "ecs",
    "ResourceId": "service/main/api",
    "ScalableDimension": "ecs:service:DesiredCount",
    "CreationTime": ago(9000),
}
_TARGET = {**_RESOURCE, "MinCapacity": 2, "MaxCapacity": 10, "RoleARN": "arn:aws:iam::1:role/x"}


def policy(kind: str, **settings: Any) -> dict[str, Any]:
    return {
        **_RESOURCE,
        "PolicyName": "p",
        "PolicyARN": "arn",
        "PolicyType": kind,
        f"{kind}PolicyConfiguration": settings,
        "Alarms": [{"AlarmName": "queue-high", "AlarmARN": "arn"}],
    }


def steps(*changes: int, kind: str = "ChangeInCapacity") -> dict[str, Any]:
    adjustments = [{"ScalingAdjustment": change} for change in changes]
    return policy("StepScaling", AdjustmentType=kind, StepAdjustments=adjustments)


_CPU = {"PredefinedMetricType": "ECSServiceAverageCPUUtilization"}


@pytest.mark.parametrize(
    ("raw", "said", "ways"),
    [
        (
            policy("TargetTrackingScaling", TargetValue=60.0, PredefinedMetricSpecification=_CPU),
            "ECSServiceAverageCPUUtilization at 60",
            ("in", "out"),
        ),
        (
            policy(
                "TargetTrackingScaling",
                TargetValue=0.5,
                DisableScaleIn=True,
                CustomizedMetricSpecification={"MetricName": "Backlog"},
            ),
            "Backlog at 0.5",
            ("out",),
        ),
        (steps(1, 3), "+1, +3 on queue-high", ("out",)),
        (steps(-1), "-1 on queue-high", ("in",)),
        (steps(10, kind="PercentChangeInCapacity"), "+10 % on queue-high", ("out",)),
        (steps(4, kind="ExactCapacity"), "to 4 on queue-high", ("in", "out")),
        (policy("PredictiveScaling"), "", ()),
    ],
)
def test_a_policy_says_what_it_does_and_which_way(
    raw: dict[str, Any], said: str, ways: tuple[str, ...]
) -> None:
    """A kind that AWS adds later claims nothing."""
    found = policy_of(raw)
    assert (found.said, found.ways) == (said, ways)


def test_a_scheduled_action_says_when_and_to_what() -> None:
    """A new maximum can take tasks away, a new minimum add some."""
    raw = {"ScheduledActionName": "night", "Schedule": "cron(0 22 * * ? *)", "Timezone": "Europe/Berlin"}
    found = scheduled_of({**raw, "ScalableTargetAction": {"MinCapacity": 1, "MaxCapacity": 0}})
    assert found.said == "cron(0 22 * * ? *) Europe/Berlin min 1 max 0"
    assert scheduled_of({**raw, "ScalableTargetAction": {"MinCapacity": 4}}).ways == ("out",)


def test_an_activity_says_what_by_which_policy_and_why_not() -> None:
    """The cause is long; its policy is what matters."""
    cause = "monitor alarm queue-high in state ALARM triggered policy worker-queue"
    raw = {"StartTime": ago(60), "Description": "Setting desired count to 4.", "Cause": cause}
    done = activity_of({**raw, "StatusCode": "Successful", "StatusMessage": "Successfully set."})
    assert (done.at, done.said) == (ago(60), "Setting desired count to 4 · policy worker-queue")
    failed = activity_of({**raw, "StatusCode": "Failed", "StatusMessage": "denied\x1b[2J"})
    assert failed.said.endswith("policy worker-queue · denied")
    full = activity_of({**raw, "NotScaledReasons": [{"Code": "AlreadyAtMaxCapacity", "MaxCapacity": 4}]})
    assert full.said.startswith("not scaled: already at max capacity")


def test_a_service_that_nothing_scales_is_one_call() -> None:
    """And has none, rather than an empty one."""
    aws = ScriptedAws()
    aws.on("application-autoscaling.DescribeScalableTargets", {"ScalableTargets": []})
    assert ScalingReader(calls_on(aws)).of("arn:aws:ecs:r:1:cluster/main", "api") is None
    (params,) = aws.params("application-autoscaling.DescribeScalableTargets")
    assert params["ResourceIds"] == ["service/main/api"]


def test_a_part_that_may_not_be_read_is_missing_and_nothing_is_concluded() -> None:
    """Only-out needs to know all policies and all scheduled actions."""
    aws = ScriptedAws()
    suspended = {"DynamicScalingInSuspended": True, "ScheduledScalingSuspended": True}
    aws.on(
        "application-autoscaling.DescribeScalableTargets",
        {"ScalableTargets": [_TARGET | {"SuspendedState": suspended}]},
    )
    aws.on("application-autoscaling.DescribeScalingPolicies", {"ScalingPolicies": [steps(2)]})
    denied = aws_error("AccessDeniedException", "DescribeScheduledActions")
    aws.on("application-autoscaling.DescribeScheduledActions", denied)
    aws.on("application-autoscaling.DescribeScalingActivities", {"ScalingActivities": []})
    found = ScalingReader(calls_on(aws)).of("main", "api")
    assert found is not None
    assert (found.minimum, found.maximum, found.suspended) == (2, 10, ("in", "scheduled"))
    assert list(found.missing) == ["scheduled actions"]
    assert (found.only_out, found.remark) == (False, "scaling in and scheduled suspended")


@pytest.mark.parametrize(
    ("ways", "only_out"),
    [([("out",)], True), ([("out",), ("in",)], False), ([("in", "out")], False), ([()], False), ([], False)],
)
def test_only_out_is_said_when_every_policy_is_known_and_none_takes_away(
    ways: list[tuple[str, ...]], only_out: bool
) -> None:
    """A service that can only grow costs more every day."""
    policies = tuple(ScalingPolicy("p", "step", "", each) for each in ways)
    assert Scaling(1, 4, policies=policies).only_out is only_out
