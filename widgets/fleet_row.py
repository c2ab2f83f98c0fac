"""Rows of the fleet: two lines and air for trouble, one muted line for a steady service."""

from dataclasses import dataclass
from functools import cached_property

from console.domain.alerts import Alerting
from console.domain.service import ServiceState
from console.domain.text import cut_end, cut_middle
from console.domain.version import short_label
from widgets.glyphs import Glyphs
from widgets.header import NARROW
from widgets.line import Line
from widgets.sparkline import sparkline

BAR = 8
STATE_ROOM = 11
"""Cells of a state's word, at every width."""

BACK_ROOM = 4
"""Cells of the way back at few columns: ``9:59``, then ``17m``."""
WIDE_BACK_ROOM = 5

MOVED = "*"
"""Behind a version whose tag names another image by now."""

DOUBTFUL = "warning"
"""Ink of errors of too few requests to judge."""

STATE_INKS = {
    ServiceState.DELETED: "critical",
    ServiceState.DELETING: "critical",
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


def alert_mark(alert: Alerting, glyphs: Glyphs) -> tuple[str, str]:
    """Mark and ink of an alert by how bad it is."""
    return (glyphs.failed, "critical") if alert.is_critical else (glyphs.warning, "warning")


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
    hold_is_kept: bool = True
    """Nothing else serves there, and enough of it does, as far as anybody has read."""
    changed: bool = False
    """The state is new: its word is reversed for a moment."""
    share: float | None = None
    """Per cent of production traffic on the new release, while traffic is shifted."""
    recent: tuple[float | None, ...] = ()
    """Shares of errors of the last twenty periods; none: not known."""
    by: str = ""
    """Who deployed."""
    back: str = ""
    """Time to safe by the way back; empty: not known yet."""
    back_short: str = ""
    """The same in :data:`BACK_ROOM` cells."""
    back_ink: str = ""
    """Empty: that of the row."""
    mixed: bool = False
    """Tasks of one deployment run different images."""
    seen: Alerting | None = None
    """Its alerts, where somebody has seen all that is wrong with it; ``None``: nothing is, or it is loud."""
    errors_age: str = ""
    """How old its figures are, as short as it gets, where they are old."""
    by_counts: bool = False
    """It is steady only by what ECS counts: its mark is not green."""
    deleted_age: str = ""
    """How long ago it was deleted, as short as it gets; empty: not deleted, or not known."""

    @cached_property
    def is_loud(self) -> bool:
        """Whether it gets two lines and its own colours."""
        return (self.state.is_trouble or self.state.is_moving) and self.seen is None

    @cached_property
    def height(self) -> int:
        return 2 if self.is_loud and self.why else 1

    def lines(self, width: int, theme: str, glyphs: Glyphs, selected: bool) -> tuple[Line, ...]:
        narrow = width < NARROW
        first = self._narrow(glyphs) if narrow else self._wide(glyphs)
        if self.height == 1:
            return (first,)
        column = 4 if narrow else 17
        ink = "text" if self.state.is_trouble else "muted"
        return first, Line().run_to(width - 2, column, (self.why, ink))

    # -- parts --------------------------------------------------------------------------------

    def _ink(self, loud: str, calm: str) -> str:
        if self.stale_age and not self.is_loud:
            return "stale"
        return loud if self.is_loud else calm

    def _state(self, line: Line, glyphs: Glyphs, narrow: bool) -> None:
        if self.reading:
            line.run(2, (glyphs.open, "muted"), (" reading", "muted"))
            return
        if self.seen is not None:
            mark, ink = alert_mark(self.seen, glyphs)
            line.run(2, (mark, ink), (" alert seen", "muted"))
            return
        ink = STATE_INKS[self.state]
        word = state_word(self.state, short=narrow)
        if self.stale_age:
            calm = not self.is_loud
            glyph = glyphs.stale if calm else glyphs.of_state(self.state)
            line.run(2, (glyph, "stale" if calm else ink), (" ", "stale" if calm else f"bold {ink}"))
            line.put(4, self._aged_word(), "stale" if calm else f"bold {ink}")
            return
        if self.deleted_age and len(f"{word} {self.deleted_age}") <= STATE_ROOM:
            word = f"{word} {self.deleted_age}"
        if self.share is not None or (narrow and self.progress is not None):
            longer = f"{word} {self._rollout()}"
            word = longer if len(longer) <= STATE_ROOM and (narrow or self._shifts) else word
        mark = "reverse " if self.changed else ""
        bold = "bold " if self.is_loud or self.state is ServiceState.UNKNOWN else ""
        glyph_ink = "steady" if self.state is ServiceState.STEADY and not self.by_counts else ink
        if self.errors_ink == DOUBTFUL and not self.is_loud:
            glyph_ink = "warning"  # too few requests to judge: no green beside them
        said = (word, f"{mark}{bold}{ink}")
        glyph = glyphs.open if self.by_counts else glyphs.of_state(self.state)
        line.run(2, (glyph, glyph_ink), (" ", f"{bold}{ink}"), said)

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

    @property
    def _shifts(self) -> bool:
        return self.state is ServiceState.CANARY

    def _rollout(self) -> str:
        """How far the rollout is: a share of the traffic, else tasks."""
        if self.share is not None:
            return f"{self.share:.0f} %"
        return "{}/{}".format(*self.progress) if self.progress else ""

    def _version(self, line: Line, column: int, room: int, glyphs: Glyphs, narrow: bool) -> None:
        label = self.version.removesuffix(MOVED)
        marks = (MOVED if label != self.version else "") + (glyphs.mixed if self.mixed else "")
        said = short_label(label, room - len(marks), narrow=narrow, ellipsis=glyphs.ellipsis)
        line.run(column, (said, self._ink("text", "muted")), (marks, "warning"))

    def _back(self, line: Line, end: int, room: int) -> None:
        if self.held:
            line.right(
                end, "held" if self.hold_is_kept else "hold!", "warning" if self.hold_is_kept else "critical"
            )
            return
        calm = self.stale_age and not self.is_loud
        said = self.back if len(self.back) <= room else self.back_short
        line.right(end, said, self._ink("text", "muted") if calm or not self.back_ink else self.back_ink)

    def _wide(self, glyphs: Glyphs) -> Line:
        line, ink = Line(), self._ink("text", "muted")
        self._state(line, glyphs, narrow=False)
        line.put(17, cut_middle(self.service, 28, ellipsis=glyphs.ellipsis), self._name_ink())
        line.put(47, cut_end(self.environment, 11, glyphs.ellipsis), ink)
        if self.progress is not None or self.share is not None:
            self._bar(line, glyphs)
        line.put(75, cut_end(self.tasks, 7, glyphs.ellipsis), ink)
        self._version(line, 83, min(11, 17 - len(self._errors)), glyphs, narrow=False)
        line.right(101, self._errors, self._figure_ink(self.errors_ink))
        if self.recent:
            line.run(102, *sparkline(self.recent, glyphs, self._figure_ink("muted")))
        line.right(117, self.p95, self._figure_ink(ink))
        number, _, unit = self.age.partition(" ")
        line.right(122, number, ink).put(123, unit, ink)
        line.put(127, cut_end(self.by, 5, glyphs.ellipsis), ink)
        self._back(line, 138, WIDE_BACK_ROOM)
        return line

    def _bar(self, line: Line, glyphs: Glyphs) -> None:
        done, whole = self.progress or (0, 0)
        part = self.share / 100 if self.share is not None else done / whole if whole else 0.0
        filled = min(BAR, round(BAR * part))
        if part > 0:
            filled = max(1, filled)
        line.run(
            60,
            (glyphs.bar * filled, STATE_INKS[self.state] if self.is_loud else "muted"),
            (glyphs.rest * (BAR - filled), "rule"),
            (f" {self._rollout()}", "text"),
        )

    def _figure_ink(self, ink: str) -> str:
        old = self.stale_age or (self.errors_age and ink in ("text", "muted"))
        return "stale" if old and not self.is_loud else ink

    @property
    def _errors(self) -> str:
        return f"{self.errors} {self.errors_age}".rstrip()

    def _narrow(self, glyphs: Glyphs) -> Line:
        line = Line()
        self._state(line, glyphs, narrow=True)
        line.put(16, cut_middle(self.service, 23, ellipsis=glyphs.ellipsis), self._name_ink())
        line.put(40, self.tier, self._ink("text", "muted"))
        line.put(45, cut_end(self.tasks, 6, glyphs.ellipsis), self._ink("text", "muted"))
        self._version(line, 52, min(10, 15 - len(self._errors)), glyphs, narrow=True)
        line.right(68, self._errors, self._figure_ink(self.errors_ink))
        line.right(73, self.age_short, self._ink("text", "muted"))
        self._back(line, 78, BACK_ROOM)
        return line


@dataclass(frozen=True)
class CountsRow:
    """How many are steady and stale, above the steady ones."""

    steady: int
    stale: int
    by_counts: bool = False
    """Some of the steady ones are so only by what ECS counts."""
    height: int = 1
    key: None = None

    def lines(self, width: int, theme: str, glyphs: Glyphs, selected: bool) -> tuple[Line, ...]:
        line = Line()
        column = put_counts(line, 2, self.steady, self.stale, glyphs, by_counts=self.by_counts) + 1
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


def put_counts(
    line: Line, column: int, steady: int, stale: int, glyphs: Glyphs, *, by_counts: bool = False
) -> int:
    """Place ``● 21 steady   ◌ 4 stale``, without green where some are so by counts; the column after it."""
    if steady:
        mark = (glyphs.open, "muted") if by_counts else (glyphs.steady, "steady")
        column = line.run(column, mark, (f" {steady:,} steady", "muted")) + 2
    if stale:
        column = line.run(column, (glyphs.stale, "stale"), (f" {stale:,} stale", "stale")) + 2
    return column
