"""Several services in waves: planned as one, confirmed once, stopped at the first failure.

Every member is an operation of its own, with its own entries, verdict and way back; an entry ``group``
ties them. What a killed process leaves is resumed member by member, and the same command plans the rest.
"""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from threading import Event
from typing import Protocol

from console.config.settings import Settings
from console.domain.address import Address, Tier
from console.domain.group import VERBS, GroupAddress, GroupEvent, GroupPlan, GroupWish
from console.domain.operation import OperationEvent, Plan, Verb, Verdict
from console.domain.wish import Wish
from console.domain.words import utc
from console.errors import JournalError, QuarterdeckError, RefusedError, UnknownServiceError
from console.operations import ulid
from console.ports import Clock, Journal

_THERE = (Verdict.SUCCEEDED, Verdict.NOTHING_CHANGED)
_OPEN = (Verdict.BAKING, Verdict.PAUSED)
"""It got as far as was asked, or waits for somebody: nothing failed."""


class Carrying(Protocol):
    """What a group needs of :class:`console.operations.engine.Engine`."""

    def permit_member(self, plan: Plan, typed: str) -> None: ...

    def carry(self, plan: Plan, typed: str, clock: Clock) -> Iterator[OperationEvent]: ...


def plan_group(wish: GroupWish, settings: Settings, clock: Clock, plan: Callable[[Wish], Plan]) -> GroupPlan:
    """The members' plans in the group's waves; what goes back goes at once, because every minute counts.

    Raises:
        RefusedError: for a verb that is nothing for groups, and whatever a member's plan refuses.
        UnknownServiceError: when there is no such group.
    """
    if wish.verb not in VERBS:
        raise RefusedError(f"{wish.verb.value} is nothing for a group", "name one service")
    waves = waves_of(wish.group, settings)
    if wish.verb.goes_back:
        waves = (tuple(alias for wave in waves for alias in wave),)
    unknown = set(wish.versions) - {alias for wave in waves for alias in wave}
    if unknown:
        raise UnknownServiceError(f"{wish.group} has no member {sorted(unknown)[0]}")
    planned = tuple(tuple(plan(_member(wish, alias)) for alias in wave) for wave in waves)
    tier = planned[0][0].tier
    return GroupPlan(
        verb=wish.verb,
        group=wish.group,
        tier=tier,
        waves=planned,
        made_at=clock.now(),
        confirm=_confirmation(wish.group, tier, settings),
    )


def waves_of(group: GroupAddress, settings: Settings) -> tuple[tuple[str, ...], ...]:
    """The aliases of a group, wave by wave.

    Raises:
        UnknownServiceError: when there is no such group.
    """
    environment = settings.environments.get(group.place)
    waves = environment.groups.get(group.name) if environment else None
    if not waves:
        raise UnknownServiceError(f"{settings.path} has no group {group}")
    return waves


def _member(wish: GroupWish, alias: str) -> Wish:
    address = Address(wish.group.system, wish.group.environment, alias)
    version = wish.versions.get(alias, wish.version) if wish.verb is Verb.DEPLOY else ""
    return Wish(
        wish.verb,
        address,
        version=version,
        to=wish.to,
        direct=wish.direct,
        capacity=wish.capacity,
        migrate=wish.migrate,
        guard=wish.guard,
        bake_s=wish.bake_s,
    )


def _confirmation(group: GroupAddress, tier: Tier, settings: Settings) -> str:
    if tier is not Tier.PRODUCTION:
        return ""
    names = [item.environment.name for item in settings.environments.values()]
    return group.environment if names.count(group.environment) == 1 else group.place


@dataclass
class _Member:
    """One member under way, and how it ended."""

    plan: Plan
    operation: str | None = None
    verdict: Verdict | None = None
    told: dict[str, object] = field(default_factory=dict)
    safe_at: datetime | None = None

    @property
    def is_well(self) -> bool:
        return self.verdict in _THERE or self.verdict in _OPEN

    def facts(self) -> dict[str, object]:
        """What the group's verdict says of it."""
        named = ("reason", "by", "from", "to", "running", "safe_s", "done_s")
        return {
            "address": str(self.plan.address),
            "operation": self.operation,
            "verdict": self.verdict.value if self.verdict else None,
            **{name: self.told.get(name) for name in named},
            "way_back": self.way_back,
        }

    @property
    def way_back(self) -> str:
        """How a member is taken back that was changed; empty where nothing of it is left."""
        changed = self.verdict not in (None, Verdict.NOTHING_CHANGED, Verdict.REFUSED, Verdict.ROLLED_BACK)
        if not changed or self.plan.verb.goes_back:
            return ""
        return f"rollback {self.plan.address}: to {self.plan.source.version.label}"


class GroupCarrier:
    """Carries one group plan; blocking, on the caller's thread, its members taking turns."""

    def __init__(self, plan: GroupPlan, carrying: Carrying, journal: Journal, clock: Clock) -> None:
        self._plan = plan
        self._carrying = carrying
        self._journal = journal
        self._clock = clock
        self._began = clock.now()
        self._id = ulid.new(self._began)
        self._members = [[_Member(plan) for plan in wave] for wave in plan.waves]

    def carry(self, typed: str | None) -> Iterator[GroupEvent]:
        """Wave after wave; the last event is the group's verdict.

        Raises:
            RefusedError: not confirmed, or a member may not be changed. Nothing has been sent then.
        """
        self._permit(typed)
        whole = len(self._members)
        for number, wave in enumerate(self._members, 1):
            names = ", ".join(item.plan.address.alias for item in wave)
            yield self._said("wave", f"wave {number} of {whole}: {names}", {"wave": number})
            yield from self._carry_wave(number, wave)
            if not self._plan.verb.goes_back and not all(item.is_well for item in wave):
                break
        yield self._ended()

    def _permit(self, typed: str | None) -> None:
        plan = self._plan
        accepted = (plan.confirm, plan.group.place, str(plan.group))
        if plan.confirm and not plan.nothing_to_do and typed not in accepted:
            raise RefusedError(f"{plan.group} is not confirmed", f"pass what has to be typed: {plan.confirm}")
        for member in plan.members:
            self._carrying.permit_member(member, str(member.address))

    def _carry_wave(self, number: int, wave: list[_Member]) -> Iterator[GroupEvent]:
        """Every member of a wave at once: those that are ordered are followed to their end, whatever
        becomes of the others."""
        clock = TurnsClock(self._clock)
        running = [(item, self._carrying.carry(item.plan, str(item.plan.address), clock)) for item in wave]
        while running:
            clock.takers = len(running)
            left = []
            for member, events in running:
                event = self._next(member, events)
                if event is None:
                    continue
                left.append((member, events))
                self._note(number, member, event)
                yield GroupEvent(self._plan.group, event, member.plan.address)
            running = left

    def _next(self, member: _Member, events: Iterator[OperationEvent]) -> OperationEvent | None:
        """The next event of a member; ``None`` when there is none any more."""
        if member.verdict is not None:
            return None
        try:
            return next(events, None)
        except QuarterdeckError as error:
            reason = str(error)
            told: dict[str, object] = {"verdict": Verdict.REFUSED.value, "reason": reason}
            return OperationEvent("verdict", self._clock.now(), member.operation, reason, told)

    def _note(self, number: int, member: _Member, event: OperationEvent) -> None:
        if member.operation is None and event.operation is not None:
            member.operation = event.operation
            self._tie(number, member)
        if event.event == "safe":
            member.safe_at = member.safe_at or event.at
        if event.event == "verdict" and event.facts.get("verdict"):
            member.verdict, member.told = Verdict(str(event.facts["verdict"])), dict(event.facts)

    def _tie(self, number: int, member: _Member) -> None:
        """Write to which group an operation belongs; without it the operation is whole all the same."""
        others = [str(plan.address) for plan in self._plan.members]
        facts = {"group": self._id, "name": str(self._plan.group), "wave": number, "members": others}
        text = f"wave {number} of {len(self._members)} of {self._plan.group}"
        with suppress(JournalError):
            self._journal.append(member.operation or "", "group", self._clock.now(), text, facts)

    def _said(self, name: str, text: str, facts: dict[str, object]) -> GroupEvent:
        event = OperationEvent(name, self._clock.now(), self._id, text, facts)
        return GroupEvent(self._plan.group, event)

    # the end

    def _ended(self) -> GroupEvent:
        begun = [item for wave in self._members for item in wave if item.verdict is not None]
        idle = [item for wave in self._members for item in wave if item.verdict is None]
        verdict = verdict_of([item.verdict for item in begun if item.verdict])
        reason = self._reason(begun, idle)
        safe = [item.safe_at for item in begun if item.verdict is not Verdict.NOTHING_CHANGED]
        last = max((at for at in safe if at), default=None) if all(safe) and not idle else None
        facts: dict[str, object] = {
            "verdict": verdict.value,
            "reason": reason,
            "verb": self._plan.verb.value,
            "group": str(self._plan.group),
            "members": [item.facts() for item in begun],
            "not_begun": [str(item.plan.address) for item in idle],
            "safe_s": round((last - self._began).total_seconds(), 3) if last else None,
            "confirmed_at": utc(self._began),
        }
        return self._said("verdict", f"{verdict.words} · {reason}" if reason else verdict.words, facts)

    def _reason(self, begun: list[_Member], idle: list[_Member]) -> str:
        told = [
            f"{item.plan.address.alias} {item.verdict.words}" + _because(item.told)
            for item in begun
            if item.verdict and not item.is_well
        ]
        if not told:
            return ", ".join(f"{i.plan.address.alias} {i.verdict.words}" for i in begun if i.verdict)
        if idle:
            told.append(f"not begun: {', '.join(item.plan.address.alias for item in idle)}")
        back = [item.way_back for item in begun if item.verdict in _THERE and item.way_back]
        if back:
            told.append(f"ways back: {', '.join(back)}")
        return " · ".join(told)


def _because(told: dict[str, object]) -> str:
    return f" ({told['reason']})" if told.get("reason") else ""


def verdict_of(members: list[Verdict]) -> Verdict:
    """One verdict for all: MIXED where some arrived and others did not; where none did, what all of them
    say, else FAILED."""
    kinds = set(members)
    if kinds <= {*_THERE, *_OPEN}:
        for verdict in (Verdict.PAUSED, Verdict.BAKING, Verdict.SUCCEEDED):
            if verdict in kinds:
                return verdict
        return Verdict.NOTHING_CHANGED
    if kinds & {Verdict.SUCCEEDED, *_OPEN}:
        return Verdict.MIXED
    bad = kinds - {Verdict.NOTHING_CHANGED}
    return bad.pop() if len(bad) == 1 else Verdict.FAILED


class TurnsClock:
    """A clock for those that take turns on one thread: each waits its share, so that together they wait
    no longer than one alone would."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.takers = 1

    def now(self) -> datetime:
        return self._clock.now()

    def monotonic(self) -> float:
        return self._clock.monotonic()

    def sleep(self, seconds: float) -> None:
        self._clock.sleep(seconds / max(1, self.takers))

    def wait(self, event: Event, seconds: float) -> bool:
        return self._clock.wait(event, seconds / max(1, self.takers))
