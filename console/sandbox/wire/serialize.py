"""Answers -> bytes, driven by the model. Members that are ``None`` or that the model lacks are left out."""

import base64
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from console.sandbox.wire import cbor, ec2
from console.sandbox.wire.event_stream import streamed
from console.sandbox.wire.identify import Call
from console.sandbox.wire.message import Response

if TYPE_CHECKING:
    from botocore.model import OperationModel, Shape

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def serialize(call: Call, operation: "OperationModel", answer: dict[str, Any], request_id: str) -> Response:
    """The answer of one operation in the protocol of the call."""
    shape = operation.output_shape
    if call.protocol == "query":
        body = _envelope(operation, answer, request_id)
        return Response(200, {"x-amzn-RequestId": request_id, "Content-Type": "text/xml"}, body)
    headers = {"x-amzn-RequestId": request_id}
    stream = streamed(operation, answer, headers, _data)
    if stream is not None:
        return stream
    data = {} if shape is None else _data(answer, shape)
    if call.protocol == "cbor":
        headers |= {"Content-Type": "application/cbor", "smithy-protocol": "rpc-v2-cbor"}
        return Response(200, headers, b"" if shape is None else cbor.encode(data, shape))
    headers["Content-Type"] = call.content_type
    return Response(200, headers, json.dumps(data, separators=(",", ":"), default=_text_of).encode())


def _data(value: Any, shape: "Shape") -> Any:
    """A value with only the members of its shape, each of the shape's type."""
    kind = shape.type_name
    if kind == "structure":
        members = shape.members
        return {n: _data(item, members[n]) for n, item in value.items() if item is not None and n in members}
    if kind == "list":
        return [_data(item, shape.member) for item in value]
    if kind == "map":
        return {key: _data(item, shape.value) for key, item in value.items()}
    if kind == "string":
        return value if type(value) is str else str(value)
    return _scalar(value, kind)


def _scalar(value: Any, kind: str) -> Any:
    if kind in ("integer", "long"):
        return int(value)
    if kind in ("float", "double"):
        return float(value)
    if kind == "timestamp":
        return round(float(value), 3)
    if kind == "blob":
        return value if isinstance(value, bytes) else str(value).encode()
    return bool(value) if kind == "boolean" else str(value)


def _text_of(blob: bytes) -> str:
    """A blob as JSON has it: in base64."""
    return base64.b64encode(blob).decode()


def _envelope(operation: "OperationModel", answer: dict[str, Any], request_id: str) -> bytes:
    """The answer as the query protocol wraps it."""
    if operation.service_model.service_name == ec2.SERVICE:
        shape = operation.output_shape
        members = "" if shape is None else "".join(_members(_data(answer, shape), shape))
        return ec2.envelope(operation, members, request_id)
    namespace = operation.service_model.metadata.get("xmlNamespace", "")
    result = ""
    if (shape := operation.output_shape) is not None:
        wrapper = shape.serialization.get("resultWrapper", f"{operation.name}Result")
        result = f"<{wrapper}>{''.join(_members(_data(answer, shape), shape))}</{wrapper}>"
    meta = f"<ResponseMetadata><RequestId>{request_id}</RequestId></ResponseMetadata>"
    name = f"{operation.name}Response"
    return f'<{name} xmlns="{namespace}">{result}{meta}</{name}>'.encode()


def _members(data: dict[str, Any], shape: "Shape") -> Iterator[str]:
    for name, value in data.items():
        member = shape.members[name]
        yield from _elements(member.serialization.get("name", name), value, member)


def _elements(name: str, value: Any, shape: "Shape") -> Iterator[str]:
    """The element of one member; several if it is a flattened list."""
    kind = shape.type_name
    if kind == "list":
        flat = shape.serialization.get("flattened")
        inner = shape.member.serialization.get("name", name if flat else "member")
        items = "".join(part for item in value for part in _elements(inner, item, shape.member))
        yield items if flat else f"<{name}>{items}</{name}>"
    elif kind == "map":
        key, item = (s.serialization.get("name", d) for s, d in ((shape.key, "key"), (shape.value, "value")))
        pairs = (
            "".join((*_elements(key, k, shape.key), *_elements(item, v, shape.value)))
            for k, v in value.items()
        )
        if shape.serialization.get("flattened"):
            yield from (f"<{name}>{pair}</{name}>" for pair in pairs)
        else:
            yield f"<{name}>{''.join(f'<entry>{pair}</entry>' for pair in pairs)}</{name}>"
    elif kind == "structure":
        yield f"<{name}>{''.join(_members(value, shape))}</{name}>"
    else:
        yield f"<{name}>{xml_text(_text(value, kind))}</{name}>"


def _text(value: Any, kind: str) -> str:
    if kind == "boolean":
        return "true" if value else "false"
    if kind == "timestamp":
        moment = datetime.fromtimestamp(value, UTC)
        return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return base64.b64encode(value).decode() if kind == "blob" else str(value)


def xml_text(text: str) -> str:
    """Text that may stand inside an XML element; what XML cannot hold becomes ``?``."""
    return _NOT_XML.sub("?", text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
