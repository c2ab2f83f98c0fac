"""When the trouble began: the first evidence there is, before anybody ordered anything."""

import re
from collections.abc import Iterator
from datetime import datetime

from console.domain.service import Observation
from console.domain.text import cut_end
from console.operations.bearings import Bearings

_BAD_EVENT = re.compile(
    r"is unhealthy in|failed container health checks|deployment failed|unable to consistently start"
    r"|due to an unhealthy status"
)
"""ECS developer guide, service event messages."""


def onset(bearings: Bearings, told: datetime | None) -> tuple[datetime | None, str]:
    """The first moment at which something was wrong with what serves, and what that was.

    Args:
        told: When the first figure went bad, where somebody watches figures.
    """
    found = [(told, "first bad figure")] if told is not None else []
    found += list(_evidence(bearings.observation))
    return min(found, key=lambda item: item[0], default=(None, ""))


def _evidence(observation: Observation) -> Iterator[tuple[datetime, str]]:
    primary = observation.status.primary
    if primary is None:
        return
    since = primary.created_at
    for task in observation.tasks:
        if task.deployment == primary.id and task.has_failed and task.stopped_at is not None:
            yield task.stopped_at, f"task {task.id[:8]} stopped: {cut_end(task.stopped_reason, 60)}"
    for event in observation.status.events:
        if event.at >= since and _BAD_EVENT.search(event.message):
            yield event.at, cut_end(event.message, 80)
    rollout = observation.rollout
    if rollout is not None and rollout.rollback_started_at is not None and rollout.created_at >= since:
        yield rollout.rollback_started_at, "ECS began to go back"
