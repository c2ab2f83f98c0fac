"""The cursor's rule: it belongs to a key, whatever happens to the rows around it."""

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from widgets.rows import Rows


@dataclass(frozen=True)
class Row:
    key: str | None
    height: int = 1


KEYS = st.lists(st.sampled_from("abcdefghijkl"), unique=True, max_size=12)
LISTS = KEYS.flatmap(
    lambda keys: st.tuples(*(st.builds(Row, st.just(key), st.integers(1, 2)) for key in keys))
)


@given(LISTS, st.lists(LISTS, max_size=6), st.data())
def test_the_cursor_stays_on_its_service_as_long_as_that_is_there(
    first: tuple[Row, ...], later: list[tuple[Row, ...]], data: st.DataObject
) -> None:
    """Sorted, filtered, added, removed: only when its own row goes does it move, and then to a row."""
    rows: Rows[Row] = Rows(first)
    cursor = data.draw(st.sampled_from(rows.keys)) if rows.keys else None
    for following in later:
        before, rows = rows, Rows(following)
        moved = rows.successor(cursor, before)
        if cursor in rows.places:
            assert moved == cursor
        elif rows.keys:
            assert moved in rows.places
        else:
            assert moved is None
        cursor = moved


@given(LISTS, st.data())
def test_a_row_that_goes_hands_the_cursor_to_the_next_one_left(
    first: tuple[Row, ...], data: st.DataObject
) -> None:
    """Of those that stood after it the nearest that is still there, wherever it stands now."""
    before: Rows[Row] = Rows(first)
    if not before.keys:
        return
    cursor = data.draw(st.sampled_from(before.keys))
    left = data.draw(st.permutations([row for row in first if row.key != cursor]))
    kept: Rows[Row] = Rows(left[: data.draw(st.integers(0, len(left)))])
    behind = [key for key in before.keys[before.keys.index(cursor) + 1 :] if key in kept.places]
    if behind:
        assert kept.successor(cursor, before) == behind[0]


@given(LISTS)
def test_every_line_belongs_to_the_row_that_is_drawn_there(first: tuple[Row, ...]) -> None:
    """Rows of one and two lines follow each other without a gap."""
    rows: Rows[Row] = Rows(first)
    drawn = [(row, line) for row in first for line in range(row.height)]
    assert [rows.at(y) for y in range(rows.height)] == drawn
    assert rows.at(-1) is None
    assert rows.at(rows.height) is None
