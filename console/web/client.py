"""The one way out over HTTP: a limit for the whole exchange, read-only held here, no redirects, no retries.

Waiting for an answer that was asked to come later (429) is done within the limit, for reading requests only.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime
from email.utils import parsedate_to_datetime
from ipaddress import ip_address
from math import isfinite
from threading import Lock
from urllib.request import getproxies, proxy_bypass

import httpx

from console.domain.text import plain
from console.domain.web import Reply, Request
from console.errors import EndpointError, ReadOnlyError, ThrottledError
from console.ports import Clock
from console.web.deadline import DeadlineTransport

TOO_MANY = 429
KEPT = 1_000_000
"""Bytes of an answer that are kept."""
LONGEST_REST_S = 3600.0
"""However long a place asks to be left alone."""
_AGENT = "quarterdeck"
_RESETS = ("x-ratelimit-reset", "x-sentry-rate-limit-reset", "ratelimit-reset")
"""Headers that say when a supplier may be asked again: seconds from now (Datadog, PagerDuty) or since the
epoch (GitHub, Sentry)."""
_EPOCHS = 1e9
"""Larger numbers are moments."""


class WebClient:
    """Implements :class:`console.ports.Web` for one environment. Thread-safe.

    Args:
        read_only: Refuse what may change something.
        transport: What carries the requests to a place, given its proxy or ``None``.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        read_only: bool,
        transport: Callable[[str | None], httpx.BaseTransport] = DeadlineTransport,
    ) -> None:
        self._clock = clock
        self._read_only = read_only
        self._transport = transport
        self._lock = Lock()
        self._clients: dict[str | None, httpx.Client] = {}
        """By proxy."""
        self._not_before: dict[str, float] = {}
        """Host -> monotonic seconds: it asked to be left alone until then."""

    def send(self, request: Request, limit_s: float) -> Reply:
        """Send once; see :meth:`console.ports.Web.send`."""
        if self._read_only and request.changes:
            raise ReadOnlyError(
                f"{request.method} {_place(request.url)} is not sent: this environment is read-only",
                "take read_only out of its configuration to act on it",
            )
        began = self._clock.monotonic()
        while True:
            self._let_pass(request, limit_s - (self._clock.monotonic() - began))
            left = limit_s - (self._clock.monotonic() - began)
            reply = self._exchange(request, left)
            if reply.status != TOO_MANY:
                return reply
            self._note(request, reply)
            if request.changes:
                return reply

    def close(self) -> None:
        """Give back its connections."""
        with self._lock:
            clients, self._clients = self._clients, {}
        for client in clients.values():
            client.close()

    def _let_pass(self, request: Request, left_s: float) -> None:
        """Wait until the host may be asked again; refuse where that is too late."""
        host = _host(request.url)
        wait = self._not_before.get(host, 0.0) - self._clock.monotonic()
        if wait <= 0:
            return
        if wait >= left_s:
            raise ThrottledError(f"{host} asks for {wait:.0f} s without requests")
        self._clock.sleep(wait)

    def _note(self, request: Request, reply: Reply) -> None:
        seconds = min(_retry_after(reply.headers, self._clock.now()), LONGEST_REST_S)
        self._not_before[_host(request.url)] = self._clock.monotonic() + seconds

    def _exchange(self, request: Request, limit_s: float) -> Reply:
        began = self._clock.monotonic()
        with _in_our_words(request, limit_s):
            client = self._client(request.url)
            with client.stream(
                request.method,
                request.url,
                headers=dict(request.headers),
                content=request.body or None,
                timeout=httpx.Timeout(limit_s),
            ) as response:
                body, is_cut = _read(response)
        took = self._clock.monotonic() - began
        headers = {name.lower(): plain(value) for name, value in response.headers.items()}
        return Reply(response.status_code, headers, body, took, is_cut)

    def _client(self, url: str) -> httpx.Client:
        proxy = _proxy(url)
        with self._lock:
            if proxy not in self._clients:
                self._clients[proxy] = httpx.Client(
                    transport=self._transport(proxy),
                    headers={"User-Agent": _AGENT},
                    follow_redirects=False,
                    trust_env=False,
                )
            return self._clients[proxy]


def _read(response: httpx.Response) -> tuple[bytes, bool]:
    body = bytearray()
    for chunk in response.iter_bytes():
        body += chunk
        if len(body) > KEPT:
            return bytes(body[:KEPT]), True
    return bytes(body), False


@contextmanager
def _in_our_words(request: Request, limit_s: float) -> Iterator[None]:
    """Whatever goes wrong on the way, as an error that names the place and nothing secret."""
    place = _place(request.url)
    try:
        yield
    except httpx.TimeoutException:
        raise EndpointError(f"{place}: no answer within {limit_s:.1f} s") from None
    except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as error:
        raise EndpointError(f"{place}: {plain(str(error)) or type(error).__name__}") from None


def _retry_after(headers: Mapping[str, str], now: datetime) -> float:
    """Seconds; a second where it does not say (RFC 9110, Retry-After: a number or a moment)."""
    said = headers.get("retry-after", "").strip()
    if said.isdigit():
        return float(said)
    with suppress(TypeError, ValueError):
        return max(0.0, (parsedate_to_datetime(said) - now).total_seconds())
    for name in _RESETS:
        with suppress(KeyError, ValueError, OverflowError):
            moment = float(headers[name])
            if isfinite(moment):
                return max(0.0, moment - now.timestamp() if moment > _EPOCHS else moment)
    return 1.0


def _host(url: str) -> str:
    """Host and port: several suppliers may be stood in for on one machine."""
    return httpx.URL(url).netloc.decode("ascii")


def _place(url: str) -> str:
    """The address without what could be a secret: user, query, fragment."""
    try:
        parts = httpx.URL(url)
    except httpx.InvalidURL:
        return "an address that is none"
    return plain(str(parts.copy_with(username=None, password=None, query=None, fragment=None)))


def _proxy(url: str) -> str | None:
    """The proxy that the environment asks for; loopback is never behind one."""
    parts = httpx.URL(url)
    try:
        is_near = parts.host == "localhost" or ip_address(parts.host).is_loopback
    except ValueError:
        is_near = False
    if is_near or proxy_bypass(parts.host):
        return None
    proxies = getproxies()
    return proxies.get(parts.scheme) or proxies.get("all")
