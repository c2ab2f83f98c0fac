"""Every figure that any source has of a service: value, course, whose it is, from where, how old."""

from collections.abc import Sequence
from datetime import datetime

from console.domain import words
from console.domain.guard import ServiceSignals
from console.domain.measured import figure, value_in_words
from console.domain.series import Measure, Scope, Series
from console.domain.text import cut_end
from widgets.charted import limit_of
from widgets.glyphs import Glyphs
from widgets.line import Line
from widgets.listing import Listing

_ORDER = tuple(Measure)
_SCOPES = (Scope.NEW, Scope.OLD, Scope.SERVICE)
COURSE = 8
"""Cells of the course of a figure."""


def figure_lines(
    signals: ServiceSignals | None, now: datetime, left: int, end: int, glyphs: Glyphs, narrow: bool
) -> Listing:
    """One line a series, those with data first; the ones without say why."""
    if signals is None:
        return Listing.of((Line().put(left, "reading the figures", "muted"),))
    known = sorted(signals.picture.series, key=_place)
    problems = signals.picture.problems
    said = {item.source for item in known}
    silent = [(source, why) for source, why in problems.items() if source not in said]
    if not known and not silent:
        return Listing.of((Line().put(left, "no source tells any figure", "muted"),))

    def draw(place: int) -> Line:
        if place < len(known):
            return _line(known[place], signals, now, left, end, glyphs, narrow)
        source, why = silent[place - len(known)]
        parts = ((f"{glyphs.nodata} NODATA ", "stale"), (f"{source}: {why}", "muted"))
        return Line().run_to(end, left, *parts)

    return Listing(len(known) + len(silent), draw)


def _place(item: Series) -> tuple[bool, int, str, int, str]:
    return (
        item.last is None,
        _ORDER.index(item.measure),
        item.subject,
        _SCOPES.index(item.scope),
        item.source,
    )


def _line(
    item: Series,
    signals: ServiceSignals,
    now: datetime,
    left: int,
    end: int,
    glyphs: Glyphs,
    narrow: bool,
) -> Line:
    name = cut_end(figure(item.measure, item.subject), 22, glyphs.ellipsis)
    line = Line().put(left, name, "muted")
    last = item.last
    if last is None or last.value is None:
        why = f"{item.source}: {item.no_data or item.problem or 'no value yet'}"
        return line.run_to(end, left + 23, (f"{glyphs.nodata} NODATA ", "stale"), (why, "muted"))
    limit, ink = limit_of(signals, item.measure)
    over = not item.measure.is_state and limit is not None and last.value > limit
    down = item.measure.is_state and last.value < 1
    loud = "critical" if down else ink if over else "text"
    if loud == "text" and item.is_old(now):
        loud = "stale"
    line.right(left + 35, cut_end(value_in_words(item.measure, last.value), 12, glyphs.ellipsis), loud)
    column = left + 37
    if not narrow:
        line.run(column, *course(item.values, item.measure, glyphs))
        column += COURSE + 2
    line.put(column, "whole" if item.scope is Scope.SERVICE else str(item.scope), "muted")
    told = words.age(item.age_s(now) or 0.0, narrow=narrow)
    old = "stale" if item.is_old(now) else "faint"
    parts = ((f"{item.source} ", "muted"), (told, old), (f" {item.problem}", "stale"))
    return line.run_to(end, column + 7, *(part for part in parts if part[0].strip()))


def course(values: Sequence[float | None], measure: Measure, glyphs: Glyphs) -> list[tuple[str, str]]:
    """The newest periods in :data:`COURSE` cells, from zero to the highest of them; gaps stay blank.

    Zero is a hairline, and so is a state that is well.
    """
    seen: list[float | None] = [None] * max(0, COURSE - len(values))
    seen += values[-COURSE:]
    known = [value for value in seen if value is not None]
    high = 1.0 if measure.is_state else max(known, default=0.0)
    parts = []
    for value in seen:
        if value is None:
            parts.append((" ", "rule"))
            continue
        share = 1 - value if measure.is_state else value / high if high > 0 else 0.0
        if share <= 0:
            parts.append((glyphs.levels[0], "rule"))
        else:
            step = min(len(glyphs.levels) - 1, round(share * (len(glyphs.levels) - 1)))
            parts.append((glyphs.levels[step], "critical" if measure.is_state else "muted"))
    return parts
