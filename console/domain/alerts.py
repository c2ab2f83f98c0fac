"""What is wrong with the figures of services, deploy or not, and who has seen it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from console.domain.address import Address
from console.domain.error_reading import ErrorReading
from console.domain.fleet import FleetSnapshot, ServicePicture
from console.domain.guard import JudgedState, Judgement
from console.domain.measured import figure, limit_in_words, value_in_words
from console.domain.series import Measure

VALID = timedelta(minutes=10)
"""Figures that were gathered longer ago raise no alert: nobody knows whether it is still so."""

Name = tuple[str, str, JudgedState]
"""Alert, what it is about, how bad: worse than what was acknowledged is something else."""


@dataclass(frozen=True)
class Alerting:
    """The alerts of one service."""

    severity: JudgedState
    """``CRITICAL`` or ``WARNING``: the worst of them."""
    line: str
    """``errors 8.4 % over 5 % · CPU 91 % over 85 %``, the worst first."""
    names: frozenset[Name]
    acknowledged: bool = False
    """Somebody has seen all of them."""

    @property
    def is_critical(self) -> bool:
        return self.severity is JudgedState.CRITICAL

    @property
    def is_loud(self) -> bool:
        return not self.acknowledged

    def quiets(self, picture: ServicePicture) -> bool:
        """Whether nothing of that service is left to be loud: somebody has seen all that is wrong."""
        apart = picture.diagnosis.apart_from_alerts
        return self.acknowledged and apart is not None and not apart.is_trouble


@dataclass(frozen=True)
class Alerts:
    """Of every service that has some."""

    found: Mapping[Address, Alerting] = field(default_factory=dict)

    def of(self, address: Address | None) -> Alerting | None:
        """Those of one service; ``None``: it has none."""
        return self.found.get(address) if address is not None else None

    @property
    def alarms(self) -> int:
        """Services with a critical one that nobody has seen."""
        return sum(1 for item in self.found.values() if item.is_critical and item.is_loud)


NO_ALERTS = Alerts()


def alerting(picture: ServicePicture, now: datetime) -> Alerting | None:
    """The alerts of a service that hold now; ``None``: none is known."""
    bad = alerts_of(picture, now)
    if not bad:
        return None
    names = frozenset((item.trigger.name, item.subject, item.state) for item in bad)
    return Alerting(bad[0].state, " · ".join(dict.fromkeys(map(words_of, bad))), names)


def alerts_of(picture: ServicePicture, now: datetime) -> tuple[Judgement, ...]:
    """The figures of a service that are over a limit now, the worst first."""
    signals = picture.signals
    if signals is None or picture.remembered or now - signals.picture.at > VALID or picture.is_drained_by_us:
        return ()
    bad = [_as_shown(item, picture.error_reading) for item in picture.alerts if is_alerting(item)]
    return tuple(sorted(bad, key=lambda item: item.state is not JudgedState.CRITICAL))


def _as_shown(item: Judgement, reading: ErrorReading) -> Judgement:
    """An alert of errors tells the figure that every other place shows, and is as bad as that: its own may be
    of another minute, or of both versions."""
    if item.trigger.measure is not Measure.ERRORS or not reading.is_bad or reading.share is None:
        return item
    if item.as_of is not None and reading.at is not None and reading.at < item.as_of:
        return item
    state = JudgedState.CRITICAL if reading.is_critical else JudgedState.WARNING
    return replace(item, state=state, value=reading.share, limit=reading.limit)


def is_alerting(item: Judgement) -> bool:
    """Over a limit: a critical one for as many periods as it takes."""
    return item.is_bad if item.state is JudgedState.CRITICAL else item.state is JudgedState.WARNING


def words_of(item: Judgement) -> str:
    """``CPU 91 % over 85 %``: a figure, and the limit that its state comes from."""
    measure = item.trigger.measure
    said = f"{figure(measure, item.subject)} {value_in_words(measure, item.value)}"
    limit = item.limit if item.state is JudgedState.CRITICAL else item.trigger.warning
    return said if limit is None or measure.is_state else f"{said} over {limit_in_words(measure, limit)}"


class AlertBook:
    """Which alerts there are, and which of them somebody has acknowledged, service by service.

    What ends is forgotten: when it comes back, it is loud again.
    """

    def __init__(self) -> None:
        self._seen: dict[Address, frozenset[Name]] = {}
        self._judged: dict[Address, tuple[ServicePicture, Alerting | None]] = {}
        self._critical: frozenset[tuple[Address, Name]] = frozenset()
        self.alerts = NO_ALERTS
        self.began = False
        """A critical alert is new since the last update."""

    def update(self, snapshot: FleetSnapshot, now: datetime) -> Alerts:
        """The alerts of now; the same object as long as nothing has changed."""
        rows = {
            row.address: row
            for whole in snapshot.environments.values()
            for row in whole.services
            if row.signals is not None
        }
        self._judged = {address: self._judge(row, now) for address, row in rows.items()}
        found = {address: item for address, (_, item) in self._judged.items() if item is not None}
        for address, item in found.items():
            self._seen[address] = self._seen.get(address, frozenset()) & item.names
        self._seen = {address: names for address, names in self._seen.items() if address in found and names}
        critical = frozenset(_critical(found.items()))
        self.began = bool(critical - self._critical)
        self._critical = critical
        return self._keep(found)

    def _judge(self, row: ServicePicture, now: datetime) -> tuple[ServicePicture, Alerting | None]:
        """Of a picture that was judged before, the same, until it is too old to tell."""
        known = self._judged.get(row.address)
        if known is None or known[0] is not row:
            return row, alerting(row, now)
        old = row.signals is None or now - row.signals.picture.at > VALID
        return row, None if old else known[1]

    def acknowledge(self, address: Address) -> Alerts:
        """Note that somebody has seen the alerts of a service; seen already: that nobody has."""
        item = self.alerts.of(address)
        if item is not None:
            self._seen[address] = frozenset() if item.acknowledged else item.names
        return self._keep(dict(self.alerts.found))

    def _keep(self, found: Mapping[Address, Alerting]) -> Alerts:
        seen = {
            address: replace(item, acknowledged=item.names <= self._seen.get(address, _NONE))
            for address, item in found.items()
        }
        if seen != self.alerts.found:
            self.alerts = Alerts(seen)
        return self.alerts


_NONE: frozenset[Name] = frozenset()


def _critical(found: Iterable[tuple[Address, Alerting]]) -> Iterable[tuple[Address, Name]]:
    return (
        (address, name) for address, item in found for name in item.names if name[2] is JudgedState.CRITICAL
    )
