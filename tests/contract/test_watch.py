"""The watch against the sandbox, both on one clock: calls counted, faults survived."""

from datetime import timedelta
from pathlib import Path
from threading import Event
from urllib.parse import urlsplit

import pytest

from console.diagnosis import diagnose
from console.domain.address import Address
from console.domain.assurance import is_well
from console.domain.fleet import EnvironmentPicture, ServicePicture
from console.domain.operation import Mechanism, Plan
from console.domain.service import ServiceState
from console.domain.serving import serving
from console.domain.way_back import current_way_back
from console.errors import RefusedError
from console.sandbox import fleet
from console.sandbox.http import start_thread
from console.sandbox.scenes import huge
from console.watch import prover
from console.watch.poller import EnvironmentPoller
from console.watch.shippers import JournalShippers
from console.watch.store import FleetStore
from tests.contract.conftest import SandboxFactory
from tests.contract.shared_world import API, SharedWorld, open_world, shipped_by_codedeploy
from tests.fakes import FakeClock

RECOVERY_S = 10.0


class Watch:
    """A poller of one environment of a shared world, on one thread."""

    def __init__(self, world: SharedWorld, key: str, *, proves: bool = False) -> None:
        self.world = world
        self.key = key
        connection = world.connections[key]
        engine = world.engine()
        self.store = FleetStore()
        self.poller = EnvironmentPoller(
            connection.platform,
            connection.signals,
            tuple(item.address for item in connection.settings.services.values()),
            self.store,
            world.clock,
            engine.holds,
            chance=lambda: 0.0,
            shippers=JournalShippers(world.journal, key),
            plan_rollback=self._plan if proves else None,
        )
        self.plans, self.proved = True, 0
        self._engine = engine

    def _plan(self, address: Address) -> Plan:
        if not self.plans:
            raise RefusedError("there is no earlier release")
        self.proved += 1
        return self._engine.plan_rollback(address)

    def run(self, seconds: float) -> None:
        """Let the loop run for that long."""
        stop = Event()
        self.world.clock.at(self.world.clock.monotonic() + seconds, stop.set)
        self.poller.run(stop)

    @property
    def picture(self) -> EnvironmentPicture:
        return self.store.snapshot.environments[self.key]

    def age_s(self) -> float:
        """Of the environment's oldest status."""
        assert self.picture.as_of is not None
        return (self.world.clock.now() - self.picture.as_of).total_seconds()

    def ecs_calls(self) -> int:
        calls: dict[str, int] = self.world.sandbox.control("GET", "calls")[1]
        return sum(count for name, count in calls.items() if name.startswith("ecs."))


@pytest.fixture
def watch(make_sandbox: SandboxFactory, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Watch:
    """A console that has read the production of one system."""
    clock = FakeClock()
    sandbox = make_sandbox("rugmunch", clock=clock)
    found = Watch(open_world(sandbox, clock, monkeypatch, tmp_path), "rugmunch/production")
    found.run(5)
    assert found.picture.problem is None
    return found


@pytest.mark.parametrize("attended", [False, True])
def test_an_idle_minute_of_fifty_services_takes_thirty_calls_at_most(
    make_sandbox: SandboxFactory, fifty: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, attended: bool
) -> None:
    """Once everything has been read and proved: every status and all 400 tasks, also while somebody is
    there and statuses are read twice as often."""
    clock = FakeClock()
    sandbox = make_sandbox(huge.NAME, clock=clock)
    watch = Watch(open_world(sandbox, clock, monkeypatch, tmp_path), "huge/production", proves=True)
    with monkeypatch.context() as at_first:  # the proofs that there are already: they cost nothing here
        at_first.setattr(prover, "GAP_S", 0.01)
        at_first.setattr(watch, "plans", False)
        watch.run(5)
    assert sum(len(row.tasks or ()) for row in watch.picture.services) == 400
    assert all(row.version and row.way_back for row in watch.picture.services)
    clock.advance(301)
    if attended:
        watch.poller.touch()
    watch.run(45)
    before = watch.ecs_calls()
    watch.run(60)
    assert watch.ecs_calls() - before <= 30
    assert watch.picture.cadence_s == (15 if attended else 30)
    assert watch.proved == 0
    if not attended:
        assert max(renewing(watch)) <= 30
        assert watch.proved >= 2


def renewing(watch: Watch) -> list[int]:
    """The calls of each of three minutes in which ways back are proved anew."""
    watch.world.clock.advance(1800)
    watch.run(60)
    counts = []
    for _ in range(3):
        before = watch.ecs_calls()
        watch.run(60)
        counts.append(watch.ecs_calls() - before)
    return counts


@pytest.mark.parametrize("error", ["ThrottlingException", "ExpiredTokenException", "reset"])
def test_a_minute_without_an_answer_is_named_and_over_ten_seconds_later(watch: Watch, error: str) -> None:
    """The services stay, and their age is true all the while."""
    sandbox = watch.world.sandbox
    body = {"operation": "*", "error": error, "count": 1_000_000}
    assert sandbox.control("POST", "faults", body)[0] == 200
    watch.run(60)
    assert watch.picture.problem is not None
    assert watch.picture.problem.part == "status"
    assert all(row.status is not None for row in watch.picture.services)
    assert watch.age_s() >= 50
    assert sandbox.control("DELETE", "faults")[0] == 200
    watch.run(RECOVERY_S)
    assert watch.picture.problem is None or watch.picture.problem.part != "status"
    assert watch.age_s() <= RECOVERY_S


def test_an_endpoint_that_vanishes_and_returns_is_read_ten_seconds_later(watch: Watch) -> None:
    """Nobody listens there for a minute; then somebody does again, on the same port."""
    sandbox = watch.world.sandbox
    port = urlsplit(sandbox.endpoint).port
    sandbox.served.stop()
    watch.run(60)
    failed = watch.picture.problem
    assert failed is not None
    assert failed.title == "endpoint"
    assert all(row.status is not None for row in watch.picture.services)
    assert watch.age_s() >= 60
    sandbox.served = start_thread(sandbox.world, port or 0)
    watch.run(RECOVERY_S)
    assert watch.picture.problem is None
    assert watch.age_s() <= RECOVERY_S


def test_calm_services_are_judged_alike_by_status_alone_and_in_full(
    make_sandbox: SandboxFactory, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Of every fleet that is shipped: else a calm service would change its state by being opened. What
    looks otherwise than calm is read in full anyway."""
    clock = FakeClock()
    world = open_world(make_sandbox(*fleet.names(), clock=clock), clock, monkeypatch, tmp_path)
    judged = 0
    for connection in world.connections.values():
        platform = connection.platform
        for status in platform.services():
            alone = diagnose(status, None, None, clock.now())
            if alone.state.is_trouble or alone.state.is_moving:
                continue
            whole = diagnose(status, platform.observe(status.address), None, clock.now())
            assert (status.address, alone.state) == (status.address, whole.state)
            judged += 1
    assert judged > 10


def test_what_may_not_be_listed_hides_nothing_else(watch: Watch) -> None:
    """No tasks: named last, and everything else is read on."""
    sandbox = watch.world.sandbox
    body = {"operation": "ecs.DescribeTasks", "error": "AccessDeniedException", "count": 1_000_000}
    assert sandbox.control("POST", "faults", body)[0] == 200
    listed = next(row.tasks for row in watch.picture.services if row.address == API)
    assert listed
    watch.run(90)
    assert watch.picture.problem is not None
    assert watch.picture.problem.part == "tasks"
    assert "DescribeTasks" in watch.picture.problem.message
    assert next(row.tasks for row in watch.picture.services if row.address == API) == listed
    assert watch.age_s() <= 15
    sandbox.control("DELETE", "faults")
    watch.run(RECOVERY_S)
    assert watch.picture.problem is None


def test_who_shipped_what_runs_is_known_where_the_journal_tells(watch: Watch) -> None:
    """By the id of the deployment; what CI ships has no name."""
    address: Address = API
    row = next(row for row in watch.picture.services if row.address == address)
    assert row.deployed_by == ""
    assert row.version is not None
    facts = watch.world.roll_back(address)
    assert facts["verdict"] == "SUCCEEDED"
    watch.run(70)
    row = next(row for row in watch.picture.services if row.address == address)
    assert row.deployed_by


def test_no_way_back_to_what_runs_is_promised_during_or_after_a_rollback(
    make_sandbox: SandboxFactory, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Proofs go on while the bad version is stopped: ECS goes back to a deployment under its old id. All
    the way there, and minutes after it, nothing says that it leads to the version that serves."""
    clock = FakeClock()
    world = open_world(make_sandbox("rugmunch", clock=clock), clock, monkeypatch, tmp_path)
    api = Address("rugmunch", "production", "api")
    watch = Watch(world, api.place, proves=True)
    promised: list[str] = []

    def look(seconds: float) -> None:
        for _ in range(round(seconds / 15)):
            watch.run(15)
            row = next(item for item in watch.picture.services if item.address == api)
            way = current_way_back(row, clock.now())
            served = row.primary_version
            assert served is not None
            if way is not None and way.version:
                promised.append(way.version)
                assert way.version != served.label, row

    world.begin(api, "crash")
    look(60)
    bad = set(promised)
    engine = world.engine()
    plan = engine.plan_rollback(api)
    assert plan.mechanism is Mechanism.STOP_SERVICE_DEPLOYMENT
    for event in engine.execute(plan, "production/api"):
        if event.event in ("accepted", "safe"):
            look(15)
    look(300)
    row = next(item for item in watch.picture.services if item.address == api)
    assert bad == {plan.target.version.label}
    assert row.way_back is not None
    assert promised[-1] not in ("", plan.target.version.label)


def test_a_canary_of_codedeploy_has_a_way_back_and_its_end_counts_no_figures_of_before(
    make_sandbox: SandboxFactory, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """At 10 % the fleet said ``none · v1.4.2 is what runs``. After the rollback it was well by the figures of
    the version that was left: the task set that serves again is days old. ``status`` alone tells the same."""
    clock = FakeClock()
    world = open_world(make_sandbox("rugmunch-codedeploy", clock=clock), clock, monkeypatch, tmp_path)
    api = Address("rugmunch-codedeploy", "production", "api")
    watch = Watch(world, api.place, proves=True)

    def row(seconds: float) -> ServicePicture:
        watch.run(seconds)
        return next(item for item in watch.picture.services if item.address == api)

    row(5)
    deployment = shipped_by_codedeploy(world, api, "error-spike")
    began = clock.monotonic()
    while (canary := row(15)).traffic_share != 10:
        assert clock.monotonic() - began < 300
    assert canary.error_reading.serves != "v1.4.2", "it has 90 % of the traffic"
    canary = row(15)
    way = current_way_back(canary, clock.now())
    assert way is not None and way.version == "v1.4.2", way
    row(120)

    stop = world.sandbox.client("codedeploy", api.system).stop_deployment
    stop(deploymentId=deployment, autoRollbackEnabled=True)
    stopped_at = clock.now()
    while (back := row(15)).state is not ServiceState.STEADY:
        assert clock.now() - stopped_at < timedelta(minutes=5)
    assert back.error_reading.serves == "v1.4.2"
    assert back.serving.alone and back.serving.since is not None
    assert timedelta(0) <= back.serving.since - stopped_at < timedelta(seconds=30)
    assert serving(back.status, None) == back.serving
    assert not is_well(back, clock.now())
    assert row(180).error_reading.share == 0.0
