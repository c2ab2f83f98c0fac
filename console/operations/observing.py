"""From accepted to the verdict: look every few seconds until ECS has settled it and *safe* is proved."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime

from console.diagnosis import diagnose
from console.domain.operation import (
    Accepted,
    Mechanism,
    OperationEvent,
    OperationRecord,
    Safety,
    Step,
    Verb,
    Verdict,
)
from console.domain.release import Release
from console.domain.rollout import Rollout, RolloutStatus
from console.domain.service import Observation
from console.errors import JournalError, QuarterdeckError
from console.operations.arrived import KEEPING, held, kept_until, served
from console.operations.carrier import Carrier, TakenUpError
from console.operations.contact import Contact
from console.operations.deaths import Deaths
from console.operations.deletion import DeletedServiceError, failed, observe
from console.operations.good import good_of, proved_digests
from console.operations.guarded import Guarded
from console.operations.overdue import given_up
from console.operations.pauses import Pauses
from console.operations.safe import UNPROVEN_FOR, Reading, Sight, judge, serving
from console.operations.safety import SafetyWatch
from console.operations.tracking import Tracking
from console.operations.verdict import Outcome, outcome
from console.operations.walk import walk_after

LOOK_EVERY_S = 2.5


class Observer:
    """Follows one accepted order. Reads only; so it may be interrupted and begun anew at any time."""

    def __init__(self, carrier: Carrier, accepted: Accepted, guarded: Guarded | None = None) -> None:
        self.carrier = carrier
        self.accepted = accepted
        self._guarded = guarded
        self._tracking = Tracking(carrier, accepted)
        self._safety = SafetyWatch(carrier)
        self._settled: Outcome | None = None
        self._settled_seen_at: datetime | None = None
        self._deaths = Deaths()
        self._contact = Contact(carrier)
        self._pauses = Pauses(carrier)
        self._tried = False
        self._told: tuple[object, ...] = ()
        self._line = ""
        self._whole = False
        self._is_done = False

    def watch(self) -> Iterator[OperationEvent]:
        """Observe until there is a verdict; the last event is the verdict."""
        carrier = self.carrier
        while not carrier.ended:
            try:
                observation = observe(carrier.platform, carrier.plan.address, carrier.clock)
                rollout, history = self._tracking.find(observation)
            except DeletedServiceError as error:
                yield failed(carrier, error)
            except QuarterdeckError as error:
                yield from self._contact.lost(error)
            else:
                yield from self._contact.regained()
                yield from self._judge(observation, rollout, history)
            if not carrier.ended and (late := self._overdue()) is not None:
                yield late
            if not carrier.ended:
                carrier.log.beat()
                carrier.clock.sleep(LOOK_EVERY_S)

    # judging

    def _judge(
        self, observation: Observation, rollout: Rollout | None, history: tuple[Rollout, ...]
    ) -> Iterator[OperationEvent]:
        carrier = self.carrier
        good = good_of(carrier.plan, self.accepted, rollout, observation)
        sight = judge(
            observation,
            good,
            carrier.plan.healthy,
            carrier.limits.no_check_healthy_after,
            proved_digests(carrier.plan.target),
            self._safety.need,
        )
        sight = self._safety.doubted(observation, good, sight)
        carrier.running = serving(observation) or carrier.running
        carrier.timeline.observe(observation, good, carrier.plan.target.version.label, sight)
        ours = self._as_ours(observation, rollout)
        carrier.progress = replace(carrier.progress, observation=ours, arriving=good)
        self._deaths.look(observation, good)
        self._line = diagnose(ours.status, ours, None).line if self._is_shown(ours, rollout) else ""
        yield from self._safe(observation, sight)
        tried_in_vain = carrier.ended
        if tried_in_vain:
            return
        yield from self._capacity(observation, sight)
        yield from self._progress(observation, rollout, sight)
        if self._guarded is not None:
            yield from self._guarded.meet(observation, rollout)
        if rollout is not None and not carrier.ended:
            if self._guarded is None or not self._guarded.holds_pauses:
                yield from self._pauses.meet(rollout)
            if not carrier.ended:
                yield from self._far_enough(rollout)
        if carrier.ended:
            return
        if rollout is not None and self._settled is None:
            releases = self._releases(rollout, history)
            self._settled = outcome(carrier.plan, rollout, history, releases, self._neighbours(rollout))
            if self._settled is not None:
                yield from self._settle(self._settled)
        if self._settled is not None and not carrier.ended:
            yield from self._finish(observation, sight, self._settled)

    def _as_ours(self, observation: Observation, rollout: Rollout | None) -> Observation:
        """Without a rollout that is another's: right after an order ECS still shows the one before."""
        newest = observation.rollout
        if newest is None or newest.id != self.carrier.plan.basis.rollout:
            return observation
        is_its_own = rollout is not None and rollout.id == newest.id
        return observation if is_its_own else replace(observation, rollout=None)

    def _is_shown(self, observation: Observation, rollout: Rollout | None) -> bool:
        """Whether a reading tells of the order already. Until then it tells of what is left: that is never
        narrated as what was ordered."""
        plan, primary = self.carrier.plan, observation.status.primary
        if rollout is None or primary is None:
            return False
        if plan.returns:
            left = rollout.target or plan.basis.release
            turned = rollout.status.is_going_back or rollout.status.is_over
            return turned and (primary.release != left or rollout.went_back_to is not None)
        return plan.mechanism is Mechanism.WATCH or primary.id != plan.basis.deployment

    def _far_enough(self, rollout: Rollout) -> Iterator[OperationEvent]:
        """The end that was asked for, before the rollout's own: it goes on, and stays open."""
        carrier = self.carrier
        if not self._safety.now.is_safe or rollout.status.is_over:
            return
        baking = rollout.stage in KEEPING
        if baking and carrier.plan.verb is Verb.ROLLBACK and not carrier.plan.after:
            yield from self._arrived_early(rollout)
            return
        if carrier.limits.until == "safe" or (carrier.limits.until == "bake" and baking):
            what = "ECS bakes it" if baking else "ECS has not finished"
            yield carrier.end(Verdict.BAKING, None, f"safe · {what}; the same command follows it to its end")

    def _arrived_early(self, rollout: Rollout) -> Iterator[OperationEvent]:
        """A rollback has arrived when it is safe: that the one it left is kept for a while changes
        nothing of what serves, and a bake of a day must not hold anybody up."""
        carrier = self.carrier
        if self._deaths.lately:
            yield from self._withhold("it is safe")
            return
        yield from walk_after(carrier)
        if not carrier.ended:
            yield carrier.end(Verdict.SUCCEEDED, "operator", f"{self._aftercare()} · {kept_until(rollout)}")

    def _neighbours(self, rollout: Rollout) -> tuple[OperationRecord, ...]:
        """The journal's other operations on the service once somebody has to be named; none where it
        fails."""
        if rollout.status in (RolloutStatus.ROLLBACK_SUCCESSFUL, RolloutStatus.STOPPED):
            log = self.carrier.log
            with suppress(JournalError):
                return tuple(item for item in log.neighbours() if item.id != log.record.id)
        return ()

    def _releases(self, rollout: Rollout, history: tuple[Rollout, ...]) -> Mapping[str, Release]:
        wanted = {rollout.target, rollout.went_back_to, *(item.target for item in history)}
        return self.carrier.platform.releases(
            self.carrier.plan.address, sorted(item for item in wanted if item)
        )

    def _safe(self, observation: Observation, sight: Sight) -> Iterator[OperationEvent]:
        carrier = self.carrier
        is_first = carrier.log.record.safe_at is None
        yield from self._safety.meet(observation, sight)
        if is_first and carrier.log.record.safe_at is not None and carrier.plan.verb is Verb.DEPLOY:
            yield from self._try_out()  # a bake may last a day: it is tried as soon as it serves

    def _capacity(self, observation: Observation, sight: Sight) -> Iterator[OperationEvent]:
        """*Safe* may come with fewer tasks than are wanted; when all of them serve is said as well."""
        carrier = self.carrier
        if self._whole or not self._safety.now.is_safe or sight.healthy < observation.status.desired:
            return
        self._whole = True
        seconds = carrier.log.record.seconds_to(observation.at)
        carrier.timeline.mark("capacity", observation.at, "capacity whole", f"{sight.healthy} healthy")
        if carrier.plan.verb is Verb.ROLLBACK:
            said = f"all {observation.status.desired} tasks serve"
            yield carrier.event("capacity", said, {"capacity_s": seconds, "healthy": sight.healthy})

    def _progress(
        self, observation: Observation, rollout: Rollout | None, sight: Sight
    ) -> Iterator[OperationEvent]:
        """Say what moved; between two moves a picture without words."""
        carrier = self.carrier
        status = observation.status
        waiting = "" if sight.safe else sight.why
        facts: dict[str, object] = {
            "healthy": sight.healthy,
            "needed": sight.needed,
            "others": sight.bad,
            "running": status.running,
            "desired": status.desired,
            "pending": status.pending,
            "rollout": rollout.status.value if rollout else None,
        }
        if rollout is not None and rollout.breaker is not None:
            facts["failures"] = rollout.breaker.failures
            facts["threshold"] = rollout.breaker.threshold
        lost = self._safety.now.trouble
        text = " · ".join(filter(None, (lost or waiting or served(observation), self._line)))
        picture = replace(carrier.picture(), steps=self._steps(waiting))
        moved = (waiting, self._line.partition(" · ")[0], *facts.values())  # ages alone are no news
        if moved == self._told:
            now = carrier.clock.now()
            yield OperationEvent("observed", now, carrier.log.record.id, "", facts, picture)
            return
        self._told = moved
        said = carrier.event("progress", text, facts)
        yield replace(said, progress=picture)

    def _steps(self, waiting: str) -> tuple[Step, ...]:
        record = self.carrier.log.record
        return self.carrier.timeline.steps(
            waiting,
            self.carrier.plan.estimate,
            safe=record.safe_at is not None,
            done=record.done_at is not None,
        )

    def _settle(self, settled: Outcome) -> Iterator[OperationEvent]:
        """ECS has settled it; anything but success is the verdict at once."""
        carrier = self.carrier
        if settled.verdict is not Verdict.SUCCEEDED:
            yield carrier.end(settled.verdict, settled.by, settled.reason, settled.at)
            return
        carrier.timeline.mark("settled", settled.at or carrier.clock.now(), "ECS has finished")
        yield carrier.event("settled", "ECS has finished")

    def _finish(self, observation: Observation, sight: Sight, settled: Outcome) -> Iterator[OperationEvent]:
        """SUCCEEDED once *safe* is proved; a success that the targets deny is not believed."""
        carrier = self.carrier
        safe_at = carrier.log.record.safe_at
        settled_at = settled.at or observation.at
        self._settled_seen_at = self._settled_seen_at or max(settled_at, observation.at)
        safety = self._safety.now
        if safe_at is not None and safety.is_safe:
            done_at = max(safe_at, settled_at)  # done is safe, and ECS has nothing left to do
            if not self._is_done:
                self._is_done = True
                yield from self._done(done_at)
            if carrier.ended or (self._guarded is not None and self._guarded.holds_end(done_at)):
                return
            if self._deaths.lately:
                yield from self._withhold("ECS reports success")
                return
            if self._guarded is not None:
                yield from self._guarded.end_asking()
            if not carrier.ended:
                yield carrier.end(Verdict.SUCCEEDED, settled.by, self._aftercare(), done_at)
        elif not sight.safe and observation.at - self._unproven_since(safety) > UNPROVEN_FOR:
            why = f"ECS reports success, but {safety.trouble or sight.why}"
            verdict = Verdict.UNKNOWN if sight.reading is Reading.UNREAD else Verdict.FAILED
            yield carrier.end(verdict, None, " · ".join(filter(None, (why, self._line))))

    def _withhold(self, said: str) -> Iterator[OperationEvent]:
        """No success while its own tasks die: waits until they last, and gives up where they go on to die."""
        if self._deaths.withhold():
            why = f"{said}, but {self._deaths.said}"
            yield self.carrier.end(Verdict.FAILED, None, " · ".join(filter(None, (why, self._line))))

    def _unproven_since(self, safety: Safety) -> datetime:
        """Since when ECS's success and the targets disagree: seen to be settled, and not safe."""
        seen = self._settled_seen_at or self.carrier.clock.now()
        return max(seen, safety.since) if safety.since is not None else seen

    def _done(self, done_at: datetime) -> Iterator[OperationEvent]:
        carrier = self.carrier
        is_told = carrier.log.record.done_at is not None  # by the process that carried it before
        carrier.log.change(done_at=done_at)
        carrier.timeline.mark("done", done_at, "done")
        if not is_told:
            yield carrier.event("done", "done", {"done_s": carrier.log.record.seconds_to(done_at)})
        if not self._tried:
            yield from self._try_out()

    def _try_out(self) -> Iterator[OperationEvent]:
        """What is done once it serves. Where a guard may go back, a failure does not end its judging."""
        self._tried = True
        if self._guarded is not None:
            self.carrier.takes_up = self._guarded.take_up
        try:
            yield from walk_after(self.carrier)
        except TakenUpError as taken:
            yield taken.event
        finally:
            self.carrier.takes_up = None

    def _aftercare(self) -> str:
        plan = self.carrier.plan
        if plan.verb is not Verb.ROLLBACK:
            return self._line  # successful is not the same as well: what dies meanwhile is said
        return held(plan, self.carrier.log.trouble)

    def _overdue(self) -> OperationEvent | None:
        """The end of the watch: ECS goes on, and what is known is said."""
        carrier = self.carrier
        limit = carrier.limits.timeout_s
        if self._is_done:
            return None  # ECS has done its part; its guard goes on for as long as it was told to
        if limit is None or not carrier.is_overdue:
            return None
        seen = carrier.progress.observation if carrier.in_contact else None
        has_arrived = self._safety.now.is_safe and seen is not None and not self._deaths.lately
        if has_arrived and carrier.plan.verb is Verb.ROLLBACK and not carrier.plan.after:
            return carrier.end(Verdict.SUCCEEDED, "operator", "safe; ECS has not finished yet")
        verdict, reason = given_up(seen, limit, "ECS")
        return carrier.end(verdict, None, reason)
