"""What happened to a service beside its deploys: scaling, rotated secrets, its database."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime

from console.aws.calls import Calls
from console.aws.databases import described
from console.aws.definitions import Definitions
from console.aws.moments import moment
from console.aws.preflight_secrets import named, references
from console.aws.scaling import ScalingReader
from console.aws.services import Services
from console.domain.address import Address
from console.domain.guard import Happening, Happens
from console.domain.service import ServiceStatus
from console.domain.text import plain
from console.errors import QuarterdeckError
from console.ports import Clock

MOST_SECRETS = 10
"""Of one definition, that are looked at: each takes a call."""
_SERVING = (
    *("available", "backing-up", "modifying", "storage-optimization", "storage-config-upgrade"),
    *("configuring-enhanced-monitoring", "configuring-log-exports", "configuring-iam-database-auth"),
)
"""States in which an instance serves (RDS user guide, viewing instance status)."""


class AwsChronicle:
    """Implements :class:`console.ports.Chronicle`. A handful of calls: only for services in trouble."""

    def __init__(self, calls: Calls, services: Services, definitions: Definitions, clock: Clock) -> None:
        self._calls = calls
        self._services = services
        self._definitions = definitions
        self._clock = clock
        self._scaling = ScalingReader(calls)

    def happenings(self, address: Address, since: datetime) -> tuple[Happening, ...]:
        """See :meth:`console.ports.Chronicle.happenings`."""
        found: list[Happening] = []
        with suppress(QuarterdeckError):
            status = self._services.last(address)
            for part in (self._scaled, self._rotated):
                with suppress(QuarterdeckError):
                    found += part(status, since)
        with suppress(QuarterdeckError):
            found += self._database(address)
        return tuple(sorted(found, key=lambda item: item.at))

    def _scaled(self, status: ServiceStatus, since: datetime) -> Iterator[Happening]:
        scaling = self._scaling.of(status.cluster, status.name)
        for item in scaling.activities if scaling else ():
            if item.at >= since and item.status in ("Successful", "InProgress"):
                yield Happening(item.at, Happens.SCALING, item.said)

    def _rotated(self, status: ServiceStatus, since: datetime) -> Iterator[Happening]:
        """Secrets whose value was changed. Tasks read them at their start: whatever starts from then on
        has the new value, of whichever version."""
        primary = status.primary
        if primary is None:
            return
        definition = self._definitions.get(primary.definition)
        wanted = [item for item in dict.fromkeys(references(definition.raw)) if ":secretsmanager:" in item]
        for reference in wanted[:MOST_SECRETS]:
            parts = reference.split(":")
            with suppress(QuarterdeckError):
                answer = self._calls.read(
                    "secretsmanager", "DescribeSecret", region=parts[3], SecretId=":".join(parts[:7])
                )
                changed = answer.get("LastChangedDate")
                created = answer.get("CreatedDate")
                if changed and moment(changed) >= since and changed != created:
                    yield Happening(moment(changed), Happens.SECRET, named(reference))

    def _database(self, address: Address) -> Iterator[Happening]:
        """The configured instance, where it does not serve; since when, RDS does not tell."""
        settings = self._services.settings(address).database
        if settings is None:
            return
        answer = described(self._calls, "DescribeDBInstances", DBInstanceIdentifier=settings.name)
        for raw in answer.get("DBInstances", ()):
            state = plain(str(raw.get("DBInstanceStatus", "")))
            if state not in _SERVING:
                what = f"database {settings.name} ({state})"
                yield Happening(self._clock.now(), Happens.DEPENDENCY, what)
