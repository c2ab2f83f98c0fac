"""CBOR, by botocore's own codec (private there: a test guards it), for CloudWatch's ``rpc-v2-cbor``."""

import io
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from botocore.model import Shape


def decode(body: bytes) -> Any:
    """The data of a request's body; an empty body is an empty structure.

    Raises:
        ValueError: when the body is not CBOR.
    """
    from botocore.parsers import ResponseParserError, RpcV2CBORParser

    if not body:
        return {}
    try:
        return RpcV2CBORParser().parse_data_item(io.BufferedReader(io.BytesIO(body)))
    except (ResponseParserError, IndexError, OverflowError) as error:
        raise ValueError(f"not CBOR: {error}") from error


def encode(value: Any, shape: "Shape") -> bytes:
    """The body of an answer; timestamps are epoch seconds."""
    from botocore.serialize import RpcV2CBORSerializer

    body = bytearray()
    RpcV2CBORSerializer()._serialize_data_item(body, value, shape)
    return bytes(body)
