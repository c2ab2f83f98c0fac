"""The view of a ring: kept up at the cost of what is new, and equal to judging everything anew."""

from collections import Counter
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from console.domain.signals import LogLine
from console.logtail.query import LogQuery
from console.logtail.ring import LogRing
from console.logtail.view import SLICE, Bucket, LogView
from tests.builders import NOW, a_log_line


def line(number: int) -> LogLine:
    severity = "error" if number % 5 == 0 else "info"
    text = f"line {number} {'odd' if number % 2 else 'even'}"
    return a_log_line(text, id=f"{number:06}", at=NOW + timedelta(seconds=number), severity=severity)


ODD = LogQuery(include=("odd",))


@given(st.lists(st.lists(st.integers(0, 90), max_size=40), max_size=10), st.integers(3, 60))
def test_a_view_that_is_kept_equals_one_that_begins_now(batches: list[list[int]], limit: int) -> None:
    """Late lines, overflow, and a query that changes in between."""
    ring = LogRing(limit)
    view = LogView(ring)
    view.look_for(LogQuery(include=("7",)))
    for number, batch in enumerate(batches):
        ring.add(line(item) for item in batch)
        before = len(view.lines)
        change = view.update()
        assert len(view.lines) == before + change.appended + change.placed - change.fell
        if number == 4:
            view.ask(ODD)
    view.update()
    expected = [item for item in ring.snapshot().lines if view.query.matches(item)]
    assert view.lines == expected
    assert view.matches == [item for item in expected if "7" in item.text]
    assert +view.severities == Counter(item.severity for item in expected)


def test_the_newest_lines_are_judged_first_and_the_rest_a_slice_a_visit() -> None:
    """The screen shows the end of the log at once."""
    ring = LogRing()
    ring.add(line(number) for number in range(2 * SLICE + 100))
    view = LogView(ring)
    view.ask(ODD)
    assert len(view.lines) == SLICE // 2
    assert view.lines[-1] == line(2 * SLICE + 99)
    was_behind = view.is_behind
    assert view.update().placed == SLICE // 2
    view.update()
    assert (was_behind, view.is_behind) == (True, False)
    assert len(view.lines) == SLICE + 50


def test_matches_are_gone_through_in_both_directions_and_around() -> None:
    """From wherever the cursor stands, on a match or between two."""
    ring = LogRing()
    ring.add(line(number) for number in range(10))
    view = LogView(ring)
    view.update()
    view.look_for(LogQuery(include=("even",)))
    assert [view.next_match(index) for index in (0, 1, 8)] == [2, 2, 0]
    assert [view.next_match(index, -1) for index in (0, 1, 8)] == [8, 0, 6]
    view.look_for(LogQuery(include=("nowhere",)))
    assert view.next_match(0) is None
    view.look_for(None)
    assert view.matches == []


def test_a_moment_and_a_line_have_an_index() -> None:
    """Between two lines it is that of the later one."""
    ring = LogRing()
    ring.add(line(number) for number in range(0, 10, 2))
    view = LogView(ring)
    view.update()
    assert view.index(line(4)) == 2
    assert view.index_at(NOW + timedelta(seconds=3)) == 2
    assert view.index_at(NOW + timedelta(seconds=99)) == 5


def test_density_counts_lines_and_errors_in_equal_stretches() -> None:
    """The end is not part of it."""
    ring = LogRing()
    ring.add(line(number) for number in range(20))
    view = LogView(ring)
    view.update()
    assert view.density(NOW, NOW + timedelta(seconds=20), 2) == (Bucket(10, 2), Bucket(10, 2))
    assert view.density(NOW, NOW, 2) == (Bucket(0, 0), Bucket(0, 0))


def test_a_reader_that_came_too_late_begins_anew() -> None:
    """More came than the ring holds: the change says that the old lines are gone."""
    ring = LogRing(50)
    view = LogView(ring)
    ring.add(line(number) for number in range(40))
    view.update()
    ring.add(line(number) for number in range(40, 200))
    change = view.update()
    assert (change.fell, change.appended) == (40, 50)
    assert [item.id for item in view.lines] == [line(number).id for number in range(150, 200)]


def test_a_view_of_a_full_ring_shows_its_end_at_the_first_visit() -> None:
    """A screen that is opened late does not wait for all that is held."""
    ring = LogRing()
    ring.add(line(number) for number in range(3 * SLICE))
    view = LogView(ring)
    change = view.update()
    assert (change.appended, view.lines[-1], view.is_behind) == (SLICE, line(3 * SLICE - 1), True)
    view.update()
    view.update()
    assert len(view.lines) == 3 * SLICE


def test_the_next_error_is_found_from_anywhere_and_around() -> None:
    """Also from before the first line and from behind the last, where a log that follows stands."""
    ring = LogRing()
    ring.add(line(number) for number in range(1, 14))
    view = LogView(ring)
    assert view.next_error(0) is None
    view.update()
    assert [view.lines[view.next_error(index) or 0].id for index in (-1, 4, 9)] == [
        "000005",
        "000010",
        "000005",
    ]
    back = [view.next_error(index, -1) for index in (13, 9, 4)]
    assert back == [9, 4, 9]
