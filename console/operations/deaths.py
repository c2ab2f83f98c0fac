"""Whether tasks last: in a crash loop all are healthy now and then, and no look at one moment tells."""

from collections.abc import Collection, Iterator
from datetime import datetime, timedelta

from console.domain.service import Observation

LIVES_FOR = timedelta(seconds=60)
"""No good task may have died for this long before *safe* is proved, or before a wanted count is reached."""
LASTS_FOR = timedelta(minutes=3)
"""None may have died for this long before an operation succeeds."""
GIVES_UP_AFTER = timedelta(minutes=2)
"""So long a success is withheld before tasks that go on to die make it a failure …"""
AT_LAST_AFTER = timedelta(minutes=10)
"""… and so long where they die one by one."""


def died(observation: Observation, good: Collection[str], within: timedelta) -> int:
    """How many tasks of the good deployments failed in that time before the look; a stop that was ordered is
    no failure."""
    return sum(observation.at - ended < within for ended in _ends(observation, good))


def dead_within(within: timedelta, dead: int) -> str:
    """How many of its tasks died of late, as people say it."""
    minutes = within // timedelta(minutes=1)
    return f"{dead} of its tasks died in the last {'minute' if minutes == 1 else f'{minutes} min'}"


class Deaths:
    """Follows from look to look whether good tasks last."""

    def __init__(self) -> None:
        self.lately = 0
        """How many have died within :data:`LASTS_FOR` of the newest look."""
        self._newest: datetime | None = None
        self._at: datetime | None = None
        self._withheld_since: datetime | None = None

    def look(self, observation: Observation, good: Collection[str]) -> None:
        """Take in one look; every one of them."""
        self.lately = died(observation, good, LASTS_FOR)
        self._newest = max(_ends(observation, good), default=None)
        self._at = observation.at
        if not self.lately:
            self._withheld_since = None

    @property
    def said(self) -> str:
        return dead_within(LASTS_FOR, self.lately)

    def withhold(self) -> bool:
        """A success is due and withheld because some died; whether it is a failure: they have gone on to die
        since it was first withheld, for :data:`GIVES_UP_AFTER`. Tasks that died together only once are
        waited for."""
        if self._at is None or self._newest is None:
            return False
        self._withheld_since = self._withheld_since or self._at
        waited = self._at - self._withheld_since
        is_late = waited > (GIVES_UP_AFTER if self.lately > 1 else AT_LAST_AFTER)
        return is_late and self._newest > self._withheld_since


def _ends(observation: Observation, good: Collection[str]) -> Iterator[datetime]:
    for task in observation.tasks:
        ended = task.stopped_at or task.stopping_at or (None if task.is_stopped else observation.at)
        if ended is not None and task.deployment in good and task.has_failed:
            yield ended
