"""Why a task never started, from the texts in which ECS and the container runtime say it.

The same texts stand in ``stoppedReason``, in a container's ``reason`` and in *unable to place a
task* events (ECS developer guide, stopped-task-error-codes and service-event-messages-list).
"""

import re
from dataclasses import dataclass

_IMAGE = re.compile(r"([\w.-]+(?:/[\w.-]+)+(?::[\w.-]+|@sha256:[0-9a-f]{8})|[\w.-]+:[\w.-]+(?=: not found))")
_SECRET = re.compile(r"(?:secret:|parameter/)([\w/+=.@-]+?)(?:-[A-Za-z0-9]{6})?(?=[\s:,\"']|$)")
_ACTION = re.compile(r"not authorized to perform: (\S+?)(?=[\s,]|$)")


@dataclass(frozen=True)
class Reason:
    """One known text: what it means and what helps."""

    pattern: re.Pattern[str]
    cause: str
    remedy: str
    subjects: tuple[re.Pattern[str], ...] = ()
    """What to name with the cause, first match of the first that matches."""


def _reason(pattern: str, cause: str, remedy: str, *subjects: re.Pattern[str]) -> Reason:
    return Reason(re.compile(pattern, re.IGNORECASE | re.DOTALL), cause, remedy, subjects)


_ROLE = "give the execution role the permission, or roll back"
_NETWORK = "check NAT, VPC endpoints and security groups of the task's subnets"

REASONS = (
    _reason(
        r"CannotPull.*(toomanyrequests|rate limit)",
        "image pull refused: the registry limits pulls",
        "use a pull-through cache, or authenticate the pulls",
        _IMAGE,
    ),
    _reason(
        r"CannotPull.*(no space left)", "image pull failed: disk full", "raise the ephemeral storage", _IMAGE
    ),
    _reason(
        r"CannotPull.*(no basic auth|denied|not authorized|unauthorized)", "image pull denied", _ROLE, _IMAGE
    ),
    _reason(
        r"CannotPull.*(i/o timeout|request canceled|context canceled|deadline exceeded|dial tcp)",
        "registry unreachable",
        _NETWORK,
        _IMAGE,
    ),
    _reason(
        r"CannotPull.*(not found|failed to resolve ref|manifest unknown|does not exist)",
        "image not found",
        "push the image, or roll back to a version that the registry has",
        _IMAGE,
    ),
    _reason(
        r"CannotPull.*(platform|exec format)",
        "image is for another platform",
        "build the image for the task's architecture",
        _IMAGE,
    ),
    _reason(r"CannotPull", "image cannot be pulled", "read the task's stop reason", _IMAGE),
    _reason(
        r"unable to pull secrets.*(AccessDenied|not authorized)",
        "secrets denied",
        "give the execution role that permission and kms:Decrypt, or roll back",
        _ACTION,
        _SECRET,
    ),
    _reason(
        r"unable to pull secrets.*(dial tcp|i/o timeout|deadline exceeded|context canceled)",
        "secrets unreachable: no network path",
        _NETWORK,
    ),
    _reason(
        r"unable to pull secrets.*(NotFound|can't find|AWSCURRENT|invalid ssm parameters)",
        "secret not found",
        "create the secret or correct its name, or roll back",
        _SECRET,
    ),
    _reason(
        r"unable to pull secrets",
        "secrets or registry credentials not readable",
        "read the task's stop reason",
    ),
    _reason(
        r"validate logger args|initialize logging driver",
        "log driver failed: log group missing or unreachable",
        "create the log group, or open the way to CloudWatch Logs",
    ),
    _reason(
        r"invoke EFS utils",
        "EFS volume cannot be mounted",
        "check the file system's security group and policy",
    ),
    _reason(r"ResourceInitializationError", "task resources cannot be set up", "read the task's stop reason"),
    _reason(
        r"Create Network Interface",
        "no network interface: subnet out of addresses",
        "free addresses, or add a subnet",
    ),
    _reason(
        r"number of tasks you can run concurrently|vCPUs? .*limit|limit on the number of vCPU",
        "quota reached: no more tasks may run at once",
        "stop other tasks, or ask AWS for a higher Fargate quota",
    ),
    _reason(
        r"Capacity is unavailable",
        "no Fargate capacity in the zone",
        "wait, or add subnets in other zones",
    ),
    _reason(
        r"RESOURCE:(CPU|MEMORY)|insufficient (CPU|memory)",
        "no instance has room",
        "add container instances, or lower the task's size",
    ),
    _reason(
        r"RESOURCE:PORTS|already using a port", "port taken on every instance", "add container instances"
    ),
    _reason(
        r"No Container Instances were found|no container instance met all",
        "no container instance fits",
        "add container instances that meet the task's requirements",
    ),
    _reason(
        r"provisioning capacity limit",
        "too many tasks wait for capacity in the cluster",
        "wait, or add capacity to the cluster",
    ),
    _reason(
        r"placement constraint",
        "placement constraints cannot be met",
        "relax the constraints, or add instances that meet them",
    ),
    _reason(r"CannotStartContainer", "container cannot be started", "check command and entry point"),
    _reason(
        r"CannotCreate(Container|Volume)|TaskDependency|ContainerRuntime|DockerTimeout|CannotInspect",
        "container runtime failed",
        "read the task's stop reason",
    ),
)


def explain(text: str) -> tuple[str, str] | None:
    """Cause and remedy of a text, or ``None`` when it says nothing known."""
    for reason in REASONS:
        if reason.pattern.search(text):
            subject = _subject(reason, text)
            return (f"{reason.cause}: {subject}" if subject else reason.cause), reason.remedy
    return None


def _subject(reason: Reason, text: str) -> str:
    for pattern in reason.subjects:
        match = pattern.search(text)
        if match:
            return match[1].rsplit("/", 1)[-1] if pattern is _IMAGE else match[1]
    return ""
