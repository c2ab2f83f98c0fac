"""Ask a service how it is, and say it in our words."""

import json
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import jmespath
from jmespath.exceptions import JMESPathError

from console.domain.address import Address
from console.domain.health import Health, HealthState, HealthWords
from console.domain.series import Measure, Point, Scope, Scoped, Series
from console.domain.text import plain
from console.domain.web import Reply, Request
from console.errors import QuarterdeckError
from console.ports import Clock, Web

NAME = "health"
LIMIT_S = 5.0
PERIOD_S = 15
"""Answers of so many seconds are one point."""
QUESTIONS = 3
"""Asked at a time while two versions serve."""
KEPT = 480
"""Answers that are remembered of a service."""
_VALUES = {HealthState.OK: 1.0, HealthState.DEGRADED: 1.0, HealthState.FAILING: 0.0}
"""Degraded still serves; unknown is no data."""
USUAL: Mapping[str, str] = {
    "database": "database || db || checks.database || checks.db",
    "cache": "cache || redis || checks.redis || checks.cache",
}
"""Where dependencies usually stand."""


def ask(url: str, words: HealthWords, web: Web, clock: Clock, limit_s: float = LIMIT_S) -> Health:
    """One health answer; whatever goes wrong is told in it, as *unknown*."""
    try:
        reply = web.send(Request("GET", url, {"Accept": "application/json"}), limit_s)
    except QuarterdeckError as error:
        return Health(clock.now(), HealthState.UNKNOWN, error.message)
    content = _content(reply)
    word = _word(words.status, content)
    found = {
        name: said
        for name, expression in (words.dependencies or USUAL).items()
        if (said := _word(expression, content)) is not None
    }
    return Health(
        at=clock.now(),
        state=_state(reply, word, words),
        said=word if word is not None else f"answers {reply.status}, and no word for it",
        status=reply.status,
        version=_word(words.version, content) or "",
        dependencies={name: words.state_of(said) for name, said in found.items()},
        words=found,
        took_s=reply.took_s,
    )


def _state(reply: Reply, word: str | None, words: HealthWords) -> HealthState:
    """The status code decides that it is not well, the word how bad it is."""
    said = words.state_of(word) if word is not None else None
    if reply.status == 200:
        return said or HealthState.OK
    if said is HealthState.DEGRADED:
        return said
    return HealthState.FAILING if reply.status >= 500 or said is HealthState.FAILING else HealthState.UNKNOWN


def _content(reply: Reply) -> Any:
    try:
        return json.loads(reply.body)
    except ValueError:
        return None


def _word(expression: str, content: Any) -> str | None:
    """What stands there as one short word; ``None`` where nothing does."""
    try:
        found = jmespath.search(expression, content)
    except (JMESPathError, ValueError, TypeError):
        return None
    if found is None or isinstance(found, dict | list):
        return None
    text = str(found).lower() if isinstance(found, bool) else str(found)
    return plain(text)[:80]


@dataclass(frozen=True)
class Endpoint:
    """Where a service says how it is, and in which words."""

    url: str
    words: HealthWords


class HealthSeries:
    """Implements :class:`console.ports.SeriesSource`: what a service says of itself, time after time.

    A load balancer sends each question to another task, so a few are asked at a time; where the answer
    names its version, new and old are told apart.
    """

    def __init__(
        self,
        endpoint: Callable[[Address], Endpoint | None],
        web: Web,
        clock: Clock,
        questions: int = QUESTIONS,
    ) -> None:
        self._endpoint = endpoint
        self._web = web
        self._clock = clock
        self._questions = questions
        self._heard: dict[Address, deque[Health]] = {}

    @property
    def name(self) -> str:
        return NAME

    def series(self, address: Address, scoped: Scoped, since: datetime) -> tuple[Series, ...]:
        """See :meth:`console.ports.SeriesSource.series`; every call asks the service."""
        endpoint = self._endpoint(address)
        if endpoint is None:
            return ()
        heard = self._heard.setdefault(address, deque(maxlen=KEPT))
        questions = self._questions if scoped.old is not None else 1
        heard.extend(self._ask(endpoint) for _ in range(questions))
        return tuple(_told([item for item in heard if item.at >= since], scoped, self._clock.now()))

    def _ask(self, endpoint: Endpoint) -> Health:
        return ask(endpoint.url, endpoint.words, self._web, self._clock)


def _told(heard: Sequence[Health], scoped: Scoped, now: datetime) -> Iterator[Series]:
    versions = {
        label: scope
        for scope, release in ((Scope.OLD, scoped.old), (Scope.NEW, scoped.new))
        if release is not None and (label := release.version.label)
    }
    known = scoped.old is not None and len(versions) == 2
    scopes: list[tuple[Scope, str, list[Health]]] = [(Scope.SERVICE, "", list(heard))]
    if known:
        for label, scope in versions.items():
            mine = [item for item in heard if same_version(item.version, label)]
            if mine:
                scopes.append((scope, label, mine))
    names = tuple(dict.fromkeys(name for item in heard for name in item.dependencies))
    for scope, label, mine in scopes:
        yield _series(Measure.HEALTH, scope, label, "", mine, [item.state for item in mine], now)
        for name in names:
            states = [item.dependencies.get(name, HealthState.UNKNOWN) for item in mine]
            yield _series(Measure.DEPENDENCY, scope, label, name, mine, states, now)


def same_version(said: str, label: str) -> bool:
    """Whether a service calls itself by that label; a leading ``v`` makes no difference."""
    return bool(said) and said.lower().removeprefix("v") == label.lower().removeprefix("v")


def _series(
    measure: Measure,
    scope: Scope,
    version: str,
    subject: str,
    heard: Sequence[Health],
    states: Sequence[HealthState],
    now: datetime,
) -> Series:
    """Answers of one moment together; the value is the share of those that are well."""
    found: dict[int, list[tuple[datetime, float | None]]] = {}
    for item, state in zip(heard, states, strict=True):
        found.setdefault(int(item.at.timestamp() // PERIOD_S), []).append((item.at, _VALUES.get(state)))
    points = tuple(_point(answers) for _, answers in sorted(found.items()))
    known = any(item.value is not None for item in points)
    return Series(
        measure=measure,
        scope=scope,
        source=NAME,
        period_s=PERIOD_S,
        as_of=heard[-1].at if heard else None,
        points=points if known else (),
        no_data="" if known else (heard[-1].said if heard else "not asked yet"),
        version=version,
        subject=subject,
    )


def _point(answers: Sequence[tuple[datetime, float | None]]) -> Point:
    known = [value for _, value in answers if value is not None]
    return Point(answers[-1][0], sum(known) / len(known) if known else None, len(known))
