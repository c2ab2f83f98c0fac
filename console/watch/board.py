"""What is known of one environment, and the pictures that follow from it."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from console.diagnosis import diagnose
from console.domain.address import Address, Environment, Identity
from console.domain.fleet import Diagnosis, EnvironmentPicture, Problem, ServicePicture
from console.domain.operation import Hold
from console.domain.service import Observation, ServiceState, ServiceStatus
from console.domain.signals import Figures
from console.errors import QuarterdeckError

PARTS = ("status", "unknown", "bug", "services", "holds", "identity", "figures")
"""What can fail, by how much it takes away; a single service counts as ``services``."""
_SERVICES = PARTS.index("services")
_STEADY_EVENT = "has reached a steady state"


class Board:
    """Readings in, pictures out; no calls and no waiting.

    What was read once stays until something newer replaces it: a failing environment keeps its
    services, which only grow older.
    """

    def __init__(self, environment: Environment, addresses: Iterable[Address]) -> None:
        self._environment = environment
        self._rows = {address: ServicePicture(address, environment, None) for address in addresses}
        self._seen: dict[Address, tuple[str, str]] = {}
        self._problems: dict[str, Problem] = {}
        self._as_of: datetime | None = None
        self.identity: Identity | None = None

    @property
    def addresses(self) -> tuple[Address, ...]:
        return tuple(self._rows)

    def row(self, address: Address) -> ServicePicture:
        """The picture of one service."""
        return self._rows[address]

    def picture(self) -> EnvironmentPicture:
        """The environment as it is known now."""
        return EnvironmentPicture(
            environment=self._environment,
            as_of=self._as_of,
            services=tuple(self._rows.values()),
            identity=self.identity,
            problem=self._first_problem(),
        )

    def read(self, statuses: Iterable[ServiceStatus], at: datetime) -> None:
        """Take in the statuses of one batched reading."""
        for status in statuses:
            if status.address in self._rows:
                self._change(status.address, at, status=status, as_of=at)

    def read_whole(self, at: datetime) -> None:
        """Note that the environment was read whole."""
        self._as_of = at

    def unknown(self, address: Address, error: QuarterdeckError) -> None:
        """Note that the platform does not know a service."""
        self._seen.pop(address, None)
        self._rows[address] = ServicePicture(
            address,
            self._environment,
            None,
            diagnosis=Diagnosis(ServiceState.UNKNOWN, error.message, error.remedy),
        )

    def observed(self, observation: Observation, at: datetime) -> None:
        """Take in one service in full."""
        status = observation.status
        self._seen[status.address] = _fingerprint(status)
        self._change(status.address, at, status=status, as_of=at, observation=observation)

    def measured(self, figures: Mapping[Address, Figures], at: datetime) -> None:
        """Take in the newest figures; a service that has none any more loses the old ones."""
        for address in self._rows:
            self._change(address, at, figures=figures.get(address))

    def held(self, holds: Mapping[Address, Hold]) -> None:
        """Take in which services are held."""
        for address, row in self._rows.items():
            self._rows[address] = replace(row, hold=holds.get(address))

    def has_news(self, address: Address) -> bool:
        """Whether a service changed since it was last read in full, or never was.

        A new PRIMARY deployment is a change, and so is an event other than *steady state*: tasks
        that die between two readings leave nothing but an event.
        """
        status = self._rows[address].status
        return status is not None and self._seen.get(address) != _fingerprint(status)

    def fail(self, part: str, title: str, message: str, remedy: str, at: datetime) -> None:
        """Note why a part cannot be read; ``since`` stays that of its first failure in a row."""
        known = self._problems.get(part)
        self._problems[part] = Problem(title, message, remedy, known.since if known else at, part)

    def recover(self, part: str) -> None:
        """Note that a part was read."""
        self._problems.pop(part, None)

    def _first_problem(self) -> Problem | None:
        """Of several the one that takes most away; services stand between status and the rest."""
        order = {part: rank for rank, part in enumerate(PARTS)}
        return min(
            self._problems.values(),
            key=lambda problem: (order.get(problem.part, _SERVICES), problem.since),
            default=None,
        )

    def _change(self, address: Address, at: datetime, **changes: object) -> None:
        row = replace(self._rows[address], **changes)  # type: ignore[arg-type]
        status = row.status
        primary = status.primary if status else None
        current = _observed_primary(row.observation) == (primary.id if primary else None)
        self._rows[address] = replace(
            row,
            diagnosis=diagnose(status, row.observation, row.figures, at) if status else row.diagnosis,
            release=row.observation.primary_release if row.observation and current else None,
            deployed_at=primary.created_at if primary else None,
        )


def _observed_primary(observation: Observation | None) -> str | None:
    primary = observation.status.primary if observation else None
    return primary.id if primary else None


def _fingerprint(status: ServiceStatus) -> tuple[str, str]:
    primary = status.primary
    event = next((item.id for item in status.events if _STEADY_EVENT not in item.message), "")
    return (primary.id if primary else "", event)
