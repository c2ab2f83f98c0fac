"""What ECS keeps: clusters, services, deployments, revisions, tasks.

Mutable on purpose: the scheduler moves these, handlers only read them and draw a picture for the
wire. Moments are epoch seconds, durations simulated seconds, JSON parts have AWS's member names.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from math import ceil, floor
from typing import Any

from console.sandbox.ecs.course import Course
from console.sandbox.errands import Errand

Json = dict[str, Any]

STARTING = ("PROVISIONING", "PENDING", "ACTIVATING")
LEAVING = ("DEACTIVATING", "STOPPING", "DEPROVISIONING")
ENDED = ("SUCCESSFUL", "STOPPED", "ROLLBACK_SUCCESSFUL", "ROLLBACK_FAILED")
"""Service deployment statuses after which nothing more happens to it."""


@dataclass
class TaskDefinition:
    """One registered revision; its content never changes, only its status does."""

    arn: str
    family: str
    revision: int
    content: Json
    """What RegisterTaskDefinition was given, without tags."""
    registered_at: float
    registered_by: str
    tags: list[Json] = field(default_factory=list)
    status: str = "ACTIVE"
    deregistered_at: float | None = None

    @property
    def containers(self) -> list[Json]:
        containers: list[Json] = self.content["containerDefinitions"]
        return containers


@dataclass
class Event:
    """One line of a service's event list."""

    id: str
    at: float
    message: str


@dataclass
class ServiceRevision:
    """Exactly what one deployment runs.

    ``digests`` is filled when its first task starts and never changes afterwards: a moved tag
    changes what the next revision runs, not this one.
    """

    arn: str
    task_definition: TaskDefinition
    created_at: float
    network: Json = field(default_factory=dict)
    load_balancers: list[Json] = field(default_factory=list)
    launch_type: str = "FARGATE"
    platform_version: str = "1.4.0"
    digests: dict[str, str] = field(default_factory=dict)
    """Container name -> image digest."""
    capacity_providers: list[Json] = field(default_factory=list)
    """``capacityProviderStrategy``; empty: the launch type says it all."""
    resolved: list[Json] | None = None
    """``load_balancers`` with the target groups that its tasks go into, where those are others."""

    @property
    def attached(self) -> list[Json]:
        """Load balancer entries as its tasks have them."""
        return self.load_balancers if self.resolved is None else self.resolved

    @property
    def number(self) -> str:
        return self.arn.rpartition("/")[2]


@dataclass
class ServiceDeployment:
    """The outcome of one change: what it replaces, how far it is, how it ended."""

    arn: str
    target: ServiceRevision
    sources: list[tuple[ServiceRevision, int]]
    """Revisions replaced, with the tasks that they ran when it began."""
    configuration: Json
    created_at: float
    status: str = "PENDING"
    status_reason: str = ""
    updated_at: float = 0.0
    started_at: float | None = None
    stopped_at: float | None = None
    finished_at: float | None = None
    failures: int = 0
    """The breaker's count."""
    breaker_status: str = "MONITORING"
    threshold: int = 3
    rollback: Json | None = None
    """``reason``, ``startedAt``, ``serviceRevisionArn``."""
    course: Course | None = None
    """Of a deployment that shifts traffic; ``None`` for a rolling one."""
    alarms_status: str = "DISABLED"
    triggered: list[str] = field(default_factory=list)
    """Names of the alarms that went off while it was watched."""
    baking_since: float | None = None
    """Since when a rolling one has all that it wants and is only watched."""
    frozen: dict[str, tuple[int, int, int]] | None = None
    """Revision ARN -> (requested, running, pending) at the end; ``None`` while it runs."""

    @property
    def is_over(self) -> bool:
        return self.status in ENDED

    @property
    def is_going_back(self) -> bool:
        return self.status in ("ROLLBACK_REQUESTED", "ROLLBACK_IN_PROGRESS")


@dataclass
class Deployment:
    """The tasks of one revision, as ``deployments[]`` shows them.

    ``status``: PRIMARY (exactly one per service), ACTIVE (has tasks, is being replaced), INACTIVE
    (over; no longer shown, but a COMPLETED one remains what a rollback may return to).
    """

    id: str
    """``ecs-svc/<number>``."""
    revision: ServiceRevision
    created_at: float
    updated_at: float
    status: str = "PRIMARY"
    state: str = "IN_PROGRESS"
    """IN_PROGRESS, COMPLETED or FAILED."""
    reason: str = ""
    desired: int = 0
    failed_tasks: int = 0
    """Consecutive, as DescribeServices shows it."""
    never_ran: int = 0
    """Consecutive tasks that stopped before RUNNING: what the start throttle looks at."""
    throttled_until: float = 0.0
    """No task is started before this moment (service-throttle-logic)."""
    completed_at: float | None = None
    is_draining: bool = False
    """A task set that is being let go."""
    external_id: str = ""
    """Of a task set: the CodeDeploy deployment that made it."""


@dataclass
class Container:
    """One container of one task."""

    name: str
    image: str
    arn: str
    runtime_id: str
    digest: str | None = None
    status: str = "PENDING"
    exit_code: int | None = None
    reason: str = ""
    health: str = "UNKNOWN"
    essential: bool = True
    definition: Json = field(default_factory=dict)


@dataclass
class Task:
    """One task. Its status only moves forward through the life that AWS documents."""

    id: str
    arn: str
    cluster: str
    """Cluster name."""
    cluster_arn: str
    definition: TaskDefinition
    deployment: str
    """``startedBy``: the id of its deployment, or what RunTask was told."""
    service: str
    """Name of its service; empty: RunTask started it."""
    created_at: float
    zone: str
    ip: str
    subnet: str
    containers: list[Container] = field(default_factory=list)
    status: str = "PROVISIONING"
    desired_status: str = "RUNNING"
    behaviour: str = "healthy"
    """Of its image; names an entry of :mod:`console.sandbox.behaviour`."""
    load_balancers: list[Json] = field(default_factory=list)
    launch_type: str = "FARGATE"
    platform_version: str = "1.4.0"
    started_at: float | None = None
    pull_started_at: float | None = None
    pull_stopped_at: float | None = None
    stopping_at: float | None = None
    execution_stopped_at: float | None = None
    stopped_at: float | None = None
    stop_code: str = ""
    stopped_reason: str = ""
    version: int = 1
    is_registered: bool = False
    """Its addresses have been put into its target groups."""
    was_healthy: bool = False
    is_healthy: bool = False
    """Counts as healthy for the scheduler."""
    condemned: str = ""
    """Why the scheduler is to replace it; empty while nothing is wrong."""
    is_replaced: bool = False
    """Another was started in place of this condemned one."""
    moving: str = ""
    """Why it is to run elsewhere, ``drain`` or ``rebalance``; its replacement comes first."""
    protected_until: float = 0.0
    """Neither scale-in nor a rollout stops it before this moment."""
    capacity_provider: str = ""
    """FARGATE or FARGATE_SPOT, where a strategy chose it."""
    instance: str = ""
    """ARN of the container instance that it runs on; empty on Fargate."""
    errand: Errand | None = None
    """What it was run for; ``None``: it serves until it is stopped."""
    overrides: Json = field(default_factory=dict)
    """``overrides`` of RunTask."""
    group: str = ""
    """``group`` of RunTask."""
    enable_execute_command: bool = False
    tags: list[Json] = field(default_factory=list)
    watcher: Callable[["Task", str], None] | None = field(default=None, repr=False)
    """The scheduler's ear: told the kinds of :mod:`console.sandbox.ecs.timing`."""

    @property
    def is_alive(self) -> bool:
        """Counts against the ceiling: starting or running, and not told to stop."""
        return self.status == "RUNNING" or self.status in STARTING

    @property
    def is_starting(self) -> bool:
        return self.status in STARTING

    @property
    def is_stopped(self) -> bool:
        return self.status == "STOPPED"


@dataclass
class Service:
    """One service; exactly one of its deployments is PRIMARY."""

    name: str
    arn: str
    cluster: str
    """Cluster name."""
    cluster_arn: str
    desired_count: int
    created_at: float
    configuration: Json
    """``deploymentConfiguration`` with AWS's defaults filled in."""
    network: Json = field(default_factory=dict)
    load_balancers: list[Json] = field(default_factory=list)
    launch_type: str = "FARGATE"
    platform_version: str = "LATEST"
    grace_s: int = 0
    created_by: str = ""
    tags: list[Json] = field(default_factory=list)
    enable_execute_command: bool = False
    capacity_providers: list[Json] = field(default_factory=list)
    """``capacityProviderStrategy``; empty: the launch type says it all."""
    rebalancing: bool = False
    """``availabilityZoneRebalancing``."""
    is_unbalanced: bool = False
    """It has been said that its zones are being balanced."""
    status: str = "ACTIVE"
    controller: str = "ECS"
    """Whose deployments they are: ``ECS`` or ``CODE_DEPLOY``."""
    deployments: list[Deployment] = field(default_factory=list)
    """All, newest last; INACTIVE ones too."""
    service_deployments: list[ServiceDeployment] = field(default_factory=list)
    """Newest last."""
    revisions: dict[str, ServiceRevision] = field(default_factory=dict)
    """By ARN."""
    events: list[Event] = field(default_factory=list)
    """Newest first, 100 at most."""
    tasks: dict[str, Task] = field(default_factory=dict)
    """By id, in the order of their start; stopped ones for an hour."""
    present: dict[str, Task] = field(default_factory=dict)
    """Those of them that are not STOPPED: all that the scheduler has to look at."""
    is_steady: bool = False
    """The steady state has been announced, and nothing has disturbed it since."""
    steady_at: float = 0.0
    """When it was last announced."""
    counter: int = 0
    """Numbers everything that the service makes, so that ids are the same in every run."""

    @property
    def primary(self) -> Deployment:
        return next(item for item in self.deployments if item.status == "PRIMARY")

    @property
    def shown(self) -> list[Deployment]:
        """What ``deployments[]`` holds: PRIMARY first, then newest first."""
        listed = [item for item in reversed(self.deployments) if item.status != "INACTIVE"]
        return sorted(listed, key=lambda item: item.status != "PRIMARY")

    @property
    def rollout(self) -> ServiceDeployment | None:
        """The newest service deployment."""
        return self.service_deployments[-1] if self.service_deployments else None

    @property
    def floor(self) -> int:
        """Healthy tasks to keep (ECS developer guide, deployment-type-ecs): rounded up."""
        return ceil(self.desired_count * int(self.configuration["minimumHealthyPercent"]) / 100)

    @property
    def ceiling(self) -> int:
        """Running and pending tasks allowed (deployment-type-ecs): rounded down."""
        return floor(self.desired_count * int(self.configuration["maximumPercent"]) / 100)

    def tasks_of(self, deployment: Deployment) -> list[Task]:
        """Those that are not STOPPED."""
        return [task for task in self.present.values() if task.deployment == deployment.id]


@dataclass
class ContainerInstance:
    """One EC2 instance that a cluster's tasks run on."""

    id: str
    """32 hexadecimal digits."""
    arn: str
    ec2_id: str
    zone: str
    cpu: int
    """Units that tasks may reserve."""
    memory: int
    """MiB that tasks may reserve."""
    registered_at: float
    status: str = "ACTIVE"
    agent_connected: bool = True
    version: int = 1


@dataclass
class Cluster:
    """One cluster of an account."""

    name: str
    arn: str
    services: dict[str, Service] = field(default_factory=dict)
    """By name, in the order of their creation."""
    instances: dict[str, ContainerInstance] = field(default_factory=dict)
    """By id, in the order of their registration."""
    loose: Service | None = None
    """Keeps the tasks that RunTask started as a service keeps its own; it is never listed."""

    @property
    def keepers(self) -> list[Service]:
        """All that have tasks: the services, then what RunTask started."""
        return [*self.services.values(), *([self.loose] if self.loose else ())]


@dataclass
class EcsState:
    """ECS of one account."""

    clusters: dict[str, Cluster] = field(default_factory=dict)
    """By name."""
    definitions: dict[str, list[TaskDefinition]] = field(default_factory=dict)
    """Family -> revisions, oldest first; revision n is at n - 1."""
    addresses: dict[str, str] = field(default_factory=dict)
    """Private address -> id of the task that has it."""
    functions: dict[str, str] = field(default_factory=dict)
    """Function ARN -> what it answers as a lifecycle hook: SUCCEEDED (unless named here), FAILED or
    IN_PROGRESS."""
    errands: dict[str, Errand] = field(default_factory=dict)
    """Task definition family -> what its one-off tasks do."""
    run_tokens: dict[str, tuple[str, list[Task]]] = field(default_factory=dict)
    """RunTask's client token -> fingerprint of the request, tasks that it started."""

    def services(self) -> Iterator[Service]:
        for cluster in self.clusters.values():
            yield from cluster.services.values()

    def tasks(self) -> Iterator[Task]:
        for cluster in self.clusters.values():
            for keeper in cluster.keepers:
                yield from keeper.tasks.values()
