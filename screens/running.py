"""An operation as this console knows it: built up from the engine's events, one after the other."""

from dataclasses import dataclass, replace
from datetime import datetime

from console.domain.address import Address
from console.domain.operation import OperationEvent, Plan, Progress, Verb
from console.errors import QuarterdeckError


@dataclass(frozen=True)
class RunningOperation:
    """The newest picture of one operation; a new object for every event."""

    token: int
    """Number of its feed, unique in this process."""
    address: Address
    verb: Verb
    started_at: datetime
    plan: Plan | None = None
    """``None`` for one that was found at the start, until its first picture."""
    id: str = ""
    """ULID, once it is known."""
    progress: Progress | None = None
    events: tuple[OperationEvent, ...] = ()
    """Oldest first."""
    error: QuarterdeckError | None = None
    """Why it ended without a verdict."""
    over: bool = False

    def after(self, event: OperationEvent) -> "RunningOperation":
        """The operation once that has happened."""
        progress = event.progress or self.progress
        return replace(
            self,
            id=event.operation or self.id,
            progress=progress,
            plan=progress.plan if progress else self.plan,
            events=(*self.events, event),
            over=self.over or event.event == "verdict",
        )

    def ended(self, error: QuarterdeckError | None) -> "RunningOperation":
        """The operation once its feed has come to an end."""
        return replace(self, error=error, over=True)
