"""The whole app over a store that the test fills: no thread, no timer, no network."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp
from typing import Any

from textual.pilot import Pilot

from console.app import QuarterdeckApp
from console.aws.connect import Connection
from console.config.settings import EnvironmentSettings, ServiceSettings, Settings
from console.domain.address import Address, Tier
from console.domain.fleet import Diagnosis, EnvironmentPicture, ServicePicture
from console.domain.service import ServiceState
from console.domain.tasks import Target
from console.operations.engine import Engine
from console.runtime import Runtime
from console.watch.store import FleetStore
from screens.service import ServiceScreen
from tests.builders import (
    ADDRESS,
    NEW_DEPLOYMENT,
    NEW_DIGEST,
    NOW,
    a_container,
    a_new_release,
    a_picture,
    a_release,
    a_rolling_observation,
    a_rolling_service,
    a_service,
    a_stopped_task,
    a_task,
    ago,
    an_environment,
    an_event,
    an_identity,
    some_figures,
)
from tests.fakes import FakeLogs, FakePlatform, FakeSignals, HandClock, MemoryJournal
from widgets.palette import DARK

STAGING = an_environment(name="staging", tier=Tier.STAGING, cluster="rugmunch-staging")

_FOLDERS = TemporaryDirectory(prefix="desks-", ignore_cleanup_errors=True)
"""Where every desk has its configuration, until the tests are over."""

WHY = "out of memory: :43 has 512 MB, :42 had 1,024 · 3 of 3 failures, then the breaker trips"


def failing_picture(**overrides: Any) -> ServicePicture:
    """*rugmunch/production/api* at 03:12: v1.4.3 dies of memory, v1.4.2 still serves."""
    stopped = tuple(
        a_stopped_task(
            number=number,
            exit_code=137,
            container_reason="OutOfMemoryError: Container killed due to memory usage",
            containers=(
                a_container(
                    digest=NEW_DIGEST,
                    status="STOPPED",
                    exit_code=137,
                    reason="OutOfMemoryError: Container killed due to memory usage",
                    memory_mb=512,
                ),
            ),
            stopped_at=ago(60 + number),
        )
        for number in (0x7F3A91C2, 0xB81E02D7, 0xE90C44F1)
    )
    observation = a_rolling_observation(
        status=a_rolling_service(
            target_groups=("g",),
            events=(
                an_event("(service rugmunch-api) has started 1 tasks: (task 5e21b3aa).", id="e1", at=ago(20)),
                an_event("(service rugmunch-api) has reached a steady state.", id="e2", at=ago(4000)),
                an_event("(service rugmunch-api) has reached a steady state.", id="e3", at=ago(8000)),
            ),
        ),
        targets=(
            Target("g", "10.0.1.1", 3000, "healthy"),
            Target("g", "10.0.1.3", 3000, "initial", "Elb.RegistrationInProgress", "first check"),
        ),
    )
    starting = a_task(
        number=0x5E21B3AA,
        deployment=NEW_DEPLOYMENT,
        definition=stopped[0].definition,
        status="PENDING",
        containers=(a_container(status="PENDING", digest=None),),
    )
    releases = dict(observation.releases)
    new = a_new_release(settings={"cpu": "512", "memory": "512", "env.LOG_LEVEL": "info"})
    releases[str(new.id)] = new
    observation = replace(observation, tasks=(*observation.tasks[:3], *stopped, starting), releases=releases)
    default = a_picture(
        status=observation.status,
        observation=observation,
        diagnosis=Diagnosis(ServiceState.FAILING, WHY, "raise the memory limit to 1,024 MB"),
        release=new,
        figures=some_figures(requests=1000, errors=84, p95_s=1.9),
        deployed_at=ago(360),
    )
    return replace(default, **overrides)


def steady_picture(address: Address, version: str = "v1.4.2", **overrides: Any) -> ServicePicture:
    """A steady service in its environment."""
    environment = an_environment() if address.environment == "production" else STAGING
    default = a_picture(
        address=address,
        environment=replace(environment, system=address.system),
        status=a_service(address=address),
        release=a_release(label=version),
    )
    return replace(default, **overrides)


def some_fleet() -> tuple[EnvironmentPicture, ...]:
    """Two systems: one service in trouble, one in motion, the others steady."""
    rolling = steady_picture(
        Address("fairtradeworker", "production", "web"),
        "v2.7.5",
        status=a_rolling_service(address=Address("fairtradeworker", "production", "web")),
        diagnosis=Diagnosis(ServiceState.ROLLING, "v2.7.5 replaces v2.7.4 · 1 of 2 running"),
    )
    production = (
        failing_picture(),
        steady_picture(Address("rugmunch", "production", "worker")),
        steady_picture(Address("rugmunch", "production", "data-ingestion-pipeline"), figures=None),
    )
    fair = (rolling, steady_picture(Address("fairtradeworker", "production", "api"), "v2.7.4"))
    staging = tuple(
        steady_picture(Address("rugmunch", "staging", alias), "main@8e02b1") for alias in ("api", "worker")
    )
    return (
        EnvironmentPicture(an_environment(), NOW, production, an_identity()),
        EnvironmentPicture(an_environment(system="fairtradeworker"), ago(2), fair, an_identity()),
        EnvironmentPicture(STAGING, ago(4), staging, an_identity()),
    )


def settings_of(pictures: Iterable[EnvironmentPicture]) -> Settings:
    """The configuration in which those services stand."""
    environments = {
        picture.environment.key: EnvironmentSettings(
            picture.environment,
            services={
                row.address.alias: ServiceSettings(row.address, row.address.service, row.environment.cluster)
                for row in picture.services
            },
        )
        for picture in pictures
    }
    folder = Path(mkdtemp(dir=_FOLDERS.name))  # made anew: what a test writes there, no other one reads
    return Settings(folder / "config.toml", folder / "journal", folder / "cache", environments=environments)


class Desk:
    """An app and the fakes behind it."""

    def __init__(self, *pictures: EnvironmentPicture, note: str = "", theme: str = DARK) -> None:
        self.clock = HandClock()
        self.store = FleetStore()
        self.journal = MemoryJournal()
        self.logs = FakeLogs()
        pictures = pictures or some_fleet()
        settings = settings_of(pictures)
        self.platforms: Mapping[str, FakePlatform] = {
            picture.environment.key: FakePlatform(environment=picture.environment) for picture in pictures
        }
        connections = {
            key: Connection(settings.environments[key], platform, FakeSignals(), self.logs)
            for key, platform in self.platforms.items()
        }
        engine = Engine(self.platforms, self.journal, self.clock, settings)
        runtime = Runtime(settings, note=note, clock=self.clock, store=self.store)
        vars(runtime).update(connections=connections, journal=self.journal, engine=engine)
        self.app = QuarterdeckApp(runtime, autostart=False, theme=theme)
        self.pictures = pictures

    def publish(self, *pictures: EnvironmentPicture) -> None:
        """Let the store know those pictures, the desk's own without any, and flush."""
        for picture in pictures or self.pictures:
            self.store.publish(picture)
        self.app.flush()

    async def open_service(self, pilot: Pilot[Any]) -> ServiceScreen:
        """Publish, and open the service under the cursor: the worst."""
        self.publish()
        await pilot.press("enter")
        self.app.flush()
        await pilot.pause()
        screen = self.app.screen
        assert isinstance(screen, ServiceScreen)
        return screen


def only(row: ServicePicture) -> EnvironmentPicture:
    """An environment with one service."""
    return EnvironmentPicture(row.environment, row.as_of, (row,), an_identity())


__all__ = ["ADDRESS", "WHY", "Desk", "failing_picture", "only", "settings_of", "some_fleet", "steady_picture"]
