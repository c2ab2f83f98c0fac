"""The figures of the services that somebody looks at, or that something happens to, into the picture; and,
now and then, those of the others, for their alerts."""

from collections.abc import Callable

from console.domain.address import Address, Tier
from console.domain.fleet import ServicePicture
from console.domain.guard import JudgedState, ServiceSignals
from console.domain.series import SourceTrouble
from console.domain.service import Observation
from console.domain.urgency import Urgency, urgently
from console.ports import Clock
from console.watch.attempts import LONG_AGO, NEVER
from console.watch.board import Board
from console.watch.problems import KEY
from console.watch.publisher import Publisher

FOCUSED_S = 15.0
"""The service that is looked at. Each source has its own pace: CloudWatch is asked once a minute."""
HOT_S = 30.0
"""Others that are deploying, or in trouble,"""
MOST = 8
"""and so many of them at most: those for which it is longest ago."""
CALM_S = 300.0
"""Calm ones of production, for their alerts,"""
CALM_APART_S = 30.0
"""one at a time, that far apart, while somebody is there."""
IDLE_S = 300.0
"""While nobody is at the console; what is deploying then is judged by who deploys it."""

Look = Callable[[Address, Observation | None], ServiceSignals]


class ChartedReader:
    """Implements :class:`console.watch.loop.Reader`: one service a turn."""

    def __init__(
        self,
        board: Board,
        publisher: Publisher,
        clock: Clock,
        look: Look,
        attended: Callable[[], bool] = lambda: True,
    ) -> None:
        self._board = board
        self._publisher = publisher
        self._clock = clock
        self._look = look
        self._attended = attended
        self._looked: dict[Address, float] = {}
        self._calm_at: float | None = None
        """When a calm one was looked at; before that, when there first were any."""
        self._troubled: set[str] = set()
        """Sources that cannot be asked."""

    def turn(self) -> None:
        """Look at the service that waits longest; raises nothing."""
        due = sorted((at, str(row.address), row) for row in self._wanted() if (at := self._due(row)) < NEVER)
        if not due or due[0][0] > self._clock.monotonic():
            return
        row = due[0][2]
        urgency = Urgency.FOCUS if row.address == self._board.focus else Urgency.MOVING
        if self._is_calm(row):
            self._calm_at, urgency = self._clock.monotonic(), Urgency.SPARE
        self._looked[row.address] = self._clock.monotonic()
        try:
            with urgently(urgency):
                found = self._look(row.address, row.observation)
        except Exception as error:  # a bug in a figure must not end the watch
            said = f"{type(error).__name__}: {error}"
            self._board.fail("signals", "bug", said, "report it; the watch goes on", self._clock.now())
            return
        self._board.recover("signals")
        self._board.charted(row.address, found, self._clock.now())
        self._tell(found.picture.troubles)
        self._publisher.publish()

    def _tell(self, troubles: tuple[SourceTrouble, ...]) -> None:
        """Once for the environment, however many services miss a source; and its end."""
        for item in troubles:
            self._board.fail(f"{KEY}{item.source}", item.title, item.message, item.remedy, self._clock.now())
        told = {item.source for item in troubles}
        for source in self._troubled - told:
            self._board.recover(f"{KEY}{source}")
        self._troubled = told

    def next_due(self) -> float:
        return min((self._due(row) for row in self._wanted()), default=NEVER)

    def _wanted(self) -> list[ServicePicture]:
        """The focused service, some of those that something happens to or is wrong with, and the calm one
        that waits longest."""
        rows = [row for row in self._board.rows() if row.status is not None and not row.remembered]
        focus = [row for row in rows if row.address == self._board.focus]
        hot = [row for row in rows if row not in focus and not self._is_calm(row)]
        hot.sort(key=lambda row: self._looked.get(row.address, LONG_AGO))
        calm = [row for row in rows if self._is_calm(row) and row.environment.tier is Tier.PRODUCTION]
        if not calm or not self._attended():
            return focus + hot[:MOST]
        if self._calm_at is None:
            self._calm_at = self._clock.monotonic() + CALM_APART_S  # those that matter come first
        return [*focus, *hot[:MOST], min(calm, key=lambda row: self._looked.get(row.address, LONG_AGO))]

    def _is_calm(self, row: ServicePicture) -> bool:
        alerts = row.signals is not None and row.signals.worst in (JudgedState.CRITICAL, JudgedState.WARNING)
        return not alerts and row.address != self._board.focus and not self._board.is_hot(row.address)

    def _due(self, row: ServicePicture) -> float:
        looked = self._looked.get(row.address, LONG_AGO)
        if self._is_calm(row):
            return max(looked + CALM_S, (self._calm_at or 0.0) + CALM_APART_S)
        pace = FOCUSED_S if row.address == self._board.focus else HOT_S
        return looked + (pace if self._attended() else IDLE_S)
