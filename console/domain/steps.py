"""How a service's own settings bring a new release in: all at once, or in steps that are watched."""

from dataclasses import dataclass
from math import ceil

from console.domain.words import count

ROLLING = "ROLLING"
_EVERY_STEP = "PRE_PRODUCTION_TRAFFIC_SHIFT"
"""A pause there comes again before every step (ECS developer guide, pause lifecycle hooks)."""


@dataclass(frozen=True)
class Pause:
    """A pause hook: somebody has to say that the deployment goes on."""

    stage: str
    limit_s: float
    then: str
    """CONTINUE or ROLLBACK: what ECS does when nobody has said anything by then."""


@dataclass(frozen=True)
class Steps:
    """The strategy that the next deployment will have; one that is under way has its own."""

    strategy: str = ROLLING
    """ROLLING, BLUE_GREEN, CANARY, LINEAR, or another controller's name."""
    percent: float | None = None
    """Share of the canary, or of one linear step."""
    step_bake_s: float = 0.0
    bake_s: float = 0.0
    """How long both stand after all traffic has been shifted."""
    pauses: tuple[Pause, ...] = ()
    lambdas: int = 0
    """Lambda hooks: nobody here knows how long they take."""
    alarms: tuple[str, ...] = ()
    """Alarms that make ECS go back."""

    @property
    def shifts(self) -> bool:
        """Old and new stand side by side, and traffic moves between them."""
        return self.strategy in ("BLUE_GREEN", "CANARY", "LINEAR")

    @property
    def shares(self) -> tuple[float, ...]:
        """Per cent of the traffic on the new release after each shift; empty for a rolling one."""
        if not self.shifts:
            return ()
        if self.strategy == "CANARY" and self.percent:
            return (self.percent, 100.0)
        if self.strategy == "LINEAR" and self.percent:
            whole = ceil(100 / self.percent)
            return tuple(min(100.0, self.percent * step) for step in range(1, whole + 1))
        return (100.0,)

    @property
    def watched_s(self) -> float:
        """From the first share to the last one: every step but the last is watched."""
        return max(0, len(self.shares) - 1) * self.step_bake_s

    @property
    def stops(self) -> int:
        """How often a deployment waits for somebody."""
        return sum(max(1, len(self.shares)) if pause.stage == _EVERY_STEP else 1 for pause in self.pauses)

    @property
    def words(self) -> str:
        """``LINEAR · 25 % x 4, 5 min each · then 24 h side by side``."""
        parts = [self.strategy]
        if self.strategy == "LINEAR" and self.percent:
            parts.append(f"{self.percent:g} % x {len(self.shares)}, {lasts(self.step_bake_s)} each")
        elif self.strategy == "CANARY" and self.percent:
            parts.append(f"{self.percent:g} % for {lasts(self.step_bake_s)}, then all")
        elif self.strategy == "BLUE_GREEN":
            parts.append("all traffic at once")
        if self.shifts and self.bake_s:
            parts.append(f"then {lasts(self.bake_s)} side by side")
        elif self.bake_s:
            parts.append(f"then {lasts(self.bake_s)} of bake")
        if self.lambdas:
            parts.append(f"{count(self.lambdas, 'Lambda hook')} of unknown length")
        return " · ".join(parts)


ALL_AT_ONCE = Steps()
"""A rolling deployment without bake, hooks or alarms."""


def lasts(seconds: float) -> str:
    """A length of time as settings are written: ``90 s``, ``5 min``, ``24 h``."""
    if seconds < 120 and seconds % 60:
        return f"{seconds:g} s"
    if seconds < 2 * 3600 or seconds % 3600:
        return f"{seconds / 60:g} min"
    return f"{seconds / 3600:g} h"
