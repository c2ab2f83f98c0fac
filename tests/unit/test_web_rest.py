"""When a place that was asked too often may be asked again."""

from collections.abc import Callable

import httpx
import pytest

from console.domain.web import Request
from console.errors import ThrottledError
from console.web.client import LONGEST_REST_S, WebClient
from tests.builders import NOW
from tests.fakes import FakeClock

Handler = Callable[[httpx.Request], httpx.Response]


def client(clock: FakeClock, answer: Handler) -> WebClient:
    return WebClient(clock, read_only=True, transport=lambda _: httpx.MockTransport(answer))


@pytest.mark.parametrize(
    ("headers", "wait_s"),
    [
        ({"Retry-After": "3"}, 3.0),
        ({"X-RateLimit-Reset": "4"}, 4.0),
        ({"X-Sentry-Rate-Limit-Reset": str(NOW.timestamp() + 6)}, 6.0),
        ({"X-RateLimit-Reset": str(NOW.timestamp() - 60)}, 0.0),
        ({"X-RateLimit-Reset": "soon"}, 1.0),
        ({"X-RateLimit-Reset": "nan"}, 1.0),
        ({}, 1.0),
    ],
)
def test_a_place_is_left_alone_for_as_long_as_its_headers_say(headers: dict[str, str], wait_s: float) -> None:
    """Seconds from now, or a moment: each supplier says it its own way."""
    clock = FakeClock()
    replies = [httpx.Response(429, headers=headers), httpx.Response(200, content=b"well")]
    reply = client(clock, lambda _: replies.pop(0)).send(Request("GET", "https://dog.example/"), 30.0)

    assert reply.body == b"well"
    assert clock.monotonic() == pytest.approx(wait_s)


def test_nobody_is_left_alone_for_a_day() -> None:
    """A header that is wrong by a factor must not end the watch."""
    clock = FakeClock()
    web = client(clock, lambda _: httpx.Response(429, headers={"X-RateLimit-Reset": "90000000"}))

    with pytest.raises(ThrottledError, match=f"{LONGEST_REST_S:.0f} s"):
        web.send(Request("GET", "https://dog.example/"), 10.0)


def test_another_port_of_a_host_is_another_place() -> None:
    """Several suppliers may be stood in for on one machine."""
    clock = FakeClock()
    web = client(
        clock, lambda r: httpx.Response(429 if r.url.port == 1 else 200, headers={"Retry-After": "60"})
    )

    with pytest.raises(ThrottledError):
        web.send(Request("GET", "http://127.0.0.1:1/"), 10.0)
    assert web.send(Request("GET", "http://127.0.0.1:2/"), 10.0).status == 200
