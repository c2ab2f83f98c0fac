"""The column heads of the fleet: what stands where, and by which column it is sorted."""

from dataclasses import dataclass
from enum import StrEnum

from textual import events
from textual.message import Message

from console.domain.text import cell_width
from widgets.glyphs import Glyphs
from widgets.header import NARROW
from widgets.line import Line
from widgets.lines import Pane


class SortBy(StrEnum):
    """In which order services stand."""

    TROUBLE = "trouble"
    NAME = "name"
    ENVIRONMENT = "environment"
    ERRORS = "errors"
    P95 = "p95"
    DEPLOY = "deploy"

    @property
    def falls(self) -> bool:
        """The greatest comes first: most trouble, most errors, slowest, newest deployment."""
        return self not in (SortBy.NAME, SortBy.ENVIRONMENT)


@dataclass(frozen=True)
class Head:
    """One column."""

    text: str
    start: int
    end: int
    """The column after its last cell."""
    by: SortBy | None = None
    """What it sorts by; ``None`` where it does not."""
    at_right: bool = False


WIDE_HEADS = (
    Head("state", 2, 15, SortBy.TROUBLE),
    Head("service", 17, 45, SortBy.NAME),
    Head("environment", 47, 58, SortBy.ENVIRONMENT),
    Head("rollout", 60, 73),
    Head("tasks", 75, 81),
    Head("version", 83, 94),
    Head("errors", 95, 101, SortBy.ERRORS, at_right=True),
    Head("20 min", 102, 110),
    Head("p95", 110, 117, SortBy.P95, at_right=True),
    Head("deploy", 120, 132, SortBy.DEPLOY),
    Head("way back", 130, 138, at_right=True),
)
NARROW_HEADS = (
    Head("state", 2, 15, SortBy.TROUBLE),
    Head("service", 16, 39, SortBy.NAME),
    Head("env", 40, 44, SortBy.ENVIRONMENT),
    Head("tasks", 45, 51),
    Head("version", 52, 62),
    Head("errors", 62, 68, SortBy.ERRORS, at_right=True),
    Head("age", 69, 73, SortBy.DEPLOY, at_right=True),
    Head("back", 74, 78, at_right=True),
)


def columns(width: int) -> tuple[Head, ...]:
    """The columns of a screen of that width."""
    return NARROW_HEADS if width < NARROW else WIDE_HEADS


def heads(width: int, glyphs: Glyphs, by: SortBy = SortBy.TROUBLE) -> Line:
    """The column heads; another one than trouble that is sorted by is marked, with the direction."""
    line = Line()
    for head in columns(width):
        sorts = head.by is by is not SortBy.TROUBLE
        text, ink = head.text, "underline accent" if sorts else "faint"
        start = head.end - cell_width(text) if head.at_right else head.start
        line.put(start, text, ink)
        if sorts:
            arrow = glyphs.falling if by.falls else glyphs.rising
            line.put(start - 1 if head.at_right else start + cell_width(text), arrow, "accent")
    return line


def sort_at(x: int, width: int) -> SortBy | None:
    """What the column at a cell sorts by."""
    return next((head.by for head in columns(width) if head.start <= x < head.end), None)


def next_sort(by: SortBy, width: int) -> SortBy:
    """The one after it, of those that a screen of that width shows."""
    shown = {head.by for head in columns(width)}
    order = [item for item in SortBy if item in shown]
    return order[(order.index(by) + 1) % len(order)] if by in order else order[0]


class Heads(Pane):
    """Column heads, and what is still being read. A click on a head sorts by it."""

    reading = ""
    by = SortBy.TROUBLE

    class SortChosen(Message):
        """A head was clicked."""

        def __init__(self, by: SortBy) -> None:
            super().__init__()
            self.by = by

    def draw(self, width: int, height: int) -> tuple[Line, ...]:
        line = heads(width, self.glyphs, self.by)
        if width < NARROW:
            return (line,)
        return Line().put(2, self.reading, "muted", width - 4), line, Line()

    def on_click(self, event: events.Click) -> None:
        by = sort_at(event.x, self.size.width)
        if by is not None and event.y == min(1, self.size.height - 1):
            self.post_message(self.SortChosen(by))
