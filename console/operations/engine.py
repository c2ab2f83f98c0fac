"""The one door to operations: the console and the command line plan, execute and resume through it."""

import getpass
import os
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from console.config.settings import Settings
from console.domain.address import Address, Identity
from console.domain.group import GroupEvent, GroupPlan, GroupWish
from console.domain.operation import (
    Check,
    CheckState,
    Hold,
    Mechanism,
    OperationEvent,
    OperationRecord,
    Plan,
    Verb,
    Verdict,
)
from console.domain.registry import Offer
from console.domain.release import Release
from console.domain.wish import Wish
from console.domain.words import clock as clock_words
from console.errors import JournalError, QuarterdeckError, RefusedError
from console.operations import bearings as positions
from console.operations import group, marks, rehearsal, ulid
from console.operations.asking import ANSWERED, open_question
from console.operations.carrier import Carrier, Limits, stored
from console.operations.holds import holds
from console.operations.lives import host, is_carried
from console.operations.log import OperationLog
from console.operations.observing import Observer
from console.operations.ordering import place
from console.operations.outside import Outside
from console.operations.performer import Performer
from console.operations.planning import Planning, asked, plan
from console.operations.policy import SHIPPING, freeze_check, policy_checks
from console.operations.proofs import PARTS
from console.operations.resuming import follow, is_recent, plan_of, resume
from console.operations.spoken import Speaker, facts_of
from console.operations.versions import offers
from console.operations.walk import walk
from console.ports import Clock, Journal, Platform


class Engine:
    """Plans and carries operations; blocking, on the caller's thread, waiting only through the clock.

    Args:
        platforms: By environment key.
        journal: Where operations are written before they happen.
        clock: The only source of time.
        settings: The configuration.
        contact_lost_s: Give up watching after that long without a successful read; ``None``: never.
        timeout_s: Give up watching that long after confirming; ``None``: never.
        until: How far deploys are followed: ``safe``, ``bake`` or ``done``.
        hooks: What pause hooks of our own deployments meet: ``wait``, ``stop`` or ``continue``.
        asks: What questions to a person meet: ``wait`` for an answer, or ``stop`` as PAUSED.
        outside: By environment: the way to the services themselves; without it no requests are sent.
    """

    def __init__(
        self,
        platforms: Mapping[str, Platform],
        journal: Journal,
        clock: Clock,
        settings: Settings,
        contact_lost_s: float | None = None,
        timeout_s: float | None = None,
        until: str = "done",
        hooks: str = "wait",
        asks: str = "wait",
        outside: Mapping[str, Outside] | None = None,
    ) -> None:
        self._platforms = platforms
        self._journal = journal
        self._clock = clock
        self._settings = settings
        self._contact_lost_s = contact_lost_s
        self._timeout_s = timeout_s
        self._until, self._hooks, self._asks = until, hooks, asks
        self._outside = outside or {}
        self._identities: dict[str, Identity] = {}
        """Who planned, by environment: after confirming, nobody is asked again."""

    # planning

    def plan(self, wish: Wish) -> Plan:
        """The plan to carry out a wish; reads only.

        Raises:
            RefusedError: when it cannot be done, or would not last.
            UnknownVersionError: when it names a version that does not exist or never ran.
        """
        bearings = positions.take(
            wish.address, self._settings.service(wish.address), self._platform(wish.address)
        )
        self._identities[bearings.platform.environment.key] = bearings.identity
        made = plan(wish, Planning(bearings, self._journal, self._settings, self._clock))
        rules = self._settings.environments[bearings.platform.environment.key]
        checks = policy_checks(made, rules, self._platforms, self._clock.now())
        return replace(made, checks=(*made.checks, *checks))

    def plan_deploy(self, address: Address, version: str) -> Plan:
        """The plan to ship a tag or digest of the registry; reads only."""
        return self.plan(Wish(Verb.DEPLOY, address, version=version))

    def plan_rollback(self, address: Address, to: str = "") -> Plan:
        """The plan to go back to what really succeeded, or to what ``to`` names; reads only."""
        return self.plan(Wish(Verb.ROLLBACK, address, to=to))

    def versions(self, address: Address, limit: int = 20) -> tuple[Offer, ...]:
        """What could be deployed: the newest versions of the registry, each with what became of it here.

        Raises:
            QuarterdeckError: when the registry cannot be listed.
        """
        return offers(address, limit, self._platform(address), self._journal, self._clock)

    def _platform(self, address: Address) -> Platform:
        return self._platforms[f"{address.system}/{address.environment}"]

    # executing

    def execute(
        self, plan: Plan, typed: str | None = None, clock: Clock | None = None
    ) -> Generator[OperationEvent, None, None]:
        """Carry out a plan; the last event is the verdict.

        Args:
            plan: As it was shown.
            typed: What the operator typed to confirm it.
            clock: Waits through another one than the engine's own: members of a group take turns.

        Raises:
            RefusedError: not confirmed, read-only, a required check failed, an operation of another
                verb is under way. Nothing has been sent or journalled then.
        """
        self.permit(plan, typed)
        clock = clock or self._clock
        platform = self._platform(plan.address)
        identity = self._identities.get(platform.environment.key) or platform.identity()
        now = clock.now()
        record = OperationRecord(
            id=ulid.new(now),
            verb=plan.verb,
            address=plan.address,
            account=plan.account,
            region=plan.region,
            cluster=plan.cluster,
            service=plan.service,
            actor=self.actor(identity),
            caller=identity.arn,
            host=host(),
            pid=os.getpid(),
            heartbeat_at=now,
            planned_at=plan.made_at,
            ordered_at=now,
            mechanism=plan.mechanism,
            source=plan.source.facts(),
            target=plan.target.facts(),
            onset_at=plan.onset_at,
        )
        log = OperationLog(self._journal, record, clock, forgiving=plan.verb.goes_back)
        limits, performer = self._limits(plan.address), self._performer(plan.address, clock)
        carrier = Carrier(plan, platform, log, clock, limits, performer)
        try:
            log.begin()
            confirmed = carrier.event("confirmed", _confirmed(plan), _shown(plan), {"plan": stored(plan)})
        except JournalError as error:
            raise RefusedError(
                f"the journal cannot be written, so nothing is changed: {error.message}", error.remedy
            ) from error
        yield confirmed
        if plan.nothing_to_do:
            yield carrier.end(Verdict.NOTHING_CHANGED, None, plan.nothing_to_do)
            return
        if plan.actions:
            yield from walk(carrier)
        if carrier.ended or plan.mechanism is Mechanism.ACTIONS:
            return
        yield from place(carrier)
        if carrier.accepted is not None and not carrier.ended:
            yield from Observer(carrier, carrier.accepted).watch()

    def permit(self, plan: Plan, typed: str | None) -> None:
        """Refuse what :meth:`execute` would refuse; nothing is sent or written.

        Raises:
            RefusedError: as there.
        """
        environment = self._platform(plan.address).environment
        if plan.nothing_to_do:
            return
        if environment.read_only:
            raise RefusedError(
                f"{environment.key} is read-only", "set read_only = false in the configuration"
            )
        if plan.confirm and typed not in (plan.confirm, str(plan.address)):
            raise RefusedError(
                f"{plan.address} is not confirmed", f"pass what has to be typed: {plan.confirm}"
            )
        blockers = self._blockers(plan)
        if blockers:
            raise RefusedError(_blocked(blockers), blockers[0].remedy)
        other = self._in_the_way(plan)
        if other is not None:
            raise RefusedError(
                f"a {other.verb.value} of {plan.address} by {other.actor} is under way",
                f"quarterdeck {other.verb.value} {plan.address} follows it",
            )

    def _blockers(self, plan: Plan) -> tuple[Check, ...]:
        """What forbids it: failed checks of the plan, and a freeze that has begun since."""
        if plan.verb.goes_back:
            return ()
        rules = self._settings.environments[f"{plan.address.system}/{plan.address.environment}"]
        frozen = freeze_check(rules, self._clock.now()) if plan.verb in SHIPPING else None
        begun = frozen is not None and frozen.state is CheckState.FAIL
        return plan.blockers or ((frozen,) if frozen is not None and begun else ())

    def _in_the_way(self, plan: Plan) -> OperationRecord | None:
        """The open operation of ours that this one must not disturb.

        What goes back disturbs any. A pause belongs to a deployment under way, so that deciding about it
        disturbs none. A deployment that nobody watches any more, because it bakes or is paused, lets the
        number of tasks change. Deploys of other versions follow one another.
        """
        if plan.verb.goes_back or plan.verb is Verb.CONTINUE:
            return None
        watched = (None, Verdict.UNKNOWN)
        for record in self._open_at(plan.address):
            same = record.verb is plan.verb and plan.verb is Verb.DEPLOY
            if same or (plan.verb is Verb.SCALE and record.verdict not in watched):
                continue
            return record
        return None

    def _open_at(self, address: Address) -> Iterator[OperationRecord]:
        return (item for item in self.open_operations() if item.address == address)

    def _limits(self, address: Address) -> Limits:
        after: timedelta = self._settings.service(address).no_check_healthy_after
        return Limits(self._timeout_s, self._contact_lost_s, after, self._until, self._hooks, self._asks)

    def _performer(self, address: Address, clock: Clock) -> Performer:
        settings = self._settings.service(address)
        outside = self._outside.get(f"{address.system}/{address.environment}")
        return Performer(self._platform(address), clock, settings, outside)

    def actor(self, identity: Identity) -> str:
        """Who acts: the setting, QUARTERDECK_OPERATOR, the caller's session name, the machine's user."""
        named = self._settings.operator or os.environ.get("QUARTERDECK_OPERATOR", "")
        if named or identity.session_name:
            return named or identity.session_name
        try:
            return getpass.getuser()
        except (KeyError, OSError):
            return "unknown"

    # groups

    def plan_group(self, wish: GroupWish) -> GroupPlan:
        """The plans of a group's members (deploy, rollback, restart), in its waves; reads only.

        Raises:
            RefusedError, UnknownVersionError: when one of the members cannot be planned.
            UnknownServiceError: when there is no such group.
        """
        return group.plan_group(wish, self._settings, self._clock, self.plan)

    def execute_group(self, plan: GroupPlan, typed: str | None = None) -> Iterator[GroupEvent]:
        """Carry out a group's plan: every member's events with its address, the members of one wave
        taking turns; the last event is the group's own verdict, with ``members`` and ``not_begun`` in
        its facts. A member whose own operation is under way already is followed instead of begun.

        Args:
            plan: As it was shown.
            typed: ``plan.confirm``, or the group's address.

        Raises:
            RefusedError: not confirmed, or something speaks against one member. Nothing has been sent
                to any of them then.
        """
        return group.GroupCarrier(plan, self, self._journal, self._clock).carry(typed)

    def carry(self, plan: Plan, typed: str, clock: Clock) -> Iterator[OperationEvent]:
        """Execute a member's plan, or follow the open operation that does the same."""
        for record in self._open_at(plan.address):
            if record.verb is plan.verb and self._asked(record) == plan.asked:
                return self.resume(record.id)
        return self.execute(plan, typed, clock)

    # resuming

    def open_operations(self) -> tuple[OperationRecord, ...]:
        """Operations whose end nobody knows yet, newest first; an unreadable journal knows none."""
        try:
            records = self._journal.operations(open_only=True)
        except JournalError:
            return ()
        configured = {item.address for item in self._settings.services()}
        now = self._clock.now()
        return tuple(r for r in records if r.address in configured and is_recent(r, now))

    def attachable(self, verb: Verb, address: Address) -> OperationRecord | None:
        """The open operation that the same verb on the same address joins instead of planning anew."""
        return next((r for r in self._open_at(address) if r.verb is verb), None)

    def joinable(self, wish: Wish) -> OperationRecord | None:
        """The open operation that does exactly what is wished: it is followed instead of planned anew."""
        wanted = asked(wish)
        return next(
            (r for r in self._open_at(wish.address) if r.verb is wish.verb and self._asked(r) == wanted), None
        )

    def _asked(self, record: OperationRecord) -> Mapping[str, object] | None:
        """What an operation was to do; ``None`` where the journal does not tell."""
        try:
            return plan_of(record, self._journal.entries(record.id)).asked
        except (RefusedError, JournalError):
            return None

    def resume(self, operation_id: str, *, goes_on: bool = False) -> Iterator[OperationEvent]:
        """Go on with an open operation to its verdict: follow it while its process lives, take it over
        when it is gone. Nothing is sent.

        Args:
            goes_on: What is left of a guided walk is done, because a person has just said so.
        """
        while True:
            record = self._record(operation_id)
            entries = self._journal.entries(operation_id)
            try:
                plan = plan_of(record, entries)
            except RefusedError:
                yield from self._never_confirmed(record)
                return
            platform = self._platform(record.address)
            if record.verdict is None and is_carried(record, self._clock.now()):
                yield from follow(record, plan, self._journal, platform, self._clock)
            elif record.is_open:
                if self._journal.claim(
                    record.id, host(), os.getpid(), self._clock.now(), record.heartbeat_at
                ):
                    yield from self._take_over(self._record(operation_id), plan, platform, goes_on=goes_on)
                    return
            else:
                yield self._ended(record)
                return
            if not self._record(operation_id).is_open:
                return

    def _take_over(
        self, record: OperationRecord, plan: Plan, platform: Platform, *, goes_on: bool = False
    ) -> Iterator[OperationEvent]:
        log = OperationLog(self._journal, record, self._clock, forgiving=True)
        limits, performer = self._limits(record.address), self._performer(record.address, self._clock)
        carrier = Carrier(plan, platform, log, self._clock, limits, performer)
        carrier.watched_since, carrier.goes_on = self._clock.now(), goes_on
        yield from resume(carrier, self._journal.entries(record.id))

    def open_question(self, operation_id: str) -> str:
        """What an operation asks a person, and nobody has answered; empty without a question.

        Raises:
            JournalError: when the journal cannot be read.
        """
        entries = self._journal.entries(operation_id)
        number = open_question(entries)
        plan = plan_of(self._record(operation_id), entries)
        return plan.actions[number].said if number is not None else ""

    def answer(self, operation_id: str, *, yes: bool) -> bool:
        """Write a person's answer to what an operation asks; whoever carries it finds it there. Whether
        it asked anything.

        Raises:
            RefusedError: in a read-only environment: what is left of it would change something.
            JournalError: when it cannot be written: nobody would find it.
        """
        record = self._record(operation_id)
        platform = self._platform(record.address)
        if yes and platform.environment.read_only:
            raise RefusedError(f"{platform.environment.key} is read-only", "go on where it is not")
        number = open_question(self._journal.entries(operation_id))
        if number is None:
            return False
        word, who = "yes" if yes else "no", self.actor(platform.identity())
        facts = {"action": number, "answer": word, "by": who}
        self._journal.append(operation_id, ANSWERED, self._clock.now(), f"{who} answers {word}", facts)
        return True

    def _never_confirmed(self, record: OperationRecord) -> Iterator[OperationEvent]:
        log = OperationLog(self._journal, record, self._clock, forgiving=True)
        reason = "interrupted before anything was sent"
        log.change(verdict=Verdict.REFUSED, reason=reason, ended_at=self._clock.now())
        yield self._ended(log.record)

    def _ended(self, record: OperationRecord) -> OperationEvent:
        facts = next(
            (e.facts for e in reversed(self._journal.entries(record.id)) if e.event == "verdict"),
            {"verdict": record.verdict.value if record.verdict else None, "reason": record.reason},
        )
        text = f"{record.verdict.words if record.verdict else ''} · {record.reason}"
        return OperationEvent("verdict", self._clock.now(), record.id, text, facts)

    def _record(self, operation_id: str) -> OperationRecord:
        record = self._journal.operation(operation_id)
        if record is None:
            raise QuarterdeckError(f"the journal holds no operation {operation_id}")
        return record

    # holds

    def holds(self) -> Mapping[Address, Hold]:
        """The services that are held.

        Raises:
            JournalError: when the journal cannot be read, so that nobody can say.
        """
        return holds(self._journal.operations())

    def end_hold(self, address: Address) -> Iterator[OperationEvent]:
        """End the hold of a service; journalled, nothing is sent."""
        hold = self.holds().get(address)
        reason = f"no longer held at {hold.version}" if hold else "it was not held"
        held = {"version": hold.version, "digest": hold.digest} if hold else {}
        record = self._speaker(address).says(Verb.RELEASE, held, reason, changed=hold is not None)
        yield self._said(record, kept=hold is not None)

    # versions that are bad, and ways back that are proved

    def mark(
        self, address: Address, version: str, *, bad: bool = True, why: str = ""
    ) -> Iterator[OperationEvent]:
        """Say that a version is bad, so that no rollback goes to it unasked, or that it is not; journalled,
        nothing is sent.

        Raises:
            UnknownVersionError: when nothing of that name runs or ran there.
        """
        position = positions.take(address, self._settings.service(address), self._platform(address))
        operations = self._journal.operations(str(address))
        release = marks.named(position, version, operations, self._clock)
        said = "marked bad" if bad else "no longer called bad"
        reason = f"{release.version.label} {said}" + (f": {why}" if why else "")
        record = self._speaker(address).says(Verb.MARK, {**release.facts(), marks.BAD: bad}, reason)
        yield self._said(record, kept=True)

    def rehearse(self, address: Address) -> Iterator[OperationEvent]:
        """Roll back for real and forward again, outside of production; see :func:`rehearsal.rehearse`."""
        return rehearsal.rehearse(self, address)

    def rehearsed(
        self, gone: OperationRecord | None, origin: Release, parts: Sequence[str], trouble: str = ""
    ) -> OperationEvent:
        """Journal what a rehearsal proved, with the times of its way back; its verdict."""
        address = gone.address if gone is not None else None
        if gone is None or address is None:
            raise JournalError("the journal does not hold the rehearsal's rollback")
        about = {**origin.facts(), PARTS: list(parts)}
        took = gone.seconds_to(gone.safe_at)
        reason = trouble or f"way back proved in {clock_words(took or 0.0)}"
        record = replace(
            self._speaker(address).says(Verb.REHEARSE, about, reason),
            ordered_at=gone.ordered_at,
            accepted_at=gone.accepted_at,
            safe_at=gone.safe_at,
            verdict=Verdict.FAILED if trouble else Verdict.SUCCEEDED,
        )
        return self._said(record, kept=True)

    def record(self, operation_id: str) -> OperationRecord | None:
        """An operation as the journal has it; ``None``: it has not."""
        return self._journal.operation(operation_id)

    def _speaker(self, address: Address) -> Speaker:
        platform = self._platform(address)
        identity = platform.identity()
        service = self._settings.service(address)
        return Speaker(self.actor(identity), identity, platform.environment, service, self._clock.now())

    def _said(self, record: OperationRecord, *, kept: bool) -> OperationEvent:
        """Journal what a person said, and tell it."""
        facts = facts_of(record)
        at = record.ended_at or self._clock.now()
        if kept:
            self._journal.begin(record)
            self._journal.append(record.id, "verdict", at, record.reason, facts)
        return OperationEvent("verdict", at, record.id if kept else None, record.reason, facts)


def _confirmed(plan: Plan) -> str:
    return f"{plan.verb.value} {plan.source.version.label} -> {plan.target.version.label} confirmed"


def _shown(plan: Plan) -> dict[str, object]:
    """What of the plan an event says."""
    return {
        "address": str(plan.address),
        "account": plan.account,
        "region": plan.region,
        "cluster": plan.cluster,
        "service": plan.service,
        "mechanism": plan.mechanism.value,
        "from": plan.source.facts(),
        "to": plan.target.facts(),
        "proven": plan.proven,
        "doubt": plan.doubt,
        "estimate_s": plan.estimate.safe_s if plan.estimate else None,
    }


def _blocked(blockers: tuple[Check, ...]) -> str:
    return "; ".join(f"{item.name}: {item.evidence}" for item in blockers if item.state is CheckState.FAIL)
