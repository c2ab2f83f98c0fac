"""The sandbox's count of changing calls, held against what the journal says was sent."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from console.aws.guard import READS
from console.domain.address import Address
from console.domain.operation import Verb
from tests.contract.shared_world import SharedWorld

REGISTERS = "ecs.RegisterTaskDefinition"
INTENTS = ("sent", "continuing")
"""Entries that are written right before a call: an order or a step, and a pause that is answered."""


def changes(shared: SharedWorld) -> Counter[str]:
    """How often each call that is no read was received so far, whoever made it."""
    _, calls = shared.sandbox.control("GET", "calls")
    return Counter({name: number for name, number in calls.items() if name not in READS})


@dataclass
class Ledger:
    """Opened before operations, and closed after them."""

    shared: SharedWorld
    before: Counter[str]
    known: frozenset[str]
    """Operations that the journal knew."""

    @classmethod
    def open(cls, shared: SharedWorld) -> "Ledger":
        known = frozenset(record.id for record in shared.journal.operations())
        return cls(shared, changes(shared), known)

    def made(self) -> Counter[str]:
        """The changing calls since then."""
        return changes(self.shared) - self.before

    def closed(self) -> Counter[str]:
        """The same, once every one of them is found confirmed and journalled before it was sent."""
        events = [
            entry.event
            for record in self.shared.journal.operations()
            if record.id not in self.known
            for entry in self._entries(record.id)
        ]
        made = self.made()
        orders = sum(number for name, number in made.items() if name != REGISTERS)
        assert orders <= sum(events.count(name) for name in INTENTS), (made, events)
        assert made[REGISTERS] <= events.count("registered") + events.count("sent"), (made, events)
        return made

    def _entries(self, operation: str) -> list[Any]:
        """Confirmed first, sent after it, one verdict at most and nothing after it but a group's tie."""
        entries = list(self.shared.journal.entries(operation))
        names = [entry.event for entry in entries]
        assert names[0] == "confirmed", names
        assert names.count("verdict") <= 1, names
        assert "sent" not in names or names.index("confirmed") < names.index("sent"), names
        assert [entry.at for entry in entries] == sorted(entry.at for entry in entries)
        return entries


def assert_journalled(shared: SharedWorld, verb: Verb, address: Address, facts: dict[str, Any]) -> None:
    """The newest operation of the service is this one, and ended so."""
    record = shared.journal.operations(str(address))[0]
    assert record.verb is verb
    assert record.verdict is not None
    assert record.verdict.value == facts["verdict"], record
    assert record.source["digest"] == facts["from"]["digest"]
    assert record.target["digest"] == facts["to"]["digest"]
    assert record.ended_at is not None
    assert record.ordered_at is not None
    assert record.safe_at is not None or facts["safe_s"] is None
