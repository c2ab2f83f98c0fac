"""One moment by which a whole exchange is over: httpx's own limits begin anew with every byte."""

import time
from collections.abc import Iterable
from threading import local
from typing import Any

import httpcore
import httpx


class DeadlineTransport(httpx.HTTPTransport):
    """Cuts an exchange off when the read limit of its request has passed since it was begun."""

    def __init__(self, proxy: str | None = None) -> None:
        super().__init__(proxy=proxy, trust_env=False)
        self._until = local()
        # httpx has no public way to give its pool a network of our own; the version is pinned, and a
        # test holds it.
        self._pool._network_backend = _Network(self._until)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        limit = request.extensions.get("timeout", {}).get("read")
        self._until.moment = None if limit is None else time.monotonic() + limit
        return super().handle_request(request)


class _Network(httpcore.NetworkBackend):
    def __init__(self, until: local) -> None:
        self._until = until
        self._below = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        left = _left(self._until, timeout, httpcore.ConnectTimeout)
        stream = self._below.connect_tcp(host, port, left, local_address, socket_options)
        return _Stream(stream, self._until)


class _Stream(httpcore.NetworkStream):
    def __init__(self, below: httpcore.NetworkStream, until: local) -> None:
        self._below = below
        self._until = until

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._below.read(max_bytes, _left(self._until, timeout, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._below.write(buffer, _left(self._until, timeout, httpcore.WriteTimeout))

    def close(self) -> None:
        self._below.close()

    def start_tls(
        self, ssl_context: Any, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        left = _left(self._until, timeout, httpcore.ConnectTimeout)
        return _Stream(self._below.start_tls(ssl_context, server_hostname, left), self._until)

    def get_extra_info(self, info: str) -> Any:
        return self._below.get_extra_info(info)


def _left(until: local, timeout: float | None, late: type[Exception]) -> float | None:
    """Seconds that are left; raises where none are."""
    moment: float | None = getattr(until, "moment", None)
    if moment is None:
        return timeout
    left = moment - time.monotonic()
    if left <= 0:
        raise late
    return left if timeout is None else min(left, timeout)
