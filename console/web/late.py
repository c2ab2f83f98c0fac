"""The client, made with its first request: httpx takes a tenth of a second to load."""

from functools import cached_property
from typing import TYPE_CHECKING

from console.domain.web import Reply, Request
from console.ports import Clock

if TYPE_CHECKING:
    from console.web.client import WebClient


class LateWeb:
    """Implements :class:`console.ports.Web`; see :class:`console.web.client.WebClient`."""

    def __init__(self, clock: Clock, *, read_only: bool) -> None:
        self._clock = clock
        self._read_only = read_only

    def send(self, request: Request, limit_s: float) -> Reply:
        """Send once; see :meth:`console.ports.Web.send`."""
        return self._client.send(request, limit_s)

    @cached_property
    def _client(self) -> "WebClient":
        from console.web.client import WebClient

        return WebClient(self._clock, read_only=self._read_only)
