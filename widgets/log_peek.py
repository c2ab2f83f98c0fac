"""The newest log lines of a service: whose they are, how bad, what they say."""

from collections.abc import Mapping, Sequence

from console.domain import words
from console.domain.signals import LogLine
from console.domain.text import cut_end
from widgets.glyphs import Glyphs
from widgets.line import Line
from widgets.log_line import words_of

_INKS = {"debug": "faint", "info": "muted", "warn": "text", "error": "text", "fatal": "bold critical"}


def log_lines(
    lines: Sequence[LogLine],
    revisions: Mapping[str, str],
    left: int,
    end: int,
    glyphs: Glyphs,
    *,
    full_time: bool,
) -> tuple[Line, ...]:
    """One line a log event, oldest first.

    Args:
        lines: Oldest first.
        revisions: Task id -> ``:43``.
        full_time: With the hour; without it room is left for what the line says.
    """
    return tuple(_log_line(item, revisions, left, end, glyphs, full_time) for item in lines)


def _log_line(
    item: LogLine, revisions: Mapping[str, str], left: int, end: int, glyphs: Glyphs, full_time: bool
) -> Line:
    moment = words.time_of_day(item.at)
    shown = moment if full_time else moment[3:]
    line = Line().put(left, shown, "faint")
    column = left + len(shown) + 1
    line.put(column, cut_end(revisions.get(item.task, ""), 4, glyphs.ellipsis), "muted")
    column += 4
    mark, ink = {
        "warn": (glyphs.warning, "warning"),
        "error": (glyphs.failed, "critical"),
        "fatal": (glyphs.failed, "critical"),
    }.get(item.severity, (glyphs.dot, "faint"))
    line.put(column, mark, ink)
    column += 2
    words_ink = _INKS.get(item.severity, "muted")
    return line.put(column, cut_end(words_of(item), end - column, glyphs.ellipsis), words_ink)
