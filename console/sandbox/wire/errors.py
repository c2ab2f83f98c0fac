"""Errors as AWS answers them in each protocol; never HTML, never a body that an SDK cannot read."""

import json
from typing import TYPE_CHECKING

from console.sandbox.registry import AwsError
from console.sandbox.wire import ec2
from console.sandbox.wire.identify import Call
from console.sandbox.wire.message import Response
from console.sandbox.wire.models import BY_NAME, service_model
from console.sandbox.wire.serialize import xml_text

if TYPE_CHECKING:
    from botocore.model import Shape


_UNMODELLED = {
    ("sqs", "QueueDoesNotExist"): "AWS.SimpleQueueService.NonExistentQueue",
    ("sqs", "QueueNameExists"): "QueueAlreadyExists",
    ("sqs", "PurgeQueueInProgress"): "AWS.SimpleQueueService.PurgeQueueInProgress",
    ("sqs", "UnsupportedOperation"): "AWS.SimpleQueueService.UnsupportedOperation",
}
"""Codes from before a service spoke JSON, where botocore's model does not name them."""


def unknown_operation(call: Call) -> AwsError:
    """What the sandbox does not have; 501, which no SDK retries."""
    return AwsError("UnknownOperationException", f"The sandbox does not have the operation {call.name}.", 501)


def refusal(call: Call, error: AwsError, request_id: str) -> Response:
    """An error in the protocol of the call."""
    headers = {"x-amzn-RequestId": request_id}
    if call.protocol == "query":
        headers["Content-Type"] = "text/xml"
        return Response(error.status, headers, _xml(call, error, request_id))
    if _query_compatible(call):
        side = "Sender" if error.status < 500 else "Receiver"
        headers["x-amzn-query-error"] = f"{_wire_code(call, error.code)};{side}"
    if call.protocol == "cbor":
        headers |= {"Content-Type": "application/cbor", "smithy-protocol": "rpc-v2-cbor"}
        return Response(error.status, headers, _cbor({"__type": error.code, "message": error.message}))
    headers["Content-Type"] = call.content_type
    body = json.dumps({"__type": error.code, "message": error.message}).encode()
    return Response(error.status, headers, body)


def _query_compatible(call: Call) -> bool:
    """Whether the service used to speak query, and still names its old error codes."""
    return call.service in BY_NAME and "awsQueryCompatible" in service_model(call.service).metadata


def _wire_code(call: Call, code: str) -> str:
    """The code that goes over the wire in the query protocol for a modelled error."""
    if call.service not in BY_NAME or (call.service, code) in _UNMODELLED:
        return _UNMODELLED.get((call.service, code), code)
    shape: Shape | None = next((s for s in service_model(call.service).error_shapes if s.name == code), None)
    return code if shape is None else str(shape.metadata.get("error", {}).get("code", code))


def _xml(call: Call, error: AwsError, request_id: str) -> bytes:
    if call.service == ec2.SERVICE:
        return ec2.error(xml_text(error.code), xml_text(error.message), request_id)
    namespace = (
        service_model(call.service).metadata.get("xmlNamespace", "") if call.service in BY_NAME else ""
    )
    side = "Sender" if error.status < 500 else "Receiver"
    return (
        f'<ErrorResponse xmlns="{namespace}"><Error><Type>{side}</Type>'
        f"<Code>{xml_text(_wire_code(call, error.code))}</Code>"
        f"<Message>{xml_text(error.message)}</Message></Error>"
        f"<RequestId>{request_id}</RequestId></ErrorResponse>"
    ).encode()


def _cbor(texts: dict[str, str]) -> bytes:
    """A CBOR map of a few texts (RFC 8949, major types 5 and 3, two-byte lengths)."""
    parts = [bytes((0xA0 | len(texts),))]
    for text in (text for pair in texts.items() for text in pair):
        data = text.encode()[:0xFFFF]
        parts.append(b"\x79" + len(data).to_bytes(2, "big") + data)
    return b"".join(parts)
