"""Evidence from stopped tasks: what they died of, and how many.

Stops that ECS or a person ordered are never failures, whatever exit code they left: 137 and 143 are
then only the kill (ECS developer guide, stopped-task-error-codes).
"""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from math import ceil

from console.diagnosis import reasons
from console.diagnosis.evidence import Evidence, Kind, Scene
from console.diagnosis.health import health_reason
from console.domain.tasks import Container, Task
from console.domain.words import count, megabytes

_ORDERED = (
    "Scaling activity initiated by",
    "Availability-zone rebalancing initiated by",
    "Your Spot Task was interrupted",
)
_ORDERED_CODES = ("UserInitiated", "SpotInterruption", "TerminationNotice")
_CLEAN_EXITS = (None, 0)
_SIGNALLED = (137, 143)
_EXITS = {
    126: "command of container {} cannot be executed (exit 126)",
    127: "command of container {} not found (exit 127)",
    137: "container {} killed (exit 137)",
    139: "container {} crashed: segmentation fault (exit 139)",
    143: "container {} ended by SIGTERM (exit 143)",
}


@dataclass(frozen=True)
class Death:
    """Why one task failed."""

    cause: str
    facts: tuple[str, ...]
    remedy: str


def evidence(scene: Scene) -> Evidence | None:
    """What most of the judged tasks died of; of equally many the newest."""
    return _most(scene, scene.stopped(scene.since))


def leaving(scene: Scene) -> Evidence | None:
    """What tasks of a version that is being replaced died of, since the rollout under way began."""
    rollout = scene.rollout
    since = rollout.created_at if rollout else scene.since
    return _most(scene, scene.stopped(since, judged=False))


def died(scene: Scene) -> int:
    """How many judged tasks failed."""
    return sum(1 for task in scene.stopped(scene.since) if death_of(task) is not None)


def death_of(task: Task, health: str = "") -> Death | None:
    """Why a stopped task failed; ``None`` when it did not, or its end was ordered.

    Args:
        task: A stopped task.
        health: Why its target was unhealthy, where that is known.
    """
    text = task.stopped_reason
    if text.startswith(_ORDERED) or task.stop_code in _ORDERED_CODES:
        return None
    if "health checks" in text:
        return _unhealthy(text, health)
    memory = next((item for item in task.containers if item.reason.startswith("OutOfMemory")), None)
    if memory is not None:
        return _out_of_memory(task, memory)
    for said in (text, *(item.reason for item in task.containers)):
        known = reasons.explain(said) if said else None
        if known:
            return Death(known[0], (), known[1])
    if task.stop_code == "ServiceSchedulerInitiated":
        return None
    container = _culprit(task)
    if container is not None:
        return _exited(container)
    if task.stop_code == "TaskFailedToStart":
        return Death("task failed to start", (text,) if text else (), "read the task's stop reason")
    return None


def _most(scene: Scene, tasks: tuple[Task, ...]) -> Evidence | None:
    health = health_reason(scene)
    deaths = [(task, death) for task in tasks if (death := death_of(task, health))]
    if not deaths:
        return None
    tally = Counter(death.cause for _, death in deaths)
    cause = max(tally, key=lambda item: tally[item])  # of equals the first, and the newest comes first
    alike = [task for task, death in deaths if death.cause == cause]
    death = next(death for _, death in deaths if death.cause == cause)
    facts = (*death.facts, _toll(alike, _failed(scene, tasks), scene.at))
    return Evidence(Kind.FAILURE, death.cause, facts, death.remedy)


def _failed(scene: Scene, tasks: tuple[Task, ...]) -> int:
    """How many tasks of those deployments have failed, by the count that is shown beside each of them."""
    seen = scene.observation
    about = {task.deployment for task in tasks}
    mine = [item for item in scene.status.deployments if item.id in about]
    return sum(seen.failed_of(item) for item in mine) if seen is not None else 0


def _toll(tasks: list[Task], failed: int, at: datetime) -> str:
    """How many died of it in which time; where more have failed before, of how many."""
    oldest = min(ended for task in tasks if (ended := task.stopped_at or task.stopping_at))
    minutes = max(1, ceil((at - oldest).total_seconds() / 60))
    if failed > len(tasks):
        return f"{count(failed, 'task')} failed, {len(tasks)} of them in {minutes} min"
    return f"{count(len(tasks), 'task')} died in {minutes} min"


def _unhealthy(text: str, health: str) -> Death:
    if "container health checks" in text:
        return Death(
            "failing container health checks",
            (),
            "check the health command and its start period, or roll back",
        )
    return Death(
        f"failing load balancer health checks: {health}" if health else "failing load balancer health checks",
        (),
        "check health path, port, security group and grace period, or roll back",
    )


def _out_of_memory(task: Task, container: Container) -> Death:
    code = f" (exit {container.exit_code})" if container.exit_code is not None else ""
    limit = container.memory_mb or task.memory_mb
    return Death(
        f"out of memory: container {container.name} killed{code}",
        (f"limit {megabytes(limit)}",) if limit else (),
        "roll back, or raise the memory limit",
    )


def _culprit(task: Task) -> Container | None:
    """The container whose end ended the task. Others are then killed, so a code of its own counts
    before a signal's; SIGTERM beside a clean exit is only the rest of a task that ended well."""
    bad = [item for item in task.containers if item.exit_code not in _CLEAN_EXITS]
    own = [item for item in bad if item.exit_code not in _SIGNALLED]
    killed = [item for item in bad if item.exit_code == 137]
    clean = any(item.exit_code == 0 for item in task.containers)
    ended = [] if clean else bad
    return next(iter([*own, *killed, *ended]), None)


def _exited(container: Container) -> Death:
    code = container.exit_code or 0
    words = _EXITS.get(code, "container {} exited with code " + str(code))
    return Death(words.format(container.name), (), "read the container's last log lines, or roll back")
