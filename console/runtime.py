"""What one run of the console is made of: everything is put together here, and only here.

A part is made, and its module loaded, when it is first asked for: the first frame needs none of them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from console.clock import SystemClock
from console.config.settings import Settings
from console.ports import Clock, Journal
from console.watch.store import FleetStore

if TYPE_CHECKING:
    from console.aws.connect import Connection
    from console.operations.engine import Engine
    from console.watch.poller import EnvironmentPoller


@dataclass
class Runtime:
    """The parts, wired. Nothing is read from the network before a part is used."""

    settings: Settings
    contact_lost_s: float | None = None
    """Operations give up after that long without a successful read; ``None``: never."""
    timeout_s: float | None = None
    """Operations are watched for that long; ``None``: to their end."""
    until: str = "done"
    """How far deploys are followed: ``safe``, ``bake`` or ``done``."""
    hooks: str = "wait"
    """What pause hooks of our own deployments meet: ``wait``, ``stop`` or ``continue``."""
    note: str = ""
    """One line to show at start; empty for none."""
    mfa: Callable[[str], str] | None = None
    """Asks for the code of an MFA device, given its serial number; ``None``: on the terminal."""
    clock: Clock = field(default_factory=SystemClock)
    store: FleetStore = field(default_factory=FleetStore)

    @cached_property
    def connections(self) -> "Mapping[str, Connection]":
        """By environment key."""
        from console.aws.connect import connect

        return (
            connect(self.settings, self.clock, self.mfa) if self.mfa else connect(self.settings, self.clock)
        )

    @cached_property
    def journal(self) -> Journal:
        from console.journal.sqlite import SqliteJournal

        return SqliteJournal(self.settings.journal)

    @cached_property
    def engine(self) -> "Engine":
        from console.operations.engine import Engine

        return Engine(
            platforms={key: connection.platform for key, connection in self.connections.items()},
            journal=self.journal,
            clock=self.clock,
            settings=self.settings,
            contact_lost_s=self.contact_lost_s,
            timeout_s=self.timeout_s,
            until=self.until,
            hooks=self.hooks,
        )

    def pollers(self) -> "Mapping[str, EnvironmentPoller]":
        """A poller an environment, by its key; the last run's picture is in the store with them."""
        from console.watch import memory
        from console.watch.poller import EnvironmentPoller
        from console.watch.shippers import JournalShippers

        addresses = {
            key: tuple(item.address for item in connection.settings.services.values())
            for key, connection in self.connections.items()
        }
        remembered = memory.load(
            self.settings.cache,
            [(item.settings.environment, addresses[key]) for key, item in self.connections.items()],
        )
        return {
            key: EnvironmentPoller(
                connection.platform,
                connection.signals,
                addresses[key],
                self.store,
                self.clock,
                self.engine.holds,
                shippers=JournalShippers(self.journal, key),
                plan_rollback=self.engine.plan_rollback,
                remembered=remembered.get(key),
            )
            for key, connection in self.connections.items()
        }
