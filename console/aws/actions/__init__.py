"""What an operation does besides shipping a release: one family a module, one call an action."""

from collections.abc import Mapping

from console.aws.actions.counts import COUNTS
from console.aws.actions.databases import DATABASES
from console.aws.actions.hooks import HOOKS
from console.aws.actions.instances import INSTANCES
from console.aws.actions.reach import Family, Reach
from console.aws.actions.strategies import STRATEGIES
from console.aws.actions.tasks import TASKS
from console.aws.backlogs import Backlogs
from console.aws.calls import Calls
from console.aws.definitions import Definitions
from console.aws.services import Services
from console.aws.targets import TargetGroups
from console.domain.action import Action, ActionKind, ActionSight
from console.domain.address import Address
from console.errors import RejectedError
from console.ports import Clock

_FAMILIES: Mapping[ActionKind, Family] = {**COUNTS, **TASKS, **INSTANCES, **HOOKS, **STRATEGIES, **DATABASES}
KINDS = frozenset(_FAMILIES)
"""The kinds of actions that AWS carries out."""


class Actions:
    """The actions of one environment. Nothing here repeats a write."""

    def __init__(
        self,
        calls: Calls,
        services: Services,
        definitions: Definitions,
        clock: Clock,
        groups: TargetGroups,
        backlogs: Backlogs,
    ) -> None:
        self._groups = groups
        self._backlogs = backlogs
        self._calls = calls
        self._services = services
        self._definitions = definitions
        self._clock = clock

    def perform(self, address: Address, action: Action) -> Mapping[str, object]:
        """Send an action, once; see :meth:`console.ports.Platform.perform`."""
        return _family(action).perform(self._reach(address), action)

    def look(self, address: Address, action: Action, facts: Mapping[str, object]) -> ActionSight:
        """How far an action is; see :meth:`console.ports.Platform.look`."""
        return _family(action).look(self._reach(address), action, facts)

    def _reach(self, address: Address) -> Reach:
        return Reach(
            self._calls,
            self._services,
            self._definitions,
            self._clock,
            self._services.settings(address),
            self._groups,
            self._backlogs,
        )


def _family(action: Action) -> Family:
    found = _FAMILIES.get(action.kind)
    if found is None:
        raise RejectedError(f"{action.kind.value} is not something that AWS does")
    return found
