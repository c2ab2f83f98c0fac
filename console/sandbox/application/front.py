"""The front of all applications: finds service and task, lets it answer, fail or be slow."""

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from console.sandbox import fleet
from console.sandbox.application import health
from console.sandbox.application.exchange import Asked, ProblemError, Route
from console.sandbox.application.kitchen import Kitchen
from console.sandbox.application.market import Market
from console.sandbox.application.serving import MOST_DELAY_S, choose
from console.sandbox.ecs.model import Service
from console.sandbox.wire.message import Request, Response

if TYPE_CHECKING:
    from console.sandbox.account import Account
    from console.sandbox.kernel import World

PREFIX = "/_app/"
TEST = ":test"
"""After a service's name: by the listener for test traffic."""
_HEALTH = ("/health", "/api/health", "/api/v1/health")


class Applications:
    """``/_app/<fleet>/<environment>/<service>/…`` for every fleet of a world."""

    def __init__(self, world: "World") -> None:
        self._world = world
        self._market = Market(world)
        self._kitchens: dict[str, Kitchen] = {}
        """By environment (``fleet/environment``): both revisions of a service share its database."""
        self._counts: dict[str, int] = {}
        """Service ARN -> requests so far."""

    def answer(self, request: Request) -> Response:
        """One request; 404 for a place that there is not, 503 when no healthy task serves it."""
        name, environment, alias, path = _split(request.path)
        is_test = alias.endswith(TEST)
        alias = alias.removesuffix(TEST)
        place = self._place(name, environment, alias)
        if place is None:
            return _json(404, {"error": f"there is no application {name}/{environment}/{alias}"})
        account, service, system = place
        number = self._counts.get(service.arn, 0)
        self._counts[service.arn] = number + 1
        one = choose(account, service, number, is_test)
        if one is None:
            return _json(503, {"error": "no healthy target"}, {"Server": "awselb/2.0"})
        asked = Asked(
            request.method,
            path,
            request.headers,
            request.body,
            one,
            self._world.rng(f"application:{service.arn}:{number}:answer"),
        )
        status, body = self._ask(asked, f"{name}/{environment}", alias, system)
        return self._sent(account, asked, status, body)

    def _ask(self, asked: Asked, place: str, alias: str, system: str) -> tuple[int, Any]:
        if asked.path in _HEALTH:
            if asked.method not in ("GET", "HEAD"):
                return 405, {"error": "GET or HEAD"}
            return 200 if asked.one.is_well else 503, health.picture(system, alias, asked.one)
        if asked.rng.random() < asked.one.error_share:
            return 500, {"error": "internal error"}
        if not asked.one.has_database:
            return 503, {"error": "database: connection refused"}
        routes = self._routes(place, system)
        route = next(
            (routes[method, known] for method, known in routes if _fits(asked, method, known)),
            None,
        )
        if route is None:
            known = any(_reaches(asked.path, pattern) for _, pattern in routes)
            return (405, {"error": "not by this method"}) if known else (404, {"error": "not found"})
        try:
            return route(asked)
        except ProblemError as problem:
            return problem.status, {"error": problem.message}

    def _routes(self, place: str, system: str) -> dict[tuple[str, str], Route]:
        """What a system answers to; a pattern that ends in ``/`` stands for everything below it."""
        market = self._market
        if system == "fairtradeworker":
            return {("GET", "/api/jobs"): market.jobs}
        if system == "swapjoy":
            return {("GET", "/api/items"): market.items}
        if system == "clever-better":
            return {("GET", "/predictions"): market.predictions}
        if system == "rugmunch":
            return {("GET", "/api/tokens/trending"): market.trending, ("GET", "/api/scan/"): market.scan}
        if system == "mealplanner":
            kitchen = self._kitchens.setdefault(place, Kitchen(self._world))
            return {
                ("POST", "/api/v1/auth/login"): kitchen.login,
                ("GET", "/api/v1/recipes"): kitchen.recipes,
                ("POST", "/api/v1/meal-plans"): kitchen.plan,
                ("GET", "/api/v1/meal-plans"): kitchen.listed,
            }
        return {}

    def _place(self, name: str, environment: str, alias: str) -> tuple["Account", Service, str] | None:
        found = fleet.place(self._world, name, environment, alias)
        owner = found.account.ecs.clusters.get(found.cluster) if found else None
        service = owner.services.get(found.service) if owner and found else None
        return (found.account, service, found.application) if found and service else None

    def _sent(self, account: "Account", asked: Asked, status: int, body: Any) -> Response:
        seconds = self._seconds(account, asked)
        headers = {
            "X-Response-Time-Ms": f"{seconds * 1000:.1f}",
            "X-Served-By": asked.one.task.id,
            "X-Version": asked.one.version,
        }
        return _json(status, body, headers, min(seconds, MOST_DELAY_S), is_bare=asked.method == "HEAD")

    def _seconds(self, account: "Account", asked: Asked) -> float:
        """How long the answer took: as long as the requests that figures and log lines tell of."""
        profile = account.logs.traffic.profile(asked.one.service.arn)
        own = 0.1 if asked.path in _HEALTH else 1.0
        return profile.median_s * own * asked.one.slowness * asked.rng.lognormvariate(0, profile.spread / 2)


def _split(path: str) -> tuple[str, str, str, str]:
    """Fleet, environment, service, and the path within the application."""
    parts: Sequence[str] = path.removeprefix(PREFIX).split("/", 3)
    name, environment, alias, rest = (*parts, "", "", "", "")[:4]
    return name, environment, alias, f"/{rest}"


def _fits(asked: Asked, method: str, pattern: str) -> bool:
    same = asked.method == method or (asked.method == "HEAD" and method == "GET")
    return same and _reaches(asked.path, pattern)


def _reaches(path: str, pattern: str) -> bool:
    return path.startswith(pattern) if pattern.endswith("/") else path.rstrip("/") == pattern


def _json(
    status: int,
    body: Any,
    headers: dict[str, str] | None = None,
    delay_s: float = 0.0,
    is_bare: bool = False,
) -> Response:
    content = b"" if is_bare else json.dumps(body).encode()
    return Response(status, {"Content-Type": "application/json", **(headers or {})}, content, delay_s)
