"""What was usual before an order, and whether that is to be believed."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from statistics import median

from console.domain.guard import Baseline, Trigger
from console.domain.series import Series
from console.domain.words import percent
from console.signals.statistics import spread
from console.signals.windows import MEASURED, Window, windows

REACH = timedelta(minutes=60)
"""How far back of the order the baseline reaches."""
LAST = 5
"""Windows right before the order of which two bad ones are an incident under way."""
WELL = 0.99
"""Share of answers: one of three tasks that is not well is not well."""
_STATE_POINTS = 1
"""One answer is enough to know how a service said that it was."""


def baseline(trigger: Trigger, series: Series | None, ordered_at: datetime) -> Baseline:
    """What a figure was before an order.

    Worked out anew from whatever has arrived by now: figures of the last minutes before the order come
    minutes after it, and it is they that tell an incident.

    Args:
        trigger: For its measure and limits.
        series: Of the service, or of its old version; ``None``: nothing is known.
        ordered_at: The moment of the order. Periods that were over by then count.
    """
    if series is None:
        return Baseline(None, 0, until=ordered_at)
    first = ordered_at - REACH
    points = [item for item in series.points if first < item.at <= ordered_at]
    found, _ = windows(points, trigger.measure, series.period_s, trigger.minimum_requests)
    needed = _STATE_POINTS if trigger.measure.is_state else trigger.baseline_min_points
    value: float | None = None
    requests = sum(item.requests or 0 for item in found) if trigger.measure in MEASURED else None
    if len(found) >= needed:
        value = _usual(trigger, found, requests)
    return Baseline(
        value=value,
        points=len(found),
        requests=requests,
        spread=0.0 if trigger.measure.is_share else spread([item.value for item in found]),
        values=tuple(item.value for item in found),
        bad=_bad(trigger, found, value),
        since=found[-1].start if found else None,
        until=ordered_at,
        source=series.source,
        scope=series.scope,
    )


def _usual(trigger: Trigger, found: Sequence[Window], requests: int | None) -> float:
    if trigger.measure.is_share and requests:
        return sum(item.bad for item in found) / requests
    return median(item.value for item in found)


def _bad(trigger: Trigger, found: Sequence[Window], value: float | None) -> str:
    """Why the time before the order was no usual one."""
    if trigger.measure.is_state:
        return "it was not well before the order" if any(item.value < WELL for item in found[:3]) else ""
    if value is None:
        return ""
    limit = trigger.critical
    if limit is not None and value > limit:
        return f"over the limit already before the order{_shares(trigger, value)}"
    last, before = found[:LAST], found[LAST:]
    if limit is not None and sum(1 for item in last if item.value > limit) >= 2:
        return "an incident was under way when it was ordered"
    if trigger.relative is not None and len(before) >= 3:
        usual = median(item.value for item in before)
        if usual > 0 and sum(1 for item in last if item.value > trigger.relative * usual) >= 2:
            return "an incident was under way when it was ordered"
    return ""


def _shares(trigger: Trigger, value: float) -> str:
    return f" ({percent(value)})" if trigger.measure.is_share else ""
