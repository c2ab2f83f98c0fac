"""The guards that ask in other processes, read from the journal that they share with us."""

from console.domain.open_trip import OpenTrip
from console.domain.operation import OperationRecord, Plan, Verb
from console.errors import JournalError, RefusedError
from console.operations.guard_log import Left, left_in, view_in
from console.operations.lives import is_carried, is_carried_here
from console.operations.means import Means
from console.operations.resuming import plan_of
from console.operations.under_way import UnderWay

GUARDED = frozenset({Verb.DEPLOY, Verb.WATCH})
"""Verbs whose operations have guards."""


class OpenTrips:
    """Reads the journal again and again, each time what is new in it; one thread alone uses it."""

    def __init__(self, means: Means, under_way: UnderWay) -> None:
        self._means = means
        self._under_way = under_way
        self._read: dict[str, tuple[int, Left]] = {}
        """By operation: number of the newest entry that was read, and how far its guard is."""
        self._plans: dict[str, Plan] = {}
        """By operation, once its guard has asked: what was confirmed never changes."""

    def read(self) -> tuple[OpenTrip, ...]:
        """Those that wait for an answer now, newest operation first; a journal that cannot be read knows
        none."""
        records = [
            item for item in self._under_way.all() if item.verb in GUARDED and not is_carried_here(item)
        ]
        self._read = {item.id: self._read.get(item.id, (0, Left())) for item in records}
        self._plans = {key: plan for key, plan in self._plans.items() if key in self._read}
        trips = (self._trip(item) for item in records)
        return tuple(item for item in trips if item is not None)

    def _trip(self, record: OperationRecord) -> OpenTrip | None:
        journal, now = self._means.journal, self._means.clock.now()
        seen, left = self._read[record.id]
        try:
            entries = journal.entries(record.id, after=seen)
            if entries:
                left = left_in(entries, left)
                self._read[record.id] = entries[-1].number, left
            if left.open_trip is None or (left.answered_by and is_carried(record, now)):
                return None  # what is answered is taken up by its process, as long as that lives
            view = view_in(left.open_trip, now)
            if record.id not in self._plans:
                self._plans[record.id] = plan_of(record, journal.entries(record.id))
        except (JournalError, RefusedError):
            return None
        if view is None or not view.wants_answer:
            return None
        return OpenTrip(record, self._plans[record.id], view)
