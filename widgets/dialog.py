"""The panes of a dialog: one paper, and a bar at the left for what writes to production."""

from textual.reactive import reactive

from widgets.line import Line
from widgets.lines import Pane


class DialogPane(Pane):
    """Part of a dialog. Every row carries the amber bar when ``barred``, blank ones too.

    ``offset`` lines are scrolled away at the top; what is hidden below is said on the last row.
    """

    DEFAULT_CSS = "DialogPane { height: auto; }"
    PAPER = "surface"

    lines: reactive[tuple[Line, ...]] = reactive((), always_update=True)
    barred: reactive[bool] = reactive(False)
    paper: reactive[str] = reactive("surface")
    scrolled: reactive[int] = reactive(0)

    def watch_paper(self, paper: str) -> None:
        self.PAPER = paper

    def content(self) -> tuple[Line, ...]:
        """What the pane says; the base shows the lines that it was given."""
        return self.lines

    def hidden(self, height: int) -> int:
        """How many lines do not fit into ``height`` rows."""
        return max(0, len(self.content()) - height)

    def scroll_lines(self, step: int) -> None:
        """Show lines further down (or up), as far as there are any."""
        most = self.hidden(self.size.height)
        most += 1 if most else 0
        self.scrolled = max(0, min(most, self.scrolled + step))

    def draw(self, width: int, height: int) -> tuple[Line, ...]:
        content = self.content()
        shown = [Line(list(line.pieces)) for line in content[self.scrolled : self.scrolled + height]]
        below = len(content) - self.scrolled - height
        if below > 0 and shown:
            said = f"{self.glyphs.more} {below + 1} more lines {self.glyphs.dot} page down"
            shown[-1] = Line().put(4, said, "accent")
        shown += [Line() for _ in range(height - len(shown))]
        if self.barred:
            for line in shown:
                line.put(0, self.glyphs.selected, "warning")
        return tuple(shown)
