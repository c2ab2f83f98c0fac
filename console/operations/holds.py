"""Held services: what a rollback went back to stays, until the next deploy or a release."""

from collections.abc import Iterable

from console.domain.address import Address
from console.domain.operation import Hold, OperationRecord, Verb, Verdict
from console.operations.proofs import parts


def holds(operations: Iterable[OperationRecord]) -> dict[Address, Hold]:
    """The services that are held, from the journal's operations in any order."""
    found: dict[Address, Hold] = {}
    known = tuple(operations)
    rehearsed = parts(known)
    for record in sorted(known, key=lambda item: item.planned_at):
        if record.id in rehearsed:
            continue
        if record.verb is Verb.ROLLBACK and record.verdict is Verdict.SUCCEEDED:
            digest = record.target.get("digest")
            found[record.address] = Hold(
                address=record.address,
                version=str(record.target.get("version") or "?"),
                digest=str(digest) if digest else None,
                by=record.actor,
                at=record.safe_at or record.ended_at or record.planned_at,
                reason=f"rolled back from {record.source.get('version') or '?'}",
                operation=record.id,
            )
        elif record.verb is Verb.RELEASE or (record.verb is Verb.DEPLOY and record.accepted_at is not None):
            found.pop(record.address, None)
    return found
