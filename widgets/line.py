"""One line of fixed columns: text placed at cells, in styles named by meaning, turned into a Strip.

Everything on the screens is drawn from such lines, so columns stay where they are whatever the
numbers do, and nothing from outside is ever parsed as markup.
"""

from dataclasses import dataclass, field
from functools import lru_cache

from rich.cells import get_character_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from console.domain.text import cell_width, cut_end, plain
from widgets.palette import DRAWN, style

_DRAWING = frozenset(map(chr, (*range(0x2500, 0x25A0), *range(0x2800, 0x2900))))
"""Box drawing, blocks and braille: what bars, hairlines and charts are made of."""

_SELECTORS = range(0xFE00, 0xFE10)
"""They ask for another form of the character before, which may be of another width."""


@lru_cache(maxsize=8192)
def drawable(text: str) -> str:
    """Text of which every character takes as many cells as is reckoned with.

    Control characters are taken out, and so are marks with nothing to stand on. A character on whose
    width the terminal library and we do not agree is shown as question marks, so that no column moves.
    """
    kept: list[str] = []
    width = 0
    for char in plain(text):
        cells = cell_width(char)
        if ord(char) in _SELECTORS or (not cells and not width):
            continue
        kept.append(char if cells == get_character_cell_size(char) else "?" * cells)
        width += cells
    return "".join(kept)


@dataclass
class Line:
    """Pieces of text at columns; later pieces are drawn over earlier ones."""

    pieces: list[tuple[int, str, str]] = field(default_factory=list)
    """(column, text, style words)"""

    def put(self, column: int, text: str, words: str = "text", width: int | None = None) -> "Line":
        """Place text at a column, cut to ``width`` cells when one is given."""
        if not (text.isascii() and text.isprintable()):
            text = drawable(text)
        if width is not None:
            text = cut_end(text, width)
        if text:
            self.pieces.append((column, text, words))
        return self

    def right(self, end: int, text: str, words: str = "text") -> "Line":
        """Place text so that it ends before column ``end``."""
        text = drawable(text)
        return self.put(max(0, end - cell_width(text)), text, words)

    def run(self, column: int, *parts: tuple[str, str]) -> int:
        """Place ``(text, style words)`` parts one after the other; the column after the last."""
        for text, words in parts:
            pieces = len(self.pieces)
            self.put(column, text, words)
            column += cell_width(self.pieces[-1][1]) if len(self.pieces) > pieces else 0
        return column

    def run_to(self, end: int, column: int, *parts: tuple[str, str]) -> "Line":
        """Place parts one after the other, cut where column ``end`` begins."""
        for text, words in parts:
            if column < end:
                pieces = len(self.pieces)
                self.put(column, text, words, end - column)
                column += cell_width(self.pieces[-1][1]) if len(self.pieces) > pieces else 0
        return self

    @property
    def end(self) -> int:
        """The column after the last piece."""
        return max((column + cell_width(text) for column, text, _ in self.pieces), default=0)

    def plain(self, width: int) -> str:
        """The line as text, for tests and for copying."""
        return self.strip(width, "", "").text.rstrip()

    def strip(self, width: int, theme: str, paper: str = "background") -> Strip:
        """The line in exactly ``width`` cells on a paper named by its token (``""``: none)."""
        on = f" on {paper}" if paper else ""
        base = style(theme, on.strip()) if on else Style()
        segments: list[Segment] = []
        cursor = 0
        for column, text, words in self._ordered():
            if column > cursor:
                segments.append(Segment(" " * (column - cursor), base))
                cursor = column
            own = words if " on " in words or words.startswith("on ") else words + on
            if _DRAWING.issuperset(text):
                own = f"{DRAWN} {own}"
            segments.append(Segment(text, style(theme, own)))
            cursor += cell_width(text)
        return Strip(segments, cursor).adjust_cell_length(width, base)

    def _ordered(self) -> list[tuple[int, str, str]]:
        """Pieces left to right, each cut where the next begins."""
        ordered = sorted(self.pieces, key=lambda piece: piece[0])
        result: list[tuple[int, str, str]] = []
        for index, (column, text, words) in enumerate(ordered):
            if index + 1 < len(ordered):
                room = ordered[index + 1][0] - column
                if cell_width(text) > room:
                    text = cut_end(text, room, "") if room > 0 else ""
            if text:
                result.append((column, text, words))
        return result
