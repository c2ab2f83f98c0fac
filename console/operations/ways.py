"""By which call a rollback gets to its target from here, and what of the service's strategy it meets."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from console.domain.action import Action, ActionKind
from console.domain.operation import Mechanism
from console.domain.release import Release
from console.domain.rollout import CODE_DEPLOY, Rollout
from console.domain.steps import ALL_AT_ONCE, Steps
from console.domain.words import time_of_day
from console.errors import RefusedError
from console.operations.bearings import Bearings
from console.operations.target import ecs_candidate
from console.operations.tenure import key_of

_ITS_OWN = frozenset({"canaryConfiguration", "linearConfiguration", "earlySuccessCriteria"})
"""Members of a deployment configuration that belong to one strategy (ECS API reference)."""


@dataclass(frozen=True)
class Way:
    """How it is done, and what the plan says of that."""

    mechanism: Mechanism
    remarks: tuple[str, ...] = ()
    configuration: dict[str, object] | None = None
    """What the order ships with in place of the live deployment configuration."""
    after: tuple[Action, ...] = ()
    """What puts that back."""
    instant_until: datetime | None = None
    steps: Steps = ALL_AT_ONCE
    """What the deployment that it begins goes through."""
    has_shortcut: bool = False
    """It can be shipped at once instead, without those."""


def way(bearings: Bearings, target: Release, *, direct: bool) -> Way:
    """The way from what is under way, or from what has finished, to ``target``.

    Raises:
        RefusedError: where CodeDeploy deploys, and the one under way leads elsewhere: it has to end first.
    """
    rollout = bearings.in_flight
    if rollout is None:
        return _anew(bearings, direct=direct)
    goes_to = own_candidate(bearings, rollout)
    same = goes_to is not None and key_of(goes_to) == key_of(target)
    name = goes_to.version.label if goes_to else "a version that it does not name"
    whose = "CodeDeploy" if rollout.strategy == CODE_DEPLOY else "ECS"
    if rollout.status.is_going_back and same:
        return Way(Mechanism.WATCH, (f"{whose} is already going back to it: watched, nothing is sent",))
    if same:
        return _turned_around(rollout)
    if rollout.strategy == CODE_DEPLOY:
        raise RefusedError(
            f"{bearings.address}: a CodeDeploy deployment is under way that goes back to {name} only",
            f"roll back to {name} first, then on to {target.version.label}",
        )
    found = _anew(bearings, direct=direct)
    if rollout.status.is_going_back:
        said = f"ECS is going back to {name}: this supersedes it"
    else:
        said = f"ECS alone would go back to {name}: this supersedes the rollout"
    return replace(found, remarks=(said, *found.remarks), instant_until=None)


def own_candidate(bearings: Bearings, rollout: Rollout) -> Release | None:
    """What the platform itself would go back to from a rollout under way."""
    if rollout.strategy == CODE_DEPLOY:
        names = (rollout.went_back_to, *rollout.sources)
    else:
        names = (rollout.went_back_to or ecs_candidate(bearings.rollouts, rollout),)
    return next((bearings.releases[name] for name in names if name and name in bearings.releases), None)


def instant_until(rollout: Rollout | None) -> datetime | None:
    """Until when the old version stands beside the new one that has all the traffic already; ``None``
    where it does not, or nobody knows how long (ECS developer guide, blue/green: bake time)."""
    if rollout is None or rollout.status.is_over or not rollout.shifts:
        return None
    if rollout.stage not in ("BAKE_TIME", "TERMINATION_WAIT") or not rollout.bake_s:
        return None
    return rollout.updated_at + timedelta(seconds=rollout.bake_s) if rollout.updated_at else None


def _turned_around(rollout: Rollout) -> Way:
    """The old version still stands: traffic goes back, or the batches do."""
    until = instant_until(rollout)
    remarks: list[str] = []
    if until is not None:
        remarks.append(f"instant until {time_of_day(until)} UTC: the old version still stands beside it")
    elif rollout.shifts:
        remarks.append("instant: the old version still stands, only the traffic goes back")
    if rollout.strategy == CODE_DEPLOY:
        return Way(Mechanism.STOP_DEPLOYMENT, tuple(remarks), instant_until=until)
    if rollout.waiting is not None:
        remarks.append("it is paused: the pause is answered with ROLLBACK")
        return Way(Mechanism.CONTINUE_SERVICE_DEPLOYMENT, tuple(remarks), instant_until=until)
    return Way(Mechanism.STOP_SERVICE_DEPLOYMENT, tuple(remarks), instant_until=until)


def _anew(bearings: Bearings, *, direct: bool) -> Way:
    status = bearings.observation.status
    if status.controller == CODE_DEPLOY:
        return _by_codedeploy(bearings, direct=direct)
    steps = status.steps
    slow = steps.shifts and (steps.watched_s or steps.bake_s or steps.pauses or steps.lambdas)
    if not slow:
        said = ("direct changes nothing: the service has no steps",) if direct else ()
        return Way(Mechanism.UPDATE_SERVICE, said, steps=steps)
    if not direct:
        return Way(
            Mechanism.UPDATE_SERVICE,
            (f"{steps.words} would run again · direct ships it at once and puts that back afterwards",),
            steps=steps,
            has_shortcut=True,
        )
    if not status.configuration:
        raise RefusedError(
            f"{bearings.address}: its deployment configuration is not known, and could not be put back",
            "roll back without direct",
        )
    restore = Action(
        ActionKind.SET_STRATEGY,
        f"deployment configuration back to {steps.words}",
        {"configuration": dict(status.configuration)},
    )
    return Way(
        Mechanism.UPDATE_SERVICE,
        (f"direct: blue and green all at once, without {steps.words}, which is put back afterwards",),
        configuration=at_once(dict(status.configuration)),
        after=(restore,),
        steps=Steps(strategy="BLUE_GREEN", alarms=steps.alarms),
    )


def at_once(configuration: dict[str, object]) -> dict[str, object]:
    """The same configuration as blue/green without bake and hooks: all tasks start beside the others,
    and the traffic moves in one go. Percentages, breaker and alarms stay.

    ECS wants a bake time for that strategy, and takes 0 (ECS API reference, DeploymentConfiguration).
    """
    kept = {name: value for name, value in configuration.items() if name not in _ITS_OWN}
    return {**kept, "strategy": "BLUE_GREEN", "bakeTimeInMinutes": 0, "lifecycleHooks": []}


def _by_codedeploy(bearings: Bearings, *, direct: bool) -> Way:
    """A deployment of CodeDeploy's, with the steps that its last one had."""
    if direct:
        return Way(Mechanism.CREATE_DEPLOYMENT, ("direct: all traffic at once",))
    last = next((item for item in bearings.rollouts if item.step_percent), None)
    if last is None:
        return Way(Mechanism.CREATE_DEPLOYMENT)
    steps = Steps("CANARY", last.step_percent, last.step_bake_s)
    said = f"{last.step_percent:g} % steps of CodeDeploy run again · direct ships it all at once"
    return Way(Mechanism.CREATE_DEPLOYMENT, (said,), steps=steps, has_shortcut=True)
