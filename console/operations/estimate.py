"""How long until *safe*: from observed starts where there are any, else from settings, and said so."""

from math import ceil
from statistics import quantiles

from console.domain.operation import Estimate, Mechanism
from console.domain.service import Observation
from console.domain.steps import ALL_AT_ONCE, Steps
from console.domain.words import clock

ORDER_S = 10.0
"""From an accepted order to the first task that starts."""
BETWEEN_S = 10.0
"""From a batch that is healthy to the next one: the scheduler's next look."""
LEAVE_S = 30.0
"""From the last healthy task until the others are out of the targets: stop requested, deregistered."""
DEFAULT_START_S = 40.0
"""PROVISIONING to RUNNING on Fargate where no start was observed."""
DEFAULT_CHECK_S = 30.0
"""Interval of a target group's health check where it is not known: ELBv2's default."""
DEFAULT_DRAIN_S = 300.0
"""Deregistration delay where it is not known: ELBv2's default."""
STAGES_S = 15.0
"""What the stages between scaled up and the first share of traffic take together, without hooks."""
STOP_S = 25.0
"""From drained to gone: SIGTERM, and the network interface detached."""
SEEN_TWICE_S = 7.5
"""*Safe* needs two agreeing reads five seconds apart, and a read comes every 2.5."""
HOOK_S = 30.0
"""A Lambda hook: nobody here knows how long it takes."""
FEW_SAMPLES = 3


def estimate(
    observation: Observation,
    arriving: int,
    mechanism: Mechanism,
    no_check_healthy_after_s: float,
    steps: Steps | None = None,
) -> Estimate | None:
    """Estimate an operation on the service as observed; ``None`` when nothing is going to start.

    Where traffic is shifted in steps, safe is when all of it is on the new release, and done when the two
    no longer stand side by side. Pauses are not in it: nobody knows how long somebody thinks.

    Args:
        observation: The service before the order.
        arriving: Tasks of the target that already run.
        mechanism: How it will be done.
        no_check_healthy_after_s: Time until a task without any check counts as healthy.
        steps: What the deployment that it begins goes through; ``None``: the service's own.
    """
    status = observation.status
    steps = ALL_AT_ONCE if mechanism.stops_rollout else steps or status.steps
    missing = max(0, status.desired - arriving)
    if status.desired == 0 or (missing == 0 and not mechanism.stops_rollout):
        return None
    starts = sorted(
        (task.started_at - task.created_at).total_seconds()
        for task in observation.tasks
        if task.started_at and task.created_at
    )
    low, middle, high = _spread(starts)
    room = status.desired if steps.shifts else max(1, status.ceiling - status.floor)
    batches = ceil(missing / room)
    leave = 0.0 if missing == 0 else LEAVE_S
    if status.target_groups:
        interval = observation.health_check_s or DEFAULT_CHECK_S
        batch = min(missing, room)  # the last of so many checks decides
        checks = 0.0, interval * batch / (batch + 1), interval
        drain = DEFAULT_DRAIN_S if observation.deregistration_s is None else observation.deregistration_s
    else:
        checks = (no_check_healthy_after_s,) * 3
        drain = 0.0
    fixed = ORDER_S + BETWEEN_S * max(0, batches - 1) + leave + SEEN_TWICE_S
    fixed += STAGES_S + HOOK_S * steps.lambdas if steps.shifts else 0.0
    watched = steps.watched_s
    safe = fixed + batches * (middle + checks[1]) + watched
    parts = {
        f"start {clock(middle)}": batches * middle,
        f"health check {clock(checks[1])}": batches * checks[1],
        f"scheduler {clock(fixed)}": fixed,
        f"steps {clock(watched)}": watched,
    }
    times = f", {batches} batches" if batches > 1 else ""
    return Estimate(
        safe_s=round(safe, 1),
        low_s=round(fixed * 0.5 + batches * (low + checks[0]) + watched, 1),
        high_s=round(fixed * 1.4 + batches * (high + checks[2] * 1.1) + watched * 1.1, 1),
        samples=len(starts) if len(starts) >= FEW_SAMPLES else 0,
        dominated_by=", ".join(sorted(parts, key=parts.__getitem__, reverse=True)[:2]) + times,
        done_s=round(safe - SEEN_TWICE_S + steps.bake_s + drain + STOP_S, 1),
    )


def _spread(starts: list[float]) -> tuple[float, float, float]:
    """5th percentile, median and 95th percentile in seconds; a computed range under three samples."""
    if len(starts) < FEW_SAMPLES:
        return DEFAULT_START_S * 0.6, DEFAULT_START_S, DEFAULT_START_S * 1.8
    cuts = quantiles(starts, n=20, method="inclusive")
    return cuts[0], cuts[9], cuts[-1]
