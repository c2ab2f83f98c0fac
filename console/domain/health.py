"""What a service says of its own health, in one vocabulary: each team has its own words for it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class HealthState(StrEnum):
    """How a service says that it is."""

    OK = "ok"
    DEGRADED = "degraded"
    FAILING = "failing"
    UNKNOWN = "unknown"
    """No answer, or none that can be understood: never the same as well."""


@dataclass(frozen=True)
class HealthWords:
    """``[…services.ALIAS.health_words]``: how a service's health answer is read.

    Words are compared without regard to case; what is in none of the lists is unknown.
    """

    status: str = "status"
    """JMESPath expression of the word for the whole."""
    version: str = "version"
    dependencies: Mapping[str, str] = field(default_factory=dict)
    """Name -> JMESPath expression of its word; empty: database and cache where they usually stand."""
    ok: tuple[str, ...] = ("ok", "healthy", "connected", "up", "pass", "ready", "true")
    degraded: tuple[str, ...] = ("degraded", "warn", "warning", "slow")
    failing: tuple[str, ...] = (
        "error",
        "unhealthy",
        "disconnected",
        "down",
        "fail",
        "failed",
        "failing",
        "critical",
        "false",
    )

    def state_of(self, word: object) -> HealthState:
        """What a word means."""
        said = str(word).strip().lower()
        for state, words in (
            (HealthState.OK, self.ok),
            (HealthState.DEGRADED, self.degraded),
            (HealthState.FAILING, self.failing),
        ):
            if said in words:
                return state
        return HealthState.UNKNOWN


@dataclass(frozen=True)
class Health:
    """One health answer."""

    at: datetime
    state: HealthState
    said: str
    """One line: the service's own word, or why nothing is known."""
    status: int | None = None
    """HTTP status; ``None`` without an answer."""
    version: str = ""
    """What it calls itself; empty where it does not say."""
    dependencies: Mapping[str, HealthState] = field(default_factory=dict)
    """Database, cache …, those of which it speaks."""
    words: Mapping[str, str] = field(default_factory=dict)
    """Dependency -> the service's own word for it."""
    took_s: float = 0.0
