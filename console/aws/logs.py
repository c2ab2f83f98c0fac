"""Log lines of a service's tasks from CloudWatch Logs."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from threading import Event
from typing import Any

from console.aws.calls import Calls, code_of
from console.aws.definitions import Definitions
from console.aws.live_tail import LiveTail
from console.aws.log_lines import page_of
from console.aws.log_places import places_of
from console.aws.services import Services
from console.domain.address import Address
from console.domain.service import ServiceStatus
from console.domain.signals import LogLine, LogPage, LogPlace
from console.domain.text import plain
from console.domain.words import milliseconds
from console.errors import RejectedError
from console.logtail.order import key
from console.logtail.parse import drawn
from console.ports import Clock

MAX_PAGES = 10
"""Pages that one tail reads at most: a page may be empty and still have a next one."""
MOST_EVENTS = 10_000
"""Events of one page (CloudWatch Logs API reference, FilterLogEvents)."""
STATUS_S = 10.0
"""How old a status may be when it is asked where the service writes."""
_MS = timedelta(milliseconds=1)


class CloudWatchLogs:
    """Implements :class:`console.ports.LogSource` for containers that log with ``awslogs``."""

    def __init__(
        self,
        calls: Calls,
        services: Services,
        definitions: Definitions,
        clock: Clock,
        *,
        live: bool = False,
    ) -> None:
        self._calls = calls
        self._services = services
        self._definitions = definitions
        self._clock = clock
        self._is_live = live
        self._seen: dict[Address, tuple[float, ServiceStatus]] = {}

    @property
    def is_live(self) -> bool:
        return self._is_live

    def tail(self, address: Address, since: datetime, limit: int) -> tuple[LogLine, ...]:
        """The newest ``limit`` lines of every container whose stream names its task.

        Other log drivers, and awslogs without a stream prefix, cannot be told apart by task: their
        containers have no lines here.
        """
        places = [place for place in self._places(self._services.last(address)) if not place.problem]
        lines = [line for place in places for line in self._newest(place, since, limit)]
        return tuple(drawn(line) for line in sorted(lines, key=key)[-limit:])

    def sources(self, address: Address) -> tuple[LogPlace, ...]:
        """The places of every definition that the service's deployments run now.

        Whoever watches the service keeps its status fresh; where nobody does it is read here, at most
        every :data:`STATUS_S` seconds.
        """
        status, now = self._services.last(address), self._clock.monotonic()
        read_at, seen = self._seen.get(address, (now, status))
        if status is not seen:
            read_at = now
        elif now - read_at > STATUS_S:
            status, read_at = self._services.status(address), now
            status = self._services.last(address)
        self._seen[address] = read_at, status
        return self._places(status)

    def read(
        self,
        place: LogPlace,
        start: datetime,
        end: datetime | None = None,
        token: str = "",
        limit: int = MOST_EVENTS,
        *,
        newest_first: bool = False,
    ) -> LogPage:
        """One call of FilterLogEvents; its ``endTime`` is inclusive, ours is not."""
        params: dict[str, Any] = {
            "logGroupName": place.group,
            "logStreamNamePrefix": place.stream,
            "startTime": milliseconds(start),
            "limit": max(1, min(limit, MOST_EVENTS)),
        }
        if end is not None:
            params["endTime"] = milliseconds(end - _MS)
        if newest_first:
            params["startFromHead"] = False
        if token:
            params["nextToken"] = token
        try:
            page = self._calls.read("logs", "FilterLogEvents", region=place.region, **params)
        except RejectedError as error:
            if code_of(error) == "ResourceNotFoundException":
                raise RejectedError(f"there is no log group {plain(place.group)}") from error
            raise
        return page_of(page.get("events", ()), place.container, str(page.get("nextToken") or ""))

    def live(self, places: Sequence[LogPlace], stop: Event) -> LiveTail:
        return LiveTail(self._calls, places, stop)

    def _places(self, status: ServiceStatus) -> tuple[LogPlace, ...]:
        arns = dict.fromkeys(item.definition for item in status.deployments)
        return tuple(
            dict.fromkeys(
                place
                for arn in arns
                for place in places_of(self._definitions.get(arn).containers, status.arn)
            )
        )

    def _newest(self, place: LogPlace, since: datetime, limit: int) -> Iterator[LogLine]:
        """At least ``limit`` of the newest lines of a place, if there are so many."""
        token, count = "", 0
        for _ in range(MAX_PAGES):
            page = self.read(place, since, None, token, limit, newest_first=True)
            yield from page.lines
            count, token = count + len(page.lines), page.token
            if count >= limit or not token:
                return
