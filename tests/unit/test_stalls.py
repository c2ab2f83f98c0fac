"""Full garbage collections come while nobody is at the keys, and come at last."""

import gc
from collections.abc import Iterator

import pytest

from console.stalls import Collector


@pytest.fixture
def collected() -> Iterator[list[int]]:
    """The generation of every collection."""
    found: list[int] = []

    def note(phase: str, facts: dict[str, int]) -> None:
        if phase == "start":
            found.append(facts["generation"])

    gc.callbacks.append(note)
    yield found
    gc.callbacks.remove(note)


def test_it_collects_once_a_minute_while_nobody_types(collected: list[int]) -> None:
    """Not before, and not twice."""
    collector = Collector()
    collector.touched(57)
    assert not collector.tick(59)
    assert not collector.tick(61)
    collected.clear()
    assert collector.tick(62)
    assert 2 in collected
    assert not collector.tick(63)
    assert collector.tick(122)


def test_it_collects_at_last_where_somebody_types_all_the_time() -> None:
    """Every ten minutes."""
    collector = Collector()
    done = []
    for second in range(1, 1300):
        collector.touched(second)
        if collector.tick(second):
            done.append(second)
    assert done == [600, 1200]
