"""Panes: regions drawn from lines, which survive a failure to draw."""

from textual.geometry import Region
from textual.reactive import reactive
from textual.strip import Strip

from widgets.drawn import Drawn
from widgets.line import Line


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
        raise NotImplementedError

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
            return line.strip(width, self.theme_name, self.PAPER)
        except Exception as error:
            return failure_line(error).strip(width, self.theme_name, self.PAPER)


class LinesView(Pane):
    """Shows the lines that it is given."""

    lines: reactive[tuple[Line, ...]] = reactive((), always_update=True)

    def draw(self, width: int, height: int) -> tuple[Line, ...]:
        return self.lines


def failure_line(error: Exception) -> Line:
    """What stands in the place of something that could not be drawn."""
    return Line().put(2, f"this pane failed ({type(error).__name__}) · everything else goes on", "warning")
