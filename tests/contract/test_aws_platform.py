"""The adapters on the sandbox: real boto3 over real HTTP, console and world on one clock."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from console.aws.connect import Connection, connect
from console.config.settings import EnvironmentSettings
from console.domain.address import Address
from console.domain.operation import Accepted, CheckState, Mechanism, Order
from console.domain.release import Release
from console.domain.rollout import RolloutStatus
from console.domain.service import Observation
from console.errors import (
    CredentialsError,
    EndpointError,
    OutcomeUnknownError,
    PermissionDeniedError,
    ReadOnlyError,
    RejectedError,
    ThrottledError,
    UnknownServiceError,
    UnknownVersionError,
)
from console.ports import LogSource, Platform, SignalSource
from tests.contract.conftest import SandboxFactory
from tests.contract.shared_world import API, MARKET, STAGING, WORKER, SharedWorld, open_world
from tests.fakes import FakeClock


@pytest.fixture
def shared(make_sandbox: SandboxFactory, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> SharedWorld:
    """Both fleets at speed 1 on a clock moved by hand."""
    clock = FakeClock()
    sandbox = make_sandbox("rugmunch", "fairtradeworker", clock=clock)
    return open_world(sandbox, clock, monkeypatch, tmp_path)


def platform_of(shared: SharedWorld, address: Address) -> Platform:
    return shared.connections[address.place].platform


def live_release(observation: Observation) -> Release:
    release = observation.primary_release
    assert release is not None
    return release


def deploy_order(shared: SharedWorld, address: Address, version: str) -> tuple[Order, Release]:
    """An order as a plan would make it: everything read, nothing sent."""
    platform = platform_of(shared, address)
    live = live_release(platform.observe(address))
    target = platform.candidate(address, live, version)
    assert live.definition is not None
    order = Order(
        address=address,
        mechanism=Mechanism.UPDATE_SERVICE,
        basis=platform.basis(address),
        base_definition=live.definition,
        images=target.digests,
        release=None,
    )
    return order, target


def sent(shared: SharedWorld, operation: str) -> Accepted:
    """A bad deploy past the console is stopped half way: what the answer to the stop was."""
    shared.begin(STAGING, operation)
    shared.wait(20)
    platform = platform_of(shared, STAGING)
    basis = platform.basis(STAGING)
    return platform.act(Order(STAGING, Mechanism.STOP_SERVICE_DEPLOYMENT, basis, basis.definition, {}, None))


def test_every_environment_answers_as_the_account_that_is_configured(shared: SharedWorld) -> None:
    """Each fleet has an account of its own, chosen by the profile's access key."""
    for connection in shared.connections.values():
        environment = connection.settings.environment
        assert connection.platform.identity().account == environment.account
        addresses = {status.address for status in connection.platform.services()}
        assert addresses == {item.address for item in connection.settings.services.values()}


@pytest.mark.parametrize("address", [API, WORKER, STAGING, MARKET])
def test_a_service_is_observed_with_nothing_missing(shared: SharedWorld, address: Address) -> None:
    """And its parts agree: tasks run the digests of the releases that their deployments ship."""
    seen = platform_of(shared, address).observe(address)
    assert seen.missing == {}
    assert seen.status == platform_of(shared, address).status(address)
    running = [task for task in seen.tasks if task.status == "RUNNING"]
    assert running
    for task in running:
        release = seen.release_of(task.deployment)
        assert release is not None
        assert {item.name: item.digest for item in task.containers} == release.digests
    addresses = {task.ip for task in seen.tasks if not task.is_stopped}
    assert all(target.ip in addresses for target in seen.targets if target.state == "healthy")


def test_a_rollout_under_way_shows_old_and_new_apart(shared: SharedWorld) -> None:
    """The bad version is PRIMARY, the good one is still there, and they differ by digest alone."""
    seen = platform_of(shared, MARKET).observe(MARKET)
    assert seen.rollout is not None
    assert seen.rollout.status is RolloutStatus.IN_PROGRESS
    new, old = (seen.release_of(item.id) for item in seen.status.deployments)
    assert new is not None
    assert old is not None
    assert new.id == seen.rollout.target
    assert old.id in seen.rollout.sources
    assert new.digest != old.digest
    assert new.configuration == old.configuration


def test_history_goes_back_weeks_and_every_release_is_known(shared: SharedWorld) -> None:
    """Newest first, with one that ECS rolled back, to what had run before it."""
    platform = platform_of(shared, API)
    history = platform.history(API)
    assert [item.created_at for item in history] == sorted((i.created_at for i in history), reverse=True)
    assert shared.clock.now() - history[-1].created_at > timedelta(days=14)
    (undone,) = (item for item in history if item.status is RolloutStatus.ROLLBACK_SUCCESSFUL)
    releases = platform.releases(API, [item.target for item in history])
    assert set(releases) == {item.target for item in history}
    assert undone.left_serving in undone.sources


def test_a_second_look_reads_nothing_that_cannot_have_changed(shared: SharedWorld) -> None:
    """Revisions, definitions and the finished rollout were read, and nothing has stopped; four calls
    remain."""
    platform = platform_of(shared, API)
    platform.observe(API)
    before = shared.sandbox.control("GET", "calls")[1]
    platform.observe(API)
    after = shared.sandbox.control("GET", "calls")[1]
    made = {name: count - before.get(name, 0) for name, count in after.items() if name in before}
    assert {name: count for name, count in made.items() if count} == {
        "ecs.DescribeServices": 1,
        "ecs.ListTasks": 1,
        "ecs.DescribeTasks": 1,
        "elbv2.DescribeTargetHealth": 1,
    }


def test_an_order_is_one_compare_one_register_and_one_write(shared: SharedWorld) -> None:
    """Everything else was read while planning."""
    platform = platform_of(shared, API)
    order, _ = deploy_order(shared, API, "good")
    before = shared.sandbox.control("GET", "calls")[1]
    assert platform.basis(API) == order.basis
    accepted = platform.act(platform.prepare(order))
    after = shared.sandbox.control("GET", "calls")[1]
    made = {name: count - before.get(name, 0) for name, count in after.items()}
    assert {name: count for name, count in made.items() if count} == {
        "ecs.DescribeServices": 1,
        "ecs.RegisterTaskDefinition": 1,
        "ecs.UpdateService": 1,
    }
    primary = platform.status(API).primary
    assert primary is not None
    assert accepted.deployment == primary.id


def test_what_runs_after_a_deploy_is_what_was_planned(shared: SharedWorld) -> None:
    """Same digests, same configuration: the pinned copy has the fingerprint of its original."""
    platform = platform_of(shared, API)
    order, target = deploy_order(shared, API, "good")
    platform.act(platform.prepare(order))
    shared.wait_until(lambda: not platform.status(API).in_motion, 900)
    now = live_release(platform.observe(API))
    assert now.same_as(target)
    assert now.version.label == target.version.label
    assert now.definition != order.base_definition


def test_a_rollback_to_a_pinned_definition_registers_nothing(shared: SharedWorld) -> None:
    """It names exactly those digests already."""
    platform = platform_of(shared, API)
    order, _ = deploy_order(shared, API, "good")
    pinned = platform.prepare(order)
    platform.act(pinned)
    registered = shared.calls("ecs.RegisterTaskDefinition")
    assert pinned.definition is not None
    again = platform.prepare(replace(order, base_definition=pinned.definition))
    assert again.definition == pinned.definition
    assert shared.calls("ecs.RegisterTaskDefinition") == registered


def test_a_lost_answer_is_looked_up_and_found(shared: SharedWorld) -> None:
    """Carried out, answer lost: sent once."""
    platform = platform_of(shared, API)
    order, _ = deploy_order(shared, API, "good")
    order = platform.prepare(order)
    shared.sandbox.fault("ecs.UpdateService", "reset", "after")
    with pytest.raises(OutcomeUnknownError):
        platform.act(order)
    found = platform.find(order, shared.clock.now())
    assert found is not None
    assert found.found_out
    primary = platform.status(API).primary
    assert primary is not None
    assert found.deployment == primary.id
    assert shared.calls("ecs.UpdateService") == 1


def test_an_order_that_never_arrived_is_not_found(shared: SharedWorld) -> None:
    """Nobody can tell at once; the look-up can."""
    platform = platform_of(shared, API)
    order, _ = deploy_order(shared, API, "good")
    order = platform.prepare(order)
    shared.sandbox.fault("ecs.UpdateService", "reset", "before")
    with pytest.raises(OutcomeUnknownError):
        platform.act(order)
    assert platform.find(order, shared.clock.now()) is None
    assert platform.basis(API) == order.basis


def test_a_deployment_in_flight_is_stopped_and_goes_back(shared: SharedWorld) -> None:
    """StopServiceDeployment with ROLLBACK; the same service deployment carries it to its end."""
    accepted = sent(shared, "crash")
    platform = platform_of(shared, STAGING)
    seen = platform.observe(STAGING)
    assert seen.rollout is not None
    assert accepted.rollout == seen.rollout.id
    assert seen.rollout.status.is_going_back
    shared.wait_until(lambda: not platform.status(STAGING).in_motion, 900)
    over = platform.observe(STAGING).rollout
    assert over is not None
    assert over.status is RolloutStatus.ROLLBACK_SUCCESSFUL
    assert over.went_back_to in over.sources


def test_stopping_what_is_over_is_refused(shared: SharedWorld) -> None:
    """Certainly nothing was carried out."""
    platform = platform_of(shared, API)
    basis = platform.basis(API)
    order = Order(API, Mechanism.STOP_SERVICE_DEPLOYMENT, basis, basis.definition, {}, None)
    with pytest.raises(RejectedError):
        platform.act(order)
    assert platform.find(order, shared.clock.now()) is None


def test_settings_of_the_service_come_back_with_a_rollback(shared: SharedWorld) -> None:
    """A deploy that also moved the service to other subnets is undone whole."""
    platform = platform_of(shared, API)
    before = live_release(platform.observe(API))
    service = shared.settings.service(API)
    ecs = shared.sandbox.client("ecs", API.system)
    live = ecs.describe_services(cluster=service.cluster, services=[service.service])["services"][0]
    network = live["networkConfiguration"]["awsvpcConfiguration"]
    moved = {"awsvpcConfiguration": {**network, "subnets": network["subnets"][:1]}}
    ecs.update_service(cluster=service.cluster, service=service.service, networkConfiguration=moved)
    shared.wait_until(lambda: not platform.status(API).in_motion, 900)
    now = live_release(platform.observe(API))
    assert now.digests == before.digests
    assert now.configuration != before.configuration

    assert before.definition is not None
    order = Order(
        address=API,
        mechanism=Mechanism.UPDATE_SERVICE,
        basis=platform.basis(API),
        base_definition=before.definition,
        images=before.digests,
        release=before.id,
    )
    platform.act(platform.prepare(order))
    shared.wait_until(lambda: not platform.status(API).in_motion, 900)
    assert live_release(platform.observe(API)).same_as(before)


def test_preflight_proves_what_it_can(shared: SharedWorld) -> None:
    """All green for what can run, but for what its scan has found and the backup that runs at that hour;
    a missing permission and another platform are named."""
    platform = platform_of(shared, API)
    live = live_release(platform.observe(API))
    status = platform.status(API)
    checks = platform.preflight(API, live, status)
    doubtful = {item.name: item.evidence for item in checks if item.state is not CheckState.PASS}
    assert doubtful == {
        "scan": "1 critical, 3 high",
        "database": "backup window 03:00-04:00 UTC: now",
    }
    shared.sandbox.account("rugmunch").allowed = ("ecs:Describe*",)
    (denied,) = (item for item in platform.preflight(API, live, status) if item.name == "permission")
    assert denied.state is CheckState.FAIL
    assert "ecs:UpdateService" in denied.evidence
    shared.sandbox.account("rugmunch").allowed = ("*",)
    other = platform.candidate(API, live, "arm64")
    failed = [item.name for item in platform.preflight(API, other, status) if item.state is CheckState.FAIL]
    assert failed == ["platform"]


def test_a_permission_that_cannot_be_asked_for_is_amber_never_green(shared: SharedWorld) -> None:
    """IAM itself may be forbidden."""
    platform = platform_of(shared, API)
    live = live_release(platform.observe(API))
    shared.sandbox.fault("iam.SimulatePrincipalPolicy", "AccessDeniedException")
    checks = platform.preflight(API, live, platform.status(API))
    (permission,) = (item for item in checks if item.name == "permission")
    assert permission.state is CheckState.UNKNOWN


def test_a_version_that_nobody_pushed_is_unknown(shared: SharedWorld) -> None:
    """One clear line with the repository."""
    platform = platform_of(shared, API)
    live = live_release(platform.observe(API))
    with pytest.raises(UnknownVersionError, match=r"rugmunch-api holds no image v9\.9\.9"):
        platform.candidate(API, live, "v9.9.9")


def test_a_service_or_cluster_that_is_not_there_is_named(shared: SharedWorld) -> None:
    """With the account in which it was looked for."""
    settings = shared.settings.environments["rugmunch/production"]
    api = settings.services["api"]
    for wrong in (replace(api, service="nowhere"), replace(api, cluster="nowhere")):
        platform = one(shared, replace(settings, services={"api": wrong})).platform
        with pytest.raises(UnknownServiceError, match="nowhere"):
            platform.services()


def one(shared: SharedWorld, settings: EnvironmentSettings) -> Connection:
    """A connection with other settings."""
    environments = {"rugmunch/production": settings}
    return connect(replace(shared.settings, environments=environments), shared.clock)["rugmunch/production"]


@pytest.mark.parametrize(
    ("fault", "expected", "words"),
    [
        ("ExpiredTokenException", CredentialsError, "profile rugmunch"),
        ("AccessDeniedException", PermissionDeniedError, "ecs:DescribeServices"),
        ("ThrottlingException", ThrottledError, "ecs:DescribeServices"),
        ("reset", EndpointError, "127.0.0.1"),
    ],
)
def test_a_read_that_goes_on_failing_says_why(
    shared: SharedWorld, fault: str, expected: type[Exception], words: str
) -> None:
    """Each in its own words, with the way to mend it."""
    shared.sandbox.fault("ecs.DescribeServices", fault, count=20)
    with pytest.raises(expected, match=words):
        platform_of(shared, API).status(API)


@pytest.mark.parametrize("fault", ["ThrottlingException", "reset"])
def test_a_read_gets_over_a_passing_failure(shared: SharedWorld, fault: str) -> None:
    """Two failures, then the answer."""
    shared.sandbox.fault("ecs.DescribeServices", fault, count=2)
    assert platform_of(shared, API).status(API).desired == 2
    assert shared.calls("ecs.DescribeServices") == 3


def test_a_throttled_write_is_not_repeated(shared: SharedWorld) -> None:
    """It was certainly not carried out; the operator decides."""
    platform = platform_of(shared, API)
    order, _ = deploy_order(shared, API, "good")
    order = platform.prepare(order)
    shared.sandbox.fault("ecs.UpdateService", "ThrottlingException")
    with pytest.raises(ThrottledError):
        platform.act(order)
    assert shared.calls("ecs.UpdateService") == 1
    assert platform.basis(API) == order.basis


def test_a_read_only_environment_sends_no_write(shared: SharedWorld) -> None:
    """Counted at the sandbox: not one."""
    settings = shared.settings.environments["rugmunch/production"]
    guarded = replace(settings, environment=replace(settings.environment, read_only=True))
    platform = one(shared, guarded).platform
    order, _ = deploy_order(shared, API, "good")
    platform.observe(API)
    with pytest.raises(ReadOnlyError):
        platform.prepare(order)
    with pytest.raises(ReadOnlyError):
        platform.act(replace(order, definition=order.base_definition))
    with pytest.raises(ReadOnlyError):
        platform.act(replace(order, mechanism=Mechanism.STOP_SERVICE_DEPLOYMENT))
    calls = shared.sandbox.control("GET", "calls")[1]
    assert not {"ecs.UpdateService", "ecs.RegisterTaskDefinition", "ecs.StopServiceDeployment"} & set(calls)


def test_keys_that_aws_does_not_know_are_a_matter_of_credentials(shared: SharedWorld) -> None:
    """For every protocol: JSON and query."""
    file = shared.settings.aws_credentials_file
    assert file is not None
    file.write_text(file.read_text().replace("AKIASANDBOX", "AKIANOBODYX"))
    connection = connect(shared.settings, shared.clock)["rugmunch/production"]
    with pytest.raises(CredentialsError, match="profile rugmunch"):
        connection.platform.services()
    with pytest.raises(CredentialsError, match="profile rugmunch"):
        connection.platform.identity()


def test_figures_come_for_what_stands_behind_a_load_balancer(shared: SharedWorld) -> None:
    """Complete minutes of the last six; the worker has none."""
    signals: SignalSource = shared.connections["rugmunch/production"].signals
    figures = signals.figures([API, WORKER])
    assert set(figures) == {API}
    found = figures[API]
    assert found.requests
    assert found.p95_s
    assert timedelta() <= shared.clock.now() - found.at <= timedelta(minutes=6)


def test_log_lines_come_from_the_tasks_of_the_service(shared: SharedWorld) -> None:
    """The newest, oldest first, each with its task."""
    logs: LogSource = shared.connections["rugmunch/production"].logs
    since = shared.clock.now() - timedelta(minutes=10)
    lines = logs.tail(API, since, 50)
    assert len(lines) == 50
    assert [line.at for line in lines] == sorted(line.at for line in lines)
    known = {task.id for task in platform_of(shared, API).observe(API).tasks}
    assert {line.task for line in lines} <= known
    assert lines[0].at >= since
    assert logs.tail(API, since, 10) == lines[-10:]
