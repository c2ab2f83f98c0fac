"""SQS: the calls about standard queues and their messages.

Receiving answers at once, also when a waiting time is asked for: the sandbox serves one request
after the other.
"""

import hashlib
import re
from typing import TYPE_CHECKING, Any

from console.sandbox.paging import next_token_page
from console.sandbox.queues import DEFAULTS, Flight, Messages, Queue
from console.sandbox.registry import AwsError, operation

if TYPE_CHECKING:
    from console.sandbox.account import Account

Json = dict[str, Any]

MOST_LISTED = 1000
_NAME = re.compile(r"[A-Za-z0-9_-]{1,80}")
_PURGE_PAUSE_S = 60.0
_LONGEST_VISIBILITY_S = 43_200
_RECEIPT = re.compile(r"[0-9a-f]{64}")


@operation("sqs")
def CreateQueue(account: "Account", params: Json) -> Json:
    """A standard queue; one that is there with the same attributes is answered as if it were new."""
    name, settings = params["QueueName"], params.get("Attributes") or {}
    if name.endswith(".fifo") or "FifoQueue" in settings:
        raise AwsError("UnsupportedOperation", "The sandbox has standard queues only.")
    if not _NAME.fullmatch(name):
        raise AwsError(
            "InvalidParameterValue",
            "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length",
        )
    for key in settings:
        if key not in DEFAULTS:
            raise AwsError("InvalidAttributeName", f"Unknown Attribute {key}.")
    queue = account.queues.get(name)
    if queue is None:
        queue = account.queues.create(name, settings)
    elif any(queue.settings[key] != value for key, value in settings.items()):
        different = next(key for key, value in settings.items() if queue.settings[key] != value)
        raise AwsError(
            "QueueNameExists",
            f"A queue already exists with the same name and a different value for attribute {different}",
        )
    return {"QueueUrl": account.queues.url(queue)}


@operation("sqs")
def GetQueueUrl(account: "Account", params: Json) -> Json:
    """The address of a queue, on the sandbox's own host and port."""
    return {"QueueUrl": account.queues.url(_named(account, params["QueueName"]))}


@operation("sqs")
def ListQueues(account: "Account", params: Json) -> Json:
    """Addresses by name; pages only if ``MaxResults`` is given."""
    prefix = params.get("QueueNamePrefix") or ""
    found = [account.queues.url(queue) for queue in account.queues if queue.name.startswith(prefix)]
    size = params.get("MaxResults") or MOST_LISTED
    shown, following = next_token_page(found, params.get("NextToken"), size, "InvalidParameterValue")
    return {"QueueUrls": shown, **following} if shown else {}


@operation("sqs")
def GetQueueAttributes(account: "Account", params: Json) -> Json:
    """Depth and settings at this moment; the age of the oldest message is a metric only."""
    queue = _queue(account, params)
    known = {
        "ApproximateNumberOfMessages": str(queue.visible),
        "ApproximateNumberOfMessagesNotVisible": str(queue.invisible),
        "ApproximateNumberOfMessagesDelayed": str(len(queue.delayed)),
        "CreatedTimestamp": str(int(queue.created_at)),
        "LastModifiedTimestamp": str(int(queue.changed_at)),
        "QueueArn": queue.arn,
        **queue.settings,
    }
    wanted = params.get("AttributeNames") or []
    for name in wanted:
        if name != "All" and name not in known:
            raise AwsError("InvalidAttributeName", f"Unknown Attribute {name}.")
    shown = known if "All" in wanted else {name: known[name] for name in wanted}
    return {"Attributes": shown} if shown else {}


@operation("sqs")
def SendMessage(account: "Account", params: Json) -> Json:
    """Put one message into a queue."""
    queue, body = _queue(account, params), params["MessageBody"]
    if not body:
        raise AwsError("MissingParameter", "The request must contain the parameter MessageBody.")
    most = int(queue.settings["MaximumMessageSize"])
    if len(body.encode()) > most:
        raise AwsError(
            "InvalidParameterValue",
            f"One or more parameters are invalid. Reason: Message must be shorter than {most} bytes.",
        )
    delay = params.get("DelaySeconds")
    delay = int(queue.settings["DelaySeconds"]) if delay is None else delay
    if not 0 <= delay <= 900:
        raise AwsError(
            "InvalidParameterValue",
            f"Value {delay} for parameter DelaySeconds is invalid. "
            "Reason: DelaySeconds must be >= 0 and <= 900.",
        )
    attributes = params.get("MessageAttributes") or {}
    message = Messages(account.world.now(), 1, body, queue.message_id(), attributes)
    queue.add(message, delay)
    return {
        "MessageId": message.id,
        "MD5OfMessageBody": _md5(body.encode()),
        "MD5OfMessageAttributes": _md5_of_attributes(attributes) if attributes else None,
    }


@operation("sqs")
def ReceiveMessage(account: "Account", params: Json) -> Json:
    """Up to ten of the oldest messages, invisible to others until their timeout is over."""
    queue, now = _queue(account, params), account.world.now()
    most = params.get("MaxNumberOfMessages") or 1
    if not 1 <= most <= 10:
        raise AwsError(
            "InvalidParameterValue",
            f"Value {most} for parameter MaxNumberOfMessages is invalid. Reason: Must be between 1 and 10, "
            "if provided.",
        )
    timeout = params.get("VisibilityTimeout")
    timeout = int(queue.settings["VisibilityTimeout"]) if timeout is None else timeout
    if not 0 <= timeout <= _LONGEST_VISIBILITY_S:
        raise AwsError(
            "InvalidParameterValue", f"Value {timeout} for parameter VisibilityTimeout is invalid."
        )
    taken: list[Json] = []
    while len(taken) < most and (message := queue.take()) is not None:
        message.received += 1
        message.first_received_at = message.first_received_at or now
        receipt = hashlib.sha256(f"{message.id}:{message.received}".encode()).hexdigest()
        queue.flights[receipt] = Flight(message, now + timeout)
        taken.append(_received(account, message, receipt, params))
    return {"Messages": taken} if taken else {}


@operation("sqs")
def DeleteMessage(account: "Account", params: Json) -> Json:
    """Forget a received message; a handle that has been used or has timed out is no error."""
    queue, receipt = _queue(account, params), params["ReceiptHandle"]
    if not _RECEIPT.fullmatch(receipt):
        raise AwsError("ReceiptHandleIsInvalid", f'The input receipt handle "{receipt}" is not valid.', 404)
    queue.delete(receipt)
    return {}


@operation("sqs")
def PurgeQueue(account: "Account", params: Json) -> Json:
    """Forget all messages; not twice within a minute."""
    queue = _queue(account, params)
    if account.world.now() - queue.purged_at < _PURGE_PAUSE_S:
        raise AwsError(
            "PurgeQueueInProgress",
            f"Only one PurgeQueue operation on {queue.name} is allowed every 60 seconds.",
            403,
        )
    queue.purge()
    return {}


def _queue(account: "Account", params: Json) -> Queue:
    """The queue of an address; only the account and the name in it count, as for AWS."""
    path, _, name = str(params["QueueUrl"]).rstrip("/").rpartition("/")
    if path and path.rpartition("/")[2] != account.id:
        raise _absent()
    return _named(account, name)


def _named(account: "Account", name: str) -> Queue:
    queue = account.queues.get(name)
    if queue is None:
        raise _absent()
    return queue


def _absent() -> AwsError:
    return AwsError("QueueDoesNotExist", "The specified queue does not exist.")


def _received(account: "Account", message: Messages, receipt: str, params: Json) -> Json:
    system = {
        "SenderId": f"AROASANDBOX{account.id}:worker",
        "SentTimestamp": str(int(message.at * 1000)),
        "ApproximateReceiveCount": str(message.received),
        "ApproximateFirstReceiveTimestamp": str(int(message.first_received_at * 1000)),
    }
    wanted = [*(params.get("AttributeNames") or []), *(params.get("MessageSystemAttributeNames") or [])]
    shown = {name: value for name, value in system.items() if "All" in wanted or name in wanted}
    names = params.get("MessageAttributeNames") or []
    given = {
        name: value
        for name, value in message.attributes.items()
        if any(asked in ("All", ".*", name) or _starts(name, asked) for asked in names)
    }
    return {
        "MessageId": message.id,
        "ReceiptHandle": receipt,
        "MD5OfBody": _md5(message.body.encode()),
        "Body": message.body,
        "Attributes": shown or None,
        "MessageAttributes": given or None,
        "MD5OfMessageAttributes": _md5_of_attributes(given) if given else None,
    }


def _starts(name: str, asked: str) -> bool:
    return asked.endswith(".*") and name.startswith(asked[:-2])


def _md5(data: bytes) -> str:
    return hashlib.md5(data, usedforsecurity=False).hexdigest()


def _md5_of_attributes(attributes: dict[str, Json]) -> str:
    """The digest that clients check (SQS developer guide, sqs-message-metadata)."""
    data = b""
    for name in sorted(attributes):
        value = attributes[name]
        kind = str(value["DataType"])
        is_binary = kind.startswith("Binary")
        content = value["BinaryValue"] if is_binary else value["StringValue"].encode()
        data += _sized(name.encode()) + _sized(kind.encode()) + (b"\x02" if is_binary else b"\x01")
        data += _sized(content)
    return _md5(data)


def _sized(data: bytes) -> bytes:
    return len(data).to_bytes(4, "big") + data
