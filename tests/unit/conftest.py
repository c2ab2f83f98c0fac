"""What unit tests of operations share: an engine on a scripted platform."""

from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest

from console.config.settings import EnvironmentSettings, ServiceSettings, Settings
from console.domain.operation import OperationEvent
from console.operations.engine import Engine
from tests.builders import ADDRESS, CLUSTER, an_environment
from tests.fakes import FakeClock, FakePlatform, MemoryJournal


@dataclass
class Bench:
    """An engine and everything it touches."""

    platform: FakePlatform = field(default_factory=FakePlatform)
    journal: MemoryJournal = field(default_factory=MemoryJournal)
    clock: FakeClock = field(default_factory=FakeClock)
    deploy: str = "pin"
    timeout_s: float | None = 1800.0

    @property
    def settings(self) -> Settings:
        environment = self.platform.environment
        service = ServiceSettings(
            ADDRESS, "rugmunch-api", CLUSTER, deploy=self.deploy, soak=timedelta(minutes=30)
        )
        return Settings(
            path=Path("config.toml"),
            journal=Path("journal.db"),
            cache=Path("cache"),
            environments={environment.key: EnvironmentSettings(environment, services={"api": service})},
        )

    @property
    def engine(self) -> Engine:
        return Engine(
            {self.platform.environment.key: self.platform},
            self.journal,
            self.clock,
            self.settings,
            self.timeout_s,
        )

    def verdict(self, events: list[OperationEvent]) -> dict[str, object]:
        """The facts of the last event, which must be the verdict."""
        assert events[-1].event == "verdict"
        return dict(events[-1].facts)


@pytest.fixture
def bench() -> Bench:
    """An engine on an empty scripted platform in production."""
    return Bench(platform=FakePlatform(environment=an_environment()))
