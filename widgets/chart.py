"""A chart in braille: a line over time, its limit, and when something was shipped.

Drawing is a pure function of a :class:`Chart`. Braille has two dots across and four down a cell; a cell
has one colour. Where the marks are ASCII a cell is one ``*``.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from math import ceil, floor, isfinite, log10

from console.domain.measured import on_axis
from console.domain.series import Measure, Point
from console.domain.text import cell_width, cut_end
from widgets.glyphs import ASCII, Glyphs
from widgets.line import Line
from widgets.regions import heading, wrapped

AXIS = 6
"""Cells of the axis, at the left."""
SPAN_S = 1800
"""What is shown: the last half hour."""
HEADROOM = 1.2
"""So many times its limit is a scale at least: the limit is never at the very top."""
NOTHING = 1e-9
"""Smaller values have no scale of their own."""
KEPT_S = 60.0
"""A scale that could be smaller stays that long."""

_ACROSS, _DOWN = 2, 4
_WIDE = 30
_COARSE = 12
"""With so few dots one of them is too much for next to nothing."""
_BRAILLE = 0x2800
_BITS = ((0x01, 0x02, 0x04, 0x40), (0x08, 0x10, 0x20, 0x80))
"""Of a cell's left and right dots, from the top."""

Levels = tuple[tuple[int, int] | None, ...]
"""Lowest and highest dot of every dot column, 0 at the bottom; ``None``: a gap."""
Cells = dict[tuple[int, int], tuple[str, bool]]
"""(row, column) -> character, and whether it stands above the limit."""


@dataclass(frozen=True)
class Curve:
    """One line of a chart."""

    points: tuple[Point, ...]
    """Oldest first; a point without a value is a gap."""
    period_s: int
    ink: str = "text"
    """Below the limit; above it, a line is red."""


@dataclass(frozen=True)
class Chart:
    """Everything that a chart shows."""

    title: str
    measure: Measure
    now: datetime
    curves: tuple[Curve, ...] = ()
    """The one that matters first: it is drawn last."""
    limit: float | None = None
    limit_ink: str = "critical"
    ending: tuple[tuple[str, str], ...] = ()
    """The last value in words, as ``(text, style words)``: the curve is never the only carrier."""
    foot: tuple[str, ...] = ()
    """Whose figures these are, from where, how old: the fullest first, the first that fits is said."""
    foot_ink: str = "faint"
    no_data: str = ""
    """Why there is nothing to draw; empty: there is something."""
    marked_at: datetime | None = None
    marked: str = ""
    """What was shipped then."""

    @property
    def highest(self) -> float:
        """The largest value in view."""
        first = self.now - timedelta(seconds=SPAN_S)
        return max(
            (
                point.value
                for curve in self.curves
                for point in curve.points
                if point.value is not None and isfinite(point.value) and point.at > first
            ),
            default=0.0,
        )


def top_for(highest: float, limit: float | None) -> float:
    """The end of a scale from 0 that holds both: 1, 2 or 5 times a power of ten."""
    wanted = max(highest, (limit or 0.0) * HEADROOM)
    if wanted < NOTHING:
        return 1.0
    size = 10.0 ** floor(log10(wanted))
    return next(step * size for step in (1, 2, 5, 10, 20) if step * size >= wanted * (1 - 1e-9))


class Scales:
    """Remembers the scale of every chart, so that it does not jump about.

    What is higher than the scale is never cut off: it grows at once. It shrinks when everything has
    fitted a smaller one for :data:`KEPT_S` seconds.
    """

    def __init__(self) -> None:
        self._kept: dict[str, tuple[float, datetime | None]] = {}

    def top(self, key: str, wanted: float, now: datetime) -> float:
        """The end of the scale that ``key`` is drawn to now."""
        top, since = self._kept.get(key, (0.0, None))
        if wanted >= top:
            top, since = wanted, None
        elif since is None:
            since = now
        elif (now - since).total_seconds() >= KEPT_S:
            top, since = wanted, None
        self._kept[key] = top, since
        return top


# -- dots -------------------------------------------------------------------------------------


@lru_cache(maxsize=64)
def levels(curve: Curve, end: datetime, across: int, down: int, top: float) -> Levels:
    """The dots of a curve in ``across`` columns that end at ``end``, ``down`` high.

    A period fills the columns that it lasted for; of several in one column the highest counts. Anything
    above zero is at least one dot high where dots are small, and neighbours of different height are joined.
    """
    first = end - timedelta(seconds=SPAN_S)
    step = SPAN_S / across
    values: list[float | None] = [None] * across
    for point in curve.points:
        if point.value is None or not isfinite(point.value):
            continue
        stop = (point.at - first).total_seconds() / step
        begin = stop - curve.period_s / step
        for place in range(max(0, floor(begin + 1e-6)), min(across, ceil(stop - 1e-6))):
            known = values[place]
            values[place] = point.value if known is None else max(known, point.value)
    return _joined([None if value is None else level(value, top, down) for value in values])


def level(value: float, top: float, down: int) -> int:
    """The dot at which a value stands, 0 at the bottom."""
    if value <= 0:
        return 0
    least = 1 if down > _COARSE else 0
    return max(least, min(down - 1, round(value / top * (down - 1))))


def _joined(heights: Sequence[int | None]) -> Levels:
    spans: list[tuple[int, int] | None] = []
    before: int | None = None
    for height in heights:
        if height is None:
            spans.append(None)
        elif before is None or abs(height - before) <= 1:
            spans.append((height, height))
        else:
            spans.append((min(height, before + 1), max(height, before - 1)))
        before = height
    return tuple(spans)


def cells(found: Levels, rows: int, limit: int | None, glyphs: Glyphs) -> Cells:
    """The characters of a curve; a dot above the level ``limit`` makes its cell hot."""
    across, down = (1, 1) if glyphs is ASCII else (_ACROSS, _DOWN)
    bits: dict[tuple[int, int], int] = {}
    hot: set[tuple[int, int]] = set()
    for place, span in enumerate(found):
        if span is None:
            continue
        for height in range(span[0], span[1] + 1):
            from_top = rows * down - 1 - height
            spot = from_top // down, place // across
            bits[spot] = bits.get(spot, 0) | _BITS[place % across][from_top % down]
            if limit is not None and height > limit:
                hot.add(spot)
    if glyphs is ASCII:
        return {spot: ("*", spot in hot) for spot in bits}
    return {spot: (chr(_BRAILLE + found), spot in hot) for spot, found in bits.items()}


# -- lines ------------------------------------------------------------------------------------


def chart_lines(
    chart: Chart, column: int, end: int, rows: int, top: float, glyphs: Glyphs
) -> tuple[Line, ...]:
    """A label, then ``rows`` rows: the plot with its axis, and the time at its foot.

    Args:
        top: End of the scale, from :meth:`Scales.top`.
    """
    lines = [heading(chart.title, column, end, glyphs, chart.ending)]
    plot, start = max(1, rows - 1), column + AXIS + 1
    if chart.no_data:
        lines += _nothing(chart, start, end, plot, glyphs)
    else:
        lines += _plot(chart, column, end, plot, top, glyphs)
    return (*lines, _foot(chart, start, end, glyphs))


def _nothing(chart: Chart, start: int, end: int, rows: int, glyphs: Glyphs) -> list[Line]:
    reasons = wrapped(chart.no_data, end - start)[: max(1, rows - 1)]
    said = [Line().put(start, f"{glyphs.nodata} NODATA", "stale")]
    said += [Line().put(start, reason, "muted", end - start) for reason in reasons]
    above = max(0, (rows - len(said)) // 2)
    lines = [Line() for _ in range(above)] + said
    return (lines + [Line() for _ in range(rows)])[:rows]


def _plot(chart: Chart, column: int, end: int, rows: int, top: float, glyphs: Glyphs) -> list[Line]:
    start = column + AXIS + 1
    width = max(1, end - start)
    across, down = (1, 1) if glyphs is ASCII else (_ACROSS, _DOWN)
    edge = _edge(chart.now, SPAN_S / (width * across))
    limit = None if chart.limit is None else level(chart.limit, top, rows * down)
    drawn: dict[tuple[int, int], tuple[str, str]] = {}
    limit_row = None if limit is None else (rows * down - 1 - limit) // down
    if limit_row is not None:
        drawn |= {(limit_row, place): (glyphs.limit, "limit") for place in range(width)}
    drawn |= _marker(chart, edge, width, rows, glyphs)
    for curve in reversed(chart.curves):
        found = levels(curve, edge, width * across, rows * down, top)
        for spot, (char, hot) in cells(found, rows, limit, glyphs).items():
            drawn[spot] = char, chart.limit_ink if hot else curve.ink
    lines = [_row(drawn, row, start, width) for row in range(rows)]
    _ticks(lines, chart, column, top, limit_row, down)
    return lines


def _edge(now: datetime, step: float) -> datetime:
    """The end of the dot column that lasts now: a chart moves on by whole dots."""
    return datetime.fromtimestamp(ceil(now.timestamp() / step) * step, now.tzinfo)


def _marker(
    chart: Chart, edge: datetime, width: int, rows: int, glyphs: Glyphs
) -> dict[tuple[int, int], tuple[str, str]]:
    """When something was shipped: a mark with its name on the top row, and a dotted line down."""
    if chart.marked_at is None:
        return {}
    ago = (edge - chart.marked_at).total_seconds()
    place = floor((1 - ago / SPAN_S) * width)
    if not 0 <= place < width:
        return {}
    found = {(row, place): (glyphs.mark_line, "muted") for row in range(1, rows)}
    found[(0, place)] = glyphs.mark, "deploying"
    room = max(place - 1, width - place - 2)
    label = cut_end(chart.marked, room, glyphs.ellipsis)
    left = place - 1 - cell_width(label)
    begin = left if left >= 0 else place + 2
    for offset, char in enumerate(label if label.isprintable() and cell_width(label) == len(label) else ""):
        found[(0, begin + offset)] = char, "muted"
    return found


def _row(drawn: dict[tuple[int, int], tuple[str, str]], row: int, start: int, width: int) -> Line:
    """One row, neighbours of one ink as one piece."""
    line, text, ink, begin = Line(), "", "", 0
    for place in range(width):
        char, words = drawn.get((row, place), ("", ""))
        if text and (not char or words != ink):
            line.put(start + begin, text, ink)
            text = ""
        if char:
            if not text:
                begin, ink = place, words
            text += char
    return line.put(start + begin, text, ink)


def _ticks(
    lines: list[Line], chart: Chart, column: int, top: float, limit_row: int | None, down: int
) -> None:
    """Top, middle and zero, each where its dots are; the limit in its colour takes the place of a middle
    that stands beside it."""
    rows = len(lines)
    middle = (rows * down - 1 - level(top / 2, top, rows * down)) // down
    ticks = {0: (top, "faint"), rows - 1: (0.0, "faint")}
    if limit_row is not None and chart.limit is not None:
        ticks[limit_row] = chart.limit, chart.limit_ink
    if not {middle - 1, middle, middle + 1} & set(ticks):
        ticks[middle] = top / 2, "faint"
    for row, (value, ink) in ticks.items():
        lines[row].right(column + AXIS, cut_end(on_axis(chart.measure, value), AXIS, ""), ink)


def _foot(chart: Chart, start: int, end: int, glyphs: Glyphs) -> Line:
    """How far back it reaches, whose figures these are, and now."""
    line = Line()
    back = f"-{SPAN_S // 60}" + (" min" if end - start > _WIDE else "m")
    begin = line.run(start, (back, "faint"))
    stop = end - 3
    line.put(stop, "now", "faint")
    room = stop - begin - 2
    said = next((item for item in chart.foot if cell_width(item) <= room), "")
    return line.put(begin + 1 + (room - cell_width(said)) // 2, said, chart.foot_ink)
