"""Reading HTTP/1.1 requests from a stream, within limits."""

import asyncio

from console.sandbox.wire.message import Request

HEAD_LIMIT = 64 * 1024
BODY_LIMIT = 4 * 1024 * 1024


class BadRequestError(Exception):
    """Bytes that are not an acceptable HTTP request; the connection ends with a status."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


async def receive(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> tuple[Request, bool]:
    """One whole request, and whether its connection may be used again.

    Raises:
        BadRequestError: malformed, or too large.
        ConnectionError, asyncio.IncompleteReadError: the caller has gone.
    """
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    except asyncio.LimitOverrunError as error:
        raise BadRequestError(431, "the headers are too long") from error
    first, *lines = head[:-4].split("\r\n")
    parts = first.split(" ")
    if len(parts) != 3 or not parts[2].startswith("HTTP/1.") or not parts[1].startswith(("/", "http://")):
        raise BadRequestError(400, "not an HTTP/1.1 request")
    headers: dict[str, str] = {}
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon or not name or name != name.strip():
            raise BadRequestError(400, "a header line without a name")
        headers[name.lower()] = value.strip()
    if headers.get("expect", "").lower() == "100-continue":
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    body = await _body(reader, headers)
    connection = headers.get("connection", "").lower()
    keep = connection != "close" and (parts[2] != "HTTP/1.0" or connection == "keep-alive")
    return Request(parts[0], parts[1], headers, body), keep


async def _body(reader: asyncio.StreamReader, headers: dict[str, str]) -> bytes:
    if headers.get("transfer-encoding", "").lower() == "chunked":
        return await _chunks(reader)
    length = headers.get("content-length", "0")
    if not length.isdecimal():
        raise BadRequestError(400, "content-length is not a number")
    if int(length) > BODY_LIMIT:
        raise BadRequestError(413, f"the body is over {BODY_LIMIT} bytes")
    return await reader.readexactly(int(length))


async def _chunks(reader: asyncio.StreamReader) -> bytes:
    """A body in chunks (RFC 9112, 7.1); extensions and trailers are read over."""
    body = bytearray()
    while True:
        size = await _line(reader)
        try:
            length = int(size.partition(b";")[0], 16)
        except ValueError as error:
            raise BadRequestError(400, "a chunk without a size") from error
        if length < 0 or len(body) + length > BODY_LIMIT:
            raise BadRequestError(413, f"the body is over {BODY_LIMIT} bytes")
        if length == 0:
            break
        body += await reader.readexactly(length)
        if await _line(reader):
            raise BadRequestError(400, "a chunk longer than its size")
    while await _line(reader):
        pass
    return bytes(body)


async def _line(reader: asyncio.StreamReader) -> bytes:
    try:
        return (await reader.readuntil(b"\r\n"))[:-2]
    except asyncio.LimitOverrunError as error:
        raise BadRequestError(400, "a line is too long") from error
