"""What a plan says of how ECS will bring a release in: steps, pauses, bakes, and what is slow."""

from collections.abc import Iterator
from math import ceil

from console.domain.operation import Estimate, Mechanism
from console.domain.service import ServiceStatus
from console.domain.stages import stage_words
from console.domain.steps import Pause, lasts
from console.domain.words import clock, count

PROMISED_S = 300.0
"""Ordered to safe, where the settings of a service allow it."""
LONG_BAKE_S = 900.0
"""A bake that nobody wants to hold a shell for."""


def remarks(status: ServiceStatus, estimate: Estimate | None, mechanism: Mechanism) -> Iterator[str]:
    """Lines for the plan of an order that starts a deployment; none for others."""
    if mechanism not in (Mechanism.UPDATE_SERVICE, Mechanism.FORCE_NEW_DEPLOYMENT):
        return
    steps = status.steps
    if steps.shifts or steps.bake_s or steps.lambdas:
        yield f"strategy {steps.words}"
    for pause in steps.pauses:
        yield f"{_pause(pause)}: it waits there for a person, unless told beforehand to go on"
    if steps.stops > len(steps.pauses):
        yield f"somebody has to say {count(steps.stops, 'time')} that it goes on"
    if steps.bake_s >= LONG_BAKE_S:
        yield f"nobody has to watch the bake of {lasts(steps.bake_s)}: the operation stays open until its end"
    slow = too_slow(status, estimate)
    if slow:
        yield slow


def _pause(pause: Pause) -> str:
    then = "goes on" if pause.then == "CONTINUE" else "rolls back"
    return f"pauses {stage_words(pause.stage).pause}, for {lasts(pause.limit_s)} at most, then ECS {then}"


def too_slow(status: ServiceStatus, estimate: Estimate | None) -> str:
    """Which setting makes five minutes from ordered to safe impossible, unlikely or uncertain; empty where
    they are kept."""
    if estimate is None or estimate.high_s <= PROMISED_S:
        return ""
    certain = estimate.low_s > PROMISED_S
    how = "out of reach" if certain else "unlikely" if estimate.safe_s > PROMISED_S else "not certain"
    steps = status.steps
    if steps.watched_s > PROMISED_S / 2:
        watched = len(steps.shares) - 1
        why = f"{count(watched, 'step')} watched for {lasts(steps.step_bake_s)} each"
    elif not steps.shifts and status.ceiling - status.floor < status.desired:
        batches = ceil(status.desired / max(1, status.ceiling - status.floor))
        why = (
            f"minimum healthy {status.minimum_healthy_percent} % and maximum {status.maximum_percent} %"
            f" with {count(status.desired, 'task')}: {count(batches, 'batch', 'batches')}"
        )
    else:
        why = estimate.dominated_by
    return f"safe within {clock(PROMISED_S)} is {how}: {why}"
