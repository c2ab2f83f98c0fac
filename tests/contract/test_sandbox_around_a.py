"""Alarms, scaling, queues, quotas and the trail as boto3's users meet them."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.contract.conftest import Sandbox, SandboxFactory
from tests.fakes import FakeClock

SERVICE = {"cluster": "fairtradeworker-cluster", "service": "fairtradeworker-api"}


@pytest.fixture
def clock() -> FakeClock:
    """The world's time, moved by hand."""
    return FakeClock(datetime(2026, 11, 21, 3, 0, tzinfo=UTC))


@pytest.fixture
def market(make_sandbox: SandboxFactory, clock: FakeClock) -> Sandbox:
    """A fleet with a past, on that time."""
    return make_sandbox("fairtradeworker", clock=clock)


def test_the_address_of_a_queue_is_the_sandboxs_own(sandbox: Sandbox) -> None:
    """With its host and port, so that a client that follows it stays on loopback."""
    sqs = sandbox.client("sqs")
    url = sqs.create_queue(QueueName="jobs")["QueueUrl"]
    assert url == f"{sandbox.endpoint}/111122223333/jobs"
    with pytest.raises(sqs.exceptions.QueueDoesNotExist) as refusal:
        sqs.get_queue_url(QueueName="nobody")
    assert refusal.value.response["Error"]["Code"] == "AWS.SimpleQueueService.NonExistentQueue"


def life_of_a_message(sqs: Any) -> list[object]:
    """What a client sees of a few messages: everything but ids and moments."""
    seen: list[object] = []
    url = sqs.create_queue(QueueName="jobs", Attributes={"VisibilityTimeout": "600"})["QueueUrl"]
    depth = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    attributes = {
        "kind": {"DataType": "String", "StringValue": "scan"},
        "raw": {"DataType": "Binary", "BinaryValue": b"\x00\x01"},
    }
    seen.append("Messages" in sqs.receive_message(QueueUrl=url))
    for body in ("one", "two", "drei \N{SNOWMAN}"):
        sent = sqs.send_message(QueueUrl=url, MessageBody=body, MessageAttributes=attributes)
        seen += [sent["MD5OfMessageBody"], sent["MD5OfMessageAttributes"]]
    got = sqs.receive_message(
        QueueUrl=url,
        MaxNumberOfMessages=2,
        AttributeNames=["ApproximateReceiveCount"],
        MessageAttributeNames=["kind"],
    )["Messages"]
    for message in got:
        kept = ("Body", "MD5OfBody", "Attributes", "MessageAttributes", "MD5OfMessageAttributes")
        seen.append({name: message.get(name) for name in kept})
    seen.append(sqs.get_queue_attributes(QueueUrl=url, AttributeNames=depth)["Attributes"])
    sqs.delete_message(QueueUrl=url, ReceiptHandle=got[0]["ReceiptHandle"])
    seen.append(sqs.get_queue_attributes(QueueUrl=url, AttributeNames=depth)["Attributes"])
    sqs.purge_queue(QueueUrl=url)
    seen.append(sqs.get_queue_attributes(QueueUrl=url, AttributeNames=depth)["Attributes"])
    seen.append(refusal(sqs, "get_queue_url", QueueName="nobody"))
    seen.append(refusal(sqs, "get_queue_attributes", QueueUrl=url, AttributeNames=["Nothing"]))
    seen.append(refusal(sqs, "send_message", QueueUrl=url, MessageBody="x", DelaySeconds=901))
    seen.append(refusal(sqs, "receive_message", QueueUrl=url, MaxNumberOfMessages=11))
    return seen


def refusal(client: Any, method: str, **params: Any) -> str:
    """The code of the error that a call ends with."""
    with pytest.raises(client.exceptions.ClientError) as caught:
        getattr(client, method)(**params)
    return str(caught.value.response["Error"]["Code"])


def test_a_message_lives_as_sqs_says(sandbox: Sandbox) -> None:
    """Digests are those that clients check; what is received is out of sight."""
    seen = life_of_a_message(sandbox.client("sqs"))
    assert seen[0] is False
    assert seen[1] == "f97c5d29941bfb1b2fdab0874906ab82"
    depths = [item for item in seen if isinstance(item, dict) and "ApproximateNumberOfMessages" in item]
    assert [list(item.values()) for item in depths] == [["1", "2"], ["1", "1"], ["0", "0"]]


def events(sandbox: Sandbox, key: str, value: str, **params: Any) -> list[dict[str, Any]]:
    """What the trail tells of one attribute, newest first."""
    trail = sandbox.client("cloudtrail")
    asked = [{"AttributeKey": key, "AttributeValue": value}]
    found: list[dict[str, Any]] = trail.lookup_events(LookupAttributes=asked, **params)["Events"]
    return found


def test_the_trail_tells_who_changed_what_some_minutes_later(market: Sandbox, clock: FakeClock) -> None:
    """Not at once, as CloudTrail does; and calls that only read are not in it."""
    ecs = market.client("ecs")
    ecs.update_service(**SERVICE, desiredCount=4)
    ecs.describe_services(cluster=SERVICE["cluster"], services=[SERVICE["service"]])
    begun = clock.now()
    assert events(market, "EventName", "UpdateService", StartTime=begun - timedelta(seconds=1)) == []
    clock.advance(600)
    (event,) = events(market, "EventName", "UpdateService", StartTime=begun - timedelta(seconds=1))
    assert event["Username"] == "devon"
    assert event["EventSource"] == "ecs.amazonaws.com"
    assert event["EventTime"] == begun
    assert {"ResourceType": "AWS::ECS::Service", "ResourceName": "fairtradeworker-api"} in event["Resources"]
    record = json.loads(event["CloudTrailEvent"])
    assert record["requestParameters"]["desiredCount"] == 4
    assert record["userIdentity"]["arn"] == market.client("sts").get_caller_identity()["Arn"]
    assert events(market, "EventName", "DescribeServices") == []
    named = events(market, "ResourceName", SERVICE["service"])
    assert named[0] == event
    assert len(named) > 3, "deployments from before the world began are told as well"
    assert [item["EventTime"] for item in named] == sorted((i["EventTime"] for i in named), reverse=True)
    assert named[-1]["EventTime"] >= clock.now() - timedelta(days=90)


def test_the_trail_has_refusals_and_hides_the_environment(market: Sandbox, clock: FakeClock) -> None:
    """A refused call is in it with its error; values of the environment are not in it at all."""
    ecs = market.client("ecs")
    with pytest.raises(ecs.exceptions.ServiceNotFoundException):
        ecs.update_service(cluster=SERVICE["cluster"], service="nobody", desiredCount=1)
    container = {"name": "x", "image": "x", "environment": [{"name": "KEY", "value": "very-secret"}]}
    ecs.register_task_definition(family="x", containerDefinitions=[container])
    clock.advance(600)
    (refused,) = events(market, "ResourceName", "nobody")
    assert json.loads(refused["CloudTrailEvent"])["errorCode"] == "ServiceNotFoundException"
    (registered,) = events(market, "ResourceName", "x")
    assert registered["EventName"] == "RegisterTaskDefinition"
    assert "very-secret" not in registered["CloudTrailEvent"]


def test_what_scaling_changed_is_told_of_scaling(market: Sandbox, clock: FakeClock) -> None:
    """Under the session that Application Auto Scaling acts in."""
    market.client("application-autoscaling").register_scalable_target(
        ServiceNamespace="ecs",
        ResourceId="service/fairtradeworker-cluster/fairtradeworker-api",
        ScalableDimension="ecs:service:DesiredCount",
        MinCapacity=7,
        MaxCapacity=9,
    )
    clock.advance(600)
    (event,) = events(market, "Username", "AutoScaling-UpdateDesiredCapacity")
    assert event["EventName"] == "UpdateService"
    assert json.loads(event["CloudTrailEvent"])["requestParameters"]["desiredCount"] == 7


def test_events_come_in_pages_and_by_one_attribute_only(market: Sandbox, clock: FakeClock) -> None:
    """boto3's own paginator reads them all."""
    trail = market.client("cloudtrail")
    pages = list(trail.get_paginator("lookup_events").paginate(PaginationConfig={"PageSize": 5}))
    assert len(pages) > 1
    ids = [event["EventId"] for page in pages for event in page["Events"]]
    assert len(ids) == len(set(ids)) > 5
    both = [{"AttributeKey": key, "AttributeValue": "x"} for key in ("EventName", "Username")]
    assert refusal(trail, "lookup_events", LookupAttributes=both) == "InvalidLookupAttributesException"
    assert refusal(trail, "lookup_events", NextToken="x") == "InvalidNextTokenException"


def test_a_limit_on_tasks_shows_in_the_quota_of_fargate(market: Sandbox) -> None:
    """So that who asks before a deployment learns that it would not fit."""
    quotas = market.client("service-quotas")

    def vcpu() -> float:
        answer = quotas.get_service_quota(ServiceCode="fargate", QuotaCode="L-3032A538")
        return float(answer["Quota"]["Value"])

    assert vcpu() == 4000.0
    market.served.call(lambda: market.account().conditions.set("task-quota", limit=6))
    assert 0 < vcpu() < 10
    assert refusal(quotas, "list_service_quotas", ServiceCode="nothing") == "NoSuchResourceException"
    missing = {"ServiceCode": "ecs", "QuotaCode": "L-00000000"}
    assert refusal(quotas, "get_service_quota", **missing) == "NoSuchResourceException"
