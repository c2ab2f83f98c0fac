"""What may be said of a service with which nothing is known to be wrong: no more than was read and judged."""

from datetime import datetime

from console.domain.error_reading import ErrorState
from console.domain.fleet import ServicePicture
from console.domain.guard import JudgedState, ServiceKind, worst_of
from console.domain.service import ServiceState
from console.domain.signals import CURRENT_FOR
from console.domain.words import age

WELL = "all is well"
NOTHING_TO_DO = "nothing to do"
NO_REMEDY = "no known fix"


def is_well(picture: ServicePicture, now: datetime) -> bool:
    """ECS is steady, targets were read, and figures of the last minutes were judged and are fine."""
    return picture.state is ServiceState.STEADY and not picture.reserve and not _doubt(picture, now)


def assurance(picture: ServicePicture, now: datetime) -> str:
    """In place of a cause where there is none: that all is well, or what is not known."""
    if picture.as_of is None:
        return "nothing has been read yet"
    if picture.state is ServiceState.UNKNOWN:
        return "no evidence"
    if picture.state is not ServiceState.STEADY:
        return "no evidence of trouble"
    doubts = dict.fromkeys(filter(None, (picture.reserve, _doubt(picture, now))))
    return " · ".join(("steady in ECS", *doubts)) if doubts else WELL


def _doubt(picture: ServicePicture, now: datetime) -> str:
    """Why the figures do not tell that it is well; empty: they do."""
    reading = picture.error_reading
    is_worker = picture.status is not None and picture.status.kind is ServiceKind.WORKER
    if is_worker and reading.state is ErrorState.UNKNOWN:
        signals = picture.signals
        judged = signals is not None and now - signals.picture.at <= CURRENT_FOR
        is_fine = judged and worst_of(picture.alerts) is JudgedState.OK
        return "" if is_fine else "figures not judged"
    if reading.state is not ErrorState.OK:
        return reading.words
    if reading.at is not None and now - reading.at > CURRENT_FOR:
        return f"its figures are {age((now - reading.at).total_seconds())} old"
    return ""
