"""The drawn rows of log lines, kept as long as nothing changes how they are drawn."""

from textual.strip import Strip

from console.domain.signals import LogLine
from widgets.lines import failure_line, in_marks
from widgets.log_line import LogLook, log_rows

_MOST_LINES = 1024


class LogStrips:
    """Draws a line once for every way in which it is seen; a line that cannot be drawn says so."""

    def __init__(self) -> None:
        self._strips: dict[tuple[str, int, str, bool, bool], tuple[Strip, ...]] = {}

    def clear(self) -> None:
        """Lines are drawn in another way from now on."""
        self._strips.clear()

    def of(
        self, line: LogLine, look: LogLook, width: int, theme: str, *, is_selected: bool, unfolded: bool
    ) -> tuple[Strip, ...]:
        """The rows of a line, top to bottom."""
        name = line.id, width, theme, is_selected, unfolded
        strips = self._strips.get(name)
        if strips is None:
            if len(self._strips) >= _MOST_LINES:
                self._strips.clear()
            strips = self._strips[name] = self._draw(line, look, width, theme, is_selected, unfolded)
        return strips

    def _draw(
        self, line: LogLine, look: LogLook, width: int, theme: str, is_selected: bool, unfolded: bool
    ) -> tuple[Strip, ...]:
        try:
            rows = log_rows(line, look, unfolded=unfolded)
        except Exception as error:
            rows = (failure_line(error),)
        if is_selected:
            rows = tuple(row.put(0, look.glyphs.selected, "accent") for row in rows)
        paper = "selected" if is_selected else "background"
        return tuple(in_marks(row.strip(width, theme, paper), look.glyphs) for row in rows)
