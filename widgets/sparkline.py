"""A share of errors over time, in one line of blocks."""

from collections.abc import Sequence

from widgets.glyphs import Glyphs

CELLS = 8
PERIODS = 20
TOP = 0.05
"""The share of errors that fills a cell: from there on it is critical anyway."""


def sparkline(recent: Sequence[float | None], glyphs: Glyphs, ink: str = "muted") -> list[tuple[str, str]]:
    """The last periods as ``(text, style words)`` parts of together :data:`CELLS` cells.

    A cell shows the worst of its periods; one without data is a gap. Quiet is the lowest level and
    drawn as faintly as a hairline, anything above zero is at least one level higher.

    Args:
        recent: Shares from 0 to 1, oldest first, the newest at the right; ``None``: no data.
        glyphs: Their ``levels``.
        ink: Of bumps below :data:`TOP`.
    """
    values = [None] * (PERIODS - len(recent)) + list(recent)[-PERIODS:]
    return [_cell(values[_edge(cell) : _edge(cell + 1)], glyphs.levels, ink) for cell in range(CELLS)]


def _edge(cell: int) -> int:
    return cell * PERIODS // CELLS


def _cell(values: Sequence[float | None], levels: str, ink: str) -> tuple[str, str]:
    worst = max((value for value in values if value is not None), default=None)
    if worst is None:
        return " ", "rule"
    if worst <= 0:
        return levels[0], "rule"
    steps = len(levels) - 2
    return levels[1 + min(steps, int(worst / TOP * steps))], "critical" if worst > TOP else ink
