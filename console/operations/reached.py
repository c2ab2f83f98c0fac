"""How far a walk is, by the entries of the journal.

``sent`` with an action's number is written before its call, ``performed`` with the answer after it,
``reached`` once it is done; a process that takes over reads from them where to go on.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from console.domain.action import ActionKind
from console.domain.operation import Entry, Plan


@dataclass(frozen=True)
class Reached:
    """How far the journal says that a walk is."""

    number: int
    """The action that is under way, or the next one; equal to their number when all are done."""
    sent: bool
    """Its call may have been made."""
    facts: Mapping[str, object] | None
    """What the call answered; ``None``: no answer is known."""


def reached_in(entries: Sequence[Entry]) -> Reached:
    """Read from a walk's entries how far it is."""
    reached = Reached(0, sent=False, facts=None)
    for entry in entries:
        number = entry.facts.get("action")
        if not isinstance(number, int):
            continue
        if entry.event == "sent":
            reached = Reached(number, sent=True, facts=None)
        elif entry.event == "performed":
            answer = entry.facts.get("answer")
            reached = Reached(number, sent=True, facts=dict(answer) if isinstance(answer, Mapping) else {})
        elif entry.event in ("reached", "absent"):
            reached = Reached(number + (entry.event == "reached"), sent=False, facts=None)
    return reached


def is_guided(plan: Plan) -> bool:
    """A person has a part in it: it may stand for hours, and goes on where it stands."""
    return any(action.kind is ActionKind.ASK for action in plan.actions)


def stands_at(plan: Plan, entries: Sequence[Entry]) -> int | None:
    """The action before which a guided walk stands; ``None``: it is no such walk, or all is done."""
    number = reached_in(entries).number
    return number if is_guided(plan) and number < len(plan.actions) else None
