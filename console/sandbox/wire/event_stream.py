"""Event streams: answers that go on, as frames of ``application/vnd.amazon.eventstream``.

A frame is a prelude (lengths, checksum), headers, a payload and a checksum of all of it (Smithy,
Amazon event stream). In the JSON protocol the first frame is the ``initial-response``, with the
members that do not stream.
"""

import json
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from console.sandbox.registry import EventStream
from console.sandbox.wire.message import Response

if TYPE_CHECKING:
    from botocore.model import OperationModel, Shape

CONTENT_TYPE = "application/vnd.amazon.eventstream"
_STRING = 7
"""Type of a header's value."""


@dataclass(frozen=True)
class Streamed(Response):
    """An answer of which ``body`` is the beginning; the server asks for more every second."""

    more: Callable[[], bytes | None] = lambda: None
    """The next frames, perhaps none; ``None`` when the stream has ended."""
    close: Callable[[], None] = lambda: None
    """Called once when nobody listens any more."""


def streamed(
    operation: "OperationModel",
    answer: dict[str, Any],
    headers: dict[str, str],
    data: Callable[[Any, "Shape"], Any],
) -> Streamed | None:
    """The answer as a stream; ``None`` if none of its members is one.

    Args:
        data: Brings a value into the form of its shape.
    """
    name = next((key for key, value in answer.items() if isinstance(value, EventStream)), None)
    shape = operation.output_shape
    if name is None or shape is None:
        return None
    stream: EventStream = answer[name]
    rest = {key: value for key, value in answer.items() if key != name}
    begin = frame("event", "initial-response", data(rest, shape))

    def more() -> bytes | None:
        events = stream.poll()
        if events is None:
            return None
        return b"".join(_framed(event, value, shape.members[name], data) for event, value in events)

    return Streamed(200, {**headers, "Content-Type": CONTENT_TYPE}, begin, more=more, close=stream.close)


def frame(kind: str, name: str, payload: Any) -> bytes:
    """One frame; ``kind`` is ``event`` or ``exception``."""
    fields = {f":{kind}-type": name, ":content-type": "application/json", ":message-type": kind}
    headers = b"".join(_header(key, value) for key, value in fields.items())
    body = json.dumps(payload, separators=(",", ":")).encode()
    prelude = struct.pack("!II", 16 + len(headers) + len(body), len(headers))
    prelude += struct.pack("!I", zlib.crc32(prelude))
    whole = prelude + headers + body
    return whole + struct.pack("!I", zlib.crc32(whole))


def _framed(name: str, value: Any, stream: "Shape", data: Callable[[Any, "Shape"], Any]) -> bytes:
    shape = stream.members[name]
    kind = "exception" if shape.metadata.get("exception") else "event"
    return frame(kind, name, data(value, shape))


def _header(name: str, value: str) -> bytes:
    key, text = name.encode(), value.encode()
    return struct.pack("!B", len(key)) + key + struct.pack("!BH", _STRING, len(text)) + text
