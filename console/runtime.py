"""What one run of the console is made of: everything is put together here, and only here."""

from collections.abc import Mapping
from dataclasses import dataclass

from console.aws.connect import Connection, connect
from console.clock import SystemClock
from console.config.settings import Settings
from console.journal.sqlite import SqliteJournal
from console.operations.engine import Engine
from console.ports import Clock, Journal
from console.watch.store import FleetStore


@dataclass(frozen=True)
class Runtime:
    """The parts, wired."""

    settings: Settings
    connections: Mapping[str, Connection]
    """By environment key."""
    journal: Journal
    clock: Clock
    engine: Engine
    store: FleetStore
    note: str = ""
    """One line to show at start; empty for none."""


def open_runtime(
    settings: Settings,
    *,
    contact_lost_s: float | None = None,
    timeout_s: float | None = None,
    note: str = "",
) -> Runtime:
    """Wire a runtime. Nothing is read from the network and no client is made yet."""
    clock = SystemClock()
    connections = connect(settings, clock)
    journal = SqliteJournal(settings.journal)
    engine = Engine(
        platforms={key: connection.platform for key, connection in connections.items()},
        journal=journal,
        clock=clock,
        settings=settings,
        contact_lost_s=contact_lost_s,
        timeout_s=timeout_s,
    )
    return Runtime(settings, connections, journal, clock, engine, FleetStore(), note)
