"""The world's clock and its heap."""

import pytest

from console.sandbox.kernel import World
from tests.unit.sandbox_world import START, Hand


def test_things_happen_in_the_order_of_their_moments_each_at_its_own() -> None:
    """``now`` inside an event is the event's moment, however late somebody looks."""
    hand = Hand()
    world = World(1, clock=hand)
    seen: list[tuple[str, float]] = []
    world.after(20, lambda: seen.append(("second", world.now())))
    world.after(10, lambda: seen.append(("first", world.now())))
    world.after(20, lambda: seen.append(("third", world.now())))
    hand.at += 60
    world.advance()
    assert seen == [("first", START + 10), ("second", START + 20), ("third", START + 20)]
    assert world.now() == START + 60


def test_nothing_happens_before_its_moment() -> None:
    """An event that is due later stays in the heap."""
    hand = Hand()
    world = World(1, clock=hand)
    seen: list[int] = []
    world.after(10, lambda: seen.append(1))
    hand.at += 9.9
    world.advance()
    assert not seen


def test_what_an_event_schedules_runs_in_the_same_advance_if_it_is_due() -> None:
    """A chain of events is followed to the clock's moment."""
    hand = Hand()
    world = World(1, clock=hand)
    ticks: list[float] = []

    def tick() -> None:
        ticks.append(world.now() - START)
        world.after(10, tick)

    world.after(10, tick)
    hand.at += 35
    world.advance()
    assert ticks == [10, 20, 30]


def test_speed_shortens_durations_and_leaves_the_clock_alone() -> None:
    """At speed 10 ten simulated seconds take one, and now is the wall clock's."""
    hand = Hand()
    world = World(1, speed=10, clock=hand)
    seen: list[float] = []
    world.after(10, lambda: seen.append(world.now()))
    hand.at += 5
    world.advance()
    assert seen == [START + 1]
    assert world.now() == hand.at
    assert world.seconds(30) == 3


def test_before_the_first_look_events_may_lie_in_the_past() -> None:
    """A fleet can lay an event before the world's start; it is run at its own moment."""
    hand = Hand()
    world = World(1, clock=hand)
    seen: list[float] = []
    world.at(START - 100, lambda: seen.append(world.now()))
    world.advance()
    assert seen == [START - 100]
    assert world.now() == START


def test_the_stream_of_a_name_does_not_depend_on_other_streams() -> None:
    """The same seed and name draw the same numbers; another seed or name draws others."""
    first = World(1).rng("task").random()
    other = World(1)
    other.rng("something else").random()
    assert other.rng("task").random() == first
    assert World(2).rng("task").random() != first
    assert World(1).rng("other").random() != first


def test_the_clock_never_takes_the_world_back() -> None:
    """A clock that is set back leaves now where it was."""
    hand = Hand()
    world = World(1, clock=hand)
    hand.at += 10
    world.advance()
    hand.at -= 5
    world.advance()
    assert world.now() == START + 10


def test_a_speed_that_is_not_positive_is_refused() -> None:
    """There is no standing still and no going back."""
    with pytest.raises(ValueError, match="positive"):
        World(1, speed=0)
