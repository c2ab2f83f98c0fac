"""The two rows on top of every screen: where you are, how old the data is, what is running."""

from dataclasses import dataclass
from datetime import datetime

from textual.reactive import reactive

from console.domain import words
from console.domain.text import cell_width, cut_end
from widgets.glyphs import Glyphs
from widgets.line import Line
from widgets.lines import Pane

NARROW = 100
"""Below this many columns everything is said shorter."""


@dataclass(frozen=True)
class Tab:
    """One tab of the header: all services, or those of one tier."""

    name: str
    short: str
    count: int


@dataclass(frozen=True)
class DataAge:
    """How old the newest picture of the environments of one name is; ``None``: never read."""

    name: str
    age_s: float | None
    stale: bool


@dataclass(frozen=True)
class Chip:
    """A running operation, in a few words."""

    text: str
    glyph: str
    ink: str = "deploying"


@dataclass(frozen=True)
class HeaderPicture:
    """Everything that the header shows."""

    now: datetime | None = None
    tabs: tuple[Tab, ...] = ()
    active: str = "all"
    data: tuple[DataAge, ...] = ()
    chip: Chip | None = None
    who: str = ""
    """Who we are to AWS."""
    read_only: tuple[str, ...] = ()
    held: int = 0


def header_lines(picture: HeaderPicture, width: int, glyphs: Glyphs) -> tuple[Line, Line]:
    """The two rows of a header in that many columns."""
    narrow = width < NARROW
    return _first(picture, width, glyphs, narrow), _second(picture, width, glyphs, narrow)


def _first(picture: HeaderPicture, width: int, glyphs: Glyphs, narrow: bool) -> Line:
    line = Line().put(2, "Quarterdeck", "bold strong")
    end = _right_side(line, picture, width, glyphs, narrow)
    column = 16 if narrow else 17
    for tab in picture.tabs:
        name = tab.short if narrow else tab.name
        count = "" if narrow else f" {tab.count}"
        if column + cell_width(name + count) > end - 1:
            break
        active = tab.name == picture.active
        column = line.run(
            column,
            (name, "bold underline accent" if active else "muted"),
            (count, "text" if active else "faint"),
        )
        column += 2 if narrow else 3
    return line


def _right_side(line: Line, picture: HeaderPicture, width: int, glyphs: Glyphs, narrow: bool) -> int:
    """Place clock and chip; the column where they begin. The chip takes the clock's place at 80."""
    end = width - 2
    if picture.now is not None and not (narrow and picture.chip):
        clock = words.time_of_day(picture.now)
        line.put(end - 12, clock, "text").put(end - 3, "UTC", "faint")
        end -= 12
    if picture.chip is not None:
        room = max(16, end - (44 if narrow else 90))
        text = cut_end(picture.chip.text, room, glyphs.ellipsis)
        gap = 0 if end == width - 2 else 3
        column = end - gap - cell_width(text) - 2
        line.run(column, (f"{picture.chip.glyph} ", f"bold {picture.chip.ink}"), (text, picture.chip.ink))
        end = column
    return end


def _second(picture: HeaderPicture, width: int, glyphs: Glyphs, narrow: bool) -> Line:
    line = Line()
    end = _second_right(line, picture, width, narrow)
    if not picture.data:
        return line
    column = line.run(2, ("data", "faint")) + (1 if narrow else 2)
    for item in _newest_and_stale(picture.data) if narrow else picture.data:
        said = words.NOTHING if item.age_s is None else words.age(item.age_s)
        text = f"{item.name} {said}"
        if column + cell_width(text) + 2 > end - 2:
            break
        if item.stale:
            column = line.run(column, (f"{glyphs.stale} {text}", "stale"))
        elif narrow:
            column = line.run(column, (said, "text"))
        else:
            column = line.run(column, (f"{item.name} ", "muted"), (said, "text"))
        column += 2
    return line


def _newest_and_stale(data: tuple[DataAge, ...]) -> tuple[DataAge, ...]:
    fresh = [item for item in data if not item.stale]
    newest = min(fresh, key=lambda item: item.age_s or 0.0, default=None)
    return (*((newest,) if newest else ()), *(item for item in data if item.stale))


def _second_right(line: Line, picture: HeaderPicture, width: int, narrow: bool) -> int:
    parts: list[tuple[str, str]] = []
    if picture.held:
        parts += [("held ", "faint"), (str(picture.held), "text"), ("   ", "text")]
    if picture.read_only:
        names = "" if narrow else " " + ", ".join(picture.read_only)
        parts += [("read-only" + names, "warning"), ("   ", "text")]
    if picture.who:
        parts += [("as ", "faint"), (cut_end(picture.who, 12 if narrow else 32), "text")]
    while parts and not parts[-1][0].strip():
        parts.pop()
    column = width - 2 - sum(cell_width(text) for text, _ in parts)
    line.run(column, *parts)
    return column


class HeaderBar(Pane):
    """Draws a :class:`HeaderPicture`."""

    DEFAULT_CSS = "HeaderBar { height: 2; dock: top; background: $surface; }"
    PAPER = "surface"

    picture: reactive[HeaderPicture] = reactive(HeaderPicture())

    def draw(self, width: int, height: int) -> tuple[Line, ...]:
        return header_lines(self.picture, width, self.glyphs)
