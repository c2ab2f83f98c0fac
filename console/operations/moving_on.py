"""Plan to decide about a deployment that waits at a pause hook, whoever ordered it."""

from dataclasses import replace

from console.config.settings import Settings
from console.domain.operation import Plan, Verb
from console.domain.rollout import Rollout
from console.errors import RefusedError
from console.operations.bearings import Bearings, in_place
from console.operations.pauses import continuing, said
from console.ports import Clock


def plan_continue(bearings: Bearings, settings: Settings, clock: Clock, *, refuse: bool) -> Plan:
    """The plan to continue a paused deployment, or to refuse it, so that ECS rolls it back.

    Raises:
        RefusedError: when nothing waits there.
    """
    rollout = bearings.in_flight
    hook = rollout.waiting if rollout is not None else None
    if rollout is None or hook is None:
        under_way = "the rollout under way does not wait" if rollout else "no rollout is under way"
        raise RefusedError(f"{bearings.address}: nothing is paused: {under_way}", "see quarterdeck status")
    action = continuing(rollout, hook, "ROLLBACK" if refuse else "CONTINUE")
    version = _version(bearings, rollout)
    effect = f"{action.said}: {version} {'leaves' if refuse else 'goes on to its next step'}"
    plan = in_place(bearings, Verb.CONTINUE, effect, (action,), settings, clock)
    remarks = [said(hook), *_alarms(rollout)]
    if not refuse:
        remarks.append("a strategy with more steps may wait again: each pause is decided on its own")
    return replace(plan, remarks=tuple(remarks))


def _version(bearings: Bearings, rollout: Rollout) -> str:
    shipped = bearings.releases.get(rollout.target)
    return shipped.version.label if shipped else "the new version"


def _alarms(rollout: Rollout) -> list[str]:
    """Alarms that watch the rollout and ring already are worth a second look before it goes on."""
    ringing = ", ".join(rollout.alarms.triggered) if rollout.alarms else ""
    return [f"alarms ring: {ringing}"] if ringing else []
