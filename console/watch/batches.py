"""The services of one environment in batches, each read in its own time."""

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from console.domain.address import Address
from console.errors import PermissionDeniedError, QuarterdeckError, RejectedError, UnknownServiceError
from console.ports import Clock, Platform
from console.watch.attempts import LONG_AGO
from console.watch.board import Board
from console.watch.cadence import jittered

REFUSALS = (UnknownServiceError, RejectedError, PermissionDeniedError)
"""What a batch fails with whole, though only one service of it may be meant."""
_ALIKE = 3
"""So many denied one after the other: the rest is denied too, and need not be asked for."""
_ASKED_AGAIN = 2
"""Services of a batch that could not be read are asked for again so many at a time."""


@dataclass(eq=False)
class Batch:
    """Services that are read in one call."""

    addresses: tuple[Address, ...]
    began: float = LONG_AGO
    """When its last reading began, on the monotonic clock."""
    share: float = 1.0
    """Of the pace, until it is read next: its first one spreads the batches over the whole pace."""
    refused: dict[Address, QuarterdeckError] = field(default_factory=dict)
    again: deque[Address] = field(default_factory=deque)
    """Those of ``refused``, whoever is asked for next first."""

    def due(self, pace: float) -> float:
        """When it is to be read, on the monotonic clock."""
        return self.began + self.share * pace


class Batches:
    """All services of an environment, read batch by batch. For one thread."""

    def __init__(
        self,
        platform: Platform,
        board: Board,
        clock: Clock,
        chance: Callable[[], float],
        groups: Sequence[tuple[Address, ...]],
    ) -> None:
        self._platform = platform
        self._board = board
        self._clock = clock
        self._chance = chance
        self._batches = [Batch(group) for group in groups]
        self._unread = len(self._batches)

    def __len__(self) -> int:
        return len(self._batches)

    @property
    def refused(self) -> Mapping[Address, QuarterdeckError]:
        """The services that cannot be read, and why."""
        return {key: error for batch in self._batches for key, error in batch.refused.items()}

    def due(self, pace: float) -> list[Batch]:
        """The batches to read now, those that wait longest first."""
        now = self._clock.monotonic()
        return sorted((b for b in self._batches if b.due(pace) <= now), key=lambda b: b.due(pace))

    def next(self) -> list[Batch]:
        """The one that waits longest, due or not."""
        return sorted(self._batches, key=lambda batch: batch.began)[:1]

    def next_due(self, pace: float) -> float:
        """When the next one is to be read, on the monotonic clock."""
        return min((batch.due(pace) for batch in self._batches), default=float("inf"))

    def hurry(self) -> None:
        """Let all be due now."""
        for batch in self._batches:
            batch.share = min(batch.share, 0.0)

    def read(self, batch: Batch) -> bool:
        """Read one batch; what it cannot read of it is named in ``refused``, all else raises.

        The batch fails whole where one service is unknown or refused: then each is asked for by itself.
        """
        began, at = self._clock.monotonic(), self._clock.now()
        asked = [address for address in batch.addresses if address not in batch.refused]
        try:
            if asked:
                self._board.read(self._platform.services(asked), at)
        except REFUSALS:
            self._ask_each(batch, asked)
        if batch.refused and self._ask_again(batch):
            self._read_all(batch)
        self._note(batch, began)
        return True

    def _note(self, batch: Batch, began: float) -> None:
        if batch.began == LONG_AGO:
            batch.share = (len(self._batches) - self._unread + 1) / len(self._batches)
            self._unread -= 1
            if not self._unread:
                self._board.read_whole()
        else:
            batch.share = jittered(1.0, self._chance())
        batch.began = began

    def _read_all(self, batch: Batch) -> None:
        """One can be read again, so perhaps all can."""
        try:
            self._board.read(self._platform.services(batch.addresses), self._clock.now())
        except REFUSALS:
            return
        batch.refused.clear()
        batch.again.clear()

    def _ask_again(self, batch: Batch) -> bool:
        """Ask for some that were refused; whether any of them can be read now."""
        found = False
        for _ in range(min(_ASKED_AGAIN, len(batch.again))):
            address = batch.again.popleft()
            found = self._ask(batch, address) or found
        return found

    def _ask_each(self, batch: Batch, addresses: Sequence[Address]) -> None:
        denied: list[QuarterdeckError] = []
        for address in addresses:
            if len(denied) >= _ALIKE:
                self._refuse(batch, address, denied[0])
            elif self._ask(batch, address):
                denied.clear()
            elif isinstance(batch.refused[address], PermissionDeniedError):
                denied.append(batch.refused[address])

    def _ask(self, batch: Batch, address: Address) -> bool:
        at = self._clock.now()
        try:
            self._board.read((self._platform.status(address),), at)
        except REFUSALS as error:
            self._refuse(batch, address, error)
            return False
        batch.refused.pop(address, None)
        return True

    def _refuse(self, batch: Batch, address: Address, error: QuarterdeckError) -> None:
        batch.refused[address] = error
        batch.again.append(address)
        if not isinstance(error, PermissionDeniedError) or self._board.row(address).as_of is None:
            self._board.unknown(address, error, self._clock.now())
