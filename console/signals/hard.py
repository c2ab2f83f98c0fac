"""Evidence at once: tasks of the new version that died, targets of it that fail their health checks."""

from collections.abc import Iterator

from console.domain.guard import Hard
from console.domain.series import Measure, Scope, SeriesPicture
from console.domain.service import Observation
from console.domain.text import cut_end
from console.domain.words import count

PERIODS, ANSWERS = 2, 6
"""So many periods in a row, and so many answers: by chance they all come from one version once in 64 times
where both have as many tasks."""
ENOUGH = 2
"""Tasks that have to die: one may have had bad luck with its machine. A service of one task: that one."""


def hard_evidence(observation: Observation | None) -> tuple[Hard, ...]:
    """What is proven of the deployment that arrives, without waiting for any figure."""
    if observation is None or observation.status.arriving is None:
        return ()
    return tuple(_tasks(observation)) + tuple(_targets(observation))


def old_fails(observation: Observation | None) -> bool | None:
    """Whether targets of the versions before are unhealthy too; ``None``: none of them is left to tell."""
    if observation is None or observation.status.arriving is None:
        return None
    primary = observation.status.arriving
    old = {
        item.ip
        for item in observation.tasks
        if item.deployment != primary.id and item.status == "RUNNING" and not item.is_leaving and item.ip
    }
    states = [item.state for item in observation.targets if item.ip in old]
    judged = [state for state in states if state in ("healthy", "unhealthy")]
    return all(state == "unhealthy" for state in judged) if judged else None


def every_answer_fails(observation: Observation | None, picture: SeriesPicture) -> bool:
    """Whether the service answers that it is not well whichever task is asked, while tasks of the versions
    before serve beside the new ones: then they fail too, before any health check has told so."""
    if observation is None or observation.status.arriving is None:
        return False
    new = observation.status.arriving
    others = [item for item in observation.tasks if item.status == "RUNNING" and not item.is_leaving]
    if not any(item.deployment != new.id for item in others):
        return False
    for series in picture.of(Measure.HEALTH, Scope.SERVICE):
        last = [item for item in series.since(new.created_at) if item.value is not None][-PERIODS:]
        asked = sum(item.requests or 1 for item in last)
        if len(last) == PERIODS and asked >= ANSWERS and not any(item.value for item in last):
            return True
    return False


def _tasks(observation: Observation) -> Iterator[Hard]:
    primary = observation.status.arriving
    if primary is None:
        return
    dead = [
        item
        for item in observation.tasks
        if item.deployment == primary.id and item.has_failed and item.stopped_at is not None
    ]
    if not dead or len(dead) < min(ENOUGH, primary.desired or 1):
        return
    newest = max(dead, key=lambda item: item.stopped_at or observation.at)
    said = cut_end(newest.stopped_reason, 60) or newest.stop_code
    line = f"{count(len(dead), 'task')} of the new version died: {said}"
    yield Hard("tasks", min(item.stopped_at or observation.at for item in dead), len(dead), line)


def _targets(observation: Observation) -> Iterator[Hard]:
    """Targets of new tasks that ran longer than the grace period, and fail the load balancer's checks."""
    primary = observation.status.arriving
    if primary is None:
        return
    settled = observation.settled(lambda deployment: deployment == primary.id)
    failing = [item for item in observation.targets if item.state == "unhealthy" and item.ip in settled]
    if not failing:
        return
    why = next((item.description for item in failing if item.description), "")
    line = f"{count(len(failing), 'target')} of the new version unhealthy" + (
        f": {cut_end(why, 60)}" if why else ""
    )
    yield Hard("targets", observation.at, len(failing), line)
