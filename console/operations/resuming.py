"""Go on with an operation whose process died, or follow one whose process lives."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta

from console.domain.codec import decode
from console.domain.operation import (
    Accepted,
    Entry,
    OperationEvent,
    OperationRecord,
    Order,
    Plan,
    Progress,
    Verb,
    Verdict,
)
from console.domain.words import utc
from console.errors import JournalError, QuarterdeckError, RefusedError
from console.operations.carrier import Carrier
from console.operations.guard_log import CONFIRMED, counting_down, view_after
from console.operations.guard_watch import TimedWatch
from console.operations.guarded import Guarded
from console.operations.lives import is_carried
from console.operations.observing import LOOK_EVERY_S, Observer
from console.operations.ordering import find_out
from console.operations.overdue import given_up
from console.operations.pauses import waits_in
from console.operations.spoken import facts_of
from console.operations.walk import resume_walk
from console.ports import Clock, Journal, Platform

OLD_AFTER = timedelta(seconds=60)
"""How old the newest picture may be that ends a watch."""


def plan_of(record: OperationRecord, entries: tuple[Entry, ...]) -> Plan:
    """The plan that was confirmed.

    Raises:
        RefusedError: when the journal does not hold one: the operation never got that far.
    """
    stored = _last(entries, "plan")
    if stored is None:
        raise RefusedError(f"operation {record.id} was never confirmed", "plan it anew")
    return decode(Plan, stored)


def resume(
    carrier: Carrier, entries: tuple[Entry, ...], guarded: Guarded | None = None
) -> Iterator[OperationEvent]:
    """Find out how far an abandoned operation got, and follow it to its verdict. Sends nothing, unless its
    guard trips anew."""
    if entries and entries[-1].event == "verdict" and carrier.log.record.verdict is None:
        yield _closed(carrier, entries[-1])
        return
    order = _last(entries, "order")
    accepted = _last(entries, "accepted")
    carrier.resumed = True
    plan = carrier.plan
    carrier.timeline.resume(entries, [action.said for action in (*plan.actions, *plan.after)])
    waited_s, waits_since = waits_in(entries)
    facts = {"waited_s": waited_s, "waits_since": utc(waits_since) if waits_since else None}
    yield carrier.event("resumed", "resumed: the process that carried it is gone", facts)
    carrier.log.forgive()
    if carrier.plan.verb is Verb.WATCH:
        yield from _watch_on(carrier, entries, guarded)
        return
    if carrier.plan.actions and order is None:
        yield from resume_walk(carrier, entries)
        return
    if accepted is not None and order is not None:
        carrier.accept(decode(Order, order), decode(Accepted, accepted))
    elif order is not None:
        sent_at = next(entry.at for entry in reversed(entries) if "order" in entry.facts)
        why = "the process ended while it was sent"
        yield from find_out(carrier, decode(Order, order), sent_at, why, sender_is_gone=True)
    else:
        yield carrier.end(Verdict.REFUSED, None, "interrupted before anything was sent")
    if carrier.accepted is not None and not carrier.ended and guarded is not None:
        yield from guarded.take_over(entries)
    if carrier.accepted is not None and not carrier.ended:
        yield from Observer(carrier, carrier.accepted, guarded).watch()


def _watch_on(
    carrier: Carrier, entries: tuple[Entry, ...], guarded: Guarded | None
) -> Iterator[OperationEvent]:
    if guarded is None:
        yield carrier.end(Verdict.REFUSED, None, "nothing judges figures here")
        return
    yield from TimedWatch(carrier, guarded).watch(entries)


def _closed(carrier: Carrier, told: Entry) -> OperationEvent:
    """Close an operation that had told its verdict when its process was killed."""
    verdict = Verdict(str(told.facts["verdict"]))
    target = told.facts.get("to")
    carrier.log.forgive()
    carrier.log.change(
        verdict=verdict,
        by=told.facts.get("by"),
        reason=str(told.facts.get("reason") or ""),
        done_at=carrier.log.record.done_at or carrier.log.record.safe_at,
        ended_at=told.at,
        target=target if isinstance(target, Mapping) else carrier.log.record.target,
    )
    carrier.ended = True
    return OperationEvent("verdict", told.at, told.operation, told.text, _said(told.facts), carrier.picture())


def _last(entries: tuple[Entry, ...], fact: str) -> object:
    return next((entry.facts[fact] for entry in reversed(entries) if fact in entry.facts), None)


def follow(
    record: OperationRecord,
    plan: Plan,
    journal: Journal,
    platform: Platform,
    clock: Clock,
    timeout_s: float | None = None,
) -> Iterator[OperationEvent]:
    """Tell what another living process does: its entries as they come, and the service as it is.

    Ends with the verdict it writes, or when it falls silent: then the operation can be taken over. Once
    the time is up the last event is a verdict of this watch alone: the operation stays that process's.
    """
    progress = Progress(record.id, plan, record.ordered_at or record.planned_at)
    seen, since = 0, clock.now()
    while True:
        try:
            entries = journal.entries(record.id, after=seen)
            record = journal.operation(record.id) or record
        except JournalError as error:
            raise QuarterdeckError(f"operation {record.id} cannot be followed: {error}") from error
        progress = _guarded(_pictured(progress, record, platform), entries, clock.now())
        for entry in entries:
            seen = entry.number
            yield OperationEvent(entry.event, entry.at, record.id, entry.text, _said(entry.facts), progress)
            if entry.event == "verdict":
                return
        if not entries:
            yield OperationEvent("observed", clock.now(), record.id, "", {}, progress)
        if not is_carried(record, clock.now()):
            return
        if timeout_s is not None and (clock.now() - since).total_seconds() >= timeout_s:
            yield _let_go(record, progress, timeout_s, clock.now())
            return
        clock.sleep(LOOK_EVERY_S)


def _let_go(record: OperationRecord, progress: Progress, limit_s: float, now: datetime) -> OperationEvent:
    """The end of a watch of somebody else's operation; nothing of it is journalled."""
    seen = progress.observation
    if seen is not None and now - seen.at > OLD_AFTER:
        seen = None  # nothing has been read for a while: an old picture is no reason
    verdict, reason = given_up(seen, limit_s, f"process {record.pid} on {record.host}")
    facts = {**facts_of(record), "verdict": verdict.value, "by": None, "reason": reason}
    return OperationEvent("verdict", now, record.id, f"{verdict.words} · {reason}", facts, progress)


def _pictured(progress: Progress, record: OperationRecord, platform: Platform) -> Progress:
    with suppress(QuarterdeckError):  # then the picture stays as old as it is; the entries still come
        progress = replace(progress, observation=platform.observe(record.address))
    return replace(
        progress,
        ordered_at=record.accepted_at,
        safe_at=record.safe_at,
        safety=record.safety,
        done_at=record.done_at,
        verdict=record.verdict,
        by=record.by,
        reason=record.reason,
    )


def _guarded(progress: Progress, entries: Sequence[Entry], now: datetime) -> Progress:
    """With the guard as the process tells it that judges, and who has answered it since."""
    guard = progress.guard
    for entry in entries:
        guard = view_after(guard, entry, now)
    return replace(progress, guard=counting_down(guard, now) if guard is not None else None)


_RESUMED_BY = ("plan", "order", "accepted", CONFIRMED)


def _said(facts: Mapping[str, object]) -> dict[str, object]:
    """An entry's facts without those that only a resume needs."""
    return {name: value for name, value in facts.items() if name not in _RESUMED_BY}


def is_recent(record: OperationRecord, now: datetime) -> bool:
    """Whether an operation with an unknown outcome is new enough to be asked about again."""
    return now - record.planned_at <= timedelta(days=1)
