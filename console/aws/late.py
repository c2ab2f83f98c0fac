"""What nobody needs before the first frame: loaded with the first question."""

from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING

from console.aws.balancer_errors import BalancerRules
from console.aws.calls import Calls
from console.aws.platform import EcsPlatform
from console.aws.targets import TargetGroups
from console.config.settings import EnvironmentSettings
from console.domain.address import Address
from console.domain.guard import Happening
from console.domain.series import Scoped, Series
from console.ports import Clock

if TYPE_CHECKING:
    from console.aws.chronicle import AwsChronicle
    from console.aws.series import CloudWatchSeries
    from console.aws.series_queries import Around


class LateSeries:
    """Implements :class:`console.ports.SeriesSource`; see :class:`console.aws.series.CloudWatchSeries`."""

    name = "CloudWatch"

    def __init__(
        self,
        settings: EnvironmentSettings,
        platform: EcsPlatform,
        calls: Calls,
        groups: TargetGroups,
        rules: BalancerRules,
        clock: Clock,
    ) -> None:
        self._settings = settings
        self._platform = platform
        self._calls = calls
        self._groups = groups
        self._rules = rules
        self._clock = clock

    def series(self, address: Address, scoped: Scoped, since: datetime) -> tuple[Series, ...]:
        """See :meth:`console.ports.SeriesSource.series`."""
        return self._source.series(address, scoped, since)

    @cached_property
    def _source(self) -> "CloudWatchSeries":
        from console.aws.series import CloudWatchSeries

        services = self._platform.services_reader
        return CloudWatchSeries(self._calls, services, self._clock, self._groups, self._around, self._rules)

    def _around(self, address: Address) -> "Around":
        """What the configuration names beside a service, that CloudWatch measures too."""
        from console.aws.series_queries import Around

        service = self._settings.services[address.alias]
        database = service.database.name if service.database else ""
        return Around(service.queue, database, self._settings.container_insights)


class LateChronicle:
    """Implements :class:`console.ports.Chronicle`; see :class:`console.aws.chronicle.AwsChronicle`."""

    def __init__(self, platform: EcsPlatform, calls: Calls, clock: Clock) -> None:
        self._platform = platform
        self._calls = calls
        self._clock = clock

    def happenings(self, address: Address, since: datetime) -> tuple[Happening, ...]:
        """See :meth:`console.ports.Chronicle.happenings`."""
        return self._chronicle.happenings(address, since)

    @cached_property
    def _chronicle(self) -> "AwsChronicle":
        from console.aws.chronicle import AwsChronicle

        services, definitions = self._platform.services_reader, self._platform.definitions
        return AwsChronicle(self._calls, services, definitions, self._clock)
