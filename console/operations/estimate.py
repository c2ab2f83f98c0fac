"""How long until *safe*: from observed starts where there are any, else from settings, and said so."""

from dataclasses import dataclass
from math import ceil
from statistics import quantiles

from console.domain.operation import Estimate, Mechanism
from console.domain.service import Observation
from console.domain.steps import ALL_AT_ONCE, Steps
from console.domain.words import clock

DEFAULT_START_S = 40.0
"""PROVISIONING to RUNNING on Fargate where no start was observed."""
DEFAULT_CHECK_S = 30.0
"""Interval of a health check where it is not known: the default of ELBv2 and of containers alike."""
DEFAULT_DRAIN_S = 300.0
"""Deregistration delay where it is not known: ELBv2's default."""
STOP_S = 25.0
"""From drained to gone: SIGTERM, and the network interface detached."""
HOOK_S = 30.0
"""A Lambda hook: nobody here knows how long it takes."""
FEW_SAMPLES = 3
MANY_SAMPLES = 10
"""From so many on the observed percentiles are believed; fewer are too much alike."""


@dataclass(frozen=True)
class _Span:
    """Seconds that something takes: hardly less, usually, hardly more."""

    low: float
    usual: float
    high: float

    def __add__(self, other: "_Span") -> "_Span":
        return _Span(self.low + other.low, self.usual + other.usual, self.high + other.high)

    def __mul__(self, times: float) -> "_Span":
        return _Span(self.low * times, self.usual * times, self.high * times)


_NOTHING = _Span(0, 0, 0)
_ORDER = _Span(3, 10, 20)
"""From an accepted order to the first task that starts."""
_TURN = _Span(1, 10, 15)
"""From an accepted order to turn around until the traffic, or the last batch, does."""
_LEAVE = _Span(15, 30, 40)
"""From healthy tasks until those that they replace are out of the targets: stop requested, deregistered."""
_FINISH = _Span(5, 15, 40)
"""The same without targets: stop requested, and the work at hand finished, 30 s at most by default."""
_STAGES = _Span(7, 15, 25)
"""What the stages between scaled up and the first share of traffic take together, without hooks."""
_SEEN_TWICE = _Span(5, 7.5, 10)
"""*Safe* needs two agreeing reads five seconds apart, and a read comes every 2.5."""


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
    turns = mechanism.stops_rollout
    steps = ALL_AT_ONCE if turns else steps or status.steps
    missing = max(0, status.desired - arriving)
    if status.desired == 0 or (missing == 0 and not turns):
        return None
    starts = sorted(
        (task.started_at - task.created_at).total_seconds()
        for task in observation.tasks
        if task.started_at and task.created_at
    )
    room = status.desired if steps.shifts else max(1, status.ceiling - status.floor)
    batches = ceil(missing / room)
    start = _start(starts) * batches
    check = _check(observation, min(missing, room), no_check_healthy_after_s) * batches
    leaves = _LEAVE if status.target_groups else _FINISH
    fixed = (_TURN if turns else _ORDER) + leaves * batches + _SEEN_TWICE
    fixed += _STAGES + _Span(0, HOOK_S, 2 * HOOK_S) * steps.lambdas if steps.shifts else _NOTHING
    watched = _Span(1, 1, 1.1) * steps.watched_s
    whole = fixed + start + check + watched
    parts = {
        f"start {clock(start.usual / max(1, batches))}": start.usual,
        f"health check {clock(check.usual / max(1, batches))}": check.usual,
        f"scheduler {clock(fixed.usual)}": fixed.usual,
        f"steps {clock(watched.usual)}": watched.usual,
    }
    times = f", {batches} batches" if batches > 1 else ""
    return Estimate(
        safe_s=round(whole.usual, 1),
        low_s=round(whole.low, 1),
        high_s=round(whole.high, 1),
        samples=len(starts) if len(starts) >= FEW_SAMPLES else 0,
        dominated_by=", ".join(sorted(parts, key=parts.__getitem__, reverse=True)[:2]) + times,
        done_s=round(whole.usual - _SEEN_TWICE.usual + steps.bake_s + _drain(observation) + STOP_S, 1),
    )


def _drain(observation: Observation) -> float:
    """How long connections may take to end, behind a load balancer."""
    if not observation.status.target_groups:
        return 0.0
    return DEFAULT_DRAIN_S if observation.deregistration_s is None else observation.deregistration_s


def _start(starts: list[float]) -> _Span:
    """5th percentile, median and 95th percentile; a computed range under three samples, and a wider one
    under ten."""
    if len(starts) < FEW_SAMPLES:
        return _Span(DEFAULT_START_S * 0.6, DEFAULT_START_S, DEFAULT_START_S * 1.8)
    cuts = quantiles(starts, n=20, method="inclusive")
    doubt = 0.0 if len(starts) >= MANY_SAMPLES else 0.15
    return _Span(cuts[0] * (1 - doubt), cuts[9], cuts[-1] * (1 + doubt))


def _check(observation: Observation, together: int, no_check_healthy_after_s: float) -> _Span:
    """From RUNNING to healthy, for so many tasks together: the last one's check decides."""
    if observation.status.target_groups:
        interval = observation.health_check_s or DEFAULT_CHECK_S
        return _Span(0, interval * together / (together + 1), interval * 1.1)
    if any(task.health != "UNKNOWN" for task in observation.tasks if not task.is_stopped):
        return _Span(DEFAULT_CHECK_S / 3, DEFAULT_CHECK_S, DEFAULT_CHECK_S * 1.5)
    return _Span(no_check_healthy_after_s, no_check_healthy_after_s, no_check_healthy_after_s)
