"""The dialog before anything is sent to one service: its question, its plan, its other targets."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.widgets import Input

from console.domain.group import EVERY, GroupAddress, GroupWish
from console.domain.operation import Plan
from console.domain.wish import Wish
from console.errors import RefusedError, UnknownVersionError
from console.ports import Clock
from screens.asking import Asking
from screens.dialog import ConfirmDialog
from screens.dialog_frame import Stage
from screens.messages import (
    Answered,
    AskFailed,
    ChecklistRequested,
    GroupWished,
    OperationConfirmed,
    PlanMade,
)
from screens.picks import Sight
from screens.plan_options import Option, options
from screens.plan_question import Planner, PlanQuestion
from widgets import plan_dialog
from widgets.line import Line
from widgets.plan_view import as_text, changed_rows, plan_lines, title

MOST_CANDIDATES = 9
OPTION_KEYS = ("f5", "f6", "f7")
CHECKLIST = "checklist"
"""Name of a plan's check that stands for the list that is walked around it."""


class PlanScreen(ConfirmDialog[Wish, Plan]):
    """Plans one operation and posts :class:`OperationConfirmed` to the app, at most once.

    Args:
        planner: Makes the plan, and lists the registry.
        sight: What can be looked at while something is asked; without it only what is typed counts.
        groups: Those that the service is a member of, the one to offer first.
        forbidden: Why nothing may be sent there; empty when something may.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+t", "targets", "another target", id="plan.targets", tooltip="Roll back to another one"),
        *(
            Binding(key, f"option({place})", "change", id=f"plan.option_{place}", tooltip="Change the plan")
            for place, key in enumerate(OPTION_KEYS)
        ),
        Binding("f4", "checklist", "checklist", id="plan.checklist", tooltip="Leave, and walk its checklist"),
        Binding("f8", "group", "its group", id="plan.group", tooltip="The same for its whole group"),
    ]
    KEY_ORDER = (
        "plan.cancel",
        "plan.retry",
        "plan.targets",
        "plan.checklist",
        *(f"plan.option_{place}" for place in range(len(OPTION_KEYS))),
        "plan.group",
        "plan.copy",
    )

    def __init__(
        self,
        planner: Planner,
        clock: Clock,
        wish: Wish,
        sight: Sight | None = None,
        groups: Sequence[GroupAddress] = (),
        forbidden: str = "",
    ) -> None:
        self._planner = planner
        self._sight = sight
        self._groups = tuple(groups)
        self._asking = Asking(wish, planner, sight)
        question = PlanQuestion(planner.plan, clock, wish)
        super().__init__(question, clock, asks=self._asking.is_needed, forbidden=forbidden)
        self._candidate = 0
        self._before: Wish | None = None
        """The wish that was planned before something of it was changed."""
        self._refusal = ""
        """Why that change was taken back."""

    # -- asking -------------------------------------------------------------------------------

    def begin(self) -> None:
        self._asking.begin(self)

    def placeholder(self) -> str:
        return self._asking.placeholder

    def answered(self, typed: str) -> Wish | None:
        return self._asking.answer(typed)

    def typed_anew(self) -> None:
        self._asking.typed_anew()

    def on_plan_made(self, message: PlanMade) -> None:
        message.stop()
        old = self.plan
        if not self._over and self.question.answered(message, message.plan):
            self._before = None
            self._candidate = min(self._candidate, max(0, len(message.plan.candidates) - 1))
            self.plan_came(old, message.plan)

    def on_answered(self, message: Answered) -> None:
        message.stop()
        if not self._over and self._asking.heard(message):
            self.show()

    def on_ask_failed(self, message: AskFailed) -> None:
        message.stop()
        if self._over:
            return
        if not self._asking.heard(message):
            if not self.question.failed(message):
                return
            self._plan_failed(message)
        self.show()

    def _plan_failed(self, message: AskFailed) -> None:
        """An answer that was wrong is asked for again, and a change that is refused taken back; what else
        went wrong is shown."""
        if self.stage is not Stage.PLANNING:
            return
        wrong = isinstance(message.error, UnknownVersionError | RefusedError)
        if wrong and self._before is not None:
            before, self._refusal = self._before, str(message.error)
            self._before = None
            self.question.wish = before
            self.plan_anew()
        else:
            self.stage = Stage.ASKING if self._asking.is_needed and wrong else Stage.FAILED

    def _change(self, wish: Wish) -> None:
        """Plan another wish in place of the one that is planned."""
        self._before, self._refusal = self.question.wish, ""
        self.question.wish = wish
        self.plan_anew()

    # -- keys ---------------------------------------------------------------------------------

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "targets":
            return self.stage is Stage.READY and bool(self.plan and self.plan.candidates)
        if action == "option":
            place = parameters[0] if parameters else None
            return isinstance(place, int) and place < len(self._options)
        if action == "checklist":
            return self.plan is not None and any(check.name == CHECKLIST for check in self.plan.checks)
        if action == "group":
            return bool(self._groups) and self.stage in (Stage.READY, Stage.ASKING)
        return super().check_action(action, parameters)

    @property
    def _options(self) -> tuple[Option, ...]:
        if self.stage is not Stage.READY or self.plan is None:
            return ()
        return options(self.question.wish, self.plan)[: len(OPTION_KEYS)]

    def key_labels(self) -> Mapping[str, str]:
        labels = {
            f"plan.option_{place}": option.short if self.is_narrow else option.words
            for place, option in enumerate(self._options)
        }
        if not self._groups:
            return labels
        name = self._groups[0].name
        return {**labels, "plan.group": "every service" if name == EVERY else f"group {name}"}

    def action_option(self, place: int) -> None:
        """Change the wish, or ask for a part of it anew; the plan for it is made, and confirmed, anew."""
        option = self._options[place]
        if option.question is not None:
            self._asking = Asking(self.question.wish, self._planner, self._sight, option.question)
            self.ask_anew()
        elif option.change is not None:
            self._change(option.change(self.question.wish))

    def action_group(self) -> None:
        """Leave for the dialog of the whole group, with what is known by now."""
        wish = self.question.wish
        version = self.typed if self.stage is Stage.ASKING else wish.version
        self.app.post_message(GroupWished(GroupWish(wish.verb, self._groups[0], version=version)))
        self.leave()

    def action_checklist(self) -> None:
        """Leave for the list that is walked around it."""
        self.app.post_message(ChecklistRequested(self.question.wish.address))
        self.leave()

    def action_targets(self) -> None:
        self.stage, self._candidate = Stage.CHOOSING, 0
        self.show()

    def moved(self, step: int) -> bool:
        if self.stage is Stage.CHOOSING and self.plan:
            self._candidate = max(0, min(len(self.plan.candidates) - 1, self._candidate + step))
            return True
        if self.stage is Stage.ASKING:
            self._asking.move(step, self.typed)
            return True
        return False

    def taken(self) -> None:
        assert self.plan is not None
        release = self.plan.candidates[self._candidate].release
        to = release.revision or release.digest or release.version.label
        self._change(replace(self.question.wish, to=to))

    # -- what the plan says -------------------------------------------------------------------

    def changes(self, old: Plan, new: Plan) -> frozenset[str]:
        return changed_rows(old, new)

    def blocked(self, plan: Plan) -> str:
        if not plan.blockers or plan.verb.goes_back:
            return ""
        names = ", ".join(check.name for check in plan.blockers)
        return f"{names} failed: {plan_dialog.BLOCKED}"

    def order(self, plan: Plan) -> str:
        return plan_dialog.order_words(plan).replace("->", self.glyphs.arrow)

    def confirmed(self, plan: Plan, typed: str | None) -> None:
        self.app.post_message(OperationConfirmed(plan, typed))

    def text(self, plan: Plan) -> str:
        return as_text(plan, self._clock.now(), self.glyphs)

    def words(self) -> str:
        address = self.question.wish.address
        if self.question.wish.refuse:
            return f"Refuse the pause of {address.service} in {address.environment}"
        return title(self.question.wish.verb, address.service, address.environment)

    def body(self, column: int, width: int) -> tuple[Line, ...]:
        glyphs, error, now = self.glyphs, self.question.error, self._clock.now()
        if self.stage is Stage.ASKING:
            return self._asking.lines(self._shown_answer, error, now, column, width, glyphs)
        if self.stage is Stage.FAILED and error is not None:
            return plan_dialog.failure(error, column, width, glyphs)
        if self.plan is None:
            return plan_dialog.waiting(self.question.waiting_s, column)
        if self.stage is Stage.CHOOSING:
            found = self.plan.candidates
            return plan_dialog.candidates(found, self._candidate, MOST_CANDIDATES, column, width, glyphs)
        return plan_lines(self.plan, now, column, width, glyphs, self.changed)

    @property
    def _shown_answer(self) -> str:
        return self.typed if self.query(Input) else ""

    def notices(self, plan: Plan, column: int, width: int) -> tuple[Line, ...]:
        error, glyphs = self.question.error, self.glyphs
        failed = [check.name for check in plan.blockers]
        blocks, changed = not plan.verb.goes_back, bool(self.changed)
        nothing = plan.nothing_to_do
        lines = plan_dialog.notices(nothing, failed, blocks, changed, error, column, width, glyphs)
        if not self._refusal:
            return lines
        said = f"not changed: {self._refusal}"
        return (*plan_dialog.notice(glyphs.warning, said, "warning", column, width), *lines)
