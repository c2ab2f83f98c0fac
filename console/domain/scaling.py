"""How many tasks a service may have, and who changes that."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class ScalingPolicy:
    """One policy or scheduled action, in words."""

    name: str
    kind: str
    """target tracking, step, scheduled, or what AWS calls it."""
    said: str
    """What it does: ``ECSServiceAverageCPUUtilization at 60``, ``cron(0 8 * * ? *) min 2 max 4``."""


@dataclass(frozen=True)
class ScalingActivity:
    """One change that autoscaling made or tried to."""

    at: datetime
    said: str
    status: str


@dataclass(frozen=True)
class Scaling:
    """Autoscaling of one service."""

    minimum: int
    maximum: int
    suspended: tuple[str, ...] = ()
    """``in``, ``out``, ``scheduled``: what is suspended."""
    policies: tuple[ScalingPolicy, ...] = ()
    activities: tuple[ScalingActivity, ...] = ()
    """Newest first."""
