"""Amber lines under the header that stay as long as something is wrong."""

from textual.reactive import reactive

from console.domain.text import cell_width, cut_end
from widgets.line import Line
from widgets.lines import Pane

MOST_LINES = 3


class Banner(Pane):
    """One line a problem; not there at all while there is none."""

    DEFAULT_CSS = """
    Banner { height: auto; max-height: 3; dock: top; display: none; }
    Banner.-shown { display: block; }
    """
    PAPER = "warning-back"

    texts: reactive[tuple[str, ...]] = reactive((), layout=True)

    def watch_texts(self, texts: tuple[str, ...]) -> None:
        self.set_class(bool(texts), "-shown")
        self.styles.height = min(MOST_LINES, max(1, len(texts)))

    def draw(self, width: int, height: int) -> tuple[Line, ...]:
        shown = self.texts[:MOST_LINES]
        more = len(self.texts) - len(shown)
        lines = [self._line(text, width) for text in shown]
        if more > 0:
            said = f"+{more} more"
            lines[-1].put(width - 2 - cell_width(said), said, "faint")
        return tuple(lines)

    def _line(self, text: str, width: int) -> Line:
        mark = self.glyphs.warning
        return Line().put(2, f"{mark} {cut_end(text, width - 16, self.glyphs.ellipsis)}", "warning")
