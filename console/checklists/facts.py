"""What a list's texts and conditions may speak of: ``${name}`` in texts, names in ``when``."""

import re
from collections.abc import Mapping
from typing import Any

import jmespath
from jmespath.exceptions import JMESPathError

from console.domain.checklist import Item

Facts = Mapping[str, object]
"""Plain JSON values under plain names: ``version``, ``environment``, ``migration`` …"""

VARIABLE = re.compile(r"\$\{([A-Za-z0-9_.-]+)\}")


def fill(value: Any, facts: Facts) -> Any:
    """The value with every ``${name}`` in its texts in place; what nobody knows stays as it is."""
    if isinstance(value, str):
        return VARIABLE.sub(lambda match: _shown(match, facts), value)
    if isinstance(value, Mapping):
        return {key: fill(item, facts) for key, item in value.items()}
    return [fill(item, facts) for item in value] if isinstance(value, list | tuple) else value


def unknown_in(value: Any) -> tuple[str, ...]:
    """The names that are left in a value because nothing stands for them."""
    if isinstance(value, str):
        return tuple(VARIABLE.findall(value))
    parts = value.values() if isinstance(value, Mapping) else value if isinstance(value, list | tuple) else ()
    return tuple(name for part in parts for name in unknown_in(part))


def why_not(item: Item, facts: Facts) -> str:
    """Why an item does not count here; empty when it does."""
    environment, verb = str(facts.get("environment", "")), str(facts.get("verb", ""))
    if item.environments and environment not in item.environments:
        return f"only in {', '.join(item.environments)}"
    if item.verbs and verb and verb not in item.verbs:
        return f"only for {', '.join(item.verbs)}"
    if not item.when:
        return ""
    try:
        met = jmespath.search(item.when, dict(facts))
    except (JMESPathError, ValueError, TypeError):
        return ""  # what cannot be told does not excuse anybody
    return "" if met else f"{item.when} is not so"


def _shown(match: re.Match[str], facts: Facts) -> str:
    value = facts.get(match.group(1))
    return match.group(0) if value in (None, "") else str(value)
