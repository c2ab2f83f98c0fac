"""What CloudWatch Logs holds: groups, the streams of every task, and how to read on from a place.

No line is stored. A page is worked out minute by minute from lives and requests, so an idle world
does nothing, and how often somebody reads cannot change what there is to read.
"""

import base64
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from console.sandbox.figures import Figures
from console.sandbox.lives import Life, Lives
from console.sandbox.log_lines import LogEvent, answered, told
from console.sandbox.registry import AwsError
from console.sandbox.traffic import MINUTE, Traffic

if TYPE_CHECKING:
    from console.sandbox.account import Account
    from console.sandbox.live_tail import LiveTail

FOREVER_MS = 10**15
_MINUTES_A_PAGE = 60
"""How far one call looks; a page may be empty and still have a next one, as AWS's may."""


@dataclass
class LogGroup:
    """A log group; its streams are those of the tasks that write to it."""

    name: str
    arn: str
    created_at: float
    retention_days: int = 30


class LogState:
    """The log groups of one account, and the lives, requests and figures that they agree with."""

    def __init__(self, account: "Account") -> None:
        self.account = account
        self.lives = Lives(account)
        self.traffic = Traffic(account, self.lives)
        self.figures = Figures(account)
        self.groups: dict[str, LogGroup] = {}
        self.tails: list[LiveTail] = []
        """The sessions of StartLiveTail that are open."""

    def create_group(self, name: str, created_at: float) -> LogGroup:
        """Add a log group; one that is there already stays as it is."""
        arn = self.account.arn("logs", f"log-group:{name}")
        return self.groups.setdefault(name, LogGroup(name, arn, created_at))

    def streams(self, group: str) -> list[Life]:
        """The lives that have begun to write to a group, oldest first."""
        return [life for life in self.lives if life.group == group and life.started_at is not None]

    def events(self, group: str, wanted: Callable[[Life], bool], minute: int) -> list[LogEvent]:
        """What the wanted tasks wrote in one minute, up to now, in order."""
        world = self.account.world
        start, end = float(minute * MINUTE), min((minute + 1) * MINUTE, world.now())
        lives = [life for life in self.streams(group) if wanted(life) and _overlaps(life, start, end)]
        found: list[LogEvent] = []
        for life in lives:
            style = self.traffic.profile(life.service).logs
            found.extend(told(life, style, world.speed, start, end))
        names = {life.task for life in lives}
        for service in dict.fromkeys(life.service for life in lives):
            style = self.traffic.profile(service).logs
            for request in self.traffic.requests(service, minute):
                if request.life is not None and request.reached and request.life.task in names:
                    found.extend(answered(request, request.life, style))
        found.sort()
        return found

    def scan(self, search: "Search", position: "Position") -> tuple[list[LogEvent], "Position | None"]:
        """A page of events beyond a position, and the position after them; ``None`` at the end."""
        found: list[LogEvent] = []
        minutes = self._minutes(search, position)
        for minute in islice(minutes, _MINUTES_A_PAGE):
            events = self.events(search.group, search.wanted, minute)
            for event in reversed(events) if position.descending else events:
                if position.is_before(event) and search.accepts(event):
                    found.append(event)
                    if len(found) == search.limit:
                        return found, Position(event.ms, event.id, position.descending)
        following = next(minutes, None)
        if following is None:
            return found, None
        border = (following + 1) * MINUTE if position.descending else following * MINUTE
        return found, Position(border * 1000, "", position.descending)

    def _minutes(self, search: "Search", position: "Position") -> Iterator[int]:
        """The minutes in which there can be something, in the direction of reading."""
        lives = [life for life in self.streams(search.group) if search.wanted(life)]
        if not lives:
            return iter(())
        begun = min(int((life.started_at or life.created_at) * 1000) for life in lives)
        first, last = max(search.start_ms, begun), min(search.end_ms, int(self.account.world.now() * 1000))
        if position.descending:
            last = min(last, position.ms)
        else:
            first = max(first, position.ms)
        minutes = range(first // (MINUTE * 1000), last // (MINUTE * 1000) + 1)
        return iter(reversed(minutes) if position.descending else minutes)


@dataclass(frozen=True)
class Search:
    """What one call asks for."""

    group: str
    wanted: Callable[[Life], bool]
    matches: Callable[[str], bool]
    start_ms: int
    end_ms: int
    """Inclusive."""
    limit: int

    def accepts(self, event: LogEvent) -> bool:
        return self.start_ms <= event.ms <= self.end_ms and self.matches(event.message)


@dataclass(frozen=True)
class Position:
    """A place between two events, and the direction in which to read on from it."""

    ms: int
    id: str
    descending: bool

    def is_before(self, event: LogEvent) -> bool:
        """Whether the event still lies ahead."""
        here, there = (self.ms, self.id), (event.ms, event.id)
        return there < here if self.descending else there > here

    @property
    def token(self) -> str:
        text = f"{'b' if self.descending else 'f'}/{self.ms}/{self.id}"
        return base64.urlsafe_b64encode(text.encode()).decode()

    @classmethod
    def from_token(cls, token: str) -> "Position":
        """Raises ``InvalidParameterException`` for a token that none of our answers held."""
        try:
            direction, ms, name = base64.urlsafe_b64decode(token.encode()).decode().split("/")
            return cls(int(ms), name, direction == "b")
        except ValueError:
            raise AwsError("InvalidParameterException", "The specified nextToken is invalid.") from None


def _overlaps(life: Life, start: float, end: float) -> bool:
    begun = life.started_at is not None and life.started_at < end
    return begun and (life.ended_at is None or life.ended_at >= start)
