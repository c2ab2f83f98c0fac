"""What every part of the engine works with: the platforms, the journal, the clock, the configuration."""

import getpass
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from console.config.settings import Settings
from console.domain.address import Address, Identity
from console.domain.operation import OperationRecord, Plan
from console.domain.service import Observation
from console.domain.wish import Wish
from console.errors import QuarterdeckError
from console.operations import bearings as positions
from console.operations.bearings import Bearings
from console.operations.carrier import Carrier, Limits
from console.operations.gate import Gate, NoGate
from console.operations.guard_back import Back
from console.operations.guard_feed import GuardFeed, Guards
from console.operations.guard_terms import is_guarded, remarks, terms_of
from console.operations.guarded import Guarded
from console.operations.outside import Outside
from console.operations.performer import Performer
from console.operations.spoken import Speaker
from console.ports import Clock, Journal, Platform
from console.signals.lanes import Lane, ThreadLane
from console.signals.watching import SignalWatch


@dataclass
class Means:
    """Everything that operations are planned and carried with, by address."""

    platforms: Mapping[str, Platform]
    """By environment key."""
    journal: Journal
    clock: Clock
    settings: Settings
    followed: Limits = field(default_factory=Limits)
    """How long every operation is followed; a service's own time to be healthy comes on top."""
    outside: Mapping[str, Outside] = field(default_factory=dict)
    """By environment key: the way to the services themselves; without it no requests are sent."""
    gate: Gate = field(default_factory=NoGate)
    """What else has to be settled before something new is shipped."""
    guards: Guards | None = None
    """What guards are made with; ``None``: nothing judges figures."""
    lanes: dict[str, Lane] = field(default_factory=dict)
    """Where figures are looked at, by what for and which service."""
    identities: dict[str, Identity] = field(default_factory=dict)
    """Who planned, by environment key: after confirming, nobody is asked again."""

    def platform(self, address: Address) -> Platform:
        return self.platforms[address.place]

    def bearings(self, address: Address) -> Bearings:
        """Where a service stands, and who asks.

        Raises:
            QuarterdeckError: whatever the platform raises.
        """
        taken = positions.take(address, self.settings.service(address), self.platform(address))
        self.identities[address.place] = taken.identity
        return taken

    def identity(self, address: Address) -> Identity:
        """Who asks, as it was found when planning; else it is asked."""
        return self.identities.get(address.place) or self.platform(address).identity()

    def limits(self, address: Address) -> Limits:
        """How long an operation on a service is followed."""
        after = self.settings.service(address).no_check_healthy_after
        return replace(self.followed, no_check_healthy_after=after)

    def performer(self, address: Address, clock: Clock) -> Performer:
        settings = self.settings.service(address)
        return Performer(self.platform(address), clock, settings, self.outside.get(address.place))

    def with_guard(self, plan: Plan, wish: Wish, observation: Observation) -> Plan:
        """The plan with how it will be guarded, where it is one that can be. The figures are looked at once
        already: what is known before the order is the baseline."""
        watch = self.guards.watch(plan.address.place) if self.guards is not None else None
        if watch is None or not is_guarded(plan):
            return plan
        terms = terms_of(wish, self.settings.service(plan.address).guard)
        said = tuple(remarks(terms, plan, observation.status))
        if terms.is_on:
            self._feed(plan.address, watch, self.clock, "plan").tend(observation, None)
        return replace(plan, guard=terms, remarks=(*plan.remarks, *said))

    def guarded(self, carrier: Carrier) -> Guarded | None:
        """The guard of an operation that begins, or is taken over; ``None`` where its plan has none."""
        plan, guards = carrier.plan, self.guards
        watch = guards.watch(plan.address.place) if guards is not None else None
        if guards is None or watch is None or plan.guard is None:
            return None
        feed = self._feed(plan.address, watch, carrier.clock, "guard")
        return Guarded(carrier, plan.guard, feed, Back(carrier, guards.back))

    def _feed(self, address: Address, watch: SignalWatch, clock: Clock, what: str) -> GuardFeed:
        """Its lane is kept: a thread never ends, and one that hangs holds up its own kind alone."""
        make = self.guards.lane if self.guards is not None else ThreadLane
        name = f"{what}-{address}"
        if name not in self.lanes:
            self.lanes[name] = make(name)
        return GuardFeed(watch, address, self.lanes[name], clock)

    def actor(self, identity: Identity) -> str:
        """Who acts: the setting, QUARTERDECK_OPERATOR, the caller's session name, the machine's user."""
        named = self.settings.operator or os.environ.get("QUARTERDECK_OPERATOR", "")
        if named or identity.session_name:
            return named or identity.session_name
        try:
            return getpass.getuser()
        except (KeyError, OSError):
            return "unknown"

    def speaker(self, address: Address) -> Speaker:
        """Whoever says something of a service now."""
        platform = self.platform(address)
        identity = platform.identity()
        service = self.settings.service(address)
        return Speaker(self.actor(identity), identity, platform.environment, service, self.clock.now())

    def record(self, operation_id: str) -> OperationRecord:
        """An operation as the journal has it.

        Raises:
            QuarterdeckError: when it has not.
        """
        record = self.journal.operation(operation_id)
        if record is None:
            raise QuarterdeckError(f"the journal holds no operation {operation_id}")
        return record
