"""The guards that ask, one after the other: the one that is read stays until it is settled."""

from collections.abc import Iterable
from dataclasses import dataclass

from console.domain.address import Address
from console.domain.guarded import GuardState, GuardView
from screens.running import RunningOperation

SETTLES = ("guard", "answered", "verdict")
"""Events that say how a question was settled."""


@dataclass(frozen=True)
class GuardQuestion:
    """One trip that waits for an answer, as its operation tells it now."""

    operation: RunningOperation
    view: GuardView

    @property
    def trip(self) -> tuple[int, str]:
        """What tells it from every other question: the operation, and when its guard tripped."""
        return self.operation.token, str(self.view.tripped_at)

    @property
    def turn(self) -> tuple[int, str, str]:
        """The trip, and what an answer to it means now: a countdown that is stopped becomes a question."""
        return *self.trip, self.view.state.value

    @property
    def address(self) -> Address:
        return self.operation.address

    @property
    def counts_down(self) -> bool:
        return self.view.state is GuardState.COUNTDOWN


@dataclass(frozen=True)
class GuardQueue:
    """The question on screen, and those that wait for their turn."""

    current: GuardQuestion | None = None
    waiting: tuple[GuardQuestion, ...] = ()
    """In the order in which they came."""

    @property
    def questions(self) -> tuple[GuardQuestion, ...]:
        return (self.current, *self.waiting) if self.current is not None else ()

    def after(self, asking: Iterable[GuardQuestion]) -> "GuardQueue":
        """The queue once these are what is asked: what is answered or withdrawn leaves it, what is new comes
        last, and nothing takes the place of the question that is read."""
        now = {item.trip: item for item in asking}
        kept = [now.pop(item.trip) for item in self.questions if item.trip in now]
        came = sorted(now.values(), key=_tripped)
        every = (*kept, *came)
        return GuardQueue(every[0], every[1:]) if every else GuardQueue()

    def holds(self, question: GuardQuestion) -> bool:
        """Whether that is still asked."""
        return any(item.trip == question.trip for item in self.questions)


def _tripped(question: GuardQuestion) -> tuple[float, int]:
    at = question.view.tripped_at
    return (at.timestamp() if at else 0.0, question.operation.token)


def settled_words(operation: RunningOperation) -> str:
    """How the last question of an operation was settled: in the words of whoever settled it."""
    said = next((item.text for item in reversed(operation.events) if item.event in SETTLES), "")
    return said or "the guard asks nothing any more"
