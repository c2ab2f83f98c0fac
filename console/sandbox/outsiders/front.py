"""The front of all stand-ins: finds supplier and fleet, asks for its keys, lets it answer or fail."""

import json
from typing import TYPE_CHECKING, Any

from console.sandbox import fleet
from console.sandbox.gateway import Broken
from console.sandbox.outsiders.datadog import Datadog
from console.sandbox.outsiders.github import GitHub
from console.sandbox.outsiders.sentry import Sentry
from console.sandbox.outsiders.settings import PREFIX
from console.sandbox.outsiders.telegram import Telegram
from console.sandbox.outsiders.troubles import SHAPES, SLOW_S, halved
from console.sandbox.wire.message import Request, Response

if TYPE_CHECKING:
    from console.sandbox.kernel import World

_LEFT = 29
"""Requests that one may still send, says everybody who is not throttled."""

Desk = Datadog | Sentry | GitHub | Telegram


class Outsiders:
    """``/_outsiders/<supplier>/<fleet>/…`` for every fleet of a world that uses the supplier."""

    def __init__(self, world: "World") -> None:
        self._world = world
        desks: tuple[Desk, ...] = (Datadog(), Sentry(), GitHub(), Telegram())
        self.desks: dict[str, Desk] = {desk.name: desk for desk in desks}

    def answer(self, request: Request) -> Response | Broken:
        """One request; 404 for a place that there is not."""
        supplier, _, rest = request.path.removeprefix(PREFIX).partition("/")
        name, _, path = rest.partition("/")
        desk = self.desks.get(supplier)
        account = next((item for item in self._world.accounts.values() if item.name == name), None)
        if desk is None or account is None or not fleet.uses(account, supplier):
            return _json(404, {"error": f"nobody answers at {supplier}/{name}"}, {})
        trouble = account.troubles.get(supplier, "")
        if trouble == "down":
            return Broken.RESET
        headers = desk.limits(self._world.now(), 0 if trouble == "throttled" else _LEFT)
        if trouble == "throttled":
            return _json(429, desk.complaint(desk.throttled), headers)
        status, body = desk.forbidden if trouble == "key" else desk.refusal(request) or (0, None)
        if not status:
            status, body = desk.answer(account, request, f"/{path}")
        if trouble in SHAPES:
            body = SHAPES[trouble](body)
        return _json(status, body, headers, SLOW_S if trouble == "slow" else 0.0, trouble == "malformed")


def _json(
    status: int, data: Any, headers: dict[str, str], delay_s: float = 0.0, is_half: bool = False
) -> Response:
    content = json.dumps(data).encode()
    sent = {"Content-Type": "application/json", **headers}
    return Response(status, sent, halved(content) if is_half else content, delay_s)
