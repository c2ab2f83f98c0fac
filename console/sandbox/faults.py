"""Faults on request: the next calls of an operation fail as AWS or a network can fail.

A fault strikes ``before`` a call is carried out, or ``after``: then the call has taken effect and
only its answer is lost.
"""

from dataclasses import dataclass, replace
from typing import Any

from console.sandbox.registry import AwsError
from console.sandbox.wire.identify import Call
from console.sandbox.wire.models import BY_NAME

BROKEN = ("timeout", "reset")
"""Faults of the connection: no answer for as long as the caller waits, or a reset."""
ERRORS = ("ThrottlingException", "ExpiredTokenException", "AccessDeniedException", *BROKEN)
_MOMENTS = ("before", "after")
_MEMBERS = ("operation", "error", "when", "count")


class FaultRequestError(ValueError):
    """A description of a fault that does not describe one; the message is for whoever sent it."""


@dataclass(frozen=True)
class Fault:
    """So many further failures of one operation."""

    operation: str
    """``ecs.UpdateService``, or ``*`` for all."""
    error: str
    when: str = "before"
    count: int = 1

    def as_json(self) -> dict[str, object]:
        """As it is described to the control interface."""
        return {"operation": self.operation, "error": self.error, "when": self.when, "count": self.count}


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
    when, count = body.get("when", "before"), body.get("count", 1)
    if not isinstance(operation, str) or not (operation == "*" or _named(operation)):
        raise FaultRequestError("operation is a name such as ecs.UpdateService, or *")
    if error not in ERRORS:
        raise FaultRequestError(f"error is one of {', '.join(ERRORS)}")
    if when not in _MOMENTS:
        raise FaultRequestError("when is before or after")
    if isinstance(count, bool) or not isinstance(count, int) or count < 1:
        raise FaultRequestError("count is a whole number above 0")
    return Fault(operation, str(error), str(when), count)


def _named(operation: str) -> bool:
    service, _, name = operation.partition(".")
    return service in BY_NAME and name.isalnum()


class Faults:
    """The faults that still wait to strike, in the order in which they were asked for."""

    def __init__(self) -> None:
        self._waiting: list[Fault] = []

    def add(self, fault: Fault) -> None:
        """Let a fault wait for its calls."""
        self._waiting.append(fault)

    def clear(self) -> None:
        """Forget all."""
        self._waiting.clear()

    def waiting(self) -> tuple[Fault, ...]:
        """What is left of them."""
        return tuple(self._waiting)

    def strike(self, call: Call) -> Fault | None:
        """The first fault that waits for this call; it then waits for one call less."""
        for index, fault in enumerate(self._waiting):
            if fault.operation in ("*", call.name):
                if fault.count > 1:
                    self._waiting[index] = replace(fault, count=fault.count - 1)
                else:
                    del self._waiting[index]
                return fault
        return None


def as_error(fault: Fault, call: Call, caller: str) -> AwsError:
    """The error that AWS would answer; its query services have codes and statuses of their own."""
    query = call.protocol == "query"
    if fault.error == "ThrottlingException":
        return AwsError("Throttling" if query else fault.error, "Rate exceeded")
    if fault.error == "ExpiredTokenException":
        message = "The security token included in the request is expired"
        return AwsError("ExpiredToken", message, 403) if query else AwsError(fault.error, message)
    known = BY_NAME.get(call.service)
    action = f"{known.action if known else call.service}:{call.operation}"
    message = (
        f"User: {caller} is not authorized to perform: {action} on resource: * "
        f"because no identity-based policy allows the {action} action"
    )
    return AwsError("AccessDenied", message, 403) if query else AwsError(fault.error, message)
