"""Sandboxes for tests that speak real boto3 over real HTTP."""

import http.client
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.validate import ParamValidator

from console.aws import sessions
from console.operations import observing
from console.ports import Clock
from console.sandbox import fleet as fleets
from console.sandbox.account import Account
from console.sandbox.http import ThreadedServer, start_thread
from console.sandbox.kernel import World
from console.sandbox.registry import HANDLERS, Handler
from console.sandbox.run import DEFAULT_SEED
from console.sandbox.scenes import huge
from console.sandbox.wire.models import operation_model

BARE_KEY = "AKIASANDBOXBARE00000"
ONCE = Config(
    retries={"total_max_attempts": 1},
    proxies={},
    inject_host_prefix=False,
    connect_timeout=60,
    read_timeout=60,
)


@dataclass
class Sandbox:
    """A world that is served on loopback, and ways to talk to it."""

    world: World
    served: ThreadedServer
    session: Any
    _clients: list[Any] = field(default_factory=list)

    @property
    def endpoint(self) -> str:
        return self.served.endpoint

    def account(self, fleet: str = "") -> Account:
        """The account of a fleet; without a name the first one."""
        accounts = self.world.accounts.values()
        return next(account for account in accounts if fleet in ("", account.name))

    def client(
        self, service: str, fleet: str = "", access_key: str = "", config: Config | None = None
    ) -> Any:
        """A boto3 client without retries, in the account of a fleet or with any key at all."""
        client = self.session.client(
            service,
            endpoint_url=self.endpoint,
            region_name=self.account(fleet).region,
            aws_access_key_id=access_key or self.account(fleet).access_key,
            aws_secret_access_key="sandbox",
            config=ONCE.merge(config) if config else ONCE,
        )
        self._clients.append(client)
        return client

    def request(
        self, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None
    ) -> tuple[int, bytes]:
        """One raw HTTP request: status and body."""
        connection = http.client.HTTPConnection(self.endpoint.removeprefix("http://"), timeout=60)
        try:
            connection.request(method, path, body, headers or {})
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()

    def control(
        self, method: str, name: str, body: object = None, token: str | None = None
    ) -> tuple[int, Any]:
        """One control request: status and decoded JSON."""
        data = b"" if body is None else json.dumps(body).encode()
        bearer = self.served.token if token is None else token
        status, answer = self.request(
            method, f"/_sandbox/{name}", data, {"Authorization": f"Bearer {bearer}"}
        )
        return status, json.loads(answer)

    def fault(self, operation: str, error: str, when: str = "before", count: int = 1) -> None:
        """Let the next calls of an operation fail."""
        body = {"operation": operation, "error": error, "when": when, "count": count}
        assert self.control("POST", "faults", body)[0] == 200

    def close(self) -> None:
        for client in self._clients:
            client.close()
        self.served.stop()


SandboxFactory = Callable[..., Sandbox]


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Here the sandbox and its caller are one process: on a busy machine an answer may be late without
    anything being wrong, and a read that is repeated would move the clock that they share."""
    monkeypatch.setattr(sessions, "CONNECT_TIMEOUT_S", 60)
    monkeypatch.setattr(sessions, "READ_TIMEOUT_S", 60)


@pytest.fixture
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fewer looks, for what takes an hour and is not about its seconds."""
    monkeypatch.setattr(observing, "LOOK_EVERY_S", 10.0)


@pytest.fixture(scope="session")
def aws_session() -> Any:
    """One boto3 session for all: the first client of each costs a tenth of a second."""
    return boto3.Session()


@pytest.fixture
def unmodelled(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Hold every answer of every handler against botocore's model of it, whoever asked.

    The wire layer would leave out what the model lacks; a test must not.
    """
    found: list[str] = []
    for (service, operation), handler in HANDLERS.items():
        monkeypatch.setitem(HANDLERS, (service, operation), _watched(service, operation, handler, found))
    yield found
    assert not found, "\n".join(found)


def _watched(service: str, operation: str, handler: Handler, found: list[str]) -> Handler:
    def watched(account: Account, params: dict[str, Any]) -> dict[str, Any]:
        answer = handler(account, params)
        model = operation_model(service, operation)
        assert model is not None, f"{service} has no operation {operation}"
        if model.output_shape is not None:
            report = ParamValidator().validate(_present(answer), model.output_shape)
            if report.has_errors():
                found.append(f"{service}.{operation}: {report.generate_report()}")
        return answer

    return watched


def _present(value: Any) -> Any:
    """A value without the members that are ``None``: those are left out on the wire."""
    if isinstance(value, dict):
        return {key: _present(item) for key, item in value.items() if item is not None}
    return [_present(item) for item in value] if isinstance(value, list) else value


@pytest.fixture
def make_sandbox(aws_session: Any, unmodelled: list[str]) -> Iterator[SandboxFactory]:
    """Serve a world: ``make_sandbox("rugmunch", speed=10)``; without names one empty account.

    With ``clock`` the world follows that clock instead of the machine's; a ``calm`` one begins with
    nothing under way.
    """
    made: list[Sandbox] = []

    def make(
        *fleets: str,
        speed: float = 1.0,
        seed: int = DEFAULT_SEED,
        clock: Clock | None = None,
        calm: bool = False,
    ) -> Sandbox:
        world = World(seed, speed, time.time if clock is None else lambda: clock.now().timestamp())
        if fleets:
            from console.sandbox import fleet

            for name in fleets:
                fleet.load(world, name, begins=() if calm else None)
        else:
            account = Account(world, "111122223333", BARE_KEY, "us-east-1", "bare")
            world.accounts[account.access_key] = account
        made.append(Sandbox(world, start_thread(world), aws_session))
        return made[-1]

    yield make
    for sandbox in made:
        sandbox.close()


@pytest.fixture
def sandbox(make_sandbox: SandboxFactory) -> Sandbox:
    """A sandbox with one empty account."""
    return make_sandbox()


@pytest.fixture
def fifty(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The largest fleet as one environment of 50 services and 400 tasks; whatever was made of it before, or
    is made after, is another one."""
    for name, value in {"ENVIRONMENTS": 1, "SERVICES": 50, "TASKS": 8}.items():
        monkeypatch.setattr(huge, name, value)
    fleets._read.cache_clear()
    yield
    fleets._read.cache_clear()
