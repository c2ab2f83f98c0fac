"""Requests: who asks what when, which task answers, how long it takes and whether it fails.

A pure function of seed, service, minute and the lives of its tasks. Metrics count these requests
and log lines tell of the same ones, so they cannot disagree; a past minute never changes, so how
often somebody looks cannot matter.
"""

import math
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from console.sandbox.elb.model import Rule
from console.sandbox.elb.weights import find_rule, shares_at
from console.sandbox.lives import Life, Lives

if TYPE_CHECKING:
    from console.sandbox.account import Account

MINUTE = 60
_GHOST = 3.0
"""Seconds at speed 1 for which a load balancer still sends requests to a task that died."""
_KEPT = 256
"""Complete minutes kept, so that a poll works out only what is new."""


@dataclass(frozen=True)
class Route:
    """One thing that is asked of a service."""

    what: str
    """``GET /api/jobs``, or the name of a job."""
    share: float
    slowness: float = 1.0
    """Factor on the profile's median."""


@dataclass(frozen=True)
class Profile:
    """What is asked of a service on an average day."""

    per_minute: float = 120.0
    median_s: float = 0.060
    spread: float = 0.55
    """Sigma of the logarithm of response times."""
    swing: float = 0.45
    """How far the day's curve goes up and down, as a share of the mean."""
    peak_hour: float = 20.0
    """UTC."""
    routes: tuple[Route, ...] = (Route("GET /", 1.0),)
    logs: str = "plain"
    """``plain`` or ``json``: how its program writes log lines."""

    def rate(self, at: float) -> float:
        """Requests a minute at a moment, before chance."""
        hour = at / 3600 % 24
        return self.per_minute * (1 + self.swing * math.cos((hour - self.peak_hour) / 24 * math.tau))


class Request(NamedTuple):
    """One request and its answer."""

    at: float
    """When it was answered, epoch seconds."""
    what: str
    status: int
    """As the client sees it."""
    seconds: float
    life: Life | None
    """The task that answered; ``None`` before the first task that is remembered, and when none was."""
    reached: bool
    """A target answered; else the load balancer did, for want of one that does."""
    id: int
    """A number of its own, for request ids and the like."""


class Traffic:
    """The requests of one account's services."""

    def __init__(self, account: "Account", lives: Lives) -> None:
        self.profiles: dict[str, Profile] = {}
        """By service ARN."""
        self._account = account
        self._lives = lives
        self._complete: OrderedDict[tuple[str, int], Sequence[Request]] = OrderedDict()

    def profile(self, service: str) -> Profile:
        """What is asked of that service."""
        return self.profiles.get(service, _UNKNOWN)

    def requests(self, service: str, minute: int) -> Sequence[Request]:
        """Those of one minute up to now, by time.

        Args:
            service: ARN.
            minute: Minutes since the epoch.
        """
        key = (service, minute)
        kept = self._complete.get(key)
        if kept is not None:
            self._complete.move_to_end(key)
            return kept
        now = self._account.world.now()
        found = self._answered(service, minute, now)
        if (minute + 1) * MINUTE <= now:
            self._complete[key] = found
            if len(self._complete) > _KEPT:
                self._complete.popitem(last=False)
        return found

    def _answered(self, service: str, minute: int, now: float) -> list[Request]:
        start, speed = minute * MINUTE, self._account.world.speed
        lives = self._lives.of_service(service)
        ghost = self._account.world.seconds(_GHOST)
        near = [life for life in lives if _may_serve(life, start, start + MINUTE, ghost)]
        remembered = min((life.created_at for life in lives), default=-math.inf)
        profile = self.profile(service)
        rule = self._rule(service)
        calm = near if all(_serves_all_through(life, start) for life in near) else None
        found = []
        for asked in self._asked(service, profile, start):
            if asked.at > now:
                break
            if asked.at < remembered:
                found.append(_answer(asked, profile, [], 0.0, speed))
                continue
            able = calm
            if able is None:
                able = [
                    life for life in near if life.is_serving(asked.at) or _is_ghost(life, asked.at, ghost)
                ]
            if rule is not None:
                group, asked = _routed(rule, asked)
                able = [life for life in able if life.target_group == group]
            if able:
                found.append(self._strained(service, _answer(asked, profile, able, ghost, speed), asked))
            else:
                found.append(Request(asked.at, asked.route.what, 503, 0.001, None, False, asked.id))
        return found

    def _rule(self, service: str) -> Rule | None:
        """The rule that divides a service's requests between its two target groups, if it has two."""
        cluster, name = service.split("/")[-2:]
        known = self._account.ecs.clusters.get(cluster)
        found = known.services.get(name) if known else None
        for entry in found.load_balancers if found else ():
            settings = entry.get("advancedConfiguration") or {}
            arn = settings.get("productionListenerRule")
            return find_rule(self._account, arn) if arn else None
        return None

    def _strained(self, service: str, request: Request, asked: "_Asked") -> Request:
        """The same request where something beside the image makes it slower, or fail."""
        stress = self._account.stress
        if not stress.loads or not request.reached:
            return request
        errors = stress.errors_at(service, request.at)
        status = _status(asked, errors) if request.status < 500 else request.status
        return request._replace(
            status=status, seconds=request.seconds * stress.slowness_at(service, request.at)
        )

    def _asked(self, service: str, profile: Profile, start: float) -> list["_Asked"]:
        rng = self._account.world.rng(f"traffic:{service}:{int(start)}")
        count = int(profile.rate(start) * rng.gauss(1.0, 0.06) + rng.random())
        routes = rng.choices(profile.routes, [route.share for route in profile.routes], k=max(0, count))
        asked = [
            _Asked(
                start + MINUTE * rng.random(),
                route,
                rng.random(),
                rng.random(),
                rng.gauss(0, 1),
                rng.getrandbits(32),
            )
            for route in routes
        ]
        asked.sort(key=lambda item: item.at)
        return asked


class _Asked(NamedTuple):
    """One request before anybody has answered it; the chances are drawn whoever answers."""

    at: float
    route: Route
    which: float
    luck: float
    pace: float
    id: int


def _routed(rule: Rule, asked: _Asked) -> tuple[str, _Asked]:
    """The target group that a request goes to; which of its targets answers is drawn from what is left."""
    below = 0.0
    group = ""
    for group, share in shares_at(rule, asked.at).items():
        if share and asked.which < below + share:
            return group, asked._replace(which=(asked.which - below) / share)
        below += share
    return group, asked


def _answer(asked: _Asked, profile: Profile, able: Sequence[Life], ghost: float, speed: float) -> Request:
    seconds = profile.median_s * asked.route.slowness * math.exp(profile.spread * asked.pace)
    if not able:
        return Request(asked.at, asked.route.what, _status(asked, 0.0004), seconds, None, True, asked.id)
    life = able[int(asked.which * len(able))]
    if _is_ghost(life, asked.at, ghost):
        return Request(asked.at, asked.route.what, 502, 0.004, life, False, asked.id)
    behaviour, since = life.acting(asked.at)
    age = (asked.at - since) * speed
    status = _status(asked, behaviour.errors_at(age))
    return Request(
        asked.at, asked.route.what, status, seconds * behaviour.slowness_at(age), life, True, asked.id
    )


def _status(asked: _Asked, errors: float) -> int:
    if asked.luck < errors:
        return 500 if asked.id % 4 else 503
    if asked.luck > 0.985:
        return 404 if asked.id % 3 else 401
    return 201 if asked.route.what.startswith("POST") else 200


def _may_serve(life: Life, start: float, end: float, ghost: float) -> bool:
    if life.serving_from is None or life.serving_from >= end:
        return False
    return life.serving_until is None or life.serving_until + ghost >= start


def _serves_all_through(life: Life, start: float) -> bool:
    """Whether a task that may serve in the minute from ``start`` does so at every moment of it."""
    if life.serving_from is None or life.serving_from > start or life.serving_until is not None:
        return False
    return life.died_at is None


def _is_ghost(life: Life, at: float, ghost: float) -> bool:
    if life.died_at is None or life.serving_from is None:
        return False
    return life.died_at <= at < life.died_at + ghost


_UNKNOWN = Profile()
