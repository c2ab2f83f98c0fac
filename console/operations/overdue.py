"""The end of a watch whose time is up: the platform goes on, and what is known is said."""

from console.diagnosis import diagnose
from console.domain.operation import Verdict
from console.domain.service import Observation, ServiceState


def given_up(observation: Observation | None, limit_s: float, goes_on: str) -> tuple[Verdict, str]:
    """STUCK with the reason where the service has one, else TIMED_OUT; without a picture UNKNOWN.

    Args:
        observation: The service as it was seen last, in contact.
        limit_s: How long it was watched.
        goes_on: Who goes on without being watched.
    """
    if observation is None:
        return Verdict.UNKNOWN, "the time is up without contact"
    found = diagnose(observation.status, observation, None)
    if found.state in (ServiceState.FAILING, ServiceState.STUCK) and found.line:
        return Verdict.STUCK, found.line
    return Verdict.TIMED_OUT, f"not done after {limit_s:.0f} s; {goes_on} goes on"
