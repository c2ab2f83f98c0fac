"""Queues of the sandbox: messages as SQS keeps them, and depth that follows arrivals and workers."""

from typing import Any

import pytest

import console.sandbox.services  # noqa: F401  (fills the registry)
from console.sandbox.harm import HarmlessError, Site, flood_queues
from console.sandbox.queues import Queue
from console.sandbox.registry import HANDLERS, AwsError
from console.sandbox.traffic import Profile
from tests.unit.sandbox_world import START, Stage


def sqs(stage: Stage, operation: str, **params: Any) -> dict[str, Any]:
    stage.world.advance()
    return HANDLERS["sqs", operation](stage.account, params)


def refused(stage: Stage, operation: str, **params: Any) -> str:
    with pytest.raises(AwsError) as refusal:
        sqs(stage, operation, **params)
    return refusal.value.code


def depth(stage: Stage, url: str) -> tuple[int, int]:
    """(visible, not visible)."""
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    found = sqs(stage, "GetQueueAttributes", QueueUrl=url, AttributeNames=names)["Attributes"]
    return int(found[names[0]]), int(found[names[1]])


def worked(desired: int = 2, seed: int = 7) -> tuple[Stage, Queue]:
    """A worker service without load balancer, 40 jobs a minute for it, and its queue."""
    stage = Stage(desired=desired, behind_lb=False, seed=seed)
    stage.account.logs.traffic.profiles[stage.service.arn] = Profile(per_minute=40.0, swing=0.0)
    queue = stage.account.queues.create_worked(
        "token-scan", stage.service.arn, a_task=32.0, since=START - 1e6
    )
    return stage, queue


def measured(stage: Stage, name: str, start: float, end: float, statistic: str = "Average") -> list[float]:
    """A metric of the queue by minute, oldest first."""
    stage.world.advance()
    answer = HANDLERS["cloudwatch", "GetMetricStatistics"](
        stage.account,
        {
            "Namespace": "AWS/SQS",
            "MetricName": name,
            "Dimensions": [{"Name": "QueueName", "Value": "token-scan"}],
            "StartTime": start,
            "EndTime": end,
            "Period": 60,
            "Statistics": [statistic],
        },
    )
    return [point[statistic] for point in answer["Datapoints"]]


def test_a_message_is_invisible_while_somebody_has_it_and_comes_back_after_its_timeout() -> None:
    """Until it is deleted; each receipt counts."""
    stage = Stage()
    url = sqs(stage, "CreateQueue", QueueName="jobs", Attributes={"VisibilityTimeout": "20"})["QueueUrl"]
    sent = sqs(stage, "SendMessage", QueueUrl=url, MessageBody="hello")
    assert sent["MD5OfMessageBody"] == "5d41402abc4b2a76b9719d911017c592"
    (first,) = sqs(stage, "ReceiveMessage", QueueUrl=url)["Messages"]
    assert (first["Body"], first["MessageId"]) == ("hello", sent["MessageId"])
    assert sqs(stage, "ReceiveMessage", QueueUrl=url) == {}
    assert depth(stage, url) == (0, 1)
    stage.wait(21)
    assert depth(stage, url) == (1, 0)
    (second,) = sqs(stage, "ReceiveMessage", QueueUrl=url, AttributeNames=["All"])["Messages"]
    assert second["Attributes"]["ApproximateReceiveCount"] == "2"
    assert second["Attributes"]["SentTimestamp"] == str(int(START * 1000))
    assert second["ReceiptHandle"] != first["ReceiptHandle"]
    sqs(stage, "DeleteMessage", QueueUrl=url, ReceiptHandle=second["ReceiptHandle"])
    stage.wait(60)
    assert depth(stage, url) == (0, 0)


def test_messages_come_in_the_order_of_their_sending_delayed_ones_later() -> None:
    """Ten at most in one call."""
    stage = Stage()
    url = sqs(stage, "CreateQueue", QueueName="jobs")["QueueUrl"]
    sqs(stage, "SendMessage", QueueUrl=url, MessageBody="late", DelaySeconds=30)
    for number in range(12):
        sqs(stage, "SendMessage", QueueUrl=url, MessageBody=str(number))
    bodies = [
        m["Body"] for m in sqs(stage, "ReceiveMessage", QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
    ]
    assert bodies == [str(number) for number in range(10)]
    assert depth(stage, url) == (2, 10)
    stage.wait(29)
    assert depth(stage, url) == (2, 10)
    stage.wait(5)
    assert depth(stage, url) == (13, 0)
    sqs(stage, "PurgeQueue", QueueUrl=url)
    assert depth(stage, url) == (0, 0)
    assert refused(stage, "PurgeQueue", QueueUrl=url) == "PurgeQueueInProgress"


def test_workers_keep_an_ordinary_queue_shallow() -> None:
    """Two tasks can do 64 jobs a minute, and 40 come; what is old is never older than seconds."""
    stage, queue = worked()
    stage.wait(1800, step=60)
    assert max(measured(stage, "ApproximateNumberOfMessagesVisible", START, START + 1800)) < 20
    assert max(measured(stage, "ApproximateAgeOfOldestMessage", START, START + 1800)) < 30
    sent = sum(measured(stage, "NumberOfMessagesSent", START + 60, START + 1560, "Sum"))
    deleted = sum(measured(stage, "NumberOfMessagesDeleted", START + 60, START + 1560, "Sum"))
    assert sent == pytest.approx(40 * 25, rel=0.1)
    assert abs(sent - deleted) < 40
    assert queue.visible < 40


def test_without_workers_the_queue_grows_and_empties_when_they_are_back() -> None:
    """Depth is what has come and not been worked off; the oldest message grows older meanwhile."""
    stage, queue = worked()
    stage.update(desiredCount=0)
    stage.wait(1200, step=30)
    full = depth(stage, stage.account.queues.url(queue))[0]
    assert full == pytest.approx(40 * 19, rel=0.1)
    ages = measured(stage, "ApproximateAgeOfOldestMessage", START + 600, START + 1100, "Maximum")
    assert ages == sorted(ages)
    assert ages[-1] > 900
    stage.update(desiredCount=8)
    stage.wait(900, step=30)
    assert depth(stage, stage.account.queues.url(queue))[0] < 40


def test_a_surge_makes_a_backlog_until_it_is_over() -> None:
    """Ten times the jobs are more than two tasks can do."""
    stage, queue = worked()
    stage.wait(300, step=60)
    queue.surge(10)
    stage.wait(300, step=60)
    assert depth(stage, stage.account.queues.url(queue))[0] > 1000
    queue.surge(1)
    before = queue.visible
    stage.wait(600, step=60)
    assert depth(stage, stage.account.queues.url(queue))[0] < before


def test_a_flood_is_there_at_once_and_goes_on_until_it_is_ended() -> None:
    """The fault ``queue-backlog``; a service without a queue cannot have it."""
    stage, queue = worked()
    flood = flood_queues(Site(stage.account, "production", [stage.service], ""))
    url = stage.account.queues.url(queue)
    assert depth(stage, url)[0] >= 1200
    stage.wait(600, step=60)
    assert depth(stage, url)[0] > 1800
    flood()
    before = depth(stage, url)[0]
    stage.wait(1200, step=60)
    assert depth(stage, url)[0] < before
    with pytest.raises(HarmlessError, match="api"):
        flood_queues(Site(Stage().account, "production", [Stage().service], ""))


def test_the_depth_does_not_depend_on_who_looks() -> None:
    """Nor do the messages; another seed has other ones."""
    looks = {}
    for name, seed, step in (("often", 7, 3), ("seldom", 7, 900), ("other", 8, 900)):
        stage, queue = worked(seed=seed)
        for _ in range(2):
            stage.wait(900, step=step)
            depth(stage, stage.account.queues.url(queue))
            queue.surge(3)
        if name == "often":
            for _ in range(30):
                stage.wait(30)
                depth(stage, stage.account.queues.url(queue))
        else:
            stage.wait(900, step=step)
        looks[name] = measured(stage, "ApproximateNumberOfMessagesVisible", START - 600, START + 2700)
    assert looks["often"] == looks["seldom"] != looks["other"]
    assert len(looks["often"]) > 50


def test_a_backlog_alarm_brings_workers_and_nothing_takes_them_away() -> None:
    """Average over 1000 in two minutes: two more tasks a minute; there is no rule to scale in."""
    stage, queue = worked()
    resource = {
        "ServiceNamespace": "ecs",
        "ResourceId": "service/main/api",
        "ScalableDimension": "ecs:service:DesiredCount",
    }
    scale = HANDLERS["application-autoscaling", "RegisterScalableTarget"]
    scale(stage.account, resource | {"MinCapacity": 2, "MaxCapacity": 10})
    policy = HANDLERS["application-autoscaling", "PutScalingPolicy"](
        stage.account,
        resource
        | {
            "PolicyName": "queue",
            "StepScalingPolicyConfiguration": {
                "AdjustmentType": "ChangeInCapacity",
                "StepAdjustments": [{"MetricIntervalLowerBound": 0.0, "ScalingAdjustment": 2}],
                "Cooldown": 60,
            },
        },
    )
    HANDLERS["cloudwatch", "PutMetricAlarm"](
        stage.account,
        {
            "AlarmName": "queue-depth-high",
            "Namespace": "AWS/SQS",
            "MetricName": "ApproximateNumberOfMessagesVisible",
            "Dimensions": [{"Name": "QueueName", "Value": "token-scan"}],
            "Statistic": "Average",
            "Period": 60,
            "EvaluationPeriods": 2,
            "Threshold": 1000.0,
            "ComparisonOperator": "GreaterThanThreshold",
            "AlarmActions": [policy["PolicyARN"]],
        },
    )
    stage.wait(600, step=60)
    assert stage.account.alarms.state("queue-depth-high") == "OK"
    assert stage.service.desired_count == 2
    queue.surge(8)
    stage.wait(900, step=60)
    assert stage.service.desired_count > 2
    queue.surge(1)
    stage.wait(3600, step=60)
    grown = stage.service.desired_count
    assert stage.account.alarms.state("queue-depth-high") == "OK"
    stage.wait(3600, step=60)
    assert stage.service.desired_count == grown > 2


@pytest.mark.parametrize(
    ("operation", "params", "code"),
    [
        ("GetQueueUrl", {"QueueName": "nobody"}, "QueueDoesNotExist"),
        ("SendMessage", {"QueueUrl": "http://127.0.0.1/1/jobs", "MessageBody": "x"}, "QueueDoesNotExist"),
        ("SendMessage", {"QueueUrl": "jobs", "MessageBody": ""}, "MissingParameter"),
        ("SendMessage", {"QueueUrl": "jobs", "MessageBody": "x" * 2_000_000}, "InvalidParameterValue"),
        (
            "SendMessage",
            {"QueueUrl": "jobs", "MessageBody": "x", "DelaySeconds": 901},
            "InvalidParameterValue",
        ),
        ("ReceiveMessage", {"QueueUrl": "jobs", "MaxNumberOfMessages": 11}, "InvalidParameterValue"),
        ("DeleteMessage", {"QueueUrl": "jobs", "ReceiptHandle": "x"}, "ReceiptHandleIsInvalid"),
        ("GetQueueAttributes", {"QueueUrl": "jobs", "AttributeNames": ["Age"]}, "InvalidAttributeName"),
        ("CreateQueue", {"QueueName": "no spaces"}, "InvalidParameterValue"),
        ("CreateQueue", {"QueueName": "jobs", "Attributes": {"DelaySeconds": "5"}}, "QueueNameExists"),
        ("CreateQueue", {"QueueName": "jobs.fifo"}, "UnsupportedOperation"),
    ],
)
def test_what_sqs_refuses_is_refused(operation: str, params: dict[str, Any], code: str) -> None:
    """With the name that the error has in the model."""
    stage = Stage()
    sqs(stage, "CreateQueue", QueueName="jobs")
    assert refused(stage, operation, **params) == code
