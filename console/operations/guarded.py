"""The guard of a deploy that we carry: judged beside the observing, asking or going back when it trips."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta

from console.domain.guard import Blame, GuardMode, GuardPolicy, ServiceSignals, Trip
from console.domain.guarded import GuardAnswer, GuardFigure, GuardPhase, GuardState, GuardTerms, GuardView
from console.domain.operation import Entry, Mechanism, OperationEvent, Plan, Verdict
from console.domain.rollout import Rollout
from console.domain.service import Observation
from console.domain.words import clock as minutes
from console.errors import JournalError, QuarterdeckError
from console.operations import guard_log as log
from console.operations.carrier import Carrier
from console.operations.guard_back import Back
from console.operations.guard_feed import GuardFeed
from console.operations.guard_findings import Findings
from console.operations.guard_words import armed_words, ended_words, headline, question
from console.signals.guarding import Guard

SNOOZED = timedelta(minutes=5)
"""How long *wait* keeps it from asking again."""
MOST_TRIES = 3
"""A rollback that is refused, because the service has changed meanwhile, is planned anew so often."""


class Guarded:
    """One deploy's guard. The engine's thread alone uses it.

    Args:
        carrier: The deploy.
        terms: How it is guarded.
        feed: Its figures.
        back: Its way back.
    """

    def __init__(self, carrier: Carrier, terms: GuardTerms, feed: GuardFeed, back: Back) -> None:
        self._carrier = carrier
        self._terms = terms
        self._feed = feed
        self._back = back
        self._only_asks = False
        self._guard = self._armed()
        self._trips = 0
        self._asked: Trip | None = None
        """The trip that waits for a person; ``None``: nothing is asked."""
        self._asked_before = ""
        """What it asked in a process that is gone, as long as no figures say it anew."""
        self._figures_before: tuple[GuardFigure, ...] = ()
        """The figures that it asked about there."""
        self._is_countdown = False
        self._seen = 0
        """Number of the newest entry that was taken for an answer."""
        self._snoozed_until: datetime | None = None
        self._findings = Findings()
        self._phase = GuardPhase.ROLLOUT
        self._until: datetime | None = None
        self._tries = 0
        self._ordered_at: datetime | None = None
        self._is_told = False
        self._failed: tuple[str, ...] = ()
        """Tests of the new version that failed once it served: it is no success any more."""
        self._way: Plan | None = None
        """The armed rollback, as it was planned when it tripped."""
        self._at_trip: ServiceSignals | None = None
        """The figures that tripped it: they are what is looked for once it has gone back."""
        self._view: GuardView
        self._picture(None)

    def _armed(self) -> Guard:
        mode = GuardMode.ASK if self._only_asks and self._terms.is_on else self._terms.mode
        foreign = self._carrier.plan.mechanism is Mechanism.WATCH
        policy = GuardPolicy(mode=mode, countdown=timedelta(seconds=self._terms.countdown_s))
        return Guard(policy, is_foreign=foreign, asked_for=self._terms.is_asked)

    @property
    def _asks(self) -> bool:
        """It waits for a person, and goes back for nobody else."""
        return self._asked is not None and not self._is_countdown

    # what the observing asks of it

    @property
    def holds_pauses(self) -> bool:
        """No pause is continued while it asks, or is about to go back."""
        return self._asked is not None

    def holds_end(self, done_at: datetime) -> bool:
        """Whether a deploy that is done goes on being judged; begins its bake. An open question holds it
        whether a bake was asked for or not: no success is given over it."""
        if not self._guard.is_armed:
            return False
        if self._is_waited_for and self._phase is GuardPhase.ROLLOUT:
            self._phase = GuardPhase.BAKE
            self._until = done_at + timedelta(seconds=self._terms.bake_s)
            self._is_told = False
        if self._asked is not None and (self._is_countdown or self._carrier.limits.asks == "wait"):
            return True
        if not self._is_waited_for:
            return False
        if self._failed and self._asked is not None:
            return False
        return self._until is not None and self._carrier.clock.now() < self._until

    @property
    def _is_waited_for(self) -> bool:
        """A bake holds nobody up who did not ask for it: what only asks goes on asking in a watch of its
        own."""
        limits = self._carrier.limits
        if limits.until != "done":
            return False
        return self._terms.is_asked or self._terms.mode is GuardMode.ROLLBACK

    def watch(self, ordered_at: datetime, until: datetime) -> None:
        """Judge a deploy that has succeeded, by what was before its order."""
        self._phase, self._ordered_at, self._until = GuardPhase.WATCH, ordered_at, until

    @property
    def holds_watch(self) -> bool:
        """Somebody may still answer what it asks."""
        return self._asked is not None and self._carrier.limits.asks == "wait"

    def end_asking(self) -> Iterator[OperationEvent]:
        """At the end of what is judged: neither a failed test nor a question that nobody has answered is a
        success."""
        if self._failed:
            yield self._carrier.end(Verdict.FAILED, None, "; ".join(self._failed))
        elif self._asked is not None and self._carrier.limits.asks == "stop":
            yield self._paused()

    def take_up(self, reason: str) -> OperationEvent | None:
        """A test of the new version has failed: it is no success, but where the guard may go back by itself
        the figures go on being judged; ``None``: the deploy ends by the failure.

        A test proves nothing against the version: whoever sends it may be cut off.
        """
        if not self._guard.is_armed or self._guard.policy.mode is not GuardMode.ROLLBACK:
            return None
        self._failed = (*self._failed, reason)
        return self._say(f"{reason} · the guard goes on judging", None, {"failed": reason})

    def meet(self, observation: Observation, rollout: Rollout | None) -> Iterator[OperationEvent]:
        """Judge what is known now; may go back, and end the operation by that."""
        carrier, now = self._carrier, self._carrier.clock.now()
        ordered_at = self._ordered_at or carrier.log.record.accepted_at or carrier.confirmed_at
        self._feed.tend(observation, ordered_at)
        found = self._feed.newest
        if not self._is_told:
            self._is_told = True
            yield self._say(self._standing(), found)
        if rollout is not None and rollout.status.is_going_back and self._guard.is_armed:
            yield from self._switch_off("ECS goes back already", found)
        if self._asked is not None:
            yield from self._answered(found)
        if self._guard.is_armed and not carrier.ended:
            yield from self._judge(observation, found, now)
        if self._asked is not None and not carrier.ended:
            yield from self._asking(found, rollout)
        if not carrier.ended:
            self._picture(found)

    def take_over(self, entries: tuple[Entry, ...]) -> Iterator[OperationEvent]:
        """Go on where an interrupted process left it: an open question is asked again, a countdown begins
        only when the figures still say so, and a rollback that was begun is followed."""
        left = log.left_in(entries)
        self._trips, self._only_asks = left.trips, left.only_asks
        self._guard = self._armed()
        self._failed = left.failed
        if left.is_ignored:
            self._guard.disarm("a person has switched it off")
        if left.going_back_at is not None:
            self._picture(None, GuardState.GOING_BACK)
            yield from self._back.take_over(left.rollback, left.going_back_at, self._view)
            yield from self._gone_back("guard")
        elif left.open_trip is not None:
            self._seen = max((e.number for e in entries if e.event == log.GUARD), default=0)
            why = str(left.open_trip.get("headline") or "it had tripped")
            at = log.moment(left.open_trip.get("tripped_at")) or self._carrier.clock.now()
            self._asked = Trip(at, GuardMode.ASK, why, asks_because="the process that judged it is gone")
            self._asked_before = str(left.open_trip.get("question") or "")
            told = log.view_in(left.open_trip, self._carrier.clock.now())
            self._figures_before = told.figures if told is not None else ()
            plan = self._way_back()
            self._way = plan if isinstance(plan, Plan) else None
            yield self._say(f"guard: {self._question}", None)

    # judging

    def _judge(
        self, observation: Observation, found: ServiceSignals | None, now: datetime
    ) -> Iterator[OperationEvent]:
        evidence = self._findings.evidence(observation, found, now)
        judgements = found.judgements if found is not None else ()
        blame = self._findings.blame(observation, found, evidence)
        if self._snoozed_until is not None and now < self._snoozed_until:
            return
        self._snoozed_until = None
        trip = self._guard.update(judgements, evidence, now, blame)
        if trip is not None and trip.mode is GuardMode.ASK and self._asked is not None:
            # asked already, by a process that is gone: now its figures are known, and it is the same trip
            self._asked, self._asked_before = replace(trip, at=self._asked.at), ""
        elif trip is not None:
            yield from self._tripped(trip, found)
        elif self._asks and self._findings.is_calm(found, evidence, now):
            self._forget()
            self._guard = self._armed()
            yield self._say("guard: the figures are well again", found)

    def _tripped(self, trip: Trip, found: ServiceSignals | None) -> Iterator[OperationEvent]:
        plan = self._way_back()
        why = "" if isinstance(plan, Plan) else plan
        if isinstance(plan, Plan) and not plan.proven:
            why = f"{plan.target.version.label} is not proven: {plan.doubt}"
        if why and trip.mode is GuardMode.ROLLBACK:
            trip = replace(trip, mode=GuardMode.ASK, asks_because=why)
        self._trips += 1
        self._asked, self._asked_before = trip, ""
        self._findings.forget()
        self._is_countdown = trip.mode is GuardMode.ROLLBACK
        self._way = plan if isinstance(plan, Plan) else None
        said = f"guard tripped: {headline(trip)}"
        if self._is_countdown:
            said += f" · rolling back in {minutes(self._terms.countdown_s)}"
        self._at_trip = found
        yield self._say(said, found, log.trip_facts(trip))

    def _way_back(self) -> Plan | str:
        try:
            return self._back.plan()
        except QuarterdeckError as error:
            return f"there is no way back: {error.message}"

    # a person's part

    def _asking(self, found: ServiceSignals | None, rollout: Rollout | None) -> Iterator[OperationEvent]:
        if self._is_countdown and self._asked is not None and (doubt := _doubt(found)):
            self._asked = replace(self._asked, blame=_blame(found))
            yield from self._asks_instead(doubt, found)
        if self._is_countdown and self._guard.is_due(self._carrier.clock.now()):
            yield from self._go_back("guard", found)
        elif self._asks and rollout is not None and rollout.waiting is not None:
            yield from self.end_asking()  # the pause waits for the answer, and nobody is there to give it

    def _answered(self, found: ServiceSignals | None) -> Iterator[OperationEvent]:
        try:
            entry = log.answer_to(self._carrier.log.entries(), self._trips, self._seen)
        except JournalError:
            return  # it cannot be read now; what was answered is still there later
        if entry is None:
            return
        self._seen, who = entry.number, str(entry.facts.get("by") or "somebody")
        for event in self._obeyed(entry, who, found):
            if event.event == log.GUARD:
                self._pass_over()
            yield event

    def _pass_over(self) -> None:
        """What others have answered until now came second: it was about a question that is settled."""
        with suppress(JournalError):
            self._seen = max((entry.number for entry in self._carrier.log.entries()), default=self._seen)

    def _obeyed(self, entry: Entry, who: str, found: ServiceSignals | None) -> Iterator[OperationEvent]:
        answer, now = GuardAnswer(str(entry.facts[log.ANSWER])), self._carrier.clock.now()
        if answer is GuardAnswer.BACK:
            plan = log.confirmed_in(entry)
            if plan is None:
                yield from self._asks_instead(f"{who}'s answer has no confirmed plan", found)
            else:
                yield from self._go_back(who, found, plan)
        elif answer is GuardAnswer.IGNORE:
            yield from self._switch_off(f"{who} has switched it off", found)
        elif self._is_countdown:
            self._only_asks = True
            self._guard.cancel(now)
            self._is_countdown = False
            yield self._say(f"guard: {who} has stopped the countdown; it asks", found)
        else:
            self._forget()
            self._only_asks, self._snoozed_until = True, now + SNOOZED
            self._guard = self._armed()
            yield self._say(f"guard: {who} waits; it asks again in {minutes(SNOOZED.seconds)}", found)

    def _forget(self) -> None:
        self._asked, self._is_countdown = None, False
        self._findings.forget()

    def _switch_off(self, why: str, found: ServiceSignals | None) -> Iterator[OperationEvent]:
        self._forget()
        self._guard.disarm(why)
        yield self._say(f"guard off: {why}", found)

    def _paused(self) -> OperationEvent:
        """Nobody is there to answer: said as the end of the watch, and not as a success."""
        trip, address = self._asked, self._carrier.plan.address
        said = headline(trip) if trip is not None else ""
        how = f"quarterdeck rollback {address} goes back, deploy {address} --answer ignore goes on"
        return self._carrier.end(Verdict.PAUSED, "guard", f"the guard asks: {said} · {how}")

    # going back

    def _go_back(
        self, who: str, found: ServiceSignals | None, confirmed: Plan | None = None
    ) -> Iterator[OperationEvent]:
        """The armed rollback; the deploy ends by it.

        Args:
            confirmed: What a person has confirmed: that is sent, or nothing. Without it the rollback is
                planned by what is so now.
        """
        trip = self._asked
        onset = min((item.since for item in trip.judgements if item.since), default=None) if trip else None
        try:
            if confirmed is None:
                plan = self._back.plan(onset)
            else:
                plan = replace(confirmed, onset_at=confirmed.onset_at or onset)
        except QuarterdeckError as error:
            yield from self._asks_instead(f"it cannot go back: {error.message}", found)
            return
        if who == "guard" and not plan.proven:
            yield from self._asks_instead(f"{plan.target.version.label} is not proven: {plan.doubt}", found)
            return
        self._way = plan
        label = plan.target.version.label
        self._picture(found, GuardState.GOING_BACK)
        yield self._say(f"guard goes back to {label}", found, {"by": who}, GuardState.GOING_BACK)

        def begun(rollback: str) -> OperationEvent:
            text = f"rollback {rollback} of {plan.source.version.label} to {label}"
            return self._say(text, found, {"by": who, "rollback": rollback}, GuardState.GOING_BACK)

        by = "guard" if who == "guard" else "operator"
        yield from self._back.carry(plan, by, begun, self._view)
        yield from self._gone_back(who)

    def _gone_back(self, who: str) -> Iterator[OperationEvent]:
        """What became of the rollback decides what becomes of the deploy."""
        verdict, back = self._back.verdict, self._back
        if verdict in (None, Verdict.REFUSED):
            self._tries += 1
            if self._tries < MOST_TRIES and who == "guard" and (self._asked is None or self._is_countdown):
                self._forget()
                self._guard = self._armed()  # judged anew, by what is so now
                yield self._say(f"nothing was sent: {back.reason or 'it was never ordered'}", None)
            else:
                yield from self._asks_instead(f"it cannot go back: {back.reason}", None)
            return
        by = "guard" if who == "guard" else "operator"
        why = headline(self._asked) if self._asked is not None else "the guard had tripped"
        self._forget()
        self._guard.disarm("it has gone back")
        facts: dict[str, object] = {"rollback": back.rollback, "rollback_verdict": verdict.value}
        yield self._say(ended_words(verdict, back.reason), self._at_trip, facts)
        if verdict in (Verdict.SUCCEEDED, Verdict.NOTHING_CHANGED):
            to = self._carrier.running.version.label if self._carrier.running else "what served before"
            yield self._carrier.end(Verdict.ROLLED_BACK, by, f"back to {to}: {why}")
        else:
            reason = f"its rollback ended {verdict.words}: {back.reason} · {why}"
            yield self._carrier.end(verdict, by, reason)

    def _asks_instead(self, why: str, found: ServiceSignals | None) -> Iterator[OperationEvent]:
        now = self._carrier.clock.now()
        trip = self._asked or Trip(now, GuardMode.ASK, "it had tripped")
        self._asked, self._is_countdown = replace(trip, mode=GuardMode.ASK, asks_because=why), False
        self._guard.cancel(now)
        yield self._say(f"guard asks: {why}", found)

    # telling

    @property
    def _question(self) -> str:
        if self._asked is None:
            return ""
        return self._asked_before or question(self._carrier.plan, self._asked)

    def _standing(self) -> str:
        if not self._guard.is_armed:
            return f"guard off: {self._guard.disarmed}"
        if self._phase is GuardPhase.WATCH and self._until is not None:
            left_s = (self._until - self._carrier.clock.now()).total_seconds()
            return f"its figures are judged for {minutes(left_s)}"
        if self._phase is GuardPhase.BAKE:
            return f"guard goes on judging for {minutes(self._terms.bake_s)}"
        return f"guard armed: {self._terms.mode.value}"

    def _say(
        self,
        text: str,
        found: ServiceSignals | None,
        facts: dict[str, object] | None = None,
        state: GuardState | None = None,
    ) -> OperationEvent:
        self._picture(found, state)
        return self._carrier.event(
            log.GUARD, text, {**log.facts_of(self._view, self._trips), **(facts or {})}
        )

    def _picture(self, found: ServiceSignals | None, state: GuardState | None = None) -> None:
        """Draw it as it is now, for whoever looks at the operation."""
        now, trip, way = self._carrier.clock.now(), self._asked, self._way
        blame = (trip.blame if trip is not None else None) or _blame(found)
        at = self._guard.rolls_back_at() if self._is_countdown else None
        judged = log.figures_of(found.judgements, now) if found is not None else ()
        view = GuardView(
            state=state or self._state(found),
            mode=self._guard.policy.mode,
            phase=self._phase,
            figures=self._figures_before if self._asked_before and self._figures_before else judged,
            headline=headline(trip) if trip is not None else (blame.line if blame is not None else ""),
            question=self._question,
            rolls_back_at=at,
            asks_because=trip.asks_because if trip is not None else "",
            blame=blame,
            why=self._guard.disarmed,
            until=self._until,
            tripped_at=trip.at if trip is not None else None,
            back_to=way.target.version.label if way is not None else "",
            plan=armed_words(way) if way is not None else "",
            picture=found.picture if found is not None else None,
        )
        self._view = self._carrier.guard = log.counting_down(view, now)

    def _state(self, found: ServiceSignals | None) -> GuardState:
        if not self._guard.is_armed:
            return GuardState.OFF
        if self._asked is not None:
            return GuardState.COUNTDOWN if self._is_countdown else GuardState.TRIPPED
        has_figures = found is not None and any(item.value is not None for item in found.judgements)
        return GuardState.JUDGING if has_figures else GuardState.ARMED


def _blame(found: ServiceSignals | None) -> Blame | None:
    return found.blame if found is not None else None


def _doubt(found: ServiceSignals | None) -> str:
    """What has turned out since it tripped, and speaks against going back."""
    blame = _blame(found)
    return (blame.uncured or blame.line) if blame is not None and blame.is_deploy is False else ""
