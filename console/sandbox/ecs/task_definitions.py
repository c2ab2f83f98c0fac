"""Operations on task definitions."""

from typing import TYPE_CHECKING

from console.sandbox.ecs import definitions, views
from console.sandbox.ecs.model import Json, TaskDefinition
from console.sandbox.ecs.reading import page_size
from console.sandbox.paging import page
from console.sandbox.registry import AwsError, operation

if TYPE_CHECKING:
    from console.sandbox.account import Account


@operation("ecs")
def RegisterTaskDefinition(account: "Account", params: Json) -> Json:
    """A new revision of the family; what it names need not exist."""
    content = {name: value for name, value in params.items() if name != "tags" and value is not None}
    if not content.get("containerDefinitions"):
        raise AwsError("ClientException", "Container list cannot be empty.")
    is_fargate = "FARGATE" in (content.get("requiresCompatibilities") or ())
    if is_fargate and not (content.get("cpu") and content.get("memory")):
        raise AwsError(
            "ClientException", "Fargate requires that 'cpu' and 'memory' be defined at the task level."
        )
    for container in content["containerDefinitions"]:
        if not container.get("image") or not container.get("name"):
            raise AwsError(
                "ClientException", "Container.name and Container.image should not be null or empty."
            )
    definition = definitions.register(account, content, params.get("tags"))
    return {"taskDefinition": views.task_definition(definition), "tags": definition.tags}


@operation("ecs")
def DeregisterTaskDefinition(account: "Account", params: Json) -> Json:
    """INACTIVE: running tasks go on, services cannot be updated to it."""
    if ":" not in params["taskDefinition"].rpartition("/")[2]:
        raise AwsError("InvalidParameterException", "Invalid revision number. Number: null")
    definition = _definition(account, params)
    definition.status, definition.deregistered_at = "INACTIVE", account.world.now()
    return {"taskDefinition": views.task_definition(definition)}


@operation("ecs")
def DescribeTaskDefinition(account: "Account", params: Json) -> Json:
    """Tags come beside it, when asked for."""
    definition = _definition(account, params)
    with_tags = "TAGS" in (params.get("include") or ())
    return {
        "taskDefinition": views.task_definition(definition),
        **({"tags": definition.tags} if with_tags else {}),
    }


@operation("ecs")
def ListTaskDefinitions(account: "Account", params: Json) -> Json:
    """ARNs of one status, by family and revision."""
    status = params.get("status") or "ACTIVE"
    prefix = params.get("familyPrefix")
    arns = [
        item.arn
        for family, revisions in sorted(account.ecs.definitions.items())
        for item in revisions
        if item.status == status and prefix in (None, family)
    ]
    if params.get("sort") == "DESC":
        arns.reverse()
    shown, following = page(arns, params.get("nextToken"), page_size(params, 100))
    return {"taskDefinitionArns": shown, **following}


@operation("ecs")
def ListTaskDefinitionFamilies(account: "Account", params: Json) -> Json:
    """Families with (ACTIVE) or without (INACTIVE) an active revision; both unless asked."""
    wanted, prefix = params.get("status") or "ALL", params.get("familyPrefix") or ""
    families = [
        family
        for family, revisions in sorted(account.ecs.definitions.items())
        if family.startswith(prefix) and wanted in ("ALL", _family_status(revisions))
    ]
    shown, following = page(families, params.get("nextToken"), page_size(params, 100))
    return {"families": shown, **following}


def _family_status(revisions: list[TaskDefinition]) -> str:
    return "ACTIVE" if any(item.status == "ACTIVE" for item in revisions) else "INACTIVE"


def _definition(account: "Account", params: Json) -> TaskDefinition:
    definition = definitions.find(account, params["taskDefinition"])
    if definition is None:
        raise AwsError("ClientException", "Unable to describe task definition.")
    return definition
