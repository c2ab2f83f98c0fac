"""Held services: what a rollback went back to stays, until something else is shipped there, or a release."""

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
        elif _ends(record, found.get(record.address)):
            found.pop(record.address, None)
    return found


def _ends(record: OperationRecord, hold: Hold | None) -> bool:
    """Whether an operation ends a hold: somebody has said so, or what runs was decided anew."""
    if record.verb is Verb.RELEASE:
        return True
    if record.accepted_at is None or hold is None:
        return False
    if record.verb is Verb.RESTART:  # of a tag that has moved: a deploy in every respect
        return record.target.get("digest") not in (None, hold.digest)
    return record.verb is Verb.DEPLOY or (record.verb is Verb.RESTORE and record.verdict is Verdict.SUCCEEDED)
