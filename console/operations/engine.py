"""The one door to operations: the console and the command line plan, execute and resume through it."""

from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from functools import partial

from console.config.settings import Settings
from console.domain.address import Address, Identity
from console.domain.group import GroupEvent, GroupPlan, GroupWish
from console.domain.guarded import GuardAnswer
from console.domain.open_trip import OpenTrip
from console.domain.operation import Hold, OperationEvent, OperationRecord, Plan, Verb
from console.domain.registry import Offer
from console.domain.wish import Wish
from console.errors import JournalError
from console.operations import execution, group, rehearsal
from console.operations.carrier import Limits
from console.operations.gate import Gate, NoGate, is_gated
from console.operations.guard_feed import Guards
from console.operations.guard_trips import OpenTrips
from console.operations.guard_watch import watch_plan
from console.operations.interrupted import unless_done_for_its_group
from console.operations.means import Means
from console.operations.outside import Outside
from console.operations.permission import Permission
from console.operations.planning import Planning, plan
from console.operations.policy import policy_checks
from console.operations.resuming import plan_of
from console.operations.statements import Statements
from console.operations.under_way import UnderWay, joined
from console.operations.versions import offers
from console.ports import Clock, Journal, Platform
from console.signals.lanes import Lane, ThreadLane
from console.signals.watching import SignalWatch


class Engine:
    """Plans and carries operations; blocking, on the caller's thread, waiting only through the clock.

    Args:
        platforms: By environment key.
        journal: Where operations are written before they happen.
        clock: The only source of time.
        settings: The configuration.
        timeout_s: Give up watching that long after confirming, in contact or not; ``None``: never.
        until: How far deploys are followed: ``safe``, ``bake`` or ``done``.
        hooks: What pause hooks of our own deployments meet: ``wait``, ``stop`` or ``continue``.
        asks: What questions to a person meet: ``wait`` for an answer, or ``stop`` as PAUSED.
        outside: By environment: the way to the services themselves; without it no requests are sent.
        gate: What else has to be settled before something new is shipped.
        watch: Who looks at the figures of an environment, by its key; without it nothing is guarded.
        lane: Makes the thread on which the figures of one guarded operation are looked at.
    """

    def __init__(
        self,
        platforms: Mapping[str, Platform],
        journal: Journal,
        clock: Clock,
        settings: Settings,
        timeout_s: float | None = None,
        until: str = "done",
        hooks: str = "wait",
        asks: str = "wait",
        outside: Mapping[str, Outside] | None = None,
        gate: Gate | None = None,
        watch: Callable[[str], SignalWatch | None] | None = None,
        lane: Callable[[str], Lane] = ThreadLane,
    ) -> None:
        followed = Limits(timeout_s, until=until, hooks=hooks, asks=asks)
        self._means = Means(
            platforms, journal, clock, settings, followed, outside or {}, gate=gate or NoGate()
        )
        if watch is not None:
            self._means.guards = Guards(watch, self, lane)
        self._under_way = UnderWay(self._means)
        self._permission = Permission(self._means, self._under_way)
        self._statements = Statements(self._means)
        self._open_trips = OpenTrips(self._means, self._under_way)

    # planning

    def plan(self, wish: Wish) -> Plan:
        """The plan to carry out a wish; reads only.

        Raises:
            RefusedError: when it cannot be done, or would not last.
            UnknownVersionError: when it names a version that does not exist or never ran.
        """
        means = self._means
        bearings = means.bearings(wish.address)
        made = plan(wish, Planning(bearings, means.journal, means.settings, means.clock))
        rules = means.settings.environments[bearings.platform.environment.key]
        checks = (*made.checks, *policy_checks(made, rules, means.platforms, means.clock.now()))
        made = means.with_guard(replace(made, checks=checks), wish, bearings.observation)
        walked = means.gate.check(made) if is_gated(made) else None
        return replace(made, checks=(*checks, walked)) if walked is not None else made

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
        means = self._means
        return offers(address, limit, means.platform(address), means.journal, means.clock)

    # executing

    def execute(
        self, plan: Plan, typed: str | None = None, clock: Clock | None = None
    ) -> Generator[OperationEvent, None, None]:
        """Carry out a plan, or follow whoever carries out the same; the last event is the verdict.

        Args:
            plan: As it was shown.
            typed: What the operator typed to confirm it.
            clock: Waits through another one than the engine's own: members of a group take turns.

        Raises:
            RefusedError: not confirmed, read-only, a required check failed, an operation of another
                verb is under way. Nothing has been sent or journalled then.
        """
        clock = clock or self._means.clock
        while True:
            beside = self._permission.ask(plan, typed)
            twin = self._under_way.twin(plan)
            if twin is not None:
                yield joined(twin, clock.now())
                yield from self.resume(twin.id)
                return
            carrier = execution.begin(self._means, plan, clock, beside)
            if carrier is not None:
                yield from execution.carry(self._means, carrier)
                return

    def permit(self, plan: Plan, typed: str | None) -> None:
        """Refuse what :meth:`execute` would refuse; nothing is sent or written.

        Raises:
            RefusedError: as there.
        """
        self._permission.ask(plan, typed)

    def actor(self, identity: Identity) -> str:
        """Who acts: the setting, QUARTERDECK_OPERATOR, the caller's session name, the machine's user."""
        return self._means.actor(identity)

    # groups

    def plan_group(self, wish: GroupWish) -> GroupPlan:
        """The plans of a group's members (deploy, rollback, restart), in its waves; reads only.

        Raises:
            RefusedError, UnknownVersionError: when one of the members cannot be planned.
            UnknownServiceError: when there is no such group.
        """
        planned = partial(self._plan_member, str(wish.group))
        return group.plan_group(wish, self._means.settings, self._means.clock, planned)

    def _plan_member(self, name: str, wish: Wish) -> Plan:
        """What is under way already is followed by the plan that was confirmed then; what an interrupted
        run of the group has restarted is left as it is."""
        followed = self._under_way.plan_of(wish)
        if followed is not None or wish.verb is not Verb.RESTART:
            return followed or self.plan(wish)
        made = self.plan(wish)
        with suppress(JournalError):
            return unless_done_for_its_group(made, name, self._means.journal, self._means.clock.now())
        return made

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
        return group.GroupCarrier(plan, self, self._means.journal, self._means.clock).carry(typed)

    def permit_member(self, plan: Plan, typed: str) -> None:
        """Refuse what :meth:`carry` would refuse: nothing where the same is under way already.

        Raises:
            RefusedError: as :meth:`execute` does.
        """
        if self._under_way.same_as(plan) is None:
            self.permit(plan, typed)

    def carry(self, plan: Plan, typed: str, clock: Clock) -> Iterator[OperationEvent]:
        """Execute a member's plan, or follow the open operation that does the same."""
        same = self._under_way.same_as(plan)
        return self.resume(same.id) if same else self.execute(plan, typed, clock)

    # what is under way

    def open_operations(self) -> tuple[OperationRecord, ...]:
        """Operations whose end nobody knows yet, newest first; an unreadable journal knows none."""
        return self._under_way.all()

    def attachable(self, verb: Verb, address: Address) -> OperationRecord | None:
        """The open operation that the same verb on the same address joins instead of planning anew."""
        return self._under_way.attachable(verb, address)

    def joinable(self, wish: Wish) -> OperationRecord | None:
        """The open operation that does exactly what is wished: it is followed instead of planned anew."""
        return self._under_way.joinable(wish)

    def resume(self, operation_id: str, *, goes_on: bool = False) -> Iterator[OperationEvent]:
        """Go on with an open operation to its verdict: follow it while its process lives, take it over
        when it is gone. Nothing is sent.

        Args:
            goes_on: What is left of a guided walk is done, because a person has just said so.
        """
        if self._means.record(operation_id).verb is Verb.REHEARSE:
            yield from rehearsal.resume(self, self._means, operation_id)
        else:
            yield from self._under_way.resume(operation_id, goes_on=goes_on)

    def open_question(self, operation_id: str) -> str:
        """What an operation asks a person, and nobody has answered; empty without a question.

        Raises:
            JournalError: when the journal cannot be read.
        """
        return self._under_way.open_question(operation_id)

    def answer(self, operation_id: str, *, yes: bool) -> bool:
        """Write a person's answer to what an operation asks; whoever carries it finds it there. Whether
        it asked anything.

        Raises:
            RefusedError: in a read-only environment: what is left of it would change something.
            JournalError: when it cannot be written: nobody would find it.
        """
        return self._under_way.answer(operation_id, yes=yes)

    def answer_guard(
        self,
        operation_id: str,
        answer: GuardAnswer,
        plan: Plan | None = None,
        typed: str | None = None,
        tripped_at: datetime | None = None,
    ) -> bool:
        """Write a person's answer to a guard that has tripped: roll back now, wait, or ignore it. Whoever
        carries the operation goes back by exactly the plan that was confirmed, or not at all. Whether it
        still asked, and nobody had answered.

        Args:
            plan: The rollback as it was shown, where it is to go back.
            typed: What the operator typed to confirm that.
            tripped_at: The trip that was shown; ``None``: whichever is open.

        Raises:
            RefusedError: when it is to go back and that is not confirmed, is the plan of another service, or
                the environment is read-only.
            JournalError: when it cannot be written: nobody would find it.
        """
        if plan is not None:
            self.permit(plan, typed)
        return self._under_way.answer_guard(operation_id, answer, plan, tripped_at)

    def open_trips(self) -> tuple[OpenTrip, ...]:
        """The guards of other processes that ask, or asked in one that is gone; one thread alone calls
        it."""
        return self._open_trips.read()

    def watch_after(self, operation_id: str) -> Iterator[OperationEvent]:
        """Go on judging the figures of a deploy that has succeeded, as an operation of its own; the last
        event is its verdict. No events where nothing is to be judged, or that is done already.

        Raises:
            JournalError: when the journal cannot be read or written.
        """
        means, record = self._means, self._means.record(operation_id)
        plan = watch_plan(record, plan_of(record, means.journal.entries(record.id)), means.clock.now())
        if plan is not None and not self._under_way.is_watched(plan):
            carrier = execution.begin(means, plan, means.clock)
            yield from execution.carry(means, carrier) if carrier is not None else ()

    def record(self, operation_id: str) -> OperationRecord | None:
        """An operation as the journal has it; ``None``: it has not."""
        return self._means.journal.operation(operation_id)

    # what is said, and sends nothing

    def holds(self) -> Mapping[Address, Hold]:
        """The services that are held.

        Raises:
            JournalError: when the journal cannot be read, so that nobody can say.
        """
        return self._statements.holds()

    def end_hold(self, address: Address) -> Iterator[OperationEvent]:
        """End the hold of a service; journalled, nothing is sent."""
        yield self._statements.end_hold(address)

    def mark(
        self, address: Address, version: str, *, bad: bool = True, why: str = ""
    ) -> Iterator[OperationEvent]:
        """Say that a version is bad, so that no rollback goes to it unasked, or that it is not; journalled,
        nothing is sent.

        Raises:
            UnknownVersionError: when nothing of that name runs or ran there.
        """
        yield self._statements.mark(address, version, bad=bad, why=why)

    def rehearse(self, address: Address) -> Iterator[OperationEvent]:
        """Roll back for real and forward again, outside of production; see :func:`rehearsal.rehearse`."""
        return rehearsal.rehearse(self, self._means, address)
