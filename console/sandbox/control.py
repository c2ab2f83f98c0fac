"""``/_sandbox/…``: what tests and drills ask of a sandbox beside AWS; bearers of its token only."""

import hmac
import json
import os
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote

from console.sandbox.faults import FaultRequestError, described
from console.sandbox.gateway import Gateway
from console.sandbox.wire.message import Request, Response
from console.sandbox.world_faults import KINDS, WorldFaultError

PREFIX = "/_sandbox/"


class Control:
    """Answers the control requests of one sandbox, always in JSON."""

    def __init__(self, gateway: Gateway, token: str) -> None:
        self._gateway = gateway
        self._token = token
        self._routes = {
            ("GET", "health"): self._health,
            ("GET", "calls"): self._calls,
            ("GET", "images"): self._images,
            ("GET", "faults"): self._faults,
            ("POST", "faults"): self._add_fault,
            ("DELETE", "faults"): self._clear_faults,
            ("GET", "world"): self._world,
            ("POST", "world"): self._begin,
            ("DELETE", "world"): self._end_all,
        }
        self._removals = {"faults": gateway.faults.remove, "world": gateway.world_faults.end}
        """What takes one thing back, by its number."""

    def answer(self, request: Request) -> Response:
        """One control request; 401 without the token, 404 and 405 for what there is not."""
        offered = request.headers.get("authorization", "")
        if not hmac.compare_digest(offered.encode(), f"Bearer {self._token}".encode()):
            return _json(401, {"error": "the token of this sandbox is needed: Authorization: Bearer …"})
        name = unquote(request.path.removeprefix(PREFIX))
        name, _, number = name.partition("/")
        if number:
            return self._one(request.method, name, number)
        route = self._routes.get((request.method, name))
        if route is not None:
            return route(request)
        methods = [method for method, known in self._routes if known == name]
        if not methods:
            return _json(404, {"error": f"no such control: {name}"})
        return _json(405, {"error": f"{name} answers to {', '.join(methods)}"})

    def _one(self, method: str, name: str, number: str) -> Response:
        """One fault of the API or of the world, by its number."""
        remove = self._removals.get(name)
        if remove is None or not (number.isdecimal() and len(number) < 10):
            return _json(404, {"error": f"no such control: {name}/{number}"})
        if method != "DELETE":
            return _json(405, {"error": f"{name}/{number} answers to DELETE"})
        if not remove(int(number)):
            return _json(404, {"error": f"there is no fault {number}"})
        return _json(200, {})

    def _health(self, _: Request) -> Response:
        world = self._gateway.world
        return _json(200, {"status": "ok", "pid": os.getpid(), "fleets": list(world.fleets)})

    def _calls(self, _: Request) -> Response:
        return _json(200, dict(sorted(self._gateway.calls.items())))

    def _images(self, _: Request) -> Response:
        accounts = self._gateway.world.accounts.values()
        rows = [
            {
                "repository": image.repository,
                "tag": tag,
                "digest": image.digest,
                "behaviour": image.behaviour,
                "pushed_at": _moment(image.pushed_at),
            }
            for account in accounts
            for image in account.ecr.images()
            for tag in image.tags
        ]
        return _json(200, rows)

    def _faults(self, _: Request) -> Response:
        return _json(200, [fault.as_json() for fault in self._gateway.faults.waiting()])

    def _add_fault(self, request: Request) -> Response:
        try:
            fault = described(json.loads(request.body))
        except FaultRequestError as error:
            return _json(400, {"error": str(error)})
        except ValueError:
            return _json(400, {"error": "a fault is a JSON object"})
        return _json(200, self._gateway.faults.add(fault).as_json())

    def _world(self, _: Request) -> Response:
        held = [held.as_json() for held in self._gateway.world_faults.held()]
        known = [{"fault": kind.name, "meaning": kind.meaning} for kind in KINDS.values()]
        return _json(200, {"held": held, "known": known})

    def _begin(self, request: Request) -> Response:
        try:
            held = self._gateway.world_faults.begin(json.loads(request.body))
        except WorldFaultError as error:
            return _json(400, {"error": str(error)})
        except ValueError:
            return _json(400, {"error": "a fault is a JSON object"})
        return _json(200, held.as_json())

    def _end_all(self, _: Request) -> Response:
        self._gateway.world_faults.clear()
        return _json(200, {})

    def _clear_faults(self, _: Request) -> Response:
        self._gateway.faults.clear()
        return _json(200, {})


def _json(status: int, data: Any) -> Response:
    return Response(status, {"Content-Type": "application/json"}, json.dumps(data).encode())


def _moment(epoch: float) -> str:
    return datetime.fromtimestamp(epoch, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
