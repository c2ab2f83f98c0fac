"""Capacity providers as clients see them, and the door into a task that stays shut."""

from typing import TYPE_CHECKING

from console.sandbox.ecs import providers, services
from console.sandbox.ecs.model import Json
from console.sandbox.ecs.reading import find_task, page_size
from console.sandbox.paging import page
from console.sandbox.registry import AwsError, operation

if TYPE_CHECKING:
    from console.sandbox.account import Account

EXEC_IS_OFF = (
    "The execute command failed because execute command was not enabled when the task was run or the "
    "execute command agent isn't running. Wait and try again or run a new task with execute command "
    "enabled and try again."
)
NO_AGENT = "The execute command failed due to an internal error. Try again later."


@operation("ecs")
def DescribeCapacityProviders(account: "Account", params: Json) -> Json:
    """Fargate's two; there are no Auto Scaling groups here."""
    wanted = params.get("capacityProviders") or list(providers.PROVIDERS)
    names = [reference.rpartition("/")[2] for reference in wanted]
    known = [providers.picture(account, name) for name in names if name in providers.PROVIDERS]
    failures = [
        {"arn": account.arn("ecs", f"capacity-provider/{name}"), "reason": "MISSING"}
        for name in names
        if name not in providers.PROVIDERS
    ]
    shown, following = page(known, params.get("nextToken"), page_size(params, 10))
    return {"capacityProviders": shown, "failures": failures, **following}


@operation("ecs")
def ExecuteCommand(account: "Account", params: Json) -> Json:
    """Refused as AWS refuses it: the tasks here have no agent to open a session with.

    Raises:
        AwsError: ``InvalidParameterException`` for an unknown task, one that does not run, or one
            that was started without ECS Exec; ``TargetNotConnectedException`` for every other.
    """
    owner = services.cluster(account, params)
    found = find_task(owner.keepers, params["task"])
    if found is None:
        raise AwsError("InvalidParameterException", "The referenced task was not found.")
    _, task = found
    if task.status != "RUNNING" or not task.enable_execute_command:
        raise AwsError("InvalidParameterException", EXEC_IS_OFF)
    names = [container.name for container in task.containers]
    if params.get("container") not in (None, *names):
        raise AwsError("InvalidParameterException", "The container was not found in the task.")
    raise AwsError("TargetNotConnectedException", NO_AGENT)
