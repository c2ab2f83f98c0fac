"""What the watch asks of ECS, and how soon it notices: console and sandbox on one clock moved by hand.

Minutes of it take seconds, and what is counted is what the sandbox received over HTTP.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median
from threading import Event
from typing import Any
from unittest.mock import patch

from bench.rows import Row
from bench.sandbox import Ask, asking
from bench.world import calls
from console.aws.connect import connect
from console.config.loader import load
from console.config.settings import Settings
from console.domain.address import Address
from console.journal.sqlite import SqliteJournal
from console.operations.engine import Engine
from console.sandbox import fleet, folder
from console.sandbox.http import start_thread
from console.sandbox.kernel import World
from console.sandbox.run import DEFAULT_SEED
from console.sandbox.scenes import huge
from console.watch.poller import EnvironmentPoller
from console.watch.shippers import JournalShippers
from console.watch.store import FleetStore
from tests.fakes import FakeClock

KEY = "huge/production"
SETTLED_S = 320.0
"""By then everything has been read, and every way back proved."""
LOOK_S = 0.25
"""The world is compared with the picture that often."""
ROUNDS = 6
MINUTES = 12
IDLE_MINUTES = 75
"""Long enough that every way back is proved anew, too."""
MOTION_S = 100.0
"""How long each of the deployments is followed."""


Facts = dict[str, tuple[int, int, int]]
"""Deployment -> tasks wanted, running and pending."""


class Watch:
    """A console without a face on a world of 50 services and 400 tasks."""

    def __init__(self, settings: Settings, clock: FakeClock, sandbox: dict[str, Any]) -> None:
        self.clock, self.sandbox = clock, sandbox
        connections = connect(settings, clock)
        journal = SqliteJournal(settings.journal)
        self.platform = connections[KEY].platform
        engine = Engine({KEY: self.platform}, journal, clock, settings)
        self.store = FleetStore()
        self.addresses = tuple(item.address for item in connections[KEY].settings.services.values())
        self.poller = EnvironmentPoller(
            self.platform,
            connections[KEY].signals,
            self.addresses,
            self.store,
            clock,
            engine.holds,
            shippers=JournalShippers(journal, KEY),
            plan_rollback=engine.plan_rollback,
        )

    def run(self, seconds: float) -> int:
        """Let the loop run for that long; the calls of ECS that were made."""
        stop, before = Event(), calls(self.sandbox, "ecs.")
        self.clock.at(self.clock.monotonic() + seconds, stop.set)
        self.poller.run(stop)
        return calls(self.sandbox, "ecs.") - before

    @property
    def is_calm(self) -> bool:
        """No service is in trouble or in motion."""
        states = [row.diagnosis.state for row in self.store.snapshot.environments[KEY].services]
        return not any(state.is_trouble or state.is_moving for state in states)

    def read_at(self, address: Address) -> float:
        """When what the picture says of a service was read, on the clock."""
        services = self.store.snapshot.environments[KEY].services
        as_of = next(row.as_of for row in services if row.address == address)
        assert as_of is not None
        return self.clock.monotonic() - (self.clock.now() - as_of).total_seconds()


def measure(home: str) -> list[Row]:
    """Count a picture and idle minutes, then deploy beside the console's back."""
    with _watch(home) as watch:
        before = calls(watch.sandbox, "ecs.")
        statuses = watch.platform.services()
        watch.platform.running_tasks([status.address for status in statuses])
        picture = calls(watch.sandbox, "ecs.") - before
        watch.poller.touch()
        watch.run(SETTLED_S - 20)
        attended = _minutes(watch, MINUTES, touched=True)
        watch.run(SETTLED_S)
        unattended = _minutes(watch, IDLE_MINUTES, touched=False)
        first, later = _notice(watch)
    return [
        ("ECS calls for 50 services and 400 tasks", "13", f"{picture}"),
        (f"… a minute with somebody at the keys, median of {len(attended)}", "–", f"{median(attended):.0f}"),
        (f"… an idle minute, median of {len(unattended)}", "30", f"{median(unattended):.0f}"),
        ("… the most costly of them, ways back proved anew", "30", f"{max(unattended)}"),
        (f"a deployment by others is noticed, worst of {len(first)}", "15 s", f"{max(first):.1f} s"),
        (f"a change while it deploys, worst of {len(later)}", "3 s", f"{max(later):.1f} s"),
    ]


def _minutes(watch: Watch, minutes: int, *, touched: bool) -> list[int]:
    """The calls of ECS of each of so many minutes; one at whose end a service is in trouble, as chance
    has it, is not idle and not counted."""
    counts = []
    for _ in range(minutes):
        if touched:
            watch.poller.touch()
        count = watch.run(60)
        if watch.is_calm:
            counts.append(count)
    return counts or [0]


def _notice(watch: Watch) -> tuple[list[float], list[float]]:
    """Seconds until deployments, and what happens in the course of them, were in the picture."""
    first, later = [], []
    with asking(watch.sandbox) as ask:
        for number in range(ROUNDS):
            lag = Lag(watch, ask, watch.addresses[number * 7])
            watch.poller.touch()
            watch.run(20 + number * 2.7)  # at no moment that a reading could wait for
            watch.clock.at(watch.clock.monotonic() + 0.1, lag.begin)
            watch.run(MOTION_S)
            lag.is_over = True
            if lag.first is None:
                raise RuntimeError(f"the deployment of {lag.address} was never noticed")
            first.append(lag.first)
            later += lag.later
    return first, later


class Lag:
    """Compares a service with its picture, every quarter of a second."""

    def __init__(self, watch: Watch, ask: Ask, address: Address) -> None:
        self.first: float | None = None
        """Seconds until the picture had the deployment."""
        self.later: list[float] = []
        """From each change after that until the picture was one that had been read since."""
        self.is_over = False
        self._watch, self._ask, self.address = watch, ask, address
        self._name = f"{address.environment}-{address.alias.removeprefix('huge-')}"
        self._waiting: list[float] = []
        self._last = self._truth()

    def begin(self) -> None:
        """Deploy as somebody else would, and look from then on."""
        self._ask("UpdateService", service=self._name, forceNewDeployment=True)
        self._look()

    def _look(self) -> None:
        """The console reads at once on this clock: a picture that was read later than a change has it."""
        if self.is_over:
            return
        now, facts = self._watch.clock.monotonic(), self._truth()
        if facts != self._last:
            self._last = facts
            self._waiting.append(now)
        read_at = self._watch.read_at(self.address)
        lags = [now - at for at in self._waiting if at <= read_at]
        self._waiting = [at for at in self._waiting if at > read_at]
        if lags and self.first is None:
            self.first = lags[0]
        else:
            self.later += lags
        self._watch.clock.at(now + LOOK_S, self._look)

    def _truth(self) -> Facts:
        service = self._ask("DescribeServices", services=[self._name])["services"][0]
        return {
            item["id"]: (item["desiredCount"], item["runningCount"], item["pendingCount"])
            for item in service["deployments"]
        }


@contextmanager
def _watch(home: str) -> Iterator[Watch]:
    clock = FakeClock()
    with (
        patch.multiple(huge, ENVIRONMENTS=1, SERVICES=50, TASKS=8),
        patch.dict(os.environ, {"HOME": home, "XDG_STATE_HOME": f"{home}/state"}),
    ):
        world = World(DEFAULT_SEED, 1.0, lambda: clock.now().timestamp())
        fleet.load(world, huge.NAME)
        served = start_thread(world)
        run = folder.create(world, served.endpoint, fleet.configuration(world))
        try:
            yield Watch(load(run.config), clock, {"endpoint": served.endpoint, "token": served.token})
        finally:
            served.stop()
