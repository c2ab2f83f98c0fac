"""From when on what serves a service has served alone: figures of an earlier period are of something else.

Figures come minutes late and stand for a whole period. Right after a deploy the newest ones are those of
the version before, and right after a rollback those of the version that was left: they prove nothing of
what serves now, and nothing against it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from console.domain.guard import Judgement
from console.domain.rollout import Deployment, Rollout, RolloutStatus
from console.domain.series import Measure, Scope, Series
from console.domain.service import Observation, ServiceStatus
from console.domain.signals import Figures

_COMPLETED = "deployment completed"
_TASK_SET = re.compile(r"taskSet ([^\s),]+)")
"""Names the task set that an event of ECS is about."""
_NOT_OF_A_VERSION = frozenset({Measure.QUEUE_DEPTH})
"""What waits in a queue waits there whichever version serves."""


@dataclass(frozen=True)
class Serving:
    """Since when a service is served by what serves it now."""

    since: datetime | None = None
    """Figures of a period that began before that are of before; ``None``: any figures are of now."""
    alone: bool = True
    """No other version serves beside it."""

    def is_of_now(self, figures: Figures) -> bool:
        """Whether all requests of the period came after what serves now was there."""
        return self.counts(figures.at - timedelta(seconds=figures.period_s))

    def counts(self, began: datetime, scope: Scope = Scope.SERVICE) -> bool:
        """Whether a period that began then is of now.

        Args:
            scope: Whose figures they are: those of the old version count only while it serves.
        """
        if scope is Scope.OLD:
            return not self.alone or self.since is None
        return self.since is None or began >= self.since

    def is_newest_of_now(self, series: Series) -> bool:
        """Whether the newest value of a series is of what serves now, all of its period."""
        last = series.last
        if last is None or not _is_of_a_version(series.measure):
            return last is not None
        return self.counts(last.at - timedelta(seconds=series.period_s), series.scope)

    def of_now(self, figures: Figures) -> Figures:
        """The figures; of before without what was measured, which is then kept apart."""
        if self.is_of_now(figures):
            return figures
        return replace(
            figures, requests=None, errors=None, p95_s=None, healthy_targets=None, note="", before=figures
        )

    def judges(self, judgement: Judgement) -> bool:
        """Whether a judgement is of what serves now; one that is bad, in as many periods as it takes."""
        measure, at = judgement.trigger.measure, judgement.as_of
        if at is None or not _is_of_a_version(measure):
            return True
        periods = max(1, judgement.needed if judgement.is_bad else 1)
        return self.counts(at - periods * timedelta(seconds=judgement.period_s), judgement.scope)


def _is_of_a_version(measure: Measure) -> bool:
    return not measure.is_state and measure not in _NOT_OF_A_VERSION


ALWAYS = Serving()
"""Whatever was measured is of what serves now."""


def serving(status: ServiceStatus | None, observation: Observation | None) -> Serving:
    """What is known of when the version that serves now began to.

    While a deployment is under way that is its order, although the version before serves beside it: bad
    figures of both are trouble whosever they are. At rest it is the end of the last change of version.
    A restart changes no version. Task sets (CodeDeploy, EXTERNAL) keep the time of their creation when the
    traffic comes back to them: there it is the end of the set that has left. One that lacks a task is no
    deployment under way.
    """
    arriving = status.arriving if status is not None else None
    if status is None or arriving is None:
        return ALWAYS
    rollout = _rollout(status, observation)
    if _same_version(status, observation, rollout):
        others = (item for item in status.events if arriving.id not in item.message)
        return Serving(max((item.at for item in others if _COMPLETED in item.message), default=None))
    task_sets = status.controller != "ECS"
    if status.in_motion and not (task_sets and len(status.deployments) == 1):
        newest = max(item.created_at for item in status.deployments)
        return Serving(newest if task_sets else arriving.created_at, alone=False)
    ends = [item.at for item in status.events if f"{arriving.id}) {_COMPLETED}" in item.message]
    if rollout is not None and rollout.finished_at is not None:
        ends.append(rollout.finished_at)
    elif rollout is not None and observation is not None and not (rollout.status.is_over or ends):
        ends.append(observation.at)  # it was under way then, and has ended since
    if task_sets:
        ends.extend(_left(status, arriving, observation))
    return Serving(max((arriving.created_at, *ends)))


def _left(status: ServiceStatus, serves: Deployment, observation: Observation | None) -> Iterator[datetime]:
    """When other task sets than the one that serves were last there.

    A set that was taken back leaves nothing but its events: the service names the deployment that made the
    set that serves again, which ended days ago.
    """
    for item in status.events:
        named = _TASK_SET.search(item.message)
        if named is not None and named[1] != serves.id:
            yield item.at
    rollout = observation.rollout if observation is not None else None
    if observation is None or rollout is None or rollout.id == status.rollout_id:
        return
    if observation.status.rollout_id == rollout.id:  # it was the last one then, and its set is gone
        ended = rollout.finished_at or (rollout.updated_at if rollout.status.is_over else None)
        yield ended or observation.at


def _rollout(status: ServiceStatus, observation: Observation | None) -> Rollout | None:
    """The last service deployment, where it was read."""
    found = observation.rollout if observation is not None else None
    if found is None or found.id != status.rollout_id or found.status is RolloutStatus.UNKNOWN:
        return None
    return found


def _same_version(status: ServiceStatus, observation: Observation | None, rollout: Rollout | None) -> bool:
    """Whether what served before and after the last change runs the same; false where nothing tells."""
    if observation is None:
        return False
    names = [item.release for item in status.deployments]
    if rollout is not None:
        names += [rollout.target, *rollout.sources]
    if len(status.deployments) < 2 and (rollout is None or not rollout.sources):
        return False
    releases = [observation.releases.get(name or "") for name in names]
    first = releases[0]
    return first is not None and all(item is not None and first.same_as(item) for item in releases)
