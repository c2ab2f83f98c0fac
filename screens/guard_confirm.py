"""The dialog before a guard's rollback: the armed plan of the service that the panel names."""

from collections.abc import Callable

from console.domain.operation import Plan, Verb
from console.domain.text import cut_end
from console.domain.wish import Wish
from console.ports import Clock
from screens.confirm import PlanScreen
from screens.guard_queue import GuardQuestion
from screens.messages import GuardRollbackConfirmed
from screens.picks import Sight
from screens.plan_question import Planner
from widgets import plan_dialog
from widgets.line import Line


class GuardPlanScreen(PlanScreen):
    """Plans the rollback and posts :class:`GuardRollbackConfirmed` to the app, at most once.

    Args:
        guarded: The question that it answers; once it is settled elsewhere nothing is sent from here.
        settled: How that question was settled; empty while it is open.
    """

    def __init__(
        self,
        planner: Planner,
        clock: Clock,
        guarded: GuardQuestion,
        settled: Callable[[GuardQuestion], str],
        sight: Sight | None = None,
        forbidden: str = "",
    ) -> None:
        super().__init__(planner, clock, Wish(Verb.ROLLBACK, guarded.address), sight, (), forbidden)
        self.guarded = guarded
        self._settled = settled

    def dead_because(self) -> str:
        if settled := self._settled(self.guarded):
            return settled
        return super().dead_because()

    def notices(self, plan: Plan, column: int, width: int) -> tuple[Line, ...]:
        lines = super().notices(plan, column, width)
        if settled := self._settled(self.guarded):
            said = f"Nothing will be sent: {settled}"
            return (*plan_dialog.notice(self.glyphs.failed, said, "bold warning", column, width), *lines)
        asks = f"asked by the guard of {self.guarded.address}: {self.guarded.view.headline}"
        asks = cut_end(asks, width - 2, self.glyphs.ellipsis)  # one row: the plan is what has to be read
        return (*plan_dialog.notice(self.glyphs.warning, asks, "warning", column, width), *lines)

    def confirmed(self, plan: Plan, typed: str | None) -> None:
        self.app.post_message(GuardRollbackConfirmed(self.guarded, plan, typed))
