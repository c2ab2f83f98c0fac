"""Zones and Spot: spread at placement, balance after the steady state, tasks that are taken back."""

from typing import Any

import pytest

from console.sandbox.ecs import spot
from tests.unit.sandbox_world import Stage


def zones(stage: Stage) -> list[str]:
    """Last letters of the zones of the tasks that are alive, sorted."""
    return sorted(task.zone[-1] for task in stage.service.tasks.values() if task.is_alive)


def said(stage: Stage, text: str) -> list[str]:
    return [message for _, message in stage.log() if text in message]


def healthy(stage: Stage) -> int:
    return sum(task.is_healthy for task in stage.service.present.values())


def after_an_outage(**settings: Any) -> Stage:
    """Four tasks, all in zone b, for zone a was lost and is back."""
    stage = Stage(desired=4, **settings)
    stage.update(availabilityZoneRebalancing="ENABLED")
    stage.account.conditions.set("zone-lost", zone="us-east-1a")
    stage.wait(70)
    stage.account.conditions.clear("zone-lost")
    assert zones(stage) == ["b"] * 4
    return stage


def test_tasks_are_placed_where_the_fewest_are() -> None:
    """An even number comes to run in equal parts."""
    stage = Stage(desired=4)
    assert zones(stage) == ["a", "a", "b", "b"]
    stage.update(desiredCount=6)
    stage.wait(120)
    assert zones(stage) == ["a", "a", "a", "b", "b", "b"]


def test_a_steady_service_is_balanced_again_without_ever_lacking_a_task() -> None:
    """Start before stop, one at a time; events name zones and counts; no deployment is made."""
    stage = after_an_outage()
    stage.wait(30)
    least = 4
    for _ in range(900):
        stage.wait(1)
        least = min(least, healthy(stage))
        assert sum(task.is_alive for task in stage.service.present.values()) <= 8
    assert least == 4
    assert zones(stage) == ["a", "a", "b", "b"]
    assert said(stage, "is not AZ balanced with 0 tasks in us-east-1a, 4 tasks in us-east-1b.")
    assert len(said(stage, "has started 1 tasks in us-east-1a to AZ Rebalance: (task ")) == 2
    assert len(said(stage, "has stopped 1 running tasks in us-east-1b due to AZ rebalancing")) == 2
    assert said(stage, "is AZ balanced with 2 tasks in us-east-1a, 2 tasks in us-east-1b.")
    moved = [
        task for task in stage.service.tasks.values() if task.stopped_reason.startswith("Availability-zone")
    ]
    assert moved[0].stopped_reason.endswith(f"initiated by (deployment {stage.service.primary.id})")
    assert len(stage.service.service_deployments) == 1


@pytest.mark.parametrize("maximum", [100, 200])
def test_what_must_not_be_rebalanced_stays_where_it_is(maximum: int) -> None:
    """A service that may run no task too many, and one that has it switched off."""
    stage = after_an_outage(maximum=maximum, minimum=50)
    if maximum == 200:
        stage.update(availabilityZoneRebalancing="DISABLED")
    stage.wait(1800)
    assert zones(stage) == ["b"] * 4
    assert said(stage, "Rebalanc") == []


def test_a_deployment_ends_the_rebalancing() -> None:
    """What was to be moved is replaced by the rollout; steady again, the zones are looked at anew."""
    stage = after_an_outage()
    while not said(stage, "AZ Rebalancing in progress"):
        stage.wait(1)
    stage.deploy("good")
    stage.wait(10)
    assert said(stage, "stopped AZ Rebalancing.")
    stage.until_over()
    assert stage.rollout()["status"] == "SUCCESSFUL"
    stage.wait(1200)
    assert zones(stage) == ["a", "a", "b", "b"]


def test_protected_tasks_are_not_moved() -> None:
    """The event says why; once the protection is over a later look balances them."""
    stage = after_an_outage()
    stage.wait(60)
    tasks = [task.arn for task in stage.service.tasks.values() if task.is_alive]
    stage.call("UpdateTaskProtection", cluster="main", tasks=tasks, protectionEnabled=True)
    stage.wait(600)
    assert zones(stage) == ["b"] * 4
    assert said(stage, "was unable to AZ Rebalance because")


def on_spot(base: int = 0) -> Stage:
    """Four tasks: ``base`` on demand, the others on Spot."""
    stage = Stage(desired=4)
    strategy = [
        {"capacityProvider": "FARGATE", "base": base, "weight": 0},
        {"capacityProvider": "FARGATE_SPOT", "weight": 1},
    ]
    stage.update(capacityProviderStrategy=strategy, forceNewDeployment=True)
    stage.until_over()
    return stage


def test_a_strategy_fills_the_base_and_then_goes_by_weight() -> None:
    """One on demand, three on Spot; the service names the strategy instead of a launch type."""
    stage = on_spot(base=1)
    chosen = sorted(task.capacity_provider for task in stage.service.tasks.values() if task.is_alive)
    assert chosen == ["FARGATE", "FARGATE_SPOT", "FARGATE_SPOT", "FARGATE_SPOT"]
    picture = stage.describe()
    assert "launchType" not in picture
    assert picture["capacityProviderStrategy"][0]["base"] == 1


def test_interrupted_spot_tasks_are_replaced_on_spot() -> None:
    """SpotInterruption with its reason and 143; a replacement each, and no failed deployment."""
    stage = on_spot()
    taken = spot.interrupt(stage.account, stage.service, 2)
    stage.wait(300)
    assert [(task.stop_code, task.stopped_reason) for task in taken] == [
        ("SpotInterruption", "Your Spot Task was interrupted.")
    ] * 2
    assert [task.containers[0].exit_code for task in taken] == [143, 143]
    alive = [task for task in stage.service.tasks.values() if task.is_alive]
    assert [task.capacity_provider for task in alive] == ["FARGATE_SPOT"] * 4
    assert stage.service.primary.failed_tasks == 0


def test_without_spot_capacity_nothing_on_demand_takes_its_place() -> None:
    """The service lacks the task until Spot has room again."""
    stage = on_spot()
    stage.account.conditions.set("spot-scarce")
    spot.interrupt(stage.account, stage.service, 1)
    stage.wait(300)
    assert stage.describe()["runningCount"] == 3
    assert said(stage, "was unable to place a task. Reason: Capacity is unavailable")
    stage.account.conditions.clear("spot-scarce")
    stage.wait(1800)
    assert stage.describe()["runningCount"] == 4


@pytest.mark.parametrize(
    "params",
    [
        {"capacityProviderStrategy": [{"capacityProvider": "nobody", "weight": 1}]},
        {"capacityProviderStrategy": [{"capacityProvider": "FARGATE_SPOT", "weight": 0}]},
    ],
)
def test_strategies_that_place_nothing_are_refused(params: dict[str, Any]) -> None:
    """Unknown providers, and no weight above 0."""
    stage = Stage()
    assert (
        stage.refusal("UpdateService", cluster="main", service="api", **params) == "InvalidParameterException"
    )
