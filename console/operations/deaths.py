"""Whether tasks last: in a crash loop all are healthy now and then, and no look at one moment tells."""

from collections.abc import Collection
from datetime import timedelta

from console.domain.service import Observation

LIVES_FOR = timedelta(seconds=60)
"""So long no good task may have died when *safe* is proved, or so many tasks count as there."""
LASTS_FOR = timedelta(minutes=3)
"""So long none of them may have died when an operation succeeds."""


def died(observation: Observation, good: Collection[str], within: timedelta) -> int:
    """How many tasks of the good deployments failed within so long before the look."""
    ends = (
        task.stopped_at or task.stopping_at
        for task in observation.tasks
        if task.deployment in good and task.has_failed
    )
    return sum(ended is not None and observation.at - ended < within for ended in ends)


def dead_within(within: timedelta, dead: int) -> str:
    """How many of its tasks died of late, as people say it."""
    minutes = within // timedelta(minutes=1)
    return f"{dead} of its tasks died in the last {'minute' if minutes == 1 else f'{minutes} min'}"
