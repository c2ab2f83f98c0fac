"""What a guard says of a trip: the headline, the question, the way back, each in one line."""

from collections.abc import Sequence

from console.domain.guard import Judgement, Trip
from console.domain.measured import figure, limit_in_words, value_in_words
from console.domain.operation import Plan, Verdict
from console.domain.words import clock as minutes


def headline(trip: Trip) -> str:
    """Why it tripped. Where something else is to blame, that comes first, and what going back would not
    cure."""
    blame = trip.blame
    if blame is None:
        parts = [trip.reason, trip.asks_because]
    elif blame.is_deploy is False:
        parts = [blame.line, blame.uncured, trip.asks_because, trip.reason]
    else:
        parts = [trip.reason, blame.line, trip.asks_because]
    return " · ".join(dict.fromkeys(item for item in parts if item))


def question(plan: Plan, trip: Trip) -> str:
    """What a person is asked: ``rugmunch/production/api: errors 8.4 % over 5 %: roll back?``"""
    return f"{plan.address}: {_short(trip)}: roll back?"


def _short(trip: Trip) -> str:
    if trip.blame is not None and trip.blame.is_deploy is False:
        return trip.blame.line
    if trip.evidence:
        return trip.evidence[0].line
    return _figure(trip.judgements) or trip.reason


def _figure(judgements: Sequence[Judgement]) -> str:
    if not judgements:
        return ""
    judged = judgements[0]
    measure = judged.trigger.measure
    said = f"{figure(measure, judged.subject)} {value_in_words(measure, judged.value)}"
    return said if judged.limit is None else f"{said} over {limit_in_words(measure, judged.limit)}"


def armed_words(plan: Plan) -> str:
    """The armed rollback in one line."""
    safe = f", safe in about {minutes(plan.estimate.safe_s)}" if plan.estimate else ""
    return f"back to {plan.target.version.label} by {plan.mechanism.value}{safe}"


def ended_words(verdict: Verdict, reason: str) -> str:
    """How the guard's rollback ended."""
    return f"the guard's rollback: {verdict.words}" + (f" · {reason}" if reason else "")
