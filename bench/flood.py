"""A log that is written at a given number of lines a second, read as FilterLogEvents gives it.

The events are turned into lines by the adapter's own code (control characters, secrets, severity), at
the moment when the tail asks for them.
"""

import math
from collections.abc import Sequence
from datetime import datetime, timedelta
from threading import Event
from typing import Any

from bench.logs import event
from console.aws.log_lines import page_of
from console.domain.address import Address
from console.domain.signals import LogLine, LogPage, LogPlace
from console.errors import RejectedError
from console.ports import Clock, LiveLog


class Flood:
    """Implements :class:`console.ports.LogSource`: ``rate`` lines are written a second."""

    is_live = False

    def __init__(self, rate: int, clock: Clock) -> None:
        self._rate = rate
        self._clock = clock
        self._start = clock.now()

    def sources(self, address: Address) -> tuple[LogPlace, ...]:
        return (LogPlace("api", "/ecs/flood", "us-east-1", "api/api/"),)

    def tail(self, address: Address, since: datetime, limit: int) -> tuple[LogLine, ...]:
        last = self._written(self._clock.now())
        return page_of(self._events(max(0, last - limit), last), "api", "").lines

    def read(
        self,
        place: LogPlace,
        start: datetime,
        end: datetime | None = None,
        token: str = "",
        limit: int = 10_000,
        *,
        newest_first: bool = False,
    ) -> LogPage:
        """The next lines of a stretch; the token is the number of the line to go on with."""
        first, last = self._written(start), self._written(min(end or self._clock.now(), self._clock.now()))
        if newest_first:
            last = int(token) if token else last
            begin = max(first, last - limit)
            events = self._events(begin, last)[::-1]
            return page_of(events, place.container, str(begin) if begin > first else "")
        first = int(token) if token else first
        stop = min(last, first + limit)
        return page_of(self._events(first, stop), place.container, str(stop) if stop < last else "")

    def live(self, places: Sequence[LogPlace], stop: Event) -> LiveLog:
        raise RejectedError("these lines are asked for: is_live says so")

    def _written(self, moment: datetime) -> int:
        """How many lines there were before a moment."""
        return max(0, math.ceil((moment - self._start).total_seconds() * self._rate))

    def _events(self, first: int, last: int) -> list[dict[str, Any]]:
        return [event(number, self._at_ms(number)) for number in range(first, last)]

    def _at_ms(self, number: int) -> int:
        return int((self._start + timedelta(seconds=number / self._rate)).timestamp() * 1000)
