"""Task definitions: registered once, never changed, found by ARN, by family and revision, by family."""

from typing import TYPE_CHECKING

from console.sandbox.ecs.model import Json, TaskDefinition
from console.sandbox.registry import AwsError

if TYPE_CHECKING:
    from console.sandbox.account import Account

_LISTS = ("volumes", "placementConstraints")
_CONTAINER_LISTS = ("portMappings", "environment", "mountPoints", "volumesFrom", "systemControls")


def register(
    account: "Account", content: Json, tags: list[Json] | None = None, registered_at: float | None = None
) -> TaskDefinition:
    """Add a revision to its family.

    Args:
        content: What RegisterTaskDefinition takes, without ``tags``.
        registered_at: Epoch seconds; by default now.
    """
    family = content["family"]
    revisions = account.ecs.definitions.setdefault(family, [])
    number = len(revisions) + 1
    definition = TaskDefinition(
        arn=account.arn("ecs", f"task-definition/{family}:{number}"),
        family=family,
        revision=number,
        content=_completed(content),
        registered_at=account.world.now() if registered_at is None else registered_at,
        registered_by=f"arn:aws:iam::{account.id}:root",
        tags=list(tags or ()),
    )
    revisions.append(definition)
    return definition


def find(account: "Account", reference: str) -> TaskDefinition | None:
    """By ARN, ``family:revision``, or ``family`` (its newest ACTIVE revision)."""
    name = reference.rpartition("task-definition/")[2] if reference.startswith("arn:") else reference
    family, _, number = name.partition(":")
    revisions = account.ecs.definitions.get(family, [])
    if not number:
        return next((item for item in reversed(revisions) if item.status == "ACTIVE"), None)
    if not number.isdigit() or not 1 <= int(number) <= len(revisions):
        return None
    return revisions[int(number) - 1]


def usable(account: "Account", reference: str) -> TaskDefinition:
    """One that a service may run.

    Raises:
        AwsError: ``ClientException`` if there is none, or it is INACTIVE.
    """
    definition = find(account, reference)
    if definition is None:
        raise AwsError("ClientException", "Unable to describe task definition.")
    if definition.status != "ACTIVE":
        raise AwsError("ClientException", "TaskDefinition is inactive")
    return definition


def _completed(content: Json) -> Json:
    """With the empty lists that ECS describes where nothing was given; clients count on them."""
    containers = [
        {"cpu": 0, **{name: [] for name in _CONTAINER_LISTS}, **container}
        for container in content["containerDefinitions"]
    ]
    return {**{name: [] for name in _LISTS}, **content, "containerDefinitions": containers}
