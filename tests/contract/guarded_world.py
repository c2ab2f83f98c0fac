"""A console that guards its deploys, and the world that they happen in, on one clock."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from console.config.loader import load
from console.domain.address import Address
from console.domain.guarded import GuardAnswer, GuardView
from console.domain.operation import OperationEvent, Verb
from console.domain.wish import Wish
from console.operations.engine import Engine
from console.operations.outside import Outside
from console.sandbox import fleet, folder
from console.signals.book import SignalBook
from console.signals.lanes import SameThreadLane
from console.signals.sources import Ways, sources_of
from console.signals.watching import SignalWatch
from console.web.client import WebClient
from console.web.secrets import References
from tests.contract.conftest import SandboxFactory
from tests.contract.shared_world import SharedWorld, open_world
from tests.fakes import FakeClock

SWAP = Address("swapjoy", "production", "api")


@dataclass
class GuardedWorld:
    """One service of a world whose time the test moves, and everything that is said of it."""

    shared: SharedWorld
    address: Address
    watch: SignalWatch
    outside: Outside
    told: list[OperationEvent] = field(default_factory=list)

    def engine(self, *, asks: str = "stop", hooks: str = "continue", until: str = "done") -> Engine:
        """An engine as a process of its own would make it, its figures looked at on its own thread."""
        return self.shared.engine(
            asks=asks,
            hooks=hooks,
            until=until,
            outside={self.key: self.outside},
            watch={self.key: self.watch}.get,
            lane=SameThreadLane,
        )

    @property
    def key(self) -> str:
        return self.address.place

    def events(
        self, version: str, guard: str = "rollback", bake_s: float | None = 600.0, asks: str = "stop"
    ) -> Iterator[OperationEvent]:
        """A deploy, event by event; each is kept in ``told``."""
        engine = self.engine(asks=asks)
        plan = engine.plan(Wish(Verb.DEPLOY, self.address, version=version, guard=guard, bake_s=bake_s))
        return self.kept(engine.execute(plan, str(self.address)))

    def kept(self, events: Iterator[OperationEvent]) -> Iterator[OperationEvent]:
        for event in events:
            self.told.append(event)
            yield event

    def deploy(self, version: str, guard: str = "rollback", bake_s: float | None = 600.0) -> dict[str, Any]:
        """A deploy to its end; the facts of its verdict."""
        last = list(self.events(version, guard, bake_s))[-1]
        assert last.event == "verdict"
        return dict(last.facts)

    def deploy_meanwhile(
        self, version: str, after_s: float, happens: Callable[[], object], guard: str = "rollback"
    ) -> dict[str, Any]:
        """A deploy to its end, during which something happens."""
        self.shared.clock.at(self.shared.clock.monotonic() + after_s, happens)
        return self.deploy(version, guard)

    def said(self, name: str = "guard") -> list[OperationEvent]:
        """What was told of that name."""
        return [item for item in self.told if item.event == name]

    def trips(self) -> list[dict[str, Any]]:
        """The facts of every trip."""
        return [dict(e.facts) for e in self.said() if e.facts["state"] in ("tripped", "countdown")]

    def answer(self, operation: str, answer: GuardAnswer) -> bool:
        """As another console would."""
        engine = self.engine()
        plan = engine.plan_rollback(self.address) if answer is GuardAnswer.BACK else None
        return engine.answer_guard(operation, answer, plan, str(self.address))

    def view(self) -> GuardView:
        """The guard as it was drawn last."""
        views = [item.progress.guard for item in self.told if item.progress and item.progress.guard]
        return views[-1]

    def wrong(self, name: str) -> None:
        """Let the world fail in one way."""
        body = {"fault": name, "fleet": self.address.system, "environment": self.address.environment}
        status, answer = self.shared.sandbox.control("POST", "world", {**body, "service": self.address.alias})
        assert status == 200, answer

    def running(self) -> str:
        """The version that serves."""
        platform = self.shared.connections[self.key].platform
        release = platform.observe(self.address).primary_release
        assert release is not None
        return release.version.label


Opened = Callable[..., GuardedWorld]


@pytest.fixture
def open_guarded(
    make_sandbox: SandboxFactory, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[Opened]:
    """Serve a fleet and open a console on it: ``open_guarded(address, seed=3)``."""
    made: list[WebClient] = []

    def make(address: Address, **options: Any) -> GuardedWorld:
        clock = FakeClock()
        sandbox = make_sandbox(address.system, clock=clock, calm=True, **options)
        shared = open_world(sandbox, clock, monkeypatch, tmp_path)
        systems = fleet.configuration(sandbox.world, sandbox.endpoint)
        settings = load(folder.create(sandbox.world, sandbox.endpoint, systems).config)
        key = address.place
        connection = shared.connections[key]

        def web(*, read_only: bool = True) -> WebClient:
            made.append(WebClient(clock, read_only=read_only))
            return made[-1]

        secrets = References(settings.path.parent, connection.secret)
        ways = Ways(connection.series, connection.logs, secrets, web, connection.chronicle)
        mine = settings.environments[key]
        book = SignalBook(sources_of(mine, ways, clock), clock, SameThreadLane)
        policies = {item.address: item.guard for item in mine.services.values()}
        watch = SignalWatch(book, policies.__getitem__, clock, connection.chronicle)
        outside = Outside(web(read_only=False), secrets)
        return GuardedWorld(replace(shared, settings=settings), address, watch, outside)

    yield make
    for web in made:
        web.close()
