"""How often what is read, and from when on a picture counts as old."""

from datetime import datetime

from console.domain.fleet import ServicePicture
from console.domain.service import ServiceState

FAST_S = 2.5
"""Services that are looked at, in motion or in trouble."""
SLOW_S = 15.0
"""All others."""
UNATTENDED_AFTER_S = 300.0
"""From then on nobody is taken to watch the console."""
UNATTENDED_S = 30.0
"""Calm services while nobody watches."""
LONGEST_S = 60.0
"""Calm services while AWS refuses calls."""
THROTTLED_FOR_S = 60.0
"""That long after a refusal less is asked for."""
CALLS_PER_S = 10 / 3
"""A third of the service reads that we allow ourselves: the rest belongs to orders and looks."""
FIGURES_S = 60.0
"""CloudWatch publishes once a minute and bills every question."""
TASKS_S = 60.0
"""All tasks of all services: one list and one description a hundred of them."""
STANDING_S = 300.0
"""Our own rights change rarely."""
SHIPPERS_S = 60.0
"""The journal, for who shipped what."""
HOLDS_S = 5.0
"""The journal, for what is held."""
VERSIONS_S = 600.0
"""Tags move."""
UNSETTLED_S = 15.0
"""A release whose digests are not resolved yet."""
OBSERVED_PER_PASS = 6
"""Services read in full within ``FAST_S``: about seven calls each, of 20 a second that an account has
(ECS API reference, request throttling)."""
STALE_AFTER = 3
"""A picture is old after that many cadences without a reading."""
_BACK_OFF_S = (2.0, 4.0, 8.0)
_JITTER = 0.1


def is_fast(state: ServiceState, *, focused: bool = False) -> bool:
    """Whether a service is read at the fast cadence; what is deleted does not change any more."""
    return focused or (state is not ServiceState.DELETED and (state.is_trouble or state.is_moving))


def cadence(state: ServiceState, *, focused: bool = False) -> float:
    """Seconds between two readings of a service while nothing slows them down."""
    return FAST_S if is_fast(state, focused=focused) else SLOW_S


def calm_pace(calls: int, *, attended: bool = True, throttled: bool = False) -> float:
    """Seconds between two readings of calm services.

    Args:
        calls: How many calls one sweep over all of them takes.
        attended: Whether somebody touched the console lately.
        throttled: Whether AWS refused a call lately.
    """
    pace = max(SLOW_S, calls / CALLS_PER_S)
    if not attended:
        pace = max(pace, UNATTENDED_S)
    return max(pace, min(2 * pace, LONGEST_S)) if throttled else pace


def fast_pace(calls: int, *, throttled: bool = False) -> float:
    """Seconds between two readings of services that something happens to, ``calls`` for all of them."""
    pace = max(FAST_S, calls / CALLS_PER_S)
    return 2 * pace if throttled else pace


def is_stale(picture: ServicePicture, now: datetime, *, focused: bool = False) -> bool:
    """Whether a service's picture is too old to be believed: it counts in its own cadence, and the last
    run's is old from the start.

    What was never read is unknown, not stale.
    """
    if picture.as_of is None:
        return False
    age = (now - picture.as_of).total_seconds()
    pace = FAST_S if focused else picture.cadence_s or cadence(picture.state)
    return picture.remembered or age > STALE_AFTER * pace


def stale_in(picture: ServicePicture, now: datetime) -> float | None:
    """In how many seconds a service's picture becomes stale; negative: it is; ``None``: never read."""
    if picture.as_of is None:
        return None
    pace = picture.cadence_s or cadence(picture.state)
    return STALE_AFTER * pace - (now - picture.as_of).total_seconds()


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
