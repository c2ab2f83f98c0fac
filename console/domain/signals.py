"""Figures about a service from outside ECS, and log lines."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from console.domain.series import OLD_PERIODS

CURRENT_FOR = timedelta(minutes=10)
"""Figures of load balancers come one to four minutes late; older ones say nothing about now."""


@dataclass(frozen=True)
class Figures:
    """Errors and latency of one service over one period; ``None`` is *no data*, never zero."""

    at: datetime
    """End of the period: the figures are this old."""
    period_s: int
    requests: int | None
    errors: int | None
    """5xx answers that the service's requests got, from its targets or, for want of one, from the load
    balancer itself."""
    p95_s: float | None
    source: str = "CloudWatch"
    recent: tuple[float | None, ...] = ()
    """Shares of errors of the last twenty periods, oldest first; ``None``: no data for that one."""
    recent_requests: tuple[int, ...] = ()
    """How many requests each of those shares stands for; empty: not known."""
    healthy_targets: int | None = None
    """The most that were healthy at any time of the period; ``None``: not known."""
    version: str = ""
    """``new`` or ``old``: whose they are while two versions serve and a source tells them apart; empty: of
    all together."""
    note: str = ""
    """How they were counted, where it matters: ``shared load balancer: counted by 1 of 3 rules``."""
    before: "Figures | None" = None
    """The figures as they were read, where their period began before what serves now served alone: then
    nothing is known of what serves now. ``None``: these are of now."""

    def age_s(self, now: datetime) -> float:
        """Seconds since the end of the period."""
        return max(0.0, (now - self.at).total_seconds())

    def is_old(self, now: datetime) -> bool:
        """Older than two periods: to be drawn dimmed, with its age."""
        return self.age_s(now) > OLD_PERIODS * self.period_s

    @property
    def error_share(self) -> float | None:
        """Errors per request from 0 to 1; ``None`` without requests or without data."""
        if not self.requests or self.errors is None:
            return None
        return self.errors / self.requests


@dataclass(frozen=True)
class Load:
    """What of one service is only judged now and then, of its newest complete minute; ``None``: no data."""

    p99_s: float | None = None
    cpu: float | None = None
    """Per cent of what its tasks reserve, on average."""
    p99_at: datetime | None = None
    """End of the period of each; ``None``: no data."""
    cpu_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class LogLine:
    """One log event of one task: plain text without control characters, secrets masked."""

    id: str
    """Names the event: two lines with one id are one line."""
    at: datetime
    """When the task wrote it, by its own clock."""
    task: str
    """Task id, 32 hex digits."""
    container: str
    text: str
    """As it was written: JSON stays JSON; :func:`console.logtail.parse.readable` is what is drawn."""
    severity: str = "info"
    """debug, info, warn, error or fatal."""


@dataclass(frozen=True, slots=True)
class LogPlace:
    """Where one container of every task of a service writes its lines."""

    container: str
    group: str = ""
    region: str = ""
    """Empty: the environment's own."""
    stream: str = ""
    """What the names of its streams begin with; the task id follows."""
    problem: str = ""
    """Why nothing can be read here; empty where it can."""
    group_id: str = ""
    """The group's name in full, for live sessions."""


@dataclass(frozen=True, slots=True)
class LogPage:
    """A part of what a place holds."""

    lines: tuple[LogLine, ...]
    """Oldest first, or newest first where that was asked for."""
    token: str = ""
    """Names the next part, also behind an empty one; empty at the end."""
    ingested: datetime | None = None
    """When the newest of them was taken in, by the clock of who keeps them; ``None`` without lines."""
    late_s: float = 0.0
    """The longest time that one of them took from being written, by its task's clock, to being taken in."""
    ahead_s: float = 0.0
    """How far a task's clock ran ahead: the longest time that one was taken in before it was written."""


@dataclass(frozen=True, slots=True)
class LiveUpdate:
    """What a live session tells at once; its lines have no id, because the session gives none."""

    lines: tuple[LogLine, ...] = ()
    sampled: bool = False
    """There were more lines than the session tells: these are some of them."""
