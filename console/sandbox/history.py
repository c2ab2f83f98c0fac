"""Weeks of deployments before the world began, and the one that is under way when it does.

The past is laid down as ECS would have recorded it. What is under way is not: it is ordered some
minutes before the beginning, and really runs its course up to it.
"""

from typing import TYPE_CHECKING, Any

from console.sandbox.age import seconds
from console.sandbox.ecs import deployments, scheduler, timing
from console.sandbox.ecs.model import Service
from console.sandbox.ecs.seed import Past

if TYPE_CHECKING:
    from console.sandbox.account import Account

_OUTCOMES = {"successful": "SUCCESSFUL", "rolled back": "ROLLBACK_SUCCESSFUL", "stopped": "STOPPED"}
_TRIPPED_BY = 3


def past(account: "Account", service: dict[str, Any], now: float) -> list[Past]:
    """The deployments of a fleet's service, oldest first.

    Each forced the newest definition of its day, on what its version's tag stands on.
    """
    repository = account.ecr.repositories[service["repository"]]
    task = service["task"]
    found = []
    for entry in service["history"]:
        image = repository.tagged(entry["version"])
        if image is None:
            raise ValueError(f"{service['name']} ran {entry['version']}, which nobody pushed")
        started = now - seconds(entry["age"])
        status = _OUTCOMES[entry.get("outcome", "successful")]
        found.append(
            Past(
                task_definition=f"{task['family']}:{_definition_of(service, seconds(entry['age']))}",
                digests={task["container"]: image.digest},
                started_at=started,
                finished_at=started + seconds(entry["took"]),
                status=status,
                failures=_TRIPPED_BY if status == "ROLLBACK_SUCCESSFUL" else 0,
            )
        )
    return found


def begin(account: "Account", service: Service, repository: str, version: str, age: str) -> None:
    """Move ``latest`` to a version and force a new deployment, so long (at speed 1) before now.

    It happens when the world is first advanced; everything after it is the scheduler's doing.
    """
    world = account.world
    target = account.ecr.repositories[repository]
    image = target.tagged(version)
    if image is None:
        raise ValueError(f"{service.name} is to run {version}, which nobody pushed")

    def order() -> None:
        target.move("latest", image)
        deployments.begin(account, service, service.primary.revision.task_definition)
        scheduler.wake(account, service, timing.NOTICE_UPDATE)

    world.at(world.now() - world.seconds(seconds(age)), order)


def _definition_of(service: dict[str, Any], age: float) -> int:
    """The newest definition that was there so long ago."""
    return max(1, sum(seconds(definition["age"]) >= age for definition in service["definitions"]))
