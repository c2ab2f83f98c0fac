"""The log tail by itself: how many lines a second go in, and what a hundred thousand of them take."""

import gc
import time
import tracemalloc
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from typing import Any

from bench.rows import Row, show
from console.aws.log_lines import lines_of
from console.logtail.query import LogQuery
from console.logtail.ring import LIMIT, LogRing
from console.logtail.view import LogView

CHUNK = 5_000
"""Lines of one page or update, and between two visits of the screen at 50,000 a second."""
ROUNDS = 3
_START_MS = int(datetime(2026, 11, 20, 3, tzinfo=UTC).timestamp() * 1000)


def measure(count: int = 2 * LIMIT) -> list[Row]:
    """Take in so many events, the plain ones and the ones of JSON, and judge them anew."""
    pages = [list(page) for page in chunks(count)]
    seconds = min(_timed(lambda: take_in(pages)) for _ in range(ROUNDS))
    view = take_in(pages)
    worst = max(_timed(partial(view.ask, query)) for query in (words(), expression()))
    return [
        ("log lines taken in a second", "50,000", f"{count / seconds:,.0f}"),
        ("a page into ring and view", "–", f"{seconds / len(pages) * 1000:.1f} ms"),
        ("a new filter's first slice", "20 ms", f"{worst * 1000:.1f} ms"),
        (f"memory of {LIMIT:,} lines", "flat", f"{memory(count):.0f} MB"),
        (f"after {3 * count:,}", "flat", f"{memory(3 * count):.0f} MB"),
    ]


def take_in(pages: list[list[dict[str, Any]]]) -> LogView:
    """Events to masked lines with a severity, into a ring, and into a view with a filter and a search."""
    ring = LogRing()
    view = LogView(ring, LogQuery(exclude=("health",)))
    view.look_for(LogQuery(include=("timeout",)))
    for page in pages:
        ring.add(lines_of(page, "api"))
        view.update()
    return view


def words() -> LogQuery:
    """What people filter by."""
    return LogQuery(include=("status=500",))


def expression() -> LogQuery:
    """A costly one."""
    return LogQuery(include=("/get .*5\\d\\d/i",))


def chunks(count: int) -> Iterator[Iterator[dict[str, Any]]]:
    """Pages of events of twelve tasks, as FilterLogEvents gives them."""
    for start in range(0, count, CHUNK):
        yield (event(number, _START_MS + number // 50) for number in range(start, min(count, start + CHUNK)))


def memory(count: int) -> float:
    """Megabytes that ring and view hold after so many lines."""
    gc.collect()
    tracemalloc.start()
    ring = LogRing()
    view = LogView(ring)
    for page in chunks(count):
        ring.add(lines_of(list(page), "api"))
        view.update()
    gc.collect()
    held = tracemalloc.get_traced_memory()[0] / 1e6
    tracemalloc.stop()
    return held


def event(number: int, at_ms: int) -> dict[str, Any]:
    """One event of FilterLogEvents, written at a moment in epoch milliseconds; every other one is JSON."""
    status = 500 if number % 100 == 0 else 200
    level = "error" if status == 500 else "info"
    took = f"{number % 700}.5"
    if number % 2:
        text = (
            f'{{"time":"2026-11-20T03:12:47.123Z","level":"{level}","msg":"GET /api/jobs","status":{status},'
        )
        text += f'"duration_ms":{took},"request_id":"{number:08x}","version":"v1.4.2"}}'
    else:
        text = f"2026-11-20T03:12:47.123Z {level.upper():5} GET /api/jobs status={status} duration_ms={took} "
        text += f"request_id={number:08x}"
    return {
        "eventId": f"{at_ms:014d}{number:042d}",
        "logStreamName": f"api/api/{number % 12:032x}",
        "timestamp": at_ms,
        "ingestionTime": at_ms + 840,
        "message": text,
    }


def _timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


if __name__ == "__main__":
    show(measure())
