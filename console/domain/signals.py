"""Figures about a service from outside ECS, and log lines."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Figures:
    """Errors and latency of one service over one period; ``None`` is *no data*, never zero."""

    at: datetime
    """End of the period: the figures are this old."""
    period_s: int
    requests: int | None
    errors: int | None
    """5xx answers of the targets, of both versions together (service-wide)."""
    p95_s: float | None
    source: str = "CloudWatch"
    recent: tuple[float | None, ...] = ()
    """Shares of errors of the last twenty periods, oldest first; ``None``: no data for that one."""

    @property
    def error_share(self) -> float | None:
        """Errors per request from 0 to 1; ``None`` without requests or without data."""
        if not self.requests or self.errors is None:
            return None
        return self.errors / self.requests


@dataclass(frozen=True)
class LogLine:
    """One log event of one task, sanitised."""

    id: str
    at: datetime
    task: str
    """Task id, 32 hex digits."""
    container: str
    text: str
    severity: str = "info"
    """debug, info, warn, error or fatal."""
