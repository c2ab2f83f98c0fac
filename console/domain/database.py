"""A database as its keeper shows it: enough for a migration, and for the way back from one."""

from dataclasses import dataclass
from datetime import datetime, timedelta

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True)
class DatabaseSnapshot:
    """A copy of a database at one moment."""

    name: str
    at: datetime | None
    state: str
    """available, creating, failed …"""
    automated: bool = False

    @property
    def is_usable(self) -> bool:
        return self.state == "available"


@dataclass(frozen=True)
class Database:
    """One instance."""

    name: str
    state: str
    """available, backing-up, modifying …"""
    endpoint: str = ""
    backup_window: str = ""
    """UTC, ``03:00-04:00``."""
    maintenance_window: str = ""
    """UTC, ``sun:04:00-sun:05:00``."""
    security_groups: tuple[str, ...] = ()
    snapshots: tuple[DatabaseSnapshot, ...] = ()
    """Newest first."""

    def window_at(self, moment: datetime) -> str:
        """The window in which that moment (UTC) lies, in words; empty where none."""
        day = moment.strftime("%H:%M")
        if _within(self.backup_window, day):
            return f"backup window {self.backup_window}"
        if _within(self.maintenance_window, f"{_DAYS[moment.weekday()]}:{day}"):
            return f"maintenance window {self.maintenance_window}"
        return ""


def _within(window: str, moment: str) -> bool:
    """Whether a moment (``HH:MM`` or ``day:HH:MM``) lies in a window of the same form; it may wrap."""
    start, _, end = window.lower().partition("-")
    try:
        low, high, here = _minutes(start), _minutes(end), _minutes(moment)
    except (ValueError, IndexError):
        return False
    return low <= here < high if low <= high else here >= low or here < high


def _minutes(text: str) -> timedelta:
    parts = text.split(":")
    day = _DAYS.index(parts.pop(0)) if len(parts) == 3 else 0
    return timedelta(days=day, hours=int(parts[0]), minutes=int(parts[1]))
