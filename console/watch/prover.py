"""The way back of every service, proved while all is well: one at a time, when nobody else wants calls."""

from collections.abc import Callable, Iterator
from datetime import datetime

from console.domain.address import Address
from console.domain.fleet import ServicePicture, WayBack
from console.domain.operation import Plan
from console.domain.urgency import Urgency, urgently
from console.domain.way_back import proof_holds, proved_again_s, serving_key, way_back_of
from console.errors import (
    CredentialsError,
    EndpointError,
    QuarterdeckError,
    ThrottledError,
)
from console.ports import Clock
from console.watch.attempts import LONG_AGO, NEVER
from console.watch.board import Board
from console.watch.cadence import THROTTLED_FOR_S
from console.watch.publisher import Publisher

GAP_S = 6.0
"""Between two first proofs, or two of services that something happens to: ten a minute at most."""
EARLY = 0.5
"""Of the age from which on a proof is old: from then on it may be renewed, so that those that were made
one after the other are renewed evenly over all that time, a few calls a minute, and none too late."""
ATTENDED_EARLY = 0.75
"""While somebody is at the console, calm services are read twice as often: renewals wait longer."""
AGAIN_S = 60.0
"""After a proof that could not be made, because nobody answers or too much is asked already."""
_PASSING = (ThrottledError, EndpointError, CredentialsError)
"""They say nothing of the way back."""


class Prover:
    """Implements :class:`console.watch.loop.Reader`: proves one service a turn."""

    def __init__(
        self,
        board: Board,
        publisher: Publisher,
        clock: Clock,
        plan_rollback: Callable[[Address], Plan],
        attended: Callable[[], bool] = lambda: False,
    ) -> None:
        self._board = board
        self._publisher = publisher
        self._clock = clock
        self._plan_rollback = plan_rollback
        self._attended = attended
        self._proved_at = LONG_AGO
        self._not_before: dict[Address, float] = {}
        self._proved: set[Address] = set()

    def turn(self) -> None:
        """Prove the service that needs it most; raises nothing."""
        address = self._next()
        if address is None:
            return
        self._proved_at = self._clock.monotonic()
        way = self._prove(address)
        if way is None:
            self._not_before[address] = self._clock.monotonic() + AGAIN_S
            return
        self._board.proved(address, way)
        self._proved.add(address)
        self._publisher.publish()

    def next_due(self) -> float:
        if not self._board.is_read:
            return NEVER
        return min((due for due, _ in self._dues()), default=NEVER)

    def _next(self) -> Address | None:
        """In trouble or moving first, then whose proof has become void, then whatever never was proved, then
        the oldest proof."""
        now, moment = self._clock.now(), self._clock.monotonic()
        due = [row for when, row in self._dues() if when <= moment]
        due.sort(
            key=lambda row: (
                not _is_hot(row),
                row.way_back is not None or row.address not in self._proved,
                row.way_back is not None,
                row.way_back.at if row.way_back else now,
            )
        )
        return due[0].address if due else None

    def _dues(self) -> Iterator[tuple[float, ServicePicture]]:
        """When each service that can be proved is to be, on the monotonic clock."""
        now, moment = self._clock.now(), self._clock.monotonic()
        waits = self._throttled_until(now, moment)
        tier = self._board.environment.tier
        lasts, believed = proved_again_s(tier), proof_holds(tier)
        soonest = self._proved_at + GAP_S
        evenly = self._proved_at + max(GAP_S, lasts / max(1, len(self._board.addresses)))
        calm_from = lasts * (ATTENDED_EARLY if self._attended() else EARLY)
        for row in self._board.rows():
            status, way = row.status, row.way_back
            if status is None or row.remembered or status.primary is None:
                continue
            if status.desired == 0 or status.is_gone:
                continue
            least = max(waits, self._not_before.get(row.address, LONG_AGO))
            if way is None or now - way.at > believed:
                yield max(least, soonest), row
                continue
            hot = _is_hot(row)
            left = (lasts if hot else calm_from) - (now - way.at).total_seconds()
            yield max(least, soonest if hot else evenly, moment + left), row

    def _throttled_until(self, now: datetime, moment: float) -> float:
        """Proofs may wait: none is made while AWS refuses calls."""
        budget = self._board.budget
        if budget is None or budget.throttled_at is None:
            return LONG_AGO
        return moment + THROTTLED_FOR_S - (now - budget.throttled_at).total_seconds()

    def _prove(self, address: Address) -> WayBack | None:
        """The rollback that would run now; ``None`` where that cannot be told for the moment."""
        at, row = self._clock.now(), self._board.row(address)
        primary = row.status.primary if row.status else None
        deployment, serving = primary.id if primary else "", serving_key(row)
        try:
            with urgently(Urgency.SPARE):
                plan = self._plan_rollback(address)
        except _PASSING:
            return None
        except QuarterdeckError as error:
            return WayBack(at, doubt=error.message, deployment=deployment, serving=serving)
        except Exception as error:  # a bug in a plan must not end the watch
            said = f"{type(error).__name__}: {error}"
            return WayBack(at, doubt=said, deployment=deployment, serving=serving)
        return way_back_of(plan, at, serving)


def _is_hot(row: ServicePicture) -> bool:
    return row.state.is_trouble or row.state.is_moving
