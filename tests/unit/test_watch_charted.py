"""Whose figures are looked at, how often, and what becomes of them."""

from dataclasses import replace
from datetime import timedelta
from threading import Event

from console.domain.address import Address, Tier
from console.domain.guard import DEFAULT_ALERTS, Judgement, ServiceSignals
from console.domain.series import SeriesPicture
from console.domain.service import Observation, ServiceState
from console.watch.board import Board
from console.watch.charted import CALM_APART_S, CALM_S, FOCUSED_S, HOT_S, IDLE_S, MOST, ChartedReader
from console.watch.loop import run
from console.watch.publisher import Publisher
from console.watch.store import FleetStore
from tests.builders import ADDRESS, NOW, a_rolling_service, a_service, an_environment, some_figures
from tests.fakes import FakeClock
from tests.signals import a_judgement

WORKER = Address("rugmunch", "production", "worker")
OTHER = Address("rugmunch", "production", "bot")


class Post:
    def __init__(self, *addresses: Address) -> None:
        self.clock, self.store = FakeClock(), FleetStore()
        self.board = Board(an_environment(), addresses or (ADDRESS, WORKER, OTHER))
        self.looks: list[tuple[float, Address]] = []
        self.fails = False
        self.attended = True
        self.alerts: tuple[Judgement, ...] = ()
        publisher = Publisher(self.board, self.store, self.clock)
        self.reader = ChartedReader(self.board, publisher, self.clock, self.look, lambda: self.attended)

    def look(self, address: Address, observation: Observation | None) -> ServiceSignals:
        self.looks.append((self.clock.monotonic(), address))
        if self.fails:
            raise KeyError("values")
        return ServiceSignals(SeriesPicture(self.clock.now()), self.alerts)

    def read(self, *moving: Address) -> None:
        for address in self.board.addresses:
            status = a_rolling_service(address=address) if address in moving else a_service(address=address)
            self.board.read([status], self.clock.now())

    def run(self, seconds: float) -> None:
        stop = Event()
        self.clock.at(self.clock.monotonic() + seconds, stop.set)
        run((self.reader,), Event(), stop, self.clock)

    def times(self, address: Address) -> int:
        return sum(1 for _, looked in self.looks if looked == address)


def test_the_focused_service_is_looked_at_before_calm_others_are() -> None:
    post = Post()
    post.read()
    post.board.focus = ADDRESS
    post.run(2 * FOCUSED_S + 1)
    assert (post.times(ADDRESS), post.times(WORKER)) == (3, 0)
    row = post.store.snapshot.find(ADDRESS)
    assert row is not None
    assert row.signals is not None


def test_what_is_moving_is_looked_at_too_less_often() -> None:
    post = Post()
    post.read(WORKER)
    post.board.focus = ADDRESS
    post.run(2 * HOT_S + 1)
    assert post.times(WORKER) == 3
    assert post.times(ADDRESS) >= 4


def test_calm_services_are_looked_at_now_and_then_one_after_the_other() -> None:
    """For their alerts; nobody there, nobody looks."""
    post = Post()
    post.read()
    post.run(60 + 2 * CALM_APART_S + 1)
    assert [at for at, _ in post.looks] == [60.0, 60.0 + CALM_APART_S, 60.0 + 2 * CALM_APART_S]
    assert {address for _, address in post.looks} == {ADDRESS, WORKER, OTHER}
    post.run(CALM_S - 3 * CALM_APART_S)
    assert len(post.looks) == 3
    post.attended = False
    post.run(2 * CALM_S)
    assert len(post.looks) <= 4


def test_a_calm_service_with_an_alert_is_looked_at_like_one_in_trouble() -> None:
    """So that its end is seen soon."""
    post = Post()
    post.alerts = (a_judgement(),)
    post.read()
    post.run(60 + HOT_S + 1)
    first = post.looks[0][1]
    assert post.times(first) == 2
    assert HOT_S in {at - post.looks[0][0] for at, address in post.looks if address == first}


def test_calm_services_of_staging_are_left_alone() -> None:
    """Nobody is woken by them."""
    post = Post()
    post.board = Board(replace(an_environment(), tier=Tier.STAGING), (ADDRESS, WORKER))
    publisher = Publisher(post.board, post.store, post.clock)
    post.reader = ChartedReader(post.board, publisher, post.clock, post.look)
    post.read()
    post.run(2 * CALM_S)
    assert post.looks == []


def test_what_was_never_read_is_not_looked_at() -> None:
    post = Post()
    post.board.focus = ADDRESS
    post.run(60)
    assert post.looks == []


def test_of_many_in_motion_some_are_looked_at_in_turn() -> None:
    many = tuple(Address("rugmunch", "production", f"s{number}") for number in range(3 * MOST))
    post = Post(*many)
    post.read(*many)
    post.run(5 * HOT_S)
    assert {address for _, address in post.looks} == set(many)


def test_nobody_there_means_seldom() -> None:
    post = Post()
    post.read()
    post.board.focus, post.attended = ADDRESS, False
    post.run(IDLE_S + 1)
    assert post.times(ADDRESS) == 2


def test_a_bug_is_told_and_the_watch_goes_on() -> None:
    post = Post()
    post.read()
    post.board.read_whole()
    post.board.focus, post.fails = ADDRESS, True
    post.run(1)
    problem = post.board.picture().problem
    assert problem is not None
    assert (problem.part, problem.message) == ("signals", "KeyError: 'values'")
    post.fails = False
    post.run(FOCUSED_S)
    assert post.board.picture().problem is None


def test_its_next_turn_is_when_the_next_service_is_due() -> None:
    post = Post()
    assert post.reader.next_due() == float("inf")
    post.read()
    post.board.focus = ADDRESS
    post.reader.turn()
    assert post.reader.next_due() == FOCUSED_S
    post.reader.turn()
    assert post.times(ADDRESS) == 1
    post.clock.advance(timedelta(seconds=FOCUSED_S).total_seconds())
    post.reader.turn()
    assert post.times(ADDRESS) == 2


def test_a_worker_is_not_held_against_limits_for_requests() -> None:
    """How long its jobs take says nothing; behind a load balancer the same figure is an alert. What is said
    of the service itself holds, whatever its kind."""
    slow = a_judgement("p99", value=7.5, limit=5.0)
    own = replace(slow, trigger=replace(slow.trigger, kind=None))
    post = Post(ADDRESS, WORKER)
    post.board.read([a_service(), a_service(address=WORKER, target_groups=())], NOW)
    for address in (ADDRESS, WORKER):
        post.board.charted(address, ServiceSignals(SeriesPicture(NOW), (slow,)), NOW)
    assert post.board.row(ADDRESS).state is ServiceState.FAILING
    assert post.board.row(WORKER).state is ServiceState.STEADY
    post.board.charted(WORKER, ServiceSignals(SeriesPicture(NOW), (own,)), NOW)
    assert post.board.row(WORKER).state is ServiceState.FAILING


def test_the_journal_tells_the_watch_who_drained_a_service() -> None:
    """Then it is drained by a person, until it has tasks again."""
    post = Post(ADDRESS)
    post.board.read([a_service(desired=0, running=0)], NOW)
    post.board.drained({ADDRESS: "devon"}, NOW)
    assert post.board.row(ADDRESS).diagnosis.line == "drained by devon"
    post.board.read([a_service()], NOW)
    assert post.board.row(ADDRESS).state is ServiceState.STEADY


def test_the_configured_limits_hold_before_anybody_has_looked_at_the_figures() -> None:
    """One source of limits for the row of a calm service, its sentence and its charts; off is off."""
    own = replace(a_judgement().trigger, warning=0.2, critical=0.5)
    for limits, state in (
        ((own,), ServiceState.WARNING),
        ((), ServiceState.STEADY),
        (DEFAULT_ALERTS, ServiceState.FAILING),
    ):
        board = Board(an_environment(), (ADDRESS,), limits={ADDRESS: limits})
        board.read([a_service()], NOW)
        board.measured({ADDRESS: some_figures(requests=1000, errors=300)}, NOW)
        assert board.row(ADDRESS).state is state
    assert "over 5 %" in board.row(ADDRESS).diagnosis.line
