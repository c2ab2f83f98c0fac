"""What is journalled without anything being sent: holds that end, versions that are bad, proved ways back."""

from collections.abc import Mapping

from console.domain.address import Address
from console.domain.operation import Hold, OperationEvent, OperationRecord, Verb
from console.operations import marks
from console.operations.holds import holds
from console.operations.means import Means
from console.operations.spoken import facts_of


class Statements:
    """Says things of services, in the journal."""

    def __init__(self, means: Means) -> None:
        self._means = means
        self._journal = means.journal

    def holds(self) -> Mapping[Address, Hold]:
        """The services that are held.

        Raises:
            JournalError: when the journal cannot be read, so that nobody can say.
        """
        return holds(self._journal.operations())

    def end_hold(self, address: Address) -> OperationEvent:
        """End the hold of a service; the verdict of that."""
        hold = self.holds().get(address)
        reason = f"no longer held at {hold.version}" if hold else "it was not held"
        held = {"version": hold.version, "digest": hold.digest} if hold else {}
        record = self._means.speaker(address).says(Verb.RELEASE, held, reason, changed=hold is not None)
        return self._said(record, kept=hold is not None)

    def mark(self, address: Address, version: str, *, bad: bool, why: str) -> OperationEvent:
        """Say that a version is bad, or that it is not; the verdict of that.

        Raises:
            UnknownVersionError: when nothing of that name runs or ran there.
        """
        operations = self._journal.operations(str(address))
        release = marks.named(self._means.bearings(address), version, operations, self._means.clock)
        said = "marked bad" if bad else "no longer called bad"
        reason = f"{release.version.label} {said}" + (f": {why}" if why else "")
        record = self._means.speaker(address).says(Verb.MARK, {**release.facts(), marks.BAD: bad}, reason)
        return self._said(record, kept=True)

    def _said(self, record: OperationRecord, *, kept: bool) -> OperationEvent:
        """Journal what a person said, and tell it."""
        facts = facts_of(record)
        at = record.ended_at or self._means.clock.now()
        if kept:
            self._journal.begin(record)
            self._journal.append(record.id, "verdict", at, record.reason, facts)
        return OperationEvent("verdict", at, record.id if kept else None, record.reason, facts)
