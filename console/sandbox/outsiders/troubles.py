"""How a supplier can fail on request: away, slow, refusing, or telling nothing, holes or nonsense."""

from collections.abc import Callable, Mapping
from typing import Any

SLOW_S = 60.0
"""Longer than anybody waits."""

MEANINGS: Mapping[str, str] = {
    "down": "breaks every connection",
    "slow": "takes a minute to answer",
    "throttled": "asks for fewer requests",
    "empty": "answers with empty lists",
    "null": "answers with null for every figure",
    "malformed": "answers with half of an answer",
    "key": "no longer accepts the keys",
}
"""By name: all that there are."""


def emptied(value: Any) -> Any:
    """The same shape, with nothing in its lists."""
    if isinstance(value, dict):
        return {key: emptied(member) for key, member in value.items()}
    return [] if isinstance(value, list) else value


_MEASURED = (
    "value",
    "values",
    "count",
    "userCount",
    "status",
    "last_triggered_ts",
    "conclusion",
    "state",
)


def nulled(value: Any, key: str = "") -> Any:
    """The same shape, with null for what is measured."""
    if isinstance(value, dict):
        return {name: nulled(member, name) for name, member in value.items()}
    if isinstance(value, list):
        return [nulled(member, key) for member in value]
    return None if key in _MEASURED else value


def halved(content: bytes) -> bytes:
    """What is left of an answer that broke off."""
    return content[: len(content) // 2]


SHAPES: Mapping[str, Callable[[Any], Any]] = {"empty": emptied, "null": nulled}
"""What becomes of an answer's JSON."""
