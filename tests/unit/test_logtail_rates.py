"""Bad lines of each revision: a figure where something was read, no data elsewhere."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from console.domain.signals import LogLine
from console.logtail.rates import PERIOD, ErrorCounter, ErrorRate
from console.logtail.ring import LogRing
from tests.builders import NOW, a_log_line, ago, task_id

REVISIONS = {task_id(1): "43", task_id(2): "42", task_id(3): "42"}


def line(task: int, seconds: float, severity: str) -> LogLine:
    return a_log_line("x", id=f"{task}/{seconds}", task=task_id(task), at=ago(seconds), severity=severity)


def error_rates(
    lines: Iterable[LogLine],
    revision_of: Mapping[str, str],
    now: datetime,
    read_from: datetime | None,
    period: timedelta = PERIOD,
) -> dict[str, ErrorRate]:
    ring = LogRing()
    ring.add(lines)
    counter = ErrorCounter(ring)
    counter.update()
    return counter.rates(revision_of, now, read_from, period)


def test_lines_at_error_and_above_count_for_their_revision() -> None:
    """In the last minute, of every task of it."""
    lines = [
        line(1, 5, "error"),
        line(1, 50, "fatal"),
        line(1, 61, "error"),
        line(1, 10, "warn"),
        line(2, 10, "error"),
        line(3, 20, "info"),
        line(9, 10, "error"),
    ]
    rates = error_rates(lines, REVISIONS, NOW, ago(300))
    assert {name: (rate.lines, rate.errors, rate.per_minute) for name, rate in rates.items()} == {
        "43": (3, 2, 2.0),
        "42": (2, 1, 1.0),
    }


def test_a_revision_that_wrote_nothing_has_no_data_not_none() -> None:
    """And neither has one of which the period was not read whole."""
    rates = error_rates([line(1, 5, "info")], REVISIONS, NOW, ago(300))
    assert rates["43"].errors == 0
    assert rates["42"].errors is None and rates["42"].per_minute is None
    for read_from in (None, ago(30)):
        assert error_rates([line(1, 5, "info")], REVISIONS, NOW, read_from)["43"].errors is None


def test_a_longer_period_is_brought_to_a_minute() -> None:
    rates = error_rates(
        [line(1, 5, "error"), line(1, 100, "error")], REVISIONS, NOW, ago(999), timedelta(minutes=4)
    )
    assert (rates["43"].errors, rates["43"].per_minute, rates["43"].period_s) == (2, 0.5, 240)


def test_lines_that_fell_off_are_counted_all_the_same() -> None:
    """A ring of ten lines, and a minute of a service that writes more; none is counted twice."""
    ring = LogRing(10)
    counter = ErrorCounter(ring)
    for number in range(1, 50):
        ring.add([line(1, 55 - number, "error")])
        counter.update()
    counter.update()
    assert counter.rates(REVISIONS, NOW, ago(300))["43"].errors == 49


def test_a_counter_that_came_too_late_says_that_it_does_not_know() -> None:
    """Until what it counted covers the period."""
    ring = LogRing(10)
    ring.add([line(1, 50 - number, "error") for number in range(40)])
    counter = ErrorCounter(ring)
    counter.update()
    assert counter.rates(REVISIONS, NOW, ago(300))["43"].errors is None
    later = NOW + timedelta(minutes=1)
    ring.add([line(1, -30, "error")])
    counter.update()
    assert counter.rates(REVISIONS, later, ago(300))["43"].errors == 1


def test_seconds_long_past_are_let_go() -> None:
    """History that is scrolled to does not make the counter grow."""
    ring = LogRing()
    counter = ErrorCounter(ring)
    ring.add(line(1, seconds, "error") for seconds in range(1, 2_000))
    counter.update()
    assert len(counter._counts) == 180
    assert counter.rates(REVISIONS, NOW, ago(3_000))["43"].errors == 60
