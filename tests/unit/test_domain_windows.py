"""Windows of a database, daily and weekly, before, in and over midnight."""

from datetime import UTC, datetime, timedelta

import pytest

from console.domain.windows import window

SUNDAY = datetime(2026, 11, 22, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("03:00-04:00", "03:00-04:00"),
        ("Sun 04:00-05:00", "Sun 04:00-05:00"),
        ("sun:06:30-sun:07:30", "Sun 06:30-07:30"),
    ],
)
def test_a_window_is_read_as_people_and_as_rds_write_it(text: str, said: str) -> None:
    assert str(window(text)) == said


@pytest.mark.parametrize("text", ["", "3-4", "day 04:00-05:00", "25:00-26:00", "03:61-04:00"])
def test_what_is_no_window_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"window|there is no"):
        window(text)


@pytest.mark.parametrize(
    ("text", "at", "minutes"),
    [
        ("03:00-04:00", (2, 30), 30),
        ("03:00-04:00", (3, 0), 0),
        ("03:00-04:00", (3, 59), 0),
        ("03:00-04:00", (4, 0), 23 * 60),
        ("23:30-00:30", (0, 10), 0),
        ("23:30-00:30", (0, 30), 23 * 60),
        ("sun 04:00-05:00", (3, 0), 60),
        ("sun 04:00-05:00", (5, 0), 6 * 24 * 60 + 23 * 60),
        ("mon 00:00-01:00", (23, 0), 60),
        ("sun 23:30-00:30", (23, 45), 0),
    ],
)
def test_a_window_says_how_long_until_it_begins(text: str, at: tuple[int, int], minutes: int) -> None:
    """On a Sunday; nothing is left while it lasts."""
    now = SUNDAY + timedelta(hours=at[0], minutes=at[1])
    assert window(text).left(now) == timedelta(minutes=minutes)
