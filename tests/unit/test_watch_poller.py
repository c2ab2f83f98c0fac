"""What is read when, and what becomes of it when reading fails."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from threading import Event

import pytest

from console.cli.fleet import service_facts
from console.domain.address import Address
from console.domain.fleet import EnvironmentPicture, ServicePicture, WayBack
from console.domain.operation import Hold
from console.domain.service import Observation, ServiceState, ServiceStatus
from console.domain.way_back import serving_key
from console.errors import (
    EndpointError,
    JournalError,
    MissingServiceError,
    PermissionDeniedError,
    ThrottledError,
    UnknownServiceError,
)
from console.watch.board import Board
from console.watch.poller import EnvironmentPoller
from console.watch.store import FleetStore
from tests.builders import (
    ADDRESS,
    NOW,
    a_hold,
    a_new_deployment,
    a_release,
    a_rolling_observation,
    a_service,
    ago,
    an_environment,
    an_event,
    an_observation,
    some_figures,
)
from tests.fakes import FakeClock, FakePlatform, FakeSignals

WORKER = Address("rugmunch", "production", "worker")


def calm(address: Address = WORKER) -> Observation:
    return an_observation(status=a_service(address=address))


class Watch:
    """A poller in a world where time passes only by waiting, without jitter."""

    def __init__(self, *addresses: Address) -> None:
        self.clock = FakeClock()
        self.platform = FakePlatform(an_observation(), calm())
        self.signals = FakeSignals()
        self.store = FleetStore()
        self.held: dict[Address, Hold] = {}
        self.journal_fails = False
        self.poller = EnvironmentPoller(
            self.platform,
            self.signals,
            addresses or (ADDRESS, WORKER),
            self.store,
            self.clock,
            self._holds,
            chance=lambda: 0.0,
        )

    def run(self, seconds: float) -> None:
        """Let the loop run for that long."""
        stop = Event()
        self.clock.at(self.clock.monotonic() + seconds, stop.set)
        self.poller.run(stop)

    @property
    def picture(self) -> EnvironmentPicture:
        return self.store.snapshot.environments["rugmunch/production"]

    def row(self, address: Address = ADDRESS) -> ServicePicture:
        found = self.store.snapshot.find(address)
        assert found is not None
        return found

    def problem(self) -> str:
        return self.picture.problem.message if self.picture.problem else ""

    def _holds(self) -> Mapping[Address, Hold]:
        if self.journal_fails:
            raise JournalError("the journal cannot be read")
        return self.held


def test_before_the_first_reading_every_service_is_there_and_unknown() -> None:
    """The screen has its rows at once, none of them claimed to be well."""
    watch = Watch()
    assert [row.address for row in watch.picture.services] == [ADDRESS, WORKER]
    assert {row.state for row in watch.picture.services} == {ServiceState.UNKNOWN}
    assert watch.picture.as_of is None


def test_one_pass_reads_everything_once() -> None:
    """Status, identity, versions and figures of every service."""
    watch = Watch()
    watch.signals.known[ADDRESS] = some_figures()
    watch.poller.read_once()
    row = watch.row()
    assert row.state is ServiceState.STEADY
    assert row.version == a_release().version
    assert row.as_of == NOW
    assert row.figures == some_figures()
    assert row.deployed_at == ago(3 * 86400)
    assert watch.row(WORKER).figures is None
    assert watch.picture.identity == watch.platform.who
    assert watch.picture.as_of == NOW
    assert watch.picture.problem is None


def test_calm_services_are_read_in_the_batch_every_fifteen_seconds() -> None:
    """Never in full; figures and all tasks once a minute, versions once in ten."""
    watch = Watch()
    watch.run(119)
    assert watch.platform.count("services") == 8
    assert watch.platform.count("observe") == 0
    assert watch.platform.count("running_tasks") == 2
    assert watch.platform.count("versions") == 1
    assert watch.platform.count("identity") == 1
    assert len(watch.signals.asked) == 2


def test_a_service_in_motion_is_read_in_full_every_two_and_a_half_seconds() -> None:
    """The calm one beside it is not."""
    watch = Watch()
    watch.platform.put(a_rolling_observation())
    watch.run(9.9)
    assert watch.row().state is ServiceState.ROLLING
    assert watch.platform.count("observe", ADDRESS) == 4
    assert watch.platform.count("observe", WORKER) == 0
    assert watch.platform.count("services") == 1


def test_the_focused_service_is_read_as_fast_and_first() -> None:
    """Until another one is."""
    watch = Watch()
    watch.run(1)
    watch.poller.focus(WORKER)
    watch.run(10)
    assert watch.platform.count("observe", WORKER) == 4
    watch.poller.focus(None)
    watch.run(14)
    assert watch.platform.count("observe", WORKER) == 4


def test_a_new_primary_deployment_is_read_in_full_at_the_next_batch() -> None:
    """The version on screen is that of what is PRIMARY now, never the one before."""
    watch = Watch()
    watch.run(1)
    status = replace(a_service(), deployments=(a_new_deployment(state="COMPLETED", running=2),))
    watch.platform.statuses[ADDRESS] = status
    watch.platform.fail("observe", EndpointError("no answer"), times=None, address=ADDRESS)
    watch.run(15)
    assert watch.row().deployed_at == ago(360)
    assert watch.row().release is None
    watch.platform.recover()
    watch.platform.put(a_rolling_observation(status=status))
    watch.run(15)
    release = watch.row().release
    assert release is not None
    assert release.version.label == "v1.4.3"


def test_an_event_is_reason_enough_to_look() -> None:
    """A task that died and was replaced between two readings leaves nothing else; that the service
    is steady still is no news."""
    watch = Watch()
    watch.run(1)
    watch.platform.put(an_observation(status=a_service(events=(an_event(),))))
    watch.run(15)
    assert watch.platform.count("observe", ADDRESS) == 0
    started = an_event("(service rugmunch-api) has started 1 tasks: (task 1f).", id="2")
    watch.platform.put(an_observation(status=a_service(events=(started,))))
    watch.run(15)
    assert watch.platform.count("observe", ADDRESS) == 1


def test_what_is_held_is_told_and_forgotten() -> None:
    """The journal is asked again and again."""
    watch = Watch()
    watch.held[ADDRESS] = a_hold()
    watch.run(44)
    assert watch.row().hold == a_hold()
    assert watch.row(WORKER).hold is None
    watch.held.clear()
    watch.run(16)
    assert watch.row().hold is None


def test_what_is_held_is_read_again_as_soon_as_an_operation_has_ended() -> None:
    """A restore, a deploy or a release has ended the hold: nobody is told of the old one for seconds."""
    watch = Watch()
    watch.held[ADDRESS] = a_hold()
    watch.run(44)
    watch.held.clear()
    watch.poller.operation_ended(ADDRESS)
    watch.run(0)
    assert watch.row().hold is None


def test_when_reading_fails_the_services_stay_and_only_grow_older() -> None:
    """The problem says since when; it is tried again after 2, 4, 8 and then every 15 seconds."""
    watch = Watch()
    watch.run(1)
    watch.platform.fail("services", EndpointError("nobody answers", "check the network"), times=None)
    watch.run(59)
    assert watch.platform.count("services") == 1 + 7, "at 15, 17, 21, 29, 37, 45 and 53"
    assert watch.row().as_of == NOW
    assert watch.row().state is ServiceState.STEADY
    problem = watch.picture.problem
    assert problem is not None
    assert (problem.title, problem.message, problem.remedy) == (
        "endpoint",
        "nobody answers",
        "check the network",
    )
    assert problem.since == NOW + timedelta(seconds=15)
    watch.platform.recover()
    watch.run(15)
    assert watch.picture.problem is None
    assert watch.picture.as_of is not None
    assert watch.picture.as_of > NOW + timedelta(seconds=60)


def test_a_request_does_not_wait_for_the_next_try() -> None:
    """``ctrl+r`` while the console backs off."""
    watch = Watch()
    watch.platform.fail("services", EndpointError("nobody answers"), times=4)
    watch.run(20)
    assert watch.problem() == "nobody answers"
    before = watch.platform.count("services")
    watch.clock.at(watch.clock.monotonic() + 1, watch.poller.request_now)
    watch.run(2)
    assert watch.platform.count("services") == before + 1
    assert watch.problem() == ""


def test_a_service_that_cannot_be_read_in_full_hides_no_other() -> None:
    """It keeps its status; the problem names it, backs off, and ends with the first success."""
    watch = Watch()
    watch.platform.put(a_rolling_observation())
    watch.platform.fail("observe", ThrottledError("ECS asks for fewer calls"), times=2, address=ADDRESS)
    watch.run(1)
    assert watch.row().state is ServiceState.ROLLING
    assert watch.row().observation is None
    assert watch.row(WORKER).version == a_release().version
    assert watch.problem() == "ECS asks for fewer calls"
    watch.run(4)
    assert watch.platform.count("observe", ADDRESS) == 2
    watch.run(2)
    assert watch.problem() == ""
    assert watch.row().observation == a_rolling_observation()


def test_an_unknown_service_hides_no_other_and_all_unknown_ones_are_named() -> None:
    """The batch fails whole, so each is asked for by itself."""
    gone, lost = Address("rugmunch", "production", "gone"), Address("rugmunch", "production", "lost")
    watch = Watch(ADDRESS, gone, lost)
    unknown = UnknownServiceError("cluster rugmunch-production has no service x", "correct the configuration")
    watch.platform.fail("services", unknown, times=None)
    watch.run(16)
    assert watch.row().state is ServiceState.STEADY
    assert watch.row(gone).state is ServiceState.UNKNOWN
    assert watch.row(gone).status is None
    assert str(gone) in watch.problem()
    assert str(lost) in watch.problem()
    assert watch.platform.count("services") == 2, "a standing mistake is not retried like an outage"
    watch.platform.recover()
    for address in (gone, lost):
        watch.platform.put(calm(address))
    watch.run(15)
    assert watch.problem() == ""


_MISSING = MissingServiceError(
    "cluster rugmunch-production has no service rugmunch-api",
    "it is deleted, or misnamed in the configuration",
    cluster="rugmunch-production",
    service="rugmunch-api",
)


def _delete(watch: Watch, error: MissingServiceError = _MISSING) -> None:
    for method in ("services", "status", "observe"):
        watch.platform.fail(method, error, times=None, address=None if method == "services" else ADDRESS)


@pytest.mark.parametrize("focused", [False, True])
def test_a_service_that_ecs_lists_no_more_is_deleted_since_a_reading_and_no_problem(focused: bool) -> None:
    """It was there: nobody misnamed it. Its row stays fresh, and nothing is retried like an outage."""
    watch = Watch()
    if focused:
        watch.poller.focus(ADDRESS)
    watch.run(1)
    _delete(watch)
    watch.run(60)
    row = watch.row()
    assert row.state is ServiceState.DELETED
    assert row.status is not None
    assert (row.status.status, row.status.running, row.status.desired) == ("INACTIVE", 0, 0)
    assert row.deletion is not None
    assert row.deletion.ago(row.deletion.seen_at + timedelta(minutes=3)) == "3 min ago"
    assert row.as_of is not None
    assert row.as_of > row.deletion.seen_at, "it is still read"
    assert watch.problem() == ""
    assert watch.row(WORKER).state is ServiceState.STEADY


def test_a_service_goes_with_its_cluster_and_comes_back_when_it_is_created_again() -> None:
    """What else was deleted is said; there again it is as steady as before."""
    watch = Watch()
    watch.run(1)
    _delete(watch, MissingServiceError("there is no cluster", cluster="rugmunch-production"))
    watch.run(30)
    assert watch.row().state is ServiceState.DELETED
    assert "cluster rugmunch-production deleted too" in watch.row().diagnosis.line
    watch.platform.recover()
    watch.run(60)
    assert (watch.row().state, watch.row().deletion) == (ServiceState.STEADY, None)


def test_a_lost_read_deletes_nothing_and_neither_does_another_account() -> None:
    """Only ECS's own answer does, and only in the account where the service is ours."""
    watch = Watch()
    watch.run(1)
    for method in ("services", "status", "observe"):
        watch.platform.fail(method, EndpointError("nobody answers"), times=None)
    watch.run(60)
    assert (watch.row().state, watch.row().deletion) == (ServiceState.STEADY, None)
    elsewhere = MissingServiceError("no service", cluster="another", service="rugmunch-api")
    watch.platform.recover()
    _delete(watch, elsewhere)
    watch.run(60)
    assert watch.row().state is ServiceState.UNKNOWN


def test_a_deleted_service_keeps_no_way_back_and_nothing_of_it_moves() -> None:
    """ECS may list its last deployments for a while: they are no rollout, and lead nowhere."""
    board = Board(an_environment(), [ADDRESS])
    board.observed(a_rolling_observation(), NOW)
    status = board.row(ADDRESS).status
    assert status is not None
    assert status.progress is not None
    proof = WayBack(NOW, "v1.4.1", 107.0, proven=True, serving=serving_key(board.row(ADDRESS)))
    board.proved(ADDRESS, proof)
    assert board.row(ADDRESS).way_back is not None
    board.read([replace(status, status="DRAINING")], NOW)
    row = board.row(ADDRESS)
    assert (row.state, row.way_back) == (ServiceState.DELETING, None)
    assert row.status is not None
    assert row.status.progress is None
    assert service_facts(row, FakeClock())["rollout"] is None


def test_a_service_found_deleted_at_the_first_reading_has_no_time_of_it() -> None:
    """Nothing tells when it was: no age is made up."""
    watch = Watch()
    watch.platform.put(a_service(status="INACTIVE", desired=0, running=0, deployments=()))
    watch.run(1)
    deletion = watch.row().deletion
    assert watch.row().state is ServiceState.DELETED
    assert deletion is not None
    assert (deletion.there_at, deletion.ago(watch.clock.now())) == (None, "")


def test_without_figures_the_rest_is_read_and_the_old_ones_stay_with_their_age() -> None:
    """A role without CloudWatch still watches; what fails is said last."""
    watch = Watch()
    watch.signals.known[ADDRESS] = some_figures()
    watch.run(1)
    watch.signals.fail("figures", PermissionDeniedError("cloudwatch:GetMetricData is denied"), times=None)
    watch.run(60)
    assert watch.row().figures == some_figures()
    assert watch.problem() == "cloudwatch:GetMetricData is denied"
    watch.platform.fail("services", EndpointError("nobody answers"), times=None)
    watch.run(15)
    assert watch.problem() == "nobody answers"


def test_a_journal_that_fails_leaves_the_holds_as_they_were() -> None:
    """Nothing is unheld by a full disk."""
    watch = Watch()
    watch.held[ADDRESS] = a_hold()
    watch.run(1)
    watch.journal_fails = True
    watch.held.clear()
    watch.run(16)
    assert watch.row().hold == a_hold()
    assert watch.problem() == "the journal cannot be read"


def test_a_bug_is_shown_and_does_not_end_the_watch() -> None:
    """One service's answer that nobody foresaw; the loop backs off and goes on."""
    watch = Watch()
    watch.platform.fail("observe", KeyError("taskArn"), times=3, address=ADDRESS)
    watch.poller.focus(ADDRESS)
    watch.run(1)
    problem = watch.picture.problem
    assert problem is not None
    assert (problem.title, problem.message) == ("bug", "KeyError: 'taskArn'")
    assert watch.row(WORKER).version == a_release().version
    watch.run(20)
    assert watch.picture.problem is None
    assert watch.platform.count("observe", ADDRESS) >= 4


def test_many_services_in_trouble_share_what_one_pass_may_ask() -> None:
    """Six a pass, those that wait longest first; the batch then keeps every status fresh."""
    addresses = tuple(Address("rugmunch", "production", f"s{number}") for number in range(15))
    watch = Watch(*addresses)
    watch.platform.statuses.clear()
    for address in addresses:
        watch.platform.put(an_observation(status=a_service(address=address, running=1)))
    watch.run(10)
    looks = [watch.platform.count("observe", address) for address in addresses]
    assert min(looks) >= 1
    assert max(looks) - min(looks) <= 1
    assert watch.platform.count("services") <= 2 + 2 * 4
    assert min(row.as_of for row in watch.picture.services if row.as_of) >= NOW + timedelta(seconds=7)
    assert {row.state for row in watch.picture.services} == {ServiceState.WARNING}


def test_a_stopped_loop_ends_without_another_reading() -> None:
    """Within half a second."""
    watch = Watch()
    watch.run(1)
    before = len(watch.platform.calls)
    stop = Event()
    stop.set()
    watch.poller.run(stop)
    assert len(watch.platform.calls) == before
    assert max(watch.clock.waits) <= 0.5


def test_a_stall_of_five_seconds_is_over_when_it_is_over() -> None:
    """Nothing is lost but the time: five seconds later every age is that of its reading again."""
    watch = Watch()
    watch.run(14)
    read = watch.platform.services
    stalled: list[bool] = []

    def stall(addresses: Sequence[Address] | None = None) -> tuple[ServiceStatus, ...]:
        if not stalled:
            stalled.append(True)
            watch.clock.advance(5)
        return read(addresses)

    watch.platform.services = stall  # type: ignore[method-assign]
    watch.run(10)
    assert stalled
    assert watch.problem() == ""
    assert watch.picture.as_of is not None
    assert watch.clock.now() - watch.picture.as_of <= timedelta(seconds=10)


def test_of_a_denied_batch_each_service_is_asked_for_alone() -> None:
    """Who may read one may not be allowed to read its neighbour."""
    watch = Watch()
    watch.platform.fail("services", PermissionDeniedError("ecs:DescribeServices is denied"), times=None)
    watch.run(1)
    assert watch.row(ADDRESS).state is ServiceState.STEADY
    assert watch.row(WORKER).state is ServiceState.STEADY
    assert watch.platform.count("status") == 2


def test_when_the_next_reading_is_due_is_known_without_a_look_at_calm_services(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It is asked twice a second and after every turn: of hundreds only those in trouble count."""
    fleet = [Address("rugmunch", "production", f"s{number:03}") for number in range(200)]
    troubled = set(fleet[:3])
    watch = Watch(*fleet)
    statuses = [a_service(address=item, running=1 if item in troubled else 2) for item in fleet]
    watch.platform = FakePlatform(*(an_observation(status=item) for item in statuses))
    watch.poller = EnvironmentPoller(
        watch.platform, watch.signals, fleet, watch.store, watch.clock, dict, chance=lambda: 0.0
    )
    watch.run(30)
    looked: set[Address] = set()
    row = Board.row

    def noted(board: Board, address: Address) -> ServicePicture:
        looked.add(address)
        return row(board, address)

    monkeypatch.setattr(Board, "row", noted)
    watch.run(2)
    assert looked == troubled


def test_a_release_without_a_name_is_asked_for_again_until_it_has_one() -> None:
    """ECS resolves images when the first task starts: after 15 s, then less and less often, never not."""
    watch = Watch()
    watch.platform = FakePlatform(a_service(), a_service(address=WORKER))
    watch.poller = EnvironmentPoller(
        watch.platform, watch.signals, (ADDRESS, WORKER), watch.store, watch.clock, dict, chance=lambda: 0.0
    )
    watch.run(14)
    assert watch.platform.count("versions") == 1
    watch.run(2)
    assert watch.platform.count("versions") == 2
    assert watch.row().version is None
    watch.run(3600)
    assert 30 <= watch.platform.count("versions") <= 40
    watch.platform.known[a_release().id or ""] = a_release()
    watch.run(121)
    assert watch.row().version == a_release().version
