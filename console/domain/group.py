"""Several services of one environment, changed in waves: one plan, one confirmation, one clock."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from console.domain.address import Address, Tier
from console.domain.operation import Check, OperationEvent, Plan, Verb

VERBS = (Verb.DEPLOY, Verb.ROLLBACK, Verb.RESTART)
"""What can be done to a group."""
EVERY = "all"
"""The group that every environment has: all its services, in one wave."""


@dataclass(frozen=True, order=True)
class GroupAddress:
    """``system/environment/@name``."""

    system: str
    environment: str
    name: str = EVERY

    def __str__(self) -> str:
        return f"{self.system}/{self.environment}/@{self.name}"

    @property
    def place(self) -> str:
        """``system/environment``."""
        return f"{self.system}/{self.environment}"


@dataclass(frozen=True)
class GroupWish:
    """One verb (deploy, rollback or restart) about every member of a group."""

    verb: Verb
    group: GroupAddress
    version: str = ""
    """Deploy: a tag that every member's own repository holds."""
    versions: Mapping[str, str] = field(default_factory=dict)
    """Deploy: by alias, where a member gets another version."""
    to: str = ""
    """Rollback: as in :class:`console.domain.wish.Wish`, like those below."""
    direct: bool = False
    capacity: bool = False
    migrate: bool | None = None
    guard: str = ""
    bake_s: float | None = None


@dataclass(frozen=True)
class GroupPlan:
    """The members' plans, wave after wave; nothing has been sent."""

    verb: Verb
    group: GroupAddress
    tier: Tier
    waves: tuple[tuple[Plan, ...], ...]
    made_at: datetime
    confirm: str
    """What has to be typed: the environment, or ``system/environment`` where several systems have one
    of that name; empty where nothing has to."""

    @property
    def members(self) -> tuple[Plan, ...]:
        """Every member's plan, in the order in which they are carried out."""
        return tuple(plan for wave in self.waves for plan in wave)

    @property
    def blockers(self) -> tuple[tuple[Address, Check], ...]:
        """Failed checks of members that something would be sent for."""
        return tuple(
            (plan.address, check)
            for plan in self.members
            if not plan.nothing_to_do
            for check in plan.blockers
        )

    @property
    def nothing_to_do(self) -> str:
        """Why nothing would be sent to any member; empty when something would."""
        reasons = [plan.nothing_to_do for plan in self.members]
        return "; ".join(dict.fromkeys(reasons)) if all(reasons) else ""

    @property
    def safe_s(self) -> float | None:
        """Seconds until every member is safe: the slowest of each wave, one wave after another; ``None``
        where no member tells."""
        waves = [[plan.estimate.safe_s for plan in wave if plan.estimate] for wave in self.waves]
        return sum(max(wave) for wave in waves if wave) if any(waves) else None


@dataclass(frozen=True)
class GroupEvent:
    """One thing that happened in a group: a member's event, or one of the group itself."""

    group: GroupAddress
    event: OperationEvent
    member: Address | None = None
    """``None``: the group's own (``wave``, and last ``verdict``)."""
