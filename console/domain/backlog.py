"""The jobs that wait for a worker: what a queue holds, and which alarms look at it."""

from dataclasses import dataclass

from console.domain.words import age, count


@dataclass(frozen=True)
class Backlog:
    """One queue at one moment. Counts are approximate, as queues count."""

    queue: str
    waiting: int
    in_flight: int
    """Taken by a worker and neither finished nor given back."""
    delayed: int = 0
    oldest_s: float | None = None
    """Age of the oldest job that waits; minutes old itself, ``None`` where nobody measured it."""
    alarms: tuple[tuple[str, str], ...] = ()
    """Name and state of the alarms on its depth or age: OK, ALARM, INSUFFICIENT_DATA."""

    @property
    def said(self) -> str:
        """``token-scan: 340 wait, oldest 2m, 12 in flight``."""
        oldest = f", oldest {age(self.oldest_s)}" if self.oldest_s is not None and self.waiting else ""
        delayed = f", {self.delayed} delayed" if self.delayed else ""
        return f"{self.queue}: {count(self.waiting, 'job')} wait{oldest}, {self.in_flight} in flight{delayed}"

    @property
    def ringing(self) -> tuple[str, ...]:
        """The alarms that are in ALARM."""
        return tuple(name for name, state in self.alarms if state == "ALARM")
