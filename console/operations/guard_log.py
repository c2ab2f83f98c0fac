"""What the journal holds of a guard: enough for whoever takes the operation over, or only follows it.

Entries ``guard`` have the guard's ``state`` and what a panel says; entries ``answered`` with a
``guard_answer`` are a person's, from whatever process.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from console.domain.codec import decode, encode
from console.domain.guard import Blame, GuardMode, Hard, JudgedState, Judgement, Trip
from console.domain.guarded import GuardAnswer, GuardFigure, GuardPhase, GuardState, GuardView
from console.domain.operation import Entry, Plan
from console.domain.series import Measure, Scope
from console.domain.words import from_utc, utc
from console.operations.asking import ANSWERED

GUARD = "guard"
"""Event of everything that a guard says."""
ANSWER = "guard_answer"
CONFIRMED = "confirmed_plan"
"""Fact of an answer to roll back: the plan that a person has read and confirmed, and no other one."""
_KEPT = {
    **{name: name for name in ("headline", "question", "asks_because", "why", "back_to")},
    "plan": "way_back",
}
"""What an entry calls the view's members; its own ``plan`` is the operation's."""


def facts_of(view: GuardView, trip: int) -> dict[str, object]:
    """What an entry says of the guard as it is.

    Args:
        trip: Number of the trip that it is about; 0: of none.
    """
    moments = {"rolls_back_at": view.rolls_back_at, "until": view.until, "tripped_at": view.tripped_at}
    return {
        "state": view.state.value,
        "mode": view.mode.value,
        "phase": view.phase.value,
        "trip": trip,
        **{said: getattr(view, name) for name, said in _KEPT.items() if getattr(view, name)},
        **{name: utc(at) for name, at in moments.items() if at is not None},
        **_blame_facts(view.blame),
    }


def _blame_facts(blame: Blame | None) -> dict[str, object]:
    if blame is None:
        return {}
    said = {"is_deploy": blame.is_deploy, "blame": blame.line}
    return {**said, "uncured": blame.uncured, "cause": blame.cause}


def trip_facts(trip: Trip) -> dict[str, object]:
    """Which figures, from which source, against which baseline; and what is proven without figures."""
    return {
        "reason": trip.reason,
        "figures": [_judgement_facts(item) for item in trip.judgements],
        "evidence": [_hard_facts(item) for item in trip.evidence],
    }


def _judgement_facts(judged: Judgement) -> dict[str, object]:
    before = judged.baseline
    return {
        "figure": judged.trigger.name,
        "measure": judged.trigger.measure.value,
        "subject": judged.subject,
        "value": judged.value,
        "unit": judged.trigger.measure.unit,
        "limit": judged.limit,
        "source": judged.source,
        "scope": judged.scope.value,
        "requests": judged.requests,
        "periods_bad": judged.periods_bad,
        "since": utc(judged.since) if judged.since else None,
        "as_of": utc(judged.as_of) if judged.as_of else None,
        "baseline": before.value,
        "baseline_points": before.points,
        "baseline_until": utc(before.until) if before.until else None,
        "baseline_bad": before.bad,
        "evidence": judged.evidence,
    }


def _hard_facts(hard: Hard) -> dict[str, object]:
    return {"kind": hard.kind, "at": utc(hard.at), "count": hard.count, "evidence": hard.line}


def figures_of(judgements: Iterable[Judgement], now: datetime) -> tuple[GuardFigure, ...]:
    """The judgements as a panel draws them."""
    return tuple(
        GuardFigure(
            name=item.trigger.name,
            measure=item.trigger.measure,
            state=item.state,
            value=item.value,
            baseline=item.baseline.value,
            limit=item.limit,
            source=item.source,
            scope=item.scope,
            age_s=max(0.0, (now - item.as_of).total_seconds()) if item.as_of else None,
            evidence=item.evidence,
            subject=item.subject,
            periods_bad=item.periods_bad,
            periods_needed=item.needed,
            period_s=item.period_s,
            as_of=item.as_of,
        )
        for item in judgements
    )


def view_after(view: GuardView | None, entry: Entry, now: datetime) -> GuardView | None:
    """The guard of another process once that entry was written; the figures of a trip stay as long as it
    does."""
    if entry.event == GUARD:
        newest = view_in(entry.facts, now)
        if newest is None or view is None or newest.figures or newest.tripped_at is None:
            return newest or view
        return replace(newest, figures=view.figures if newest.tripped_at == view.tripped_at else ())
    if view is not None and view.wants_answer and entry.event == ANSWERED and entry.facts.get(ANSWER):
        return replace(view, answered_by=str(entry.facts.get("by") or "somebody"))
    return view


def _figures_in(facts: Mapping[str, object], now: datetime) -> tuple[GuardFigure, ...]:
    """What tripped it, as :func:`trip_facts` has written it down; an older journal does not name measures."""
    stored = facts.get("figures")
    judged = (
        [item for item in stored if isinstance(item, Mapping)] if isinstance(stored, list | tuple) else []
    )
    return tuple(_figure_in(item, now) for item in judged if item.get("measure"))


def _figure_in(facts: Mapping[str, Any], now: datetime) -> GuardFigure:
    as_of = moment(facts.get("as_of"))
    return GuardFigure(
        name=str(facts["figure"]),
        measure=Measure(facts["measure"]),
        state=JudgedState.CRITICAL,
        value=facts.get("value"),
        baseline=facts.get("baseline"),
        limit=facts.get("limit"),
        source=str(facts.get("source") or ""),
        scope=Scope(facts.get("scope") or Scope.SERVICE),
        age_s=max(0.0, (now - as_of).total_seconds()) if as_of else None,
        evidence=str(facts.get("evidence") or ""),
        subject=str(facts.get("subject") or ""),
        periods_bad=int(facts.get("periods_bad") or 0),
        as_of=as_of,
    )


def view_in(facts: Mapping[str, object], now: datetime) -> GuardView | None:
    """The guard of another process, as its newest entry tells it; ``None``: the entry tells nothing."""
    if "state" not in facts:
        return None
    at: dict[str, Any] = {name: moment(facts.get(name)) for name in ("rolls_back_at", "until", "tripped_at")}
    kept: dict[str, Any] = {name: str(facts.get(said) or "") for name, said in _KEPT.items()}
    line, fault = facts.get("blame"), facts.get("is_deploy")
    view = GuardView(
        state=GuardState(str(facts["state"])),
        mode=GuardMode(str(facts.get("mode") or GuardMode.ASK)),
        phase=GuardPhase(str(facts.get("phase") or GuardPhase.ROLLOUT)),
        blame=Blame(
            fault if isinstance(fault, bool) else None,
            str(line),
            str(facts.get("uncured") or ""),
            str(facts.get("cause") or ""),
        )
        if line
        else None,
        figures=_figures_in(facts, now),
        **kept,
        **at,
    )
    return counting_down(view, now)


def counting_down(view: GuardView, now: datetime) -> GuardView:
    """The same with the seconds that are left of its countdown."""
    if view.rolls_back_at is None:
        return view
    return replace(view, countdown_s=max(0.0, (view.rolls_back_at - now).total_seconds()))


def moment(value: object) -> datetime | None:
    """A moment of an entry's facts; ``None``: it holds none."""
    return from_utc(value) if isinstance(value, str) else None


@dataclass(frozen=True)
class Left:
    """How far a guard is, as the journal tells it: where whoever takes it over goes on."""

    trips: int = 0
    """How many there were."""
    open_trip: Mapping[str, object] | None = None
    """Facts of the newest, until the guard has taken up an answer to it, or has withdrawn it."""
    answered_by: str = ""
    """Who has answered the open trip, as long as the guard has not taken it up; empty: nobody."""
    is_ignored: bool = False
    """A person has switched it off."""
    only_asks: bool = False
    """A person has stopped a countdown: from then on it asks."""
    going_back_at: datetime | None = None
    """When it began to go back, if that has not ended."""
    rollback: str = ""
    """Id of the rollback, if it was begun and has not ended."""
    failed: tuple[str, ...] = ()
    """Tests of the new version that failed."""


def left_in(entries: Iterable[Entry], left: Left = Left()) -> Left:
    """Read from an operation's entries how far its guard is.

    Args:
        entries: In their order.
        left: How far it was before the first of them.
    """
    for entry in entries:
        if entry.event == GUARD:
            left = replace(_after(left, entry), answered_by="")
        elif entry.event == ANSWERED and entry.facts.get(ANSWER):
            left = _answered(left, entry)
    return left


def _answered(left: Left, entry: Entry) -> Left:
    """The first answer to the open trip is the one that counts."""
    if left.answered_by or left.open_trip is None or entry.facts.get("trip") != left.trips:
        return left
    left = replace(left, answered_by=str(entry.facts.get("by") or "somebody"))
    if entry.facts[ANSWER] == GuardAnswer.IGNORE:
        return replace(left, open_trip=None, is_ignored=True)
    return replace(left, only_asks=True) if entry.facts[ANSWER] == GuardAnswer.WAIT else left


def _after(left: Left, entry: Entry) -> Left:
    facts, number = entry.facts, entry.facts.get("trip")
    if facts.get("failed"):
        return replace(left, failed=(*left.failed, str(facts["failed"])))
    trips = max(left.trips, number if isinstance(number, int) else 0)
    state = facts.get("state")
    if state in (GuardState.TRIPPED, GuardState.COUNTDOWN):
        before = left.open_trip or {}
        if "figures" in before and before.get("tripped_at") == facts.get("tripped_at"):
            facts = {"figures": before["figures"], **facts}  # said once, when it tripped
        return replace(left, trips=trips, open_trip=facts)
    if state == GuardState.GOING_BACK:
        rollback = str(facts.get("rollback") or left.rollback)
        at = left.going_back_at or entry.at
        return replace(left, trips=trips, open_trip=None, going_back_at=at, rollback=rollback)
    return replace(left, trips=trips, open_trip=None, going_back_at=None, rollback="")


def answer_to(entries: Iterable[Entry], trip: int, seen: int) -> Entry | None:
    """The first answer to a trip that came after the entry of that number; ``None``: none."""
    return next(
        (
            entry
            for entry in entries
            if entry.number > seen
            and entry.event == ANSWERED
            and entry.facts.get(ANSWER)
            and entry.facts.get("trip") == trip
        ),
        None,
    )


def confirmed_in(answer: Entry) -> Plan | None:
    """The rollback that a person has confirmed with that answer; ``None``: the entry holds none."""
    stored = answer.facts.get(CONFIRMED)
    return decode(Plan, stored) if stored is not None else None


def answer_facts(answer: GuardAnswer, trip: int, by: str, plan: Plan | None) -> dict[str, object]:
    """What an entry says of a person's answer.

    Args:
        trip: Number of the trip that is answered.
        plan: The rollback that was confirmed, where that is the answer.
    """
    confirmed = {} if plan is None else {CONFIRMED: encode(replace(plan, candidates=()))}
    return {ANSWER: answer.value, "trip": trip, "by": by, **confirmed}
