"""Bars of judged figures, scaled so that every limit stands at the same column: right of it is bad."""

from dataclasses import dataclass

from widgets.glyphs import Glyphs
from widgets.line import Line

LIMIT_AT = 2 / 3
"""Where on the bar the limit stands."""


@dataclass(frozen=True)
class Gauge:
    """One figure against its limit."""

    name: str
    value: float | None
    """``None``: no data."""
    limit: float | None
    """``None``: nothing to hold it against, so there is no bar."""
    said: str
    """The value in words."""
    ink: str = "text"
    bar_ink: str = "muted"
    limit_said: str = ""
    trend: tuple[tuple[str, str], ...] = ()
    """What it was before, as ``(text, style words)``."""
    note: tuple[str, str] = ("", "muted")
    """In place of bar and limit: why there is no data."""


@dataclass(frozen=True)
class GaugeColumns:
    """Where the parts of a row stand."""

    name: int
    value_end: int
    bar: int
    bar_end: int
    limit: int
    trend: int
    end: int


def filled(value: float, limit: float, width: int) -> int:
    """Cells of a bar of ``width`` that a value fills; the limit fills :data:`LIMIT_AT` of it.

    A value over its limit reaches past it and one under it does not, whatever rounding says; anything
    above zero fills one cell.
    """
    at = limit_cell(width)
    if value <= 0 or limit <= 0:
        return 0 if value <= 0 else width
    cells = round(value / limit * at)
    if value > limit:
        return min(width, max(cells, at + 1))
    return max(1, min(cells, at))


def limit_cell(width: int) -> int:
    """The cell of a bar at which the limit stands."""
    return round(width * LIMIT_AT)


def gauge_line(gauge: Gauge, columns: GaugeColumns, glyphs: Glyphs) -> Line:
    """Name, value, bar with its limit, limit in words, trend."""
    line = Line().put(columns.name, gauge.name, "faint", columns.value_end - columns.name)
    if gauge.value is None:
        text, ink = gauge.note
        return line.run_to(columns.end, columns.bar, (f"{glyphs.nodata} NODATA ", "stale"), (text, ink))
    line.right(columns.value_end, gauge.said, gauge.ink)
    if gauge.limit is None:
        text, ink = gauge.note
        return line.put(columns.bar, text, ink, columns.end - columns.bar)
    width = columns.bar_end - columns.bar
    cells, at = filled(gauge.value, gauge.limit, width), limit_cell(width)
    line.put(columns.bar, glyphs.bar * min(cells, at), gauge.bar_ink)
    line.put(columns.bar + min(cells, at), glyphs.rest * (at - min(cells, at)), "rule")
    line.put(columns.bar + at, glyphs.tick, "strong")
    over = max(0, cells - at - 1)
    line.put(columns.bar + at + 1, glyphs.bar * over, "critical")
    line.put(columns.bar + at + 1 + over, glyphs.rest * (width - at - 1 - over), "rule")
    line.put(columns.limit, gauge.limit_said, "muted", columns.trend - columns.limit - 1)
    return line.run_to(columns.end, columns.trend, *gauge.trend)
