"""The dialog before anything is sent to several services: one plan, one confirmation."""

from collections.abc import Mapping
from dataclasses import replace
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.widgets import Input

from console.domain.address import Address
from console.domain.group import GroupPlan, GroupWish
from console.domain.operation import Verb
from console.errors import RefusedError, UnknownVersionError
from console.ports import Clock
from screens.dialog import ConfirmDialog
from screens.dialog_frame import Stage
from screens.feeds import ask
from screens.messages import Answered, AskFailed, GroupConfirmed, GroupPlanMade
from screens.picks import Versions
from screens.plan_question import GroupPlanner, PlanQuestion
from widgets import plan_dialog
from widgets.group_plan_view import as_text, changed_members, group_plan_lines, member_lines, title
from widgets.line import Line

_VERSIONS = -1
"""Tag of the question for the registry's versions; those for plans count from one."""


class GroupPlanScreen(ConfirmDialog[GroupWish, GroupPlan]):
    """Plans several services and posts :class:`GroupConfirmed` to the app, at most once.

    Args:
        first: The member whose registry is listed where a version is asked for.
        forbidden: Why nothing may be sent there; empty when something may.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f2", "detail", "a member in full", id="plan.detail", tooltip="The member's own plan"),
        Binding("f5", "version", "another version", id="plan.version", tooltip="Ask for another version"),
        Binding("f6", "migration", "migration", id="plan.migration", tooltip="With or without migrations"),
    ]
    KEY_ORDER = ("plan.cancel", "plan.retry", "plan.detail", "plan.version", "plan.migration", "plan.copy")

    def __init__(
        self, planner: GroupPlanner, clock: Clock, wish: GroupWish, first: Address, forbidden: str = ""
    ) -> None:
        self._versions = Versions(planner, first)
        self._note = ""
        self._row = -1
        self._member = 0
        question = PlanQuestion(planner.plan_group, clock, wish, GroupPlanMade)
        asks = wish.verb is Verb.DEPLOY and not wish.version
        super().__init__(question, clock, asks=asks, forbidden=forbidden)

    # -- asking -------------------------------------------------------------------------------

    def begin(self) -> None:
        self._note = self._versions.waiting
        ask(self, self._versions.read, _VERSIONS)

    def placeholder(self) -> str:
        return "a tag that every member's registry holds"

    def answered(self, typed: str) -> GroupWish | None:
        if 0 <= self._row < self._versions.count(typed):
            typed = self._versions.name(typed, self._row)
        return replace(self.question.wish, version=typed) if typed else None

    def typed_anew(self) -> None:
        self._row = -1

    def on_group_plan_made(self, message: GroupPlanMade) -> None:
        message.stop()
        old = self.plan
        if not self._over and self.question.answered(message, message.plan):
            self.plan_came(old, message.plan)

    def on_answered(self, message: Answered) -> None:
        message.stop()
        if not self._over and message.tag == _VERSIONS:
            self._note = self._versions.take(message.value)
            self.show()

    def on_ask_failed(self, message: AskFailed) -> None:
        message.stop()
        if self._over:
            return
        if message.tag == _VERSIONS:
            self._note = f"{self._versions.unread}: {message.error.message}"
        elif self.question.failed(message) and self.stage is Stage.PLANNING:
            wrong = isinstance(message.error, UnknownVersionError | RefusedError)
            is_deploy = self.question.wish.verb is Verb.DEPLOY
            self.stage = Stage.ASKING if wrong and is_deploy else Stage.FAILED
        self.show()

    # -- keys ---------------------------------------------------------------------------------

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        is_ready = self.stage is Stage.READY and self.plan is not None
        if action == "detail":
            return is_ready
        if action == "version":
            return is_ready and self.question.wish.verb is Verb.DEPLOY
        if action == "migration":
            return is_ready and self._has_migration
        return super().check_action(action, parameters)

    @property
    def _has_migration(self) -> bool:
        members = self.plan.members if self.plan else ()
        return any("migrate" in item.choices for item in members)

    def key_labels(self) -> Mapping[str, str]:
        left_out = self.question.wish.migrate is False
        if self.is_narrow:
            migration = "migrate" if left_out else "no migration"
            return {"plan.detail": "member", "plan.version": "version", "plan.migration": migration}
        return {"plan.migration": "with migrations" if left_out else "without migrations"}

    def action_detail(self) -> None:
        self.stage = Stage.CHOOSING
        self.show()

    def action_version(self) -> None:
        self.ask_anew()

    def action_migration(self) -> None:
        left_out = self.question.wish.migrate is False
        self.question.wish = replace(self.question.wish, migrate=None if left_out else False)
        self.plan_anew()

    def moved(self, step: int) -> bool:
        if self.stage is Stage.ASKING:
            rows = self._versions.count(self.typed)
            self._row = max(-1, min(rows - 1, self._row + step))
            return True
        if self.stage is Stage.READY and self.plan is not None:
            self._member = max(0, min(len(self.plan.members) - 1, self._member + step))
            return True
        return False

    # -- what the plan says -------------------------------------------------------------------

    def changes(self, old: GroupPlan, new: GroupPlan) -> frozenset[str]:
        return frozenset(str(address) for address in changed_members(old, new))

    def blocked(self, plan: GroupPlan) -> str:
        if not plan.blockers or plan.verb.goes_back:
            return ""
        names = ", ".join(f"{check.name} of {address.alias}" for address, check in plan.blockers)
        return f"{names} failed: {plan_dialog.BLOCKED}"

    def order(self, plan: GroupPlan) -> str:
        return f"{title(plan.verb, plan.group).split(' of ')[0].lower()}, {len(plan.members)} services"

    def confirmed(self, plan: GroupPlan, typed: str | None) -> None:
        self.app.post_message(GroupConfirmed(plan, typed))

    def text(self, plan: GroupPlan) -> str:
        return as_text(plan, self._clock.now(), self.glyphs)

    def words(self) -> str:
        return title(self.question.wish.verb, self.question.wish.group)

    def body(self, column: int, width: int) -> tuple[Line, ...]:
        glyphs, error = self.glyphs, self.question.error
        if self.stage is Stage.ASKING:
            return self._asked(column, width)
        if self.stage is Stage.FAILED and error is not None:
            return plan_dialog.failure(error, column, width, glyphs)
        if self.plan is None:
            return plan_dialog.waiting(self.question.waiting_s, column)
        member = self.plan.members[min(self._member, len(self.plan.members) - 1)]
        if self.stage is Stage.CHOOSING:
            return member_lines(member, self._clock.now(), column, width, glyphs)
        changed = frozenset(item.address for item in self.plan.members if str(item.address) in self.changed)
        return group_plan_lines(self.plan, self._member, column, width, glyphs, changed)

    def _asked(self, column: int, width: int) -> tuple[Line, ...]:
        group, glyphs = self.question.wish.group, self.glyphs
        text = f"Which version of every member of {group}"
        lines = plan_dialog.asking(text, self.question.error, column, width, glyphs)
        if self._note:
            return (*lines, Line().put(column, self._note, "muted", width), Line())
        typed = self.typed if self.query(Input) else ""
        now = self._clock.now()
        return (*lines, *self._versions.lines(typed, self._row, now, column, width, glyphs), Line())

    def notices(self, plan: GroupPlan, column: int, width: int) -> tuple[Line, ...]:
        failed = [f"{check.name} of {address.alias}" for address, check in plan.blockers]
        blocks, changed = not plan.verb.goes_back, bool(self.changed)
        nothing, error = plan.nothing_to_do, self.question.error
        return plan_dialog.notices(nothing, failed, blocks, changed, error, column, width, self.glyphs)
