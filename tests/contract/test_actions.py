"""Every single change: sent once, looked at to its end, and found again when its answer is lost."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from console.aws.actions import KINDS
from console.domain.action import Action, ActionKind, ActionSight, ActionState
from console.domain.address import Address
from console.errors import OutcomeUnknownError, ReadOnlyError
from console.sandbox.ecs.instances import add_instance
from tests.contract.conftest import SandboxFactory
from tests.contract.shared_world import API, MARKET, WORKER, SharedWorld, open_world
from tests.fakes import FakeClock

SWAPJOY = Address("swapjoy", "production", "api")
DATABASE = "fairtradeworker-db"
NOTHING: dict[str, object] = {}
"""What is known of an action whose answer was lost."""


@dataclass(frozen=True)
class Case:
    """One kind of action against one fleet."""

    kind: ActionKind
    address: Address
    operation: str
    """The one call that changes something, as the sandbox counts it."""
    prepared: Callable[[SharedWorld], dict[str, object]]
    """Sets the scene; the action's parameters."""

    def action(self, shared: SharedWorld) -> Action:
        return Action(self.kind, self.kind.value, self.prepared(shared))


def fixed(**parameters: object) -> Callable[[SharedWorld], dict[str, object]]:
    return lambda _: dict(parameters)


def suspended(shared: SharedWorld) -> dict[str, object]:
    service = shared.settings.service(WORKER)
    shared.sandbox.client("application-autoscaling", "rugmunch").register_scalable_target(
        ServiceNamespace="ecs",
        ResourceId=f"service/{service.cluster}/{service.service}",
        ScalableDimension="ecs:service:DesiredCount",
        SuspendedState={"DynamicScalingInSuspended": True, "DynamicScalingOutSuspended": True},
    )
    return {"in": True, "out": False, "scheduled": False}


def a_task(shared: SharedWorld) -> dict[str, object]:
    tasks = shared.connections["rugmunch/production"].platform.observe(API).tasks
    return {"task": next(task.id for task in tasks if not task.is_stopped), "reason": "drained"}


def a_machine(shared: SharedWorld) -> dict[str, object]:
    account = shared.sandbox.account("rugmunch")
    made = add_instance(account, account.ecs.clusters["rugmunch-cluster"], "us-east-1a", 2048)
    return {"instance": made.arn}


def a_draining_machine(shared: SharedWorld) -> dict[str, object]:
    parameters = a_machine(shared)
    shared.sandbox.client("ecs", "rugmunch").update_container_instances_state(
        cluster="rugmunch-cluster", containerInstances=[parameters["instance"]], status="DRAINING"
    )
    return parameters


def an_errand(shared: SharedWorld) -> dict[str, object]:
    found = shared.sandbox.client("ecs", "rugmunch").describe_task_definition(
        taskDefinition="rugmunch-migration"
    )
    definition = found["taskDefinition"]["taskDefinitionArn"]
    return {"definition": definition, "container": "migration", "token": "01JD3K9QW5Z8X7V6T4S2R1P0NM-0"}


def a_snapshot(shared: SharedWorld) -> dict[str, object]:
    rds = shared.sandbox.client("rds", "fairtradeworker")
    rds.create_db_snapshot(DBInstanceIdentifier=DATABASE, DBSnapshotIdentifier="before")

    def available() -> bool:
        (found,) = rds.describe_db_snapshots(DBSnapshotIdentifier="before")["DBSnapshots"]
        return bool(found["Status"] == "available")

    shared.wait_until(available, 7200, 60)
    return {"snapshot": "before", "source": DATABASE, "database": f"{DATABASE}-restored"}


def other_groups(shared: SharedWorld) -> dict[str, object]:
    ec2 = shared.sandbox.client("ec2", "fairtradeworker")
    groups = [item["GroupId"] for item in ec2.describe_security_groups()["SecurityGroups"]]
    (database,) = shared.sandbox.client("rds", "fairtradeworker").describe_db_instances(
        DBInstanceIdentifier=DATABASE
    )["DBInstances"]
    has = {item["VpcSecurityGroupId"] for item in database["VpcSecurityGroups"]}
    return {"database": DATABASE, "security_groups": sorted({*has, next(g for g in groups if g not in has)})}


def a_pause(shared: SharedWorld) -> dict[str, object]:
    platform = shared.connections["swapjoy/production"].platform
    shared.begin(SWAPJOY, "good")

    def waits() -> bool:
        rollout = platform.observe(SWAPJOY).rollout
        return rollout is not None and rollout.waiting is not None

    shared.wait_until(waits, 1800)
    rollout = platform.observe(SWAPJOY).rollout
    assert rollout is not None
    assert rollout.waiting is not None
    return {"rollout": rollout.id, "hook": rollout.waiting.id, "action": "CONTINUE"}


def a_longer_bake(shared: SharedWorld) -> dict[str, object]:
    live = shared.connections["swapjoy/production"].platform.status(SWAPJOY).configuration
    assert live["bakeTimeInMinutes"] != 7
    return {"configuration": {**live, "bakeTimeInMinutes": 7}}


REGISTER = "application-autoscaling.RegisterScalableTarget"
STATE = "ecs.UpdateContainerInstancesState"
CASES = (
    Case(ActionKind.SET_DESIRED, WORKER, "ecs.UpdateService", fixed(desired=3)),
    Case(ActionKind.SET_LIMITS, WORKER, REGISTER, fixed(minimum=1, maximum=25)),
    Case(ActionKind.SUSPEND_SCALING, WORKER, REGISTER, fixed()),
    Case(ActionKind.RESUME_SCALING, WORKER, REGISTER, suspended),
    Case(ActionKind.STOP_TASK, API, "ecs.StopTask", a_task),
    Case(ActionKind.DRAIN_INSTANCE, WORKER, STATE, a_machine),
    Case(ActionKind.ACTIVATE_INSTANCE, WORKER, STATE, a_draining_machine),
    Case(ActionKind.RUN_TASK, API, "ecs.RunTask", an_errand),
    Case(ActionKind.SNAPSHOT, MARKET, "rds.CreateDBSnapshot", fixed(database=DATABASE, snapshot="before-it")),
    Case(ActionKind.RESTORE_DATABASE, MARKET, "rds.RestoreDBInstanceFromDBSnapshot", a_snapshot),
    Case(ActionKind.OPEN_DATABASE, MARKET, "rds.ModifyDBInstance", other_groups),
    Case(ActionKind.CONTINUE_HOOK, SWAPJOY, "ecs.ContinueServiceDeployment", a_pause),
    Case(ActionKind.SET_STRATEGY, SWAPJOY, "ecs.UpdateService", a_longer_bake),
)
every_kind = pytest.mark.parametrize("case", CASES, ids=lambda case: case.kind.value)


@pytest.fixture
def opened(
    make_sandbox: SandboxFactory, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Callable[[str], SharedWorld]:
    """One fleet at speed 1 on a clock moved by hand."""

    def make(fleet: str) -> SharedWorld:
        clock = FakeClock()
        return open_world(make_sandbox(fleet, clock=clock), clock, monkeypatch, tmp_path)

    return make


def platform_of(shared: SharedWorld, address: Address) -> Any:
    return shared.connections[address.place].platform


def followed(shared: SharedWorld, case: Case, action: Action, facts: dict[str, object]) -> ActionSight:
    """Look until it is done, for at most two hours; what was sent is listed a few seconds later."""
    platform = platform_of(shared, case.address)
    for number in range(720):
        sight: ActionSight = platform.look(case.address, action, facts)
        if sight.state is not ActionState.WAITING and (sight.state is not ActionState.ABSENT or number > 3):
            return sight
        shared.wait(10)
    return sight


def test_there_is_a_case_for_every_kind_that_aws_carries_out() -> None:
    """A new kind is held to the same."""
    assert {case.kind for case in CASES} == set(KINDS)


@every_kind
def test_an_action_is_sent_once_and_seen_to_its_end(case: Case, opened: Callable[[str], SharedWorld]) -> None:
    """No trace of it before, one call, and then looks until it is done. Another answer that is lost
    changes nothing about that."""
    shared = opened(case.address.system)
    action, platform = case.action(shared), platform_of(shared, case.address)
    before = shared.calls(case.operation)
    assert platform.look(case.address, action, NOTHING).state is ActionState.ABSENT

    facts = dict(platform.perform(case.address, action))

    sight = followed(shared, case, action, facts)
    assert sight.state is ActionState.DONE, sight
    assert followed(shared, case, action, NOTHING).state is ActionState.DONE
    assert shared.calls(case.operation) == before + 1


@every_kind
def test_an_action_whose_answer_is_lost_is_found_by_what_it_changed(
    case: Case, opened: Callable[[str], SharedWorld]
) -> None:
    """And one that never arrived leaves no trace. Neither is sent again."""
    shared = opened(case.address.system)
    action, platform = case.action(shared), platform_of(shared, case.address)
    before = shared.calls(case.operation)
    shared.sandbox.fault(case.operation, "reset")
    with pytest.raises(OutcomeUnknownError):
        platform.perform(case.address, action)
    shared.wait(30)
    assert platform.look(case.address, action, NOTHING).state is ActionState.ABSENT

    shared.sandbox.fault(case.operation, "reset", when="after")
    with pytest.raises(OutcomeUnknownError):
        platform.perform(case.address, action)

    sight = followed(shared, case, action, NOTHING)
    assert sight.state is ActionState.DONE, sight
    assert shared.calls(case.operation) == before + 2


def test_a_task_of_another_token_is_not_taken_for_ours(opened: Callable[[str], SharedWorld]) -> None:
    """Two migrations of one family, run one after the other."""
    shared = opened("rugmunch")
    platform = platform_of(shared, API)
    first = an_errand(shared)
    platform.perform(API, Action(ActionKind.RUN_TASK, "first", first))

    second = Action(ActionKind.RUN_TASK, "second", {**first, "token": "01JD3K9QW5Z8X7V6T4S2R1P0NN-0"})

    assert platform.look(API, second, NOTHING).state is ActionState.ABSENT


@every_kind
def test_nothing_is_sent_in_read_only(case: Case, opened: Callable[[str], SharedWorld]) -> None:
    """Refused in the process, whatever the screens or the engine would say: the sandbox receives nothing."""
    shared = opened(case.address.system)
    action = case.action(shared)
    before = shared.calls(case.operation)

    with pytest.raises(ReadOnlyError):
        platform_of(shared.read_only(), case.address).perform(case.address, action)

    assert shared.calls(case.operation) == before
