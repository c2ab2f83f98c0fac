"""Labels over panes: one with its count, or several as tabs, with what is hidden below."""

from collections.abc import Sequence
from dataclasses import dataclass

from console.domain.text import cell_width
from widgets.glyphs import Glyphs
from widgets.line import Line
from widgets.listing import Window


@dataclass(frozen=True)
class Spot:
    """Columns of a label that can be clicked: from ``start`` up to ``end``."""

    name: str
    start: int
    end: int


def titled(
    name: str,
    column: int,
    end: int,
    count: str,
    window: Window | None,
    active: bool,
    glyphs: Glyphs,
    key: str = "",
) -> Line:
    """A region's label, hairline and count; what is hidden below is counted too.

    Args:
        key: The key that opens it as a screen of its own; empty where none does.
    """
    line = Line()
    start = line.run(column, (name, "bold underline accent" if active else "bold muted")) + 1
    return _ruled(line, start, end, count, window, glyphs, key)


def tab_bar(
    tabs: Sequence[tuple[str, str, str]],
    shown: str,
    active: str,
    window: Window,
    column: int,
    end: int,
    glyphs: Glyphs,
) -> tuple[Line, tuple[Spot, ...]]:
    """Tabs with their counts, then the hairline.

    Args:
        tabs: Name, what stands behind it, and its ink (empty: plain).
        shown: The tab that is open.
        active: The one that the keys move; empty where another pane has them.
    """
    line, spots = Line(), []
    gap = 3 if end - column > 78 else 2
    for name, said, ink in tabs:
        label = "bold underline accent" if name == active else "bold muted" if name == shown else "muted"
        start = column
        column = line.run(column, (name, label))
        if said:
            column = line.run(column + 1, (said, ink or ("text" if name == shown else "faint")))
        spots.append(Spot(name, start, column))
        column += gap
    return _ruled(line, column - gap + 1, end, "", window, glyphs), tuple(spots)


def _ruled(
    line: Line,
    start: int,
    end: int,
    count: str,
    window: Window | None,
    glyphs: Glyphs,
    key: str = "",
) -> Line:
    ending = [(count, "faint")] if count else []
    if key:
        ending += [("  " if count else "", "text"), (key, "bold accent"), (" open", "muted")]
    if window is not None and window.below:
        below = f"{glyphs.more} {window.below:,} more" + ("  " if ending else "")
        ending.insert(0, (below, "muted"))
    tail = sum(cell_width(text) for text, _ in ending)
    stop = end - tail - (1 if tail else 0)
    line.put(start, glyphs.rest * max(0, stop - start), "rule")
    if end - tail >= start:
        line.run(end - tail, *ending)
    return line
