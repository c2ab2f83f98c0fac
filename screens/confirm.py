"""The dialog before anything is sent: asks for the plan, shows it, and has it confirmed once."""

from collections.abc import Mapping
from dataclasses import replace
from enum import Enum, auto
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input

from console.domain.operation import Plan
from console.domain.text import plain
from console.domain.wish import Wish
from console.domain.words import age
from console.errors import RefusedError, UnknownVersionError, UsageError
from console.ports import Clock
from screens.asking import Asking
from screens.messages import Answered, AskFailed, OperationConfirmed, PlanMade
from screens.plan_question import Planner, PlanQuestion
from widgets import plan_dialog
from widgets.confirm_field import ConfirmField
from widgets.dialog import DialogPane
from widgets.glyphs import UNICODE, Glyphs
from widgets.header import NARROW
from widgets.keybar import KeyBar
from widgets.line import Line
from widgets.plan_view import as_text, changed_rows, is_production, needs_typing, plan_lines, title

WIDE = 88
MOST_CANDIDATES = 9
REPEAT_S = 0.7
"""An ``enter`` that follows another so soon, with nothing between them, comes from a held key."""


class Stage(Enum):
    """Where the dialog stands."""

    ASKING = auto()
    """The wish is not complete: which version, how many, what leaves."""
    PLANNING = auto()
    FAILED = auto()
    READY = auto()
    CHOOSING = auto()
    """Another target is being chosen."""


class PlanScreen(ModalScreen[None]):
    """Plans one operation and posts :class:`OperationConfirmed` to the app, at most once.

    Nothing is sent from here. Whatever happens to the plan on the way (older than 30 s, a changed
    world, a failed check) makes ``enter`` dead until the operator has seen it.
    """

    CSS_PATH = "confirm.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", "cancel", id="plan.cancel", tooltip="Leave; nothing is sent"),
        Binding("enter", "accept", "confirm", id="plan.accept", show=False, tooltip="Confirm the plan"),
        Binding("tab,right", "choose(1)", "next button", id="plan.next", show=False),
        Binding("shift+tab,left", "choose(0)", "first button", id="plan.first", show=False),
        Binding("ctrl+t", "targets", "another target", id="plan.targets", tooltip="Roll back to another one"),
        Binding("f3", "copy", "copy plan", id="plan.copy", tooltip="Copy the plan as text"),
        Binding("r", "retry", "try again", id="plan.retry", tooltip="Ask for the plan again"),
        Binding("down,pagedown", "down", "further down", id="plan.down", show=False),
        Binding("up,pageup", "up", "further up", id="plan.up", show=False),
    ]

    def __init__(self, planner: Planner, clock: Clock, wish: Wish) -> None:
        super().__init__()
        self._clock = clock
        self.question = PlanQuestion(planner, clock, wish)
        self._asking = Asking(planner, wish)
        self.stage = Stage.ASKING if self._asking.is_needed else Stage.PLANNING
        self.changed: frozenset[str] = frozenset()
        self.button = 0
        """0: cancel, 1: the order. Only where nothing has to be typed."""
        self._last_enter: float | None = None
        self._candidate = 0
        self._over = False
        """Confirmed or left: nothing that comes later counts."""
        self._said = ""
        """Short note in the key bar."""

    # -- building -----------------------------------------------------------------------------

    def compose(self) -> ComposeResult:
        with Vertical(id="dialog"):
            yield DialogPane(id="heading")
            yield DialogPane(id="plan")
            yield DialogPane(id="notice")
            hint = self._asking.placeholder
            answer = Input(placeholder=hint, id="answer", compact=True, select_on_focus=False)
            answer.cursor_blink = False
            yield answer
            yield ConfirmField(id="field")
            yield DialogPane(id="foot")
        yield KeyBar()

    def on_mount(self) -> None:
        self.query_one(KeyBar).order = ("plan.cancel", "plan.retry", "plan.targets", "plan.copy")
        self.set_interval(0.5, self.show)
        if self.stage is Stage.ASKING:
            self.query_one("#answer", Input).focus()
            self._asking.begin(self)
        else:
            self.question.ask(self)
        self.show()

    def on_resize(self) -> None:
        self.show()

    @property
    def is_narrow(self) -> bool:
        """Whether it takes the whole content area."""
        return self.size.width < NARROW

    # -- asking the engine --------------------------------------------------------------------

    @property
    def plan(self) -> Plan | None:
        """The newest plan."""
        return self.question.plan

    def on_plan_made(self, message: PlanMade) -> None:
        message.stop()
        old = self.plan
        if self._over or not self.question.answered(message):
            return
        if self.stage in (Stage.READY, Stage.CHOOSING) and old is not None:
            self._read_again(old, message.plan)
        else:
            self.stage, self.changed, self.button = Stage.READY, frozenset(), 0
            self._begin_typing()
        self.show()

    def _read_again(self, old: Plan, new: Plan) -> None:
        """A plan that was read again: anything different is shown, and has to be confirmed anew."""
        changed = changed_rows(old, new)
        if changed:
            self.changed, self.button = changed, 0
            self._begin_typing()
        self._candidate = min(self._candidate, max(0, len(new.candidates) - 1))

    def _begin_typing(self) -> None:
        field = self.query_one(ConfirmField)
        field.phrase = self.plan.confirm if self.plan else ""
        field.clear()

    def on_answered(self, message: Answered) -> None:
        message.stop()
        if not self._over and self._asking.heard(message):
            self.show()

    def on_ask_failed(self, message: AskFailed) -> None:
        message.stop()
        if not self._over and self._asking.heard(message):
            self.show()
            return
        if self._over or not self.question.answered(message):
            return
        if self.stage is not Stage.READY:
            wrong_answer = self._asking.is_needed and isinstance(
                message.error, UnknownVersionError | RefusedError
            )
            self.stage = Stage.ASKING if wrong_answer else Stage.FAILED
        self.show()

    def _refresh_when_old(self) -> None:
        """Somebody is at the keys: a plan that has grown old is read again now."""
        if self.stage is Stage.READY and self.question.is_old and not self.question.is_open:
            self.question.ask(self)

    # -- keys ---------------------------------------------------------------------------------

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "targets":
            return self.stage is Stage.READY and bool(self.plan and self.plan.candidates)
        if action == "copy":
            return self.stage is Stage.READY
        if action == "retry":
            return self.stage is Stage.FAILED
        return True

    def action_cancel(self) -> None:
        if self.stage is Stage.CHOOSING:
            self.stage = Stage.READY
            self.show()
            return
        self._over = True  # whatever is still on its way finds nobody
        self.dismiss()

    def action_retry(self) -> None:
        self.stage = Stage.PLANNING
        self.question.ask(self)
        self.show()

    def action_choose(self, button: int) -> None:
        if self.stage is Stage.READY and self.plan and not needs_typing(self.plan):
            self.button = button
            self._last_enter = None
            self._refresh_when_old()
            self.show()

    def action_targets(self) -> None:
        self.stage, self._candidate = Stage.CHOOSING, 0
        self.show()

    def action_down(self) -> None:
        self._move(1)

    def action_up(self) -> None:
        self._move(-1)

    def _move(self, step: int) -> None:
        if self.stage is Stage.CHOOSING and self.plan:
            self._candidate = max(0, min(len(self.plan.candidates) - 1, self._candidate + step))
        elif self.stage is Stage.ASKING:
            self._asking.move(step, self._typed)
        else:
            self.query_one("#plan", DialogPane).scroll_lines(step * 5)
        self._last_enter = None
        self.show()

    def action_copy(self) -> None:
        if self.plan is not None:
            self.app.copy_to_clipboard(as_text(self.plan, self._clock.now(), self._glyphs))
            self._said = "plan copied"
            self.show()

    def action_accept(self) -> None:
        if self._is_repeat() or self._over:
            return
        if self.stage is Stage.CHOOSING:
            self._take_candidate()
        elif self.stage is Stage.READY and self.plan is not None:
            self._accept_plan(self.plan)
        self.show()

    def _is_repeat(self) -> bool:
        """Whether this ``enter`` is the last one still held down; each renews the time."""
        now, before = self._clock.monotonic(), self._last_enter
        self._last_enter = now
        return before is not None and now - before < REPEAT_S

    def _take_candidate(self) -> None:
        assert self.plan is not None
        release = self.plan.candidates[self._candidate].release
        to = release.revision or release.digest or release.version.label
        self.question.wish = replace(self.question.wish, to=to)
        self.question.forget()
        self.question.ask(self)
        self.stage = Stage.PLANNING

    def _accept_plan(self, plan: Plan) -> None:
        if not needs_typing(plan) and self.button == 0:
            self.action_cancel()
            return
        self._refresh_when_old()
        if self.dead_because() or (needs_typing(plan) and not self.query_one(ConfirmField).matches):
            return
        self._over = True
        typed = self.query_one(ConfirmField).value if needs_typing(plan) else None
        self.app.post_message(OperationConfirmed(plan, typed))
        self.dismiss()

    def dead_because(self) -> str:
        """Why ``enter`` sends nothing whatever was typed; empty when it would."""
        plan = self.plan
        if plan is None:
            return "no plan yet"
        if plan.nothing_to_do:
            return "there is nothing to send"
        if plan.blockers and not plan.verb.goes_back:
            names = ", ".join(check.name for check in plan.blockers)
            return f"{names} failed: {plan_dialog.BLOCKED}"
        if self.question.is_open:
            return "reading the plan again"
        if self.question.is_old:
            return "the plan is old, any key reads it again"
        return ""

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        if self._is_repeat() or self.stage is not Stage.ASKING:
            return
        try:
            wish = self._asking.answer(self._typed)
        except UsageError as error:
            self.question.error = error
            self.show()
            return
        if wish is None:
            return
        self.question.wish = wish
        self.stage = Stage.PLANNING
        self.set_focus(None)
        self.question.ask(self)
        self.show()

    @property
    def _typed(self) -> str:
        return plain(self.query_one("#answer", Input).value).strip()

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        self._last_enter = None
        self._asking.typed_anew()
        self.show()

    def on_confirm_field_changed(self, event: ConfirmField.Changed) -> None:
        event.stop()
        self._last_enter = None
        self._refresh_when_old()
        self.show()

    # -- drawing ------------------------------------------------------------------------------

    @property
    def _glyphs(self) -> Glyphs:
        found = getattr(self.app, "glyphs", UNICODE)
        return found if isinstance(found, Glyphs) else UNICODE

    def show(self) -> None:
        """Draw everything anew for what is known, and for the size, now."""
        if not self.is_mounted or not self.query("#foot"):
            return
        narrow = self.is_narrow
        column = 2 if narrow else 4
        width = (self.size.width if narrow else WIDE) - 2 * column
        typing = self.stage is Stage.READY and self.plan is not None and needs_typing(self.plan)
        typing = typing and not (self.plan and self.plan.nothing_to_do)
        self.set_class(narrow, "-narrow")
        self.set_class(typing, "-types")
        self.set_class(self.stage is Stage.ASKING, "-asks")
        said = {
            "heading": self._heading(column, width, narrow),
            "plan": self._body(column, width),
            "notice": self._notices(column, width),
            "foot": self._foot(column, width, narrow, typing),
        }
        for pane in self.query(DialogPane):
            pane.barred = self.plan is not None and is_production(self.plan)
            pane.paper = "background" if narrow else "surface"
            pane.lines = said.get(pane.id or "", ())
        self._lay_out(said, narrow, typing)
        self._keys(narrow, typing)

    def _lay_out(self, said: Mapping[str, tuple[Line, ...]], narrow: bool, typing: bool) -> None:
        """Give every part the rows that it needs, and the plan what is left."""
        field = (2 if narrow else 3) if typing else 1 if self.stage is Stage.ASKING else 0
        needed = sum(len(lines) for lines in said.values()) + field
        room = self.size.height - (3 if narrow else 4)
        gap = 1 if needed < room else 0
        self.query_one("#notice").styles.height = len(said["notice"]) + gap
        if self.stage is Stage.ASKING:
            self.query_one("#plan").styles.height = len(said["plan"])
        else:
            self.query_one("#plan").styles.height = "1fr"
        self.query_one("#dialog").styles.height = room if narrow else min(room, needed + gap)

    def _keys(self, narrow: bool, typing: bool) -> None:
        field = self.query_one(ConfirmField)
        field.waiting = self.dead_because()
        field.column = 2 if narrow else 4
        if typing and not field.has_focus:
            field.focus()
        elif self.stage is Stage.ASKING and not self.query_one("#answer").has_focus:
            self.query_one("#answer").focus()
        elif not typing and self.stage is not Stage.ASKING and self.focused is not None:
            self.set_focus(None)
        bar = self.query_one(KeyBar)
        bar.note = (self._said or (plan_dialog.NOTHING_SENT if narrow else ""), "muted")
        self.refresh_bindings()

    def _heading(self, column: int, width: int, narrow: bool) -> tuple[Line, ...]:
        address = self.question.wish.address
        words = title(self.question.wish.verb, address.service, address.environment)
        return plan_dialog.heading(words, self._corner(), column, width, narrow)

    def _corner(self) -> tuple[str, str]:
        if self.plan is None:
            return "", "muted"
        if self.question.is_open:
            since = self.question.waiting_s
            return f"reading it again, {age(since)}" if since >= 1 else "reading it again", "warning"
        return f"plan is {age(self.question.age_s)} old", "warning" if self.question.is_old else "muted"

    def _body(self, column: int, width: int) -> tuple[Line, ...]:
        glyphs, error = self._glyphs, self.question.error
        if self.stage is Stage.ASKING:
            return self._asking.lines(self._typed, error, self._clock.now(), column, width, glyphs)
        if self.stage is Stage.FAILED and error is not None:
            return plan_dialog.failure(error, column, width, glyphs)
        if self.plan is None:
            return plan_dialog.waiting(self.question.waiting_s, column)
        if self.stage is Stage.CHOOSING:
            return plan_dialog.candidates(
                self.plan.candidates, self._candidate, MOST_CANDIDATES, column, width, glyphs
            )
        return plan_lines(self.plan, self._clock.now(), column, width, glyphs, self.changed)

    def _notices(self, column: int, width: int) -> tuple[Line, ...]:
        if self.stage is not Stage.READY or self.plan is None:
            return ()
        error = self.question.error
        return plan_dialog.notices(self.plan, bool(self.changed), error, column, width, self._glyphs)

    def _foot(self, column: int, width: int, narrow: bool, typing: bool) -> tuple[Line, ...]:
        if self.stage is not Stage.READY or self.plan is None or self.plan.nothing_to_do:
            order = "plan it" if self.stage is Stage.ASKING else ""
            return plan_dialog.buttons(order, True, None, column, width, narrow)
        alive = not self.dead_because() and (not typing or self.query_one(ConfirmField).matches)
        chosen = None if typing else self.button
        return plan_dialog.buttons(plan_dialog.order_words(self.plan), alive, chosen, column, width, narrow)
