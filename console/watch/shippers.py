"""Who shipped what runs, as far as our journal tells."""

from collections.abc import Mapping

from console.domain.address import Address
from console.domain.operation import OperationRecord
from console.ports import Journal

_NEWEST = 3
"""Operations of a service that may have made its PRIMARY deployment; older ones were replaced."""


class JournalShippers:
    """Deployment id -> who ordered it, for one environment; one question a call, and one more for
    each operation that is met first."""

    def __init__(self, journal: Journal, key: str) -> None:
        self._journal = journal
        self._key = key
        self._made: dict[str, str] = {}
        """Operation -> the deployment that it made; empty where its order made none."""
        self._ended: dict[Address, str] = {}

    def __call__(self) -> Mapping[str, str]:
        """Every deployment that the newest operations made.

        Raises:
            JournalError: when the journal cannot be read.
        """
        met: dict[Address, int] = {}
        found: dict[str, str] = {}
        records = self._journal.operations(self._key)
        self._ended = {}
        for record in records:
            if record.verdict is not None:
                self._ended.setdefault(record.address, f"{record.id} {record.verdict}")
        for record in records:
            if record.accepted_at is None or met.get(record.address, 0) >= _NEWEST:
                continue
            met[record.address] = met.get(record.address, 0) + 1
            deployment = self._deployment(record)
            if deployment:
                found.setdefault(deployment, record.actor)
        return found

    def ended(self) -> Mapping[Address, str]:
        """The newest operation of each service that has a verdict, with that verdict, by the last answer."""
        return self._ended

    def _deployment(self, record: OperationRecord) -> str:
        if record.id not in self._made:
            self._made[record.id] = self._read(record.id)
        return self._made[record.id]

    def _read(self, operation: str) -> str:
        for entry in reversed(self._journal.entries(operation)):
            accepted = entry.facts.get("accepted")
            if entry.event == "accepted" and isinstance(accepted, Mapping):
                return str(accepted.get("deployment") or "")
            if entry.event == "accepted":
                return str(entry.facts.get("deployment") or "")
        return ""
