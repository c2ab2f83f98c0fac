"""The way back, gone for real where nobody minds, and forward again: what it took is kept as a proof.

A rehearsal is an operation of its own, open from before its first rollback until the service is back where it
was: whoever finds it after a kill goes on from wherever it was left.
"""

import os
from collections.abc import Generator, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from console.domain.address import Address, Tier
from console.domain.operation import OperationEvent, OperationRecord, Plan, Verb, Verdict
from console.domain.wish import Wish
from console.domain.words import clock as clock_words
from console.errors import JournalError, QuarterdeckError, RefusedError
from console.operations.lives import carrying, host, is_carried
from console.operations.log import OperationLog, unwritten
from console.operations.means import Means
from console.operations.proofs import PARTS, REHEARSES
from console.operations.spoken import facts_of

if TYPE_CHECKING:
    from console.operations.engine import Engine

LOOK_EVERY_S = 2.5


def rehearse(engine: "Engine", means: Means, address: Address) -> Iterator[OperationEvent]:
    """Roll back, and on to what ran before; the last event is the rehearsal's own verdict. One that is under
    way is followed, or gone on with.

    Raises:
        RefusedError: in production, while something is under way, where nothing is proven to go to, and where
            the journal cannot be written.
    """
    open_one = engine.attachable(Verb.REHEARSE, address)
    if open_one is not None:
        for event in resume(engine, means, open_one.id):
            if event.operation == open_one.id and event.facts.get("verdict") == Verdict.REFUSED:
                break  # it had sent nothing: begun anew
            yield event
        else:
            return
    back = engine.plan(Wish(Verb.ROLLBACK, address, direct=True))
    if back.tier is Tier.PRODUCTION:
        raise RefusedError(f"{address} is production: nothing is rehearsed there", "rehearse it in staging")
    if back.basis.in_flight:
        raise RefusedError(f"{address}: a deployment is under way", "wait for its end")
    if not back.proven:
        raise RefusedError(f"{address}: there is no proven way back: {back.doubt}", "roll back by hand")
    engine.permit(back, back.confirm)
    record = _begun(means, back)
    with carrying(record.id):
        yield from _Rehearsal(engine, means, record).carry(back)


def resume(engine: "Engine", means: Means, operation_id: str) -> Iterator[OperationEvent]:
    """Go on with an open rehearsal to its verdict: follow it while its process lives, take it over when that
    is gone."""
    while (record := means.record(operation_id)).is_open:
        if is_carried(record, means.clock.now()):
            leg = next((item for item in _legs(means, record) if item.is_open), None)
            if leg is not None and (leg.host, leg.pid) != (host(), os.getpid()):
                yield from engine.resume(leg.id)
            yield OperationEvent("observed", means.clock.now(), record.id, "")
            means.clock.sleep(LOOK_EVERY_S)
        elif means.journal.claim(record.id, host(), os.getpid(), means.clock.now(), record.heartbeat_at):
            with carrying(operation_id):
                yield from _Rehearsal(engine, means, means.record(operation_id)).go_on()
            return
    yield OperationEvent("verdict", means.clock.now(), record.id, record.reason, facts_of(record))


@dataclass
class _Rehearsal:
    """One rehearsal, carried by this process."""

    engine: "Engine"
    means: Means
    record: OperationRecord

    def __post_init__(self) -> None:
        self.log = OperationLog(self.means.journal, self.record, self.means.clock, forgiving=True)

    def carry(self, back: Plan) -> Iterator[OperationEvent]:
        """From its beginning."""
        try:
            yield from self._leg(self.engine.execute(replace(back, rehearses=True), back.confirm))
        except QuarterdeckError as error:
            yield self._close(f"the way back did not work: {error}")
            return
        yield from self._forward()

    def go_on(self) -> Iterator[OperationEvent]:
        """From where another process left it: what is under way is followed to its end first."""
        yield self._said("resumed", "resumed: the process that carried it is gone")
        for leg in reversed(_legs(self.means, self.record)):
            if leg.is_open:
                try:
                    yield from self._leg(self.engine.resume(leg.id))
                except QuarterdeckError as error:
                    yield self._close(f"rollback {leg.id} cannot be followed: {error}")
                    return
        yield from self._forward()

    def _forward(self) -> Iterator[OperationEvent]:
        """To where it was, unless it is there already, or somebody has changed the service in between."""
        done = self._carried_out()
        if not done:
            yield self._close("nothing was sent", Verdict.REFUSED)
            return
        there = done[-1]
        if there.verdict is not Verdict.SUCCEEDED:
            yield self._close(f"the way back did not work: {there.reason}")
            return
        if len(done) == 1:
            try:
                if foreign := self._meanwhile(there):
                    yield self._close(f"did not roll forward: {foreign}")
                    return
                # the digest first: where a tag moves, one revision stands for all that it ever meant
                was = self.record.source
                name = str(was.get("digest") or was.get("service_revision") or "")
                forward = self.engine.plan(Wish(Verb.ROLLBACK, self.record.address, to=name, direct=True))
                yield from self._leg(self.engine.execute(replace(forward, rehearses=True), forward.confirm))
            except QuarterdeckError as error:
                yield self._close(f"{self._stays_at(there)}: {error}")
                return
        last = self._carried_out()[0]
        is_home = last.id != there.id and last.verdict in (Verdict.SUCCEEDED, Verdict.NOTHING_CHANGED)
        yield self._close("" if is_home else self._stays_at(there))

    def _carried_out(self) -> list[OperationRecord]:
        """Its rollbacks that AWS has taken, or that had nothing to do, newest first."""
        return [
            item
            for item in _legs(self.means, self.record)
            if item.accepted_at is not None or item.verdict is Verdict.NOTHING_CHANGED
        ]

    def _stays_at(self, there: OperationRecord) -> str:
        was = self.record.source.get("version") or "where it was"
        return f"rolled back to {there.target.get('version') or '?'}, but not returned to {was}"

    def _meanwhile(self, there: OperationRecord) -> str:
        """What others of this journal have ordered since the way back began; empty: nothing."""
        ours = {self.record.id, *(item.id for item in _legs(self.means, self.record))}
        began = there.ordered_at or there.planned_at
        for other in self.means.journal.operations(str(self.record.address)):
            if other.id not in ours and other.accepted_at is not None and other.accepted_at > began:
                return f"{other.actor} ordered a {other.verb.value} meanwhile"
        return ""

    def _leg(self, events: Iterator[OperationEvent]) -> Generator[OperationEvent, None, None]:
        for event in events:
            self.log.beat()
            yield event

    def _said(self, name: str, text: str) -> OperationEvent:
        self.log.note(name, text, {})
        return OperationEvent(name, self.means.clock.now(), self.record.id, text)

    def _close(self, trouble: str, failed: Verdict = Verdict.FAILED) -> OperationEvent:
        """Its verdict, with the times of its way back."""
        legs = _legs(self.means, self.record)
        there = next((item for item in reversed(legs) if item.accepted_at is not None), self.record)
        took = there.seconds_to(there.safe_at) or 0.0
        now = self.means.clock.now()
        self.log.change(
            ordered_at=there.ordered_at,
            accepted_at=there.accepted_at,
            safe_at=there.safe_at,
            ended_at=now,
            target={**self.record.target, PARTS: [item.id for item in reversed(legs)]},
            verdict=failed if trouble else Verdict.SUCCEEDED,
            by="operator",
            reason=trouble or f"way back proved in {clock_words(took)}",
        )
        facts = facts_of(self.log.record)
        self.log.note("verdict", self.log.record.reason, facts)
        return OperationEvent("verdict", now, self.record.id, self.log.record.reason, facts)


def _begun(means: Means, back: Plan) -> OperationRecord:
    """Written before anything is sent.

    Raises:
        RefusedError: when it cannot be.
    """
    said = means.speaker(back.address).says(Verb.REHEARSE, back.source.facts(), "")
    record = replace(said, verdict=None, by=None, ended_at=None)
    try:
        means.journal.begin(record)
        text = f"rehearsal confirmed: {back.source.version.label} -> {back.target.version.label} and back"
        means.journal.append(record.id, "confirmed", record.planned_at, text, {"address": str(back.address)})
    except JournalError as error:
        raise unwritten(error) from error
    return record


def _legs(means: Means, record: OperationRecord) -> list[OperationRecord]:
    """The rollbacks of one rehearsal, newest first."""
    return [
        item
        for item in means.journal.operations(str(record.address))
        if item.verb is Verb.ROLLBACK
        and item.target.get(REHEARSES) is True
        and (item.ordered_at or item.planned_at) >= record.planned_at
    ]
