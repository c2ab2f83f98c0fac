"""Calm means that nothing is raised: hours of a world in which nothing happens, and no alert, no trouble.

The console without a face and the sandbox go by one clock that is moved by hand. What the world itself does
in that time (a task that dies) is the world's, and is asked of the world, not of the console.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from threading import Event

import pytest

from console.aws import sessions
from console.config.loader import load
from console.domain.alerts import AlertBook
from console.domain.fleet import ServicePicture
from console.ports import Clock
from console.runtime import Runtime
from console.sandbox import fleet, folder
from console.sandbox.http import start_thread
from console.sandbox.kernel import World
from console.sandbox.scenes import catalogue
from console.signals import sources
from console.signals.book import SignalBook
from console.signals.lanes import SameThreadLane
from console.watch.loop import run
from console.watch.poller import EnvironmentPoller
from console.web import late
from console.web.client import WebClient
from tests.fakes import FakeClock

SEEDS = range(1, 21)
WHOLE = timedelta(hours=2)
SLICE = timedelta(minutes=20)
SLICE_FLEETS = ("rugmunch",)
"""An API behind a load balancer, and a worker with a queue."""
LOOK_S = 15.0
"""How often the picture is held against the rule."""


@dataclass
class Watched:
    """A console that watches calm fleets."""

    clock: FakeClock
    runtime: Runtime
    pollers: tuple[EnvironmentPoller, ...]
    alerts: AlertBook = field(default_factory=AlertBook)
    raised: list[str] = field(default_factory=list)
    """Every alert and every state of trouble or motion, with its moment."""
    judged: int = 0
    """Alerts that were judged and found well."""

    def run(self, time: timedelta) -> None:
        """Let time pass for console and world alike, somebody being at the console all the while."""
        stop = Event()
        self.clock.at(self.clock.monotonic() + LOOK_S, self._look)
        self.clock.at(self.clock.monotonic() + time.total_seconds(), stop.set)
        run([reader for poller in self.pollers for reader in poller.readers()], Event(), stop, self.clock)

    def _look(self) -> None:
        for poller in self.pollers:
            poller.touch()
        snapshot = self.runtime.store.snapshot
        found = self.alerts.update(snapshot, self.clock.now()).found
        self.raised += [f"{self._at} {address}: alert {item.line}" for address, item in found.items()]
        for row in snapshot.services():
            if row.state.is_trouble or row.state.is_moving:
                self.raised.append(f"{self._at} {row.address}: {row.state} {row.diagnosis.line}")
        self.judged += sum(_judged(row) for row in snapshot.services())
        self.clock.at(self.clock.monotonic() + LOOK_S, self._look)

    @property
    def _at(self) -> str:
        return f"{timedelta(seconds=round(self.clock.monotonic()))}"


def _judged(row: ServicePicture) -> int:
    return sum(item.value is not None for item in row.signals.alerts) if row.signals else 0


@contextmanager
def calm(seed: int, fleets: tuple[str, ...], home: Path, patch: pytest.MonkeyPatch) -> Iterator[Watched]:
    """A console on a sandbox in which nothing is under way and nothing is wrong."""
    patch.setenv("XDG_STATE_HOME", str(home))
    patch.setattr(sessions, "READ_TIMEOUT_S", 60)
    patch.setattr(sources, "SignalBook", lambda asked, clock: SignalBook(asked, clock, SameThreadLane))
    webs: list[WebClient] = []

    def web(clock: Clock, *, read_only: bool) -> WebClient:
        webs.append(WebClient(clock, read_only=read_only))
        return webs[-1]

    patch.setattr(late, "LateWeb", web)
    clock = FakeClock()
    world = World(seed, 1.0, lambda: clock.now().timestamp())
    catalogue.furnish(world, catalogue.scene("calm"), fleets)
    served = start_thread(world)
    try:
        run = folder.create(world, served.endpoint, fleet.configuration(world, served.endpoint))
        runtime = Runtime(load(run.config), clock=clock)
        yield Watched(clock, runtime, tuple(runtime.pollers().values()))
    finally:
        for opened in webs:
            opened.close()
        served.stop()


def test_nothing_is_raised_in_twenty_calm_minutes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A slice of the campaign: an API and a worker, their figures read and judged."""
    with calm(2, SLICE_FLEETS, tmp_path, monkeypatch) as watched:
        watched.run(SLICE)
        assert watched.raised == []
        assert watched.judged > 100, "what was never judged raises nothing"


@pytest.mark.campaign
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("seed", SEEDS)
def test_nothing_is_raised_in_two_calm_hours(
    seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every fleet of the sandbox, with every source that it has."""
    with calm(seed, fleet.names(), tmp_path, monkeypatch) as watched:
        watched.run(WHOLE)
        assert watched.raised == []
        assert watched.judged > 10_000
