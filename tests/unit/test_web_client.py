"""The one way out over HTTP: what is refused in read-only, how long is waited, and what is never told."""

import socket
from collections.abc import Callable
from pathlib import Path
from threading import Event, Thread

import httpx
import pytest

from console.domain.web import Request
from console.errors import ConfigError, EndpointError, QuarterdeckError, ReadOnlyError, ThrottledError
from console.web.client import KEPT, WebClient
from console.web.deadline import DeadlineTransport
from console.web.secrets import References
from tests.fakes import FakeClock

URL = "https://api.example/jobs?token=s3cr3t-in-the-query"
Handler = Callable[[httpx.Request], httpx.Response]


class Server:
    """Answers what a handler says, and keeps what it was sent."""

    def __init__(
        self, handler: Handler = lambda request: httpx.Response(200), read_only: bool = False
    ) -> None:
        self.sent: list[httpx.Request] = []
        self.clock = FakeClock()
        self._handler = handler
        transport = httpx.MockTransport(self._answer)
        self.web = WebClient(self.clock, read_only=read_only, transport=lambda proxy: transport)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.sent.append(request)
        return self._handler(request)


@pytest.mark.parametrize(
    ("request_", "passes"),
    [
        (Request("GET", URL), True),
        (Request("HEAD", URL), True),
        (Request("POST", URL, reads=True), True),
        (Request("POST", URL), False),
        (Request("PUT", URL), False),
        (Request("DELETE", URL), False),
        (Request("GET", URL, reads=False), False),
        (Request("POST", URL, reads=False), False),
    ],
)
def test_a_read_only_environment_is_sent_nothing_that_may_change_it(request_: Request, passes: bool) -> None:
    """The method says so, unless a step says more; refused is not sent, and the query is not told."""
    server = Server(read_only=True)
    if passes:
        assert server.web.send(request_, 5).status == 200
        return
    with pytest.raises(ReadOnlyError) as refused:
        server.web.send(request_, 5)
    assert server.sent == []
    assert "s3cr3t" not in str(refused.value)


def test_elsewhere_everything_is_sent_as_it_is() -> None:
    server = Server()
    server.web.send(Request("POST", URL, {"Authorization": "Bearer x"}, b"{}"), 5)
    (sent,) = server.sent
    assert (sent.method, str(sent.url), sent.headers["authorization"]) == ("POST", URL, "Bearer x")
    assert sent.content == b"{}"


def test_a_redirection_is_an_answer() -> None:
    """It would lead a token to somebody else."""
    server = Server(lambda request: httpx.Response(302, headers={"Location": "https://evil.example"}))
    assert server.web.send(Request("GET", URL), 5).status == 302
    assert len(server.sent) == 1


@pytest.mark.parametrize(
    "error", [httpx.ConnectError("refused"), httpx.ReadTimeout("late"), httpx.ReadError("")]
)
def test_nobody_there_is_one_line_without_what_could_be_secret(error: httpx.HTTPError) -> None:
    def fail(request: httpx.Request) -> httpx.Response:
        raise error

    with pytest.raises(EndpointError, match=r"https://api\.example/jobs: ") as told:
        Server(fail).web.send(Request("GET", URL.replace("//", "//user:pa55@")), 5)
    assert "s3cr3t" not in str(told.value)
    assert "pa55" not in str(told.value)


def test_a_place_that_wants_rest_gets_it_when_only_reading() -> None:
    """Reading waits within its limit; what changes is never sent twice."""
    answers = [httpx.Response(429, headers={"Retry-After": "3"}), httpx.Response(200)]
    server = Server(lambda request: answers.pop(0))
    assert server.web.send(Request("GET", URL), 5).status == 200
    assert server.clock.waits == [3.0]

    busy = Server(lambda request: httpx.Response(429, headers={"Retry-After": "3"}))
    assert busy.web.send(Request("POST", URL), 5).status == 429
    assert len(busy.sent) == 1
    with pytest.raises(ThrottledError):
        busy.web.send(Request("GET", URL), 2)
    assert len(busy.sent) == 1


def test_of_an_answer_without_end_its_beginning_is_kept() -> None:
    server = Server(lambda request: httpx.Response(200, content=b"x" * (KEPT + 10)))
    reply = server.web.send(Request("GET", URL), 5)
    assert (len(reply.body), reply.is_cut) == (KEPT, True)


def test_an_answer_that_comes_byte_by_byte_is_cut_off_at_its_limit() -> None:
    """Every single read is in time; the whole is not."""
    over = Event()

    def drip(listening: socket.socket) -> None:
        connection, _ = listening.accept()
        with connection:
            connection.recv(4096)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n")
            for _ in range(100):
                if over.wait(0.05):
                    return
                try:
                    connection.sendall(b"x")
                except OSError:
                    return

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = Thread(target=drip, args=(listening,), daemon=True)
        thread.start()
        web = WebClient(FakeClock(), read_only=False, transport=DeadlineTransport)
        try:
            with pytest.raises(EndpointError, match="no answer within"):
                web.send(Request("GET", f"http://127.0.0.1:{listening.getsockname()[1]}/"), 0.3)
        finally:
            over.set()
            web.close()
            thread.join(5)


# secrets


def test_a_secret_is_read_where_it_is_referred_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SMOKE_PASSWORD", "hunter2")
    (tmp_path / "token").write_text("abc\n")
    references = References(tmp_path, {"plain": "kept", "json": '{"key": 7}'}.__getitem__)
    assert references.value("env:SMOKE_PASSWORD") == "hunter2"
    assert references.value("file:token") == "abc"
    assert references.value("secretsmanager:plain") == "kept"
    assert references.value("secretsmanager:json#key") == "7"


@pytest.mark.parametrize(
    "reference",
    [
        "env:NOBODY_SET_THIS",
        "file:nowhere",
        "file:empty",
        "file:large",
        "secretsmanager:plain#key",
        "hunter2",
        "env:",
    ],
)
def test_a_reference_to_nothing_names_itself_and_no_value(tmp_path: Path, reference: str) -> None:
    (tmp_path / "empty").write_text(" \n")
    (tmp_path / "large").write_text("k3pt-s3cret" * 10_000)
    references = References(tmp_path, lambda name: '"k3pt-s3cret"')
    with pytest.raises(ConfigError) as refused:
        references.value(reference)
    assert isinstance(refused.value, QuarterdeckError)
    assert "k3pt-s3cret" not in str(refused.value)
