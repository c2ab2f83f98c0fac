"""What a check may look at: one environment of one service, read at most every few seconds for all."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Generic, TypeVar

from console.checklists.facts import Facts
from console.config.settings import EnvironmentSettings, ServiceSettings
from console.domain.address import Address
from console.domain.operation import Plan
from console.domain.release import Release
from console.domain.service import Observation
from console.operations.outside import Outside
from console.ports import Clock, Journal, LogSource, Platform, SignalSource

FRESH_S = 3.0
"""Ten checks of one list that look at the same thing look once."""

_T = TypeVar("_T")


@dataclass(frozen=True)
class CheckContext:
    """Where the checks of one walk look. Everything in it blocks, and may raise
    :class:`console.errors.QuarterdeckError`."""

    settings: ServiceSettings
    environment: EnvironmentSettings
    platform: Platform
    signals: SignalSource
    logs: LogSource
    outside: Outside
    journal: Journal
    clock: Clock
    facts: Facts = field(default_factory=dict)
    platforms: Mapping[str, Platform] = field(default_factory=dict)
    """Every environment's, by its key: what succeeded in staging is asked there."""
    release: Release | None = None
    """What the walk's operation would run; ``None`` where it ships nothing, or nothing is planned yet."""
    plan_rollback: Callable[[Address], Plan] | None = None
    """What a rollback would be now; ``None`` where nobody can say."""
    folder: Path = field(default_factory=Path)
    """Of the configuration: paths in the operator's own lists begin there."""
    _kept: "dict[str, Kept[object]]" = field(default_factory=dict, repr=False)
    _lock: Lock = field(default_factory=Lock, repr=False)

    @property
    def address(self) -> Address:
        """The service's."""
        return self.settings.address

    def elsewhere(self, environment: str) -> tuple[Address, Platform | None]:
        """The same service in another environment of its system; ``None``: there is none."""
        address = Address(self.address.system, environment, self.address.alias)
        return address, self.platforms.get(address.place)

    def observe(self) -> Observation:
        """The service in full, at most a few seconds old."""
        return self.once("observation", lambda: self.platform.observe(self.address))

    def once(self, name: str, read: Callable[[], _T]) -> _T:
        """What ``read`` returns, or what it returned for the same name a moment ago."""
        with self._lock:
            kept = self._kept.setdefault(name, Kept())
        return kept.get(read, self.clock)  # type: ignore[return-value]


class Kept(Generic[_T]):
    """One thing that was read, and when; errors are not kept."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._value: _T | None = None
        self._read_at: float | None = None

    def get(self, read: Callable[[], _T], clock: Clock) -> _T:
        """The value: read now, unless it was a moment ago."""
        with self._lock:
            if self._read_at is None or clock.monotonic() - self._read_at >= FRESH_S:
                self._value = read()
                self._read_at = clock.monotonic()
            return self._value  # type: ignore[return-value]
