"""A step that only a person can do, or judge: asked, and waited for.

The journal carries the answer, so that it may come from another process, or from another machine of the
team, and whoever takes over finds it.
"""

from collections.abc import Iterator, Sequence

from console.domain.action import Action
from console.domain.operation import Entry, OperationEvent, Verdict
from console.errors import JournalError
from console.operations.carrier import Carrier
from console.operations.contact import Contact

LOOK_EVERY_S = 1.0
ANSWERED = "answered"
"""Event of an entry with a person's answer: ``action``, ``answer`` (yes or no), ``by``."""
ASKED = "asked"


def ask(carrier: Carrier, number: int, action: Action) -> Iterator[OperationEvent]:
    """Ask, once, and wait until somebody has answered; ends the operation on *no*, and as PAUSED where
    nobody is there to answer.

    On return the question is answered with yes, or ``carrier.ended`` is true.
    """
    contact = Contact(carrier)
    is_told = False
    while True:
        try:
            entries = carrier.log.entries()
        except JournalError as error:
            yield from contact.lost(error)
        else:
            yield from contact.regained()
            if not _is_asked(entries, number):
                place: dict[str, object] = {"action": number, "kind": action.kind.value}
                is_told = True
                yield carrier.event(ASKED, f"asks: {action.said}", {**place, "question": action.said})
                continue
            if not is_told:  # asked by a process that is gone: whoever watches now has not heard it
                is_told = True
                yield OperationEvent(
                    ASKED,
                    carrier.clock.now(),
                    carrier.log.record.id,
                    f"asks: {action.said}",
                    {"action": number, "question": action.said},
                    carrier.picture(),
                )
            answer = answer_in(entries, number)
            if answer is not None:
                yield from take(carrier, number, action, answer)
                return
            if carrier.limits.asks == "stop":
                yield carrier.end(Verdict.PAUSED, None, paused(carrier, action.said))
        if carrier.ended:
            return
        carrier.log.beat()
        carrier.clock.sleep(LOOK_EVERY_S)


def paused(carrier: Carrier, said: str) -> str:
    """Why it stands, and how it goes on."""
    plan = carrier.plan
    how = f"quarterdeck {plan.verb.value} {plan.address} --answer yes goes on, --answer no ends it"
    return f"waits for a person: {said} · {how}"


def open_question(entries: Sequence[Entry]) -> int | None:
    """Number of the action that was asked and not answered; ``None`` without one."""
    asked = [entry.facts.get("action") for entry in entries if entry.event == ASKED]
    number = asked[-1] if asked else None
    return number if isinstance(number, int) and answer_in(entries, number) is None else None


def answer_in(entries: Sequence[Entry], number: int) -> Entry | None:
    """The answer to an action's question; the first one counts."""
    return next((e for e in entries if e.event == ANSWERED and e.facts.get("action") == number), None)


def refusal_in(entries: Sequence[Entry]) -> Entry | None:
    """The answer that ends it all, to whatever it was given."""
    return next((e for e in entries if e.event == ANSWERED and e.facts.get("answer") == "no"), None)


def _is_asked(entries: Sequence[Entry], number: int) -> bool:
    return any(entry.event == ASKED and entry.facts.get("action") == number for entry in entries)


def take(carrier: Carrier, number: int, action: Action, answer: Entry) -> Iterator[OperationEvent]:
    """Do what a person has answered: yes is done with the action, no ends the operation before it."""
    who = str(answer.facts.get("by") or "somebody")
    if answer.facts.get("answer") == "yes":
        carrier.timeline.mark(f"action {number}", carrier.clock.now(), action.said, f"{who} says so")
        yield carrier.event("reached", f"done: {who} says that it is so", {"action": number})
        return
    carrier.timeline.mark(f"action {number}", carrier.clock.now(), action.said, f"{who} says no", failed=True)
    way_back = f" · back: {action.undo}" if action.undo else ""
    yield carrier.end(Verdict.FAILED, "operator", f"{who} answered no: {action.said}{way_back}")
