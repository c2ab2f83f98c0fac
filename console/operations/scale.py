"""Plan to change how many tasks there are, or how many autoscaling may make of them."""

from collections.abc import Iterator
from dataclasses import replace

from console.config.settings import Settings
from console.domain.action import Action, ActionKind
from console.domain.operation import Plan, Verb
from console.domain.scaling import Scaling
from console.domain.wish import Wish
from console.errors import UsageError
from console.operations.bearings import Bearings, in_place
from console.operations.leaving import backlog_remarks, protection
from console.ports import Clock

DEFAULT_QUOTA = 5_000
"""Tasks that ECS lets a service have where nobody has asked for more."""


def plan_scale(bearings: Bearings, wanted: Wish, settings: Settings, clock: Clock) -> Plan:
    """The plan to give a service other counts.

    Raises:
        UsageError: when autoscaling would take it back at once, or the counts contradict each other.
    """
    scaling = bearings.platform.scaling(bearings.address)
    now = bearings.observation.status.desired
    _insist(bearings, wanted, scaling, now)
    actions = tuple(_actions(wanted, scaling, now))
    before: dict[str, object] = {"desired": now}
    if scaling is not None:
        before |= {"minimum": scaling.minimum, "maximum": scaling.maximum}
    said = " · ".join(action.said for action in actions)
    plan = in_place(bearings, Verb.SCALE, said, actions, settings, clock, before)
    return replace(
        plan,
        nothing_to_do="" if actions else "these are the counts that it has",
        checks=protection(bearings, clock) if wanted.desired is not None and wanted.desired < now else (),
        remarks=(*_remarks(wanted, scaling, now), *backlog_remarks(bearings)),
    )


def _insist(bearings: Bearings, wanted: Wish, scaling: Scaling | None, now: int) -> None:
    asks_limits = wanted.minimum is not None or wanted.maximum is not None
    if scaling is None and asks_limits:
        raise UsageError(f"{bearings.address} has no autoscaling", "ask for a desired count alone")
    if scaling is None:
        return
    low, high = _limits(wanted, scaling)
    if low > high:
        raise UsageError(f"minimum {low} exceeds maximum {high}", "choose other limits")
    desired = now if wanted.desired is None else wanted.desired
    moves = set(scaling.suspended) < {"in", "out"}
    if wanted.desired is not None and moves and not low <= desired <= high:
        raise UsageError(
            f"autoscaling keeps {bearings.address} between {low} and {high}: {desired} would not last",
            "change the minimum or the maximum with it",
        )


def _limits(wanted: Wish, scaling: Scaling) -> tuple[int, int]:
    low = scaling.minimum if wanted.minimum is None else wanted.minimum
    high = scaling.maximum if wanted.maximum is None else wanted.maximum
    return low, high


def _actions(wanted: Wish, scaling: Scaling | None, now: int) -> Iterator[Action]:
    """The limits first: a count outside of them would be taken back before they are wider."""
    if scaling is not None:
        low, high = _limits(wanted, scaling)
        if (low, high) != (scaling.minimum, scaling.maximum):
            yield Action(
                ActionKind.SET_LIMITS,
                f"autoscaling between {low} and {high}, not {scaling.minimum} and {scaling.maximum}",
                {"minimum": low, "maximum": high},
                undo=f"scale --min {scaling.minimum} --max {scaling.maximum}",
            )
    if wanted.desired is not None and wanted.desired != now:
        yield Action(
            ActionKind.SET_DESIRED,
            f"desired {now} -> {wanted.desired}",
            {"desired": wanted.desired},
            undo=f"scale --desired {now}",
        )


def _remarks(wanted: Wish, scaling: Scaling | None, now: int) -> Iterator[str]:
    if max(wanted.desired or 0, wanted.maximum or 0) > DEFAULT_QUOTA:
        yield f"more than {DEFAULT_QUOTA:,} tasks: ECS refuses this unless your quota was raised"
    if wanted.desired == 0:
        yield "0 serving: an outage until it is scaled up again; `drain` remembers the way back"
    if scaling is None:
        yield "no autoscaling: it stays until somebody changes it"
        return
    if scaling.only_out:
        yield "autoscaling only ever scales out: what it adds stays until somebody scales in"
    yield from (f"policy {item.name}: {item.said}" for item in scaling.policies if item.said)
    yield from (f"its {part} cannot be read: {why}" for part, why in scaling.missing.items())
    if scaling.suspended:
        yield f"autoscaling is suspended: {', '.join(scaling.suspended)}"
    elif wanted.desired is not None:
        yield "autoscaling may change the count again"
    low, high = _limits(wanted, scaling)
    if wanted.desired is None and not low <= now <= high:
        yield f"the {now} tasks there are now are outside: autoscaling changes them at once"
