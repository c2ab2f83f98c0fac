"""What a release is made of besides its images: a fingerprint to compare, and names to read.

Values of environment variables go into the fingerprint only, where nobody can read them.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from console.domain.text import plain

Raw = Mapping[str, Any]
REVISION_FIELDS = (
    "capacityProviderStrategy",
    "launchType",
    "loadBalancers",
    "networkConfiguration",
    "platformVersion",
    "serviceConnectConfiguration",
    "serviceRegistries",
    "volumeConfigurations",
)
"""Fields of a service revision that are configuration and that UpdateService can bring back."""
_UNORDERED = frozenset({"environment", "secrets", "securityGroups", "subnets", "requiresCompatibilities"})


def fingerprint(definition: Raw, revision: Raw, keys: frozenset[str]) -> str:
    """A hash of the configuration: equal exactly when equally configured, whatever the images.

    Family, revision number and tags name a definition, and are no part of what it configures; what
    AWS fills in empty counts as absent.

    Args:
        keys: Members of RegisterTaskDefinition's input; everything else describes the registration.
    """
    kept = {key: value for key, value in definition.items() if key in keys - {"family", "tags"}}
    kept["containerDefinitions"] = [
        {key: value for key, value in item.items() if key != "image"}
        for item in definition.get("containerDefinitions", ())
    ]
    whole = {"definition": kept, "revision": {key: revision.get(key) for key in REVISION_FIELDS}}
    return hashlib.sha256(_text(canonical(whole)).encode()).hexdigest()


def canonical(value: Any, key: str = "") -> Any:
    """The value without empty parts, and in one order where AWS promises none."""
    if isinstance(value, Mapping):
        parts = {name: canonical(item, name) for name, item in value.items()}
        return {name: item for name, item in parts.items() if item not in (None, [], {}, "")}
    if isinstance(value, list | tuple):
        items = [canonical(item) for item in value]
        return sorted(items, key=_text) if key in _UNORDERED else items
    return value


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True, default=str, separators=(",", ":"))


def settings_of(definition: Raw, revision: Raw) -> dict[str, str]:
    """What people compare, by name; of environment and secrets the names only."""
    network = (revision.get("networkConfiguration") or {}).get("awsvpcConfiguration", {})
    named = {
        "cpu": definition.get("cpu"),
        "memory": _megabytes(definition.get("memory")),
        "execution role": _tail(definition.get("executionRoleArn")),
        "task role": _tail(definition.get("taskRoleArn")),
        "runtime platform": platform_of(definition) if definition.get("runtimePlatform") else "",
        "subnets": _list(network.get("subnets")),
        "security groups": _list(network.get("securityGroups")),
        "network mode": definition.get("networkMode"),
        "ephemeral storage": _gigabytes((definition.get("ephemeralStorage") or {}).get("sizeInGiB")),
        "volumes": _list(item.get("name", "") for item in definition.get("volumes", ())),
        "service registries": _list(
            _tail(item.get("registryArn")) for item in revision.get("serviceRegistries", ())
        ),
        "service connect": (revision.get("serviceConnectConfiguration") or {}).get("namespace"),
        "public address": network.get("assignPublicIp"),
        "platform version": revision.get("platformVersion"),
        "launch type": revision.get("launchType"),
        "capacity providers": _list(
            f"{item.get('capacityProvider')} x{item.get('weight', 0)}"
            for item in revision.get("capacityProviderStrategy", ())
        ),
        "target groups": _list(
            "/".join(str(item["targetGroupArn"]).split("/")[1:2])
            for item in revision.get("loadBalancers", ())
            if item.get("targetGroupArn")
        ),
    }
    for container in definition.get("containerDefinitions", ()):
        named |= _container_settings(container)
    return {name: plain(str(value)) for name, value in named.items() if value not in (None, "")}


def _container_settings(container: Raw) -> dict[str, Any]:
    name = container.get("name", "")
    logs = (container.get("logConfiguration") or {}).get("options") or {}
    return {
        f"{name} cpu": container.get("cpu") or None,
        f"{name} memory": _megabytes(container.get("memory")),
        f"{name} memory reserved": _megabytes(container.get("memoryReservation")),
        f"{name} environment": _list(item.get("name", "") for item in container.get("environment", ())),
        f"{name} secrets": _list(_secret(item) for item in container.get("secrets", ())),
        f"{name} ports": _list(_port(item) for item in container.get("portMappings", ())),
        f"{name} log group": logs.get("awslogs-group"),
        f"{name} stop timeout": _seconds(container.get("stopTimeout")),
    }


def marks_of(definition: Raw) -> dict[str, str]:
    """What tells that a value differs which is never shown, by name: ``api environment LOG_LEVEL``,
    ``api command``.

    A whole hash would confirm a guess of a short value; of 65,536 changed values one is not noticed
    here, but by the fingerprint.
    """
    marks: dict[str, str] = {}
    for container in definition.get("containerDefinitions", ()):
        name = container.get("name", "")
        values = {label: container.get(member) for label, member in _NEVER_SHOWN.items()}
        for label, key in (("environment", "value"), ("secrets", "valueFrom")):
            values |= {
                f"{label} {item.get('name', '')}": item.get(key) for item in container.get(label) or ()
            }
        marks |= {
            plain(f"{name} {label}"): hashlib.sha256(_text(canonical(value)).encode()).hexdigest()[:4]
            for label, value in values.items()
            if canonical(value) not in (None, [], {})
        }
    return marks


_NEVER_SHOWN = {
    "command": "command",
    "entry point": "entryPoint",
    "health check": "healthCheck",
    "log configuration": "logConfiguration",
    "user": "user",
    "working directory": "workingDirectory",
    "start order": "dependsOn",
    "mount points": "mountPoints",
}
"""Members of a container of which only is said that they differ: a command may hold a secret."""


def _port(mapping: Raw) -> str:
    """``8080``, ``53/udp``."""
    protocol = str(mapping.get("protocol") or "tcp")
    return str(mapping.get("containerPort")) + ("" if protocol == "tcp" else f"/{protocol}")


def _secret(item: Raw) -> str:
    """``KEY from secretsmanager rugmunch/api``: the name, and what holds the value, never the value.

    ``valueFrom`` is the ARN of a secret, perhaps with a key of it, or the ARN of a parameter (ECS API
    reference, Secret). What has another form is not shown: nobody knows that it is a reference.
    """
    name, parts = str(item.get("name", "")), str(item.get("valueFrom", "")).split(":")
    if parts[:1] == ["arn"] and len(parts) >= 6:
        if parts[2] == "secretsmanager" and len(parts) >= 7:
            return f"{name} from secretsmanager {' '.join(filter(None, parts[6:8]))}"
        if parts[2] == "ssm":
            return f"{name} from ssm {parts[5].removeprefix('parameter')}"
    return name


def main_container(definition: Raw, load_balancers: Sequence[Raw]) -> str:
    """The container that names the version: the one behind the load balancer, else the first essential."""
    containers = [str(item.get("name", "")) for item in definition.get("containerDefinitions", ())]
    for item in load_balancers:
        if item.get("containerName") in containers:
            return str(item["containerName"])
    for item in definition.get("containerDefinitions", ()):
        if item.get("essential", True):
            return str(item.get("name", ""))
    return containers[0] if containers else ""


def platform_of(definition: Raw) -> str:
    """The platform that the definition's tasks run on; Linux on x86-64 unless it says otherwise."""
    runtime = definition.get("runtimePlatform") or {}
    system = str(runtime.get("operatingSystemFamily") or "LINUX")
    architecture = str(runtime.get("cpuArchitecture") or "X86_64")
    return (
        f"{'windows' if system.startswith('WINDOWS') else 'linux'}/"
        f"{'arm64' if architecture == 'ARM64' else 'amd64'}"
    )


def _megabytes(value: Any) -> str:
    return f"{value} MB" if value else ""


def _seconds(value: Any) -> str:
    return f"{value} s" if value else ""


def _gigabytes(value: Any) -> str:
    return f"{value} GB" if value else ""


def _tail(arn: Any) -> str:
    return str(arn).rsplit("/", 1)[-1] if arn else ""


def _list(items: Any) -> str:
    return ", ".join(sorted(str(item) for item in items or ()))
