"""Figures from the sandbox, gathered and judged: the same story as the world's own."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from console.config.loader import load
from console.domain.address import Address
from console.domain.guard import GuardMode, GuardPolicy, JudgedState, ServiceSignals, Trip
from console.domain.series import Measure, Scope, Series
from console.sandbox import fleet, folder
from console.signals.book import SignalBook
from console.signals.guarding import Guard
from console.signals.lanes import SameThreadLane
from console.signals.sources import Ways, sources_of
from console.signals.watching import SignalWatch
from console.web.client import WebClient
from console.web.secrets import References
from tests.contract.conftest import SandboxFactory
from tests.contract.shared_world import API, MARKET, WORKER, SharedWorld, open_world
from tests.fakes import FakeClock

SWAP = Address("swapjoy", "production", "api")


@dataclass
class Post:
    """A watch over one service of a world whose time the test moves."""

    shared: SharedWorld
    address: Address
    watch: SignalWatch
    guard: Guard = field(default_factory=lambda: Guard(GuardPolicy(mode=GuardMode.ROLLBACK)))
    ordered_at: datetime | None = None

    def look(self) -> ServiceSignals:
        platform = self.shared.connections[self.address.place].platform
        observation = platform.observe(self.address)
        return self.watch.look(self.address, observation, ordered_at=self.ordered_at)

    def ship(self, version: str) -> None:
        """As the console would: looked at before, and ordered now."""
        self.look()
        self.shared.begin(self.address, version)
        self.ordered_at = self.shared.clock.now()

    def guarded(self, minutes: float, step_s: float = 30.0) -> Trip | None:
        """Look again and again until it trips, or for so long."""
        for _ in range(int(minutes * 60 / step_s)):
            self.shared.wait(step_s)
            found = self.look()
            trip = self.guard.update(found.judgements, found.evidence, self.shared.clock.now(), found.blame)
            if trip is not None:
                return trip
        return None

    def wrong(self, name: str) -> None:
        body = {"fault": name, "fleet": self.address.system, "environment": self.address.environment}
        status, answer = self.shared.sandbox.control("POST", "world", {**body, "service": self.address.alias})
        assert status == 200, answer


@pytest.fixture
def open_post(
    make_sandbox: SandboxFactory, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[Callable[[Address], Post]]:
    made: list[WebClient] = []

    def make(address: Address) -> Post:
        clock = FakeClock()
        sandbox = make_sandbox(address.system, clock=clock, calm=True)
        shared = open_world(sandbox, clock, monkeypatch, tmp_path)
        systems = fleet.configuration(sandbox.world, sandbox.endpoint)
        settings = load(folder.create(sandbox.world, sandbox.endpoint, systems).config)
        key = address.place
        connection = shared.connections[key]

        def web() -> WebClient:
            made.append(WebClient(clock, read_only=True))
            return made[-1]

        secrets = References(settings.path.parent, connection.secret)
        ways = Ways(connection.series, connection.logs, secrets, web, connection.chronicle)
        mine = settings.environments[key]
        book = SignalBook(sources_of(mine, ways, clock), clock, SameThreadLane)
        policies = {item.address: item.guard for item in mine.services.values()}
        watch = SignalWatch(book, policies.__getitem__, clock, connection.chronicle)
        return Post(replace(shared, settings=settings), address, watch)

    yield make
    for web in made:
        web.close()


def of(found: ServiceSignals, measure: Measure, scope: Scope = Scope.SERVICE, source: str = "") -> Series:
    return next(
        item
        for item in found.picture.of(measure, scope)
        if source in ("", item.source) and not item.subject.startswith("load balancer")
    )


def test_a_calm_service_is_measured_minute_by_minute(open_post: Callable[[Address], Post]) -> None:
    """What CloudWatch tells of a minute is what the world's own requests were; the last minutes, which are
    not published yet, are left out and not drawn as zero."""
    post = open_post(API)
    found = post.look()
    requests = of(found, Measure.REQUESTS, source="CloudWatch")
    account = post.shared.sandbox.account("rugmunch")
    service = next(item for item in account.ecs.services() if item.name == "rugmunch-api")
    assert len(requests.points) >= 90
    assert requests.points[-1].at <= post.shared.clock.now() - timedelta(seconds=60)
    for point in requests.points[-20:]:
        minute = int(point.at.timestamp()) // 60 - 1
        seen = [r for r in account.logs.traffic.requests(service.arn, minute) if r.reached]
        assert point.value == len(seen)
    codes = [
        of(found, measure, source="CloudWatch").last
        for measure in (Measure.CODES_2XX, Measure.CODES_4XX, Measure.CODES_5XX)
    ]
    assert sum(item.value or 0 for item in codes if item) == requests.points[-1].value
    assert of(found, Measure.HEALTH).last
    assert {item.state for item in found.alerts if item.value is not None} == {JudgedState.OK}
    assert found.blame is None


def test_cloudwatch_is_asked_once_a_minute_however_often_somebody_looks(
    open_post: Callable[[Address], Post],
) -> None:
    post = open_post(API)
    post.look()
    before = post.shared.calls("cloudwatch.GetMetricData")
    for _ in range(12):
        post.shared.wait(10)
        post.look()
    assert 2 <= post.shared.calls("cloudwatch.GetMetricData") - before <= 3


def test_a_worker_is_told_by_its_queue(open_post: Callable[[Address], Post]) -> None:
    post = open_post(WORKER)
    found = post.look()
    depth = of(found, Measure.QUEUE_DEPTH)
    assert depth.subject == "token-scan"
    assert depth.last is not None
    assert of(found, Measure.QUEUE_AGE).measure.unit == "s"
    assert not [item for item in found.picture.of(Measure.REQUESTS) if item.source == "CloudWatch"]


@pytest.mark.parametrize(("version", "figure"), [("error-spike", "errors"), ("latency-spike", "p95")])
def test_a_bad_version_trips_the_guard(
    open_post: Callable[[Address], Post], version: str, figure: str
) -> None:
    """It may go back by itself, and says which figure, from which source, against which baseline."""
    post = open_post(MARKET)
    post.ship(version)
    trip = post.guarded(15)
    assert trip is not None
    assert trip.mode is GuardMode.ROLLBACK, trip.asks_because
    assert trip.reason.startswith(figure)
    assert "CloudWatch, service-wide" in trip.reason
    assert "baseline" in trip.reason
    assert trip.blame is not None
    assert trip.blame.is_deploy is True


def test_a_good_version_does_not(open_post: Callable[[Address], Post]) -> None:
    post = open_post(MARKET)
    post.ship("good-2")
    assert post.guarded(10, 60) is None


def test_where_traffic_is_shifted_new_stands_beside_old(open_post: Callable[[Address], Post]) -> None:
    """Both target groups: the old one serves, the new one has targets and no request yet."""
    post = open_post(SWAP)
    post.ship("good-2")
    post.shared.wait(240)
    found = post.look()
    old, new = (of(found, Measure.REQUESTS, scope, "CloudWatch") for scope in (Scope.OLD, Scope.NEW))
    assert old.last is not None
    assert (new.last, new.no_data) == (None, "nothing published")
    standing = of(found, Measure.HEALTHY_TARGETS, Scope.NEW, "CloudWatch")
    assert standing.last is not None
    assert standing.last.value
    assert (old.version, new.version) == ("e69027b", "good-2")


def test_a_database_that_is_down_is_not_the_deploys_fault(open_post: Callable[[Address], Post]) -> None:
    """It asks although it may go back by itself, and names the database."""
    post = open_post(MARKET)
    post.ship("good-2")
    post.shared.wait(60)
    post.wrong("database-down")
    trip = post.guarded(10)
    assert trip is not None
    assert trip.mode is GuardMode.ASK
    assert "database" in trip.asks_because
    assert trip.blame is not None
    assert (trip.blame.is_deploy, trip.blame.cause) == (False, "database")
    assert post.guarded(7) is None


def test_a_service_that_fails_whole_while_its_old_version_serves_is_not_the_deploys_fault(
    open_post: Callable[[Address], Post],
) -> None:
    """Its health tells of no database, but it is the old tasks too that answer so."""
    post = open_post(API)
    post.ship("good-2")
    post.shared.wait(30)
    post.wrong("database-down")
    trip = post.guarded(5)
    assert trip is not None
    assert trip.mode is GuardMode.ASK
    assert "old version" in trip.asks_because


def test_a_hotfix_during_an_incident_is_not_rolled_back_by_its_own_guard(
    open_post: Callable[[Address], Post],
) -> None:
    """Whatever comes of it: the time before was no better."""
    post = open_post(MARKET)
    post.wrong("5xx-burst")
    post.shared.wait(600)
    post.ship("error-spike")
    trip = post.guarded(10)
    assert trip is None or trip.mode is GuardMode.ASK
