"""Amber lines under the header that stay as long as something is wrong."""

from textual.geometry import Size
from textual.reactive import reactive

from console.domain.text import cell_width
from widgets.line import Line
from widgets.lines import Pane
from widgets.regions import wrapped

MOST_LINES = 3


class Banner(Pane):
    """The problems, each beginning on a line of its own; not there at all while there is none."""

    DEFAULT_CSS = """
    Banner { height: auto; max-height: 3; display: none; }
    Banner.-shown { display: block; }
    """
    PAPER = "warning-back"

    texts: reactive[tuple[str, ...]] = reactive((), layout=True)

    def watch_texts(self, texts: tuple[str, ...]) -> None:
        self.set_class(bool(texts), "-shown")

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return min(MOST_LINES, len(self._lines(width)))

    def draw(self, width: int, height: int) -> tuple[Line, ...]:
        lines = self._lines(width)
        hidden = sum(1 for line in lines[MOST_LINES:] if line.pieces[0][0] == 2)
        if hidden:
            said = f" +{hidden} more"
            lines[MOST_LINES - 1].put(width - 2 - cell_width(said), said, "faint")
        return tuple(lines[:MOST_LINES])

    def _lines(self, width: int) -> list[Line]:
        """Every problem in full; its first line begins with the mark, at column 2."""
        lines: list[Line] = []
        for text in self.texts:
            for place, part in enumerate(wrapped(text, max(1, width - 6))):
                line = Line() if place else Line().put(2, self.glyphs.warning, "warning")
                lines.append(line.put(4, part, "warning"))
        return lines
