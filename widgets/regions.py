"""Labels over regions, and regions side by side, made of lines."""

from collections.abc import Sequence
from itertools import zip_longest

from console.domain.text import cell_width
from widgets.glyphs import Glyphs
from widgets.line import Line


def heading(text: str, column: int, end: int, glyphs: Glyphs, ending: Sequence[tuple[str, str]] = ()) -> Line:
    """The label of a region and its hairline up to column ``end``, closed by ``(text, style)`` parts."""
    line = Line()
    start = line.run(column, (text, "bold muted")) + 1
    tail = sum(cell_width(part) for part, _ in ending)
    stop = end - tail - 1 if tail else end
    line.put(start, glyphs.rest * max(0, stop - start), "rule")
    line.run(end - tail, *ending)
    return line


def beside_bar(column: int) -> int:
    """Where the mark of a selected row stands in a dialog whose text begins at ``column``: never on the bar
    of what writes to production."""
    return max(1, column - 2)


def beside(*regions: Sequence[Line]) -> tuple[Line, ...]:
    """Regions drawn at columns of their own, on the same rows."""
    return tuple(
        Line([piece for line in row if line is not None for piece in line.pieces])
        for row in zip_longest(*regions)
    )


def dimmed(lines: Sequence[Line]) -> list[Line]:
    """The same in the ink of what is not of now: no colour in it says how anything is."""
    return [Line([(column, text, "muted") for column, text, _ in line.pieces]) for line in lines]


def wrapped(text: str, width: int) -> tuple[str, ...]:
    """A sentence in lines of at most ``width`` cells, broken at spaces where there are some."""
    lines: list[str] = []
    current = ""
    for word in text.split():
        while cell_width(word) > width:
            if current:
                lines.append(current)
                current = ""
            lines.append(word[:width])
            word = word[width:]
        joined = f"{current} {word}" if current else word
        if cell_width(joined) > width:
            lines.append(current)
            joined = word
        current = joined
    return (*lines, current) if current else tuple(lines)
