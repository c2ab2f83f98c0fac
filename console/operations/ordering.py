"""From confirmed to accepted: compare, register at most once, have one order taken, find out if unsure."""

from collections.abc import Generator, Iterator
from dataclasses import replace
from datetime import datetime

from console.domain.codec import encode
from console.domain.operation import (
    Accepted,
    Basis,
    Mechanism,
    OperationEvent,
    Order,
    Plan,
    Verb,
    Verdict,
)
from console.errors import (
    EndpointError,
    JournalError,
    OutcomeUnknownError,
    QuarterdeckError,
    ReadOnlyError,
    ThrottledError,
)
from console.operations.carrier import Carrier
from console.operations.deletion import DeletedServiceError, failed, observe
from console.operations.sending import send

LOOK_AGAIN_S = 2.5
"""Between two looks for an order whose answer was lost."""
LOOK_FOR_S = 30.0
"""How long such an order is looked for: ECS's lists are eventually consistent for seconds."""
COMPARE_FOR_S = 20.0
"""How long the comparing read may fail before the operation gives up; nothing has been sent then."""
TAKEN = "another process took over this operation; nothing was sent from here"
COMPARED_FOR_S = 5.0
"""How long that read is believed: whatever takes longer is compared again before the order is sent."""


def order_of(plan: Plan) -> Order:
    """The one write that a plan stands for."""
    forced = plan.mechanism is Mechanism.FORCE_NEW_DEPLOYMENT
    base = plan.target.definition or plan.source.definition or plan.basis.definition
    return Order(
        address=plan.address,
        mechanism=plan.mechanism,
        basis=plan.basis,
        base_definition=base,
        images={} if forced else plan.target.digests,
        release=plan.target.id if plan.verb is Verb.ROLLBACK else None,
        configuration=plan.configuration,
        direct=plan.asked.get("direct") is True,
        sizing=plan.sizing,
    )


def place(carrier: Carrier) -> Iterator[OperationEvent]:
    """Carry a confirmed plan to an accepted order, or to a verdict without one.

    Every call is journalled before it is made. On return either ``carrier.accepted`` is set or
    ``carrier.ended`` is true.
    """
    plan = carrier.plan
    order = order_of(plan)
    try:
        found = yield from compare(carrier)
        if found is None:
            return
        if plan.mechanism is Mechanism.WATCH:
            carrier.accept(order, Accepted(plan.basis.deployment, plan.basis.rollout))
            yield carrier.event("accepted", "nothing to send: watching what ECS does")
            return
        compared_at = carrier.clock.monotonic()
        prepared = yield from _prepare(carrier, order)
        if prepared is None:
            return
        order = prepared
        late = carrier.clock.monotonic() - compared_at > COMPARED_FOR_S
        if late and (yield from compare(carrier)) is None:
            return
        if carrier.log.is_taken():
            yield carrier.end(Verdict.REFUSED, None, TAKEN)
            return
        yield carrier.event(
            "sent", f"sending {_call(order)}", {"call": _call(order)}, {"order": encode(order)}
        )
    except JournalError as error:
        yield carrier.end(Verdict.REFUSED, None, f"the journal cannot be written: {error}")
        return
    except QuarterdeckError as error:
        yield carrier.end(Verdict.REFUSED, None, f"nothing was sent: {error}")
        return
    yield from _send(carrier, order)


def compare(carrier: Carrier) -> Generator[OperationEvent, None, Basis | None]:
    """One read, compared with what was shown; yields a refusal and returns ``None`` on a difference."""
    basis = _basis(carrier)
    changed = what_changed(carrier.plan, basis)
    if changed:
        yield carrier.end(Verdict.REFUSED, None, f"the service changed since the plan: {changed}")
        return None
    yield carrier.event("compared", "nothing changed since the plan")
    return basis


def changed_meanwhile(carrier: Carrier) -> str:
    """What :func:`what_changed` says of the service as it is now.

    Raises:
        QuarterdeckError: when it cannot be read for ``COMPARE_FOR_S``.
    """
    return what_changed(carrier.plan, _basis(carrier))


def _basis(carrier: Carrier) -> Basis:
    started = carrier.clock.monotonic()
    while True:
        try:
            return carrier.platform.basis(carrier.plan.address)
        except (EndpointError, ThrottledError):
            if carrier.clock.monotonic() - started > COMPARE_FOR_S:
                raise
            carrier.clock.sleep(LOOK_AGAIN_S)


def what_changed(plan: Plan, now: Basis) -> str:
    """What makes a plan untrue, in words; empty when nothing does. The desired count never does."""
    then = plan.basis
    if plan.mechanism is Mechanism.STOP_DEPLOYMENT:
        return _what_ended(then, now)  # CodeDeploy makes the new set PRIMARY on its way
    if now.deployment != then.deployment:
        return f"{now.deployment} ({_tail(now.definition)}) is PRIMARY now, not {then.deployment}"
    if now.definition != then.definition:
        return f"it runs {_tail(now.definition)} now, not {_tail(then.definition)}"
    if then.release and now.release and now.release != then.release:
        return f"service revision {_tail(now.release)} is PRIMARY now, not {_tail(then.release)}"
    if plan.mechanism.stops_rollout or plan.mechanism is Mechanism.WATCH:
        return _what_ended(then, now)
    return ""


def _what_ended(then: Basis, now: Basis) -> str:
    """Whether the rollout that a plan is about still is under way."""
    if now.rollout != then.rollout:
        return "another deployment is under way"
    if then.in_flight and not now.in_flight:
        return "the deployment in flight has ended"
    return ""


def _tail(arn: str) -> str:
    return arn.rsplit("/", 1)[-1]


def _prepare(carrier: Carrier, order: Order) -> Generator[OperationEvent, None, Order | None]:
    if not order.mechanism.ships_images:
        return replace(order, definition=order.base_definition)
    yield carrier.event("preparing", f"pinning the images of {_tail(order.base_definition)}")
    prepared = yield from send(
        carrier, "RegisterTaskDefinition", lambda: carrier.platform.prepare(order), intent="preparing"
    )
    if prepared is not None and prepared.definition != order.base_definition:
        name = _tail(prepared.definition or "")
        yield carrier.event("registered", f"registered {name}", {"task_definition": prepared.definition})
    return prepared


def _call(order: Order) -> str:
    return {
        Mechanism.UPDATE_SERVICE: "UpdateService",
        Mechanism.FORCE_NEW_DEPLOYMENT: "UpdateService",
        Mechanism.STOP_SERVICE_DEPLOYMENT: "StopServiceDeployment",
        Mechanism.CONTINUE_SERVICE_DEPLOYMENT: "ContinueServiceDeployment",
        Mechanism.STOP_DEPLOYMENT: "StopDeployment",
        Mechanism.CREATE_DEPLOYMENT: "CreateDeployment",
    }.get(order.mechanism, "nothing")


def _send(carrier: Carrier, order: Order) -> Iterator[OperationEvent]:
    """Send. After any error look whether it was carried out all the same; send again only what was
    throttled, and was not."""
    sent_at = carrier.clock.now()
    carrier.log.forgive()  # from here on a failing journal must not stop the watch
    try:
        accepted = yield from send(
            carrier,
            _call(order),
            lambda: carrier.platform.act(order),
            outcome=lambda: _look(carrier, order, sent_at),
            changed=lambda: changed_meanwhile(carrier),
            facts={"call": _call(order)},
            journal_only={"order": encode(order)},
        )
    except OutcomeUnknownError as error:
        yield carrier.event("unanswered", f"no answer to {_call(order)}: looking what became of it")
        yield from find_out(carrier, order, sent_at, str(error))
        return
    except QuarterdeckError as error:
        found = _look(carrier, order, sent_at)
        if found is None:
            verdict = Verdict.REFUSED if isinstance(error, ReadOnlyError) else Verdict.FAILED
            yield carrier.end(verdict, None, f"not carried out: {error}")
            return
        accepted = found
    if accepted is not None:
        yield from _accept(carrier, order, accepted)


def find_out(
    carrier: Carrier, order: Order, sent_at: datetime, why: str, *, sender_is_gone: bool = False
) -> Iterator[OperationEvent]:
    """Look for an order whose answer was lost, for half a minute from when it was sent.

    Nothing to be seen of it then is UNKNOWN while the process that sent it lives: the request may still
    be on its way. Once that process is gone it cannot be, and the order was never carried out.
    """
    while True:
        found = _look(carrier, order, sent_at)
        if found is not None:
            yield from _accept(carrier, order, found)
            return
        if (carrier.clock.now() - sent_at).total_seconds() >= LOOK_FOR_S:
            break
        carrier.log.beat()
        carrier.clock.sleep(LOOK_AGAIN_S)
    try:
        observe(carrier.platform, carrier.plan.address, carrier.clock)
    except DeletedServiceError as error:
        yield failed(carrier, error)
        return
    except QuarterdeckError:
        pass  # then nothing more is known
    if sender_is_gone and carrier.in_contact:
        yield carrier.end(Verdict.FAILED, None, f"{_call(order)} was never carried out: {why}")
        return
    yield carrier.end(Verdict.UNKNOWN, None, f"{_call(order)} was sent, its outcome is not known: {why}")


def _look(carrier: Carrier, order: Order, sent_at: datetime) -> Accepted | None:
    try:
        found = carrier.platform.find(order, sent_at)
    except QuarterdeckError:
        carrier.in_contact = False
        return None
    carrier.in_contact = True
    return replace(found, found_out=True) if found else None


def _accept(carrier: Carrier, order: Order, accepted: Accepted) -> Iterator[OperationEvent]:
    carrier.accept(order, accepted)
    text = f"{_call(order)} accepted" + (": seen by a look, no answer said so" if accepted.found_out else "")
    yield carrier.event(
        "accepted",
        text,
        {"deployment": accepted.deployment, "found_out": accepted.found_out},
        {"accepted": encode(accepted), "order": encode(order)},
    )
