"""Plan to take work away from a service or a task, and to give it back exactly as it was."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from console.config.settings import Settings
from console.domain.action import Action, ActionKind
from console.domain.operation import Entry, OperationRecord, Plan, Verb
from console.domain.scaling import Scaling
from console.domain.tasks import Task
from console.domain.words import clock as minutes
from console.domain.words import count
from console.errors import RefusedError
from console.operations.bearings import Bearings, in_place
from console.operations.leaving import backlog_remarks, finishing, protection
from console.ports import Clock

SUSPENDABLE = ("in", "out", "scheduled")


def plan_drain(bearings: Bearings, settings: Settings, clock: Clock) -> Plan:
    """The plan to let a whole service serve nothing: an outage, said as one.

    Autoscaling is suspended first: it would bring the tasks back.
    """
    status = bearings.observation.status
    scaling = bearings.platform.scaling(bearings.address)
    actions: list[Action] = []
    if scaling is not None and set(scaling.suspended) != set(SUSPENDABLE):
        said = "autoscaling suspended, so that it does not bring the tasks back"
        actions.append(Action(ActionKind.SUSPEND_SCALING, said, undo="undrain resumes it"))
    undo = f"undrain brings back {status.desired}"
    actions.append(
        Action(ActionKind.SET_DESIRED, f"desired {status.desired} -> 0: 0 serving", {"desired": 0}, undo=undo)
    )
    effect = f"0 serving, {count(status.running, 'task')} leave{_how_long(bearings)}"
    plan = in_place(bearings, Verb.DRAIN, effect, actions, settings, clock, _before(status.desired, scaling))
    return replace(
        plan,
        nothing_to_do="desired is 0 already" if status.desired == 0 else "",
        checks=protection(bearings, clock),
        remarks=(
            "an outage until undrain: counts and autoscaling come back exactly as they are now",
            *([] if status.target_groups else [finishing(bearings)]),
            *backlog_remarks(bearings),
        ),
    )


def plan_drain_task(bearings: Bearings, wanted: str, settings: Settings, clock: Clock) -> Plan:
    """The plan to stop one task; the scheduler replaces it. A protected one is said to be, and stopped all
    the same: the protection is against scaling and deployments, not against people.

    Raises:
        RefusedError: when the beginning of an id means none or several of the running tasks.
    """
    task = chosen_task(bearings.observation.tasks, wanted)
    said = f"task {task.id[:8]} stopped; the scheduler starts another one"
    action = Action(ActionKind.STOP_TASK, said, {"task": task.id, "reason": "drained by an operator"})
    status = bearings.observation.status
    states = sorted({target.state for target in bearings.observation.targets if target.ip == task.ip})
    remarks = [f"its target is {', '.join(states)}"] if states and task.ip else []
    if status.desired == 1:
        remarks.append("it is the only one: nothing serves until its replacement is healthy")
    if not status.target_groups:
        remarks.append(finishing(bearings))
    plan = in_place(bearings, Verb.DRAIN, said, (action,), settings, clock)
    return replace(plan, checks=protection(bearings, clock, task), remarks=tuple(remarks))


def plan_undrain(
    bearings: Bearings, drained: Mapping[str, object] | None, settings: Settings, clock: Clock
) -> Plan:
    """The plan to bring back what a drain of the service took away, as the journal says that it was.

    Args:
        drained: ``Plan.before`` of the drain; ``None``: the journal knows of none.

    Raises:
        RefusedError: when nobody knows what was there.
    """
    if drained is None:
        raise RefusedError(
            f"{bearings.address}: the journal knows of no drain to take back",
            "say the count: quarterdeck scale --desired N",
        )
    actions = _restoring(bearings, drained)
    said = " · ".join(action.said for action in actions) or "it is as it was"
    plan = in_place(bearings, Verb.UNDRAIN, said, actions, settings, clock, drained)
    return replace(plan, nothing_to_do="" if actions else "counts and autoscaling are as they were")


def last_drain(
    operations: Iterable[OperationRecord], entries: Mapping[str, Sequence[Entry]]
) -> Mapping[str, object] | None:
    """What the drain of the whole service that was not taken back since found there; ``None`` without one.
    Drains of tasks and of instances are none of the service.

    A way back of a database that did not get to its end drained it too.

    Where one drain came upon another one the first knows what was there: the second found what that left.

    Args:
        operations: The journal's operations on the service.
        entries: Of each of them that is a drain, an undrain or a way back of a database, by its id.
    """
    known: Mapping[str, object] | None = None
    for record in sorted(operations, key=lambda item: item.planned_at, reverse=True):
        if record.accepted_at is None or record.verb not in (Verb.DRAIN, Verb.UNDRAIN, Verb.RESTORE):
            continue
        is_over = record.verdict is not None and record.verdict.exit_code == 0
        if record.verb is Verb.RESTORE and is_over:
            return known  # it has started the service again
        before = _kept(entries.get(record.id, ()))
        if before is None or "desired" not in before:
            continue
        if record.verb is not Verb.UNDRAIN:
            if known is not None and not _found_drained(known):
                return known  # it was brought back by other means before
            known = before
        elif is_over:
            return known
    return known


def _found_drained(before: Mapping[str, object]) -> bool:
    """Whether a drain came upon what another one had left: then it does not know what was there."""
    kept = before.get("suspended")
    suspended = {str(part) for part in kept} if isinstance(kept, list | tuple) else set()
    return before.get("desired") == 0 or suspended == set(SUSPENDABLE)


def _kept(entries: Iterable[Entry]) -> Mapping[str, object] | None:
    """What the plan of an operation found there."""
    for entry in entries:
        plan = entry.facts.get("plan")
        before = plan.get("before") if isinstance(plan, Mapping) else None
        if isinstance(before, Mapping):
            return before
    return None


def chosen_task(tasks: Iterable[Task], wanted: str) -> Task:
    """The running task whose id begins so.

    Raises:
        RefusedError: when it is none, or more than one.
    """
    found = [task for task in tasks if not task.is_stopped and wanted and task.id.startswith(wanted)]
    if len(found) == 1:
        return found[0]
    there = ", ".join(task.id[:8] for task in tasks if not task.is_stopped) or "none"
    problem = "means more than one task" if found else "is no running task of it"
    raise RefusedError(f"{wanted or 'no id'} {problem}", f"running: {there}")


def found_there(bearings: Bearings) -> dict[str, object]:
    """Counts, limits and suspensions as they are: what taking it back needs."""
    return _before(bearings.observation.status.desired, bearings.platform.scaling(bearings.address))


def _before(desired: int, scaling: Scaling | None) -> dict[str, object]:
    before: dict[str, object] = {"desired": desired}
    if scaling is not None:
        before |= {
            "minimum": scaling.minimum,
            "maximum": scaling.maximum,
            "suspended": list(scaling.suspended),
        }
    return before


def _restoring(bearings: Bearings, drained: Mapping[str, object]) -> list[Action]:
    """The count first: autoscaling that is resumed over no tasks would act on its minimum."""
    status = bearings.observation.status
    scaling = bearings.platform.scaling(bearings.address)
    actions: list[Action] = []
    desired = drained.get("desired")
    if isinstance(desired, int) and desired != status.desired:
        said = f"desired {status.desired} -> {desired}, as before the drain"
        actions.append(Action(ActionKind.SET_DESIRED, said, {"desired": desired}))
    low, high = drained.get("minimum"), drained.get("maximum")
    if scaling is not None and isinstance(low, int) and isinstance(high, int):
        if (low, high) != (scaling.minimum, scaling.maximum):
            said = f"autoscaling between {low} and {high} again"
            actions.append(Action(ActionKind.SET_LIMITS, said, {"minimum": low, "maximum": high}))
        kept = drained.get("suspended")
        was = {str(part) for part in kept} if isinstance(kept, list | tuple) else set()
        if was != set(scaling.suspended):
            kept_so = f"suspended {', '.join(sorted(was))}" if was else "nothing suspended"
            said = f"autoscaling as before: {kept_so}"
            actions.append(
                Action(ActionKind.RESUME_SCALING, said, {part: part in was for part in SUSPENDABLE})
            )
    return actions


def _how_long(bearings: Bearings) -> str:
    delay = bearings.observation.deregistration_s
    if bearings.observation.status.target_groups and delay is not None:
        return f" after {minutes(delay)} of deregistration"
    return ""
