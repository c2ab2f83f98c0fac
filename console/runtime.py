"""What one run of the console is made of: everything is put together here, and only here.

A part is made, and its module loaded, when it is first asked for: the first frame needs none of them.
"""

from collections.abc import Mapping
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


@dataclass
class Runtime:
    """The parts, wired. Nothing is read from the network before a part is used."""

    settings: Settings
    contact_lost_s: float | None = None
    """Operations give up after that long without a successful read; ``None``: never."""
    timeout_s: float | None = None
    """Operations are watched for that long; ``None``: to their end."""
    note: str = ""
    """One line to show at start; empty for none."""
    clock: Clock = field(default_factory=SystemClock)
    store: FleetStore = field(default_factory=FleetStore)

    @cached_property
    def connections(self) -> "Mapping[str, Connection]":
        """By environment key."""
        from console.aws.connect import connect

        return connect(self.settings, self.clock)

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
        )
