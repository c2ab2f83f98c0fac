"""Keys that other suppliers do not accept: said once an environment, and behind everything else."""

from datetime import datetime, timedelta

from console.domain.address import Address
from console.domain.fleet import EnvironmentPicture
from console.domain.guard import ServiceSignals
from console.domain.series import Scoped, Series
from console.domain.service import Observation
from console.errors import CredentialsError, QuarterdeckError
from console.signals.book import SignalBook
from console.signals.lanes import SameThreadLane
from console.watch.board import Board
from console.watch.charted import HOT_S, ChartedReader
from console.watch.publisher import Publisher
from console.watch.store import FleetStore
from tests.builders import NOW, a_service, an_environment
from tests.fakes import FakeClock

ADDRESSES = tuple(Address("rugmunch", "production", f"s{number}") for number in range(3))
REFUSED = CredentialsError("Datadog does not accept the key (env:DD_API_KEY)", "renew it")


class Source:
    """A source whose key may be wrong."""

    name = "Datadog"

    def __init__(self) -> None:
        self.problem: QuarterdeckError | None = None

    def series(self, address: Address, scoped: Scoped, since: datetime) -> tuple[Series, ...]:
        return ()


class Desk:
    """A reader of figures over three services in trouble."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.source = Source()
        self.board = Board(an_environment(), ADDRESSES)
        self.board.read((a_service(address=item, running=1) for item in ADDRESSES), NOW)
        self.board.read_whole()
        self.store = FleetStore()
        book = SignalBook((self.source,), self.clock, SameThreadLane)

        def look(address: Address, _: Observation | None) -> ServiceSignals:
            return ServiceSignals(book.refresh(address, Scoped(), NOW - timedelta(minutes=5)))

        publisher = Publisher(self.board, self.store, self.clock)
        self.reader = ChartedReader(self.board, publisher, self.clock, look)

    def turn(self) -> EnvironmentPicture:
        """Look at every service once more."""
        for _ in ADDRESSES:
            self.reader.turn()
        self.clock.advance(HOT_S)
        return self.board.picture()


def test_a_key_that_is_refused_is_said_once_with_the_remedy() -> None:
    """Three services miss it, for minutes; it is one line, as old as the trouble, and it ends with it."""
    desk = Desk()
    assert desk.turn().problem is None
    desk.source.problem = REFUSED
    since = desk.clock.now()
    for _ in range(3):
        picture = desk.turn()
    problem = picture.problem

    assert problem is not None
    assert (problem.title, problem.message, problem.remedy) == (
        "credentials",
        "Datadog does not accept the key (env:DD_API_KEY)",
        "renew it",
    )
    assert problem.since == since
    desk.source.problem = None
    assert desk.turn().problem is None


def test_what_of_aws_cannot_be_read_comes_first() -> None:
    """Nothing that AWS tells is missing without that key."""
    desk = Desk()
    desk.source.problem = REFUSED
    desk.turn()
    desk.board.fail("figures", "throttled", "GetMetricData: slow down", "", desk.clock.now())
    problem = desk.board.picture().problem

    assert problem is not None
    assert problem.part == "figures"
