"""What the configuration says of the guard and of alerts: mode, times, thresholds.

An environment says it for all its services; a service says of its own only what differs.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import timedelta

from console.config import schema
from console.config.nearest import meant
from console.config.table import Table
from console.domain.guard import DEFAULT_ALERTS, DEFAULT_TRIGGERS, GuardMode, GuardPolicy, Trigger
from console.domain.series import Measure

_LARGEST = 1e12
_MOST_PERIODS, _MOST_REQUESTS = 60, 1_000_000


def name_of(measure: Measure) -> str:
    """What a measure is called in the configuration: ``queue-age``."""
    return measure.value.replace(" ", "-")


MEASURES: Mapping[str, Measure] = {name_of(item): item for item in Measure}


def guard_policy(table: Table, usual: GuardPolicy | None = None) -> GuardPolicy:
    """``[….guard]`` and ``[….alerts]`` of an environment or a service.

    Args:
        usual: What holds where nothing is said: the environment's for a service, and only for one.
    """
    of_service = usual is not None
    usual = usual or GuardPolicy(triggers=DEFAULT_TRIGGERS, alerts=DEFAULT_ALERTS)
    guard = table.table("guard", schema.GUARD)
    periods, requests = _counts(guard)
    triggers = [
        replace(
            item,
            periods=periods or item.periods,
            minimum_requests=requests or item.minimum_requests,
        )
        for item in usual.triggers
    ]
    return GuardPolicy(
        mode=GuardMode(guard.choice("mode", tuple(GuardMode), usual.mode)),
        bake=guard.duration("bake", usual.bake),
        countdown=guard.duration("countdown", usual.countdown),
        watch=guard.duration("watch", usual.watch),
        triggers=_merged(guard.table("triggers", None), schema.TRIGGER, triggers, of_service=of_service),
        alerts=_merged(table.table("alerts", None), schema.ALERT, usual.alerts, of_service=of_service),
    )


def _merged(
    table: Table, keys: tuple[str, ...], usual: Iterable[Trigger], *, of_service: bool
) -> tuple[Trigger, ...]:
    """The usual ones, each with what is said of it, and those that are new. What a service says of itself
    holds for it, whatever its kind."""
    found = {item.name: item for item in usual}
    for name in table.entries():
        if name not in MEASURES:
            table.refuse(name, "is no figure that can be judged", meant(name, MEASURES))
        mine = table.table(name, keys)
        if mine.flag("off"):
            found.pop(name, None)
            continue
        made = _trigger(mine, found.get(name) or Trigger(name, MEASURES[name]))
        found[name] = replace(made, kind=None) if of_service else made
    return tuple(found.values())


def _trigger(table: Table, usual: Trigger) -> Trigger:
    periods, requests = _counts(table)
    made = replace(
        usual,
        warning=_limit(table, "warning", usual.measure, usual.warning),
        critical=_limit(table, "critical", usual.measure, usual.critical),
        relative=table.number("relative", usual.relative or 0, 1, 1000)
        if table.has("relative")
        else usual.relative,
        periods=periods or usual.periods,
        minimum_requests=requests or usual.minimum_requests,
    )
    limits = (made.warning, made.critical, made.relative)
    if made.measure.is_state:
        if any(item is not None for item in limits):
            table.refuse("", "has a limit, but it is only ever well or not", "leave the limits out")
    elif all(item is None for item in limits):
        table.refuse("", "has no limit", "write warning, critical or relative")
    if made.warning is not None and made.critical is not None and made.warning > made.critical:
        table.refuse("warning", "is above critical", "a warning comes first")
    return made


def _counts(table: Table) -> tuple[int, int]:
    """Periods and requests; 0 where nothing is said."""
    periods = table.number("periods", 0, 1, _MOST_PERIODS) if table.has("periods") else 0
    requests = table.number("minimum_requests", 0, 1, _MOST_REQUESTS) if table.has("minimum_requests") else 0
    for key, value in (("periods", periods), ("minimum_requests", requests)):
        if value != int(value):
            table.refuse(key, "is not a whole number")
    return int(periods), int(requests)


def _limit(table: Table, key: str, measure: Measure, usual: float | None) -> float | None:
    """In the measure's unit: shares are written per cent, response times and ages as durations."""
    if not table.has(key):
        return usual
    if measure.unit == "s":
        return table.duration(key, timedelta()).total_seconds()
    if measure.is_share:
        return table.number(key, 0, 0, 100) / 100
    return table.number(key, 0, 0, 100 if measure.unit == "%" else _LARGEST)
