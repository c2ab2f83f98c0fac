"""Plan to empty a container instance, and to let it take tasks again."""

from collections.abc import Iterable
from dataclasses import replace

from console.config.settings import Settings
from console.domain.action import Action, ActionKind
from console.domain.instance import Instance
from console.domain.operation import Plan, Verb
from console.domain.words import count
from console.errors import RefusedError
from console.operations.bearings import Bearings, in_place
from console.ports import Clock


def plan_drain_instance(bearings: Bearings, wanted: str, settings: Settings, clock: Clock) -> Plan:
    """The plan to let a container instance of the service's cluster run out of tasks.

    Raises:
        RefusedError: when the cluster has no such instance, or several.
    """
    found = chosen_instance(bearings.platform.instances(bearings.address), wanted)
    said = f"container instance {found.name} DRAINING: its tasks move elsewhere"
    undo = f"undrain --instance {found.id[:8]}"
    action = Action(ActionKind.DRAIN_INSTANCE, said, {"instance": found.arn}, undo=undo)
    plan = in_place(bearings, Verb.DRAIN, said, (action,), settings, clock, {"instance": found.arn})
    remarks = [
        f"{count(found.running + found.pending, 'task')} on it, of every service that has some there",
        "tasks that no service started stay until they end: DRAINING does not stop them",
    ]
    if not found.connected:
        remarks.append("its agent does not answer: nothing on it can be told to stop")
    nothing = "it is DRAINING, and empty" if found.status == "DRAINING" and not found.running else ""
    return replace(plan, nothing_to_do=nothing, remarks=tuple(remarks))


def plan_undrain_instance(bearings: Bearings, wanted: str, settings: Settings, clock: Clock) -> Plan:
    """The plan to let a container instance take tasks again; it needs no memory of what was before.

    Raises:
        RefusedError: when the cluster has no such instance, or several.
    """
    found = chosen_instance(bearings.platform.instances(bearings.address), wanted)
    said = f"container instance {found.name} ACTIVE again"
    action = Action(ActionKind.ACTIVATE_INSTANCE, said, {"instance": found.arn})
    plan = in_place(bearings, Verb.UNDRAIN, said, (action,), settings, clock, {"instance": found.arn})
    remark = "tasks that moved away do not come back by themselves"
    nothing = "it is ACTIVE" if found.status == "ACTIVE" else ""
    return replace(plan, nothing_to_do=nothing, remarks=(remark,))


def chosen_instance(instances: Iterable[Instance], wanted: str) -> Instance:
    """The container instance of that EC2 id, or whose own id begins so.

    Raises:
        RefusedError: when it is none, or more than one.
    """
    there = list(instances)
    name = wanted.rsplit("/", 1)[-1]
    found = [item for item in there if name and (item.machine == name or item.id.startswith(name))]
    if len(found) == 1:
        return found[0]
    problem = "means more than one instance" if found else "is no container instance of its cluster"
    listed = ", ".join(item.name for item in there) or "none: its tasks need no instances"
    raise RefusedError(f"{wanted or 'no id'} {problem}", f"there are: {listed}")
