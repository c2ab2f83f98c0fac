"""What CodeDeploy keeps: applications, their deployment groups, deployments and how far they are.

Moments are epoch seconds; minutes are those of the API, shortened by the world's speed when waited for.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from console.sandbox.ecs.model import Deployment as TaskSet
from console.sandbox.ecs.model import Service

if TYPE_CHECKING:
    from console.sandbox.account import Account

Json = dict[str, Any]

EVENTS = (
    "BeforeInstall",
    "Install",
    "AfterInstall",
    "AllowTestTraffic",
    "AfterAllowTestTraffic",
    "BeforeAllowTraffic",
    "AllowTraffic",
    "AfterAllowTraffic",
)
"""Lifecycle events in their order (CodeDeploy user guide, AppSpec hooks for Amazon ECS)."""
OVER = ("Succeeded", "Failed", "Stopped")
ALL_AT_ONCE = "CodeDeployDefault.ECSAllAtOnce"
CONFIGS: dict[str, tuple[tuple[float, float], ...]] = {
    ALL_AT_ONCE: ((100.0, 0.0),),
    "CodeDeployDefault.ECSCanary10Percent5Minutes": ((10.0, 5.0), (100.0, 0.0)),
    "CodeDeployDefault.ECSCanary10Percent15Minutes": ((10.0, 15.0), (100.0, 0.0)),
    "CodeDeployDefault.ECSLinear10PercentEvery1Minutes": tuple((float(at), 1.0) for at in range(10, 101, 10)),
    "CodeDeployDefault.ECSLinear10PercentEvery3Minutes": tuple((float(at), 3.0) for at in range(10, 101, 10)),
}
"""Configuration -> steps: share of the new one in percent, and minutes until the next step."""


@dataclass
class LifecycleEvent:
    """One event of a deployment; ``status`` is Pending, InProgress, Succeeded, Failed or Skipped."""

    name: str
    status: str = "Pending"
    started_at: float | None = None
    ended_at: float | None = None


@dataclass
class Group:
    """A deployment group: one ECS service with its two target groups and its listeners."""

    name: str
    id: str
    application: str
    service: Service
    groups: tuple[str, str]
    """ARNs of the two target groups."""
    production: str
    """ARN of the production rule."""
    test: str = ""
    """ARN of the test listener's rule; empty: there is no test traffic."""
    config: str = ALL_AT_ONCE
    keep_minutes: int = 5
    """How long the old one is kept after the traffic has moved."""
    ready_minutes: int = 0
    """How long to wait for ContinueDeployment before the traffic moves; 0: not at all."""
    rollback_events: list[str] = field(default_factory=lambda: ["DEPLOYMENT_FAILURE"])
    """Empty: no automatic rollback."""


@dataclass
class Deployment:
    """One CodeDeploy deployment, or the rollback of one, which is a deployment of its own."""

    id: str
    group: Group
    content: str
    """The AppSpec as it was sent."""
    config: str
    created_at: float
    creator: str = "user"
    description: str = ""
    status: str = "Created"
    started_at: float | None = None
    completed_at: float | None = None
    events: list[LifecycleEvent] = field(default_factory=list)
    blue: TaskSet | None = None
    """What served when it began."""
    green: TaskSet | None = None
    """What it makes; of a rollback, what it takes away."""
    previous: str = ""
    """AppSpec of the last deployment that succeeded before it."""
    waits_for: str = ""
    """``READY_WAIT`` or ``TERMINATION_WAIT``, while it does."""
    rolls_back: str = ""
    """Id of the deployment that it takes back."""
    rolled_back_by: str = ""
    rollback_message: str = ""
    error: tuple[str, str] | None = None
    """Code and message of a failure."""
    rollback_events: list[str] = field(default_factory=list)
    updated_at: float = 0.0

    @property
    def is_over(self) -> bool:
        return self.status in OVER

    def event(self, name: str) -> LifecycleEvent:
        """The event of that name."""
        return next(item for item in self.events if item.name == name)


class CodeDeployState:
    """CodeDeploy of one account."""

    def __init__(self, account: "Account") -> None:
        self.account = account
        self.applications: dict[str, dict[str, Group]] = {}
        """Application -> its groups by name."""
        self.deployments: dict[str, Deployment] = {}
        """By id, in the order of their creation."""

    def new_id(self) -> str:
        """``d-`` and nine capitals and digits."""
        stream = self.account.world.rng(f"{self.account.id}:codedeploy:{len(self.deployments)}")
        return "d-" + "".join(stream.choices("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", k=9))

    def of(self, group: Group) -> Iterator[Deployment]:
        """The deployments of a group, newest first."""
        return (item for item in reversed(self.deployments.values()) if item.group is group)

    def active(self, group: Group) -> Deployment | None:
        """The one under way."""
        return next((item for item in self.of(group) if not item.is_over), None)

    def last_successful(self, group: Group) -> Deployment | None:
        """What runs now, if no rollback has been since."""
        return next((item for item in self.of(group) if item.status == "Succeeded"), None)
