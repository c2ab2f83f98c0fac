"""What we are allowed in an environment, and how much of its calls we take."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Standing:
    """Our rights in one environment, tested before they are needed."""

    at: datetime
    """When it was looked at."""
    account_name: str = ""
    """The account's alias; empty where it has none or may not be read."""
    may_write: bool | None = None
    """Whether an order would be allowed; ``None``: cannot be told."""
    because: str = ""
    """Why not, or why it cannot be told."""
    credentials_end: datetime | None = None
    """``None`` for credentials that do not end, or whose end is not known."""


@dataclass(frozen=True)
class BudgetUse:
    """How much of the calls that we allow ourselves in an account and Region is taken."""

    share: float
    """0 to 1, of the category that is used most, over the last minute."""
    throttled_at: datetime | None = None
    """When AWS last refused a call for its rate; ``None``: not lately."""
