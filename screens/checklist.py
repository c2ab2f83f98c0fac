"""A checklist, walked: its phases, the items of one, and what a person says of them."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from itertools import count
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.widget import Widget
from textual.widgets import Input

from console.domain.address import Address
from console.domain.checklist import ItemState, ItemView, Phase, WalkView
from console.domain.words import clock as minutes
from console.domain.words import time_of_day
from console.errors import QuarterdeckError
from console.ports import Clock
from screens.base import ConsoleScreen
from screens.feeds import ask
from screens.messages import Answered, AskFailed
from widgets.checklist_view import RAIL, detail, following, heads, phase_name, rail, rows, tabs, waived
from widgets.dialog import DialogPane
from widgets.glyphs import UNICODE, Glyphs
from widgets.grid import GridRow, GridView
from widgets.journal_table import SentenceRow
from widgets.line import Line
from widgets.lines import LinesView
from widgets.regions import heading

if TYPE_CHECKING:
    from console.checklists.door import Checklists
    from console.checklists.walker import Walker

PERIOD_S = 1.0
"""How often the checks that are due are begun while the list is looked at."""
_WORDS = {
    "tick": "what was seen (may be empty) · enter ticks it",
    "waive": "why it may be left · enter waives it",
    "skip": "why there is nothing of the kind · enter",
    "end": "why it is given up · enter ends the walk",
    "act": "a comment · enter sends it",
    "begin": "the version that is released (may be empty) · enter begins",
}
"""What is asked for in the field -> what stands in it before anything is typed."""


class ChecklistScreen(ConsoleScreen):
    """Walks the lists of one service.

    Args:
        door: Loads, begins and judges them, on threads of questions.
        name: The list that is shown first; empty: the one of the service's releases.
    """

    CSS_PATH = "checklist.tcss"
    AUTO_FOCUS = "#items"
    KEY_ORDER = (
        "checklist.back",
        "checklist.tick",
        "checklist.begin",
        "checklist.waive",
        "checklist.run",
        "checklist.act",
        "checklist.phase",
        "checklist.copy",
        "app.keys",
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "back", id="checklist.back", tooltip="Back to where you were"),
        Binding("space", "tick", "tick", id="checklist.tick", tooltip="Say that it is so, or take that back"),
        Binding("b", "begin", "begin", id="checklist.begin", tooltip="Begin to walk the list"),
        Binding("w", "waive", "waive", id="checklist.waive", tooltip="Let an item be, with a reason"),
        Binding("W", "run", "run it", id="checklist.run", tooltip="Run the check that writes, once"),
        Binding("A", "act", "approve", id="checklist.act", tooltip="Do what it is about: approve, set …"),
        Binding("n", "note", "note", id="checklist.note", show=False, tooltip="Tick it with a note"),
        Binding(
            "x", "skip", "none this time", id="checklist.skip", show=False, tooltip="Nothing of the kind"
        ),
        Binding(
            "left_square_bracket",
            "phase(-1)",
            "phase before",
            id="checklist.phase_back",
            show=False,
            tooltip="The phase before",
        ),
        Binding(
            "right_square_bracket", "phase(1)", "next phase", id="checklist.phase", tooltip="Phase after"
        ),
        Binding("tab", "other", "other list", id="checklist.other", show=False, tooltip="The next list"),
        Binding(
            "a", "again", "look again", id="checklist.again", show=False, tooltip="Judge everything anew"
        ),
        Binding("E", "end", "end", id="checklist.end", show=False, tooltip="End the walk"),
        Binding("y", "copy", "copy", id="checklist.copy", tooltip="Copy it as Markdown for the ticket"),
    ]

    def __init__(self, address: Address, door: "Checklists", clock: Clock, name: str = "") -> None:
        super().__init__()
        self.address = address
        self._door = door
        self._clock = clock
        self.name_of_list = name
        self.names: tuple[str, ...] = door.names(address)
        self.view: WalkView | None = None
        self.error: QuarterdeckError | None = None
        self.phase: Phase | None = None
        self.full = False
        """One item is shown in full, in place of the list; only where there is no room for both."""
        self._walker: Walker | None = None
        self._tags = count(1)
        self._asked = 0
        self._said_tags: set[int] = set()
        """Questions that say something: their answers, and their failures, are never passed over."""
        self._asked_at: float | None = None
        self._asking_for = ""

    def body(self) -> Iterable[Widget]:
        yield LinesView(id="top")
        field = Input(id="words", compact=True)
        field.cursor_blink = False
        yield field
        with Horizontal(id="columns"):
            yield LinesView(id="rail")
            with Vertical(id="right"):
                yield LinesView(id="heads")
                yield GridView(id="items")
                pane = DialogPane(id="detail")
                pane.paper = "background"
                yield pane

    @property
    def pointed_at(self) -> Address | None:
        return self.address

    @property
    def watched(self) -> Address | None:
        return self.address

    # -- reading ------------------------------------------------------------------------------

    def on_mount(self) -> None:
        self._look()

    def on_screen_resume(self) -> None:
        self._look()

    def _look(self) -> None:
        """Judge what is due, and see how the list stands."""
        door, address, name, walker = self._door, self.address, self.name_of_list, self._walker
        self._asked_at = self._clock.monotonic()

        def look() -> "tuple[Walker, WalkView]":
            found = walker
            if found is None:
                found = door.look(address, name)
            else:
                door.refresh(found)
            found.judge()
            return found, found.view()

        self._ask(look)

    def _ask(self, question: "Callable[[], tuple[Walker, WalkView]]", *, says: bool = False) -> None:
        tag = next(self._tags)
        if says:
            self._said_tags.add(tag)
        else:
            self._asked = tag
        ask(self, question, tag)

    def _is_awaited(self, tag: int) -> bool:
        is_said = tag in self._said_tags
        self._said_tags.discard(tag)
        return is_said or tag == self._asked

    def on_answered(self, message: Answered) -> None:
        message.stop()
        if not self._is_awaited(message.tag) or not isinstance(message.value, tuple):
            return
        self._walker, view = message.value
        first = self.view is None or self.view.id != view.id
        self.view, self.error = view, None
        if self.phase not in view.checklist.phases or (first and view.phase is not None):
            self.phase = view.phase or view.checklist.phases[0]
        self.update_frame()

    def on_ask_failed(self, message: AskFailed) -> None:
        message.stop()
        is_said = message.tag in self._said_tags
        if not self._is_awaited(message.tag):
            return
        if is_said and self.view is not None:
            self.say(str(message.error), "warning")
            return
        self.error = message.error
        self.update_frame()

    # -- drawing ------------------------------------------------------------------------------

    @property
    def _time(self) -> datetime:
        return self.now or self._clock.now()

    @property
    def _glyphs(self) -> Glyphs:
        found = getattr(self.app, "glyphs", UNICODE)
        return found if isinstance(found, Glyphs) else UNICODE

    @property
    def grid(self) -> GridView:
        """The items of the phase."""
        return self.query_one("#items", GridView)

    @property
    def selected(self) -> ItemView | None:
        """The item under the cursor."""
        key = self.grid.cursor_key
        items = self.view.items if self.view is not None else ()
        return next((view for view in items if view.item.id == key), None)

    def picture_changed(self) -> None:
        if not self.query("#detail"):
            return
        if self._asked_at is not None and self._clock.monotonic() - self._asked_at >= PERIOD_S:
            self._look()
        width = self.size.width if self.is_narrow else self.size.width - RAIL
        self.set_class(self.full and self.is_narrow, "-full")
        self.query_one("#top", LinesView).lines = self._top()
        self.query_one("#heads", LinesView).lines = self._heads(width)
        self.grid.set_rows(self._rows())
        if self.view is not None:
            self.query_one("#rail", LinesView).lines = rail(self.view, self.phase, self._glyphs)
        self._draw_detail(width)
        self.refresh_bindings()

    def _rows(self) -> tuple[GridRow, ...]:
        if self.view is None or self.phase is None:
            said = f"{self.error.title}: {self.error}" if self.error is not None else "reading the list"
            return (SentenceRow(said),)
        return rows(self.view.of(self.phase), self._time)

    def _heads(self, width: int) -> tuple[Line, ...]:
        if self.view is None or self.phase is None:
            return ()
        if self.is_narrow:
            return (heads(width),)
        ending = (("required unless marked advisory", "muted"),)
        return heading(phase_name(self.phase), 2, width - 2, self._glyphs, ending), heads(width)

    def _top(self) -> tuple[Line, ...]:
        view, width = self.view, self.size.width
        line = Line()
        version = str(self._walker.context.facts.get("version") or "") if self._walker is not None else ""
        title = view.checklist.title if view is not None else "checklist"
        column = line.run(
            2, (title, "bold strong"), (f"   {self.address}", "text"), (f"   {version}", "strong")
        )
        if len(self.names) > 1:
            said = f"{self.names.index(self._list) + 1} of {len(self.names)} lists"
            if column < width - len(said) - 4:
                line.right(width - 2, said, "muted")
        second = self._second()
        lines = (line, second) if self.is_narrow else (Line(), line, second, Line())
        return (*lines, tabs(view, self.phase)) if self.is_narrow and view is not None else lines

    @property
    def _list(self) -> str:
        return self.name_of_list or (self.names[0] if self.names else "")

    def _second(self) -> Line:
        line, view = Line(), self.view
        if view is None:
            return line
        if self.error is not None:
            return line.put(2, f"{self._glyphs.warning} {self.error}", "warning", self.size.width - 4)
        if (waiting := self._waiting()) is not None:
            return waiting
        if not view.id:
            return line.put(2, "not begun: looked at only · b begins it", "muted")
        due = len(view.due)
        said = f"{due} required open" if due else "everything required so far is settled"
        since = f" · begun {time_of_day(view.started_at)[:5]} by {view.by}" if view.started_at else ""
        line.put(2, said + since, "text" if due else "steady")
        over = view.over_goal_s
        if over is not None and view.checklist.goal is not None and view.started_at is not None:
            spent = view.checklist.goal.total_seconds() + over
            clock = f"{minutes(spent)} of {minutes(view.checklist.goal.total_seconds())}"
            line.right(self.size.width - 2, clock, "bold critical" if over > 0 else "bold strong")
        return line

    def _waiting(self) -> Line | None:
        """The pause at which the service's deployment waits, and what the list does to it."""
        picture = self.snapshot.find(self.address)
        rollout = picture.observation.rollout if picture and picture.observation else None
        hook = rollout.waiting if rollout is not None and not rollout.status.is_over else None
        if hook is None:
            return None
        line = Line()
        parts = [(f"{self._glyphs.paused} PAUSED", "bold warning"), (f"   waits at {hook.stage}", "text")]
        if hook.expires_at is not None:
            left = max(0.0, (hook.expires_at - self._time).total_seconds())
            then = "ECS rolls back" if hook.on_timeout == "ROLLBACK" else "ECS goes on"
            parts += [(" · expires in ", "text"), (minutes(left), "bold strong"), (f", then {then}", "text")]
        parts.append((" · M decides", "muted"))
        line.run(2, *parts)
        return line

    def _draw_detail(self, width: int) -> None:
        pane = self.query_one("#detail", DialogPane)
        view, item = self.view, self.selected
        if view is None or item is None:
            pane.lines = ()
            return
        lines = [Line(), *detail(item, width, self._glyphs, self._may(item))]
        if not self.is_narrow:
            for more in (waived(view, width, self._glyphs), following(view, self.phase, width, self._glyphs)):
                lines += [Line(), *more] if more else []
        pane.lines = tuple(lines)

    def _may(self, view: ItemView) -> str:
        """What may be pressed now for an item."""
        if not (self.view and self.view.id):
            return "b begins the walk"
        words = []
        if view.state.is_settled and view.by not in ("", "auto"):
            words.append("space takes it back")
        elif not view.item.check and not view.item.problem and not view.waits_for:
            words.append("space ticks it")
        if self._is_writing(view) and view.state in (ItemState.OPEN, ItemState.FAIL):
            words.append("W runs it, once")
        if not view.state.is_settled:
            words.append("w waives it with a reason")
        if view.item.if_any:
            words.append("x none this time")
        return " · ".join(words)

    def _is_writing(self, view: ItemView) -> bool:
        return self._walker is not None and self._walker.writes(view.item)

    @on(GridView.RowHighlighted)
    def _other_row(self, event: GridView.RowHighlighted) -> None:
        event.stop()
        self._draw_detail(self.size.width if self.is_narrow else self.size.width - RAIL)
        self.refresh_bindings()

    # -- keys ---------------------------------------------------------------------------------

    def key_labels(self) -> Mapping[str, str]:
        item = self.selected
        done = item is not None and item.state.is_settled and item.by not in ("", "auto")
        deed = self._walker.deed(item.item) if self._walker is not None and item is not None else None
        verb = deed.verb if deed is not None else ""
        return {"checklist.tick": "take back" if done else "tick"} | ({"checklist.act": verb} if verb else {})

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        walked = self.view is not None and bool(self.view.id) and self.view.ended_at is None
        if action in ("tick", "note", "waive", "skip", "run", "end"):
            if not walked:
                return False
            item = self.selected
            return action != "run" or (item is not None and self._is_writing(item))
        if action == "act":
            item = self.selected
            return (
                walked
                and item is not None
                and self._walker is not None
                and bool(self._walker.deed(item.item))
            )
        if action == "begin":
            return self.view is not None and not walked
        if action == "other":
            return len(self.names) > 1
        return super().check_action(action, parameters)

    def action_back(self) -> None:
        if self._asking_for:
            self._close_field()
        elif self.full:
            self.full = False
            self.update_frame()
        else:
            self.dismiss()

    @on(GridView.RowChosen)
    def _open(self, event: GridView.RowChosen) -> None:
        event.stop()
        self.full = self.is_narrow and not self.full
        self.update_frame()

    def action_phase(self, step: int) -> None:
        """Show the phase before or after."""
        if self.view is None or self.phase is None:
            return
        phases = self.view.checklist.phases
        place = phases.index(self.phase) + step
        self.phase = phases[max(0, min(len(phases) - 1, place))]
        self.update_frame()

    def action_other(self) -> None:
        """Show the next list of the service."""
        place = self.names.index(self._list) + 1
        self.name_of_list = self.names[place % len(self.names)]
        self._walker, self.view, self.phase, self.error = None, None, None, None
        self._look()
        self.update_frame()

    def action_again(self) -> None:
        """Judge everything anew."""
        if self._walker is not None:
            self._walker.again()
            self._look()

    def action_tick(self) -> None:
        """Say that the selected item is so; said before, take it back."""
        item = self.selected
        if item is None:
            return
        if item.state.is_settled and item.by not in ("", "auto"):
            self._say(lambda walker, who: walker.take_back(item.item.id, who))
        else:
            self._say(lambda walker, who: walker.tick(item.item.id, who))

    def action_run(self) -> None:
        """Run the check that writes."""
        item = self.selected
        if item is not None:
            self.say(f"running {item.item.title}")
            self._say(lambda walker, who: walker.run(item.item.id, who))

    def action_act(self) -> None:
        """Do what the selected item is about."""
        item = self.selected
        deed = self._walker.deed(item.item) if self._walker is not None and item is not None else None
        if deed is not None and deed.asks:
            self._open_field("act")
        elif deed is not None and item is not None:
            name = item.item.id
            self._say(lambda walker, who: walker.act(name, who))

    def action_note(self) -> None:
        self._open_field("tick")

    def action_waive(self) -> None:
        self._open_field("waive")

    def action_skip(self) -> None:
        self._open_field("skip")

    def action_begin(self) -> None:
        if self.view is not None and self.view.checklist.is_runbook:
            self._begin("")
        else:
            self._open_field("begin")

    def action_end(self) -> None:
        if self.view is not None and not self.view.blockers():
            self._say(lambda walker, who: walker.end(who))
        else:
            self._open_field("end")

    def action_copy(self) -> None:
        """Copy the list as Markdown."""
        from console.checklists.markdown import markdown

        if self.view is not None:
            self.app.copy_to_clipboard(markdown(self.view, str(self.address)))
            self.say("copied as Markdown")

    # -- saying -------------------------------------------------------------------------------

    def _say(self, what: "Callable[[Walker, str], WalkView]") -> None:
        """Have something said of an item, on a thread: the journal is written, or a check runs."""
        door, address, walker = self._door, self.address, self._walker
        if walker is None:
            return

        def say() -> "tuple[Walker, WalkView]":
            what(walker, door.actor(address))
            walker.judge()
            return walker, walker.view()

        self._ask(say, says=True)

    def _begin(self, version: str) -> None:
        door, address, name = self._door, self.address, self.name_of_list

        def begin() -> "tuple[Walker, WalkView]":
            walker = door.begin(address, name, version=version)
            walker.judge()
            return walker, walker.view()

        self._ask(begin, says=True)

    def _open_field(self, asking_for: str) -> None:
        self._asking_for = asking_for
        field = self.query_one("#words", Input)
        field.value, field.placeholder = "", _WORDS[asking_for]
        field.display = True
        field.focus()

    def _close_field(self) -> None:
        self._asking_for = ""
        self.query_one("#words", Input).display = False
        self.grid.focus()

    @on(Input.Submitted, "#words")
    def _said(self, event: Input.Submitted) -> None:
        event.stop()
        words, asked, item = event.value.strip(), self._asking_for, self.selected
        if not words and asked in ("waive", "skip", "end", "act"):
            self.say("words are needed", "warning")
            return
        self._close_field()
        if asked == "begin":
            self._begin(words)
        elif asked == "end":
            self._say(lambda walker, who: walker.end(who, words))
        elif item is not None:
            name = item.item.id
            if asked == "act":
                self._say(lambda walker, who: walker.act(name, who, words))
            elif asked == "waive":
                self._say(lambda walker, who: walker.waive(name, who, words))
            elif asked == "skip":
                self._say(lambda walker, who: walker.not_applicable(name, who, words))
            else:
                self._say(lambda walker, who: walker.tick(name, who, words))
