"""What a picture of many services costs, counted at the sandbox over real HTTP."""

from pathlib import Path

import pytest

from console.aws.connect import connect
from console.domain.address import Address
from console.errors import CredentialsError
from console.sandbox.scenes import huge
from tests.contract.conftest import SandboxFactory
from tests.contract.shared_world import SharedWorld, open_world
from tests.fakes import FakeClock


@pytest.fixture
def shared(
    make_sandbox: SandboxFactory, fifty: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> SharedWorld:
    """50 services and 400 tasks in one cluster."""
    clock = FakeClock()
    return open_world(make_sandbox(huge.NAME, clock=clock), clock, monkeypatch, tmp_path)


def made(shared: SharedWorld, before: dict[str, int]) -> dict[str, int]:
    """The calls since then, by operation."""
    after = shared.sandbox.control("GET", "calls")[1]
    counts = {name: count - before.get(name, 0) for name, count in after.items()}
    return {name: count for name, count in counts.items() if count}


def picture(shared: SharedWorld) -> tuple[dict[str, int], dict[Address, int], dict[str, str]]:
    """Everything that the fleet shows, read once: what it cost, tasks by service, labels by release."""
    before = shared.sandbox.control("GET", "calls")[1]
    platform = shared.connections["huge/production"].platform
    statuses = platform.services()
    tasks = platform.running_tasks([status.address for status in statuses])
    ids = [d.release for status in statuses for d in status.deployments if d.release]
    labels = {key: version.label for key, version in platform.versions(ids).items()}
    return made(shared, before), {address: len(found) for address, found in tasks.items()}, labels


def test_fifty_services_and_four_hundred_tasks_cost_thirteen_calls(shared: SharedWorld) -> None:
    """And three for the versions, the first time; one per repository in ten minutes. Nothing per service."""
    cost, tasks, labels = picture(shared)
    assert len(tasks) == 50
    assert set(tasks.values()) == {8}
    assert len(labels) == 50
    assert set(labels.values()) == {"v1.1.0"}
    assert cost.pop("ecr.DescribeImages") <= 20
    assert cost == {
        "ecs.DescribeServices": 5,
        "ecs.ListTasks": 4,
        "ecs.DescribeTasks": 4,
        "ecs.DescribeServiceRevisions": 3,
    }
    cost, _, again = picture(shared)
    assert again == labels
    assert cost == {"ecs.DescribeServices": 5, "ecs.ListTasks": 4, "ecs.DescribeTasks": 4}


def test_the_next_run_reads_no_revision_again(shared: SharedWorld) -> None:
    """They never change, and were kept on disk."""
    _, _, labels = picture(shared)
    shared.connections = connect(shared.settings, shared.clock)
    cost, _, again = picture(shared)
    assert again == labels
    assert "ecs.DescribeServiceRevisions" not in cost
    assert "ecs.DescribeTaskDefinition" not in cost


def test_a_tick_of_the_service_in_focus_costs_at_most_seven_calls(shared: SharedWorld) -> None:
    """Also while it deploys: what never changes has been read."""
    address = Address("huge", "production", "s000")
    platform = shared.connections["huge/production"].platform
    shared.begin(address, "v1.2.0")
    shared.wait(20)
    platform.observe(address)
    assert platform.status(address).in_motion
    shared.wait(40)
    platform.observe(address)
    for _ in range(3):
        before = shared.sandbox.control("GET", "calls")[1]
        seen = platform.observe(address)
        assert seen.missing == {}
        assert sum(made(shared, before).values()) <= 7


def test_may_i_write_and_the_name_of_the_account(shared: SharedWorld) -> None:
    """As IAM says; a policy without the permission says no."""
    platform = shared.connections["huge/production"].platform
    assert platform.standing().may_write is True
    assert platform.standing().account_name == "huge"
    shared.sandbox.account("huge").allowed = ("ecs:Describe*",)
    assert platform.standing().may_write is False


def test_throttling_is_noted_and_an_expired_token_is_got_over(shared: SharedWorld) -> None:
    """The call after the login succeeds, without a restart."""
    platform = shared.connections["huge/production"].platform
    address = Address("huge", "production", "s001")
    shared.sandbox.fault("ecs.DescribeServices", "ThrottlingException", count=2)
    platform.status(address)
    assert platform.budget().throttled_at is not None
    shared.sandbox.fault("ecs.DescribeServices", "ExpiredTokenException")
    with pytest.raises(CredentialsError) as caught:
        platform.status(address)
    assert caught.value.remedy
    assert platform.status(address).desired == 8
