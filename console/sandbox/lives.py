"""The life of every task that ever ran, kept after ECS has forgotten the task.

Figures and log lines are not stored: they are worked out from these lives when somebody asks. A
life is only ever added to at the present moment, so that what it says about the past stays true.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from console.sandbox.behaviour import Behaviour, behaviour_of
from console.sandbox.ecs.model import Container, Task
from console.sandbox.errands import Errand

if TYPE_CHECKING:
    from console.sandbox.account import Account


@dataclass(slots=True)
class Life:
    """One task's main container. Moments are epoch seconds; ``None``: has not happened (yet)."""

    task: str
    service: str
    """ARN of its service."""
    container: str
    group: str
    """Log group; empty: it logs nowhere."""
    stream: str
    behaviour: Behaviour
    limit_mb: int
    version: str
    created_at: float
    started_at: float | None = None
    serving_from: float | None = None
    """First moment at which requests are sent to it."""
    serving_until: float | None = None
    """Moment from which none is."""
    sigterm_at: float | None = None
    died_at: float | None = None
    """It ended by itself."""
    ended_at: float | None = None
    """Its process is gone, however it came to that."""
    errand: Errand | None = None
    """What it was run for; ``None``: it serves."""
    target_group: str = ""
    """ARN of the group through which requests come to it; empty: behind no load balancer."""
    turns: list[tuple[float, Behaviour]] = field(default_factory=list)
    """Moments from which it behaved otherwise, because somebody made its image do so."""

    def acting(self, at: float) -> tuple[Behaviour, float]:
        """How it behaved at a moment, and since when: what that behaviour's delays count from."""
        for since, behaviour in reversed(self.turns):
            if since <= at:
                return behaviour, since
        return self.behaviour, self.started_at or at

    def is_serving(self, at: float) -> bool:
        """Whether requests were sent to it at that moment."""
        if self.serving_from is None or at < self.serving_from:
            return False
        return self.serving_until is None or at < self.serving_until

    def is_running(self, at: float) -> bool:
        """Whether its process ran at that moment."""
        return (
            self.started_at is not None
            and self.started_at <= at
            and (self.ended_at is None or at < self.ended_at)
        )


class Lives:
    """The lives of one account's tasks, in the order of their beginning."""

    def __init__(self, account: "Account") -> None:
        self._account = account
        self._by_task: dict[str, Life] = {}
        self._by_service: dict[str, list[Life]] = {}
        self._counts: dict[str, int] = {}
        self._caught_up_at = -1.0
        account.world.listeners.append(self._hear)

    def of_service(self, service: str) -> list[Life]:
        """Those of one service, by its ARN, oldest first."""
        self._catch_up(service)
        return self._by_service.get(service, [])

    def turn(self, task: Task, behaviour: Behaviour) -> None:
        """From now on a running task behaves otherwise."""
        self._catch_up()
        self._by_task[task.id].turns.append((self._account.world.now(), behaviour))

    def __iter__(self) -> Iterator[Life]:
        self._catch_up()
        return iter(self._by_task.values())

    def _catch_up(self, service: str = "") -> None:
        """Take in tasks that were there before anything happened to them; all that happens later is heard.

        Who asks for one service gets by with a look at that one, where the rest was looked at just now.
        """
        now = self._account.world.now()
        if service and now == self._caught_up_at and self._count(service) == self._counts.get(service, 0):
            return
        self._caught_up_at = now
        for each in self._account.ecs.services():
            if self._counts.get(each.arn) != len(each.tasks):
                self._counts[each.arn] = len(each.tasks)
                for task in each.tasks.values():
                    if task.id not in self._by_task:
                        self._follow(task)

    def _count(self, service: str) -> int:
        """How many tasks ECS remembers of the service of that ARN."""
        cluster, name = service.split("/")[-2:]
        known = self._account.ecs.clusters.get(cluster)
        found = known.services.get(name) if known else None
        return len(found.tasks) if found else 0

    def _hear(self, account: "Account", task: Task, kind: str) -> None:
        if account is self._account:
            self._follow(task)

    def _follow(self, task: Task) -> None:
        life = self._by_task.get(task.id)
        if life is None:
            life = self._begin(task)
        now = self._account.world.now()
        if life.started_at is None:
            life.started_at = task.started_at
        if life.serving_from is None and task.is_healthy and task.service:
            life.serving_from = now
        if life.serving_from is not None and life.serving_until is None and not task.is_healthy:
            life.serving_until = now
        if life.started_at is None or task.is_alive:
            return
        self._end(life, task, now)

    def _end(self, life: Life, task: Task, now: float) -> None:
        """Note how far the end has come: asked to stop, gone."""
        by_itself = task.stop_code == "EssentialContainerExited"
        if by_itself and life.died_at is None:
            life.died_at = life.ended_at = task.execution_stopped_at or now
        is_orderly = not by_itself and task.stop_code != "InfrastructureHealth"
        if is_orderly and life.sigterm_at is None and task.status != "DEACTIVATING":
            life.sigterm_at = now
        if life.ended_at is None:
            life.ended_at = task.execution_stopped_at or task.stopped_at

    def _begin(self, task: Task) -> Life:
        container = task.containers[0]
        options = (container.definition.get("logConfiguration") or {}).get("options", {})
        prefix = options.get("awslogs-stream-prefix", "ecs")
        life = Life(
            task=task.id,
            service=f"{task.cluster_arn.replace(':cluster/', ':service/', 1)}/{task.service}",
            container=container.name,
            group=options.get("awslogs-group", ""),
            stream=f"{prefix}/{container.name}/{task.id}",
            behaviour=behaviour_of(task.behaviour),
            limit_mb=_limit(container, task),
            version=self._version(container),
            created_at=task.created_at,
            errand=task.errand,
            target_group=next((item.get("targetGroupArn", "") for item in task.load_balancers), ""),
        )
        if task.started_at is not None and (task.was_healthy or task.is_healthy):
            life.created_at = life.started_at = life.serving_from = task.started_at
        self._by_task[task.id] = life
        self._by_service.setdefault(life.service, []).append(life)
        return life

    def _version(self, container: Container) -> str:
        """What the image calls itself: its first tag, else the tag in its reference."""
        reference = container.image.partition("@")[0]
        if container.digest:
            tail = reference.rpartition("/")
            pinned = f"{tail[0]}/{tail[2].partition(':')[0]}@{container.digest}"
            image = self._account.ecr.resolve(pinned)
            if image is not None and image.name:
                return image.name
        return reference.rpartition(":")[2]


def _limit(container: Container, task: Task) -> int:
    """Megabytes that the container may use: its own limit, else the task's."""
    return int(container.definition.get("memory") or task.definition.content.get("memory") or 512)
