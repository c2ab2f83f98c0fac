"""A console and the world that it watches on one clock moved by hand, and a judge who looks at both."""

import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from console.aws.budget import Bucket
from console.aws.calls import Calls
from console.cli import status
from console.config.loader import load
from console.config.settings import ServiceSettings, Settings
from console.domain.address import Address
from console.errors import QuarterdeckError
from console.operations.engine import Engine
from console.runtime import Runtime
from console.sandbox import fleet, folder
from console.sandbox.application import front
from console.sandbox.kernel import World
from console.watch.loop import Reader
from console.watch.poller import EnvironmentPoller
from console.watch.shippers import JournalShippers
from tests.campaigns import claims
from tests.campaigns.direct import DirectSandbox
from tests.campaigns.judge import Claim, Judge, Site, Trial, Word
from tests.campaigns.wire import Wire
from tests.contract.shared_world import SharedWorld
from tests.fakes import FakeClock

TICK_S = 2.5
"""The judge looks, and the console has its turns, that often."""
ROUTES = {
    "fairtradeworker": "api/jobs",
    "swapjoy": "api/items",
    "rugmunch": "api/tokens/trending",
    "rugmunch-codedeploy": "api/tokens/trending",
    "mealplanner": "api/v1/recipes",
    "clever-better": "predictions",
}
"""What probe clients ask a fleet for."""
STATUS_EVERY = 12
"""Ticks."""


class Inline:
    """A thread of ``status`` that runs at once: there is one clock, and whoever waits moves it."""

    def __init__(self, target: Callable[[], object], **_: object) -> None:
        self._target = target

    def start(self) -> None:
        self._target()

    def join(self, timeout: float | None = None) -> None:
        pass

    def is_alive(self) -> bool:
        return False


class Queue:
    """Whether a call of the console waits: for its turn, or to try again. Whoever comes then, on the
    same thread, could wait for one who cannot go on before him."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self._waiting = 0
        patch.setattr(Bucket, "take", self._counted(Bucket.take))
        patch.setattr(Calls, "read", self._counted(Calls.read))

    def _counted(self, honest: Callable[..., Any]) -> Callable[..., Any]:
        def call(*given: Any, **named: Any) -> Any:
            self._waiting += 1
            try:
                return honest(*given, **named)
            finally:
                self._waiting -= 1

        return call

    @property
    def is_waiting(self) -> bool:
        return self._waiting > 0


@dataclass
class Desk:
    """One person's console on one service, and all that is known to be true of it."""

    sandbox: DirectSandbox
    shared: SharedWorld
    runtime: Runtime
    poller: EnvironmentPoller
    address: Address
    trial: Trial
    chance: random.Random
    queue: Queue
    said: claims.Said | None = None
    """The operation under way."""
    log: list[str] | None = None
    _ticks: int = 0
    _truthful: int = 0
    _lost: list[dict[str, object]] = field(default_factory=list)
    _loops: Sequence[Reader] = ()

    @property
    def clock(self) -> FakeClock:
        return self.shared.clock

    @property
    def service(self) -> ServiceSettings:
        return self.shared.settings.service(self.address)

    def note(self, text: str) -> None:
        """A line for whoever reads what happened."""
        if self.log is not None:
            self.log.append(f"{self.clock.monotonic():7.1f} {text}")

    def client(self, name: str) -> Any:
        return self.shared.sandbox.client(name, self.address.system)

    def engine(self, **options: Any) -> Engine:
        """As a process of its own would make it, with the connections of this console."""
        return self.shared.engine(**options)

    # time

    def begin(self) -> None:
        """From now on the judge looks, and the console has its turns, as time passes."""
        self._loops = self.poller.readers()
        self._tick()

    def wait(self, seconds: float) -> None:
        self.clock.advance(seconds)

    def later(self, seconds: float, do: Callable[[], object]) -> None:
        """Let something happen while whoever waits waits."""
        self.clock.at(self.clock.monotonic() + seconds, lambda: self._undisturbed(do))

    def _undisturbed(self, do: Callable[[], object]) -> None:
        with self.truthful():
            do()

    def _tick(self) -> None:
        self._ticks += 1
        if self._ticks % 24 == 0:
            self.poller.touch()
        if not self.queue.is_waiting:
            for reader in self._loops:
                if reader.next_due() <= self.clock.monotonic():
                    reader.turn()
        with self.truthful():
            self.trial.look()
            self.trial.displayed(self._displayed())
        if self._ticks % STATUS_EVERY == 0 and not self.queue.is_waiting:
            self.status()
        self.clock.at(self.clock.monotonic() + TICK_S, self._tick)

    def _displayed(self) -> Iterator[Claim]:
        snapshot = self.runtime.store.snapshot
        row = snapshot.find(self.address)
        if row is not None:
            yield from claims.of_row(row, snapshot.environments[self.address.place], self.clock.now())
        if self.said is not None:
            yield from self.said.displayed()

    def status(self) -> None:
        """Somebody runs ``quarterdeck status``, and what it prints is judged."""
        runtime = Runtime(self.shared.settings, clock=self.clock)
        runtime.__dict__["connections"] = self.runtime.connections
        (picture,) = status.read(runtime, [self.address])
        with self.truthful():
            said = tuple(claims.of_status(picture, self.clock))
            if said:
                self.trial.look(probes=4)
            for claim in said:
                self.trial.made(claim)

    @contextmanager
    def truthful(self) -> Iterator[None]:
        """Calls in here meet no fault of the API: those are for the console."""
        faults = self.shared.sandbox.served.server.gateway.faults
        kept, now = faults.waiting(), self.clock.now().timestamp()
        faults.clear()
        self._truthful += 1
        try:
            yield
        finally:
            for fault in kept:
                faults.add(replace(fault, duration=fault.until - now if fault.duration else None))
            self._truthful -= 1
            if not self._truthful:
                for body in self._lost:
                    self.sandbox.begin_fault(body)
                self._lost.clear()

    def lose(self, fault: dict[str, object]) -> None:
        """A fault of the API, for the console alone: it begins when nobody speaks truthfully."""
        self._lost.append(fault)

    # operations

    def carry(self, events: Iterator[Any], said: claims.Said, *, stop_after: int | None = None) -> bool:
        """Follow an operation, and hold each of its words against the judge; whether it came to an end.

        Args:
            stop_after: After so many events its process is killed.
        """
        self.said = said
        self.trial.expect(*said.expected(), Claim(Word.STEADY, "status"))
        try:
            for number, event in enumerate(events):
                if event.event not in ("observed",):
                    self.note(f"{event.event}: {event.text}")
                green = tuple(said.take(event))
                if green:
                    with self.truthful():
                        self.trial.look(probes=6)
                        for claim in green:
                            self.trial.made(claim)
                if stop_after is not None and number >= stop_after and not said.verdict:
                    events.close()  # type: ignore[attr-defined]
                    return False
        except QuarterdeckError as error:
            self.note(f"refused: {error}")
        self.said = None
        return True


@contextmanager
def opened(address: Address, seed: int, tmp_path: Path) -> Iterator[Desk]:
    """A console on one service of a fleet; nothing is under way there."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(front, "MOST_DELAY_S", 0.0)  # the clock is moved by hand: nobody is held up
        patch.setattr(status, "Thread", Inline)
        patch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
        patch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
        clock, queue = FakeClock(), Queue(patch)
        world = World(seed, 1.0, lambda: clock.now().timestamp())
        fleet.load(world, address.system, begins=())
        sandbox = DirectSandbox(world)
        send = sandbox.direct.send
        patch.setattr("botocore.httpsession.URLLib3Session.send", lambda self, request: send(request))
        run = folder.create(world, sandbox.endpoint, fleet.configuration(world))
        try:
            yield _desk(sandbox, clock, _only(load(run.config), address), seed, queue)
        finally:
            sandbox.close()


def _only(settings: Settings, address: Address) -> Settings:
    """The settings of a console that is interested in one service."""
    environment = settings.environments[address.place]
    services = {key: item for key, item in environment.services.items() if item.address == address}
    return replace(settings, environments={address.place: replace(environment, services=services)})


def _desk(sandbox: DirectSandbox, clock: FakeClock, settings: Settings, seed: int, queue: Queue) -> Desk:
    runtime = Runtime(settings, clock=clock)
    shared = SharedWorld(sandbox, clock, settings, dict(runtime.connections), runtime.journal)  # type: ignore[arg-type]
    (address,) = (item.address for item in settings.services())
    key = address.place
    connection = runtime.connections[key]
    shippers = JournalShippers(runtime.journal, key)
    poller = EnvironmentPoller(
        connection.platform,
        connection.signals,
        [address],
        runtime.store,
        clock,
        runtime.engine.holds,
        random.Random(seed).random,
        shippers=shippers,
        ended=shippers.ended,
        plan_rollback=runtime.engine.plan_rollback,
    )
    if seed % 2:
        poller.focus(address)  # its page is open: it is read in full; else only the fleet is
    account = sandbox.account(address.system)
    wire = Wire(sandbox.direct.exchange, account.access_key, account.region)
    service = settings.service(address)
    path = f"/_app/{address.system}/{address.environment}/{address.alias}/{ROUTES[address.system]}"
    if wire.probe(path).status == 404 or not shared.connections[key].platform.status(address).target_groups:
        path = ""  # no client of it goes by what ECS calls healthy
    site = Site(service.cluster, service.service, shared.repository(address), path)
    trial = Trial(Judge(wire, site, lambda: clock.now().timestamp()))
    return Desk(sandbox, shared, runtime, poller, address, trial, random.Random(seed), queue)
