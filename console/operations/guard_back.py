"""The guard's way back: an operation of its own, through the engine's door, and sent once."""

from collections.abc import Callable, Generator, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import datetime

from console.domain.guarded import GuardView
from console.domain.operation import OperationEvent, OperationRecord, Plan, Progress, Verb, Verdict
from console.domain.wish import Wish
from console.errors import JournalError, QuarterdeckError
from console.operations.carrier import Carrier
from console.operations.guard_feed import WayBack
from console.operations.lives import SILENT_FOR

WENT_BACK = "went_back"
"""What the verdict of the rollback is called among the deploy's events: the deploy's own comes later."""
LOOK_EVERY_S = 2.5


class Back:
    """Plans the rollback of one deploy, carries it, and finds it again."""

    def __init__(self, carrier: Carrier, door: WayBack) -> None:
        self._carrier = carrier
        self._door = door
        self.verdict: Verdict | None = None
        """How the last one ended; ``None``: it was never ordered."""
        self.reason = ""
        self.rollback = ""
        """Its id, once it has one."""

    def plan(self, onset_at: datetime | None = None) -> Plan:
        """The rollback as it would run now; reads only.

        Raises:
            QuarterdeckError: when there is none.
        """
        return self._door.plan(Wish(Verb.ROLLBACK, self._carrier.plan.address, onset_at=onset_at))

    def carry(
        self, plan: Plan, by: str, begun: Callable[[str], OperationEvent], view: GuardView
    ) -> Iterator[OperationEvent]:
        """Order it and follow it to its end; ``verdict`` and ``reason`` tell that then.

        Args:
            by: ``guard``, or ``operator`` where a person has said so.
            begun: Writes down its id, as soon as it has one.
        """
        self.verdict, self.reason, self.rollback = None, "", ""
        events = self._door.execute(replace(plan, by=by), str(plan.address), self._carrier.clock)
        try:
            for event in self._of(events, view):
                if event.operation and not self.rollback:
                    self.rollback = event.operation
                    yield begun(event.operation)
                yield event
        except QuarterdeckError as error:
            self.verdict, self.reason = Verdict.REFUSED, str(error)

    def take_over(self, rollback: str, since: datetime, view: GuardView) -> Iterator[OperationEvent]:
        """Follow the one that an interrupted process had begun; sends nothing."""
        self.verdict, self.reason, self.rollback = None, "", rollback or self._found(since)
        if not self.rollback:
            return
        try:
            yield from self._while_carried(view)
            yield from self._of(self._door.resume(self.rollback), view)
        except QuarterdeckError as error:
            self.verdict, self.reason = Verdict.UNKNOWN, str(error)

    def _found(self, since: datetime) -> str:
        """Its process died before it could write down its id here."""
        with suppress(JournalError):
            for record in self._carrier.log.neighbours():
                if record.verb is Verb.ROLLBACK and record.planned_at >= since:
                    return record.id
        return ""

    def _while_carried(self, view: GuardView) -> Generator[OperationEvent, None, None]:
        """Wait while anybody carries it, in this process too: two would be one too many."""
        carrier = self._carrier
        while (record := self._door.record(self.rollback)) is not None and _is_carried(record, carrier):
            carrier.log.beat()
            picture = replace(carrier.picture(), guard=view)
            yield OperationEvent("observed", carrier.clock.now(), carrier.log.record.id, "", {}, picture)
            carrier.clock.sleep(LOOK_EVERY_S)

    def _of(self, events: Iterator[OperationEvent], view: GuardView) -> Iterator[OperationEvent]:
        for event in events:
            self._carrier.log.beat()
            progress = replace(event.progress, guard=view) if event.progress else None
            self._see(progress)
            name = event.event
            if name == "verdict":
                name = WENT_BACK
                self.verdict = self._meant(Verdict(str(event.facts.get("verdict") or Verdict.UNKNOWN)))
                self.reason = str(event.facts.get("reason") or "")
            yield replace(event, event=name, progress=progress)

    def _see(self, progress: Progress | None) -> None:
        """What the rollback sees is what there is: the deploy ends with that picture."""
        carrier = self._carrier
        if progress is not None and progress.running is not None:
            carrier.running = progress.running
        if progress is not None and progress.observation is not None:
            carrier.progress = replace(carrier.progress, observation=progress.observation)

    def _meant(self, verdict: Verdict) -> Verdict:
        """What was never carried out has changed nothing: it may be ordered anew."""
        record = self._door.record(self.rollback) if self.rollback else None
        never = verdict is Verdict.FAILED and record is not None and record.accepted_at is None
        return Verdict.REFUSED if never else verdict


def _is_carried(record: OperationRecord, carrier: Carrier) -> bool:
    return record.verdict is None and carrier.clock.now() - record.heartbeat_at <= SILENT_FOR
