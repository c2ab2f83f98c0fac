"""The state of a service, and the line that says why."""

from dataclasses import replace
from typing import Any

import pytest

from console.diagnosis import diagnose
from console.diagnosis.judgement import WIDTH, line
from console.domain.fleet import Basis
from console.domain.rollout import RolloutStatus
from console.domain.service import Observation, ServiceState, ServiceStatus
from console.domain.signals import Figures
from console.domain.text import cell_width
from tests.builders import (
    GROUP,
    NEW_DEPLOYMENT,
    NEW_RELEASE,
    NEW_ROLLOUT,
    NOW,
    OLD_DEPLOYMENT,
    OLD_RELEASE,
    a_breaker,
    a_deployment,
    a_new_deployment,
    a_new_rollout,
    a_rolling_observation,
    a_rolling_service,
    a_rollout,
    a_service,
    a_stopped_task,
    a_target,
    a_task,
    ago,
    an_event,
    an_observation,
    some_figures,
    task_id,
)

S = "(service rugmunch-api)"
_DEADLOCK = (
    f"{S} was unable to stop or start tasks during a deployment because of the service deployment "
    "configuration. Update the minimumHealthyPercent or maximumPercent value and try again."
)
_NO_CAPACITY = (
    f"{S} was unable to place a task. Reason: Capacity is unavailable at this time. "
    "Please try again later or in a different availability zone."
)
_NO_ROOM = (
    f"{S} was unable to place a task because no container instance met all of its requirements. "
    "The closest matching container-instance 4f2c has insufficient CPU units available."
)
_NO_SECRET = (
    f"{S} was unable to place a task. Reason: ResourceInitializationError: unable to pull secrets or "
    "registry auth: AccessDeniedException: User: x is not authorized to perform: ssm:GetParameters on y"
)
_NOT_STARTING = f"{S} is unable to consistently start tasks successfully."
_STARTED = f"{S} has started 1 tasks: (task {task_id(3)})."
_STEADY = f"{S} has reached a steady state."


def rolling(**changes: Any) -> tuple[ServiceStatus, Observation]:
    status = a_rolling_service(**changes)
    return status, a_rolling_observation(status=status)


def going_back(**changes: Any) -> tuple[ServiceStatus, Observation]:
    """The breaker tripped: the old deployment is PRIMARY again, the new one failed."""
    status = a_service(
        running=2,
        pending=1,
        deployments=(
            a_deployment(state="IN_PROGRESS", running=1, pending=1),
            a_new_deployment(
                status="ACTIVE",
                state="FAILED",
                reason=f"ECS deployment circuit breaker: rolling back to deploymentId {OLD_DEPLOYMENT}.",
            ),
        ),
        rollout_id=NEW_ROLLOUT,
    )
    rollout = a_new_rollout(
        status=RolloutStatus.ROLLBACK_IN_PROGRESS,
        breaker=a_breaker(failures=3, status="TRIGGERED"),
        went_back_to=OLD_RELEASE,
        rollback_started_at=ago(30),
        rollback_reason="Service deployment rolled back because the circuit breaker threshold was exceeded.",
    )
    observation = a_rolling_observation(status=status, rollout=rollout, **changes)
    return status, observation


def test_what_was_never_read_is_unknown() -> None:
    """Not steady, not zero."""
    assert diagnose(None, None, None).state is ServiceState.UNKNOWN


def test_a_steady_service_has_nothing_to_say() -> None:
    """No line."""
    found = diagnose(a_service(), an_observation(), some_figures())
    assert (found.state, found.line) == (ServiceState.STEADY, "")


def test_a_steady_service_is_steady_by_its_status_alone() -> None:
    """Most services are only ever read in the batch."""
    assert diagnose(a_service(events=(an_event(),)), None, None).state is ServiceState.STEADY


def test_a_rollout_says_how_far_it_is() -> None:
    """Tasks on the new version, tasks left, breaker."""
    status, observation = rolling()
    found = diagnose(status, observation, None)
    assert found.state is ServiceState.ROLLING
    assert found.line == "1 of 2 tasks on v1.4.3 · 2 on v1.4.2 · breaker 0 of 3"


def test_a_rollout_is_under_way_by_its_deployments_where_ecs_gives_it_no_state() -> None:
    """An older ECS: the new one at 0 of 1, the old one still serves. Fifteen minutes were called *steady*."""
    new = a_new_deployment(state="", running=0, pending=1, desired=1)
    both = a_rolling_service(deployments=(new, a_deployment(status="ACTIVE", state="", running=1, desired=1)))
    assert diagnose(both, None, None, NOW).state is ServiceState.ROLLING
    alone = a_service(deployments=(a_deployment(state=""),))
    assert diagnose(alone, None, None, NOW).state is ServiceState.STEADY


def test_a_rollout_is_rolling_while_the_list_still_shows_the_one_before() -> None:
    """Right after UpdateService the newest listed service deployment may be the previous one."""
    status, observation = rolling()
    observation = replace(observation, rollout=a_rollout())
    assert diagnose(status, observation, None).state is ServiceState.ROLLING
    assert diagnose(status, None, None).state is ServiceState.ROLLING


@pytest.mark.parametrize(
    ("desired", "running", "service", "state"),
    [
        (0, 2, "ACTIVE", ServiceState.DRAINING),
        (0, 0, "ACTIVE", ServiceState.DRAINED),
        (2, 1, "DRAINING", ServiceState.DELETING),
        (0, 0, "DRAINING", ServiceState.DELETING),
        (2, 0, "INACTIVE", ServiceState.DELETED),
        (0, 0, "INACTIVE", ServiceState.DELETED),
        (2, 1, "ACTIVE", ServiceState.WARNING),
        (2, 3, "ACTIVE", ServiceState.STEADY),
    ],
)
def test_counts_make_a_state(desired: int, running: int, service: str, state: ServiceState) -> None:
    """Draining while tasks are left, drained without, a warning where some are missing."""
    status = a_service(desired=desired, running=running, status=service)
    assert diagnose(status, None, None).state is state


_EVENTS = {
    "deadlock": ([_DEADLOCK], ServiceState.STUCK, "deadlock: "),
    "deadlock solved": ([_STARTED, _DEADLOCK], ServiceState.ROLLING, "1 of 2"),
    "no Fargate capacity": ([_NO_CAPACITY], ServiceState.STUCK, "no Fargate capacity"),
    "placed at last": ([_STARTED, _NO_CAPACITY], ServiceState.ROLLING, "1 of 2"),
    "no room": ([_NO_ROOM], ServiceState.STUCK, "no instance has room"),
    "secrets, told as placement": ([_NO_SECRET], ServiceState.FAILING, "secrets denied: ssm:GetParameters"),
    "not starting": ([_STARTED, _NOT_STARTING], ServiceState.FAILING, "tasks do not start"),
    "over": ([_STEADY, _NOT_STARTING], ServiceState.ROLLING, "1 of 2"),
    "alarm": (
        [f"{S} (deployment {NEW_DEPLOYMENT}) deployment failed: alarm detected."],
        ServiceState.FAILING,
        "deployment failed: alarm",
    ),
    "container check": (
        [f"{S} (task {task_id(77)}) failed container health checks."],
        ServiceState.FAILING,
        "failing container health checks",
    ),
    "target check": (
        [
            f"{S} (task {task_id(77)}) (port 80) is unhealthy in (target-group {GROUP}) due to "
            "(reason Request timed out)."
        ],
        ServiceState.FAILING,
        "failing load balancer health checks: request timed out",
    ),
}


@pytest.mark.parametrize(("messages", "state", "start"), _EVENTS.values(), ids=_EVENTS.keys())
def test_an_event_makes_a_state_until_a_later_one_takes_it_back(
    messages: list[str], state: ServiceState, start: str
) -> None:
    """Events are newest first; what ended the trouble counts from then on."""
    events = tuple(
        an_event(message, id=str(number), at=ago(20 * (number + 1)))
        for number, message in enumerate(messages)
    )
    status, observation = rolling(events=events)
    found = diagnose(status, observation, None)
    assert found.state is state
    assert found.line.startswith(start)


def test_events_of_the_rollout_before_are_not_this_ones() -> None:
    """Its deadlock was solved by replacing it."""
    status, observation = rolling(events=(an_event(_DEADLOCK, at=ago(400)),))
    assert diagnose(status, observation, None).state is ServiceState.ROLLING


def test_an_unhealthy_task_of_the_old_version_does_not_fail_the_new_one() -> None:
    """The event names the task, and the task its deployment."""
    message = f"{S} (task {task_id(1)}) failed container health checks."
    status, observation = rolling(events=(an_event(message),))
    assert diagnose(status, observation, None).state is ServiceState.ROLLING


def test_half_an_hour_without_movement_is_stuck() -> None:
    """Long is not enough: a large service that still starts tasks rolls."""
    primary = a_new_deployment(created_at=ago(2400))
    status = a_rolling_service(
        deployments=(primary, a_deployment(status="ACTIVE")), events=(an_event(_STARTED, at=ago(1500)),)
    )
    rollout = a_new_rollout(created_at=ago(2400), started_at=ago(2400))
    observation = a_rolling_observation(status=status, rollout=rollout)
    found = diagnose(status, observation, None)
    assert found.state is ServiceState.STUCK
    assert found.line == "no progress for 25 min · under way for 40 min · 1 of 2 tasks on v1.4.3"
    moving = replace(status, events=(an_event(_STARTED, at=ago(100)),))
    assert diagnose(moving, replace(observation, status=moving), None).state is ServiceState.ROLLING


def test_failures_without_a_task_to_show_for_it_are_failures() -> None:
    """ECS counts what it no longer lists."""
    rollout = a_new_rollout(breaker=a_breaker(failures=2))
    status = a_rolling_service()
    found = diagnose(status, a_rolling_observation(status=status, rollout=rollout), None)
    assert found.state is ServiceState.FAILING
    assert found.line.startswith("2 tasks failed to start or to become healthy · breaker 2 of 3")


def test_a_service_without_a_breaker_says_so_when_it_fails() -> None:
    """Nobody will stop that rollout."""
    status = a_rolling_service(breaker=False)
    rollout = a_new_rollout(breaker=a_breaker(status="DISABLED"))
    observation = a_rolling_observation(status=status, rollout=rollout, tasks=(a_stopped_task(),))
    assert diagnose(status, observation, None).line.endswith("no circuit breaker")


def test_a_first_deployment_that_failed_has_nowhere_to_go_back_to() -> None:
    """ROLLBACK_FAILED, with ECS's reason in few words."""
    primary = a_new_deployment(state="FAILED", running=0, pending=0)
    status = a_service(running=0, deployments=(primary,), rollout_id=NEW_ROLLOUT)
    rollout = a_new_rollout(
        status=RolloutStatus.ROLLBACK_FAILED, reason="No rollback candidate was found to run the rollback."
    )
    observation = an_observation(status=status, rollout=rollout, tasks=(), targets=())
    found = diagnose(status, observation, None)
    assert found.state is ServiceState.FAILING
    assert found.line.startswith("deployment failed: no earlier release to go back to")


def test_a_deployment_that_ecs_gave_up_is_failing() -> None:
    """FAILED without rollback: it starts no more tasks."""
    status = a_rolling_service(deployments=(a_new_deployment(state="FAILED"), a_deployment(status="ACTIVE")))
    assert diagnose(status, None, None).state is ServiceState.FAILING


def test_going_back_says_why_and_where_to() -> None:
    """The cause first, though its tasks belong to the version that leaves."""
    status, observation = going_back(tasks=(a_task(), a_stopped_task()))
    found = diagnose(status, observation, None)
    assert found.state is ServiceState.ROLLING_BACK
    assert found.line == (
        "container api exited with code 1 · going back to v1.4.2 · 1 of 2 tasks · 1 task died in 1 min"
    )


def test_going_back_is_seen_by_the_status_alone() -> None:
    """A failed deployment beside a PRIMARY under way."""
    status, _ = going_back()
    found = diagnose(status, None, None)
    assert found.state is ServiceState.ROLLING_BACK
    assert found.line == "the circuit breaker tripped · going back · 1 of 2 tasks"


def test_an_observation_from_before_the_turn_does_not_hide_it() -> None:
    """The batch is newer than the full reading: its rollout still went forward."""
    status, _ = going_back()
    before = a_rolling_observation(
        rollout=a_new_rollout(breaker=a_breaker(failures=3)), tasks=(a_stopped_task(),)
    )
    found = diagnose(status, before, None)
    assert found.state is ServiceState.ROLLING_BACK
    assert found.line.startswith("container api exited with code 1 · going back")


def test_a_hotfix_beside_a_failed_deployment_goes_forward() -> None:
    """It is younger than what failed."""
    hotfix = a_new_deployment(created_at=ago(30))
    failed = a_deployment(status="ACTIVE", state="FAILED", created_at=ago(360))
    status = a_rolling_service(deployments=(hotfix, failed))
    assert diagnose(status, None, None).state is ServiceState.ROLLING


def test_going_back_to_something_that_fails_too_is_failing() -> None:
    """The way back has no way back."""
    dead = a_stopped_task(deployment=OLD_DEPLOYMENT)
    status, observation = going_back(tasks=(dead,))
    found = diagnose(status, observation, None)
    assert found.state is ServiceState.FAILING
    assert "going back fails too" in found.line


def test_a_rollback_that_ended_is_steady_and_says_so_for_an_hour() -> None:
    """Whoever is paged for it finds it done already."""
    rollout = a_new_rollout(
        status=RolloutStatus.ROLLBACK_SUCCESSFUL,
        finished_at=ago(240),
        went_back_to=OLD_RELEASE,
        reason="Service deployment rolled back because the circuit breaker threshold was exceeded.",
        breaker=a_breaker(failures=3, status="TRIGGERED"),
    )
    status = a_service(rollout_id=NEW_ROLLOUT)
    dead = a_stopped_task()
    observation = an_observation(status=status, rollout=rollout, tasks=(a_task(), a_task(number=2), dead))
    found = diagnose(status, observation, None)
    assert found.state is ServiceState.STEADY
    assert found.line == "ECS rolled back to v1.4.2 4 min ago · the circuit breaker tripped"
    assert diagnose(status, observation, None, NOW.replace(hour=6)).line == ""


_FIGURES: dict[str, tuple[dict[str, Any], ServiceState, str]] = {
    "quiet": ({}, ServiceState.STEADY, ""),
    "8 %": ({"errors": 101}, ServiceState.FAILING, "errors 8.4 %, over 5 % of 1,200 requests"),
    "exactly 5 %": ({"errors": 60}, ServiceState.WARNING, "errors 5.0 %, over 1 % of 1,200 requests"),
    "2 %": ({"errors": 24}, ServiceState.WARNING, "errors 2.0 %, over 1 % of 1,200 requests"),
    "slow": ({"p95_s": 1.9}, ServiceState.WARNING, "p95 1.9 s"),
    "both": (
        {"errors": 101, "p95_s": 1.9},
        ServiceState.FAILING,
        "errors 8.4 %, over 5 % of 1,200 requests · p95 1.9 s",
    ),
    "few requests": (
        {"requests": 17, "errors": 7},
        ServiceState.WARNING,
        "errors 41 % of 17 requests: too few to judge",
    ),
    "few requests, one error": ({"requests": 17, "errors": 1}, ServiceState.STEADY, ""),
    "one more error than 1 %": ({"requests": 99, "errors": 1}, ServiceState.STEADY, ""),
    "enough requests": (
        {"requests": 50, "errors": 40},
        ServiceState.FAILING,
        "errors 80 %, over 5 % of 50 requests",
    ),
    "no data": ({"requests": None, "errors": None, "p95_s": None}, ServiceState.STEADY, ""),
    "old": ({"errors": 600, "at": ago(900)}, ServiceState.STEADY, ""),
}


@pytest.mark.parametrize(("changes", "state", "words"), _FIGURES.values(), ids=_FIGURES.keys())
def test_figures_make_a_state(changes: dict[str, Any], state: ServiceState, words: str) -> None:
    """Over 5 % of at least 50 requests fails; over 1 %, or a p95 over a second, warns."""
    figures: Figures = some_figures(**changes)
    found = diagnose(a_service(), an_observation(), figures)
    assert (found.state, found.line) == (state, words)


def test_an_unhealthy_target_warns_once_its_grace_is_over() -> None:
    """Before, the load balancer is right to find it unhealthy, and nobody is served by it."""
    targets = (
        a_target(number=1, state="unhealthy", description="Health checks failed with these codes: [500]"),
    )
    status = a_service(grace_s=60)
    late = an_observation(status=status, targets=targets)
    found = diagnose(status, late, None)
    assert (found.state, found.line) == (ServiceState.WARNING, "1 target unhealthy: answers 500")
    young = an_observation(status=status, targets=targets, tasks=(a_task(number=1, started_at=ago(50)),))
    found = diagnose(status, young, None)
    assert (found.state, found.line) == (ServiceState.WARNING, "0 of 2 targets healthy · 1 unhealthy")


def test_an_unhealthy_target_of_no_task_that_is_known_warns_all_the_same() -> None:
    """An instance is the target of tasks whose own address is unknown, and there may be more healthy
    targets than tasks; one may be that of a task which has only just started."""
    targets = (
        a_target(ip="i-0a", port=32768),
        a_target(ip="i-0b", port=32769),
        a_target(ip="i-0c", port=32770, state="unhealthy", description="Request timed out"),
    )
    status = a_service(grace_s=60)
    tasks = (a_task(number=1, ip=""), a_task(number=2, ip=""))
    found = diagnose(status, an_observation(status=status, targets=targets, tasks=tasks), None)
    assert (found.state, found.line) == (ServiceState.WARNING, "1 target unhealthy: request timed out")
    young = (tasks[0], a_task(number=2, ip="", started_at=ago(50)))
    found = diagnose(status, an_observation(status=status, targets=targets, tasks=young), None)
    assert found.state is ServiceState.STEADY
    unread = an_observation(status=status, targets=targets, tasks=(), missing={"tasks": "denied"})
    assert diagnose(status, unread, None).line == "1 target unhealthy: request timed out"


@pytest.mark.parametrize("part", ["targets", "tasks", "rollout"])
def test_what_decides_and_could_not_be_read_is_unknown_not_steady(part: str) -> None:
    """With the reason; what was read and is bad says more, and a look of long ago says nothing of now."""
    why = "profile oncall may not elasticloadbalancing:DescribeTargetHealth"
    seen = an_observation(missing={part: why}, **{part: None if part == "rollout" else ()})
    found = diagnose(seen.status, seen, None)
    assert (found.state, found.line) == (ServiceState.UNKNOWN, f"{part} could not be read: {why}")
    assert found.basis is Basis.COUNTS
    assert found.remedy
    bad = diagnose(seen.status, seen, some_figures(errors=200))
    assert bad.state is not ServiceState.UNKNOWN
    assert bad.line.startswith("errors")
    old = replace(seen, at=ago(600))
    assert diagnose(seen.status, old, None, NOW).basis is Basis.COUNTS


def test_what_does_not_decide_and_could_not_be_read_is_said_beside_the_state() -> None:
    """Rules, timing and releases: the targets that were read are healthy all the same."""
    seen = an_observation(missing={"routes": "throttled"})
    found = diagnose(seen.status, seen, None)
    assert (found.state, found.line) == (
        ServiceState.STEADY,
        "listener rules could not be read: throttled",
    )
    assert found.basis is Basis.READ


def test_targets_that_nobody_read_lately_leave_only_what_ecs_counts() -> None:
    """Never looked at, or too long ago; without target groups there is nothing else to read."""
    seen = an_observation()
    assert diagnose(seen.status, seen, None).basis is Basis.READ
    assert diagnose(seen.status, None, None, NOW).basis is Basis.COUNTS
    assert diagnose(seen.status, replace(seen, at=ago(121)), None, NOW).basis is Basis.COUNTS
    assert diagnose(a_service(target_groups=()), None, None, NOW).basis is Basis.READ


def test_a_service_is_not_steady_while_a_target_has_still_to_pass_its_checks() -> None:
    """The task that was started runs, and is counted as running, before anybody may be served by it."""
    status = a_service(desired=3, running=3, deployments=(a_deployment(desired=3, running=3),))
    tasks = tuple(a_task(number=number) for number in (1, 2, 3))
    targets = (a_target(number=1), a_target(number=2), a_target(number=3, state="initial"))
    found = diagnose(status, an_observation(status=status, tasks=tasks, targets=targets), None)
    assert (found.state, found.line) == (ServiceState.WARNING, "2 of 3 targets healthy · 1 initial")

    found = diagnose(status, an_observation(status=status, tasks=tasks, targets=targets[:2]), None)
    assert (found.state, found.line) == (ServiceState.WARNING, "2 of 3 targets healthy · 1 not registered")

    whole = (*targets[:2], a_target(number=3))
    seen = an_observation(status=status, tasks=tasks, targets=whole)
    assert diagnose(status, seen, None).state is ServiceState.STEADY


def test_a_worker_is_not_steady_while_a_task_has_still_to_pass_its_checks() -> None:
    """No load balancer tells: its own check does, and without one the time since it runs."""
    status = a_service(target_groups=())
    young = a_task(number=2, health="UNKNOWN", started_at=ago(39))
    seen = an_observation(status=status, targets=(), tasks=(a_task(number=1), young))
    found = diagnose(status, seen, None)
    assert (found.state, found.line) == (ServiceState.WARNING, "1 of 2 tasks healthy · 1 starting")

    for later in (replace(young, health="HEALTHY"), replace(young, started_at=ago(40))):
        seen = an_observation(status=status, targets=(), tasks=(a_task(number=1), later))
        assert diagnose(status, seen, None).state is ServiceState.STEADY


def test_a_line_keeps_whole_facts_and_never_grows_over_its_width() -> None:
    """Later facts go first; only a first fact that is too long by itself is cut."""
    assert line("a", "", "b") == "a · b"
    assert line("cause", "x" * WIDTH, "small") == "cause · small"
    assert cell_width(line("y" * 200, "fact")) == WIDTH
    assert line("y" * 200).endswith("…")


def test_releases_unknown_leave_the_version_unnamed() -> None:
    """A part that could not be read is missing, not guessed."""
    status, observation = rolling()
    found = diagnose(status, replace(observation, releases={}, missing={"releases": "denied"}), None)
    assert found.line.startswith("1 of 2 tasks on the new version")
    assert NEW_RELEASE not in found.line
