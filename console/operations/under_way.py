"""The operations whose end nobody knows yet: who joins them, takes them over, or answers what they ask."""

import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime

from console.domain.address import Address
from console.domain.guarded import GuardAnswer
from console.domain.operation import OperationEvent, OperationRecord, Plan, Verb, Verdict
from console.domain.wish import Wish
from console.domain.words import time_of_day
from console.errors import JournalError, RefusedError
from console.operations.asking import ANSWERED, open_question
from console.operations.carrier import Carrier
from console.operations.claims import has_sent_nothing
from console.operations.guard_log import answer_facts, left_in, moment
from console.operations.lives import carrying, host, is_carried
from console.operations.log import OperationLog
from console.operations.means import Means
from console.operations.planning import asked
from console.operations.proofs import REHEARSES
from console.operations.reached import stands_at
from console.operations.resuming import follow, is_recent, plan_of, resume
from console.operations.tenure import key_of

CONFIRMED_WITHIN = 10
"""How often the plan of an operation that lives is looked for: it follows its row at once."""
LOOK_AGAIN_S = 0.2


class UnderWay:
    """The open operations of a journal."""

    def __init__(self, means: Means) -> None:
        self._means = means
        self._journal = means.journal
        self._clock = means.clock

    def all(self) -> tuple[OperationRecord, ...]:
        """Newest first; walks of checklists are left out, and rollbacks that their rehearsal carries. An
        unreadable journal knows none."""
        try:
            records = self._journal.operations(open_only=True)
        except JournalError:
            return ()
        configured = {item.address for item in self._means.settings.services()}
        now = self._clock.now()
        rehearsed = {record.address for record in records if record.verb is Verb.REHEARSE}
        return tuple(
            record
            for record in records
            if record.address in configured
            and is_recent(record, now)
            and record.verb is not Verb.WALK
            and not (record.target.get(REHEARSES) is True and record.address in rehearsed)
        )

    def at(self, address: Address) -> Iterator[OperationRecord]:
        """Those of one service, newest first. One whose process died before it had sent anything is closed
        first: nobody has to follow it."""
        for record in self.all():
            if record.address == address and not self._is_closed(record):
                yield record

    def claimants(self, address: Address) -> tuple[OperationRecord, ...] | None:
        """Everything that is open on a service, as :meth:`at` leaves it; ``None`` when nobody can say."""
        list(self.at(address))
        try:
            return self._journal.operations(str(address), open_only=True)
        except JournalError:
            return None

    def _is_closed(self, record: OperationRecord) -> bool:
        """Close an operation that died before it had sent anything; whether it was one."""
        now = self._clock.now()
        try:
            if is_carried(record, now) or not has_sent_nothing(record, self._journal.entries(record.id)):
                return False
            if not self._journal.claim(record.id, host(), os.getpid(), now, record.heartbeat_at):
                return False  # somebody else takes it over
        except JournalError:
            return False
        self._close_unsent(record)
        return True

    # joining

    def attachable(self, verb: Verb, address: Address) -> OperationRecord | None:
        """The one that the same verb on the same address joins instead of planning anew."""
        return next((r for r in self.at(address) if r.verb is verb), None)

    def joinable(self, wish: Wish) -> OperationRecord | None:
        """The one that does exactly what is wished."""
        return self._that_does(wish.verb, wish.address, asked(wish))

    def same_as(self, plan: Plan) -> OperationRecord | None:
        """The one that does exactly what is planned."""
        return self._that_does(plan.verb, plan.address, plan.asked)

    def _that_does(
        self, verb: Verb, address: Address, wanted: Mapping[str, object]
    ) -> OperationRecord | None:
        return next((r for r in self.at(address) if r.verb is verb and self._asked(r) == wanted), None)

    def twin(self, plan: Plan) -> OperationRecord | None:
        """The operation, being carried out by anybody, that does the same as a plan."""
        there = self.claimants(plan.address) or ()
        return next((record for record in there if self.is_twin(record, plan)), None)

    def is_twin(self, record: OperationRecord, plan: Plan) -> bool:
        """Whether an operation does the same as a plan, and is being carried out; so does a deploy of the
        same digest by another of its tags."""
        now = self._clock.now()
        if record.verb is not plan.verb or record.verdict is not None or not is_carried(record, now):
            return False
        other = self._plan_of(record)
        if other is None or other.rehearses != plan.rehearses:
            return False
        if record.verb is not Verb.DEPLOY or key_of(other.target) != key_of(plan.target):
            return other.asked == plan.asked
        return {**other.asked, "version": ""} == {**plan.asked, "version": ""}

    def plan_of(self, wish: Wish) -> Plan | None:
        """The plan of the one that does exactly what is wished, as it was confirmed."""
        record = self.joinable(wish)
        if record is None:
            return None
        plan = plan_of(record, self._journal.entries(record.id))
        since = time_of_day(record.ordered_at or record.planned_at)
        return replace(plan, remarks=(*plan.remarks, f"under way since {since} by {record.actor}: followed"))

    def _asked(self, record: OperationRecord) -> Mapping[str, object] | None:
        """What an operation was to do; ``None`` where the journal does not tell."""
        plan = self._plan_of(record)
        return plan.asked if plan is not None else None

    def _plan_of(self, record: OperationRecord) -> Plan | None:
        try:
            return self._confirmed(record)
        except (RefusedError, JournalError):
            return None

    def _confirmed(self, record: OperationRecord) -> Plan:
        """The plan of an operation. One that was begun this moment has it in the next.

        Raises:
            RefusedError: when it has none.
            JournalError: when the journal cannot be read.
        """
        for _ in range(CONFIRMED_WITHIN):
            with suppress(RefusedError):
                return plan_of(record, self._journal.entries(record.id))
            if record.verdict is not None or not is_carried(record, self._clock.now()):
                break
            self._clock.sleep(LOOK_AGAIN_S)
        return plan_of(record, self._journal.entries(record.id))

    def is_watched(self, plan: Plan) -> bool:
        """Whether the deploy that a timed watch is about is, or was, watched by one."""
        records = self._journal.operations(str(plan.address))
        return any(r.verb is Verb.WATCH and self._asked(r) == plan.asked for r in records)

    # going on

    def resume(self, operation_id: str, *, goes_on: bool = False) -> Iterator[OperationEvent]:
        """Follow it while its process lives, take it over when it is gone; to its verdict. Nothing is sent.

        Args:
            goes_on: What is left of a guided walk is done, because a person has just said so.
        """
        while True:
            record = self._means.record(operation_id)
            try:
                plan = self._confirmed(record)
            except RefusedError:
                if is_carried(record, self._clock.now()):
                    raise
                self._close_unsent(record)
                yield self._ended(self._means.record(operation_id))
                return
            if record.verdict is None and is_carried(record, self._clock.now()):
                platform, limit = self._means.platform(record.address), self._means.followed.timeout_s
                told = None
                for told in follow(record, plan, self._journal, platform, self._clock, limit):
                    yield told
                if told is not None and told.event == "verdict":
                    return
            elif record.is_open:
                if self._journal.claim(
                    record.id, host(), os.getpid(), self._clock.now(), record.heartbeat_at
                ):
                    yield from self._take_over(self._means.record(operation_id), plan, goes_on=goes_on)
                    return
            else:
                yield self._ended(record)
                return
            if not self._means.record(operation_id).is_open:
                return

    def _take_over(
        self, record: OperationRecord, plan: Plan, *, goes_on: bool = False
    ) -> Iterator[OperationEvent]:
        means, address = self._means, record.address
        log = OperationLog(self._journal, record, self._clock, forgiving=True)
        limits, performer = means.limits(address), means.performer(address, self._clock)
        carrier = Carrier(plan, means.platform(address), log, self._clock, limits, performer)
        carrier.watched_since, carrier.goes_on = self._clock.now(), goes_on
        with carrying(record.id):
            yield from resume(carrier, self._journal.entries(record.id), means.guarded(carrier))

    def _close_unsent(self, record: OperationRecord) -> None:
        log = OperationLog(self._journal, record, self._clock, forgiving=True)
        reason = "interrupted before anything was sent"
        log.change(verdict=Verdict.REFUSED, reason=reason, ended_at=self._clock.now())

    def _ended(self, record: OperationRecord) -> OperationEvent:
        facts = next(
            (e.facts for e in reversed(self._journal.entries(record.id)) if e.event == "verdict"),
            {"verdict": record.verdict.value if record.verdict else None, "reason": record.reason},
        )
        text = f"{record.verdict.words if record.verdict else ''} · {record.reason}"
        return OperationEvent("verdict", self._clock.now(), record.id, text, facts)

    # answering

    def answer_guard(
        self,
        operation_id: str,
        answer: GuardAnswer,
        plan: Plan | None = None,
        tripped_at: datetime | None = None,
    ) -> bool:
        """Write a person's answer to what a guard asks, or does next; whoever carries it finds it there.
        The first answer to a trip counts. Whether it still asked, and nobody had answered.

        Args:
            plan: The rollback that was read and confirmed, where it is to go back: no other one is sent.
            tripped_at: The trip that the person has read; ``None``: whichever is open.

        Raises:
            RefusedError: when it is to go back without a plan, or by the plan of another service.
            JournalError: when it cannot be written: nobody would find it.
        """
        record = self._means.record(operation_id)
        if answer is GuardAnswer.BACK and plan is None:
            raise RefusedError(f"{record.address}: no rollback is confirmed", "confirm the plan of it")
        if plan is not None and (plan.verb is not Verb.ROLLBACK or plan.address != record.address):
            raise RefusedError(
                f"the guard of {record.address} asks, not {plan.address}", "confirm the plan of its rollback"
            )
        left = left_in(self._journal.entries(operation_id))
        if left.open_trip is None or left.answered_by:
            return False
        if tripped_at is not None and moment(left.open_trip.get("tripped_at")) != tripped_at:
            return False
        who = self._means.actor(self._means.platform(record.address).identity())
        facts = answer_facts(answer, left.trips, who, plan)
        text = f"{who} answers the guard: {answer.value}"
        self._journal.append(operation_id, ANSWERED, self._clock.now(), text, facts)
        return True

    def open_question(self, operation_id: str) -> str:
        """What it asks a person, and nobody has answered; empty without a question.

        Raises:
            JournalError: when the journal cannot be read.
        """
        entries = self._journal.entries(operation_id)
        number = open_question(entries)
        trip = left_in(entries).open_trip
        if number is None and trip is not None:
            return str(trip.get("question") or "")
        plan = plan_of(self._means.record(operation_id), entries)
        return plan.actions[number].said if number is not None else ""

    def answer(self, operation_id: str, *, yes: bool) -> bool:
        """Write a person's answer to what it asks; whoever carries it finds it there. Whether it asked
        anything. *No* also ends a guided walk that stands between two questions.

        Raises:
            RefusedError: in a read-only environment: what is left of it would change something.
            JournalError: when it cannot be written: nobody would find it.
        """
        record = self._means.record(operation_id)
        platform = self._means.platform(record.address)
        if yes and platform.environment.read_only:
            raise RefusedError(f"{platform.environment.key} is read-only", "go on where it is not")
        entries = self._journal.entries(operation_id)
        number = open_question(entries)
        if number is None and not yes and record.verdict is Verdict.PAUSED:
            number = stands_at(plan_of(record, entries), entries)
        if number is None:
            return False
        word, who = "yes" if yes else "no", self._means.actor(platform.identity())
        facts = {"action": number, "answer": word, "by": who}
        self._journal.append(operation_id, ANSWERED, self._clock.now(), f"{who} answers {word}", facts)
        return True


def joined(record: OperationRecord, now: datetime) -> OperationEvent:
    """Say that the operation of somebody else is followed, instead of doing the same beside it."""
    since = time_of_day(record.ordered_at or record.planned_at)
    text = f"following {record.actor}'s identical {record.verb.value}, started {since}"
    return OperationEvent("joined", now, record.id, text, {"actor": record.actor})
