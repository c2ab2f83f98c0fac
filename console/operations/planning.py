"""From a wish to a plan: which verb plans, and what of the journal it is given."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, fields, replace

from console.config.settings import Settings
from console.domain.codec import encode
from console.domain.operation import Hold, OperationRecord, Plan, Verb
from console.domain.wish import Wish
from console.domain.words import age, clock
from console.errors import JournalError, RefusedError, UsageError
from console.operations.bearings import Bearings
from console.operations.database import plan_restore
from console.operations.deploy import plan_deploy
from console.operations.drain import (
    last_drain,
    plan_drain,
    plan_drain_task,
    plan_undrain,
)
from console.operations.holds import holds
from console.operations.interrupted import without_what_is_done
from console.operations.machines import plan_drain_instance, plan_undrain_instance
from console.operations.migrate import plan_migrate
from console.operations.moving_on import plan_continue
from console.operations.proofs import Proof, proof
from console.operations.restart import plan_restart
from console.operations.rollback import plan_rollback
from console.operations.scale import plan_scale
from console.ports import Clock, Journal

LARGEST = 2**31 - 1
"""The largest number that AWS takes for a count or a size: its integers have 32 bits."""
_NOT_ASKED = ("guard", "bake_s")
"""Members of a wish that make it no other operation: the plan keeps them in ``guard``."""


@dataclass(frozen=True)
class Planning:
    """Everything that a verb may look at while it plans."""

    bearings: Bearings
    journal: Journal
    settings: Settings
    clock: Clock


def plan(wish: Wish, planning: Planning) -> Plan:
    """Plan a wish.

    Raises:
        UsageError: when it asks for a number that cannot be.
        RefusedError: when nobody plans that verb, or the verb itself refuses.
    """
    _insist_on_numbers(wish)
    planner = _PLANNERS.get(wish.verb)
    if planner is None:
        raise RefusedError(f"{wish.verb.value} is nothing that is planned")
    return replace(planner(wish, planning), asked=asked(wish))


def _insist_on_numbers(wish: Wish) -> None:
    for item in fields(wish):
        value = getattr(wish, item.name)
        if type(value) is not int or 0 <= value <= LARGEST:
            continue
        name = item.name.partition("_")[0]
        trouble = "is negative" if value < 0 else f"exceeds AWS's maximum of {LARGEST:,}"
        raise UsageError(f"{name} {value:,} {trouble}", "use another number")


def asked(wish: Wish) -> dict[str, object]:
    """What is wanted beside verb and address, as a plan keeps it: the members that say something."""
    said = {item.name: (item.default, getattr(wish, item.name)) for item in fields(wish)}
    return {
        name: encode(value)
        for name, (default, value) in said.items()
        if name not in (*_NOT_ASKED, "verb", "address") and value != default
    }


def _deploy(wish: Wish, given: Planning) -> Plan:
    hold: Hold | None = None
    with suppress(JournalError):
        hold = holds(given.journal.operations()).get(wish.address)
    made = plan_deploy(given.bearings, wish, hold, given.settings, given.clock)
    return _going_on(made, given)


def _going_on(made: Plan, given: Planning) -> Plan:
    """Without the steps that an interrupted operation has done; all of them where nobody can say."""
    if not made.actions:
        return made
    with suppress(JournalError):
        operations = given.journal.operations(str(made.address))
        return without_what_is_done(made, operations, given.journal, given.clock.now())
    return made


def _rollback(wish: Wish, given: Planning) -> Plan:
    """The journal's memory of earlier rollbacks is used where it can be read; where it cannot, the plan
    says so and is not blocked."""
    remark = ""
    try:
        operations = given.journal.operations(str(wish.address))
    except JournalError as error:
        operations = ()
        remark = f"the journal cannot be read, earlier rollbacks of ours are not known: {error}"
    found = plan_rollback(given.bearings, wish, operations, given.settings, given.clock)
    known = _proof(wish, given)
    if known is not None:
        took = f"{age((given.clock.now() - known.at).total_seconds())} ago in {clock(known.safe_s)}"
        where = "" if known.where == wish.address else f" in {known.where.environment}"
        found = replace(
            found,
            remarks=(*found.remarks, f"way back proved {took}{where}"),
            rehearsed_at=known.at,
            rehearsed_s=known.safe_s,
        )
    return replace(found, remarks=(*found.remarks, remark)) if remark else found


def _proof(wish: Wish, given: Planning) -> Proof | None:
    """The newest rehearsal, of the service or of its namesake in another environment."""
    with suppress(JournalError):
        return proof(given.journal.operations(wish.address.system), wish.address)
    return None


def _restart(wish: Wish, given: Planning) -> Plan:
    return plan_restart(given.bearings, given.settings, given.clock)


def _scale(wish: Wish, given: Planning) -> Plan:
    return plan_scale(given.bearings, wish, given.settings, given.clock)


def _drain(wish: Wish, given: Planning) -> Plan:
    if wish.task:
        return plan_drain_task(given.bearings, wish.task, given.settings, given.clock)
    if wish.instance:
        return plan_drain_instance(given.bearings, wish.instance, given.settings, given.clock)
    return plan_drain(given.bearings, given.settings, given.clock)


def _undrain(wish: Wish, given: Planning) -> Plan:
    """An unreadable journal raises: nobody else knows what there was."""
    if wish.instance:
        return plan_undrain_instance(given.bearings, wish.instance, given.settings, given.clock)
    operations = given.journal.operations(str(wish.address))
    return plan_undrain(given.bearings, _drained(operations, given), given.settings, given.clock)


def _drained(operations: Sequence[OperationRecord], given: Planning) -> Mapping[str, object] | None:
    """What there was before the service was drained; ``None`` where it was not."""
    entries = {
        record.id: given.journal.entries(record.id)
        for record in operations
        if record.verb in (Verb.DRAIN, Verb.UNDRAIN, Verb.RESTORE)
    }
    return last_drain(operations, entries)


def _migrate(wish: Wish, given: Planning) -> Plan:
    return _going_on(plan_migrate(given.bearings, wish, given.settings, given.clock), given)


def _restore(wish: Wish, given: Planning) -> Plan:
    """An unreadable journal raises: nobody else knows what ran well, and how much of it."""
    operations = given.journal.operations(str(wish.address))
    drained = _drained(operations, given)
    return plan_restore(given.bearings, wish, operations, drained, given.settings, given.clock)


def _continue(wish: Wish, given: Planning) -> Plan:
    return plan_continue(given.bearings, given.settings, given.clock, refuse=wish.refuse)


_PLANNERS: Mapping[Verb, Callable[[Wish, Planning], Plan]] = {
    Verb.DEPLOY: _deploy,
    Verb.ROLLBACK: _rollback,
    Verb.RESTART: _restart,
    Verb.SCALE: _scale,
    Verb.DRAIN: _drain,
    Verb.UNDRAIN: _undrain,
    Verb.CONTINUE: _continue,
    Verb.MIGRATE: _migrate,
    Verb.RESTORE: _restore,
}
