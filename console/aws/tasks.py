"""The tasks of a service: running ones, and stopped ones for as long as ECS shows them (an hour)."""

from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from console.aws.calls import Calls, batches
from console.aws.moments import maybe
from console.clock import SystemClock
from console.domain.tasks import Container, Task
from console.domain.text import plain
from console.ports import Clock

PAGE = 100
"""Tasks in one page of ListTasks, and in one DescribeTasks (ECS API reference)."""
COUNTED_S = 300.0
"""How long a count of CPU is believed: AWS's own is as old (CloudWatch user guide, usage metrics)."""
STOPPED_S = 10.0
"""How often stopped tasks are listed where the service itself tells of no change."""


@dataclass(frozen=True)
class _Listed:
    """What was known of a service's tasks when its stopped ones were listed last, and since."""

    at: float
    """When they were listed, on the monotonic clock."""
    tally: Hashable
    arns: tuple[str, ...]
    """Of every task that ECS still shows."""


class Tasks:
    """Reads tasks; keeps of them only their names, and how much CPU all of a cluster take together."""

    def __init__(self, calls: Calls, clock: Clock | None = None) -> None:
        self._calls = calls
        self._clock = clock or SystemClock()
        self._units: dict[str, tuple[float, int]] = {}
        """Cluster -> when it was counted, on the monotonic clock, and CPU units."""
        self._known: dict[tuple[str, str], _Listed] = {}
        """By cluster and service."""

    def of(self, cluster: str, service: str, tally: Hashable = None) -> tuple[Task, ...]:
        """Every task of a service that ECS still shows, newest first.

        ListTasks filters by *desired* status, and knows only RUNNING and STOPPED; one that stopped
        between the two lists is in both.

        Args:
            tally: Whatever of the service changes when a task of it has stopped, as it was read just now:
                while it stays, the tasks that stopped are those that were known, and for some seconds
                they are not listed. ``None``: they are.
        """
        began = self._clock.monotonic()
        running = tuple(self._listed(cluster, service, "RUNNING"))
        known = self._known.get((cluster, service))
        if known is None or tally is None or tally != known.tally or began - known.at >= STOPPED_S:
            known = _Listed(began, tally, tuple(self._listed(cluster, service, "STOPPED")))
        found = list(self._described(cluster, list(dict.fromkeys((*running, *known.arns)))))
        shown = tuple(str(raw.get("taskArn", "")) for raw in found)
        self._known[cluster, service] = replace(known, arns=shown)
        return _newest_first(task_of(raw) for raw in found)

    def running(self, cluster: str) -> dict[str, tuple[Task, ...]]:
        """The tasks of a whole cluster that are to run, by the name of their service, newest first: two
        calls a hundred, however many services there are. Tasks of no service are left out."""
        began = self._clock.monotonic()
        arns = list(dict.fromkeys(self._listed(cluster, "", "RUNNING")))
        found: dict[str, list[Task]] = {}
        units = 0
        for raw in self._described(cluster, arns):
            kind, _, service = str(raw.get("group", "")).partition(":")
            units += _integer(raw.get("cpu")) or 0
            if kind == "service":
                found.setdefault(service, []).append(task_of(raw))
        self._units[cluster] = began, units
        return {service: _newest_first(tasks) for service, tasks in found.items()}

    def units(self, cluster: str) -> int:
        """The CPU units of all tasks of a cluster that are to run, at most five minutes old: whoever
        lists them anyway has counted them, so that proving ways back costs no call for it."""
        known = self._units.get(cluster)
        if known is None or self._clock.monotonic() - known[0] > COUNTED_S:
            self.running(cluster)
        return self._units[cluster][1]

    def _described(self, cluster: str, arns: list[str]) -> Iterator[Mapping[str, Any]]:
        for batch in batches(arns, PAGE):
            yield from self._calls.read("ecs", "DescribeTasks", cluster=cluster, tasks=batch).get("tasks", ())

    def _listed(self, cluster: str, service: str, wanted: str) -> Iterator[str]:
        """The ARNs of a service's tasks, or of all in the cluster where none is named."""
        only = {"serviceName": service} if service else {}
        pages = self._calls.pages(
            "ecs", "ListTasks", cluster=cluster, desiredStatus=wanted, maxResults=PAGE, **only
        )
        return (str(arn) for page in pages for arn in page.get("taskArns", ()))


def _newest_first(tasks: Iterable[Task]) -> tuple[Task, ...]:
    return tuple(sorted(tasks, key=_age_key, reverse=True))


def _age_key(task: Task) -> tuple[float, str]:
    return (task.created_at.timestamp() if task.created_at else 0.0), task.id


def task_of(raw: Mapping[str, Any]) -> Task:
    """Turn one described task into a task."""
    memory = _integer(raw.get("memory"))
    return Task(
        id=str(raw.get("taskArn", "")).rsplit("/", 1)[-1],
        deployment=str(raw.get("startedBy", "")),
        definition=str(raw.get("taskDefinitionArn", "")),
        status=plain(str(raw.get("lastStatus", ""))),
        desired_status=plain(str(raw.get("desiredStatus", ""))),
        containers=tuple(_container(item, memory) for item in raw.get("containers", ())),
        health=plain(str(raw.get("healthStatus") or "UNKNOWN")),
        zone=plain(str(raw.get("availabilityZone") or "")),
        ip=_ip(raw),
        memory_mb=memory,
        created_at=maybe(raw.get("createdAt")),
        started_at=maybe(raw.get("startedAt")),
        stopping_at=maybe(raw.get("stoppingAt")),
        stopped_at=maybe(raw.get("stoppedAt")),
        stop_code=plain(str(raw.get("stopCode") or "")),
        stopped_reason=plain(str(raw.get("stoppedReason") or "")),
    )


def _container(raw: Mapping[str, Any], task_memory: int | None) -> Container:
    return Container(
        name=plain(str(raw.get("name", ""))),
        status=plain(str(raw.get("lastStatus", ""))),
        digest=raw.get("imageDigest") or None,
        exit_code=raw.get("exitCode"),
        reason=plain(str(raw.get("reason") or "")),
        health=plain(str(raw.get("healthStatus") or "UNKNOWN")),
        memory_mb=_integer(raw.get("memory")) or task_memory,
    )


def _ip(raw: Mapping[str, Any]) -> str:
    """The private address of the task's own network interface, as its targets are registered."""
    for attachment in raw.get("attachments", ()):
        for detail in attachment.get("details", ()):
            if detail.get("name") == "privateIPv4Address":
                return plain(str(detail.get("value", "")))
    for container in raw.get("containers", ()):
        for interface in container.get("networkInterfaces", ()):
            if interface.get("privateIpv4Address"):
                return plain(str(interface["privateIpv4Address"]))
    return ""


def _integer(value: Any) -> int | None:
    """A positive number that AWS gives as text; ``None`` for none, and for 0, which means no limit."""
    try:
        return int(value) or None
    except (TypeError, ValueError):
        return None
