"""The order of services by how much is lost, worst first: one for every list with trouble on top."""

from enum import IntEnum
from typing import NamedTuple

from console.domain.address import Tier
from console.domain.alerts import Alerting
from console.domain.error_reading import ErrorState
from console.domain.fleet import ServicePicture
from console.domain.service import ServiceState


class Region(IntEnum):
    """The parts of a list, top to bottom."""

    NOBODY_SERVES = 0
    """In production: it is deleted, or tasks are desired and none of them answers."""
    TROUBLE = 1
    MOVING = 2
    UNKNOWN = 3
    """Never read, or not to be judged: it may be anything."""
    CALM = 4


class Impact(NamedTuple):
    """The sort key of a service; the least stands first."""

    region: Region
    tier: int
    """Production first."""
    severity: int
    capacity: float
    """Minus the share of the desired tasks that do not serve."""
    errors: float
    """Minus the share of errors where it is bad, in tenths: two services whose shares differ by little keep
    their places from minute to minute."""
    service: str
    environment: str


def impact(picture: ServicePicture, alert: Alerting | None = None) -> Impact:
    """How much is lost at a service.

    Args:
        picture: The service, also as the last run remembers it.
        alert: What is wrong with its figures; as long as nobody has seen it, it is trouble.
    """
    region, severity = _region(picture, alert), 0
    capacity = errors = 0.0
    if region in (Region.NOBODY_SERVES, Region.TROUBLE):
        severity = _severity(state_to_order_by(picture, alert), alert)
        capacity, errors = -_missing(picture), -_bad_errors(picture)
    address = picture.address
    return Impact(
        region,
        picture.environment.tier.rank,
        severity,
        capacity,
        errors,
        address.service,
        address.environment,
    )


def state_to_order_by(picture: ServicePicture, alert: Alerting | None) -> ServiceState:
    """Its state; without its alerts where somebody has seen them."""
    apart = picture.diagnosis.apart_from_alerts
    return apart if apart is not None and alert is not None and alert.acknowledged else picture.state


def _region(picture: ServicePicture, alert: Alerting | None) -> Region:
    state = state_to_order_by(picture, alert)
    if picture.as_of is None and not state.is_trouble:
        return Region.UNKNOWN
    if picture.environment.tier is Tier.PRODUCTION and _nobody_serves(picture):
        return Region.NOBODY_SERVES
    if state.is_trouble or (alert is not None and alert.is_loud):
        return Region.TROUBLE
    if state.is_moving:
        return Region.MOVING
    return Region.UNKNOWN if state is ServiceState.UNKNOWN else Region.CALM


def _nobody_serves(picture: ServicePicture) -> bool:
    status = picture.status
    if picture.state is ServiceState.DELETED:
        return True
    if status is None or status.desired == 0:
        return False
    return status.running == 0 or picture.error_reading.state is ErrorState.NOBODY_ANSWERS


_SEVERITIES = tuple(state for state in ServiceState if state.is_trouble)
"""In the order of trouble."""


def _severity(state: ServiceState, alert: Alerting | None) -> int:
    """Less is worse; a critical alert stands right behind what is stuck, any other behind all trouble."""
    own = 2 * _SEVERITIES.index(state) if state in _SEVERITIES else 2 * len(_SEVERITIES)
    if alert is None or not alert.is_critical or not alert.is_loud:
        return own
    return min(own, 2 * _SEVERITIES.index(ServiceState.STUCK) + 1)


def _missing(picture: ServicePicture) -> float:
    """Share of the desired tasks that do not serve."""
    status = picture.status
    if status is None or status.desired == 0:
        return 0.0
    healthy = picture.healthy_targets
    serving = status.running if healthy is None else min(status.running, healthy)
    return max(0.0, 1 - serving / status.desired)


def _bad_errors(picture: ServicePicture) -> float:
    reading = picture.error_reading
    return round(reading.share or 0.0, 1) if reading.is_bad else 0.0
