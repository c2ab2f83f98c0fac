"""Facts that concern the whole app: what was asked for, and what happened."""

from collections.abc import Callable
from enum import StrEnum
from typing import TYPE_CHECKING

from textual.message import Message

from console.domain.address import Address
from console.domain.findings import Finding
from console.domain.group import GroupEvent, GroupPlan, GroupWish
from console.domain.open_trip import OpenTrip
from console.domain.operation import OperationEvent, Plan
from console.domain.signals import LogLine
from console.domain.wish import Wish
from console.errors import QuarterdeckError

if TYPE_CHECKING:
    from screens.guard_queue import GuardQuestion


class ServiceChosen(Message):
    """Somebody wants to see a service."""

    def __init__(self, address: Address) -> None:
        super().__init__()
        self.address = address


class OperationWished(Message):
    """Somebody pressed a key that changes the world; the address is the one under the cursor then."""

    def __init__(self, wish: Wish) -> None:
        super().__init__()
        self.wish = wish


class GroupWished(Message):
    """Somebody wants several services changed together."""

    def __init__(self, wish: GroupWish) -> None:
        super().__init__()
        self.wish = wish


class Statement(StrEnum):
    """What a person can say of a service; nothing of it is planned like an order."""

    MARK_BAD = "mark bad"
    CLEAR_BAD = "clear bad"
    RELEASE = "release"
    REHEARSE = "rehearse"

    @property
    def asks_version(self) -> bool:
        """Whether it is about one version, which has to be named."""
        return self in (Statement.MARK_BAD, Statement.CLEAR_BAD)


class StatementWished(Message):
    """Somebody wants to say something of a service; it is asked for in a dialog."""

    def __init__(self, statement: Statement, address: Address) -> None:
        super().__init__()
        self.statement = statement
        self.address = address


class StatementMade(Message):
    """It was said, of that version where it is about one."""

    def __init__(self, statement: Statement, address: Address, version: str, why: str) -> None:
        super().__init__()
        self.statement = statement
        self.address = address
        self.version = version
        self.why = why


class ValidationRequested(Message):
    """Somebody wants to know whether services are as they should be."""

    def __init__(self, title: str, addresses: tuple[Address, ...]) -> None:
        super().__init__()
        self.title = title
        self.addresses = addresses


class FindingMade(Message):
    """One thing was looked at; ``None``: that was all. ``tag`` is the asker's."""

    def __init__(self, finding: Finding | None, tag: int) -> None:
        super().__init__()
        self.finding = finding
        self.tag = tag


class PlanMade(Message):
    """A question was answered with a plan; ``tag`` is the asker's."""

    def __init__(self, plan: Plan, tag: int) -> None:
        super().__init__()
        self.plan = plan
        self.tag = tag


class GroupPlanMade(Message):
    """A question was answered with the plan of a group; ``tag`` is the asker's."""

    def __init__(self, plan: GroupPlan, tag: int) -> None:
        super().__init__()
        self.plan = plan
        self.tag = tag


class Answered(Message):
    """A question was answered with anything else; ``tag`` is the asker's."""

    def __init__(self, value: object, tag: int) -> None:
        super().__init__()
        self.value = value
        self.tag = tag


class AskFailed(Message):
    """A question could not be answered; ``tag`` is the asker's."""

    def __init__(self, error: QuarterdeckError, tag: int) -> None:
        super().__init__()
        self.error = error
        self.tag = tag


class OperationConfirmed(Message):
    """A plan was confirmed, with what was typed where something had to be."""

    def __init__(self, plan: Plan, typed: str | None) -> None:
        super().__init__()
        self.plan = plan
        self.typed = typed


class GroupConfirmed(Message):
    """The plan of a group was confirmed, with what was typed where something had to be."""

    def __init__(self, plan: GroupPlan, typed: str | None) -> None:
        super().__init__()
        self.plan = plan
        self.typed = typed


class GroupProgressed(Message):
    """Something happened to a group, or to one of its members."""

    def __init__(self, token: int, event: GroupEvent) -> None:
        super().__init__()
        self.token = token
        """Number of the feed, unique in this process."""
        self.event = event


class OperationProgressed(Message):
    """Something happened in an operation that this console carries or follows."""

    def __init__(self, token: int, event: OperationEvent) -> None:
        super().__init__()
        self.token = token
        """Number of the feed, unique in this process."""
        self.event = event


class OperationEnded(Message):
    """A feed has come to its end: with a verdict among its events, or with an error."""

    def __init__(self, token: int, error: QuarterdeckError | None) -> None:
        super().__init__()
        self.token = token
        self.error = error


class OperationOpened(Message):
    """Somebody wants to see a running operation."""

    def __init__(self, token: int) -> None:
        super().__init__()
        self.token = token


class ChecklistRequested(Message):
    """Somebody wants to walk the lists of a service."""

    def __init__(self, address: Address) -> None:
        super().__init__()
        self.address = address


class AlertsSeen(Message):
    """Somebody has seen the alerts of a service; said again, nobody has."""

    def __init__(self, address: Address) -> None:
        super().__init__()
        self.address = address


class LogsRequested(Message):
    """Somebody wants to read the log of a service."""

    def __init__(self, address: Address, revision: str = "") -> None:
        super().__init__()
        self.address = address
        self.revision = revision
        """``new`` or ``old``: whose lines are shown at first; empty: everybody's."""


class LogsRead(Message):
    """The newest log lines of a service, oldest first."""

    def __init__(self, address: Address, lines: tuple[LogLine, ...]) -> None:
        super().__init__()
        self.address = address
        self.lines = lines


class LogsFailed(Message):
    """The log lines of a service could not be read."""

    def __init__(self, address: Address, error: QuarterdeckError) -> None:
        super().__init__()
        self.address = address
        self.error = error


class ExtraChosen(Message):
    """An entry was chosen in the palette that the app itself does not know; ``run`` blocks, and says in one
    line what happened."""

    def __init__(self, run: Callable[[], str]) -> None:
        super().__init__()
        self.run = run


class QuestionAnswered(Message):
    """Somebody answered what an operation asks a person."""

    def __init__(self, operation: str, *, yes: bool) -> None:
        super().__init__()
        self.operation = operation
        """ULID."""
        self.yes = yes


class GuardRollbackConfirmed(Message):
    """The rollback that a guard asks about was read and confirmed."""

    def __init__(self, question: "GuardQuestion", plan: Plan, typed: str | None) -> None:
        super().__init__()
        self.question = question
        self.plan = plan
        self.typed = typed


class GuardTripsRead(Message):
    """The guards of other processes that ask, as the journal tells them."""

    def __init__(self, trips: tuple[OpenTrip, ...]) -> None:
        super().__init__()
        self.trips = trips
