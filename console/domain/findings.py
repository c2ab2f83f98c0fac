"""What was found when something was tried out: well, not well, or not looked at and why."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Outcome(StrEnum):
    """How one look ended."""

    OK = "OK"
    NG = "NG"
    SKIP = "SKIP"
    """Not looked at, or nothing could be told; the finding says why. Never the same as OK."""


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at."""

    name: str
    outcome: Outcome
    said: str
    """One line: the value, or the reason."""
    fatal: bool = True
    """When it is not well, what would come after it is not tried."""
    took_s: float | None = None
    evidence: str = ""
    """What was answered, secrets masked, cut."""
    subject: str = ""
    """Address of the service; empty where that is plain."""
    as_of: datetime | None = None
    """Of when the value is; ``None``: of the moment at which it was looked at."""


def ok(name: str, said: str, subject: str = "", *, fatal: bool = False) -> Finding:
    """Well."""
    return Finding(name, Outcome.OK, said, fatal, subject=subject)


def ng(name: str, said: str, subject: str = "", *, fatal: bool = False) -> Finding:
    """Not well."""
    return Finding(name, Outcome.NG, said, fatal, subject=subject)


def skipped(name: str, said: str, subject: str = "") -> Finding:
    """Not looked at."""
    return Finding(name, Outcome.SKIP, said, fatal=False, subject=subject)
