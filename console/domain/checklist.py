"""A team's checklist: what has to be so before, during and after a change, and what was found of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

AUTO = "auto"
"""Who ticks what a check found by itself."""


class Phase(StrEnum):
    """When an item is looked at; in this order."""

    BEFORE = "before"
    APPROVAL = "approval"
    DURING = "during"
    AFTER = "after"
    ISSUES = "issues"
    """When something goes wrong; blocks nothing."""
    WALK = "walk"
    """Of a runbook: without a deployment."""

    @property
    def comes_first(self) -> bool:
        """It has to be well before anything is sent."""
        return self in (Phase.BEFORE, Phase.APPROVAL)


class Effect(StrEnum):
    """What a check does to the world."""

    READS = "reads"
    """It may be judged again whenever somebody looks."""
    WRITES = "writes"
    """It leaves something behind: run once, by hand, and never in a read-only environment."""


class ItemState(StrEnum):
    """How an item stands. Only *pass*, *waived* and *not applicable* let a required one be left."""

    PASS = "pass"
    FAIL = "FAIL"
    OPEN = "open"
    """Nobody has ticked it, or it has not been run."""
    CHECKING = "checking"
    """It is being looked at, or its time has not passed yet."""
    UNKNOWN = "NODATA"
    """It could not be told. Never a pass."""
    NOT_APPLICABLE = "not applicable"
    WAIVED = "WAIVED"

    @property
    def is_settled(self) -> bool:
        """It does not stand in the way."""
        return self in (ItemState.PASS, ItemState.WAIVED, ItemState.NOT_APPLICABLE)


@dataclass(frozen=True)
class Item:
    """One line of a checklist, as its file has it."""

    id: str
    phase: Phase
    title: str
    check: str = ""
    """Name of the check that judges it; empty: a person does."""
    parameters: Mapping[str, object] = field(default_factory=dict)
    """What the check is given; ``${name}`` in texts stands for a fact or a parameter of the list."""
    required: bool = True
    """It blocks its phase until it is settled; otherwise it is advisory."""
    fatal: bool = False
    """When it fails, the items of its phase behind it are not judged."""
    environments: tuple[str, ...] = ()
    """Where it counts; empty: everywhere."""
    verbs: tuple[str, ...] = ()
    """For which operations; empty: for all."""
    when: str = ""
    """A JMESPath expression over the facts: where it is not true, the item is not applicable."""
    if_any: bool = False
    """A person may say that there is nothing of the kind this time."""
    after: tuple[str, ...] = ()
    """Ids of the items that have to be settled first."""
    lasts: timedelta | None = None
    """It has to stay well for that long, and is judged all the while."""
    release: int = 0
    """Which release of a walk over several it belongs to; 0: no matter."""
    link: str = ""
    remedy: str = ""
    problem: str = ""
    """What is wrong with its lines in the file: it can be waived, and never pass."""


@dataclass(frozen=True)
class Checklist:
    """A list as its file has it."""

    id: str
    """``rugmunch/release``, or the path as it is configured."""
    title: str
    source: str
    """Where it was read: a path, or ``built in``."""
    items: tuple[Item, ...]
    goal: timedelta | None = None
    """A recovery walk's own: it should be through by then."""
    parameters: Mapping[str, str] = field(default_factory=dict)
    """Name -> what ``${name}`` stands for unless a service says otherwise."""

    @property
    def phases(self) -> tuple[Phase, ...]:
        """Those that have items, in order."""
        present = {item.phase for item in self.items}
        return tuple(phase for phase in Phase if phase in present)

    @property
    def is_runbook(self) -> bool:
        """It is walked for itself, and not around an operation."""
        return Phase.WALK in self.phases

    @property
    def spans_releases(self) -> bool:
        """It is walked over several releases, one step each."""
        return any(item.release for item in self.items)


@dataclass(frozen=True)
class Result:
    """What a check found."""

    state: ItemState
    """*pass*, *FAIL*, *NODATA* or *not applicable*."""
    value: str
    """One line: the figure, or why there is none."""
    because: str = ""
    evidence: str = ""
    """What was answered, secrets masked, cut."""
    remedy: str = ""
    at: datetime | None = None
    """When that was so; ``None``: now."""
    took_s: float = 0.0


@dataclass(frozen=True)
class Tick:
    """What the journal keeps of one item: who said, or found, what and when."""

    item: str
    state: ItemState
    """*open* takes an earlier one back; *checking* is the beginning of a watch, or of a writing check."""
    at: datetime
    by: str
    """The operator's name, or :data:`AUTO`."""
    value: str = ""
    evidence: str = ""
    reason: str = ""
    """Why it is waived or not applicable."""


@dataclass(frozen=True)
class ItemView:
    """One item as it stands now."""

    item: Item
    state: ItemState
    value: str = ""
    at: datetime | None = None
    """When that was found or ticked."""
    by: str = ""
    because: str = ""
    evidence: str = ""
    remedy: str = ""
    reason: str = ""
    waits_for: tuple[str, ...] = ()
    """Ids of items that have to be settled first."""
    left_s: float | None = None
    """Seconds that a watch still lasts."""

    @property
    def is_said(self) -> bool:
        """A person's word settled it, and may be taken back."""
        return self.state.is_settled and self.by not in ("", AUTO)

    @property
    def blocks(self) -> bool:
        """It is required and stands in the way."""
        return self.item.required and not self.state.is_settled and self.item.phase is not Phase.ISSUES


@dataclass(frozen=True)
class WalkView:
    """A checklist as it stands now, on its way."""

    id: str
    """The walk's operation in the journal; empty while it is only looked at."""
    checklist: Checklist
    items: tuple[ItemView, ...]
    at: datetime
    started_at: datetime | None = None
    by: str = ""
    ended_at: datetime | None = None
    begun: frozenset[Phase] = frozenset(Phase)
    """The phases whose time has come."""

    def of(self, phase: Phase) -> tuple[ItemView, ...]:
        """The items of one phase, in the file's order."""
        return tuple(view for view in self.items if view.item.phase is phase)

    def blockers(self, *phases: Phase) -> tuple[ItemView, ...]:
        """What is required and not settled in those phases; in all without any."""
        return tuple(view for view in self.items if view.blocks and (not phases or view.item.phase in phases))

    @property
    def due(self) -> tuple[ItemView, ...]:
        """What is required, not settled, and of a phase whose time has come."""
        return self.blockers(*(phase for phase in Phase if phase in self.begun))

    def settled(self, phase: Phase) -> int:
        """How many items of a phase are settled."""
        return sum(view.state.is_settled for view in self.of(phase))

    @property
    def phase(self) -> Phase | None:
        """The first phase in which something required is not settled; ``None``: it is walked."""
        return next((phase for phase in self.checklist.phases if self.blockers(phase)), None)

    @property
    def over_goal_s(self) -> float | None:
        """Seconds beyond the goal, negative while there is time; ``None`` without goal or beginning."""
        if self.checklist.goal is None or self.started_at is None:
            return None
        until = self.ended_at or self.at
        return (until - self.started_at - self.checklist.goal).total_seconds()
