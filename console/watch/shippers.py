"""Who shipped what runs, as far as our journal tells."""

from collections.abc import Iterable, Mapping

from console.domain.address import Address
from console.domain.operation import OperationRecord, Verb
from console.ports import Journal

_NEWEST = 3
"""Operations of a service that may have made its PRIMARY deployment; older ones were replaced."""


_WHOLE_SERVICE = (Verb.UNDRAIN, Verb.SCALE)
"""They decide anew how many tasks a service has."""


class JournalShippers:
    """Deployment id -> who ordered it, for one environment; one question a call, and one more for
    each operation that is met first."""

    def __init__(self, journal: Journal, key: str) -> None:
        self._journal = journal
        self._key = key
        self._made: dict[str, str] = {}
        """Operation -> the deployment that it made; empty where its order made none."""
        self._ended: dict[Address, str] = {}
        self._whole: dict[str, bool] = {}
        """Drain -> whether it took the work away from the whole service."""
        self._drained: dict[Address, str] = {}

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
        self._drained = self._drains(records)
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

    def drained(self) -> Mapping[Address, str]:
        """Who drained each service that nobody has given work again since, by the last answer."""
        return self._drained

    def _drains(self, records: Iterable[OperationRecord]) -> dict[Address, str]:
        newest: dict[Address, OperationRecord] = {}
        for record in records:
            counts = record.verb in _WHOLE_SERVICE or (
                record.verb is Verb.DRAIN and self._is_whole(record.id)
            )
            if record.accepted_at is not None and counts:
                newest.setdefault(record.address, record)
        return {address: record.actor for address, record in newest.items() if record.verb is Verb.DRAIN}

    def _is_whole(self, operation: str) -> bool:
        if operation not in self._whole:
            plans = (entry.facts.get("plan") for entry in self._journal.entries(operation))
            kept = (plan.get("before") for plan in plans if isinstance(plan, Mapping))
            self._whole[operation] = any(isinstance(item, Mapping) and "desired" in item for item in kept)
        return self._whole[operation]

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
