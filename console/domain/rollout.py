"""A change of release under way or in the past, as ECS tells it.

ECS shows one rollout twice: ``deployments[]`` of the service carries the live counts
(:class:`Deployment`), the *service deployment* carries the true outcome (:class:`Rollout`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

CODE_DEPLOY = "CODE_DEPLOY"
"""Strategy, and controller, of a service whose deployments are CodeDeploy's."""
_BY_ITSELF = ("circuit breaker", "alarm", "lifecycle hook", "networking configuration")
"""Words of a rollback reason when nobody asked for it: ECS developer guide, service deployments."""


class RolloutStatus(StrEnum):
    """Status of a service deployment; anything that ECS adds later reads as ``UNKNOWN``."""

    PENDING = "PENDING"
    IN_PROGRESS = "IN_PROGRESS"
    STOP_REQUESTED = "STOP_REQUESTED"
    ROLLBACK_REQUESTED = "ROLLBACK_REQUESTED"
    ROLLBACK_IN_PROGRESS = "ROLLBACK_IN_PROGRESS"
    SUCCESSFUL = "SUCCESSFUL"
    STOPPED = "STOPPED"
    ROLLBACK_SUCCESSFUL = "ROLLBACK_SUCCESSFUL"
    ROLLBACK_FAILED = "ROLLBACK_FAILED"
    UNKNOWN = "UNKNOWN"

    @classmethod
    def _missing_(cls, value: object) -> "RolloutStatus":
        return cls.UNKNOWN

    @property
    def is_over(self) -> bool:
        """Nothing more will happen to it."""
        return self in (
            RolloutStatus.SUCCESSFUL,
            RolloutStatus.STOPPED,
            RolloutStatus.ROLLBACK_SUCCESSFUL,
            RolloutStatus.ROLLBACK_FAILED,
        )

    @property
    def is_going_back(self) -> bool:
        """ECS is on its way to the source release."""
        return self in (RolloutStatus.ROLLBACK_REQUESTED, RolloutStatus.ROLLBACK_IN_PROGRESS)


@dataclass(frozen=True)
class Breaker:
    """The deployment circuit breaker's counter."""

    failures: int
    threshold: int
    status: str
    """TRIGGERED, MONITORING, MONITORING_COMPLETE or DISABLED."""


@dataclass(frozen=True)
class Hook:
    """One lifecycle hook of a service deployment."""

    id: str
    stage: str
    status: str
    """In ECS's words; a PAUSE hook that waits for somebody is AWAITING_ACTION."""
    kind: str
    """AWS_LAMBDA or PAUSE."""
    expires_at: datetime | None = None
    on_timeout: str = ""
    """CONTINUE or ROLLBACK: what ECS does when nobody acts."""

    @property
    def waits(self) -> bool:
        """Somebody has to decide."""
        return self.status == "AWAITING_ACTION"


@dataclass(frozen=True)
class AlarmWatch:
    """The CloudWatch alarms that may roll a service deployment back."""

    status: str
    """TRIGGERED, MONITORING, MONITORING_COMPLETE or DISABLED."""
    names: tuple[str, ...] = ()
    triggered: tuple[str, ...] = ()


@dataclass(frozen=True)
class Rollout:
    """One service deployment."""

    id: str
    """Service deployment ARN."""
    status: RolloutStatus
    target: str
    """Id of the release that it ships."""
    created_at: datetime
    started_at: datetime | None = None
    finished_at: datetime | None = None
    reason: str = ""
    """``statusReason`` in ECS's words."""
    sources: tuple[str, ...] = ()
    """Ids of the releases that it replaces."""
    breaker: Breaker | None = None
    went_back_to: str | None = None
    """Id of the release that ECS went back to, once it has begun to."""
    rollback_reason: str = ""
    rollback_started_at: datetime | None = None
    stage: str = ""
    """Lifecycle stage; empty for a rolling deployment."""
    strategy: str = "ROLLING"
    """ROLLING, BLUE_GREEN, CANARY, LINEAR, or :data:`CODE_DEPLOY`."""
    weights: Mapping[str, float] = field(default_factory=dict)
    """Release id -> per cent of production traffic asked for; empty where ECS shifts none. CodeDeploy
    knows no releases: there the ids of the task sets stand for them, in ``target`` and ``sources`` too."""
    test_weights: Mapping[str, float] = field(default_factory=dict)
    hooks: tuple[Hook, ...] = ()
    alarms: AlarmWatch | None = None
    bake_s: float = 0.0
    """Bake time after all traffic has been shifted."""
    step_percent: float | None = None
    """Share of the canary, or of one linear step."""
    step_bake_s: float = 0.0
    tasks: int | None = None
    """How many tasks of its target were asked for when it was last told; ``None`` where nothing tells."""
    updated_at: datetime | None = None
    """When ECS last changed it: in a stage that lasts, the moment at which it began."""

    @property
    def shifts(self) -> bool:
        """Old and new stand side by side, and traffic moves from one to the other."""
        return self.strategy not in ("", "ROLLING")

    @property
    def share(self) -> float | None:
        """Per cent of production traffic that the new release is to get; ``None`` where none is
        shifted, or nothing tells."""
        return self.weights.get(self.target) if self.shifts else None

    @property
    def waiting(self) -> "Hook | None":
        """The hook that waits for somebody; of several the one that ends first."""
        waits = [item for item in self.hooks if item.waits]
        return min(waits, key=lambda item: (item.expires_at is None, item.expires_at), default=None)

    @property
    def went_back_by_itself(self) -> bool:
        """Whether, by its reason, nobody asked for its rollback."""
        if self.strategy == CODE_DEPLOY:
            return "by a user" not in self.rollback_reason.lower()
        reason = f"{self.rollback_reason} {self.reason}".lower()
        return any(words in reason for words in _BY_ITSELF)

    @property
    def left_serving(self) -> str | None:
        """Id of the release that serves because of it; ``None`` while it runs or if it failed."""
        if self.status is RolloutStatus.SUCCESSFUL:
            return self.target
        return self.went_back_to if self.status is RolloutStatus.ROLLBACK_SUCCESSFUL else None


@dataclass(frozen=True)
class Deployment:
    """One entry of ``deployments[]``: live counts of one release's tasks."""

    id: str
    """``ecs-svc/1234…``; a task's ``startedBy`` names it."""
    status: str
    """PRIMARY, ACTIVE, INACTIVE, or what ECS says; of a task set PRIMARY, ACTIVE or DRAINING."""
    state: str
    """IN_PROGRESS, COMPLETED, FAILED; empty where ECS gives none. Of a task set: IN_PROGRESS while it
    is brought to its size."""
    definition: str
    desired: int
    running: int
    pending: int
    failed: int
    created_at: datetime
    updated_at: datetime
    release: str | None = None
    """Id of its release, where it can be told."""
    reason: str = ""
    scale: float | None = None
    """Per cent of the desired count that a task set is to have; ``None`` for ECS's own deployments."""
    external_id: str = ""
    """Id of the deployment that made a task set, in the words of whoever made it: CodeDeploy's."""

    @property
    def is_primary(self) -> bool:
        return self.status == "PRIMARY"
