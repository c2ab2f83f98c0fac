"""What stands around a log: whose it is, what is filtered, how dense it was, and that it is paused."""

from collections.abc import Sequence
from dataclasses import dataclass

from console.domain.text import cell_width, cut_middle
from console.logtail.view import Bucket
from widgets.glyphs import Glyphs
from widgets.header import NARROW
from widgets.line import Line

_STRIP_AT = 9
"""Column at which the density strip begins; its first time stands left of it."""
_AFTER_STRIP = 27
"""Columns right of the strip: its last time, and the counts."""

LEAST_NAME = 12
"""Cells that the name of a service has in the title, before its environment is left out."""

Part = tuple[str, str]


@dataclass(frozen=True)
class LogCounts:
    """How much there is, and what is missing."""

    kept: int = 0
    limit: int = 0
    matching: int = 0
    errors: int = 0
    """Matching lines at error or above."""
    warnings: int = 0
    rate: float = 0.0
    """Lines a second that came lately."""
    dropped: int = 0
    """Lines that were written and are not held: fallen off, or never read."""
    sampled: bool = False
    judging: bool = False
    """Older lines wait to be judged: there may be more that match."""
    rates: tuple[tuple[str, float | None], ...] = ()
    """(revision, lines at error or above a minute); ``None``: nothing was read of it, so nothing is known."""

    @property
    def missing(self) -> tuple[Part, ...]:
        """Lines that are not there; nothing while all are."""
        parts: list[Part] = []
        if self.dropped:
            parts.append((f" · {self.dropped:,} dropped", "warning"))
        if self.sampled:
            parts.append((" · sampled", "warning"))
        return tuple(parts)


@dataclass(frozen=True)
class LogFilters:
    """What is let through, in words; empty where it is not restricted."""

    include: str = ""
    exclude: str = ""
    find: str = ""
    severity: str = ""
    source: str = "all"
    since: str = ""


def title_line(
    name: str, environment: str, whose: str, counts: LogCounts, width: int, glyphs: Glyphs
) -> Line:
    """Whose log it is, and how much comes in."""
    narrow, line = width < NARROW, Line()
    if narrow:
        at, gap = 2, 1
        parts = (*_severities(counts, glyphs), (f"  {counts.rate:,.0f}/s", "muted"), *counts.missing)
    else:
        at, gap = 9, 2
        line.put(2, "logs", "bold strong")
        kept = f"{counts.rate:,.0f} lines/s · {counts.kept:,} kept of {counts.limit:,}"
        parts = (*rate_parts(counts, glyphs, "errors/min"), (kept, "muted"), *counts.missing)
    start = _run_right(line, width - 2, parts)
    place = " " * gap + environment
    if start - 1 - at - cell_width(place) < LEAST_NAME:
        place = ""
    shown = cut_middle(name, start - 1 - at - cell_width(place), ellipsis=glyphs.ellipsis)
    end = line.run(at, (shown, "bold strong"), (place, "text")) + (1 if narrow else 3)
    return line.put(end, whose, "muted", max(0, start - end - 2))


def rate_parts(counts: LogCounts, glyphs: Glyphs, unit: str) -> tuple[Part, ...]:
    """How many errors each revision writes a minute: ``:43 12 errors/min · :42 0 · ``."""
    parts: list[Part] = []
    space = "" if unit.startswith("/") else " "
    for revision, rate in counts.rates:
        parts.append((f"{revision} ", "muted"))
        if rate is None:
            parts.append((f"{glyphs.nodata} NODATA", "stale"))
        else:
            said = f"{rate:,.0f}" if rate >= 10 or rate == int(rate) else f"{rate:.1f}"
            parts.append((said, "critical" if rate else "text"))
        parts.append((f"{space}{unit}" if len(parts) == 2 and rate is not None else "", "muted"))
        parts.append((" · ", "muted"))
    return tuple(part for part in parts if part[0])


def filter_line(filters: LogFilters, counts: LogCounts, width: int, glyphs: Glyphs) -> Line:
    """What is filtered, and how many lines pass."""
    narrow = width < NARROW
    matching = f"{counts.matching:,}"
    if narrow:
        tail: tuple[Part, ...] = (
            *rate_parts(counts, glyphs, "/min"),
            (matching, "text"),
            (" match", "muted"),
        )
    else:
        tail = ((matching, "text"), (f" of {counts.kept:,}", "muted"), (" match", "muted"))
    if counts.judging:
        tail = (("reading on · ", "warning"), *tail)
    line = Line()
    start = _run_right(line, width - 2, tail)
    column = 2
    for label, value, ink in _filter_parts(filters, narrow):
        room = start - 2 - column - cell_width(label) - 1
        if room < 3:
            break
        line.put(column, label, "faint")
        cut = Line().put(0, value, ink, min(room, 40))
        line.put(column + cell_width(label) + 1, cut.pieces[0][1] if cut.pieces else "", ink)
        column += cell_width(label) + 1 + cut.end + (2 if narrow else 3)
    return line


def _filter_parts(filters: LogFilters, narrow: bool) -> list[tuple[str, str, str]]:
    """(label, value, ink); at few columns only of what is restricted."""
    if narrow:
        parts = [
            ("+", filters.include, "strong"),
            ("-", filters.exclude, "strong"),
            ("?", filters.find, "underline accent"),
            (">=", filters.severity, "text"),
            ("of", filters.source.removeprefix("all").removeprefix(", "), "text"),
            ("since", filters.since, "text"),
        ]
        return [part for part in parts if part[1]] or [("no filter", "", "faint")]
    severity = f"{filters.severity} and worse" if filters.severity else "all"
    parts = [
        ("include", filters.include or "–", "strong" if filters.include else "muted"),
        ("exclude", filters.exclude or "–", "strong" if filters.exclude else "muted"),
        ("find", filters.find, "underline accent"),
        ("severity", severity, "text"),
        ("source", filters.source, "text"),
        ("since", filters.since, "text"),
    ]
    return [part for part in parts if part[1]]


def strip_line(
    buckets: Sequence[Bucket], first: str, last: str, counts: LogCounts, width: int, glyphs: Glyphs
) -> Line:
    """How many lines each stretch of time has, red where errors are; then errors and warnings."""
    line = Line().put(2, first, "faint")
    most = max((bucket.lines for bucket in buckets), default=0)
    column = _STRIP_AT
    for bucket in buckets:
        if bucket.lines:
            level = glyphs.levels[(len(glyphs.levels) - 1) * bucket.lines // most]
            line.put(column, level, "critical" if bucket.errors else "faint")
        column += 1
    line.put(column + 1, last, "faint")
    _run_right(line, width - 2, _severities(counts, glyphs))
    return line


def strip_columns(width: int) -> int:
    """Slices of the density strip."""
    return max(0, width - _STRIP_AT - _AFTER_STRIP)


def pause_line(at: str, fresh: int, dropped: int, below: int, limit: int, width: int, glyphs: Glyphs) -> Line:
    """That the log stands still since when, what came meanwhile, and how many lines are further down."""
    line = Line().put(0, glyphs.selected, "warning").put(2, f"{glyphs.paused} PAUSED", "bold warning")
    narrow = width < NARROW
    end = line.run(11 + (0 if narrow else 1), (f"at {at}", "text")) + (2 if narrow else 4)
    end = line.run(end, (f"+{fresh:,} new", "bold strong"))
    if dropped:
        end = line.run(end, (" · ", "muted"), (f"{dropped:,} dropped", "warning"))
    further = ((f"{glyphs.more} {below:,} below   ", "muted"),) if below else ()
    start = _run_right(line, width - 2, (*further, ("G", "bold accent"), (" follow", "text")))
    if not narrow:
        said = f"the newest {limit:,} lines are kept"
        if end + 4 + len(said) < start:
            line.put(end + 4, said, "muted")
    return line


def _severities(counts: LogCounts, glyphs: Glyphs) -> tuple[Part, ...]:
    return (
        (glyphs.failed, "critical" if counts.errors else "faint"),
        (f" {counts.errors:,}", "critical" if counts.errors else "muted"),
        (" ", "muted"),
        (glyphs.warning, "warning" if counts.warnings else "faint"),
        (f" {counts.warnings:,}", "warning" if counts.warnings else "muted"),
    )


def _run_right(line: Line, end: int, parts: Sequence[Part]) -> int:
    """Place parts so that the last ends at a column; where the first begins."""
    start = max(0, end - sum(cell_width(text) for text, _ in parts))
    line.run(start, *parts)
    return start
