"""Which way back is proved when, and what becomes of a plan that cannot be made."""

from collections.abc import Sequence
from threading import Event

from console.domain.address import Address, Tier
from console.domain.operation import Plan
from console.domain.standing import BudgetUse
from console.errors import RefusedError, ThrottledError
from console.watch.board import Board
from console.watch.cadence import proof_holds
from console.watch.loop import run
from console.watch.prover import Prover
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

    def _plan(self, address: Address) -> Plan:
        self.asked.append(address)
        raise self.error


def test_whoever_is_in_trouble_is_proved_first_and_ten_a_minute_at_most() -> None:
    """Then the others in turn, each once; in an hour again, one a minute."""
    proofs = Proofs()
    proofs.run(11)
    assert proofs.asked == [ADDRESS, OTHERS[0]]
    proofs.run(3000)
    assert proofs.asked == [ADDRESS, *OTHERS]
    proofs.run(850)
    assert sorted(proofs.asked[4:]) == sorted([ADDRESS, *OTHERS])


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
    proofs.run(3600)
    assert proofs.asked == [ADDRESS]
    proofs.run(1.5 * 3600)
    ages = [proofs.clock.now() - way.at for row in proofs.board.rows() if (way := row.way_back)]
    assert len(ages) == 4
    assert max(ages) < proof_holds(Tier.PRODUCTION)
    assert set(proofs.asked) == {ADDRESS, *OTHERS}


def test_a_large_environment_is_renewed_faster_than_one_a_minute() -> None:
    """Two hundred services: each has its turn before its proof is no longer believed."""
    services = [Address("rugmunch", "production", f"s{number}") for number in range(200)]
    proofs = Proofs(services)
    end = proofs.clock.monotonic() + 200 * 6 + 2 * 3600
    while proofs.clock.monotonic() < end:
        proofs.clock.advance(max(0.0, proofs.prover.next_due() - proofs.clock.monotonic()))
        proofs.prover.turn()
    ages = [proofs.clock.now() - way.at for row in proofs.board.rows() if (way := row.way_back)]
    assert len(ages) == 200
    assert max(ages) <= proof_holds(Tier.PRODUCTION)
