"""Every operation and group of this session: what the header and the dialog of leaving tell of."""

from datetime import datetime
from itertools import count

from console.domain.address import Address
from console.domain.group import GroupEvent, GroupPlan
from console.domain.open_trip import OpenTrip
from console.domain.operation import OperationEvent, OperationRecord, Plan, Verb
from console.errors import QuarterdeckError
from screens.guard_queue import GuardQuestion
from screens.running import RunningOperation, chip_of
from screens.running_group import RunningGroup, chip_of_group
from widgets.glyphs import Glyphs
from widgets.header import Chip

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
            RunningOperation(token, record.address, record.verb, started, id=record.id, was_found=True)
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

    def in_header(self, now: datetime) -> Running | None:
        """The newest that runs, else one that has ended a short while ago; watches of deploys come last."""
        busy = [item for item in self.running if not _only_watches(item)]
        if busy:
            return busy[-1]
        recent = [
            item
            for item in self._counted
            if item.ended_at is not None and (now - item.ended_at).total_seconds() < CHIP_STAYS_S
        ]
        return (*self.running, *recent)[-1] if self.running or recent else None

    def chip(self, now: datetime, glyphs: Glyphs) -> Chip | None:
        """What the header says of it."""
        shown = self.in_header(now)
        if isinstance(shown, RunningGroup):
            return chip_of_group(shown, now, glyphs)
        return chip_of(shown, now, glyphs) if shown else None

    def notices(self, key: str) -> tuple[str, ...]:
        """What was found at the start and is being watched again; ``key`` opens it."""
        return tuple(
            f"{item.verb.value} of {item.address} was under way: it is watched again · {key} opens it"
            for item in self.operations.values()
            if item.was_found and not item.over
        )


def _is_long_over(item: RunningOperation, now: datetime) -> bool:
    return item.ended_at is not None and (now - item.ended_at).total_seconds() > FOLLOWED_AGAIN_S


def _only_watches(item: Running) -> bool:
    """It follows a deploy, and asks nothing now."""
    if isinstance(item, RunningGroup) or item.verb is not Verb.WATCH:
        return False
    guard = item.progress.guard if item.progress is not None else None
    return guard is None or not guard.wants_answer
