"""How many tasks: the desired count, and what autoscaling may make of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from console.aws.actions.reach import Family, Reach, absent, done, number, waiting
from console.domain.action import Action, ActionKind, ActionSight
from console.domain.words import count
from console.errors import RejectedError

NAMESPACE, DIMENSION = "ecs", "ecs:service:DesiredCount"
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
        if status.desired != wanted and not facts:
            return absent(f"desired is {status.desired}, not {wanted}")
        if status.desired != wanted:
            return waiting(f"desired was set to {wanted} and is {status.desired}: something else moves it")
        left = status.running + status.pending if wanted == 0 else 0
        if left:
            return waiting(f"{count(left, 'task')} still there", running=status.running)
        if wanted and (status.running < wanted or status.pending):
            return waiting(f"{status.running} of {wanted} running", running=status.running)
        return done(
            "0 serving" if wanted == 0 else f"{status.running} of {wanted} running", running=status.running
        )


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
                return waiting(said) if facts else absent(said)
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
