"""One service: what ECS says of it now, in one frozen picture."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from math import ceil, floor

from console.domain.address import Address
from console.domain.guard import ServiceKind
from console.domain.release import Release
from console.domain.rollout import CODE_DEPLOY, Deployment, Rollout
from console.domain.steps import ALL_AT_ONCE, Steps
from console.domain.tasks import Target, Task


class ServiceState(StrEnum):
    """What the fleet calls a service; the order is the order of trouble."""

    DELETED = "deleted"
    DELETING = "deleting"
    FAILING = "failing"
    STUCK = "stuck"
    PAUSED = "paused"
    WARNING = "warning"
    ROLLING_BACK = "rolling_back"
    CANARY = "canary"
    ROLLING = "rolling"
    DRAINING = "draining"
    UNKNOWN = "unknown"
    DRAINED = "drained"
    STEADY = "steady"

    @property
    def is_trouble(self) -> bool:
        return self.is_gone or self in (
            ServiceState.FAILING,
            ServiceState.STUCK,
            ServiceState.PAUSED,
            ServiceState.WARNING,
        )

    @property
    def is_gone(self) -> bool:
        """Deleted, or being deleted: nothing can be ordered for it any more."""
        return self in (ServiceState.DELETED, ServiceState.DELETING)

    @property
    def is_moving(self) -> bool:
        return self in (
            ServiceState.ROLLING,
            ServiceState.ROLLING_BACK,
            ServiceState.CANARY,
            ServiceState.DRAINING,
        )


@dataclass(frozen=True)
class ServiceEvent:
    """One line of the service's event list; the text is ECS's."""

    id: str
    at: datetime
    message: str


DRAINING, INACTIVE = "DRAINING", "INACTIVE"
"""Of ``Service.status``: being deleted, and deleted."""


@dataclass(frozen=True)
class ServiceStatus:
    """What DescribeServices tells, and nothing else: cheap, for every service of a fleet."""

    address: Address
    arn: str
    name: str
    cluster: str
    status: str
    """ACTIVE, DRAINING or INACTIVE."""
    desired: int
    running: int
    pending: int
    deployments: tuple[Deployment, ...]
    events: tuple[ServiceEvent, ...] = ()
    """Newest first."""
    rollout_id: str | None = None
    """Service deployment under way, or the last one."""
    strategy: str = "ROLLING"
    controller: str = "ECS"
    minimum_healthy_percent: int = 100
    maximum_percent: int = 200
    breaker: bool = False
    breaker_rolls_back: bool = False
    grace_s: int = 0
    target_groups: tuple[str, ...] = ()
    alternate_groups: tuple[str, ...] = ()
    """The others of blue and green: the two change places with every deployment."""
    classic_balancers: tuple[str, ...] = ()
    """Names of Classic Load Balancers in front of it: whether its instances are in service is not read."""
    steps: Steps = ALL_AT_ONCE
    """How its settings bring the next release in."""
    configuration: Mapping[str, object] = field(default_factory=dict)
    """The deployment configuration as the platform words it: to be put back, not to be read."""

    @property
    def is_deleted(self) -> bool:
        """ECS keeps only its name."""
        return self.status == INACTIVE

    @property
    def is_gone(self) -> bool:
        """Deleted, or being deleted: whatever its counts say, nobody may rely on it."""
        return self.status in (DRAINING, INACTIVE)

    @property
    def gone(self) -> str:
        """That it is deleted, in words; empty while it is not."""
        if not self.is_gone:
            return ""
        return "the service is deleted" if self.is_deleted else "the service is being deleted"

    @property
    def primary(self) -> Deployment | None:
        return next((item for item in self.deployments if item.is_primary), None)

    @property
    def kind(self) -> ServiceKind:
        return ServiceKind.BALANCED if self.target_groups else ServiceKind.WORKER

    @property
    def arriving(self) -> Deployment | None:
        """What is shipped now, or serves: the PRIMARY; of task sets the newest, which becomes PRIMARY only
        when the traffic has moved, unless it is already on its way out."""
        if self.controller == "ECS":
            return self.primary
        sets = (item for item in self.deployments if item.status != "DRAINING")
        return max(sets, key=lambda item: item.created_at, default=None)

    @property
    def progress(self) -> tuple[int, int] | None:
        """Running tasks of what arrives, and how many there shall be; ``None`` where nothing moves."""
        arriving = self.arriving
        return (arriving.running, arriving.desired) if arriving is not None and self.in_motion else None

    @property
    def shifts_requests(self) -> bool:
        """Whether requests move from one target group to another when a version is shipped."""
        return bool(self.alternate_groups) or self.controller == CODE_DEPLOY

    @property
    def groups(self) -> tuple[str, ...]:
        """Every target group in which targets of the service may stand."""
        return tuple(dict.fromkeys((*self.target_groups, *self.alternate_groups)))

    @property
    def floor(self) -> int:
        """Healthy tasks that ECS keeps: desired x minimum healthy percent, rounded up."""
        return ceil(self.desired * self.minimum_healthy_percent / 100)

    @property
    def needed(self) -> int:
        """Healthy tasks without which it does not serve as it should: what ECS keeps, at least one."""
        return min(self.desired, max(1, self.floor))

    @property
    def ceiling(self) -> int:
        """Running and pending tasks that ECS allows: desired x maximum percent, rounded down."""
        return floor(self.desired * self.maximum_percent / 100)

    @property
    def in_motion(self) -> bool:
        """A deployment is under way, or tasks of an older one are left; of a deleted service none is."""
        if self.is_gone:
            return False
        return len(self.deployments) > 1 or any(item.state == "IN_PROGRESS" for item in self.deployments)


@dataclass(frozen=True)
class Observation:
    """One service in full, at one moment.

    A part that could not be read is named in ``missing`` with its reason, and is then ``None``
    or empty: never to be taken for zero.
    """

    at: datetime
    status: ServiceStatus
    rollout: Rollout | None = None
    tasks: tuple[Task, ...] = ()
    """Running ones, and stopped ones as long as ECS shows them."""
    targets: tuple[Target, ...] = ()
    routes: Mapping[str, float] = field(default_factory=dict)
    """Target group -> per cent of requests by the live rules, also of other services' groups that they lead
    to; empty where no target group belongs to it."""
    releases: Mapping[str, Release] = field(default_factory=dict)
    """By release id, those of the deployments and the rollout."""
    health_check_s: float | None = None
    """Interval of the target groups' health check; ``None`` without one, or where it was not read."""
    deregistration_s: float | None = None
    """How long a leaving target keeps its connections; ``None`` likewise."""
    missing: Mapping[str, str] = field(default_factory=dict)
    """``rollout``, ``tasks``, ``targets``, ``routes``, ``releases``, ``timing`` -> why it was not read."""

    def failed_of(self, deployment: Deployment) -> int:
        """How many tasks of a deployment have failed: as ECS counts them, or as many as can still be seen. It
        forgets stopped tasks after an hour, and its count when the deployment is complete."""
        seen = sum(1 for task in self.tasks if task.deployment == deployment.id and task.has_failed)
        return max(deployment.failed, seen)

    def release_of(self, deployment_id: str) -> Release | None:
        """The release that the tasks of a deployment run."""
        for item in self.status.deployments:
            if item.id == deployment_id and item.release is not None:
                return self.releases.get(item.release)
        return None

    def settled(self, is_meant: Callable[[str], bool]) -> frozenset[str]:
        """Addresses of the tasks that have run for longer than the grace period: their health checks count.

        Args:
            is_meant: Whether tasks of a deployment, given by its id, are meant.
        """
        grace = timedelta(seconds=self.status.grace_s)
        return frozenset(
            task.ip
            for task in self.tasks
            if task.status == "RUNNING"
            and task.started_at is not None
            and self.at - task.started_at > grace
            and is_meant(task.deployment)
        )

    @property
    def tells_who_serves(self) -> bool:
        """Tasks, targets and listener rules were read."""
        return not {"tasks", "targets", "routes"} & self.missing.keys()

    @property
    def lacks_tasks(self) -> bool:
        """The list of tasks is empty although ECS counts running ones: one of the two is not of now."""
        return self.status.running > 0 and "tasks" not in self.missing and not self._alive

    @property
    def _alive(self) -> list[Task]:
        return [task for task in self.tasks if not task.is_stopped]

    @property
    def reached(self) -> tuple[str, ...]:
        """The target groups of the service that a request may reach: those with weight on a live rule."""
        if not self.routes:
            return self.status.target_groups
        groups = self.status.groups
        return tuple(group for group, share in self.routes.items() if share > 0 and group in groups)

    @property
    def led_elsewhere(self) -> str:
        """What rules that lead to the service send to target groups of others; empty: nothing."""
        groups = self.status.groups
        share = max((share for group, share in self.routes.items() if group not in groups), default=0.0)
        return f"a listener rule sends {share:.3g} % to another target group" if share > 0 else ""

    def share_of(self, deployment: str) -> float | None:
        """Per cent of requests that the listener rules lead to the target groups in which tasks of a
        deployment, given by its id, stand; ``None``: not read, or no target has the address of one of them.
        """
        if not self.routes or not self.tells_who_serves:
            return None
        addresses = {task.ip for task in self._alive if task.deployment == deployment and task.ip}
        groups = {item.group for item in self.targets if item.ip in addresses}
        return max((self.routes.get(group, 0.0) for group in groups), default=None)

    def healthy_of(self, deployment: str) -> int | None:
        """Healthy targets in groups that requests reach, or running tasks without any, of a deployment given
        by its id; ``None``: not read, or its tasks have no address to know their targets by."""
        is_read = self.tells_who_serves if self.status.target_groups else "tasks" not in self.missing
        if not is_read or self.lacks_tasks:
            return None
        own = [item for item in self._alive if item.deployment == deployment and not item.is_leaving]
        if not self.status.target_groups:
            return sum(task.status == "RUNNING" and task.health != "UNHEALTHY" for task in own)
        if any(not task.ip for task in own):
            return None
        addresses = {task.ip for task in own}
        return len(
            {
                item.ip
                for item in self.targets
                if item.state == "healthy" and item.ip in addresses and item.group in self.reached
            }
        )

    @property
    def healthy_targets(self) -> int | None:
        """Healthy targets that stand for its tasks, in that reached group which has fewest; ``None``: not
        read, or no load balancer serves it."""
        counts = self._healthy_by_group()
        return None if counts is None else min(counts.values(), default=0)

    @property
    def answering_targets(self) -> int | None:
        """The same in the group that has most: with 0 nobody answers anywhere."""
        counts = self._healthy_by_group()
        return None if counts is None else max(counts.values(), default=0)

    def _healthy_by_group(self) -> dict[str, int] | None:
        if not self.status.target_groups or "targets" in self.missing:
            return None
        return {
            group: sum(item.state == "healthy" for item in self.own_targets(group)) for group in self.reached
        }

    def own_targets(self, group: str) -> tuple[Target, ...]:
        """Targets of a group that stand for tasks of the service, whatever their state.

        An address stands for the task that has it, until that leaves. Where tasks have none of their own
        (on instances), as many unmatched targets as there are such tasks may be theirs; where no task was
        read, all.
        """
        targets = [item for item in self.targets if item.group == group]
        if "tasks" in self.missing or self.lacks_tasks:
            return tuple(targets)
        alive = [task for task in self._alive if not task.is_leaving]
        addresses = {task.ip for task in alive if task.ip}
        matched = [item for item in targets if item.ip in addresses]
        others = sorted((item for item in targets if item.ip not in addresses), key=_healthy_first)
        return (*matched, *others[: sum(not task.ip for task in alive)])

    @property
    def on_other_images(self) -> int:
        """How many tasks of the PRIMARY deployment report another digest than its release has: its tag was
        resolved anew. What older deployments have left is not counted, nor containers that report none."""
        primary, release = self.status.primary, self.primary_release
        if primary is None or release is None:
            return 0
        own = (task for task in self._alive if task.deployment == primary.id)
        return sum(task.runs_other_than(release.digests) for task in own)

    @property
    def belying_release(self) -> int:
        """How many of those belie what is said to run: none where its digests are only presumed."""
        release = self.primary_release
        return 0 if release is None or release.presumed else self.on_other_images

    @property
    def primary_release(self) -> Release | None:
        primary = self.status.primary
        return self.release_of(primary.id) if primary else None


def _healthy_first(target: Target) -> bool:
    return target.state != "healthy"
