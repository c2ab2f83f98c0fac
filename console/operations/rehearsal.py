"""The way back, gone for real where nobody minds, and forward again: what it took is kept as a proof."""

from collections.abc import Generator, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from console.domain.address import Address, Tier
from console.domain.operation import OperationEvent, OperationRecord, Plan, Verb, Verdict
from console.domain.wish import Wish
from console.errors import RefusedError

if TYPE_CHECKING:
    from console.operations.engine import Engine


def rehearse(engine: "Engine", address: Address) -> Iterator[OperationEvent]:
    """Roll back, and on to what ran before; the last event is the rehearsal's own verdict.

    Raises:
        RefusedError: in production, while something is under way, and where nothing is proven to go to.
    """
    back = engine.plan(Wish(Verb.ROLLBACK, address, direct=True))
    if back.tier is Tier.PRODUCTION:
        raise RefusedError(f"{address} is production: nothing is rehearsed there", "rehearse it in staging")
    if back.basis.in_flight:
        raise RefusedError(f"{address}: a deployment is under way", "wait for its end")
    if not back.proven:
        raise RefusedError(f"{address}: there is no proven way back: {back.doubt}", "roll back by hand")
    origin = back.source
    gone: list[str] = []
    there = yield from _leg(engine, back, gone)
    if there is not None and there.verdict is Verdict.SUCCEEDED:
        # the digest first: where a tag moves, one revision stands for all that it ever meant
        name = origin.digest or origin.revision or ""
        forward = engine.plan(Wish(Verb.ROLLBACK, address, to=name, direct=True))
        home = yield from _leg(engine, forward, gone)
        if home is not None and home.verdict is Verdict.SUCCEEDED:
            yield engine.rehearsed(there, origin, gone)
            return
        label = back.target.version.label
        yield engine.rehearsed(there, origin, gone, f"back at {label}, but not forward to where it was")
        return
    why = there.reason if there is not None else "the rollback was not journalled"
    yield engine.rehearsed(there, origin, gone, f"the way back did not work: {why}")


def _leg(
    engine: "Engine", plan: Plan, gone: list[str]
) -> Generator[OperationEvent, None, OperationRecord | None]:
    """One rollback to its end; its record as the journal has it then."""
    operation: str | None = None
    for event in engine.execute(replace(plan, rehearses=True), plan.confirm):
        operation = event.operation or operation
        yield event
    if operation is None:
        return None
    gone.append(operation)
    return engine.record(operation)
