"""What holds whatever goes wrong around a service, and however often somebody looks."""

import hashlib
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from console.sandbox.ecs import spot
from tests.unit.sandbox_world import Stage

WRONGS = ("no-capacity", "spot-scarce", "subnet-full", "zone-lost", "task-quota", "checks-fail")
PARAMETERS: dict[str, dict[str, str | int]] = {
    "zone-lost": {"zone": "us-east-1a"},
    "task-quota": {"limit": 3},
    "checks-fail": {"service": "api"},
}
quick = settings(max_examples=12, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
troubles = st.lists(
    st.tuples(
        st.sampled_from([*WRONGS, "protect", "interrupt", "deploy", "run"]),
        st.integers(5, 200),
        st.integers(5, 200),
    ),
    min_size=1,
    max_size=5,
)


def act(stage: Stage, what: str) -> None:
    """One thing that happens, or begins."""
    alive = [task.arn for task in stage.service.tasks.values() if task.status == "RUNNING"]
    if what in WRONGS:
        stage.account.conditions.set(what, **PARAMETERS.get(what, {}))
    elif what == "protect" and alive:
        stage.call(
            "UpdateTaskProtection",
            cluster="main",
            tasks=alive[:1],
            protectionEnabled=True,
            expiresInMinutes=3,
        )
    elif what == "interrupt":
        spot.interrupt(stage.account, stage.service, 1)
    elif what == "deploy":
        stage.deploy("better")
    elif what == "run":
        stage.call(
            "RunTask",
            cluster="main",
            taskDefinition="api",
            launchType="FARGATE",
            networkConfiguration=stage.network,
        )


def spotted(desired: int, seed: int = 7, **bounds: Any) -> Stage:
    """The service on Spot, steady."""
    stage = Stage(desired=desired, seed=seed, **bounds)
    strategy = [{"capacityProvider": "FARGATE_SPOT", "weight": 1}]
    stage.update(
        capacityProviderStrategy=strategy, forceNewDeployment=True, availabilityZoneRebalancing="ENABLED"
    )
    stage.until_over()
    return stage


@quick
@given(
    desired=st.integers(1, 4),
    minimum=st.sampled_from([50, 100]),
    maximum=st.sampled_from([134, 200]),
    happens=troubles,
)
def test_bounds_and_counts_hold_and_all_is_well_once_nothing_is_wrong(
    desired: int, minimum: int, maximum: int, happens: list[tuple[str, int, int]]
) -> None:
    """Ceiling kept, counts add up; two hours after the last trouble the service has what it wants."""
    stage = spotted(
        desired, minimum=minimum, maximum=maximum if desired * maximum >= desired * 100 + 100 else 200
    )
    for what, lasts, pause in happens:
        act(stage, what)
        for seconds in (lasts, pause):
            for _ in range(0, seconds, 5):
                stage.wait(5, step=5)
                check_counts(stage)
            if what in WRONGS:
                stage.account.conditions.clear(what)
    for _ in range(0, 7200, 20):
        stage.wait(20, step=20)
        check_counts(stage)
    picture = stage.describe()
    assert (picture["runningCount"], picture["pendingCount"]) == (desired, 0)
    assert sum(task.is_healthy for task in stage.service.present.values()) == desired
    assert stage.service.primary.state == "COMPLETED"


def check_counts(stage: Stage) -> None:
    picture = stage.describe()
    assert picture["runningCount"] + picture["pendingCount"] <= stage.service.ceiling
    for count in ("runningCount", "pendingCount"):
        assert picture[count] == sum(item[count] for item in picture["deployments"])
    assert [item["status"] for item in picture["deployments"]].count("PRIMARY") == 1


@quick
@given(desired=st.integers(2, 5), minimum=st.sampled_from([50, 100]), protected=st.integers(0, 2))
def test_moving_and_protecting_never_go_below_the_floor(desired: int, minimum: int, protected: int) -> None:
    """A rollout after a zone came back, with some tasks protected: nothing fails, so the floor holds."""
    stage = Stage(desired=desired, minimum=minimum, maximum=200)
    stage.update(availabilityZoneRebalancing="ENABLED")
    stage.account.conditions.set("zone-lost", zone="us-east-1b")
    stage.wait(240)
    stage.account.conditions.clear("zone-lost")
    alive = [task.arn for task in stage.service.tasks.values() if task.is_alive][:protected]
    if alive:
        stage.call(
            "UpdateTaskProtection", cluster="main", tasks=alive, protectionEnabled=True, expiresInMinutes=10
        )
    for at in range(1500):
        if at == 400:
            stage.deploy("good")
        stage.wait(1)
        assert sum(task.is_healthy for task in stage.service.present.values()) >= stage.service.floor
    assert stage.rollout()["status"] == "SUCCESSFUL"


def story(step: float, seed: int = 7) -> str:
    """Events, stop reasons and exit codes of an eventful hour, watched at a rhythm."""
    stage = spotted(3, seed)
    stage.wait(10 - stage.hand.at % 10, step=1)
    for what in (
        "zone-lost",
        "run",
        "no-capacity",
        "interrupt",
        "protect",
        "deploy",
        "checks-fail",
        "task-quota",
    ):
        act(stage, what)
        stage.wait(240, step=step)
        if what in WRONGS:
            stage.account.conditions.clear(what)
        stage.wait(240, step=step)
    lines = [f"{event.at:.3f} {event.message}" for event in stage.service.events]
    for task in stage.account.ecs.tasks():
        codes = [container.exit_code for container in task.containers]
        lines.append(f"{task.id} {task.zone} {task.status} {task.stop_code} {task.stopped_reason} {codes}")
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def test_how_often_somebody_looks_changes_nothing() -> None:
    """Three rhythms, one story; another seed tells another."""
    assert story(1) == story(7) == story(240)
    assert story(7, seed=8) != story(7)


@pytest.mark.parametrize("tag", ["good", "nobody"])
def test_a_task_that_loses_its_zone_while_it_starts_is_started_elsewhere(tag: str) -> None:
    """Whatever state it is in: none is left behind, and no address stays taken."""
    stage = Stage(desired=2, breaker={"enable": False})
    stage.deploy(tag)
    stage.wait(30)
    stage.account.conditions.set("zone-lost", zone="us-east-1a")
    stage.wait(600)
    assert all(task.zone == "us-east-1b" for task in stage.service.present.values())
    assert len(stage.account.ecs.addresses) == len(stage.service.present)
