"""A moment as somebody types it beside a log: ``03:11``, ``03:11:45``, ``-5m``."""

import re
from datetime import UTC, datetime, timedelta, tzinfo

from console.domain.words import duration
from console.errors import UsageError

_CLOCK = re.compile(r"^(\d{1,2}):(\d{2})(?::(\d{2}))?$", re.ASCII)
HELP = "write 03:11, 03:11:45 or -5m"


def here() -> tzinfo | None:
    """The operator's own zone, with its name."""
    return datetime.now().astimezone().tzinfo


def moment_from(text: str, now: datetime, zone: tzinfo | None = None) -> datetime:
    """The moment meant: the last time that the clock showed that, or so long ago.

    Args:
        zone: What the clock shows; ``None``: UTC.

    Raises:
        UsageError: when it is neither.
    """
    text = text.strip()
    match = _CLOCK.match(text)
    try:
        if match:
            local = now.astimezone(zone or UTC)
            hour, minute, second = (int(part or 0) for part in match.groups())
            moment = local.replace(hour=hour, minute=minute, second=second, microsecond=0)
            moment = moment if moment <= local else moment - timedelta(days=1)
            return moment.astimezone(UTC)
        if text.startswith("-"):
            return now - abs(duration(text[1:]))
    except (ValueError, OverflowError):
        pass
    raise UsageError(f"{text!r} is no time", HELP)
