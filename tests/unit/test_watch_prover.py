"""Which way back is proved when, and what becomes of a plan that cannot be made."""

from collections.abc import Sequence
from math import inf
from threading import Event

import pytest

from console.domain.address import Address, Tier
from console.domain.operation import Plan
from console.domain.standing import BudgetUse
from console.errors import RefusedError, ThrottledError
from console.watch.board import Board
from console.watch.cadence import proof_holds
from console.watch.loop import run
from console.watch.prover import GAP_S, Prover
from console.watch.publisher import Publisher
from console.watch.store import FleetStore
from tests.builders import ADDRESS, NOW, a_service, an_environment
from tests.fakes import FakeClock

OTHERS = tuple(Address("rugmunch", "production", f"s{number}") for number in range(3))


class Proofs:
    """A prover over read services, four or those given, whose plans are refused or fail as the test says."""

    def __init__(self, calm: Sequence[Address] = OTHERS) -> None:
        self.clock = FakeClock()
        self.error: Exception = RefusedError("there is no earlier release")
        self.asked: list[Address] = []
        self.board = Board(an_environment(), (*calm, ADDRESS) if calm is OTHERS else calm)
        self.board.read((a_service(address=item) for item in calm), NOW)
        self.board.read((a_service(running=1),), NOW)
        self.board.read_whole()
        publisher = Publisher(self.board, FleetStore(), self.clock)
        self.attended = False
        self.prover = Prover(self.board, publisher, self.clock, self._plan, lambda: self.attended)

    def run(self, seconds: float) -> None:
        stop = Event()
        self.clock.at(self.clock.monotonic() + seconds, stop.set)
        run((self.prover,), Event(), stop, self.clock)

    def run_fast(self, seconds: float) -> None:
        """The same without looking every half second whether it is to stop."""
        end = self.clock.monotonic() + seconds
        while (due := self.prover.next_due()) < end:
            self.clock.advance(due - self.clock.monotonic())
            self.prover.turn()
        self.clock.advance(end - self.clock.monotonic())

    def oldest_s(self) -> float:
        """The age of the oldest proof; every service has one."""
        ways = [row.way_back for row in self.board.rows()]
        return max((self.clock.now() - way.at).total_seconds() for way in ways if way) if all(ways) else inf

    def _plan(self, address: Address) -> Plan:
        self.asked.append(address)
        raise self.error


def test_whoever_is_in_trouble_is_proved_first_and_ten_a_minute_at_most() -> None:
    """Then the others in turn, each once; again from half an hour on, one in a quarter of an hour: all
    four within the hour that a proof lasts. Trouble after an hour, and at once."""
    proofs = Proofs()
    proofs.run(11)
    assert proofs.asked == [ADDRESS, OTHERS[0]]
    proofs.run(1780)
    assert proofs.asked == [ADDRESS, *OTHERS]
    proofs.run(1800)
    assert proofs.asked[4:] == [OTHERS[0], OTHERS[1]]
    proofs.run(20)
    assert proofs.asked[6:] == [ADDRESS]


@pytest.mark.parametrize("services", [4, 50, 120])
def test_renewals_are_spread_evenly_and_none_comes_too_late(services: int) -> None:
    """Three hours after the first proofs: never more in a minute than it takes to renew each once an hour,
    and every one of them believed at any time."""
    proofs = Proofs([Address("rugmunch", "production", f"s{number}") for number in range(services)])
    proofs.run_fast(services * GAP_S)
    minutes, oldest = [], 0.0
    for _ in range(180):
        before = len(proofs.asked)
        proofs.run_fast(60)
        minutes.append(len(proofs.asked) - before)
        oldest = max(oldest, proofs.oldest_s())
    assert max(minutes) == -(-services // 60)
    assert oldest < proof_holds(Tier.PRODUCTION).total_seconds()


def test_proofs_of_an_earlier_day_are_made_anew_like_first_ones() -> None:
    """Nobody believes them any more, so nobody waits for their turn."""
    proofs = Proofs()
    proofs.run(60)
    proofs.asked.clear()
    proofs.clock.advance(86_400)
    proofs.run(4 * GAP_S)
    assert set(proofs.asked) == {ADDRESS, *OTHERS}


def test_without_a_target_the_way_back_says_why() -> None:
    """It is known that there is none; that is no failure of the watch."""
    proofs = Proofs()
    proofs.run(1)
    way = proofs.board.row(ADDRESS).way_back
    assert way is not None
    assert (way.version, way.proven, way.doubt) == ("", False, "there is no earlier release")


def test_what_could_not_be_asked_is_not_called_a_doubt() -> None:
    """A throttled proof says nothing of the way back, and is tried again after a minute."""
    proofs = Proofs()
    proofs.error = ThrottledError("ECS asks for fewer calls")
    proofs.run(59)
    assert proofs.board.row(ADDRESS).way_back is None
    assert proofs.asked.count(ADDRESS) == 1
    proofs.run(5)
    assert proofs.asked.count(ADDRESS) == 2


def test_nothing_is_proved_while_aws_refuses_calls() -> None:
    """A minute after the last refusal it goes on."""
    proofs = Proofs()
    refused_at = proofs.clock.now()
    proofs.board.spent(BudgetUse(0.2, refused_at))
    proofs.run(59)
    assert proofs.asked == []
    proofs.run(2)
    assert proofs.asked == [ADDRESS]


def test_while_somebody_is_there_what_is_calm_waits_with_its_renewal() -> None:
    """Trouble does not; and no proof grows so old that it would not be believed any more."""
    proofs = Proofs()
    proofs.attended = True
    proofs.run(60)
    proofs.asked.clear()
    proofs.run(2600)
    assert proofs.asked == []
    proofs.run(3700)
    assert ADDRESS in proofs.asked
    assert set(proofs.asked) == {ADDRESS, *OTHERS}
    assert proofs.oldest_s() < proof_holds(Tier.PRODUCTION).total_seconds()
