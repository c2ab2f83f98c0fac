"""Alarms, scaling, queues, quotas and the trail as boto3's users meet them."""

from typing import Any

import pytest

from tests.contract.conftest import Sandbox


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


def test_queues_answer_as_motos_do(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """A second opinion, where it is installed: the same calls, the same answers."""
    moto = pytest.importorskip("moto")
    import boto3

    ours = life_of_a_message(sandbox.client("sqs"))
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    with moto.mock_aws():
        theirs = life_of_a_message(boto3.client("sqs", region_name="us-east-1"))
    assert ours == theirs
