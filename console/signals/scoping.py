"""What is new and what is old in a service: releases, target groups, tasks."""

from collections.abc import Iterable
from datetime import timedelta

from console.domain.series import Scoped
from console.domain.service import Observation
from console.domain.tasks import Task

NOTHING_KNOWN = Scoped()
TOLD_FOR = timedelta(hours=2)
"""After its order a version stops being the new one beside an old one."""


def scoped_of(observation: Observation | None) -> Scoped:
    """How to ask for the new version beside the old one.

    Old and new are told while a deployment is under way, and after it as long as its baseline counts: the
    release before it stays the old one.
    """
    if observation is None or (new := observation.status.arriving) is None:
        return NOTHING_KNOWN
    status = observation.status
    others = [item for item in status.deployments if item.id != new.id]
    groups = _groups_of(observation, (item for item in observation.tasks if item.deployment == new.id))
    leaving = tuple(item for item in status.groups if item not in groups)
    is_recent = observation.at - new.created_at < TOLD_FOR
    apart = is_recent and bool(status.alternate_groups) and len(groups) == 1 and bool(leaving)
    before = next((item.release for item in others if item.release), None) or _source(observation)
    return Scoped(
        new=observation.release_of(new.id),
        old=observation.releases.get(before) if before and is_recent else None,
        new_groups=groups if apart else (),
        old_groups=leaving if apart else (),
        moved_at=new.created_at,
        revisions={item.id: "new" if item.deployment == new.id else "old" for item in observation.tasks},
    )


def _source(observation: Observation) -> str | None:
    rollout = observation.rollout
    return rollout.sources[0] if rollout is not None and rollout.sources else None


def _groups_of(observation: Observation, tasks: Iterable[Task]) -> tuple[str, ...]:
    """The target groups in which those tasks stand."""
    ips = {item.ip for item in tasks if item.ip and not item.is_stopped}
    return tuple(dict.fromkeys(item.group for item in observation.targets if item.ip in ips))
