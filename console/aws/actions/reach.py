"""What every action has at hand: the calls, and the service that it is about."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from console.aws.backlogs import Backlogs
from console.aws.calls import Calls
from console.aws.definitions import Definitions
from console.aws.services import Services
from console.aws.targets import TargetGroups
from console.config.settings import ServiceSettings
from console.domain.action import Action, ActionSight, ActionState
from console.domain.service import ServiceStatus
from console.errors import RejectedError
from console.ports import Clock


@dataclass(frozen=True)
class Reach:
    """One service, and how it is reached."""

    calls: Calls
    services: Services
    definitions: Definitions
    clock: Clock
    settings: ServiceSettings
    groups: TargetGroups
    backlogs: Backlogs

    @property
    def place(self) -> dict[str, str]:
        """Cluster and service, as ECS's calls take them."""
        return {"cluster": self.settings.cluster, "service": self.settings.service}

    def status(self) -> ServiceStatus:
        """The service as it is now: one call."""
        return self.services.status(self.settings.address)


class Family(Protocol):
    """How one kind of action is sent, and how far it is."""

    def perform(self, reach: Reach, action: Action) -> Mapping[str, object]: ...

    def look(self, reach: Reach, action: Action, facts: Mapping[str, object]) -> ActionSight: ...


def text(action: Action, name: str) -> str:
    """A parameter that is text.

    Raises:
        RejectedError: when the plan does not have it.
    """
    value = action.parameters.get(name)
    if not isinstance(value, str) or not value:
        raise RejectedError(f"{action.kind.value} names no {name}")
    return value


def number(values: Mapping[str, object], name: str) -> int:
    """A parameter that is a whole number.

    Raises:
        RejectedError: when it is not there.
    """
    value = values.get(name)
    if not isinstance(value, int) or isinstance(value, bool):
        raise RejectedError(f"it names no {name}")
    return value


def waiting(said: str, **facts: object) -> ActionSight:
    """Not there yet."""
    return ActionSight(ActionState.WAITING, said, facts)


def done(said: str, **facts: object) -> ActionSight:
    """There."""
    return ActionSight(ActionState.DONE, said, facts)


def failed(said: str, **facts: object) -> ActionSight:
    """It will not get there."""
    return ActionSight(ActionState.FAILED, said, facts)


def changed(said: str) -> ActionSight:
    """It took, and is not so any more."""
    return ActionSight(ActionState.CHANGED, said)


def absent(said: str) -> ActionSight:
    """No trace of it."""
    return ActionSight(ActionState.ABSENT, said)
