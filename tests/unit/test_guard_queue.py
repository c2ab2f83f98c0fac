"""The questions of guards in their turn: what is read stays until it is settled."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from console.domain.guard import GuardMode
from console.domain.guarded import GuardState, GuardView
from console.domain.operation import OperationEvent, Verb
from screens.guard_queue import GuardQuestion, GuardQueue, settled_words
from screens.running import RunningOperation
from tests.builders import ADDRESS, NOW, ago


def a_question(token: int, tripped_s: float = 0.0, state: GuardState = GuardState.TRIPPED) -> GuardQuestion:
    """What the guard of one operation asks."""
    view = GuardView(state, GuardMode.ASK, tripped_at=ago(tripped_s))
    return GuardQuestion(RunningOperation(token, ADDRESS, Verb.DEPLOY, NOW), view)


def tokens(queue: GuardQueue) -> list[int]:
    return [item.operation.token for item in queue.questions]


def test_those_that_come_together_are_asked_in_the_order_of_their_trips() -> None:
    """The older first, whichever operation began first."""
    queue = GuardQueue().after([a_question(1, 5), a_question(2, 60), a_question(3, 30)])
    assert tokens(queue) == [2, 3, 1]


def test_a_newer_one_comes_last_whenever_it_tripped() -> None:
    """Also one of another console that had tripped before."""
    queue = GuardQueue().after([a_question(2, 10)]).after([a_question(1, 300), a_question(2, 10)])
    assert tokens(queue) == [2, 1]


def test_a_countdown_that_is_stopped_keeps_its_place() -> None:
    """It is the same trip; what an answer means is another matter."""
    counting = a_question(1, 60, GuardState.COUNTDOWN)
    queue = GuardQueue().after([counting, a_question(2, 10)])
    after = queue.after([a_question(2, 10), a_question(1, 60)])
    assert tokens(after) == [1, 2]
    assert after.current is not None
    assert after.current.turn != counting.turn
    assert after.current.trip == counting.trip


def test_the_next_trip_of_the_same_operation_is_another_question() -> None:
    """Somebody waited, and it asks again: it takes its turn behind what came in between."""
    queue = GuardQueue().after([a_question(1, 400), a_question(2, 100)])
    after = queue.after([a_question(1, 0), a_question(2, 100)])
    assert tokens(after) == [2, 1]
    assert not after.holds(a_question(1, 400))
    assert after.holds(a_question(1, 0))


@given(st.lists(st.sets(st.integers(1, 5)), max_size=12))
def test_what_is_read_is_never_replaced_while_it_is_asked(rounds: list[set[int]]) -> None:
    """Whatever trips, is answered or is withdrawn meanwhile; and every open question is somewhere in it."""
    queue = GuardQueue()
    for asked in rounds:
        before = queue.current
        queue = queue.after([a_question(token) for token in sorted(asked)])
        if before is not None and before.operation.token in asked:
            assert queue.current is not None
            assert queue.current.trip == before.trip
        assert sorted(tokens(queue)) == sorted(asked)


def test_how_a_question_was_settled_is_told_in_the_words_of_whoever_did_it() -> None:
    """The newest of what the guard, somebody who answered, or the verdict says."""
    operation = a_question(1).operation
    assert settled_words(operation) == "the guard asks nothing any more"
    events = [("guard", "guard tripped"), ("answered", "ada answers the guard: ignore"), ("observed", "")]
    told = tuple(
        OperationEvent(name, NOW + timedelta(seconds=n), "01", text, {}, None)
        for n, (name, text) in enumerate(events)
    )
    assert settled_words(replace(operation, events=told)) == "ada answers the guard: ignore"
