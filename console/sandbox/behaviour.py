"""What an image does once it runs: the one place where bad images differ from good ones.

The task lifecycle asks when a task dies and whether it answers its health check; traffic, metrics
and logs ask how many of its requests fail and how slow they are. All of them read the same table,
so that stop reasons, target health, figures and log lines of a task agree.
"""

from dataclasses import dataclass
from math import inf

OUT_OF_MEMORY = "OutOfMemoryError: Container killed due to memory usage"
"""Container reason of a kill for memory (ECS developer guide, stopped-task-error-codes)."""

_STRESS = 0.85
"""Share of its memory from which a process spends more time collecting than answering."""


@dataclass(frozen=True)
class Behaviour:
    """How tasks of one image behave. All delays count from RUNNING, in seconds at speed 1."""

    name: str
    ready_after: float = 3.0
    """When health checks begin to pass; ``inf``: never."""
    dies_after: float | None = None
    """When its main container exits by itself; ``None``: it lives until it is stopped."""
    exit_code: int | None = None
    """Exit code of that death."""
    container_reason: str | None = None
    """``containers[].reason`` of that death; ``None``: ECS names none."""
    error_share: float = 0.0004
    """Requests answered with 5xx, from 0 to 1."""
    latency_factor: float = 1.0
    """Response times, compared with a good image's."""
    memory_share: float = 0.38
    """Memory in use once warm, as a share of the container's limit."""

    @property
    def leaks(self) -> bool:
        """Whether its death is a kill for memory."""
        return self.container_reason == OUT_OF_MEMORY

    def answers(self, age: float) -> bool:
        """Whether a health check ``age`` seconds (at speed 1) after RUNNING gets its 200."""
        return self.ready_after <= age and (self.dies_after is None or age < self.dies_after)

    def memory_at(self, age: float) -> float:
        """Share of the memory limit in use ``age`` seconds after RUNNING; 1.0 is the kill."""
        if self.leaks and self.dies_after is not None:
            return min(1.0, self.memory_share + (1.0 - self.memory_share) * max(0.0, age) / self.dies_after)
        return self.memory_share * (0.6 + 0.4 * min(1.0, max(0.0, age) / 120.0))

    def errors_at(self, age: float) -> float:
        """Share of the requests answered with 5xx at that age; a process short of memory fails some."""
        return max(self.error_share, 0.3) if self.leaks and self._is_short(age) else self.error_share

    def slowness_at(self, age: float) -> float:
        """Factor on response times at that age."""
        return self.latency_factor * (4.0 if self.leaks and self._is_short(age) else 1.0)

    def _is_short(self, age: float) -> bool:
        return self.memory_at(age) >= _STRESS


BEHAVIOURS: dict[str, Behaviour] = {
    behaviour.name: behaviour
    for behaviour in (
        Behaviour("healthy"),
        Behaviour("slow-start", ready_after=50.0),
        Behaviour("crash", ready_after=inf, dies_after=4.0, exit_code=1),
        Behaviour("oom", ready_after=inf, dies_after=6.0, exit_code=137, container_reason=OUT_OF_MEMORY),
        Behaviour("limping", dies_after=90.0, exit_code=137, container_reason=OUT_OF_MEMORY),
        Behaviour("unhealthy", ready_after=inf),
        Behaviour("error-spike", error_share=0.2),
        Behaviour("latency-spike", latency_factor=3.0),
        Behaviour("slow-leak", dies_after=1500.0, exit_code=137, container_reason=OUT_OF_MEMORY),
    )
}
"""By name, as fleet files and ``/_sandbox/images`` spell them."""


def behaviour_of(name: str) -> Behaviour:
    """The behaviour of that name; ``KeyError`` when a fleet file invents one."""
    return BEHAVIOURS[name]
