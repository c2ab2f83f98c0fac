"""Carry a plan's actions one after another: each journalled, sent once, looked at until it is done.

The entries of the journal are the walk's memory; see :mod:`console.operations.reached`.
"""

from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime

from console.domain.action import MIGRATION, Action, ActionKind, ActionSight, ActionState
from console.domain.codec import encode
from console.domain.operation import Entry, Mechanism, OperationEvent, Verdict
from console.domain.words import count, utc
from console.errors import (
    JournalError,
    MissingServiceError,
    OutcomeUnknownError,
    QuarterdeckError,
    ReadOnlyError,
)
from console.operations.asking import ask, paused, refusal_in, take
from console.operations.carrier import Carrier
from console.operations.contact import Contact
from console.operations.deletion import DeletedServiceError, failed, observe
from console.operations.ordering import LOOK_AGAIN_S, LOOK_FOR_S, TAKEN, changed_meanwhile, compare
from console.operations.performer import READING
from console.operations.reached import Reached, is_guided, reached_in
from console.operations.sending import send

LOOK_EVERY_S = 2.5
DATABASE_EVERY_S = 10.0
_OF_DATABASES = (ActionKind.SNAPSHOT, ActionKind.RESTORE_DATABASE, ActionKind.OPEN_DATABASE)


def walk(carrier: Carrier) -> Iterator[OperationEvent]:
    """Carry a confirmed plan's actions to their end: to a verdict where there is nothing but them."""
    try:
        if not (yield from compare(carrier)):
            return
    except JournalError as error:
        yield carrier.end(Verdict.REFUSED, None, f"the journal cannot be written: {error}")
        return
    except QuarterdeckError as error:
        yield carrier.end(Verdict.REFUSED, None, f"nothing was sent: {error}")
        return
    yield from _act_all(carrier, range(len(carrier.plan.actions)))
    if carrier.plan.mechanism is Mechanism.ACTIONS and not carrier.ended:
        yield _arrived(carrier)


def walk_after(carrier: Carrier) -> Iterator[OperationEvent]:
    """Carry out what a plan does once its release serves, as far as it is not done yet.

    Whoever takes over puts back what was changed for the rollout, because nobody else would, and repeats
    what leaves nothing behind; of anything else he says that it is left.
    """
    first = len(carrier.plan.actions)
    numbers = range(first, first + len(carrier.plan.after))
    if not carrier.resumed:
        yield from _act_all(carrier, numbers)
        return
    left = []
    for number in numbers[max(0, _reached_by(carrier) - first) :]:
        action = _action(carrier, number)
        if action.kind is ActionKind.SET_STRATEGY:
            yield from _put_back(carrier, number)
        elif action.parameters.get("sequence") == READING:
            yield from _act(carrier, number)
        else:
            left.append(action.said)
        if carrier.ended:
            return
    if left:
        said = f"not done, because the process that carried it is gone: {'; '.join(left)}"
        yield carrier.event("left", said)


def _reached_by(carrier: Carrier) -> int:
    """The first action that the journal does not call done; 0 where it cannot be read."""
    with suppress(JournalError):
        return reached_in(carrier.log.entries()).number
    return 0


def _put_back(carrier: Carrier, number: int) -> Iterator[OperationEvent]:
    """Set it again, unless it is to be seen that the process which is gone has."""
    with suppress(QuarterdeckError):
        sight = carrier.performer.look(carrier.plan.address, _action(carrier, number), {})
        if sight.state is ActionState.DONE:
            yield _reached(carrier, number, sight)
            return
    yield from _act(carrier, number)


def _act_all(carrier: Carrier, numbers: range) -> Iterator[OperationEvent]:
    for number in numbers:
        yield from _act(carrier, number)
        if carrier.ended:
            return


def _action(carrier: Carrier, number: int) -> Action:
    """The action of a number: those before the order are counted first, then those after it."""
    return (*carrier.plan.actions, *carrier.plan.after)[number]


def resume_walk(carrier: Carrier, entries: Sequence[Entry]) -> Iterator[OperationEvent]:
    """Follow the action that was under way to its end, and say what is left. Sends nothing, unless a
    person has told it to go on, or answers the question at which it stands."""
    reached = reached_in(entries)
    actions = carrier.plan.actions
    for number, action in enumerate(actions[: reached.number]):
        carrier.timeline.mark(f"action {number}", carrier.clock.now(), action.said, is_late=True)
    number = reached.number
    if number < len(actions) and reached.sent and not _may_be_repeated(actions[number], reached):
        _note_sent(carrier)
        is_done = yield from _follow(carrier, number, reached.facts, sender_is_gone=True)
        if carrier.ended:
            return
        number += is_done
    refusal = refusal_in(entries)
    if refusal is not None and number < len(actions):
        yield from take(carrier, number, actions[number], refusal)
        return
    if 0 < number < len(actions) and _goes_on(carrier, actions[number]):
        yield from _act_all(carrier, range(number, len(actions)))
        number = len(actions)
    if not carrier.ended:
        yield _interrupted(carrier, number)


def _goes_on(carrier: Carrier, action: Action) -> bool:
    """Whether what is left is done after all: it stands before a person, or a person has said so."""
    return carrier.goes_on or (action.kind is ActionKind.ASK and is_guided(carrier.plan))


def _may_be_repeated(action: Action, reached: Reached) -> bool:
    """Its answer is lost, and asking again leaves nothing behind."""
    reads = action.kind is ActionKind.SEND_REQUESTS and action.parameters.get("sequence") == READING
    return reads and reached.facts is None


def _interrupted(carrier: Carrier, number: int) -> OperationEvent:
    """The end of a walk that another process left: done, nothing done, or so far."""
    plan = carrier.plan
    if number >= len(plan.actions) and plan.mechanism is Mechanism.ACTIONS:
        return _arrived(carrier)
    if number >= len(plan.actions):
        why = "interrupted before the release was shipped; what was done before it stays done"
        return carrier.end(Verdict.FAILED, None, f"{why} · start it again")
    if number == 0:
        return carrier.end(Verdict.REFUSED, None, "interrupted before anything was sent")
    left = "; ".join(action.said for action in plan.actions[number:])
    so_far = f"interrupted after {number} of {len(plan.actions)} · left: {left}"
    if is_guided(plan):
        return carrier.end(Verdict.PAUSED, None, paused(carrier, so_far))
    return carrier.end(Verdict.FAILED, None, f"{so_far} · start it again")


def _act(carrier: Carrier, number: int) -> Iterator[OperationEvent]:
    """Send one action, and follow it to its end."""
    action = _action(carrier, number)
    if action.kind is ActionKind.ASK:
        yield from ask(carrier, number, action)
        return
    if carrier.log.is_taken():
        yield carrier.end(_unsent(number), None, f"{TAKEN}{_done(number)}")
        return
    place = {"action": number, "kind": action.kind.value}
    try:
        yield carrier.event("sent", f"{_of(carrier, number)}{action.said}", place)
    except JournalError as error:
        yield carrier.end(_unsent(number), None, f"the journal cannot be written: {error}{_done(number)}")
        return
    carrier.log.forgive()  # from here on a failing journal must not stop the watch
    facts: Mapping[str, object] | None = None
    try:
        answer = yield from send(
            carrier,
            action.said,
            lambda: _Answer(carrier.performer.perform(carrier.plan.address, action, carrier.log.beat)),
            outcome=lambda: _traces(carrier, action),
            changed=lambda: changed_meanwhile(carrier) if number == 0 else "",
            facts=place,
        )
    except OutcomeUnknownError as error:
        yield carrier.event("unanswered", f"no answer: looking what became of it · {error}", place)
    except QuarterdeckError as error:
        verdict = Verdict.REFUSED if isinstance(error, ReadOnlyError) and number == 0 else Verdict.FAILED
        yield carrier.end(verdict, None, f"not carried out: {action.said}: {error}{_done(number)}")
        return
    else:
        if answer is None:
            return
        facts = answer.facts
        if facts is None:
            yield carrier.event("unanswered", f"throttled, but carried out: {action.said}", place)
        else:
            kept = {"answer": encode(facts)}
            yield carrier.event("performed", f"accepted: {action.said}", place, kept)
    _note_sent(carrier)
    yield from _follow(carrier, number, facts)


@dataclass(frozen=True)
class _Answer:
    """What a call answered; ``None``: it was carried out, and its answer is not known."""

    facts: Mapping[str, object] | None = None


def _traces(carrier: Carrier, action: Action) -> _Answer | None:
    """Whether what was throttled has left a trace all the same; what cannot be looked at now is taken at
    AWS's word."""
    try:
        sight = carrier.performer.look(carrier.plan.address, action, {})
    except QuarterdeckError:
        return None
    return None if sight.state is ActionState.ABSENT else _Answer()


def _note_sent(carrier: Carrier) -> None:
    """What was done before a release is not its order: that one has a time of its own."""
    alone = carrier.plan.mechanism is Mechanism.ACTIONS
    if alone and carrier.log.record.accepted_at is None:
        carrier.log.change(accepted_at=carrier.clock.now())


def _follow(
    carrier: Carrier, number: int, facts: Mapping[str, object] | None, *, sender_is_gone: bool = False
) -> Generator[OperationEvent, None, bool]:
    """Look at one action until it is done, has failed, or nobody can say; whether it is done.

    Not done, and the operation not ended either: it was never carried out, and may be yet.
    """
    action, contact = _action(carrier, number), Contact(carrier)
    began = carrier.clock.now()
    changed_since: datetime | None = None
    told = ""
    while True:
        try:
            sight = _sight(carrier, action, facts or {})
        except DeletedServiceError as error:
            yield failed(carrier, error, _done(number))
        except QuarterdeckError as error:
            yield from contact.lost(error)
        else:
            yield from contact.regained()
            waited = (carrier.clock.now() - began).total_seconds()
            if sight.state is ActionState.DONE:
                yield _reached(carrier, number, sight)
                return True
            if sight.state is ActionState.FAILED:
                yield _failed(carrier, number, sight)
            elif (
                sight.state is ActionState.ABSENT
                and waited >= LOOK_FOR_S
                and _may_come_yet(carrier, facts, gone=sender_is_gone)
            ):
                yield carrier.event("absent", f"never carried out: {action.said}", {"action": number})
                return False
            elif sight.state is ActionState.ABSENT and facts is None and waited >= LOOK_FOR_S:
                yield _lost(carrier, number, gone=sender_is_gone)
            elif _is_undone(carrier, sight, changed_since):
                yield _replaced(carrier, number, sight)
            elif sight.said != told:
                told = sight.said
                yield carrier.event("progress", told, {"action": number, **sight.facts})
            if sight.state is not ActionState.CHANGED:
                changed_since = None
            elif changed_since is None:
                changed_since = carrier.clock.now()
        if not carrier.ended and (late := _overdue(carrier, number, told)) is not None:
            yield late
        if carrier.ended:
            return False
        carrier.log.beat()
        carrier.clock.sleep(LOOK_AGAIN_S if facts is None else _pace(action))


def _pace(action: Action) -> float:
    """Seconds between two looks: a database takes many minutes, and says little meanwhile."""
    return DATABASE_EVERY_S if action.kind in _OF_DATABASES else LOOK_EVERY_S


def _may_come_yet(carrier: Carrier, facts: Mapping[str, object] | None, *, gone: bool) -> bool:
    """Whether an action of which nothing is to be seen is left to be done: its sender is gone, so that it
    cannot be on its way, and a person decides how the walk goes on."""
    return gone and facts is None and is_guided(carrier.plan)


def _is_undone(carrier: Carrier, sight: ActionSight, since: datetime | None) -> bool:
    """Whether something else has changed what was done, for longer than ECS's reads lag behind."""
    if sight.state is not ActionState.CHANGED or since is None:
        return False
    return (carrier.clock.now() - since).total_seconds() >= LOOK_FOR_S


def _replaced(carrier: Carrier, number: int, sight: ActionSight) -> OperationEvent:
    action = _action(carrier, number)
    carrier.timeline.mark(f"action {number}", carrier.clock.now(), action.said, sight.said, failed=True)
    return carrier.end(Verdict.REPLACED, None, f"{action.said}: {sight.said}{_done(number)}")


def _sight(carrier: Carrier, action: Action, facts: Mapping[str, object]) -> ActionSight:
    """How far an action is, on a service that is still there.

    Raises:
        DeletedServiceError: when it is not: then nothing is done, whatever the counts say.
    """
    try:
        sight = carrier.performer.look(carrier.plan.address, action, facts)
    except MissingServiceError:
        _picture_tasks(carrier)
        raise
    _picture_tasks(carrier)
    return sight


def _picture_tasks(carrier: Carrier) -> None:
    """The service as it is meanwhile, for whoever watches; unread, the walk goes on all the same.

    Raises:
        DeletedServiceError: when there is none any more.
    """
    try:
        observation = observe(carrier.platform, carrier.plan.address, carrier.clock)
    except DeletedServiceError:
        raise
    except QuarterdeckError:
        return
    carrier.progress = replace(carrier.progress, observation=observation)


def _reached(carrier: Carrier, number: int, sight: ActionSight) -> OperationEvent:
    action = _action(carrier, number)
    evidence = sight.said if sight.said != action.said else ""
    if action.parameters.get("purpose") == MIGRATION:
        fact = {"at": utc(carrier.clock.now()), "task": str(sight.facts.get("task", ""))}
        carrier.log.change(target={**carrier.log.record.target, MIGRATION: fact})
    carrier.timeline.mark(f"action {number}", carrier.clock.now(), action.said, evidence)
    return carrier.event("reached", f"done: {sight.said}", {"action": number, **sight.facts})


def _failed(carrier: Carrier, number: int, sight: ActionSight) -> OperationEvent:
    action = _action(carrier, number)
    carrier.timeline.mark(f"action {number}", carrier.clock.now(), action.said, sight.said, failed=True)
    return carrier.end(Verdict.FAILED, None, f"{action.said}: {sight.said}{_done(number)}")


def _overdue(carrier: Carrier, number: int, told: str) -> OperationEvent | None:
    """The end of the watch: what was ordered goes on, and what is known is said."""
    action = _action(carrier, number)
    limit = carrier.limits.timeout_s
    if limit is None or not carrier.is_overdue:
        return None
    if not carrier.in_contact:
        said = f"the time is up without contact: {action.said}{_done(number)}"
        return carrier.end(Verdict.UNKNOWN, None, said)
    waits = f": {told}" if told else ""
    if is_guided(carrier.plan):
        said = f"not done after {limit:.0f} s: {action.said}{waits}"
        return carrier.end(Verdict.PAUSED, None, paused(carrier, said))
    return carrier.end(Verdict.TIMED_OUT, None, f"not done after {limit:.0f} s: {action.said}{waits}")


def _lost(carrier: Carrier, number: int, *, gone: bool) -> OperationEvent:
    said = _action(carrier, number).said
    if gone:
        return carrier.end(Verdict.FAILED, None, f"never carried out: {said}{_done(number)}")
    return carrier.end(Verdict.UNKNOWN, None, f"sent, its outcome is not known: {said}{_done(number)}")


def _arrived(carrier: Carrier) -> OperationEvent:
    now = carrier.clock.now()
    carrier.log.change(done_at=now)
    return carrier.end(Verdict.SUCCEEDED, "operator", carrier.plan.effect, now)


def _unsent(number: int) -> Verdict:
    return Verdict.REFUSED if number == 0 else Verdict.FAILED


def _done(number: int) -> str:
    """What of the walk stays done although it ends here."""
    return f" · {count(number, 'step')} before it done and left so" if number else ""


def _of(carrier: Carrier, number: int) -> str:
    whole = len(carrier.plan.actions) + len(carrier.plan.after)
    return f"{number + 1} of {whole}: " if whole > 1 else ""
