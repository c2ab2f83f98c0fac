"""The seam between wire and world: one handler per AWS operation.

A handler is a plain function ``(account, params) -> dict``: ``params`` and the answer have the
member names of botocore's model, moments are epoch seconds, and members that are ``None`` are left
out. The wire layer knows no AWS semantics; handlers know no HTTP.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from console.sandbox.account import Account

Handler = Callable[["Account", dict[str, Any]], dict[str, Any]]
_H = TypeVar("_H", bound=Handler)

HANDLERS: dict[tuple[str, str], Handler] = {}
"""(service, operation) -> handler; service as botocore names it: ``ecs``, ``elbv2``, ``logs`` …"""


class EventStream(dict[str, Any]):
    """The value of a member that streams: nothing yet, and events as time passes.

    ``poll`` is asked every second for (event, value) pairs, ``None`` when the stream has ended;
    ``close`` is called when nobody listens any more.
    """

    def __init__(
        self, poll: Callable[[], list[tuple[str, dict[str, Any]]] | None], close: Callable[[], None]
    ) -> None:
        super().__init__()
        self.poll = poll
        self.close = close


class AwsError(Exception):
    """An error as AWS answers it: modelled code, message, HTTP status."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status


def operation(service: str) -> Callable[[_H], _H]:
    """Register a handler under its own name: ``@operation("ecs") def DescribeServices(...)``."""

    def register(handler: _H) -> _H:
        HANDLERS[service, handler.__name__] = handler
        return handler

    return register
