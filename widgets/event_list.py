"""The service's events in ECS's words, with the unbroken rows of *steady state* put together."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from console.domain import words
from console.domain.service import ServiceEvent
from console.domain.text import cut_end
from widgets.glyphs import Glyphs
from widgets.line import Line

STEADY = "has reached a steady state"

_SERVICE = re.compile(r"^\(service [^)]*\)\s*")
_GROUP = re.compile(r"arn:[^\s)]*:targetgroup/([^/\s)]+)/\w+")
_TASK = re.compile(r"\b([0-9a-f]{8})[0-9a-f]{24}\b")


@dataclass(frozen=True)
class EventRun:
    """One event, or several *steady state* ones in a row; ``at`` is the newest one's."""

    at: datetime
    text: str
    count: int = 1


def collapsed(events: Sequence[ServiceEvent]) -> tuple[EventRun, ...]:
    """Events newest first, shortened, repeated *steady state* put together."""
    runs: list[EventRun] = []
    for event in events:
        text = shortened(event.message)
        steady = STEADY in text
        if steady and runs and STEADY in runs[-1].text:
            runs[-1] = EventRun(runs[-1].at, runs[-1].text, runs[-1].count + 1)
        else:
            runs.append(EventRun(event.at, text))
    return tuple(runs)


def shortened(message: str) -> str:
    """ECS's sentence without what the screen says already: the service, and all but the names in ids."""
    text = _SERVICE.sub("", message)
    return _TASK.sub(r"\1", _GROUP.sub(r"\1", text)).strip()


def event_lines(events: Sequence[ServiceEvent], left: int, end: int, glyphs: Glyphs) -> tuple[Line, ...]:
    """One line an event: time of day, then ECS's sentence."""
    runs = collapsed(events)
    if not runs:
        return (Line().put(left, "no events", "muted"),)
    return tuple(_event_line(run, left, end, glyphs) for run in runs)


def _event_line(run: EventRun, left: int, end: int, glyphs: Glyphs) -> Line:
    steady = STEADY in run.text
    times = f" ({run.count} times)" if run.count > 1 else ""
    text = cut_end(run.text, end - left - 10 - len(times), glyphs.ellipsis) + times
    line = Line().put(left, words.time_of_day(run.at), "faint")
    return line.put(left + 10, text, "muted" if steady else "text")
