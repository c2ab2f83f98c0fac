"""What the tasks of a service really run: the digests that their containers report."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from console.domain.fleet import ServicePicture
from console.domain.tasks import Task

Digests = tuple[tuple[str, str], ...]
"""Container and digest, by container."""
MIXED = "its tasks run different images"
_ADDED = ("aws-guardduty-agent", "ecs-service-connect")
"""Names of agents that ECS puts into tasks, each in the version of the day (GuardDuty user guide, runtime
monitoring; ECS developer guide, Service Connect)."""


@dataclass(frozen=True)
class Runs:
    """Running tasks by what they run."""

    images: Mapping[Digests, int]
    """How many tasks run the same digests, most first; those that report none are under ``()``."""
    is_mixed: bool
    """Tasks of one deployment run different images: its tag moved between two starts."""


def tasks_of(picture: ServicePicture) -> tuple[Task, ...] | None:
    """Its tasks by the newest reading; ``None``: not read."""
    seen = picture.observation
    if seen is None or "tasks" in seen.missing:
        return picture.tasks
    listed_at = picture.tasks_as_of
    return picture.tasks if listed_at is not None and listed_at > seen.at else seen.tasks


def runs_of(picture: ServicePicture) -> Runs | None:
    """What runs by the newest list of tasks; ``None`` where none was read."""
    tasks = tasks_of(picture)
    return runs_in(tasks) if tasks is not None else None


def runs_in(tasks: Iterable[Task]) -> Runs:
    """What those of the tasks run that are running."""
    found: dict[Digests, int] = {}
    first: dict[tuple[str, str], str] = {}
    mixed = False
    for task in (task for task in tasks if task.is_executing):
        digests = digests_of(task)
        found[digests] = found.get(digests, 0) + 1
        for name, digest in digests:
            mixed |= first.setdefault((task.deployment, name), digest) != digest
    return Runs(dict(sorted(found.items(), key=lambda item: -item[1])), mixed)


def digests_of(task: Task) -> Digests:
    """What the containers of a task report, but for those that ECS adds by itself."""
    return tuple(
        sorted(
            (item.name, item.digest)
            for item in task.containers
            if item.digest and not item.name.startswith(_ADDED)
        )
    )
