"""Times as AWS gives them, made aware and UTC."""

from datetime import UTC, datetime
from typing import Any


def moment(value: Any) -> datetime:
    """A time that AWS always gives; the epoch where it did not."""
    return maybe(value) or datetime.fromtimestamp(0, UTC)


def maybe(value: Any) -> datetime | None:
    """A time that AWS may leave out."""
    if not isinstance(value, datetime):
        return None
    return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)
