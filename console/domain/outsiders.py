"""What other suppliers know of a service beside figures: alarms that they watch, errors that they saw."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class MonitorState(StrEnum):
    """What a monitor says."""

    OK = "ok"
    WARNING = "warning"
    ALERT = "alert"
    NODATA = "no data"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Monitor:
    """One alarm that a supplier watches about a service."""

    id: str
    name: str
    state: MonitorState
    since: datetime | None = None
    """When it last went off; ``None``: not told."""
    source: str = "Datadog"


@dataclass(frozen=True)
class Issue:
    """One kind of error that a supplier has seen, however often."""

    id: str
    """As people name it: ``SHOP-API-1F``."""
    title: str
    level: str
    """fatal, error, warning, info, debug; whatever the supplier says."""
    count: int | None
    """How often it was seen; ``None``: not told."""
    users: int | None
    first_seen: datetime
    last_seen: datetime | None = None
    place: str = ""
    """Where in the program; empty: not told."""
    link: str = ""
    source: str = "Sentry"
