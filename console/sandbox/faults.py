"""Faults on request: the next calls of an operation fail as AWS or a network can fail.

A fault strikes ``before`` a call is carried out, or ``after``: then the call has taken effect and
only its answer is lost, or late.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from console.sandbox.registry import AwsError
from console.sandbox.wire.identify import Call
from console.sandbox.wire.models import BY_NAME
from console.sandbox.wire.pages import pages

BROKEN = ("timeout", "reset")
"""Faults of the connection: no answer for as long as the caller waits, or a reset."""
LATENCY = "latency"
"""The call succeeds, but so many seconds late."""
HALF_A_PAGE = "half-page"
"""A list is cut short, with the token for its rest, as AWS may do with any page."""
INSIDE = {"InternalFailure": 500, "ServiceUnavailable": 503}
"""Failures of AWS's own, with their status (AWS common errors)."""
ERRORS = (
    "ThrottlingException",
    "ExpiredTokenException",
    "AccessDeniedException",
    *INSIDE,
    *BROKEN,
    LATENCY,
    HALF_A_PAGE,
)
LONGEST_S = 86_400.0
_MOMENTS = ("before", "after")
_MEMBERS = ("operation", "error", "when", "count", "seconds", "duration")


class FaultRequestError(ValueError):
    """A description of a fault that does not describe one; the message is for whoever sent it."""


@dataclass(frozen=True)
class Fault:
    """Further failures of one operation: so many, or for so long, or whichever ends first."""

    operation: str
    """``ecs.UpdateService``, or ``*`` for all."""
    error: str
    when: str = "before"
    count: int | None = 1
    """``None``: as many as there are calls, for its duration."""
    seconds: float | None = None
    """Of a latency. The caller's seconds: the world's speed does not shorten them."""
    duration: float | None = None
    """Seconds, likewise the caller's; ``None``: until its count is used up."""
    until: float = math.inf
    """Epoch seconds; set when it is added."""
    id: int = 0
    """Set when it is added."""

    def as_json(self) -> dict[str, object]:
        """As the control interface shows it."""
        facts: dict[str, object] = {
            "id": self.id,
            "operation": self.operation,
            "error": self.error,
            "when": self.when,
            "count": self.count,
            "seconds": self.seconds,
            "duration": self.duration,
        }
        return {name: value for name, value in facts.items() if value is not None}

    def fits(self, call: Call) -> bool:
        """Whether this is one of the calls that it waits for."""
        if self.operation not in ("*", call.name):
            return False
        return self.error != HALF_A_PAGE or pages(call.service, call.operation) is not None


def described(body: Any) -> Fault:
    """The fault that a JSON object describes.

    Raises:
        FaultRequestError: with the first thing that is wrong.
    """
    if not isinstance(body, dict):
        raise FaultRequestError("a fault is a JSON object")
    if unknown := sorted(set(body) - set(_MEMBERS)):
        raise FaultRequestError(f"unknown member {unknown[0]!r}; a fault has {', '.join(_MEMBERS)}")
    operation, error = body.get("operation"), body.get("error")
    when, duration = body.get("when", "before"), body.get("duration")
    count = body.get("count", 1 if duration is None else None)
    if not isinstance(operation, str) or not (operation == "*" or _named(operation)):
        raise FaultRequestError("operation is a name such as ecs.UpdateService, or *")
    if error not in ERRORS:
        raise FaultRequestError(f"error is one of {', '.join(ERRORS)}")
    if when not in _MOMENTS:
        raise FaultRequestError("when is before or after")
    if count is not None and (isinstance(count, bool) or not isinstance(count, int) or count < 1):
        raise FaultRequestError("count is a whole number above 0")
    if duration is not None and not _is_seconds(duration):
        raise FaultRequestError("duration is a number of seconds above 0, a day at most")
    seconds = _latency(error, body)
    if error == HALF_A_PAGE and operation != "*" and pages(*operation.split(".", 1)) is None:
        raise FaultRequestError(f"{operation} has no pages")
    return Fault(operation, str(error), str(when), count, seconds, duration)


def _latency(error: Any, body: dict[str, Any]) -> float | None:
    seconds = body.get("seconds")
    if error != LATENCY:
        if seconds is not None:
            raise FaultRequestError("seconds is for latency; how long a fault lasts is its duration")
        return None
    if not _is_seconds(seconds):
        raise FaultRequestError("latency has seconds: a number above 0, a day at most")
    return float(body["seconds"])


def _is_seconds(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and 0 < value <= LONGEST_S


def _named(operation: str) -> bool:
    service, _, name = operation.partition(".")
    return service in BY_NAME and name.isalnum()


class Faults:
    """The faults that still wait to strike, in the order in which they were asked for."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._waiting: list[Fault] = []
        self._added = 0

    def add(self, fault: Fault) -> Fault:
        """Let a fault wait for its calls; the same one with its number."""
        self._added += 1
        until = self._clock() + fault.duration if fault.duration else math.inf
        self._waiting.append(replace(fault, id=self._added, until=until))
        return self._waiting[-1]

    def clear(self) -> None:
        """Forget all."""
        self._waiting.clear()

    def remove(self, number: int) -> bool:
        """Forget one; whether there was such a one."""
        left = [fault for fault in self.waiting() if fault.id != number]
        is_known = len(left) < len(self._waiting)
        self._waiting = left
        return is_known

    def waiting(self) -> tuple[Fault, ...]:
        """What is left of them."""
        if self._waiting:
            now = self._clock()
            self._waiting = [fault for fault in self._waiting if now < fault.until]
        return tuple(self._waiting)

    def strike(self, call: Call) -> Fault | None:
        """The first fault that makes this call fail; it then waits for one call less."""
        return self._taken(lambda fault: fault.error != LATENCY and fault.fits(call))

    def delay(self, call: Call) -> Fault | None:
        """The first latency that holds this call up; it then waits for one call less."""
        return self._taken(lambda fault: fault.error == LATENCY and fault.fits(call))

    def _taken(self, does_strike: Callable[[Fault], bool]) -> Fault | None:
        for index, fault in enumerate(self.waiting()):
            if does_strike(fault):
                if fault.count is None:
                    pass
                elif fault.count > 1:
                    self._waiting[index] = replace(fault, count=fault.count - 1)
                else:
                    del self._waiting[index]
                return fault
        return None


def as_error(fault: Fault, call: Call, caller: str) -> AwsError:
    """The error that AWS would answer; its query services have codes and statuses of their own."""
    query = call.protocol == "query"
    if fault.error in INSIDE:
        status = INSIDE[fault.error]
        known = "an internal error" if status == 500 else "a temporary failure of the server"
        return AwsError(fault.error, f"The request has failed due to {known}.", status)
    if fault.error == "ThrottlingException":
        return AwsError("Throttling" if query else fault.error, "Rate exceeded")
    if fault.error == "ExpiredTokenException":
        message = "The security token included in the request is expired"
        return AwsError("ExpiredToken", message, 403) if query else AwsError(fault.error, message)
    service = BY_NAME.get(call.service)
    action = f"{service.action if service else call.service}:{call.operation}"
    message = (
        f"User: {caller} is not authorized to perform: {action} on resource: * "
        f"because no identity-based policy allows the {action} action"
    )
    return AwsError("AccessDenied", message, 403) if query else AwsError(fault.error, message)
