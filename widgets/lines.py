"""Panes: regions drawn from lines, which survive a failure to draw."""

from rich.segment import Segment
from textual.geometry import Region
from textual.reactive import reactive
from textual.strip import Strip

from console.domain.text import cell_width
from widgets.drawn import Drawn
from widgets.glyphs import ASCII, Glyphs
from widgets.line import Line

_STAND_INS = str.maketrans({"–": "-", "—": "-", "·": "-", "…": "~", "→": ">", "×": "x", "“": '"', "”": '"'})


class Pane(Drawn):
    """A region that draws itself anew at every refresh, for the size that it has then.

    A subclass says its lines in :meth:`draw`. If that raises, the pane says so and everything else
    on the screen lives on.
    """

    DEFAULT_CSS = "Pane { width: 1fr; height: 1fr; }"
    PAPER = "background"

    _drawn: tuple[Line, ...] = ()

    def draw(self, width: int, height: int) -> tuple[Line, ...]:
        """The lines from the top; missing ones are blank, surplus ones are not shown."""
        return ()

    def render_lines(self, crop: Region) -> list[Strip]:
        try:
            self._drawn = self.draw(self.size.width, self.size.height)
        except Exception as error:
            self._drawn = (failure_line(error),)
        return super().render_lines(crop)

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        line = self._drawn[y] if y < len(self._drawn) else Line()
        try:
            return in_marks(line.strip(width, self.theme_name, self.PAPER), self.glyphs)
        except Exception as error:
            return failure_line(error).strip(width, self.theme_name, self.PAPER)


class LinesView(Pane):
    """Shows the lines that it is given."""

    lines: reactive[tuple[Line, ...]] = reactive((), always_update=True)

    def draw(self, width: int, height: int) -> tuple[Line, ...]:
        return self.lines


def in_marks(strip: Strip, glyphs: Glyphs) -> Strip:
    """The strip as it is, or without any character that an ASCII terminal cannot show."""
    if glyphs is not ASCII or strip.text.isascii():
        return strip
    return Strip([Segment(_ascii(text), style) for text, style, _ in strip], strip.cell_length)


def _ascii(text: str) -> str:
    """Typographic characters by their stand-ins, others by as many question marks as they are wide."""
    known = text.translate(_STAND_INS)
    return "".join(char if char.isascii() else "?" * cell_width(char) for char in known)


def failure_line(error: Exception) -> Line:
    """What stands in the place of something that could not be drawn."""
    return Line().put(2, f"this pane failed ({type(error).__name__}) · everything else goes on", "warning")
