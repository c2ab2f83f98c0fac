"""One line of fixed columns: text placed at cells, in styles named by meaning, turned into a Strip.

Everything on the screens is drawn from such lines, so columns stay where they are whatever the
numbers do, and nothing from outside is ever parsed as markup.
"""

from dataclasses import dataclass, field

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from console.domain.text import cell_width, cut_end
from widgets.palette import style


@dataclass
class Line:
    """Pieces of text at columns; later pieces are drawn over earlier ones."""

    pieces: list[tuple[int, str, str]] = field(default_factory=list)
    """(column, text, style words)"""

    def put(self, column: int, text: str, words: str = "text", width: int | None = None) -> "Line":
        """Place text at a column, cut to ``width`` cells when one is given."""
        if width is not None:
            text = cut_end(text, width)
        if text:
            self.pieces.append((column, text, words))
        return self

    def right(self, end: int, text: str, words: str = "text") -> "Line":
        """Place text so that it ends before column ``end``."""
        return self.put(max(0, end - cell_width(text)), text, words)

    def run(self, column: int, *parts: tuple[str, str]) -> int:
        """Place ``(text, style words)`` parts one after the other; the column after the last."""
        for text, words in parts:
            self.put(column, text, words)
            column += cell_width(text)
        return column

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
