"""How many tasks: the desired count, and what autoscaling may make of it."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from console.aws.actions.reach import Family, Reach, absent, changed, done, failed, number, waiting
from console.aws.scaling import ScalingReader
from console.aws.tasks import Tasks
from console.domain.action import Action, ActionKind, ActionSight
from console.domain.service import ServiceStatus
from console.domain.tasks import Task
from console.domain.words import count
from console.errors import QuarterdeckError, RejectedError

NAMESPACE, DIMENSION = "ecs", "ecs:service:DesiredCount"
LATELY = timedelta(minutes=2)
"""How old a scaling activity may be to explain a count that is not ours any more."""
PARTS = {
    "in": "DynamicScalingInSuspended",
    "out": "DynamicScalingOutSuspended",
    "scheduled": "ScheduledScalingSuspended",
}


class SetDesired:
    """``desired``: UpdateService with a count and nothing else, so that no deployment begins."""

    def perform(self, reach: Reach, action: Action) -> Mapping[str, object]:
        wanted = number(action.parameters, "desired")
        reach.calls.write("ecs", "UpdateService", **reach.place, desiredCount=wanted)
        return {"desired": wanted}

    def look(self, reach: Reach, action: Action, facts: Mapping[str, object]) -> ActionSight:
        wanted = number(action.parameters, "desired")
        status = reach.status()
        if status.is_gone:  # desired is 0 then, and its tasks leave: that is no drain of ours
            return failed(status.gone)
        if status.desired != wanted and not facts:
            return absent(f"desired is {status.desired}, not {wanted}")
        if status.desired != wanted:
            by = _last_scaling(reach)
            return changed(f"desired was set to {wanted} and is {status.desired}: {by}")
        if action.parameters.get("wait") is False:  # those that come are of the version that is left
            return done(f"desired is {wanted}")
        if wanted == 0:
            return _emptying(reach, status)
        if status.running < wanted or status.pending:
            return waiting(f"{status.running} of {wanted} running", running=status.running)
        return done(f"{status.running} of {wanted} running", running=status.running)


def _last_scaling(reach: Reach) -> str:
    """Who may have changed the count: autoscaling tells what it did."""
    try:
        scaling = ScalingReader(reach.calls).of(reach.settings.cluster, reach.settings.service)
    except QuarterdeckError:
        scaling = None
    recent = [
        item
        for item in (scaling.activities if scaling else ())
        if reach.clock.now() - item.at <= LATELY and item.status == "Successful"
    ]
    return f"autoscaling: {recent[0].said}" if recent else "somebody else has changed it"


def _emptying(reach: Reach, status: ServiceStatus) -> ActionSight:
    """How far a service is from serving nothing: its tasks, and what they are still busy with.

    ECS counts a task as gone from ``runningCount`` once it is told to stop; it goes on with its work until
    it ends of its own, or is killed.
    """
    here = leaving_tasks(reach)
    busy = backlog_words(reach)
    if not here and not status.running and not status.pending:
        return done(" · ".join(filter(None, ("0 serving", busy))), running=0)
    left = max(len(here), status.running + status.pending)
    if status.target_groups:
        states = Counter(target.state for target in reach.groups.targets(status.groups))
        told = ", ".join(f"{number} {state}" for state, number in sorted(states.items()))
        said = f"{count(left, 'task')} still there" + (f" · targets: {told}" if told else "")
    else:
        said = f"{count(left, 'task')} finishing jobs"
    return waiting(" · ".join(filter(None, (said, busy))), running=status.running, left=left)


def leaving_tasks(reach: Reach) -> list[Task]:
    """The tasks of the service whose containers may still be at work."""
    tasks = Tasks(reach.calls).of(reach.settings.cluster, reach.settings.service)
    return [task for task in tasks if task.is_executing or task.is_starting]


def backlog_words(reach: Reach) -> str:
    """What its queue holds now; empty where it has none, or where nobody can say."""
    if not reach.settings.queue:
        return ""
    try:
        return reach.backlogs.now(reach.settings.queue).said
    except QuarterdeckError:
        return f"{reach.settings.queue} cannot be read"


@dataclass(frozen=True)
class Registering:
    """RegisterScalableTarget with some of its members; the others stay as they are."""

    wanted: Callable[[Action], dict[str, Any]]
    """The members that the action sets, in AWS's words."""

    def perform(self, reach: Reach, action: Action) -> Mapping[str, object]:
        if scalable_target(reach) is None:
            raise RejectedError(f"{reach.settings.address} has no autoscaling")
        members = self.wanted(action)
        reach.calls.write("application-autoscaling", "RegisterScalableTarget", **_resource(reach), **members)
        return {"set": sorted(members)}

    def look(self, reach: Reach, action: Action, facts: Mapping[str, object]) -> ActionSight:
        target = scalable_target(reach) or {}
        for name, wanted in self.wanted(action).items():
            if target.get(name) != wanted:
                said = f"{name} is {target.get(name)}"
                return changed(said) if facts else absent(said)
        return done(action.said)


def scalable_target(reach: Reach) -> dict[str, Any] | None:
    """The service's scalable target as AWS gives it; ``None`` without autoscaling."""
    answer = reach.calls.read(
        "application-autoscaling",
        "DescribeScalableTargets",
        ServiceNamespace=NAMESPACE,
        ResourceIds=[_resource(reach)["ResourceId"]],
        ScalableDimension=DIMENSION,
    )
    return next(iter(answer.get("ScalableTargets", ())), None)


def _resource(reach: Reach) -> dict[str, str]:
    return {
        "ServiceNamespace": NAMESPACE,
        "ResourceId": f"service/{reach.settings.cluster}/{reach.settings.service}",
        "ScalableDimension": DIMENSION,
    }


def _limits(action: Action) -> dict[str, Any]:
    return {
        "MinCapacity": number(action.parameters, "minimum"),
        "MaxCapacity": number(action.parameters, "maximum"),
    }


def _suspended(action: Action) -> dict[str, Any]:
    return {"SuspendedState": dict.fromkeys(PARTS.values(), True)}


def _resumed(action: Action) -> dict[str, Any]:
    """As it was before: a part that somebody had suspended already stays so."""
    return {"SuspendedState": {theirs: action.parameters.get(ours) is True for ours, theirs in PARTS.items()}}


COUNTS: Mapping[ActionKind, Family] = {
    ActionKind.SET_DESIRED: SetDesired(),
    ActionKind.SET_LIMITS: Registering(_limits),
    ActionKind.SUSPEND_SCALING: Registering(_suspended),
    ActionKind.RESUME_SCALING: Registering(_resumed),
}
