"""Weeks of deployments before the world began, and the one that is under way when it does.

The past is laid down as ECS would have recorded it. What is under way is not: it is ordered some
minutes before the beginning, and really runs its course up to it.
"""

from typing import TYPE_CHECKING, Any

from console.sandbox.age import seconds
from console.sandbox.ecs import deployments, scheduler, timing
from console.sandbox.ecs.continuing import ContinueServiceDeployment
from console.sandbox.ecs.definitions import register
from console.sandbox.ecs.model import Json, Service
from console.sandbox.ecs.seed import Past

if TYPE_CHECKING:
    from console.sandbox.account import Account

_OUTCOMES = {"successful": "SUCCESSFUL", "rolled back": "ROLLBACK_SUCCESSFUL", "stopped": "STOPPED"}
_TRIPPED_BY = 3
_LOOKS_S = 10.0
"""How often whoever deploys looks whether a pause waits."""


def past(account: "Account", service: dict[str, Any], now: float) -> list[Past]:
    """The deployments of a fleet's service, oldest first.

    Each forced the newest definition of its day, on what its version's tag stands on; a service
    without ``definitions`` registered one for each, which names that version.
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


def definitions(service: dict[str, Any]) -> list[dict[str, Any]]:
    """The task definitions of a fleet's service, oldest first: its own, or one a deployment."""
    own: list[dict[str, Any]] | None = service.get("definitions")
    return own or [{"age": entry["age"], "tag": entry["version"]} for entry in service["history"]]


def begin(
    account: "Account", service: Service, repository: str, version: str, age: str, *, goes_on: bool = False
) -> None:
    """Deploy a version as its team does, so long (at speed 1) before now.

    With ``goes_on`` somebody answers its first pause as soon as it waits.

    Where the service runs ``latest``, that tag is moved and a new deployment forced; else a task
    definition that names the version is registered. It happens when the world is first advanced;
    everything after it is the scheduler's doing.
    """
    world = account.world
    target = account.ecr.repositories[repository]
    image = target.tagged(version)
    if image is None:
        raise ValueError(f"{service.name} is to run {version}, which nobody pushed")

    def order() -> None:
        definition = service.primary.revision.task_definition
        if definition.containers[0]["image"].endswith(":latest"):
            target.move("latest", image)
        else:
            definition = register(account, _naming(definition.content, f"{target.uri}:{version}"))
        deployments.begin(account, service, definition)
        scheduler.wake(account, service, timing.NOTICE_UPDATE)
        if goes_on:
            world.after(_LOOKS_S, go_on)

    def go_on() -> None:
        rollout = service.rollout
        if rollout is None or rollout.status != "IN_PROGRESS" or rollout.course is None:
            return
        waiting = [hook for hook in rollout.course.hooks if hook.status == "AWAITING_ACTION"]
        for hook in waiting:
            ContinueServiceDeployment(account, {"serviceDeploymentArn": rollout.arn, "hookId": hook.id})
        if not waiting:
            world.after(_LOOKS_S, go_on)

    world.at(world.now() - world.seconds(seconds(age)), order)


def _naming(content: Json, image: str) -> Json:
    """A task definition's content with another image in its first container."""
    first, *others = content["containerDefinitions"]
    return {**content, "containerDefinitions": [{**first, "image": image}, *others]}


def _definition_of(service: dict[str, Any], age: float) -> int:
    """The newest definition that was there so long ago."""
    return max(1, sum(seconds(definition["age"]) >= age for definition in definitions(service)))
