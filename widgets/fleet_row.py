"""Rows of the fleet: two lines and air for trouble, one muted line for a steady service."""

from dataclasses import dataclass

from console.domain.service import ServiceState
from console.domain.text import cut_end, cut_middle
from widgets.glyphs import Glyphs
from widgets.header import NARROW
from widgets.line import Line

BAR = 8
STATE_ROOM = 11
"""Cells of a state's word, at every width."""

STATE_INKS = {
    ServiceState.FAILING: "critical",
    ServiceState.STUCK: "critical",
    ServiceState.PAUSED: "warning",
    ServiceState.WARNING: "warning",
    ServiceState.ROLLING: "deploying",
    ServiceState.ROLLING_BACK: "deploying",
    ServiceState.CANARY: "deploying",
    ServiceState.DRAINING: "deploying",
    ServiceState.UNKNOWN: "stale",
    ServiceState.DRAINED: "muted",
    ServiceState.STEADY: "muted",
}


def state_word(state: ServiceState, *, short: bool = False) -> str:
    """Upper case where somebody should look; ``BACK`` for *rolling back* where room is short."""
    if short and state is ServiceState.ROLLING_BACK:
        return "BACK"
    word = state.value.replace("_", " ")
    return word if state in (ServiceState.STEADY, ServiceState.DRAINED) else word.upper()


@dataclass(frozen=True)
class ServiceRow:
    """One service, as strings and numbers ready to draw."""

    key: str
    state: ServiceState
    service: str
    environment: str
    tier: str
    """Four letters for narrow screens."""
    version: str
    tasks: str
    errors: str
    errors_ink: str
    p95: str
    age: str
    age_short: str
    why: str = ""
    progress: tuple[int, int] | None = None
    """Running tasks of the new release, of how many."""
    stale_age: str = ""
    """How old the picture is, when it is too old."""
    stale_age_short: str = ""
    reading: bool = False
    """Nothing has been read yet, and nothing has failed."""
    held: bool = False
    """It is kept at the version that a rollback went back to."""
    changed: bool = False
    """The state is new: its word is reversed for a moment."""

    @property
    def is_loud(self) -> bool:
        """Whether it gets two lines and its own colours."""
        return self.state.is_trouble or self.state.is_moving

    @property
    def height(self) -> int:
        return 2 if self.is_loud and self.why else 1

    def lines(self, width: int, theme: str, glyphs: Glyphs, selected: bool) -> tuple[Line, ...]:
        narrow = width < NARROW
        first = self._narrow(glyphs) if narrow else self._wide(glyphs)
        if self.height == 1:
            return (first,)
        column = 4 if narrow else 17
        ink = "text" if self.state.is_trouble else "muted"
        why = cut_end(self.why, width - column - 2, glyphs.ellipsis)
        return first, Line().put(column, why, ink)

    # -- parts --------------------------------------------------------------------------------

    def _ink(self, loud: str, calm: str) -> str:
        if self.stale_age and not self.is_loud:
            return "stale"
        return loud if self.is_loud else calm

    def _state(self, line: Line, glyphs: Glyphs, narrow: bool) -> None:
        if self.reading:
            line.run(2, (glyphs.open, "muted"), (" reading", "muted"))
            return
        ink = STATE_INKS[self.state]
        word = state_word(self.state, short=narrow)
        if self.stale_age:
            calm = not self.is_loud
            glyph = glyphs.stale if calm else glyphs.of_state(self.state)
            line.run(2, (glyph, "stale" if calm else ink), (" ", "text"))
            line.put(4, self._aged_word(), "stale" if calm else f"bold {ink}")
            return
        if narrow and self.progress is not None:
            word = f"{word} {self.progress[0]}/{self.progress[1]}"
        mark = "reverse " if self.changed else ""
        bold = "bold " if self.is_loud or self.state is ServiceState.UNKNOWN else ""
        glyph_ink = "steady" if self.state is ServiceState.STEADY else ink
        line.run(2, (glyphs.of_state(self.state), glyph_ink), (" ", "text"), (word, f"{mark}{bold}{ink}"))

    def _aged_word(self) -> str:
        """The state with the age of its picture, said as short as the column needs."""
        said = (
            f"{state_word(self.state)} {self.stale_age}",
            f"{state_word(self.state)} {self.stale_age_short}",
            f"{state_word(self.state, short=True)} {self.stale_age_short}",
        )
        return next((text for text in said if len(text) <= STATE_ROOM), said[-1])

    def _name_ink(self) -> str:
        return self._ink("bold strong", "text")

    def _version(self, line: Line, column: int, room: int, glyphs: Glyphs, narrow: bool) -> None:
        version = self.version
        if narrow and "@" in version[1:]:
            version = version.split("@", 1)[1]
        line.put(column, cut_end(version, room, glyphs.ellipsis), self._ink("text", "muted"))

    def _wide(self, glyphs: Glyphs) -> Line:
        line = Line()
        self._state(line, glyphs, narrow=False)
        line.put(17, cut_middle(self.service, 28, ellipsis=glyphs.ellipsis), self._name_ink())
        line.put(47, cut_end(self.environment, 11, glyphs.ellipsis), self._ink("text", "muted"))
        if self.progress is not None:
            self._bar(line, glyphs)
        line.put(75, self.tasks, self._ink("text", "muted"))
        self._version(line, 83, 11, glyphs, narrow=False)
        line.right(101, self.errors, self._figure_ink(self.errors_ink))
        line.right(117, self.p95, self._ink("text", "muted"))
        number, _, unit = self.age.partition(" ")
        line.right(122, number, self._ink("text", "muted")).put(123, unit, self._ink("text", "muted"))
        if self.held:
            line.right(138, "held", "warning")
        return line

    def _bar(self, line: Line, glyphs: Glyphs) -> None:
        done, whole = self.progress or (0, 0)
        filled = min(BAR, round(BAR * done / whole)) if whole else 0
        ink = "critical" if self.state is ServiceState.FAILING else STATE_INKS[self.state]
        line.run(
            60,
            (glyphs.bar * filled, ink),
            (glyphs.rest * (BAR - filled), "rule"),
            (f" {done}/{whole}", "text"),
        )

    def _figure_ink(self, ink: str) -> str:
        return "stale" if self.stale_age and not self.is_loud else ink

    def _narrow(self, glyphs: Glyphs) -> Line:
        line = Line()
        self._state(line, glyphs, narrow=True)
        line.put(16, cut_middle(self.service, 23, ellipsis=glyphs.ellipsis), self._name_ink())
        line.put(40, self.tier, self._ink("text", "muted"))
        line.put(45, cut_end(self.tasks, 6, glyphs.ellipsis), self._ink("text", "muted"))
        self._version(line, 52, 10, glyphs, narrow=True)
        line.right(68, self.errors, self._figure_ink(self.errors_ink))
        line.right(73, self.age_short, self._ink("text", "muted"))
        if self.held:
            line.put(74, "held", "warning")
        return line


@dataclass(frozen=True)
class CountsRow:
    """How many are steady and stale, above the steady ones."""

    steady: int
    stale: int
    height: int = 1
    key: None = None

    def lines(self, width: int, theme: str, glyphs: Glyphs, selected: bool) -> tuple[Line, ...]:
        line = Line()
        column = put_counts(line, 2, self.steady, self.stale, glyphs) + 1
        return (line.put(column, glyphs.rest * max(0, width - 2 - column), "rule"),)


@dataclass(frozen=True)
class GapRow:
    """A blank line."""

    height: int = 1
    key: None = None

    def lines(self, width: int, theme: str, glyphs: Glyphs, selected: bool) -> tuple[Line, ...]:
        return (Line(),)


@dataclass(frozen=True)
class SentenceRow:
    """One muted sentence in the place of rows."""

    text: str
    height: int = 1
    key: None = None

    def lines(self, width: int, theme: str, glyphs: Glyphs, selected: bool) -> tuple[Line, ...]:
        return (Line().put(2, cut_end(self.text, width - 4, glyphs.ellipsis), "muted"),)


def put_counts(line: Line, column: int, steady: int, stale: int, glyphs: Glyphs) -> int:
    """Place ``● 21 steady   ◌ 4 stale``; the column after it."""
    if steady:
        column = line.run(column, (glyphs.steady, "steady"), (f" {steady} steady", "muted")) + 2
    if stale:
        column = line.run(column, (glyphs.stale, "stale"), (f" {stale} stale", "stale")) + 2
    return column


def heads(width: int) -> Line:
    """The column heads of the fleet."""
    line = Line().put(2, "state", "faint")
    columns: tuple[tuple[int, str], ...]
    ends: tuple[tuple[int, str], ...]
    if width < NARROW:
        columns = ((16, "service"), (40, "env"), (45, "tasks"), (52, "version"))
        ends = ((68, "errors"), (73, "age"))
    else:
        columns = ((17, "service"), (47, "environment"), (60, "rollout"), (75, "tasks"), (83, "version"))
        ends = ((101, "errors"), (117, "p95"), (126, "deploy"))
    for column, text in columns:
        line.put(column, text, "faint")
    for end, text in ends:
        line.right(end, text, "faint")
    return line
