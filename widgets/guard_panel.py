"""The band under the header that asks whether to roll back, on every screen, until it is answered."""

from dataclasses import dataclass
from datetime import datetime

from textual.geometry import Size
from textual.reactive import reactive

from console.domain.address import Address
from console.domain.guard import GuardMode, JudgedState
from console.domain.guarded import GuardAnswer, GuardFigure, GuardState, GuardView
from console.domain.measured import figure, limit_in_words, value_in_words
from console.domain.series import Scope, SeriesPicture
from console.domain.text import cell_width, cut_end
from console.domain.words import clock, count
from widgets.charted import told
from widgets.glyphs import Glyphs
from widgets.header import NARROW
from widgets.line import Line
from widgets.lines import Pane
from widgets.service_head import HOW, blame_parts

ROWS, NARROW_ROWS = 9, 5
MOST_FIGURES = 2
_ASKS = ": roll back?"
SNOOZE = "wait, then ask again"
_SAID = {
    GuardAnswer.BACK: "told to roll back",
    GuardAnswer.WAIT: "told to wait",
    GuardAnswer.IGNORE: "told to ignore it",
}


@dataclass(frozen=True)
class PanelKeys:
    """The keys that answer, as they are written on screen."""

    back: str = "R"
    wait: str = "w"
    ignore: str = "i"
    cancel: str = "esc"


@dataclass(frozen=True)
class GuardAsked:
    """A trip that waits for an answer."""

    view: GuardView
    now: datetime
    address: Address
    """The service that it is about, and that ``R`` plans to roll back."""
    tier: str
    new: str = "new"
    """Revision of the version that is judged; where both have one revision, their labels."""
    old: str = "old"
    more: int = 0
    """Other trips that wait."""
    next_back: tuple[Address, float] | None = None
    """Which of those goes back by itself first, and in how many seconds; ``None``: none does."""
    sent: GuardAnswer | None = None
    """What was answered, and has not been taken up yet."""
    keys: PanelKeys = PanelKeys()

    @property
    def counts_down(self) -> bool:
        return self.view.state is GuardState.COUNTDOWN

    @property
    def left_s(self) -> float:
        """Seconds until it goes back."""
        at = self.view.rolls_back_at
        return max(0.0, (at - self.now).total_seconds()) if at else self.view.countdown_s or 0.0


def panel_lines(asked: GuardAsked, width: int, glyphs: Glyphs) -> tuple[Line, ...]:
    """Question, whose fault it is, figures, armed plan, answers: nine rows, at 80 columns five."""
    narrow = width < NARROW
    column = 10 if narrow else 13
    figures = worst_first(asked.view.figures)
    if narrow:
        lines = [_question(asked, width, glyphs, narrow), *_figures(figures[:1], asked, column, width)]
        lines += [*_blame(asked, column, width, glyphs), _armed(asked, column, width, narrow)]
        if len(lines) < NARROW_ROWS - 1 and (why := _because(asked)):
            lines.append(Line().run_to(width - 2, column, (why, "warning")))
        lines = [*lines[: NARROW_ROWS - 1], *(Line() for _ in range(NARROW_ROWS - 1 - len(lines)))]
        lines.append(_answers(asked, width, glyphs, narrow))
    else:
        told_of = [
            *_blame(asked, column, width, glyphs),
            *_figures(figures[:MOST_FIGURES], asked, column, width),
        ]
        told_of.append(_armed(asked, column, width, narrow))
        space = [Line()] if len(told_of) < MOST_FIGURES + 2 else []
        lines = [Line(), _question(asked, width, glyphs, narrow), *space, *told_of]
        lines += [Line() for _ in range(ROWS - 2 - len(lines))]
        lines += [_answers(asked, width, glyphs, narrow), _next_back(asked, width, glyphs)]
    for line in lines:
        line.put(0, glyphs.selected, "critical")
    return tuple(lines)


def worst_first(figures: tuple[GuardFigure, ...]) -> list[GuardFigure]:
    """The bad ones, the worst first; where none is, what is unknown before what is well."""
    order = (JudgedState.CRITICAL, JudgedState.WARNING, JudgedState.NODATA, JudgedState.OK)
    found = sorted(figures, key=lambda item: order.index(item.state))
    bad = [item for item in found if item.state in order[:2]]
    return bad or found[:1]


def _question(asked: GuardAsked, width: int, glyphs: Glyphs, narrow: bool) -> Line:
    view, line = asked.view, Line()
    column = line.run(2, (f"{glyphs.failed} GUARD", "bold critical")) + (2 if narrow else 3)
    parts: list[tuple[str, str]] = []
    if asked.more:
        more = f"+{asked.more} more"
        if narrow and asked.next_back is not None:
            more += f", back in {clock(asked.next_back[1])}"
        parts.append((more, "bold warning"))
    if view.tripped_at is not None and not narrow:
        ago = clock((asked.now - view.tripped_at).total_seconds())
        bad = max((item.periods_bad for item in view.figures), default=0)
        said = f"tripped {ago} ago" + (f", {count(bad, 'period')} in a row" if bad > 1 else "")
        parts.insert(0, (said + ("   " if parts else ""), "text"))
    end = width - 2 - sum(cell_width(text) for text, _ in parts)
    line.run(end, *parts)
    said = view.question or view.headline or "the guard has tripped"
    if not said.startswith(str(asked.address)):
        said = f"{asked.address}: {said}"
    if asked.counts_down:
        said = said.removesuffix(_ASKS)
    room = end - column - 1
    if cell_width(said) > room and said.endswith(_ASKS):
        # what is asked comes before why, where not both have room
        why = said.removesuffix(_ASKS).removeprefix(f"{asked.address}: ")
        said = f"{asked.address}{_ASKS} {why}"
    return line.put(column, cut_end(said, room, glyphs.ellipsis), "bold strong")


def _next_back(asked: GuardAsked, width: int, glyphs: Glyphs) -> Line:
    """The service that goes back by itself before it is read here: settling this one brings its turn."""
    if asked.next_back is None:
        return Line()
    address, left_s = asked.next_back
    said = f"{address} rolls back automatically in {clock(left_s)}"
    return Line().put(2, cut_end(said, width - 4, glyphs.ellipsis), "bold critical")


def _blame(asked: GuardAsked, column: int, width: int, glyphs: Glyphs) -> list[Line]:
    if asked.view.blame is None:
        return []
    line = Line().put(2, "deploy?", "muted")
    return [line.run_to(width - 2, column, *blame_parts(asked.view.blame, glyphs))]


def _figures(figures: list[GuardFigure], asked: GuardAsked, column: int, width: int) -> list[Line]:
    return [_figure(item, asked, column, width) for item in figures]


def _figure(item: GuardFigure, asked: GuardAsked, column: int, width: int) -> Line:
    """New, old, baseline, limit; where nothing tells new from old, the whole service."""
    measure, view = item.measure, asked.view
    name = figure(measure, item.subject)
    line = Line().put(2, cut_end(name, column - 3), "muted")
    if item.value is None:
        return line.run_to(width - 2, column, ("NODATA ", "stale"), (item.evidence, "muted"))
    whose = "service-wide" if item.scope is Scope.SERVICE else f"on {asked.new}"
    ink = "bold critical" if item.state is JudgedState.CRITICAL else "bold strong"
    parts = [(value_in_words(measure, item.value), ink), (f" {whose}", "muted")]
    old = _old(view.picture, item)
    gap = ("  " if width < NARROW else "    ", "text")
    if old is not None:
        parts += [gap, (value_in_words(measure, old), "text"), (f" on {asked.old}", "muted")]
    if item.baseline is not None:
        said = value_in_words(measure, item.baseline)
        parts += [gap, ("baseline ", "muted"), (said, "text")]
    if item.limit is not None:
        parts += [gap, ("limit ", "muted"), (limit_in_words(measure, item.limit), "text")]
    if width >= NARROW:
        parts += [gap, (item.source, "muted")]
    return line.run_to(width - 2, column, *parts)


def _old(picture: SeriesPicture | None, item: GuardFigure) -> float | None:
    """The same figure of the old version, of the same period, where it is told from that of the new one."""
    return told(picture, item.measure).beside if item.scope is Scope.NEW and not item.subject else None


def _armed(asked: GuardAsked, column: int, width: int, narrow: bool) -> Line:
    view = asked.view
    line = Line().put(2, "armed", "muted")
    why = _because(asked)
    because = [(f" · {why}", "warning")] if why and not narrow else []
    way = (plan_words(view.plan), "text") if view.plan else ("nothing: no way back is known", "bold warning")
    return line.run_to(width - 2, column, way, *because)


def _because(asked: GuardAsked) -> str:
    """Why it asks although it might act, unless the line about the deploy says so already."""
    view = asked.view
    told = view.blame is not None and view.asks_because in (view.blame.line, view.blame.uncured)
    return "" if told else view.asks_because


def plan_words(plan: str) -> str:
    """The armed plan with its mechanism as everybody calls it."""
    for mechanism, how in HOW.items():
        plan = plan.replace(f"by {mechanism.value},", f"{how},")
    return plan


def _answers(asked: GuardAsked, width: int, glyphs: Glyphs, narrow: bool) -> Line:
    keys, view, line = asked.keys, asked.view, Line()
    if asked.sent is not None:
        return line.put(2, f"{glyphs.forward} {_SAID[asked.sent]}, it is taken up", "bold strong")
    gap = "   " if narrow else "     "
    if asked.counts_down:
        left = (f"rolling back in {clock(asked.left_s)}", "bold critical")
        cancel = [(f" {glyphs.dot} ", "text"), (keys.cancel, "bold accent"), (" cancels", "strong")]
        plan = [(f" {glyphs.dot} ", "text"), (keys.back, "bold accent"), (" opens the plan", "strong")]
        line.run(2, left, *cancel, *plan)
        said = "no other key stops it"
    else:
        to = f" review rollback to {view.back_to}" if view.back_to and not narrow else " review rollback"
        back = [(keys.back, "bold accent"), (to, "bold strong"), (gap, "text")]
        wait = [(keys.wait, "bold accent"), (" wait" if narrow else f" {SNOOZE}", "text"), (gap, "text")]
        ignored = " ignore" if narrow else " ignore until this rollout ends"
        line.run(2, *back, *wait, (keys.ignore, "bold accent"), (ignored, "text"))
        said = f"{asked.tier} asks; it does not act by itself"
        if view.mode is GuardMode.ROLLBACK:
            said = "for this it does not act by itself"
    if not narrow and cell_width(said) < width - 4 - line.end:
        line.right(width - 2, said, "muted")
    return line


class GuardPanel(Pane):
    """Draws a :class:`GuardAsked`; not there at all while nothing is asked."""

    DEFAULT_CSS = """
    GuardPanel { height: auto; display: none; }
    GuardPanel.-shown { display: block; }
    """
    PAPER = "critical-back"

    asked: reactive[GuardAsked | None] = reactive(None)

    def watch_asked(self, asked: GuardAsked | None) -> None:
        self.set_class(asked is not None, "-shown")

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return NARROW_ROWS if width < NARROW else ROWS

    def draw(self, width: int, height: int) -> tuple[Line, ...]:
        return panel_lines(self.asked, width, self.glyphs) if self.asked is not None else ()
