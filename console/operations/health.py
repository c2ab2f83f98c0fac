"""Ask a service how it is, and say it in our words."""

import json
from collections.abc import Mapping
from typing import Any

import jmespath
from jmespath.exceptions import JMESPathError

from console.domain.health import Health, HealthState, HealthWords
from console.domain.text import plain
from console.domain.web import Reply, Request
from console.errors import QuarterdeckError
from console.ports import Clock, Web

LIMIT_S = 5.0
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
