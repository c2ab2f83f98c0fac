"""How many tasks a service may have, and who changes that."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True)
class ScalingPolicy:
    """One policy or scheduled action, in words."""

    name: str
    kind: str
    """target tracking, step, scheduled, or what AWS calls it."""
    said: str
    """What it does: ``ECSServiceAverageCPUUtilization at 60``, ``cron(0 8 * * ? *) min 2 max 4``."""
    ways: tuple[str, ...] = ()
    """``in``, ``out``: which way it may change the count; empty: cannot be told."""


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
    missing: Mapping[str, str] = field(default_factory=dict)
    """``policies``, ``scheduled actions``, ``activities`` -> why they could not be read."""

    @property
    def only_out(self) -> bool:
        """Every policy makes the count larger, and nothing ever makes it smaller again."""
        ways = [policy.ways for policy in self.policies]
        known = ways and all(ways) and not {"policies", "scheduled actions"} & set(self.missing)
        return bool(known) and not any("in" in each for each in ways)

    @property
    def remark(self) -> str:
        """What ought to be looked at; empty when nothing does."""
        if self.only_out:
            return "only ever scales out"
        return f"scaling {' and '.join(self.suspended)} suspended" if self.suspended else ""
