"""A permitted plan, journalled and carried to its verdict."""

import os
from collections.abc import Collection, Generator

from console.domain.operation import Mechanism, OperationEvent, OperationRecord, Plan, Verb, Verdict
from console.errors import JournalError, QuarterdeckError
from console.operations import ulid
from console.operations.carrier import Carrier, stored
from console.operations.deletion import DeletedServiceError, failed, observe
from console.operations.gate import is_gated
from console.operations.guard_watch import TimedWatch
from console.operations.lives import carrying, host
from console.operations.log import OperationLog, unwritten
from console.operations.means import Means
from console.operations.observing import Observer
from console.operations.ordering import place
from console.operations.proofs import REHEARSES
from console.operations.safe import Reading, judge_now
from console.operations.walk import walk
from console.ports import Clock


def begin(means: Means, plan: Plan, clock: Clock, beside: Collection[str] | None = None) -> Carrier | None:
    """Write the operation into the journal: from then on it claims its service.

    Args:
        beside: Ids of the open operations of the service that it may stand beside; ``None``: of any.

    Returns:
        Who carries it out; ``None`` when another operation of the service has come first.

    Raises:
        RefusedError: when the journal cannot be written; nothing has been sent then.
    """
    carrier = _carrier(means, plan, clock)
    try:
        return carrier if carrier.log.begin(beside) else None
    except JournalError as error:
        raise unwritten(error) from error


def carry(means: Means, carrier: Carrier) -> Generator[OperationEvent, None, None]:
    """Carry out what was begun; the last event is the verdict.

    Raises:
        RefusedError: when the journal cannot be written; nothing has been sent then.
    """
    with carrying(carrier.log.record.id):
        yield from _carry(means, carrier)


def _carry(means: Means, carrier: Carrier) -> Generator[OperationEvent, None, None]:
    plan, guarded = carrier.plan, means.guarded(carrier)
    try:
        confirmed = carrier.event("confirmed", _confirmed(plan), _shown(plan), {"plan": stored(plan)})
    except JournalError as error:
        raise unwritten(error) from error
    if is_gated(plan) and plan.verb is not Verb.CONTINUE:
        means.gate.begun(plan, carrier.log.record.id)
    yield confirmed
    if plan.nothing_to_do:
        yield _unchanged(carrier)
        return
    if plan.verb is Verb.WATCH:
        yield from TimedWatch(carrier, guarded).watch() if guarded is not None else ()
        return
    if plan.actions:
        yield from walk(carrier)
    if carrier.ended or plan.mechanism is Mechanism.ACTIONS:
        return
    yield from place(carrier)
    if carrier.accepted is not None and not carrier.ended:
        yield from Observer(carrier, carrier.accepted, guarded).watch()


def _unchanged(carrier: Carrier) -> OperationEvent:
    """Nothing is sent. That what runs also serves is no matter of course: where a version was asked for, it
    is looked at."""
    plan = carrier.plan
    if plan.verb not in (Verb.DEPLOY, Verb.ROLLBACK):
        return carrier.end(Verdict.NOTHING_CHANGED, None, plan.nothing_to_do)
    try:
        observation = observe(carrier.platform, plan.address, carrier.clock)
        sight = judge_now(observation, carrier.limits.no_check_healthy_after)
    except DeletedServiceError as error:
        return failed(carrier, error)
    except QuarterdeckError as error:
        unread = error.message
    else:
        if sight.reading is Reading.UNSAFE:
            reason = f"nothing was sent: {plan.nothing_to_do}, but {sight.why}"
            return carrier.end(Verdict.REFUSED, None, reason)
        unread = sight.why
    doubt = f"whether it serves could not be read: {unread}" if unread else ""
    return carrier.end(Verdict.NOTHING_CHANGED, None, " · ".join(filter(None, (plan.nothing_to_do, doubt))))


def _carrier(means: Means, plan: Plan, clock: Clock) -> Carrier:
    log = OperationLog(means.journal, _record(means, plan, clock), clock, forgiving=plan.verb.goes_back)
    limits, performer = means.limits(plan.address), means.performer(plan.address, clock)
    return Carrier(plan, means.platform(plan.address), log, clock, limits, performer)


def _record(means: Means, plan: Plan, clock: Clock) -> OperationRecord:
    identity = means.identity(plan.address)
    now = clock.now()
    return OperationRecord(
        id=ulid.new(now),
        verb=plan.verb,
        address=plan.address,
        account=plan.account,
        region=plan.region,
        cluster=plan.cluster,
        service=plan.service,
        actor=means.actor(identity),
        caller=identity.arn,
        host=host(),
        pid=os.getpid(),
        heartbeat_at=now,
        planned_at=plan.made_at,
        ordered_at=now,
        mechanism=plan.mechanism,
        source=plan.source.facts(),
        target={**plan.target.facts(), **({REHEARSES: True} if plan.rehearses else {})},
        onset_at=plan.onset_at,
    )


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
