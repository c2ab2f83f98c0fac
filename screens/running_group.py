"""Several services under way together, as this console knows them: built up from the group's events."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from console.domain import words
from console.domain.address import Address
from console.domain.group import GroupAddress, GroupEvent, GroupPlan
from console.domain.operation import OperationEvent, Verb, Verdict
from console.errors import QuarterdeckError
from screens.running import SAFE_LIMIT_S, RunningOperation, ended_chip
from widgets.glyphs import Glyphs
from widgets.header import Chip
from widgets.operation_picture import Present, PresentKind


@dataclass(frozen=True)
class RunningGroup:
    """The newest picture of a group; a new object for every event."""

    token: int
    """Number of its feed, unique in this process."""
    plan: GroupPlan
    started_at: datetime
    members: Mapping[Address, RunningOperation]
    """Every member, those of later waves without an event yet."""
    wave: int = 0
    """The wave under way, from 1; 0 before the first."""
    ending: OperationEvent | None = None
    """The group's own verdict."""
    error: QuarterdeckError | None = None
    """Why it ended without a verdict."""
    over: bool = False
    ended_at: datetime | None = None

    @property
    def address(self) -> GroupAddress:
        return self.plan.group

    @property
    def verb(self) -> Verb:
        return self.plan.verb

    @property
    def verdict(self) -> Verdict | None:
        """How the group ended; ``None`` while it has not."""
        said = self.ending.facts.get("verdict") if self.ending else None
        return Verdict(said) if isinstance(said, str) and said in Verdict.__members__ else None

    @property
    def reason(self) -> str:
        """Which member ended how, and what was not begun."""
        return str(self.ending.facts.get("reason") or "") if self.ending else ""

    @property
    def safe_s(self) -> float | None:
        """Seconds from confirmed until every member was safe; ``None``: not all of them are."""
        if self.ending is not None:
            said = self.ending.facts.get("safe_s")
            return float(said) if isinstance(said, int | float) else None
        changed = [self.members[plan.address] for plan in self.plan.members if not plan.nothing_to_do]
        moments = [item.progress.safe_at if item.progress else None for item in changed]
        known = [moment for moment in moments if moment is not None]
        if not known or len(known) < len(moments):
            return None
        return max(0.0, (max(known) - self.started_at).total_seconds())

    @property
    def arrived(self) -> int:
        """Members that have ended, however."""
        return sum(item.over for item in self.members.values())

    def with_member(self, member: RunningOperation) -> "RunningGroup":
        """The group with a newer picture of one of its members."""
        return replace(self, members={**self.members, member.address: member})

    def after(self, event: GroupEvent) -> "RunningGroup":
        """The group once something of its own has happened; a member's events are the member's."""
        if event.member is not None:
            return self
        wave = event.event.facts.get("wave")
        if event.event.event == "wave" and isinstance(wave, int):
            return replace(self, wave=wave)
        if event.event.event == "verdict":
            return replace(self, ending=event.event, over=True, ended_at=event.event.at)
        return self

    def ended(self, error: QuarterdeckError | None, at: datetime) -> "RunningGroup":
        """The group once its feed has come to an end."""
        return replace(self, error=error, over=True, ended_at=self.ended_at or at)


def chip_of_group(
    group: RunningGroup, now: datetime, glyphs: Glyphs, presents: Iterable[Present | None] = ()
) -> Chip:
    """The group in a few words, for the header of every screen.

    Args:
        presents: How the services of its members are now, once those have ended.
    """
    name = f"{group.address.system} {group.address.name}"
    if group.over:
        broken = sum(item is not None and item.kind is PresentKind.BROKEN for item in presents)
        return _ended(group, name, now, glyphs, broken)
    going_back = group.verb.goes_back
    elapsed = (now - group.started_at).total_seconds()
    late = going_back and elapsed > SAFE_LIMIT_S
    limit = f" of {words.clock(SAFE_LIMIT_S)}" if going_back else ""
    said = f"{name} {group.arrived}/{len(group.members)} {words.clock(elapsed)}{limit}"
    return Chip(said, glyphs.back if going_back else glyphs.forward, "critical" if late else "deploying")


def _ended(group: RunningGroup, name: str, now: datetime, glyphs: Glyphs, broken: int) -> Chip:
    if group.verdict is None:
        title = group.error.title if group.error else "ended"
        return Chip(f"{name} {title}", glyphs.unknown, "warning")
    if broken and group.verdict.exit_code == 0:
        said = f"{name} {broken} of {len(group.members)} NOT SAFE ANY MORE"
        return Chip(said, glyphs.failed, "critical")
    return ended_chip(name, group.verdict, group.ended_at, now, glyphs)
