"""The ring: whatever order lines come in, they end in order and each once, and what fell is counted."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.domain.signals import LogLine
from console.logtail.order import key
from console.logtail.ring import LogRing
from tests.builders import NOW, a_log_line


def line(number: int, at_s: int | None = None) -> LogLine:
    """The line of a number; its moment is its number in seconds unless another is given."""
    return a_log_line(f"line {number}", id=f"{number:04}", at=NOW + timedelta(seconds=at_s or number))


BATCHES = st.lists(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 3)), max_size=30), max_size=8)


@given(BATCHES, st.integers(1, 80))
def test_any_interleaving_ends_in_order_each_once_and_counted(
    batches: list[list[tuple[int, int]]], limit: int
) -> None:
    """Doubles, late lines and equal moments, in batches of any size, in a ring of any size."""
    ring, given_ids = LogRing(limit), set[str]()
    moments: dict[int, int] = {}
    for batch in batches:
        lines = [line(number, moments.setdefault(number, number // (1 + shift))) for number, shift in batch]
        given_ids.update(item.id for item in lines)
        ring.add(lines)
    held = list(ring.snapshot().lines)
    assert held == sorted(held, key=key)
    assert len({item.id for item in held}) == len(held) <= limit
    assert ring.arrived == len(given_ids)
    assert len(held) + ring.lost == len(given_ids)


@given(BATCHES, st.integers(5, 80), st.integers(1, 4))
def test_a_reader_that_visits_sees_what_a_late_one_sees(
    batches: list[list[tuple[int, int]]], limit: int, often: int
) -> None:
    """Whether it comes after every batch, or seldom, or only at the end."""
    ring, seen, mark = LogRing(limit), dict[str, LogLine](), 0
    for number, batch in enumerate(batches):
        ring.add(line(item) for item, _ in batch)
        if number % often == 0:
            added = ring.since(mark)
            mark = added.mark
            if added.whole:
                seen.clear()
            seen.update((item.id, item) for item in added.lines)
    added = ring.since(mark)
    if added.whole:
        seen.clear()
    seen.update((item.id, item) for item in added.lines)
    first = added.first
    held = sorted((item for item in seen.values() if first and key(item) >= key(first)), key=key)
    assert held == list(ring.snapshot().lines)


def test_a_line_that_fell_off_is_not_taken_in_again() -> None:
    """A page that is read once more may bring it; it is not counted twice either."""
    ring = LogRing(3)
    ring.add(line(number) for number in range(1, 7))
    assert ring.add([line(1), line(2), line(6)]) == 0
    assert (ring.arrived, ring.lost) == (6, 3)


@pytest.mark.parametrize("count", [1, 31, 200])
def test_history_and_late_lines_are_put_in_place(count: int) -> None:
    """Few are put in one by one, many at once, older ones before all others."""
    ring = LogRing()
    ring.add(line(number) for number in range(1000, 1400, 2))
    ring.add(line(number) for number in range(1001, 1001 + 2 * count, 2))
    ring.add(line(number) for number in range(1, count + 1))
    numbers = [int(item.id) for item in ring.snapshot().lines]
    assert numbers == sorted(numbers)
    assert len(numbers) == 200 + 2 * count


def test_first_and_last_are_told() -> None:
    """And nothing of an empty ring."""
    ring = LogRing()
    assert (ring.first, ring.last) == (None, None)
    ring.add([line(2), line(1)])
    assert (ring.first, ring.last) == (line(1), line(2))
    assert ring.first != replace(line(1), id="other")
