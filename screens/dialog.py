"""What every dialog before an order has in common: one plan, read again when it is old, confirmed once."""

from abc import abstractmethod
from typing import ClassVar, Generic, TypeVar

from textual.binding import Binding, BindingType
from textual.widgets import Input

from console.domain.address import Tier
from console.domain.words import age
from console.errors import UsageError
from console.ports import Clock
from screens.dialog_frame import DialogFrame, Stage
from screens.plan_question import Confirmable, PlanQuestion
from widgets import plan_dialog
from widgets.confirm_field import ConfirmField
from widgets.dialog import DialogPane
from widgets.keybar import KeyBar
from widgets.line import Line

REPEAT_S = 0.7
"""An ``enter`` that follows another so soon, with nothing between them, comes from a held key."""

WishT = TypeVar("WishT")
PlanT = TypeVar("PlanT", bound=Confirmable)


class ConfirmDialog(DialogFrame, Generic[WishT, PlanT]):
    """Shows a plan and has it confirmed, at most once; nothing is sent from here.

    Whatever happens to the plan on the way (older than 30 s, a changed world, a failed check) makes
    ``enter`` dead until the operator has seen it.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", "cancel", id="plan.cancel", tooltip="Leave; nothing is sent"),
        Binding("enter", "accept", "confirm", id="plan.accept", show=False, tooltip="Confirm the plan"),
        Binding("tab,right", "choose(1)", "next button", id="plan.next", show=False),
        Binding("shift+tab,left", "choose(0)", "first button", id="plan.first", show=False),
        Binding("f3", "copy", "copy plan", id="plan.copy", tooltip="Copy the plan as text"),
        Binding("r", "retry", "try again", id="plan.retry", tooltip="Ask for the plan again"),
        Binding("down,pagedown", "down", "further down", id="plan.down", show=False),
        Binding("up,pageup", "up", "further up", id="plan.up", show=False),
    ]
    KEY_ORDER: ClassVar[tuple[str, ...]] = ("plan.cancel", "plan.retry", "plan.copy")

    def __init__(
        self,
        question: PlanQuestion[WishT, PlanT],
        clock: Clock,
        *,
        asks: bool,
        forbidden: str = "",
    ) -> None:
        super().__init__()
        self._clock = clock
        self.question = question
        self.stage = Stage.ASKING if asks else Stage.PLANNING
        self.changed: frozenset[str] = frozenset()
        self.button = 0
        """0: cancel, 1: the order. Only where nothing has to be typed."""
        self._forbidden = forbidden
        """Why nothing may be sent there whatever the plan says; empty when something may."""
        self._last_enter: float | None = None
        self._over = False
        """Confirmed or left: nothing that comes later counts."""

    # -- for subclasses -----------------------------------------------------------------------

    @abstractmethod
    def changes(self, old: PlanT, new: PlanT) -> frozenset[str]:
        """What is not as it was in a plan that was read again; empty: the world is the same."""

    @abstractmethod
    def notices(self, plan: PlanT, column: int, width: int) -> tuple[Line, ...]:
        """What has to be seen before it is confirmed."""

    @abstractmethod
    def blocked(self, plan: PlanT) -> str:
        """Why the plan cannot be carried out; empty when it can."""

    @abstractmethod
    def order(self, plan: PlanT) -> str:
        """What ``enter`` would do."""

    @abstractmethod
    def confirmed(self, plan: PlanT, typed: str | None) -> None:
        """The plan was confirmed: tell the app, which carries it out."""

    @abstractmethod
    def text(self, plan: PlanT) -> str:
        """The plan, to paste somewhere."""

    def begin(self) -> None:
        """Read what there is to pick from, while something is asked."""

    def answered(self, typed: str) -> WishT | None:
        """The wish with an answer in it; ``None``: not complete. Raises :class:`UsageError`."""
        return None

    def typed_anew(self) -> None:
        """Something else was typed in answer to a question."""

    def moved(self, step: int) -> bool:
        """An arrow was pressed; whether it meant something besides scrolling."""
        return False

    def taken(self) -> None:
        """``enter`` while something is chosen."""

    # -- building -----------------------------------------------------------------------------

    def on_mount(self) -> None:
        self.query_one(KeyBar).order = self.KEY_ORDER
        self.set_interval(0.5, self.show)
        if self.stage is Stage.ASKING:
            self.query_one("#answer", Input).focus()
            self.begin()
        else:
            self.question.ask(self)
        self.show()

    # -- asking the engine --------------------------------------------------------------------

    @property
    def plan(self) -> PlanT | None:
        """The newest plan."""
        return self.question.plan

    def plan_came(self, old: PlanT | None, new: PlanT) -> None:
        """A plan that was read again shows what is different, and has to be confirmed anew then."""
        if self.stage in (Stage.READY, Stage.CHOOSING) and old is not None:
            changed = self.changes(old, new)
            if changed:
                self.changed, self.button = changed, 0
                self.begin_typing()
        else:
            self.stage, self.changed, self.button = Stage.READY, frozenset(), 0
            self.begin_typing()
        self.show()

    def begin_typing(self) -> None:
        """Empty the field for the phrase of the newest plan."""
        field = self.query_one(ConfirmField)
        field.phrase = self.plan.confirm if self.plan else ""
        field.clear()

    def plan_anew(self) -> None:
        """Something of the wish was changed: the plan for it is another one, and nothing is confirmed."""
        self.question.forget()
        self.stage = Stage.PLANNING
        self.set_focus(None)
        self.question.ask(self)
        self.show()

    def ask_anew(self) -> None:
        """Ask once more what the wish needs; what is planned stays until there is an answer."""
        self.stage = Stage.ASKING
        self.question.error = None
        answer = self.query_one("#answer", Input)
        answer.placeholder = self.placeholder()
        answer.value = ""
        self.begin()
        self.show()

    def _refresh_when_old(self) -> None:
        """Somebody is at the keys: a plan that has grown old is read again now."""
        if self.stage is Stage.READY and self.question.is_old and not self.question.is_open:
            self.question.ask(self)

    # -- keys ---------------------------------------------------------------------------------

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "copy":
            return self.stage is Stage.READY
        if action == "retry":
            return self.stage is Stage.FAILED
        return True

    def action_cancel(self) -> None:
        if self.goes_back:
            self.stage = Stage.READY
            self.show()
            return
        self.leave()

    @property
    def goes_back(self) -> bool:
        """Whether esc leads to the plan that was there, and not out."""
        asked_anew = self.stage is Stage.ASKING and self.plan is not None
        return self.stage is Stage.CHOOSING or asked_anew

    def leave(self) -> None:
        """Close; whatever is still on its way finds nobody."""
        self._over = True
        self.dismiss()

    def action_retry(self) -> None:
        self.stage = Stage.PLANNING
        self.question.ask(self)
        self.show()

    def action_choose(self, button: int) -> None:
        if self.stage is Stage.READY and self.plan and not self.plan.confirm:
            self.button = button
            self._last_enter = None
            self._refresh_when_old()
            self.show()

    def action_down(self) -> None:
        self._move(1)

    def action_up(self) -> None:
        self._move(-1)

    def _move(self, step: int) -> None:
        if not self.moved(step):
            self.query_one("#plan", DialogPane).scroll_lines(step * 5)
        self._last_enter = None
        self.show()

    def action_copy(self) -> None:
        if self.plan is not None:
            self.app.copy_to_clipboard(self.text(self.plan))
            self.said = "plan copied"
            self.show()

    def action_accept(self) -> None:
        if self._is_repeat() or self._over:
            return
        if self.stage is Stage.CHOOSING:
            self.taken()
        elif self.stage is Stage.READY and self.plan is not None:
            self._accept_plan(self.plan)
        self.show()

    def _is_repeat(self) -> bool:
        """Whether this ``enter`` is the last one still held down; each renews the time."""
        now, before = self._clock.monotonic(), self._last_enter
        self._last_enter = now
        return before is not None and now - before < REPEAT_S

    def _accept_plan(self, plan: PlanT) -> None:
        if not plan.confirm and self.button == 0:
            self.leave()
            return
        self._refresh_when_old()
        if self.dead_because() or (plan.confirm and not self.query_one(ConfirmField).matches):
            return
        self._over = True
        self.confirmed(plan, self.query_one(ConfirmField).value if plan.confirm else None)
        self.dismiss()

    def dead_because(self) -> str:
        """Why ``enter`` sends nothing whatever was typed; empty when it would."""
        if self.plan is None:
            return "no plan yet"
        if self.plan.nothing_to_do:
            return "there is nothing to send"
        if self._forbidden:
            return self._forbidden
        if blocked := self.blocked(self.plan):
            return blocked
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
            wish = self.answered(self.typed)
        except UsageError as error:
            self.question.error = error
            self.show()
            return
        if wish is not None:
            self.question.wish = wish
            self.plan_anew()

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        self._last_enter = None
        self.typed_anew()
        self.show()

    def on_confirm_field_changed(self, event: ConfirmField.Changed) -> None:
        event.stop()
        self._last_enter = None
        self._refresh_when_old()
        self.show()

    @property
    def types(self) -> bool:
        if self.stage is not Stage.READY or self.plan is None:
            return False
        return bool(self.plan.confirm) and not self.plan.nothing_to_do

    @property
    def is_barred(self) -> bool:
        return self.plan is not None and self.plan.tier is Tier.PRODUCTION

    def corner(self) -> tuple[str, str]:
        if self.plan is None:
            return "", "muted"
        if self.question.is_open:
            since = self.question.waiting_s
            return f"reading it again, {age(since)}" if since >= 1 else "reading it again", "warning"
        return f"plan is {age(self.question.age_s)} old", "warning" if self.question.is_old else "muted"

    def warnings(self, column: int, width: int) -> tuple[Line, ...]:
        if self.stage is not Stage.READY or self.plan is None:
            return ()
        lines = self.notices(self.plan, column, width)
        if self._forbidden and not self.plan.nothing_to_do:
            said = plan_dialog.notice(self.glyphs.failed, self._forbidden, "bold warning", column, width)
            return (*lines, *said)
        return lines

    def foot(self, column: int, width: int) -> tuple[Line, ...]:
        narrow, typing = self.is_narrow, self.types
        if self.stage is not Stage.READY or self.plan is None or self.plan.nothing_to_do:
            order = "plan it" if self.stage is Stage.ASKING else ""
            leave = "back" if self.goes_back else ""
            return plan_dialog.buttons(order, True, None, column, width, narrow, leave)
        alive = not self.dead_because() and (not typing or self.query_one(ConfirmField).matches)
        chosen = None if typing else self.button
        return plan_dialog.buttons(self.order(self.plan), alive, chosen, column, width, narrow)
