"""What the dialog asks the engine: for a plan, and for the same plan again when it has grown old."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Generic, Protocol, TypeVar

from textual.message import Message
from textual.message_pump import MessagePump

from console.domain.address import Address, Tier
from console.domain.group import GroupPlan, GroupWish
from console.domain.operation import Plan
from console.domain.registry import Offer
from console.domain.wish import Wish
from console.errors import QuarterdeckError
from console.ports import Clock
from screens.feeds import ask
from screens.messages import AskFailed, GroupPlanMade, PlanMade

OLD_AFTER_S = 30.0
"""A plan older than this is read again before it can be confirmed."""


class Planner(Protocol):
    """The part of the engine that plans one service; its methods block and may raise."""

    def plan(self, wish: Wish) -> Plan: ...

    def versions(self, address: Address) -> tuple[Offer, ...]: ...


class GroupPlanner(Protocol):
    """The part of the engine that plans several services; its methods block and may raise."""

    def plan_group(self, wish: GroupWish) -> GroupPlan: ...

    def versions(self, address: Address) -> tuple[Offer, ...]: ...


class Confirmable(Protocol):
    """A plan that is confirmed, of one service or of several."""

    @property
    def tier(self) -> Tier: ...

    @property
    def made_at(self) -> datetime: ...

    @property
    def confirm(self) -> str: ...

    @property
    def nothing_to_do(self) -> str: ...


WishT = TypeVar("WishT")
PlanT = TypeVar("PlanT", bound=Confirmable)


class PlanQuestion(Generic[WishT, PlanT]):
    """One question at a time; only the answer to the newest one counts.

    The last plan stays while it is read again.
    """

    def __init__(
        self,
        plans: Callable[[WishT], PlanT],
        clock: Clock,
        wish: WishT,
        answer: Callable[[Any, int], Message] = PlanMade,
    ) -> None:
        self._plans = plans
        self._clock = clock
        self._answer = answer
        self.wish = wish
        self.plan: PlanT | None = None
        self.error: QuarterdeckError | None = None
        """Why the newest question was not answered."""
        self._tag = 0
        self._asked_at: float | None = None

    def ask(self, target: MessagePump) -> None:
        """Ask on a thread; ``target`` gets the answer's message, or :class:`AskFailed`."""
        self._tag += 1
        self._asked_at = self._clock.monotonic()
        self.error = None
        plans, wish = self._plans, self.wish
        ask(target, lambda: plans(wish), self._tag, self._answer)

    def forget(self) -> None:
        """Drop the plan, and whatever answer is still on its way."""
        self.plan = None
        self._tag += 1

    def answered(self, message: PlanMade | GroupPlanMade, plan: PlanT) -> bool:
        """Take a plan in; whether it answers the newest question."""
        if message.tag != self._tag:
            return False
        self._asked_at = None
        self.plan = plan
        return True

    def failed(self, message: AskFailed) -> bool:
        """Take in why there is no plan; whether that answers the newest question."""
        if message.tag != self._tag:
            return False
        self._asked_at = None
        self.error = message.error
        return True

    @property
    def is_open(self) -> bool:
        """Asked, and not answered yet."""
        return self._asked_at is not None

    @property
    def waiting_s(self) -> float:
        """How long the answer has been awaited."""
        return 0.0 if self._asked_at is None else self._clock.monotonic() - self._asked_at

    @property
    def age_s(self) -> float:
        """How old the plan is; 0 without one."""
        return (self._clock.now() - self.plan.made_at).total_seconds() if self.plan else 0.0

    @property
    def is_old(self) -> bool:
        """Whether the plan must be read again before it may be confirmed."""
        return self.age_s > OLD_AFTER_S
