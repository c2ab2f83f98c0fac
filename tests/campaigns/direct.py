"""A sandbox without sockets: requests and answers are whole HTTP messages, handed over in this process.

Everything runs on one thread: an hour of many clients takes seconds, and the same seed is the same run.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

import boto3
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.exceptions import ConnectionClosedError

from console.sandbox.http import Server
from console.sandbox.kernel import World
from console.sandbox.wire.message import Request, Response
from tests.contract.conftest import Sandbox

ENDPOINT = "http://127.0.0.1:4566"
"""Nobody listens there."""


class DirectServer:
    """Stands in for :class:`console.sandbox.http.ThreadedServer`."""

    endpoint = ENDPOINT

    def __init__(self, world: World) -> None:
        self.server = Server(world)
        self.token = self.server.token
        world.endpoint = ENDPOINT

    def stop(self) -> None:
        """Nothing was opened."""

    def answer(self, method: str, target: str, body: bytes, headers: Mapping[str, str]) -> Response | None:
        """One request; ``None`` where the connection breaks instead."""
        lower = {name.lower(): value for name, value in headers.items()} | {"host": "127.0.0.1"}
        found = self.server._answer(Request(method, target, lower, body))
        return found if isinstance(found, Response) else None

    def exchange(
        self, method: str, target: str, body: bytes, headers: Mapping[str, str]
    ) -> tuple[int, bytes, Mapping[str, str]]:
        """One request of a client that needs an answer."""
        found = self.answer(method, target, body, headers)
        if found is None:
            raise ConnectionError("the connection was closed")
        return found.status, found.body, found.headers

    def send(self, request: AWSPreparedRequest) -> AWSResponse:
        """What botocore's HTTP session does."""
        parts = urlsplit(request.url)
        target = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
        headers = {
            name: value.decode() if isinstance(value, bytes) else str(value)
            for name, value in request.headers.items()
        }
        body = request.body or b""
        content = body.encode() if isinstance(body, str) else bytes(body)
        found = self.answer(request.method, target, content, headers)
        if found is None:
            raise ConnectionClosedError(endpoint_url=request.url)
        return AWSResponse(request.url, found.status, _Headers(found.headers), _Raw(found.body))


class _Headers(dict[str, str]):
    """By names in any case."""

    def __init__(self, given: Mapping[str, str]) -> None:
        super().__init__({name.lower(): value for name, value in given.items()})

    def get(self, name: str, default: Any = None) -> Any:
        return super().get(name.lower(), default)

    def __getitem__(self, name: str) -> str:
        return super().__getitem__(name.lower())

    def __contains__(self, name: object) -> bool:
        return super().__contains__(str(name).lower())


class _Raw:
    """A body that was read whole."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def stream(self, *_: object, **__: object) -> Iterator[bytes]:
        yield self._content


class DirectSandbox(Sandbox):
    """A sandbox whose own requests need no socket either."""

    def __init__(self, world: World) -> None:
        self.direct = DirectServer(world)
        super().__init__(world, self.direct, boto3.Session())  # type: ignore[arg-type]

    def request(
        self, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None
    ) -> tuple[int, bytes]:
        """One raw request: status and body."""
        return self.direct.exchange(method, path, body, headers or {})[:2]

    def begin_fault(self, body: Mapping[str, object]) -> None:
        """Let the API fail as described."""
        status, answer = self.request(
            "POST",
            "/_sandbox/faults",
            json.dumps(body).encode(),
            {"Authorization": f"Bearer {self.direct.token}"},
        )
        assert status == 200, answer
