"""The whole fleet in one frozen picture: what the store holds and the screens draw."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from console.domain.address import Address, Environment, Identity
from console.domain.operation import Hold
from console.domain.release import Release
from console.domain.service import Observation, ServiceState, ServiceStatus
from console.domain.signals import Figures


@dataclass(frozen=True)
class Problem:
    """Why a picture is old: an error in the three words of :mod:`console.errors`."""

    title: str
    message: str
    remedy: str
    since: datetime
    part: str = "status"
    """What cannot be read: ``status``, ``figures``, ``identity``, ``holds``, or a service's address."""


@dataclass(frozen=True)
class Diagnosis:
    """What is wrong with a service, from evidence: cause first, joined by `` · ``."""

    state: ServiceState
    line: str = ""
    """One sentence of facts, at most 110 characters; empty when there is nothing to say."""
    remedy: str = ""


@dataclass(frozen=True)
class ServicePicture:
    """One row of the fleet. What was not read is ``None``."""

    address: Address
    environment: Environment
    as_of: datetime | None
    """When ``status`` was read; ``None``: never."""
    status: ServiceStatus | None = None
    observation: Observation | None = None
    diagnosis: Diagnosis = Diagnosis(ServiceState.UNKNOWN)
    release: Release | None = None
    """What the PRIMARY deployment runs."""
    figures: Figures | None = None
    hold: Hold | None = None
    deployed_at: datetime | None = None

    @property
    def state(self) -> ServiceState:
        return self.diagnosis.state


@dataclass(frozen=True)
class EnvironmentPicture:
    """One environment: its services, or why there are none."""

    environment: Environment
    as_of: datetime | None = None
    """When it was last read whole; ``None``: never."""
    services: tuple[ServicePicture, ...] = ()
    identity: Identity | None = None
    problem: Problem | None = None


@dataclass(frozen=True)
class FleetSnapshot:
    """Everything that the console knows, by environment key."""

    environments: Mapping[str, EnvironmentPicture] = field(default_factory=dict)

    def services(self) -> tuple[ServicePicture, ...]:
        """Every service of every environment, in the configuration's order."""
        return tuple(row for picture in self.environments.values() for row in picture.services)

    def find(self, address: Address) -> ServicePicture | None:
        """The picture of one service."""
        return next((row for row in self.services() if row.address == address), None)


EMPTY_FLEET = FleetSnapshot()
