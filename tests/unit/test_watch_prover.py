"""Which way back is proved when, and what becomes of a plan that cannot be made."""

from threading import Event

from console.domain.address import Address
from console.domain.operation import Plan
from console.errors import RefusedError, ThrottledError
from console.watch.board import Board
from console.watch.loop import run
from console.watch.prover import Prover
from console.watch.publisher import Publisher
from console.watch.store import FleetStore
from tests.builders import ADDRESS, NOW, a_service, an_environment
from tests.fakes import FakeClock

OTHERS = tuple(Address("rugmunch", "production", f"s{number}") for number in range(3))


class Proofs:
    """A prover over four read services, whose plans are refused or fail as the test says."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.error: Exception = RefusedError("there is no earlier release")
        self.asked: list[Address] = []
        self.board = Board(an_environment(), (*OTHERS, ADDRESS))
        self.board.read((a_service(address=item) for item in OTHERS), NOW)
        self.board.read((a_service(running=1),), NOW)
        self.board.read_whole()
        publisher = Publisher(self.board, FleetStore(), self.clock)
        self.prover = Prover(self.board, publisher, self.clock, self._plan)

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
