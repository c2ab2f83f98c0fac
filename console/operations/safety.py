"""Whether an operation is safe: proved by two agreeing reads, lost by one that says so, and regained."""

from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import datetime

from console.domain.operation import OperationEvent, Safety, SafetyState, Verb
from console.domain.service import Observation
from console.domain.words import count, time_of_day, utc
from console.errors import JournalError
from console.operations.arrived import served
from console.operations.carrier import Carrier
from console.operations.deaths import LIVES_FOR, dead_within, died
from console.operations.safe import READS_APART, Reading, Sight

NOTHING_WANTED = "desired count is 0: nothing serves"


class SafetyWatch:
    """Follows *safe* from look to look, and writes down each change of it.

    What cannot be read changes nothing of what is known: it is shown as unread until the next reading.
    """

    def __init__(self, carrier: Carrier) -> None:
        self._carrier = carrier
        record = carrier.log.record
        self.now = record.safety
        if self.now.state is SafetyState.AWAITED and record.verb is Verb.WATCH:
            self.now = Safety(SafetyState.SAFE, carrier.confirmed_at)  # what it watches had succeeded
        self._agreed_since: datetime | None = None
        self.need = _need(carrier) if carrier.resumed else None
        """Healthy good tasks that were enough; ``None`` before it was safe with any."""

    def doubted(self, observation: Observation, good: Collection[str], sight: Sight) -> Sight:
        """What one look says in the light of others: that nothing is wanted any more, or that good tasks are
        healthy only between two deaths.

        Args:
            good: Ids of the deployments whose tasks are good.
        """
        plan = self._carrier.plan
        served = self.need or (plan.verb is Verb.WATCH and plan.healthy)
        if served and not observation.status.desired:
            return replace(sight, reading=Reading.UNSAFE, why=NOTHING_WANTED)
        is_open = self.now.state is SafetyState.AWAITED or self.now.is_lost
        if is_open and sight.safe and (dead := died(observation, good, LIVES_FOR)):
            return replace(sight, reading=Reading.UNSAFE, why=dead_within(LIVES_FOR, dead))
        return sight

    def meet(self, observation: Observation, sight: Sight) -> Iterator[OperationEvent]:
        """Take in what one look says."""
        if sight.safe and sight.needed and (self.need is not None or self.now.is_safe):
            self.need = min(sight.needed, self.need or sight.needed)
        if self.now.state is SafetyState.AWAITED or self.now.is_lost:
            if self._agrees(observation, sight):
                yield self._proved(observation, sight)
            elif self.now.is_lost and sight.why:
                self.now = Safety(SafetyState.LOST, self.now.since, sight.why)
        elif sight.reading is Reading.UNSAFE:
            yield self._lost(observation, sight)
        elif sight.reading is Reading.UNREAD:
            since = self.now.since if self.now.state is SafetyState.UNREAD else observation.at
            self.now = Safety(SafetyState.UNREAD, since, sight.why)
        elif self.now.state is SafetyState.UNREAD:
            self.now = Safety(SafetyState.SAFE, observation.at)
        self._carrier.safety = self.now

    def _agrees(self, observation: Observation, sight: Sight) -> bool:
        """Two reads in a row say so, far enough apart."""
        if not sight.safe:
            self._agreed_since = None
            return False
        self._agreed_since = self._agreed_since or observation.at
        return observation.at - self._agreed_since >= READS_APART

    def _proved(self, observation: Observation, sight: Sight) -> OperationEvent:
        carrier, at = self._carrier, observation.at
        was, self.now = self.now, Safety(SafetyState.SAFE, at)
        self._agreed_since, carrier.safety = None, self.now
        self.need = min(sight.needed, self.need or sight.needed) or None
        label = "" if sight.unnamed else carrier.plan.target.version.label
        draining = f" · {count(sight.draining, 'target')} still draining" if sight.draining else ""
        facts: dict[str, object] = {"draining": sight.draining, "needed": self.need or 0}
        if was.is_lost and was.since is not None:
            carrier.log.change(unsafe_since=None, unsafe_why="")
            carrier.timeline.mark(f"safe {utc(at)}", at, "safe again", served(observation))
            facts |= {"again": True, "since": utc(at), "unsafe_s": (at - was.since).total_seconds()}
            said = f"safe again since {time_of_day(at)} UTC: {served(observation, label)}{draining}"
            return carrier.event("safe", said, facts)
        carrier.log.change(safe_at=at)
        carrier.timeline.mark("safe", at, "safe", served(observation))
        facts["safe_s"] = carrier.log.record.seconds_to(at)
        return carrier.event("safe", f"safe: {served(observation, label)}{draining}", facts)

    def _lost(self, observation: Observation, sight: Sight) -> OperationEvent:
        carrier, at = self._carrier, observation.at
        self.now = Safety(SafetyState.LOST, at, sight.why)
        carrier.safety = self.now
        carrier.log.change(unsafe_since=at, unsafe_why=sight.why)
        carrier.timeline.mark(f"unsafe {utc(at)}", at, "not safe any more", sight.why, failed=True)
        facts = {
            "since": utc(at),
            "why": sight.why,
            "healthy": sight.healthy,
            "needed": sight.needed,
            "others": sight.bad,
        }
        return carrier.event("unsafe", self.now.trouble, facts)


def _need(carrier: Carrier) -> int | None:
    """What was enough for the process that carried it before, by its newest entry."""
    with suppress(JournalError):
        for entry in reversed(carrier.log.entries()):
            need = entry.facts.get("needed") if entry.event == "safe" else None
            if isinstance(need, int):
                return need or None
    return None
