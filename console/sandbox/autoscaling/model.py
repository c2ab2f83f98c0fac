"""What Application Auto Scaling keeps. Moments are epoch seconds, JSON parts have AWS's member names."""

from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]

NAMESPACE, DIMENSION = "ecs", "ecs:service:DesiredCount"
TRACKING, STEPS = "TargetTrackingScaling", "StepScaling"


@dataclass
class Target:
    """One scalable target: the desired count of a service, and the bounds of what may be done to it."""

    resource: str
    """``service/<cluster>/<service>``."""
    arn: str
    minimum: int
    maximum: int
    role: str
    created_at: float
    suspended: dict[str, bool] = field(default_factory=dict)
    """``DynamicScalingInSuspended``, ``DynamicScalingOutSuspended``, ``ScheduledScalingSuspended``."""

    @property
    def cluster(self) -> str:
        return self.resource.split("/")[1]

    @property
    def service(self) -> str:
        return self.resource.split("/")[2]

    def is_suspended(self, way: str) -> bool:
        """Whether policies may not scale ``In`` or ``Out``."""
        return self.suspended.get(f"DynamicScaling{way}Suspended", False)


@dataclass
class Policy:
    """One scaling policy of a target."""

    name: str
    resource: str
    arn: str
    kind: str
    """``TargetTrackingScaling`` or ``StepScaling``."""
    configuration: Json
    created_at: float
    alarms: list[str] = field(default_factory=list)
    """Names of the alarms that a target-tracking policy has made for itself."""
    out_at: float | None = None
    """When it last scaled out, and ``out_from`` how many tasks there were before."""
    out_from: int = 0
    in_at: float | None = None


@dataclass
class Activity:
    """Something that was done to a desired count, or would have been but for a reason."""

    id: str
    resource: str
    cause: str
    started_at: float
    description: str
    capacity: int
    """The desired count that was set."""
    status: str = "InProgress"
    message: str = ""
    ended_at: float | None = None
    reasons: list[Json] = field(default_factory=list)
    """``NotScaledReasons``: why nothing was done; empty when something was."""
