"""Where the containers of task definitions write their logs (ECS API reference, LogConfiguration)."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from console.domain.signals import LogPlace
from console.domain.text import plain


def places_of(containers: Sequence[Mapping[str, Any]], service_arn: str) -> Iterator[LogPlace]:
    """A place per container of one definition; one that cannot be read says why.

    awslogs names a stream ``<prefix>/<container>/<task id>``; without a prefix it is named by the
    container runtime's id, and nothing tells whose it is.
    """
    for container in containers:
        settings = container.get("logConfiguration") or {}
        options = settings.get("options") or {}
        name, driver = plain(str(container.get("name", ""))), settings.get("logDriver")
        group, prefix = options.get("awslogs-group"), options.get("awslogs-stream-prefix")
        if driver == "awslogs" and group and prefix:
            region = str(options.get("awslogs-region") or "")
            stream = f"{prefix}/{container.get('name', '')}/"
            yield LogPlace(name, str(group), region, stream, group_id=_arn(service_arn, region, str(group)))
        elif driver == "awslogs":
            missing = "a stream prefix" if group else "a log group"
            yield LogPlace(name, problem=f"container {name} logs without {missing}: not readable here")
        elif driver:
            yield LogPlace(name, problem=f"container {name} logs with {plain(driver)}: not readable here")
        else:
            yield LogPlace(name, problem=f"container {name} has no log configuration")


def _arn(service_arn: str, region: str, group: str) -> str:
    """The group's ARN, by the service's: both are in one account; live sessions want it without ``:*``."""
    parts = service_arn.split(":")
    if len(parts) < 6:
        return ""
    return ":".join(("arn", parts[1], "logs", region or parts[3], parts[4], "log-group", group))
