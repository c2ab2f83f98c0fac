"""One reading of a stretch of time at one place, page by page, that errors do not end."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

from console.domain.signals import LogLine, LogPage, LogPlace
from console.ports import LogSource


@dataclass
class Scan:
    """Where a reading is. A page that fails is asked for again; its token says from where."""

    start: datetime
    end: datetime | None
    """Without that moment itself; ``None``: no end."""
    begun: datetime
    newest_first: bool = False
    token: str = ""
    is_done: bool = False
    count: int = 0
    first: LogLine | None = None
    newest: datetime | None = None
    """When the newest line was written."""
    ingested: datetime | None = None
    """When the newest line was taken in."""
    numbers: Counter[int] = field(default_factory=Counter)
    """How often each text of a task and moment has come: what tells lines without an id apart."""

    def read(self, source: LogSource, place: LogPlace, limit: int = 10_000) -> LogPage:
        """Read the next page, and remember how far that came."""
        page = source.read(place, self.start, self.end, self.token, limit, newest_first=self.newest_first)
        self.is_done = not page.token or page.token == self.token
        self.token = page.token
        self.count += len(page.lines)
        if page.lines:
            ends = page.lines[0], page.lines[-1]
            oldest, newest = min(ends, key=_at), max(ends, key=_at)
            if self.first is None or oldest.at < self.first.at:
                self.first = oldest
            self.newest = newest.at if self.newest is None else max(self.newest, newest.at)
        if page.ingested is not None:
            self.ingested = page.ingested if self.ingested is None else max(self.ingested, page.ingested)
        return page

    def begin_again(self) -> None:
        """From the start, without a token: the one there was is not accepted any more."""
        self.token = ""
        self.numbers.clear()


def _at(line: LogLine) -> datetime:
    return line.at
