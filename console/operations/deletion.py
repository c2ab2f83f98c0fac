"""A service that is deleted under an operation, or with its cluster: the operation has failed."""

from dataclasses import replace

from console.domain.address import Address
from console.domain.operation import OperationEvent, Verdict
from console.domain.service import Observation
from console.domain.words import count
from console.errors import MissingServiceError, QuarterdeckError
from console.operations.carrier import Carrier
from console.ports import Clock, Platform

CONFIRMED_AFTER_S = 2.5
"""A service that ECS does not list is asked for once more: its lists are eventually consistent."""


class DeletedServiceError(QuarterdeckError):
    """ECS says that the service is deleted, or being deleted. Never raised for a read that failed.

    Attributes:
        observation: The service as ECS still shows it; ``None``: not at all.
    """

    title = "deleted"

    def __init__(self, message: str, observation: Observation | None = None) -> None:
        super().__init__(message)
        self.observation = observation


def observe(platform: Platform, address: Address, clock: Clock) -> Observation:
    """Read a service in full, as long as there is one.

    Counts of a deleted service say nothing: *all 0 tasks serve* is true of it.

    Raises:
        DeletedServiceError: when it is deleted, being deleted, or not listed by two reads in a row.
        QuarterdeckError: whatever else the platform raises.
    """
    try:
        observation = platform.observe(address)
    except MissingServiceError:
        clock.sleep(CONFIRMED_AFTER_S)
        try:
            observation = platform.observe(address)
        except MissingServiceError as error:
            raise DeletedServiceError(f"the service is deleted: {error.message}") from error
    status = observation.status
    if status.is_gone:
        left = status.running + status.pending
        still = f" · {count(left, 'task')} still stopping" if left else ""
        raise DeletedServiceError(f"{status.gone}{still}", observation)
    return observation


def failed(carrier: Carrier, error: DeletedServiceError, done: str = "") -> OperationEvent:
    """End an operation whose service is deleted.

    Args:
        done: What of the operation stays done.
    """
    if error.observation is not None:
        carrier.progress = replace(carrier.progress, observation=error.observation)
    return carrier.end(Verdict.FAILED, None, f"{error.message}{done}")
