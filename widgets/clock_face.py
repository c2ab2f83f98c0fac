"""The big clock of an operation: digits of pixels, and the line on which time runs to its limit."""

from itertools import groupby

from console.domain.words import clock
from widgets.glyphs import ASCII, Glyphs
from widgets.line import Line

_PIXELS = {
    "0": ("###", "# #", "# #", "# #", "###"),
    "1": (" # ", "## ", " # ", " # ", "###"),
    "2": ("###", "  #", "###", "#  ", "###"),
    "3": ("###", "  #", "###", "  #", "###"),
    "4": ("# #", "# #", "###", "  #", "  #"),
    "5": ("###", "#  ", "###", "  #", "###"),
    "6": ("###", "#  ", "###", "# #", "###"),
    "7": ("###", "  #", "  #", "  #", "  #"),
    "8": ("###", "# #", "###", "# #", "###"),
    "9": ("###", "# #", "###", "  #", "###"),
    ":": (" ", "#", " ", "#", " "),
}
_SEGMENTS = {
    "0": (" _ ", "| |", "|_|"),
    "1": ("   ", "  |", "  |"),
    "2": (" _ ", " _|", "|_ "),
    "3": (" _ ", " _|", " _|"),
    "4": ("   ", "|_|", "  |"),
    "5": (" _ ", "|_ ", " _|"),
    "6": (" _ ", "|_ ", "|_|"),
    "7": (" _ ", "  |", "  |"),
    "8": (" _ ", "|_|", "|_|"),
    "9": (" _ ", "|_|", " _|"),
    ":": (" ", ".", "."),
}
_HALVES = {"  ": " ", "# ": "▀", " #": "▄", "##": "█"}


def digits(seconds: float, rows: int, glyphs: Glyphs) -> tuple[str, ...]:
    """``m:ss`` as ``rows`` (5 or 3) strings of equal length.

    Five rows have pixels of two cells; three rows have half-block pixels, or seven segments where
    only ASCII can be shown.
    """
    text = clock(seconds)
    if rows == 5:
        return tuple(
            "  ".join("".join(pixel * 2 for pixel in _PIXELS[char][row]) for char in text).replace(
                "#", glyphs.block
            )
            for row in range(5)
        )
    if glyphs is ASCII:
        return tuple(" ".join(_SEGMENTS[char][row] for char in text) for row in range(3))
    return tuple(" ".join(_half(char, row) for char in text) for row in range(3))


def _half(char: str, row: int) -> str:
    pixels = (*_PIXELS[char], " " * len(_PIXELS[char][0]))
    return "".join(
        _HALVES[pair[0] + pair[1]] for pair in zip(pixels[2 * row], pixels[2 * row + 1], strict=True)
    )


def ink(elapsed: float, estimate: float | None, limit: float | None) -> str:
    """The token of a clock: plain, past its estimate, past its limit."""
    if limit is not None and elapsed > limit:
        return "critical"
    if estimate is not None and elapsed > estimate:
        return "warning"
    return "strong"


def scale(
    column: int, width: int, elapsed: float, estimate: float | None, limit: float | None, glyphs: Glyphs
) -> tuple[Line, Line]:
    """The line from 0:00 to the limit with its ticks, and the words under it.

    Args:
        column: Where it begins.
        width: Its cells.
        elapsed: Seconds since the order was confirmed.
        estimate: Seconds until *safe* is expected; ``None``: no tick.
        limit: Seconds that are the promise; ``None``: no promise, the line ends past the estimate.
    """
    end = limit or max(300.0, (estimate or 0.0) * 1.25)
    words = ink(elapsed, estimate, limit)
    filled = min(width, int(width * elapsed / end))
    cells = [(glyphs.bar, "deploying" if words == "strong" else words)] * filled
    cells += [(glyphs.rest, "rule")] * (width - filled)
    under = Line().put(column, "0:00", "faint")
    under.right(column + width, clock(end), "critical" if limit else "faint")
    if limit:
        cells[-1] = (glyphs.tick, "critical")
    if estimate is not None and estimate < end:
        at = min(width - 2, int(width * estimate / end))
        cells[at] = (glyphs.tick, "bold strong")
        text = f"estimate {clock(estimate)}" if width > 40 else clock(estimate)
        under.put(column + max(5, min(at - len(text) // 2, width - 6 - len(text))), text, "muted")
    return _track(column, cells), under


def _track(column: int, cells: list[tuple[str, str]]) -> Line:
    """Cells side by side, neighbours of one style as one piece."""
    line = Line()
    for words, group in groupby(cells, key=lambda cell: cell[1]):
        text = "".join(char for char, _ in group)
        line.put(column, text, words)
        column += len(text)
    return line
