"""How often what is read, and from when on a picture counts as old."""

from datetime import datetime

from console.domain.fleet import ServicePicture
from console.domain.service import ServiceState

FAST_S = 2.5
"""Services that are looked at, in motion or in trouble."""
SLOW_S = 15.0
"""All others."""
FIGURES_S = 60.0
"""CloudWatch publishes once a minute and bills every question."""
OBSERVED_PER_PASS = 6
"""Services read in full in one pass: about seven calls each, of 20 a second that an account has
(ECS API reference, request throttling)."""
STALE_AFTER = 3
"""A picture is old after that many cadences without a reading."""
_BACK_OFF_S = (2.0, 4.0, 8.0)
_JITTER = 0.1


def is_fast(state: ServiceState, *, focused: bool = False) -> bool:
    """Whether a service is read at the fast cadence."""
    return focused or state.is_trouble or state.is_moving


def cadence(state: ServiceState, *, focused: bool = False) -> float:
    """Seconds between two readings of a service."""
    return FAST_S if is_fast(state, focused=focused) else SLOW_S


def is_stale(picture: ServicePicture, now: datetime, *, focused: bool = False) -> bool:
    """Whether a service's picture is too old to be believed.

    What was never read is unknown, not stale.
    """
    if picture.as_of is None:
        return False
    age = (now - picture.as_of).total_seconds()
    return age > STALE_AFTER * cadence(picture.state, focused=focused)


def retry_after(failures: int) -> float:
    """Seconds to wait after that many failures in a row: 2, 4, then 8."""
    return _BACK_OFF_S[min(max(failures, 1), len(_BACK_OFF_S)) - 1]


def jittered(seconds: float, chance: float) -> float:
    """Up to a tenth less than ``seconds``, so that consoles started together drift apart.

    Args:
        seconds: The cadence, which is never exceeded.
        chance: From 0 to 1, of a random source.
    """
    return seconds * (1 - _JITTER * chance)
