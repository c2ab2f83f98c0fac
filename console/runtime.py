"""What one run of the console is made of: everything is put together here, and only here.

A part is made, and its module loaded, when it is first asked for: the first frame needs none of them.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

from console.clock import SystemClock
from console.config.settings import Settings
from console.ports import Clock, Journal
from console.watch.store import FleetStore

if TYPE_CHECKING:
    from console.aws.connect import Connection
    from console.checklists.door import Checklists
    from console.domain.address import Address
    from console.domain.findings import Finding
    from console.domain.guard import ServiceSignals
    from console.operations.engine import Engine
    from console.operations.outside import Outside
    from console.signals.watching import SignalWatch
    from console.watch.poller import EnvironmentPoller


@dataclass
class Runtime:
    """The parts, wired. Nothing is read from the network before a part is used."""

    settings: Settings
    timeout_s: float | None = None
    """Operations are watched for that long; ``None``: to their end."""
    until: str = "done"
    """How far deploys are followed: ``safe``, ``bake`` or ``done``."""
    hooks: str = "wait"
    """What pause hooks of our own deployments meet: ``wait``, ``stop`` or ``continue``."""
    asks: str = "wait"
    """What questions to a person meet: ``wait`` for an answer, or ``stop`` as PAUSED."""
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
    def outside(self) -> "Mapping[str, Outside]":
        """By environment key: the way to the services themselves, without a single request."""
        return {key: self._way_out(connection) for key, connection in self.connections.items()}

    def _way_out(self, connection: "Connection") -> "Outside":
        from console.operations.outside import Outside
        from console.web.late import LateWeb
        from console.web.secrets import References

        read_only = connection.settings.environment.read_only
        return Outside(
            LateWeb(self.clock, read_only=read_only),
            References(self.settings.path.parent, connection.secret),
        )

    @cached_property
    def watches(self) -> "Mapping[str, SignalWatch]":
        """By environment key: the figures of its services from every source, for whoever draws them and
        for operations alike. Nobody is asked before somebody looks."""
        from console.signals.sources import Ways, watch_of
        from console.web.late import LateWeb

        return {
            key: watch_of(
                connection.settings,
                Ways(
                    connection.series,
                    connection.logs,
                    self.outside[key].secrets,
                    partial(LateWeb, self.clock, read_only=True),  # whoever measures only looks
                    connection.chronicle,
                ),
                self.clock,
            )
            for key, connection in self.connections.items()
        }

    def _look(self, key: str, *seen: Any) -> "ServiceSignals":
        """Its modules are loaded with the first look, on the thread of who looks."""
        return self.watches[key].look(*seen)

    def findings(self, chosen: "Iterable[Address]", version: str = "") -> "Iterator[Finding]":
        """Every finding of those services, as it is found; reads only.

        Args:
            version: What should run; empty: what the journal knows to have been left there.

        Raises:
            JournalError: when no version is named, and the journal cannot be read.
        """
        from console.operations.settled import wanted
        from console.operations.validate import Sources, validate

        for address in chosen:
            key = address.place
            connection = self.connections[key]
            sources = Sources(
                connection.platform, connection.signals, connection.logs, self.outside[key], self.clock
            )
            should = None if version else wanted(address, self.journal.operations(str(address)))
            yield from validate(self.settings.service(address), sources, should, version)

    @cached_property
    def engine(self) -> "Engine":
        from console.operations.engine import Engine

        return Engine(
            platforms={key: connection.platform for key, connection in self.connections.items()},
            journal=self.journal,
            clock=self.clock,
            settings=self.settings,
            timeout_s=self.timeout_s,
            until=self.until,
            hooks=self.hooks,
            asks=self.asks,
            outside=self.outside,
            gate=self.checklists if self.settings.has_checklists else None,
            watch=lambda key: self.watches.get(key),
        )

    @cached_property
    def checklists(self) -> "Checklists":
        """The lists of the configuration and their walks."""
        from console.checklists.door import Checklists, Places
        from console.checklists.registry import all_checks

        def actor(address: "Address") -> str:
            platform = self.connections[address.place].platform
            return self.engine.actor(platform.identity())

        places = {
            key: Places(connection.platform, connection.signals, connection.logs, self.outside[key])
            for key, connection in self.connections.items()
        }
        return Checklists(
            self.settings,
            places,
            self.journal,
            self.clock,
            all_checks(),
            actor,
            lambda address: self.engine.plan_rollback(address),
        )

    def pollers(self, chosen: "Iterable[Address] | None" = None) -> "Mapping[str, EnvironmentPoller]":
        """A poller an environment, by its key, each with its services' pictures in the store already.

        Args:
            chosen: Only these services, without the last run's picture and without proofs of ways back:
                for whoever prints what is read now. Without it all, with both.
        """
        from console.arena import share_one_arena
        from console.watch import memory
        from console.watch.poller import EnvironmentPoller
        from console.watch.shippers import JournalShippers

        share_one_arena()
        addresses = self._addresses() if chosen is None else _by_environment(chosen)
        environments = [(self.connections[key].settings.environment, addresses[key]) for key in addresses]
        remembered = memory.load(self.settings.cache, environments) if chosen is None else {}
        shippers = {key: JournalShippers(self.journal, key) for key in addresses}
        return {
            key: EnvironmentPoller(
                self.connections[key].platform,
                self.connections[key].signals,
                mine,
                self.store,
                self.clock,
                self.engine.holds,
                shippers=shippers[key],
                ended=shippers[key].ended,
                drained=shippers[key].drained,
                plan_rollback=self.engine.plan_rollback if chosen is None else None,
                look=partial(self._look, key) if chosen is None else None,
                remembered=remembered.get(key),
                limits={item: self.settings.service(item).guard.alerts for item in mine},
            )
            for key, mine in addresses.items()
        }

    def _addresses(self) -> "dict[str, list[Address]]":
        return {
            key: [item.address for item in connection.settings.services.values()]
            for key, connection in self.connections.items()
        }


def _by_environment(addresses: "Iterable[Address]") -> "dict[str, list[Address]]":
    found: dict[str, list[Address]] = {}
    for address in addresses:
        found.setdefault(address.place, []).append(address)
    return found
