"""A guard that asks in another process, as the journal tells it."""

from dataclasses import dataclass

from console.domain.guarded import GuardView
from console.domain.operation import OperationRecord, Plan, Progress


@dataclass(frozen=True)
class OpenTrip:
    """One question of a guard that nobody has answered: its process carries the operation on, or is gone."""

    record: OperationRecord
    plan: Plan
    view: GuardView

    @property
    def progress(self) -> Progress:
        """The operation as far as the journal alone tells it."""
        record = self.record
        return Progress(record.id, self.plan, record.ordered_at or record.planned_at, guard=self.view)
