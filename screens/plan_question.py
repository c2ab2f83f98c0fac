"""What the dialog asks the engine: for a plan, and for the same plan again when it has grown old."""

from typing import Protocol

from textual.message_pump import MessagePump

from console.domain.address import Address
from console.domain.operation import Plan
from console.domain.registry import Offer
from console.domain.wish import Wish
from console.errors import QuarterdeckError
from console.ports import Clock
from screens.feeds import ask
from screens.messages import AskFailed, PlanMade

OLD_AFTER_S = 30.0
"""A plan older than this is read again before it can be confirmed."""


class Planner(Protocol):
    """The part of the engine that plans; both methods block and may raise."""

    def plan(self, wish: Wish) -> Plan: ...

    def versions(self, address: Address) -> tuple[Offer, ...]: ...


class PlanQuestion:
    """One question at a time; only the answer to the newest one counts.

    The last plan stays while it is read again.
    """

    def __init__(self, planner: Planner, clock: Clock, wish: Wish) -> None:
        self._planner = planner
        self._clock = clock
        self.wish = wish
        self.plan: Plan | None = None
        self.error: QuarterdeckError | None = None
        """Why the newest question was not answered."""
        self._tag = 0
        self._asked_at: float | None = None

    def ask(self, target: MessagePump) -> None:
        """Ask on a thread; ``target`` gets :class:`PlanMade` or :class:`AskFailed`."""
        self._tag += 1
        self._asked_at = self._clock.monotonic()
        self.error = None
        planner, wish = self._planner, self.wish
        ask(target, lambda: planner.plan(wish), self._tag, PlanMade)

    def forget(self) -> None:
        """Drop the plan, and whatever answer is still on its way."""
        self.plan = None
        self._tag += 1

    def answered(self, message: PlanMade | AskFailed) -> bool:
        """Take an answer in; whether it was one to the newest question."""
        if message.tag != self._tag:
            return False
        self._asked_at = None
        if isinstance(message, PlanMade):
            self.plan = message.plan
        else:
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
