"""AppSpec files for ECS, in JSON, and in as much of YAML as such files need.

One TargetService with task definition and load balancer, and perhaps hooks (CodeDeploy user guide,
AppSpec resources section).
"""

import json
import re
from dataclasses import dataclass
from typing import Any

from console.sandbox.registry import AwsError

_NETWORK = ("Subnets", "SecurityGroups", "AssignPublicIp")
_LINE = re.compile(r"^( *)(- +)?(?:([A-Za-z][\w.]*):(?: +|$))?(.*)$")


@dataclass(frozen=True)
class AppSpec:
    """What a deployment is to run."""

    task_definition: str
    container: str
    port: int
    platform_version: str | None
    network: dict[str, Any] | None
    hooks: tuple[str, ...]
    """Lifecycle events that have one."""


def parse(content: str) -> AppSpec:
    """Read an AppSpec.

    Raises:
        AwsError: ``InvalidRevisionException``, with what is wrong.
    """
    document = _document(content)
    try:
        resources = document["Resources"]
        properties = resources[0]["TargetService"]["Properties"]
        kind = resources[0]["TargetService"]["Type"]
        balancer = properties["LoadBalancerInfo"]
        hooks = tuple(name for hook in document.get("Hooks") or [] for name in hook)
        spec = AppSpec(
            task_definition=str(properties["TaskDefinition"]),
            container=str(balancer["ContainerName"]),
            port=int(balancer["ContainerPort"]),
            platform_version=properties.get("PlatformVersion"),
            network=_network(properties.get("NetworkConfiguration")),
            hooks=hooks,
        )
    except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
        raise _invalid(f"{type(error).__name__}: {error}") from error
    if kind != "AWS::ECS::Service" or len(resources) != 1:
        raise _invalid("exactly one resource of type AWS::ECS::Service is needed")
    return spec


def write(task_definition: str, container: str, port: int) -> str:
    """The AppSpec of a task definition, in JSON."""
    properties = {
        "TaskDefinition": task_definition,
        "LoadBalancerInfo": {"ContainerName": container, "ContainerPort": port},
    }
    target = {"Type": "AWS::ECS::Service", "Properties": properties}
    return json.dumps({"version": 0.0, "Resources": [{"TargetService": target}]})


def _invalid(why: str) -> AwsError:
    return AwsError("InvalidRevisionException", f"The AppSpec file is not valid: {why}")


def _network(given: dict[str, Any] | None) -> dict[str, Any] | None:
    """``NetworkConfiguration``: all of its members or none (AppSpec resources section)."""
    if not given:
        return None
    inner = given["AwsvpcConfiguration"]
    if any(not inner.get(name) for name in _NETWORK):
        raise ValueError(f"AwsvpcConfiguration needs {', '.join(_NETWORK)}")
    return {
        "awsvpcConfiguration": {
            "subnets": list(inner["Subnets"]),
            "securityGroups": list(inner["SecurityGroups"]),
            "assignPublicIp": inner["AssignPublicIp"],
        }
    }


def _document(content: str) -> dict[str, Any]:
    if content.lstrip().startswith("{"):
        try:
            document = json.loads(content)
        except ValueError as error:
            raise _invalid(str(error)) from error
    else:
        lines = [line.rstrip() for line in content.splitlines()]
        kept = [line for line in lines if line.strip() and not line.lstrip().startswith(("#", "---"))]
        document, rest = _block(kept, 0)
        if rest:
            raise _invalid(f"cannot read the line {rest[0].strip()!r}")
    if not isinstance(document, dict):
        raise _invalid("it is not a mapping")
    return document


def _block(lines: list[str], indent: int) -> tuple[Any, list[str]]:
    """A mapping or a list that begins at that indentation, and the lines after it."""
    is_list = bool(lines) and lines[0].lstrip().startswith("- ")
    items: list[Any] = []
    members: dict[str, Any] = {}
    while lines:
        match = _LINE.match(lines[0])
        if match is None or len(match[1]) < indent or (is_list and len(match[1]) == indent and not match[2]):
            break
        if len(match[1]) > indent or bool(match[2]) is not is_list:
            raise _invalid(f"cannot read the line {lines[0].strip()!r}")
        if is_list:
            inner = len(match[1]) + len(match[2])
            if match[3] is None:
                items.append(_scalar(match[4]))
                lines = lines[1:]
            else:
                value, lines = _block([" " * inner + lines[0][inner:], *lines[1:]], inner)
                items.append(value)
        elif match[3] is None:
            raise _invalid(f"cannot read the line {lines[0].strip()!r}")
        elif match[4]:
            members[match[3]] = _scalar(match[4])
            lines = lines[1:]
        else:
            following = lines[1] if len(lines) > 1 else ""
            below = len(following) - len(following.lstrip())
            is_inner = below > indent or (below == indent and following.lstrip().startswith("- "))
            members[match[3]], lines = _block(lines[1:], below) if is_inner else (None, lines[1:])
    return (items if is_list else members), lines


def _scalar(text: str) -> Any:
    text = re.sub(r"\s+#.*$", "", text)
    if text.startswith("[") and text.endswith("]"):
        return [_scalar(part.strip()) for part in text[1:-1].split(",") if part.strip()]
    if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'":
        return text[1:-1]
    return int(text) if text.isdecimal() else text
