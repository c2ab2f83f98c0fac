"""One log line as it stands in the log: fixed columns, the words of the line cut, wrapped or unfolded."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from zlib import crc32

from console.domain.signals import LogLine
from console.domain.text import cell_width, cut_end, plain
from console.logtail.parse import fields, readable
from widgets.glyphs import UNICODE, Glyphs
from widgets.header import NARROW
from widgets.line import Line, drawable

MOST_CHARACTERS = 2_000
"""Characters of a line that are drawn; copying and saving give it whole."""
PLATFORM = "ecs"
"""Container name of lines that the platform itself wrote about the service."""

Spans = Callable[[str], Iterable[tuple[int, int]]]
"""Drawn text -> the parts to mark, as (start, end) in characters."""

_TASK_INKS = ("muted", "text", "stale", "faint")
_WORDS_INKS = {"debug": "muted", "info": "text", "warn": "text", "error": "strong", "fatal": "bold critical"}
_MARK_INKS = {"warn": "warning", "error": "critical", "fatal": "bold critical"}


def no_spans(text: str) -> Iterable[tuple[int, int]]:
    """Marks nothing."""
    return ()


@dataclass(frozen=True)
class LogLook:
    """How lines are drawn now."""

    width: int
    wraps: bool = False
    zone: tzinfo | None = None
    """``None``: UTC."""
    revisions: Mapping[str, str] = field(default_factory=dict)
    """Task id -> ``:43``."""
    spans: Spans = no_spans
    glyphs: Glyphs = UNICODE

    @property
    def message_column(self) -> int:
        """Where the words of a line begin."""
        return 17 if self.width < NARROW else 37

    @property
    def room(self) -> int:
        """Cells for the words of a line."""
        return max(1, self.width - 2 - self.message_column)


def words_of(line: LogLine) -> str:
    """The words of a line as they are drawn: message first, and nothing that a terminal would act on."""
    return _safe(readable(line.text))


def _safe(text: str) -> str:
    text = text[:MOST_CHARACTERS]
    return text if text.isascii() and text.isprintable() else drawable(text)


def short_task(task: str) -> str:
    """Four characters of a task's id."""
    return plain(task)[:4]


def task_ink(task: str) -> str:
    """The ink of a task: the same for as long as it lives, in every session."""
    return _TASK_INKS[crc32(task.encode("utf-8", "replace")) % len(_TASK_INKS)]


def moment_of(at: datetime, look: LogLook) -> str:
    """``03:12:47.120``, at few columns to the second; in UTC or in the operator's zone."""
    local = at.astimezone(look.zone) if look.zone is not None else at
    shown = local.strftime("%H:%M:%S")
    return shown if look.width < NARROW else f"{shown}.{local.microsecond // 1000:03}"


def log_rows(line: LogLine, look: LogLook, *, unfolded: bool = False) -> tuple[Line, ...]:
    """The rows of one line: its words, cut or wrapped, and its members where it is unfolded."""
    text = words_of(line)
    ink = "deploying" if line.container == PLATFORM else _WORDS_INKS.get(line.severity, "text")
    pieces = _wrapped(text, look.room) if look.wraps or unfolded else [(0, _cut(text, look))]
    spans = tuple(look.spans(text))
    rows = []
    for number, (start, piece) in enumerate(pieces):
        row = Line() if number else _columns(line, look)
        _put_marked(row, look.message_column, piece, ink, start, spans)
        rows.append(row)
    return (*rows, *_members(line, look)) if unfolded else tuple(rows)


def height_of(line: LogLine, look: LogLook, *, unfolded: bool = False) -> int:
    """Rows that a line needs."""
    if not unfolded and not look.wraps:
        return 1
    rows = len(_wrapped(words_of(line), look.room))
    return rows + (len(_members(line, look)) if unfolded else 0)


def _columns(line: LogLine, look: LogLook) -> Line:
    glyphs, narrow = look.glyphs, look.width < NARROW
    mark = {"warn": glyphs.warning, "error": glyphs.failed, "fatal": glyphs.failed}.get(
        line.severity, glyphs.dot
    )
    mark_ink = _MARK_INKS.get(line.severity, "faint")
    of_platform = line.container == PLATFORM
    revision = PLATFORM if of_platform else _revision(look.revisions.get(line.task, ""))
    row = Line().put(2, moment_of(line.at, look), "faint")
    row.put(11 if narrow else 16, revision, "muted", 4)
    if narrow:
        return row.put(15, mark, mark_ink)
    if not of_platform:
        row.put(21, short_task(line.task), task_ink(line.task), 4)
    word = plain(line.severity).upper()
    if line.severity in _MARK_INKS:
        return row.put(27, f"{mark} {word}", mark_ink, 9)
    return row.put(27, mark, mark_ink).put(29, word, "muted", 7)


def _revision(text: str) -> str:
    """A revision in four cells: the colon goes before a digit does."""
    return text if len(text) <= 4 else text.removeprefix(":")


def _cut(text: str, look: LogLook) -> str:
    return cut_end(text, look.room, look.glyphs.ellipsis)


def _put_marked(
    row: Line, column: int, piece: str, ink: str, start: int, spans: Iterable[tuple[int, int]]
) -> None:
    """Place a piece of the text that begins at character ``start``, with the marked parts in accent."""
    bold = "bold " if ink.startswith("bold") else ""
    done = 0
    for first, last in sorted(spans):
        first, last = max(done, first - start), min(len(piece), last - start)
        if first >= last:
            continue
        column = row.run(column, (piece[done:first], ink), (piece[first:last], f"{bold}underline accent"))
        done = last
    row.put(column, piece[done:], ink)


def _wrapped(text: str, room: int) -> list[tuple[int, str]]:
    """The text in rows of at most ``room`` cells, with the character at which each begins.

    Broken after a space where there is one in the last third of a row.
    """
    rows: list[tuple[int, str]] = []
    start = 0
    while start < len(text) or not rows:
        piece = cut_end(text[start : start + room + 1], room, "")
        if not piece and start < len(text):
            piece = text[start]  # wider than the row
        end = start + len(piece)
        space = piece.rfind(" ")
        if end < len(text) and text[end] != " " and space > len(piece) * 2 // 3:
            piece = piece[: space + 1]
        rows.append((start, piece))
        start += max(1, len(piece))
    return rows


def _members(line: LogLine, look: LogLook) -> list[Line]:
    found = [(_safe(name), _safe(value)) for name, value in fields(line.text)]
    if not found:
        return []
    widest = min(max(cell_width(name) for name, _ in found), max(4, look.room // 3))
    at = look.message_column + widest + 2
    room = max(1, look.width - 2 - at)
    rows = []
    for name, value in found:
        for number, (_, piece) in enumerate(_wrapped(value, room)):
            row = Line().put(at, piece, "text")
            rows.append(row if number else row.put(look.message_column, name, "faint", widest))
    return rows
