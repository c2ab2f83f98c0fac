"""The two rows on top of every screen: where you are, how old the data is, what is running."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from textual import events
from textual.message import Message
from textual.reactive import reactive

from console.domain import words
from console.domain.text import cell_width, cut_end, cut_middle
from widgets.glyphs import Glyphs
from widgets.line import Line
from widgets.lines import Pane

NARROW = 100
"""Below this many columns everything is said shorter."""
CHIP_GAP = 3
"""Cells between two chips, and between them and the clock."""

_Parts = list[tuple[str, str]]
"""Text and style words, from left to right."""


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
class Access:
    """Who we are in the environment that is meant, and what we may do there."""

    role: str = ""
    account: str = ""
    region: str = ""
    may: str = ""
    """``write``, ``read-only`` or ``write ?``."""
    credentials: str = ""
    """Time left on them; empty where they do not end soon."""
    accounts: int = 1
    """How many accounts there are, where none is meant more than the others."""


@dataclass(frozen=True)
class Budget:
    """How much of the calls that we allow ourselves is taken."""

    share: float
    slowed: str = ""
    """``slowed to 30 s`` while AWS refuses calls."""


@dataclass(frozen=True)
class HeaderPicture:
    """Everything that the header shows."""

    now: datetime | None = None
    tabs: tuple[Tab, ...] = ()
    active: str = "all"
    data: tuple[DataAge, ...] = ()
    chips: tuple[Chip, ...] = ()
    """What is under way, the most urgent first."""
    access: Access = Access()
    budget: Budget | None = None
    held: int = 0
    alarms: int = 0
    is_critical: bool = False
    """One of those is a service's critical alert, and not only an alarm of a deployment."""


def header_lines(picture: HeaderPicture, width: int, glyphs: Glyphs) -> tuple[Line, Line]:
    """The two rows of a header in that many columns."""
    narrow = width < NARROW
    return _first(picture, width, glyphs, narrow), _second(picture, width, glyphs, narrow)


def _first(picture: HeaderPicture, width: int, glyphs: Glyphs, narrow: bool) -> Line:
    line = Line().put(2, "Quarterdeck", "bold strong")
    end = _right_side(line, picture, width, glyphs, narrow)
    for tab, column, _, counted in _tab_places(picture, width, end):
        active = tab.name == picture.active
        line.run(
            column,
            (tab.short if narrow else tab.name, "bold underline accent" if active else "muted"),
            (f" {tab.count:,}" if counted else "", "text" if active else "faint"),
        )
    return line


def _tab_places(picture: HeaderPicture, width: int, end: int) -> list[tuple[Tab, int, int, bool]]:
    """Every tab with its first column, the one after it, and whether its count has room."""
    narrow = width < NARROW
    found: list[tuple[Tab, int, int, bool]] = []
    for counted in (False,) if narrow else (True, False):
        found, column = [], 16 if narrow else 17
        for tab in picture.tabs:
            said = (tab.short if narrow else tab.name) + (f" {tab.count:,}" if counted else "")
            stop = column + cell_width(said)
            if stop > end - 1:
                break
            found.append((tab, column, stop, counted))
            column = stop + (2 if narrow else 3)
        if len(found) == len(picture.tabs):
            break
    return found


def tab_at(picture: HeaderPicture, x: int, width: int, glyphs: Glyphs) -> str | None:
    """The tab that is drawn at a cell of the first row."""
    end = _right_side(Line(), picture, width, glyphs, width < NARROW)
    places = _tab_places(picture, width, end)
    return next((tab.name for tab, start, stop, _ in places if start <= x < stop), None)


def _right_side(line: Line, picture: HeaderPicture, width: int, glyphs: Glyphs, narrow: bool) -> int:
    """Place clock and chips; the column where they begin. The chips take the clock's place at 80."""
    end = width - 2
    if picture.now is not None and not (narrow and picture.chips):
        clock = words.time_of_day(picture.now)
        line.put(end - 12, clock, "text").put(end - 3, "UTC", "faint")
        end -= 12
    if picture.chips:
        gap = 0 if end == width - 2 else CHIP_GAP
        parts = _chip_parts(picture, end - gap, glyphs, narrow)
        end -= gap + _width(parts)
        line.run(end, *parts)
    return end


def _chip_parts(picture: HeaderPicture, end: int, glyphs: Glyphs, narrow: bool) -> _Parts:
    """As many chips as there is room for before that column beside all tabs, the most urgent one always,
    and how many more there are."""
    chips = picture.chips
    room = end - _tabs_end(picture, narrow) - 2
    for shown in range(len(chips), 1, -1):
        parts = _joined(chips[:shown], len(chips) - shown)
        if _width(parts) <= room:
            return parts
    more = _joined((), len(chips) - 1)
    first = chips[0]
    text = cut_middle(first.text, max(16, room - _width(more) - 2), ellipsis=glyphs.ellipsis)
    return [*_joined((replace(first, text=text),), 0), *more]


def _joined(chips: Sequence[Chip], more: int) -> _Parts:
    parts: _Parts = []
    for chip in chips:
        parts += [(" " * CHIP_GAP, "text")] if parts else []
        parts += [(f"{chip.glyph} ", f"bold {chip.ink}"), (chip.text, chip.ink)]
    return [*parts, (f" +{more}", "bold strong")] if more else parts


def _tabs_end(picture: HeaderPicture, narrow: bool) -> int:
    """The column after all tabs, said as short as they can be."""
    names = [tab.short if narrow else tab.name for tab in picture.tabs]
    first, gap = (16, 2) if narrow else (17, 3)
    return first + sum(map(cell_width, names)) + gap * max(0, len(names) - 1)


def _second(picture: HeaderPicture, width: int, glyphs: Glyphs, narrow: bool) -> Line:
    """What there is room for, of the fullest way to say it on: stale data, throttling and alarms stay."""
    line = Line()
    for level in range(_NARROW_LEVEL if narrow else 0, _LEVELS):
        left = _left_parts(picture, glyphs, level, narrow)
        right = _access_parts(picture.access, glyphs, level)
        if _width(left) + _width(right) + (2 if right else 0) <= width - 4:
            break
    column, room = 2, width - 4 - _width(right) - 2
    for text, ink in left:
        text = cut_end(text, max(0, room), glyphs.ellipsis)
        column = line.run(column, (text, ink))
        room -= cell_width(text)
    line.run(width - 2 - _width(right), *right)
    return line


_NARROW_LEVEL = 2
_LEVELS = 7
"""0 all; 1 without the bar; 2 the newest of the fresh ages only; from 3 on less of who we are."""


def _width(parts: _Parts) -> int:
    return sum(cell_width(text) for text, _ in parts)


def _left_parts(picture: HeaderPicture, glyphs: Glyphs, level: int, narrow: bool) -> _Parts:
    mark = glyphs.failed if picture.is_critical else glyphs.warning
    groups = [
        _data_parts(picture.data, glyphs, level),
        _budget_parts(picture.budget, glyphs, level),
        [("held ", "faint"), (str(picture.held), "text")] if picture.held else [],
        [("alarms ", "faint"), (f"{mark} {picture.alarms}", "critical")] if picture.alarms else [],
    ]
    parts: _Parts = []
    for group in filter(None, groups):
        parts += ([("  " if narrow else "   ", "text")] if parts else []) + group
    return parts


def _data_parts(data: tuple[DataAge, ...], glyphs: Glyphs, level: int) -> _Parts:
    if not data:
        return []
    brief = level >= _NARROW_LEVEL
    parts: _Parts = [("data ", "faint")]
    for item in _newest_and_stale(data) if brief else data:
        said = words.NOTHING if item.age_s is None else words.age(item.age_s)
        parts.append((" " if len(parts) == 1 and not brief else "  " if len(parts) > 1 else "", "text"))
        if item.stale:
            parts.append((f"{glyphs.stale} {item.name} {said}", "stale"))
        else:
            parts += [("" if brief else f"{item.name} ", "muted"), (said, "text")]
    return parts


def _newest_and_stale(data: tuple[DataAge, ...]) -> tuple[DataAge, ...]:
    fresh = [item for item in data if not item.stale]
    newest = min(fresh, key=lambda item: item.age_s or 0.0, default=None)
    return (*((newest,) if newest else ()), *(item for item in data if item.stale))


def _budget_parts(budget: Budget | None, glyphs: Glyphs, level: int) -> _Parts:
    if budget is None:
        return []
    parts: _Parts = [("aws " if level >= _NARROW_LEVEL else "aws budget ", "faint")]
    if level < 1:
        filled = min(8, round(8 * budget.share))
        ink = "warning" if budget.slowed else "muted"
        parts += [(glyphs.bar * filled, ink), (glyphs.rest * (8 - filled), "rule"), (" ", "text")]
    parts.append((f"{budget.share * 100:.0f} %", "text"))
    if budget.slowed:
        parts.append((f" {glyphs.warning} {budget.slowed}", "warning"))
    return parts


def _access_parts(access: Access, glyphs: Glyphs, level: int) -> _Parts:
    """Role, account, Region and rights; the role is what is said shorter, then left out."""
    if access.accounts > 1:
        return [(words.count(access.accounts, "account"), "muted")]
    role = access.role if level < 4 else access.role.partition("/")[0] if level < 6 else ""
    role = cut_end(role, 24, glyphs.ellipsis)
    account = cut_end(access.account, 24 if level < 5 else 14, glyphs.ellipsis)
    named = [(role, "muted"), (account, "text"), (access.region, "muted")]
    parts: _Parts = []
    for text, ink in named:
        if text:
            parts += ([(" · ", "faint")] if parts else []) + [(text, ink)]
    if access.may:
        parts += [
            (" " if parts else "", "text"),
            (access.may, "text" if access.may == "write" else "warning"),
        ]
    if access.credentials:
        parts += [("  creds ", "faint"), (access.credentials, "warning")]
    return parts


class HeaderBar(Pane):
    """Draws a :class:`HeaderPicture`."""

    DEFAULT_CSS = "HeaderBar { height: 2; dock: top; background: $surface; }"
    PAPER = "surface"

    picture: reactive[HeaderPicture] = reactive(HeaderPicture())

    class TabChosen(Message):
        """A tab was clicked."""

        def __init__(self, name: str) -> None:
            super().__init__()
            self.name = name

    def draw(self, width: int, height: int) -> tuple[Line, ...]:
        return header_lines(self.picture, width, self.glyphs)

    def on_click(self, event: events.Click) -> None:
        name = tab_at(self.picture, event.x, self.size.width, self.glyphs) if event.y == 0 else None
        if name is not None:
            self.post_message(self.TabChosen(name))
