"""The timed watch: after a deploy has succeeded its figures go on being judged, as an operation of its own.

It is in the journal, so that whoever takes the console over goes on with it. It sends nothing by itself: it
asks, and goes back when a person says so.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from console.domain.guard import GuardMode
from console.domain.guarded import GuardTerms
from console.domain.operation import (
    Entry,
    Mechanism,
    OperationEvent,
    OperationRecord,
    Plan,
    Verb,
    Verdict,
)
from console.domain.service import Observation
from console.domain.steps import lasts
from console.domain.words import from_utc, utc
from console.errors import QuarterdeckError
from console.operations.carrier import Carrier
from console.operations.contact import Contact
from console.operations.deaths import Deaths
from console.operations.deletion import DeletedServiceError, failed, observe
from console.operations.good import proved_digests
from console.operations.guarded import Guarded
from console.operations.safe import UNPROVEN_FOR, Sight, judge, serving
from console.operations.safety import SafetyWatch
from console.operations.tenure import key_of

LOOK_EVERY_S = 5.0
OF, ORDERED_AT = "of", "ordered_at"
"""In a plan's ``asked`` and ``before``: the deploy that it watches, and when that was ordered."""


def watch_plan(deploy: OperationRecord, plan: Plan, now: datetime) -> Plan | None:
    """The watch that follows a deploy; ``None`` where none does."""
    terms, ordered_at = plan.guard, deploy.accepted_at
    if deploy.verdict is not Verdict.SUCCEEDED or terms is None or not terms.is_on or ordered_at is None:
        return None
    until = (deploy.done_at or now) + timedelta(seconds=max(terms.bake_s, terms.watch_s))
    left_s = (until - now).total_seconds()
    if left_s <= 0 or not terms.watch_s:
        return None
    return Plan(
        verb=Verb.WATCH,
        address=plan.address,
        tier=plan.tier,
        account=plan.account,
        region=plan.region,
        cluster=plan.cluster,
        service=plan.service,
        mechanism=Mechanism.NONE,
        basis=plan.basis,
        source=plan.source,
        target=plan.target,
        healthy=plan.healthy,
        effect=f"the figures are judged for {lasts(round(left_s))}: nothing is sent without a person",
        made_at=now,
        confirm="",
        guard=GuardTerms(GuardMode.ASK, 0.0, terms.countdown_s, left_s, is_asked=True),
        before={ORDERED_AT: utc(ordered_at)},
        asked={OF: deploy.id},
    )


class TimedWatch:
    """Looks at a service until the time is up, a person has answered, or something else is shipped."""

    def __init__(self, carrier: Carrier, guarded: Guarded) -> None:
        self._carrier = carrier
        self._guarded = guarded
        self._contact = Contact(carrier)
        self._safety = SafetyWatch(carrier)
        self._deaths = Deaths()
        terms = carrier.plan.guard
        self._watch_s = terms.watch_s if terms is not None else 0.0
        self._until = carrier.confirmed_at + timedelta(seconds=self._watch_s)
        ordered = carrier.plan.before.get(ORDERED_AT)
        guarded.watch(from_utc(str(ordered)) if ordered else carrier.confirmed_at, self._until)

    def watch(self, entries: Sequence[Entry] = ()) -> Iterator[OperationEvent]:
        """To its verdict.

        Args:
            entries: What the process wrote that carried it before; none when it begins.
        """
        carrier = self._carrier
        if entries:
            yield from self._guarded.take_over(tuple(entries))
        while not carrier.ended:
            try:
                observation = observe(carrier.platform, carrier.plan.address, carrier.clock)
            except DeletedServiceError as error:
                yield failed(carrier, error)
            except QuarterdeckError as error:
                yield from self._contact.lost(error)
            else:
                yield from self._contact.regained()
                yield from self._look(observation)
            if not carrier.ended:
                carrier.log.beat()
                carrier.clock.sleep(LOOK_EVERY_S)

    def _look(self, observation: Observation) -> Iterator[OperationEvent]:
        carrier = self._carrier
        carrier.running = serving(observation) or carrier.running
        carrier.progress = replace(carrier.progress, observation=observation)
        primary = observation.primary_release
        if primary is not None and key_of(primary) != key_of(carrier.plan.target):
            yield carrier.end(Verdict.REPLACED, None, f"{primary.version.label} is shipped now")
            return
        good = self._good(observation)
        self._deaths.look(observation, good)
        sight = self._safety.doubted(observation, good, self._judged(observation, good))
        yield from self._safety.meet(observation, sight)
        yield from self._guarded.meet(observation, None)
        if carrier.ended:
            return
        is_over = carrier.clock.now() >= self._until and not self._guarded.holds_watch
        ending = self._ending() if is_over else None
        if ending is None:
            yield self._observed()
            return
        yield from self._guarded.end_asking()
        if not carrier.ended:
            verdict, reason = ending
            yield carrier.end(verdict, None, reason)

    def _ending(self) -> tuple[Verdict, str] | None:
        """How the watch ends once its time is up, and why; ``None`` while that is to be waited for."""
        safety = self._safety.now
        fails = bool(self._deaths.lately) and self._deaths.withhold()
        if not safety.is_safe:
            verdict = Verdict.FAILED if safety.is_lost else Verdict.UNKNOWN
            return (verdict, safety.trouble) if self._is_given_up() else None
        if self._deaths.lately:
            return (Verdict.FAILED, self._deaths.said) if fails else None
        return Verdict.SUCCEEDED, f"watched for {lasts(round(self._watch_s))}"

    def _observed(self) -> OperationEvent:
        carrier = self._carrier
        now, record = carrier.clock.now(), carrier.log.record
        return OperationEvent("observed", now, record.id, "", {}, carrier.picture())

    def _good(self, observation: Observation) -> frozenset[str]:
        """Whoever restarts the version that is watched changes nothing of what serves: every deployment
        of it is good, as far as its tasks tell its images."""
        wanted = key_of(self._carrier.plan.target)
        return frozenset(
            item.id
            for item in observation.status.deployments
            if (release := observation.release_of(item.id)) is not None and key_of(release) == wanted
        )

    def _judged(self, observation: Observation, good: frozenset[str]) -> Sight:
        """As an operation judges it that is under way."""
        plan = self._carrier.plan
        after = self._carrier.limits.no_check_healthy_after
        return judge(observation, good, plan.healthy, after, proved_digests(plan.target), self._safety.need)

    def _is_given_up(self) -> bool:
        """It has not been safe for longer than a reading may be wrong."""
        since = self._safety.now.since
        return since is None or self._carrier.clock.now() - since > UNPROVEN_FOR
