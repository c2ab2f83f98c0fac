"""What is wrong with an account's surroundings: named conditions that last until they are cleared.

Placement, task starts and health checks ask for them; world faults set and clear them. A condition
is state, not an event: what follows from it follows at the moments at which somebody asks, so that
setting one twice changes nothing. What has to happen at once (tasks of a lost zone die) hangs on
:func:`when_set`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from console.sandbox.account import Account

Value = str | int
Reaction = Callable[["Account", Mapping[str, Value]], None]


@dataclass(frozen=True)
class Kind:
    """One condition that there is."""

    name: str
    meaning: str
    parameters: Mapping[str, Value]
    """Names and defaults; a given value has the default's type."""


NO_CAPACITY = "no-capacity"
SPOT_SCARCE = "spot-scarce"
TASK_QUOTA = "task-quota"
SUBNET_FULL = "subnet-full"
ZONE_LOST = "zone-lost"
SECRET_DENIED = "secret-denied"
SECRET_DELETED = "secret-deleted"
LOG_GROUP_MISSING = "log-group-missing"
CHECKS_FAIL = "checks-fail"
TESTS_RED = "tests-red"
TESTS_RUNNING = "tests-running"
WEBHOOK_LOST = "webhook-lost"

KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind(NO_CAPACITY, "Fargate has no room for new tasks in a zone; empty: in any", {"zone": ""}),
        Kind(SPOT_SCARCE, "Fargate Spot has no room for new tasks", {}),
        Kind(TASK_QUOTA, "no more than so many tasks at once in the account", {"limit": 0}),
        Kind(SUBNET_FULL, "a subnet has no free address; empty: every one", {"subnet": ""}),
        Kind(ZONE_LOST, "an availability zone is gone, with the tasks in it", {"zone": ""}),
        Kind(SECRET_DENIED, "the execution role may not read secrets whose ARN holds this", {"secret": ""}),
        Kind(SECRET_DELETED, "secrets whose ARN holds this do not exist", {"secret": ""}),
        Kind(LOG_GROUP_MISSING, "a log group is gone; empty: all", {"group": ""}),
        Kind(
            CHECKS_FAIL,
            "a service answers its checks with 503, as when a database is down; empty: all do",
            {"service": ""},
        ),
        Kind(TESTS_RED, "the tests of every commit have failed", {}),
        Kind(TESTS_RUNNING, "the tests of every commit are still under way", {}),
        Kind(WEBHOOK_LOST, "no webhook of the bot is set", {}),
    )
}
"""By name: all that may be set."""

_REACTIONS: dict[str, list[Reaction]] = {}


def when_set(name: str) -> Callable[[Reaction], Reaction]:
    """Let a function run at the moment at which a condition is set."""

    def register(reaction: Reaction) -> Reaction:
        _REACTIONS.setdefault(name, []).append(reaction)
        return reaction

    return register


class Conditions:
    """Those of one account that hold now."""

    def __init__(self, account: "Account") -> None:
        self._account = account
        self._held: dict[str, dict[str, Value]] = {}

    def set(self, name: str, **parameters: Value) -> None:
        """Let a condition hold, with other parameters if it does already.

        Raises:
            ValueError: No condition has that name, that parameter, or a parameter of that type.
        """
        kind = KINDS.get(name)
        if kind is None:
            raise ValueError(f"no condition is called {name}; there are: {', '.join(KINDS)}")
        for key, value in parameters.items():
            if key not in kind.parameters:
                raise ValueError(f"{name} has no parameter {key}")
            if type(value) is not type(kind.parameters[key]):
                raise ValueError(f"{name}: {key} must be of type {type(kind.parameters[key]).__name__}")
        self._held[name] = {**kind.parameters, **parameters}
        for reaction in _REACTIONS.get(name, ()):
            reaction(self._account, self._held[name])

    def clear(self, name: str) -> None:
        """Let it end; one that does not hold stays so.

        Raises:
            ValueError: No condition has that name.
        """
        if name not in KINDS:
            raise ValueError(f"no condition is called {name}; there are: {', '.join(KINDS)}")
        self._held.pop(name, None)

    def get(self, name: str) -> Mapping[str, Value] | None:
        """Its parameters; ``None`` if it does not hold."""
        return self._held.get(name)

    def concerns(self, name: str, parameter: str, value: str) -> bool:
        """Whether it holds for ``value``: the parameter is a part of it (an empty one is of any)."""
        held = self._held.get(name)
        return held is not None and str(held[parameter]) in value

    @property
    def held(self) -> Mapping[str, Mapping[str, Value]]:
        """All that hold, by name, in the order in which they were set."""
        return self._held
