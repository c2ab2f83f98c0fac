"""Every operation and group of this session: what the header and the dialog of leaving tell of."""

from datetime import datetime
from enum import IntEnum
from itertools import count

from console.domain.address import Address
from console.domain.fleet import EMPTY_FLEET, FleetSnapshot
from console.domain.group import GroupEvent, GroupPlan
from console.domain.open_trip import OpenTrip
from console.domain.operation import OperationEvent, OperationRecord, Plan, Safety, Verb
from console.errors import QuarterdeckError
from screens.guard_queue import GuardQuestion
from screens.present import present_of
from screens.running import RunningOperation, chip_of
from screens.running_group import RunningGroup, chip_of_group
from widgets.glyphs import Glyphs
from widgets.header import Chip
from widgets.operation_picture import Present

CHIP_STAYS_S = 60.0
"""How long the header goes on showing an operation that has ended."""

FOLLOWED_AGAIN_S = 30.0
"""What has ended here, and asks all the same in the journal, is followed again after so long."""

Running = RunningOperation | RunningGroup


class UnderWay:
    """What this console carries or follows, by the number of its feed.

    The members of a group have numbers of their own, so that each can be opened; whatever counts operations
    counts the group instead.
    """

    def __init__(self) -> None:
        self.operations: dict[int, RunningOperation] = {}
        self.groups: dict[int, RunningGroup] = {}
        self._tokens = count(1)

    # beginning

    def begin(self, plan: Plan, now: datetime) -> RunningOperation:
        """An operation that was confirmed just now."""
        return self._keep(RunningOperation(next(self._tokens), plan.address, plan.verb, now, plan))

    def begin_rehearsal(self, address: Address, now: datetime) -> RunningOperation:
        """A rehearsal that was confirmed just now; its plans come with its events."""
        return self._keep(RunningOperation(next(self._tokens), address, Verb.REHEARSE, now))

    def begin_watch(self, address: Address, now: datetime) -> RunningOperation:
        """The watch that follows a deploy; its plan comes with its events."""
        return self._keep(RunningOperation(next(self._tokens), address, Verb.WATCH, now))

    def take_up(self, record: OperationRecord) -> RunningOperation:
        """An operation that was under way when this console started."""
        started = record.ordered_at or record.planned_at
        token = next(self._tokens)
        return self._keep(
            RunningOperation(
                token,
                record.address,
                record.verb,
                started,
                id=record.id,
                was_found=True,
                began_elsewhere=True,
            )
        )

    def follow_trip(self, trip: OpenTrip) -> RunningOperation:
        """An operation of another process, whose guard asks."""
        record, progress = trip.record, trip.progress
        return self._keep(
            RunningOperation(
                next(self._tokens),
                record.address,
                record.verb,
                progress.confirmed_at,
                trip.plan,
                record.id,
                progress,
                began_elsewhere=True,
            )
        )

    def knows(self, operation: str, now: datetime) -> bool:
        """Whether that is followed here, or was until a moment ago."""
        return any(
            item.id == operation and not (item.over and _is_long_over(item, now))
            for item in self.operations.values()
        )

    def begin_group(self, plan: GroupPlan, now: datetime) -> RunningGroup:
        """A group that was confirmed just now, with its members."""
        token = next(self._tokens)
        members = {
            item.address: self._keep(
                RunningOperation(next(self._tokens), item.address, item.verb, now, item, group=token)
            )
            for item in plan.members
        }
        self.groups[token] = RunningGroup(token, plan, now, members)
        return self.groups[token]

    def _keep(self, operation: RunningOperation) -> RunningOperation:
        self.operations[operation.token] = operation
        return operation

    # going on

    def progressed(self, token: int, event: OperationEvent) -> RunningOperation:
        """An operation once that has happened."""
        return self._keep(self.operations[token].after(event))

    def group_progressed(self, token: int, event: GroupEvent) -> tuple[RunningGroup, RunningOperation | None]:
        """A group, and the member that it happened to; its clock begins with its own first event."""
        group, member = self.groups[token].after(event), None
        if event.member is not None:
            before = group.members[event.member]
            member = self._keep(before.begun_at(event.event.at).after(event.event))
            if member.over and member.ended_at is None:
                member = self._keep(member.ended(None, event.event.at))
            group = group.with_member(member)
        self.groups[token] = group
        return group, member

    def ended(self, token: int, error: QuarterdeckError | None, at: datetime) -> Running:
        """What a feed was about, once it has come to its end."""
        if token in self.groups:
            self.groups[token] = self.groups[token].ended(error, at)
            return self.groups[token]
        return self._keep(self.operations[token].ended(error, at))

    # telling

    @property
    def running(self) -> tuple[Running, ...]:
        """What has not ended, in the order in which it began."""
        return tuple(item for item in self._counted if not item.over)

    @property
    def _counted(self) -> list[Running]:
        alone = [item for item in self.operations.values() if not item.group]
        return sorted([*alone, *self.groups.values()], key=lambda item: item.token)

    def asking(self) -> list[GuardQuestion]:
        """What the guards of operations want to have answered, in the order in which those began."""
        return [
            GuardQuestion(item, item.progress.guard)
            for item in self.operations.values()
            if not item.over
            and item.progress is not None
            and item.progress.guard is not None
            and item.progress.guard.wants_answer
        ]

    def by_urgency(self, now: datetime) -> tuple[Running, ...]:
        """What the header shows: all that runs, the most urgent first and of equals the newest. Where that
        is nothing but watches of deploys, what has ended last stands before them for a short while."""
        running = sorted(self.running, key=lambda item: (_urgency(item), -item.token))
        if any(_urgency(item) is not Urgency.WATCHES for item in running):
            return tuple(running)
        recent = [
            item
            for item in self._counted
            if item.ended_at is not None and (now - item.ended_at).total_seconds() < CHIP_STAYS_S
        ]
        return (*recent[-1:], *running)

    def in_header(self, now: datetime) -> Running | None:
        """The most urgent of what the header shows; ``None``: it shows nothing."""
        return next(iter(self.by_urgency(now)), None)

    def chips(self, now: datetime, glyphs: Glyphs, fleet: FleetSnapshot = EMPTY_FLEET) -> tuple[Chip, ...]:
        """What the header says of each, the most urgent first."""
        unsafe = self.unsafe()

        def present(item: RunningOperation) -> Present | None:
            return present_of(item, fleet, unsafe, now)

        return tuple(
            chip_of_group(item, now, glyphs, map(present, item.members.values()))
            if isinstance(item, RunningGroup)
            else chip_of(item, now, glyphs, present(item))
            for item in self.by_urgency(now)
        )

    def unsafe(self) -> dict[Address, Safety]:
        """What operations under way say of services that are not safe any more, or not known to be."""
        found: dict[Address, Safety] = {}
        for item in self.operations.values():
            safety = item.progress.safety if item.progress is not None and not item.over else None
            if safety is None or not safety.trouble:
                continue
            if item.address not in found or safety.is_lost:
                found[item.address] = safety
        return found

    def notices(self, key: str) -> tuple[str, ...]:
        """What was found at the start and is being watched again; ``key`` opens it."""
        return tuple(
            f"{item.verb.value} of {item.address} was under way: it is watched again · {key} opens it"
            for item in self.operations.values()
            if item.was_found and not item.over
        )


def _is_long_over(item: RunningOperation, now: datetime) -> bool:
    return item.ended_at is not None and (now - item.ended_at).total_seconds() > FOLLOWED_AGAIN_S


class Urgency(IntEnum):
    """How soon a person should look at what runs."""

    ASKS = 0
    """It waits for an answer."""
    LOST = 1
    """It is not safe any more, or nobody knows how it is: AWS does not answer."""
    GOES_BACK = 2
    """A way back that is not safe yet."""
    RUNS = 3
    SAFE = 4
    """Only its end is awaited."""
    WATCHES = 5
    """It follows the figures of a deploy that has succeeded."""


def _urgency(item: Running) -> Urgency:
    if isinstance(item, RunningGroup):
        member = min(map(_urgency, item.members.values()), default=Urgency.RUNS)
        if member in (Urgency.ASKS, Urgency.LOST):
            return member
        return Urgency.GOES_BACK if item.verb.goes_back else Urgency.RUNS
    if item.over:
        return Urgency.SAFE
    progress = item.progress
    if item.question or item.pause or (progress and progress.guard and progress.guard.wants_answer):
        return Urgency.ASKS
    if progress is not None and progress.safety.trouble:
        return Urgency.LOST
    if item.verb is Verb.WATCH:
        return Urgency.WATCHES
    if progress is not None and progress.contact_lost_since is not None:
        return Urgency.LOST
    if progress is not None and progress.safe_at is not None:
        return Urgency.SAFE
    return Urgency.GOES_BACK if item.doing is Verb.ROLLBACK else Urgency.RUNS
