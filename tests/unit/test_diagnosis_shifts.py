"""Rollouts that shift traffic: state and line from their stage, with much known and with little."""

from dataclasses import replace
from typing import Any

import pytest

from console.diagnosis import diagnose
from console.diagnosis.judgement import WIDTH
from console.domain.fleet import Diagnosis
from console.domain.rollout import CODE_DEPLOY, AlarmWatch, Deployment, Hook, RolloutStatus
from console.domain.service import ServiceState, ServiceStatus
from console.domain.text import cell_width
from tests.builders import (
    NEW_DEPLOYMENT,
    NEW_RELEASE,
    NEW_ROLLOUT,
    NOW,
    OLD_DEPLOYMENT,
    OLD_RELEASE,
    a_deployment,
    a_new_deployment,
    a_new_rollout,
    a_picture,
    a_rolling_observation,
    a_rolling_service,
    ago,
    some_figures,
)

_UP = (a_new_deployment(running=2, pending=0), a_deployment(status="ACTIVE"))
_GREEN_UP = "green is up, 2 of 2 tasks"


def status_of(deployments: tuple[Deployment, ...] = _UP, **changes: Any) -> ServiceStatus:
    return a_rolling_service(**({"deployments": deployments, "strategy": "CANARY", "running": 4} | changes))


def shifting(stage: str, share: float | None, **changes: Any) -> Diagnosis:
    """What is made of a canary in that stage, with that much of the production traffic."""
    settings: dict[str, Any] = {
        "strategy": "CANARY",
        "stage": stage,
        "weights": {} if share is None else {NEW_RELEASE: share, OLD_RELEASE: 100 - share},
        "step_percent": 10.0,
        "step_bake_s": 900.0,
        "bake_s": 600.0,
        "updated_at": ago(190),
    }
    deployments = changes.pop("deployments", _UP)
    figures = changes.pop("figures", None)
    status = status_of(deployments)
    observation = a_rolling_observation(status=status, rollout=a_new_rollout(**(settings | changes)))
    return diagnose(status, observation, figures, NOW)


_SHIFT, _PRE_SHIFT = "PRODUCTION_TRAFFIC_SHIFT", "PRE_PRODUCTION_TRAFFIC_SHIFT"
_STAGES = [
    ("PRE_SCALE_UP", 0.0, "green starts next · green at 0 %", ServiceState.ROLLING),
    ("POST_SCALE_UP", None, "green is up, no traffic yet", ServiceState.ROLLING),
    ("TEST_TRAFFIC_SHIFT", 0.0, "test traffic moves to green · green at 0 %", ServiceState.ROLLING),
    ("PRE_PRODUCTION_TRAFFIC_SHIFT", 10.0, "green at 10 %", ServiceState.CANARY),
    (
        "PRODUCTION_TRAFFIC_SHIFT",
        12.5,
        "green at 12.5 % for 3 of 15 min · 100 % at 03:24",
        ServiceState.CANARY,
    ),
    ("PRODUCTION_TRAFFIC_SHIFT", 100.0, "green at 100 %", ServiceState.ROLLING),
    ("PRODUCTION_TRAFFIC_SHIFT", None, "production traffic moves to green", ServiceState.ROLLING),
    ("BAKE_TIME", 100.0, "baking 3 of 10 min · green at 100 %", ServiceState.ROLLING),
    ("CLEAN_UP", 100.0, "blue leaves: 2 tasks left · green at 100 %", ServiceState.ROLLING),
    ("SOMETHING_NEW", 40.0, "something new · green at 40 %", ServiceState.CANARY),
]


@pytest.mark.parametrize(("stage", "share", "words", "state"), _STAGES)
def test_every_stage_has_its_words(stage: str, share: float | None, words: str, state: ServiceState) -> None:
    """Canary while both share the traffic; a stage that ECS adds later keeps its own words."""
    found = shifting(stage, share)
    assert (found.line, found.state) == (f"{words} · breaker 0 of 3", state)


def test_a_linear_step_tells_the_next_one_and_an_unknown_beginning_tells_nothing() -> None:
    """Without the time of the last change there is nothing to count from."""
    found = shifting("PRODUCTION_TRAFFIC_SHIFT", 95.0, strategy="LINEAR")
    assert "100 % at 03:24" in found.line
    found = shifting("PRODUCTION_TRAFFIC_SHIFT", 10.0, updated_at=None)
    assert found.line == "green at 10 % · breaker 0 of 3"


def a_pause(**changes: Any) -> Hook:
    default = Hook(
        "ecs-pause-1", "POST_TEST_TRAFFIC_SHIFT", "AWAITING_ACTION", "PAUSE", ago(-2480), "ROLLBACK"
    )
    return replace(default, **changes)


@pytest.mark.parametrize(
    ("changes", "share", "words"),
    [
        ({}, 0.0, "after the test traffic · expires in 41 min, then ECS rolls back · green at 0 %"),
        ({"on_timeout": "CONTINUE"}, None, "after the test traffic · expires in 41 min, then it goes on"),
        ({"expires_at": None}, None, "after the test traffic"),
        ({"expires_at": ago(1)}, None, "after the test traffic · its time is up, then ECS rolls back"),
        (
            {"stage": _PRE_SHIFT, "expires_at": None},
            0.0,
            "before the production traffic · green at 0 %",
        ),
        (
            {"stage": _PRE_SHIFT, "expires_at": None},
            30.0,
            "before the next step · green at 30 %",
        ),
    ],
)
def test_a_pause_says_where_until_when_and_what_then(
    changes: dict[str, Any], share: float | None, words: str
) -> None:
    """PAUSED is trouble: somebody has to act."""
    hook = a_pause(**changes)
    found = shifting(hook.stage, share, hooks=(hook,))
    assert (found.line, found.state) == (f"waits for a decision {words}", ServiceState.PAUSED)
    assert found.remedy


def test_a_hook_that_runs_or_a_pause_on_the_way_back_is_nobodys_turn() -> None:
    """Only what waits for a person pauses."""
    function = a_pause(status="IN_PROGRESS", kind="AWS_LAMBDA")
    assert shifting("POST_TEST_TRAFFIC_SHIFT", 0.0, hooks=(function,)).state is ServiceState.ROLLING
    back = shifting("SCALE_UP", 10.0, hooks=(a_pause(),), status=RolloutStatus.ROLLBACK_IN_PROGRESS)
    assert back.state is ServiceState.ROLLING_BACK
    assert "10 % still on the new one" in back.line


def test_errors_outweigh_a_pause_and_stand_within_the_line() -> None:
    """A release that fails is not waiting politely; smaller ones are said beside the share."""
    assert shifting("BAKE_TIME", 100.0, figures=some_figures(errors=600)).state is ServiceState.FAILING
    paused = shifting("BAKE_TIME", 100.0, hooks=(a_pause(),), figures=some_figures(errors=600))
    assert paused.state is ServiceState.FAILING
    mild = shifting("PRODUCTION_TRAFFIC_SHIFT", 10.0, figures=some_figures(errors=20))
    assert mild.state is ServiceState.CANARY
    assert "errors" in mild.line and mild.line.startswith("green at 10 %")


def test_alarms_are_named_and_so_is_that_nobody_watches_them() -> None:
    """One in ALARM at the start disables the watch (ECS developer guide, deployment-alarm-failure)."""
    rang = AlarmWatch("TRIGGERED", ("errors-high", "p99-high"), ("errors-high",))
    assert "alarm errors-high triggered" in shifting("BAKE_TIME", 100.0, alarms=rang).line
    unwatched = AlarmWatch("DISABLED", ("errors-high",))
    assert "its alarms are not watched" in shifting("BAKE_TIME", 100.0, alarms=unwatched).line
    back = shifting(
        "SCALE_UP",
        0.0,
        alarms=rang,
        status=RolloutStatus.ROLLBACK_IN_PROGRESS,
        rollback_reason="Service deployment rolled back because of alarm.",
    )
    assert "alarm errors-high went off" in back.line


def test_a_long_line_keeps_its_width() -> None:
    """Whatever the alarms are called."""
    rang = AlarmWatch("TRIGGERED", ("x" * 90,), ("x" * 90,))
    assert cell_width(shifting("BAKE_TIME", 100.0, alarms=rang).line) <= WIDTH


@pytest.mark.parametrize(
    ("stage", "changed_s", "hooks", "state"),
    [
        ("BAKE_TIME", 580.0, (), ServiceState.ROLLING),
        ("BAKE_TIME", 3000.0, (), ServiceState.STUCK),
        ("POST_TEST_TRAFFIC_SHIFT", 7200.0, (a_pause(status="IN_PROGRESS"),), ServiceState.ROLLING),
        ("SCALE_UP", 7200.0, (), ServiceState.STUCK),
    ],
)
def test_what_lasts_on_purpose_is_not_stuck(
    stage: str, changed_s: float, hooks: tuple[Hook, ...], state: ServiceState
) -> None:
    """A bake may last a day; tasks that do not start, and a bake that does not end, are another thing."""
    long_ago = ago(7200)
    green = a_new_deployment(running=2, pending=0, created_at=long_ago)
    found = shifting(
        stage,
        100.0,
        updated_at=ago(changed_s),
        hooks=hooks,
        created_at=long_ago,
        started_at=long_ago,
        deployments=(green, a_deployment(status="ACTIVE")),
    )
    assert found.state is state


def test_by_its_status_alone_a_shift_claims_no_stage_and_no_share() -> None:
    """Counts are all that there is; an observation of another deployment tells nothing either."""
    status = status_of()
    found = diagnose(status, None, None, NOW)
    assert (found.state, found.line) == (ServiceState.ROLLING, f"{_GREEN_UP} · its stage is not known")
    starting = diagnose(status_of((a_new_deployment(), _UP[1])), None, None, NOW)
    assert starting.line == "green starts: 1 of 2 tasks"
    newer = status_of((replace(_UP[0], id="ecs-svc/77"), _UP[1]), rollout_id="another")
    rollout = a_new_rollout(strategy="CANARY", weights={NEW_RELEASE: 10.0})
    observation = a_rolling_observation(status=status, rollout=rollout)
    assert diagnose(newer, observation, None, NOW).state is ServiceState.ROLLING
    assert a_picture(status=newer, observation=observation).traffic_share is None
    assert a_picture(status=status, observation=observation).traffic_share == 10.0


def test_a_rolling_deployment_under_alarms_bakes_once_the_old_tasks_are_gone() -> None:
    """Since when, ECS does not tell; so it is not said."""
    status = a_rolling_service(running=2, pending=0, deployments=(a_new_deployment(running=2, pending=0),))
    rollout = a_new_rollout(alarms=AlarmWatch("MONITORING", ("errors-high",)), bake_s=600.0)
    found = diagnose(status, a_rolling_observation(status=status, rollout=rollout), None, NOW)
    assert found.line == "2 of 2 tasks on v1.4.3 · baking for 10 min · breaker 0 of 3"


def test_a_deployment_over_another_that_had_not_ended_is_noticed() -> None:
    """Somebody shipped while something was being shipped: the older one still says IN_PROGRESS."""
    overtaken = a_deployment(status="ACTIVE", state="IN_PROGRESS", created_at=ago(600))
    found = diagnose(a_rolling_service(deployments=(a_new_deployment(), overtaken)), None, None, NOW)
    assert found.line.endswith(" · replaced a deployment that had not ended")
    assert "replaced" not in diagnose(a_rolling_service(), None, None, NOW).line


def sets(*deployments: Deployment) -> ServiceStatus:
    return a_rolling_service(deployments=deployments, controller=CODE_DEPLOY, strategy=CODE_DEPLOY)


_BLUE = a_deployment()
_GREEN = a_new_deployment(status="ACTIVE", state="COMPLETED", running=2, pending=0)


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (sets(replace(_GREEN, running=1, state="IN_PROGRESS"), _BLUE), "green starts, 1 of 2 tasks"),
        (sets(_GREEN, _BLUE), f"{_GREEN_UP}, blue still is PRIMARY"),
        (
            sets(replace(_GREEN, status="PRIMARY"), replace(_BLUE, status="ACTIVE")),
            "green is PRIMARY, blue is kept",
        ),
        (
            sets(replace(_GREEN, status="PRIMARY"), replace(_BLUE, status="DRAINING", desired=0)),
            "draining, 2 tasks left",
        ),
    ],
)
def test_task_sets_alone_tell_what_is_proven(status: ServiceStatus, words: str) -> None:
    """Whether traffic moves, only CodeDeploy knows."""
    found = diagnose(status, None, None, NOW)
    assert (found.state, found.line) == (ServiceState.ROLLING, f"blue/green by CodeDeploy: {words}")


def test_one_task_set_at_its_size_is_steady() -> None:
    """Nothing is under way."""
    assert diagnose(sets(_BLUE), None, None, NOW).state is ServiceState.STEADY


@pytest.mark.parametrize(
    ("changes", "state", "words"),
    [
        ({"stage": "Install"}, ServiceState.ROLLING, "green becomes healthy · green at 0 %"),
        (
            {"stage": "AllowTraffic", "weights": {NEW_DEPLOYMENT: 10.0, OLD_DEPLOYMENT: 90.0}},
            ServiceState.CANARY,
            "shifting, green at 10 %",
        ),
        (
            {"stage": "TERMINATION_WAIT", "weights": {NEW_DEPLOYMENT: 100.0}, "bake_s": 300.0},
            ServiceState.ROLLING,
            "blue is kept for 5 min · green at 100 %",
        ),
    ],
)
def test_what_codedeploy_tells_is_said(changes: dict[str, Any], state: ServiceState, words: str) -> None:
    """By its lifecycle events and the weights of the task sets."""
    found = _by_codedeploy(**changes)
    assert (found.state, found.line) == (state, f"blue/green by CodeDeploy: {words}")


def test_codedeploy_that_is_ready_waits_for_somebody() -> None:
    """Until its wait is over; then it stops or goes on, as it is configured."""
    hook = Hook("d-1", "READY_WAIT", "AWAITING_ACTION", CODE_DEPLOY, ago(-1200), "STOP")
    found = _by_codedeploy(stage="READY_WAIT", hooks=(hook,))
    assert found.state is ServiceState.PAUSED
    assert found.line.startswith(
        "waits for a decision before CodeDeploy moves the traffic · expires in 20 min, then CodeDeploy stops"
    )


def _by_codedeploy(**changes: Any) -> Diagnosis:
    status = sets(_GREEN, _BLUE)
    settings: dict[str, Any] = {
        "id": NEW_ROLLOUT,
        "strategy": CODE_DEPLOY,
        "target": NEW_DEPLOYMENT,
        "sources": (OLD_DEPLOYMENT,),
        "weights": {NEW_DEPLOYMENT: 0.0, OLD_DEPLOYMENT: 100.0},
        "breaker": None,
    }
    observation = a_rolling_observation(status=status, rollout=a_new_rollout(**(settings | changes)))
    return diagnose(status, observation, None, NOW)
