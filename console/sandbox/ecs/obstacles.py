"""What keeps a placed task from starting: no address, a secret, the log group, the wrong platform.

The texts are those that ECS gives as ``stoppedReason`` (ECS developer guide, stopped-task-error-codes);
all of them come with the stop code TaskFailedToStart.
"""

from typing import TYPE_CHECKING

from console.sandbox import conditions
from console.sandbox.ecs import events
from console.sandbox.ecs.model import Container, Json, Service, Task, TaskDefinition
from console.sandbox.errands import Errand

if TYPE_CHECKING:
    from console.sandbox.account import Account

RETRIES = 15.0
"""Simulated seconds for which the agent tries to prepare a task before it gives up."""
_RETRIEVAL = (
    "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval "
    "failed: "
)
_RETRIED = "service call has been retried 1 time(s): "
_ASM = f"{_RETRIEVAL}unable to retrieve secret from asm: {_RETRIED}"
_SSM = f"{_RETRIEVAL}unable to retrieve secrets from ssm: {_RETRIED}"
_LOGGER = (
    "ResourceInitializationError: failed to validate logger args: create stream has been retried 1 times: "
    "failed to create Cloudwatch log stream: ResourceNotFoundException: The specified log group does not "
    "exist. : exit status 1"
)
WRONG_PLATFORM = Errand(
    dies_after=0.4,
    exit_code=255,
    lines=((0.3, "fatal", "exec /usr/local/bin/docker-entrypoint.sh: exec format error"),),
)
"""What becomes of a container whose image was built for another architecture."""


def to_network(account: "Account", task: Task) -> str:
    """Why a task gets no network interface; empty: it does."""
    if not account.conditions.concerns(conditions.SUBNET_FULL, "subnet", task.subnet):
        return ""
    return (
        "Unexpected EC2 error while attempting to Create Network Interface with public IP assignment "
        f"disabled in subnet '{task.subnet}': InsufficientFreeAddressesInSubnet"
    )


def to_start(account: "Account", task: Task) -> str:
    """Why a task's containers cannot be prepared; empty: they can."""
    for container in task.containers:
        for secret in container.definition.get("secrets") or ():
            text = _secret(account, task, str(secret["valueFrom"]))
            if text:
                return text
    return _LOGGER if any(_lacks_group(account, item) for item in task.containers) else ""


def architecture(definition: TaskDefinition) -> str:
    """``amd64`` or ``arm64``: what the task's machine runs."""
    platform: Json = definition.content.get("runtimePlatform") or {}
    return "arm64" if platform.get("cpuArchitecture") == "ARM64" else "amd64"


def announce(account: "Account", service: Service, reason: str) -> None:
    """ECS names what keeps its tasks from starting in the service's events, once in six hours."""
    if not reason.startswith("ResourceInitializationError"):
        return
    text = f"was unable to place a task. Reason: {reason}"
    head = f"(service {service.name}) {text}"[:240]
    if not any(event.message.startswith(head) for event in service.events):
        events.say(account.world, service, text)


def _secret(account: "Account", task: Task, source: str) -> str:
    """Why a ``valueFrom`` cannot be read: a secret's ARN, perhaps with key and version, or a parameter."""
    is_secret = ":secretsmanager:" in source
    arn = ":".join(source.split(":")[:7]) if is_secret else source
    head = f"{_ASM}failed to fetch secret {arn} from secrets manager: " if is_secret else _SSM
    is_deleted = account.conditions.concerns(conditions.SECRET_DELETED, "secret", source)
    if is_deleted or (is_secret and account.secrets.find(arn) is None):
        if not is_secret:
            return f"{head}invalid ssm parameters: {arn.partition(':parameter')[2] or arn}"
        return (
            f"{head}ResourceNotFoundException: Secrets Manager can't find the specified secret. "
            "status code: 400"
        )
    if account.conditions.concerns(conditions.SECRET_DENIED, "secret", source):
        role = str(task.definition.content.get("executionRoleArn") or "none").rpartition("/")[2]
        user = f"arn:aws:sts::{account.id}:assumed-role/{role}/{task.id}"
        action = "secretsmanager:GetSecretValue" if is_secret else "ssm:GetParameters"
        return (
            f"{head}AccessDeniedException: User: {user} is not authorized to perform: {action} on resource: "
            f"{arn} because no identity-based policy allows the {action} action status code: 400"
        )
    return ""


def _lacks_group(account: "Account", container: Container) -> bool:
    logs: Json = container.definition.get("logConfiguration") or {}
    options: Json = logs.get("options") or {}
    if logs.get("logDriver") != "awslogs" or options.get("awslogs-create-group") == "true":
        return False
    group = str(options.get("awslogs-group", ""))
    is_gone = account.conditions.concerns(conditions.LOG_GROUP_MISSING, "group", group)
    return is_gone or group not in account.logs.groups
