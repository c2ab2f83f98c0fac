"""Log lines of a service's tasks from CloudWatch Logs, newest first asked, oldest first given."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from console.aws.calls import Answer, Calls
from console.aws.definitions import Definition, Definitions
from console.aws.log_text import readable, severity_of
from console.aws.masks import masked
from console.aws.services import Services
from console.domain.address import Address
from console.domain.signals import LogLine
from console.domain.text import plain
from console.domain.words import from_milliseconds, milliseconds

MAX_PAGES = 10
"""Pages that one tail reads at most: a page may be empty and still have a next one."""


@dataclass(frozen=True)
class _Stream:
    """Where one container of every task of a service writes: ``<prefix>/<container>/<task id>``."""

    group: str
    region: str
    prefix: str
    container: str

    @property
    def start(self) -> str:
        return f"{self.prefix}/{self.container}/"


class CloudWatchLogs:
    """Implements :class:`console.ports.LogSource` for containers that log with ``awslogs``."""

    def __init__(self, calls: Calls, services: Services, definitions: Definitions) -> None:
        self._calls = calls
        self._services = services
        self._definitions = definitions

    def tail(self, address: Address, since: datetime, limit: int) -> tuple[LogLine, ...]:
        """The newest ``limit`` lines of every container whose stream names its task.

        Other log drivers, and awslogs without a stream prefix, cannot be told apart by task: their
        containers have no lines here.
        """
        status = self._services.last(address)
        arns = dict.fromkeys(item.definition for item in status.deployments)
        streams = dict.fromkeys(stream for arn in arns for stream in _streams(self._definitions.get(arn)))
        lines = [line for stream in streams for line in self._newest(stream, since, limit)]
        return tuple(sorted(lines, key=lambda line: (line.at, line.id))[-limit:])

    def _newest(self, stream: _Stream, since: datetime, limit: int) -> list[LogLine]:
        lines: list[LogLine] = []
        for page in self._pages(stream, since, limit):
            lines.extend(_line(stream, raw) for raw in page.get("events", ()))
            if len(lines) >= limit:
                break
        return lines

    def _pages(self, stream: _Stream, since: datetime, limit: int) -> Iterator[Answer]:
        params: dict[str, Any] = {
            "logGroupName": stream.group,
            "logStreamNamePrefix": stream.start,
            "startTime": milliseconds(since),
            "startFromHead": False,
            "limit": max(1, min(limit, 10_000)),
        }
        for _ in range(MAX_PAGES):
            page = self._calls.read("logs", "FilterLogEvents", region=stream.region, **params)
            yield page
            token = page.get("nextToken")
            if not token:
                return
            params["nextToken"] = token


def _streams(definition: Definition) -> Iterator[_Stream]:
    for container in definition.containers:
        settings = container.get("logConfiguration") or {}
        options = settings.get("options") or {}
        prefix, group = options.get("awslogs-stream-prefix"), options.get("awslogs-group")
        if settings.get("logDriver") == "awslogs" and prefix and group:
            region = str(options.get("awslogs-region") or "")
            yield _Stream(str(group), region, str(prefix), str(container.get("name", "")))


def _line(stream: _Stream, raw: Mapping[str, Any]) -> LogLine:
    text = str(raw.get("message", ""))
    return LogLine(
        id=str(raw.get("eventId", "")),
        at=from_milliseconds(int(raw.get("timestamp", 0))),
        task=str(raw.get("logStreamName", "")).rsplit("/", 1)[-1],
        container=plain(stream.container),
        text=masked(plain(readable(text)).rstrip()),
        severity=severity_of(text),
    )
