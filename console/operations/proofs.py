"""What rehearsals proved, read from the journal."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from console.domain.address import Address
from console.domain.operation import OperationRecord, Verb, Verdict

PARTS = "operations"
"""Fact of a rehearsal's target: the ids of its two rollbacks, which judge nothing bad and hold nothing."""
REHEARSES = "rehearses"
"""Fact of such a rollback's own target, so that it holds nothing while the rehearsal goes on, or where it
never came to its end."""


@dataclass(frozen=True)
class Proof:
    """A way back that was gone for real."""

    at: datetime
    safe_s: float
    """From confirmed to *safe*."""
    where: Address


def parts(operations: Iterable[OperationRecord]) -> frozenset[str]:
    """The ids of rollbacks that were parts of rehearsals."""
    found: set[str] = set()
    for record in operations:
        if record.target.get(REHEARSES) is True:
            found.add(record.id)
        listed = record.target.get(PARTS)
        if record.verb is Verb.REHEARSE and record.verdict is Verdict.SUCCEEDED and isinstance(listed, list):
            found |= {str(item) for item in listed}
    return frozenset(found)


def proof(operations: Iterable[OperationRecord], address: Address) -> Proof | None:
    """The newest rehearsal of a service; without one of its own that of its namesake in the same system."""
    done = [
        Proof(record.safe_at, seconds, record.address)
        for record in operations
        if record.verb is Verb.REHEARSE
        and record.verdict is Verdict.SUCCEEDED
        and record.safe_at is not None
        and (seconds := record.seconds_to(record.safe_at)) is not None
        and (record.address.system, record.address.alias) == (address.system, address.alias)
    ]
    return max(done, key=lambda item: (item.where == address, item.at), default=None)
