"""What tasks that have to leave are still busy with, how long they have, and what keeps them."""

from console.domain.operation import Check, CheckState
from console.domain.tasks import Task
from console.domain.words import count, day, time_of_day
from console.errors import QuarterdeckError
from console.operations.bearings import Bearings
from console.ports import Clock

KILLED_AFTER_S, KILLED_AT_MOST_S = 30.0, 120.0
"""From SIGTERM to SIGKILL: without a stop timeout, and the longest that Fargate grants (ECS developer
guide, task definition parameters, stopTimeout)."""


def stop_timeout(bearings: Bearings) -> float:
    """Seconds that the slowest container gets, as the definition says."""
    live = bearings.observation.primary_release
    told = [
        float(value.partition(" ")[0])
        for name, value in (live.settings.items() if live is not None else ())
        if name.endswith(" stop timeout")
    ]
    return min(max(told, default=KILLED_AFTER_S), KILLED_AT_MOST_S)


def finishing(bearings: Bearings) -> str:
    """How long a worker has for what it is busy with."""
    after = stop_timeout(bearings)
    return f"jobs in flight may finish; what still runs {after:.0f} s after SIGTERM is killed"


def backlog_remarks(bearings: Bearings) -> tuple[str, ...]:
    """What the service's queue holds now, and which alarms on it ring."""
    try:
        backlog = bearings.platform.backlog(bearings.address)
    except QuarterdeckError as error:
        return (f"its queue cannot be read: {error.message}",)
    if backlog is None:
        return ()
    return (" · ".join((backlog.said, *(f"alarm {name} rings" for name in backlog.ringing))),)


def protection(bearings: Bearings, clock: Clock, only: Task | None = None) -> tuple[Check, ...]:
    """Whether tasks are protected: never a reason to refuse, always one to look twice."""
    tasks = [only] if only else [task for task in bearings.observation.tasks if not task.is_stopped]
    if not tasks:
        return ()
    try:
        found = bearings.platform.protected(bearings.address, [task.id for task in tasks])
    except QuarterdeckError as error:
        return (Check("task protection", CheckState.UNKNOWN, f"cannot be read: {error.message}"),)
    if not found:
        return (Check("task protection", CheckState.PASS, "none is protected"),)
    ends = [until for until in found.values() if until is not None]
    until = f" until {day(max(ends), clock.now())} {time_of_day(max(ends))} UTC" if ends else ""
    if only is not None:
        said, remedy = f"it is protected{until}: a person may stop it all the same", "let it finish its work"
    else:
        said = f"{len(found)} of {count(len(tasks), 'task')} protected{until}: ECS keeps them so long"
        remedy = "take the protection away, or drain them one by one with --task"
    return (Check("task protection", CheckState.UNKNOWN, said, remedy),)
