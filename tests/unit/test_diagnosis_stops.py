"""What a stopped task says that it died of."""

import pytest

from console.diagnosis import diagnose
from console.diagnosis.stops import death_of
from console.domain.service import ServiceState
from console.domain.tasks import Container, Task
from tests.builders import (
    ACCOUNT,
    GROUP,
    NEW_DEPLOYMENT,
    NOW,
    OLD_DEPLOYMENT,
    REGISTRY,
    a_container,
    a_deployment,
    a_new_deployment,
    a_new_rollout,
    a_rolling_observation,
    a_rolling_service,
    a_stopped_task,
    a_task,
    ago,
    an_event,
    an_observation,
)

_PULL = "CannotPullContainerError: "
_INIT = "ResourceInitializationError: unable to pull secrets or registry auth: "
_ROLE = f"User: arn:aws:sts::{ACCOUNT}:assumed-role/api-execution/42 is not authorized to perform: "
_SECRET = f"arn:aws:secretsmanager:us-east-1:{ACCOUNT}:secret:prod/database-AbCdEf"

NEVER_STARTED = {
    "tag missing": (
        f"{_PULL}pull image manifest has been retried 1 time(s): failed to resolve ref "
        f"{REGISTRY}/rugmunch-api:v9.9.9: {REGISTRY}/rugmunch-api:v9.9.9: not found",
        "image not found: rugmunch-api:v9.9.9",
    ),
    "digest missing": (
        f"{_PULL}failed to resolve ref {REGISTRY}/rugmunch-api@sha256:{'4b7e' * 16}: not found",
        "image not found: rugmunch-api@sha256:4b7e4b7e",
    ),
    "pull denied": (
        f"{_PULL}failed to resolve ref {REGISTRY}/rugmunch-api:v1: unexpected status: 403 denied",
        "image pull denied: rugmunch-api:v1",
    ),
    "registry far": (
        f"{_PULL}failed to do request: Head https://{REGISTRY}/v2/: dial tcp 10.0.0.9:443: i/o timeout",
        "registry unreachable",
    ),
    "hub limit": (
        f"{_PULL}httpReadSeeker: failed open: 429 toomanyrequests: pull rate limit",
        "image pull refused: the registry limits pulls",
    ),
    "disk full": (
        f"{_PULL}failed to extract: write: no space left on device",
        "image pull failed: disk full",
    ),
    "secret denied": (
        f"{_INIT}execution resource retrieval failed: unable to retrieve secret from asm: "
        f"AccessDeniedException: {_ROLE}secretsmanager:GetSecretValue on resource: {_SECRET} because …",
        "secrets denied: secretsmanager:GetSecretValue",
    ),
    "secret gone": (
        f"{_INIT}unable to retrieve secret from asm: ResourceNotFoundException: "
        f"Secrets Manager can't find the specified secret {_SECRET}: status code: 400",
        "secret not found: prod/database",
    ),
    "secret far": (
        f"{_INIT}unable to retrieve secret from asm: RequestError: dial tcp 52.94.1.1:443: i/o timeout",
        "secrets unreachable: no network path",
    ),
    "log group": (
        "ResourceInitializationError: failed to validate logger args: create stream has been retried 1 times",
        "log driver failed: log group missing or unreachable",
    ),
    "no address": (
        "Unexpected EC2 error while attempting to Create Network Interface with public IP assignment enabled",
        "no network interface: subnet out of addresses",
    ),
    "new wording": ("SomethingError: never seen before", "task failed to start"),
}


@pytest.mark.parametrize(("text", "cause"), NEVER_STARTED.values(), ids=NEVER_STARTED.keys())
def test_a_task_that_never_started_names_its_cause(text: str, cause: str) -> None:
    """The cause is told from the text, with the image, secret or permission that it names."""
    task = a_stopped_task(stop_code="TaskFailedToStart", stopped_reason=text, started_at=None, exit_code=None)
    death = death_of(task)
    assert death is not None
    assert death.cause == cause
    assert death.remedy


EXITS = {
    "application error": ((("api", 1, ""),), "container api exited with code 1"),
    "killed": ((("api", 137, ""),), "container api killed (exit 137)"),
    "segmentation fault": ((("api", 139, ""),), "container api crashed: segmentation fault (exit 139)"),
    "no command": ((("api", 127, ""),), "command of container api not found (exit 127)"),
    "sigterm": ((("api", 143, ""),), "container api ended by SIGTERM (exit 143)"),
    "the one that ended by itself": (
        (("proxy", 137, ""), ("api", 1, "")),
        "container api exited with code 1",
    ),
    "killed beside a finished helper": (
        (("migrate", 0, ""), ("api", 137, "")),
        "container api killed (exit 137)",
    ),
    "memory, wherever it stands": (
        (("proxy", 1, ""), ("api", 137, "OutOfMemoryError: Container killed due to memory usage")),
        "out of memory: container api killed (exit 137)",
    ),
}


@pytest.mark.parametrize(("containers", "cause"), EXITS.values(), ids=EXITS.keys())
def test_an_exit_code_names_the_container_that_ended_the_task(
    containers: tuple[tuple[str, int, str], ...], cause: str
) -> None:
    """137 is out of memory only where the container's reason says so."""
    task = a_stopped_task(containers=tuple(_ended(*item) for item in containers))
    death = death_of(task)
    assert death is not None
    assert death.cause == cause


def _ended(name: str, code: int, reason: str) -> Container:
    return a_container(name=name, status="STOPPED", exit_code=code, reason=reason)


ORDERED = {
    "scaling": ("ServiceSchedulerInitiated", f"Scaling activity initiated by (deployment {NEW_DEPLOYMENT})"),
    "rebalancing": (
        "ServiceSchedulerInitiated",
        f"Availability-zone rebalancing initiated by (deployment {NEW_DEPLOYMENT})",
    ),
    "a person": ("UserInitiated", "Task stopped by user"),
    "spot": ("SpotInterruption", "Your Spot Task was interrupted."),
}


@pytest.mark.parametrize(("code", "reason"), ORDERED.values(), ids=ORDERED.keys())
@pytest.mark.parametrize("exit_code", [0, 137, 143])
def test_a_stop_that_was_ordered_is_no_failure(code: str, reason: str, exit_code: int) -> None:
    """Whatever exit code the kill left."""
    assert death_of(a_stopped_task(stop_code=code, stopped_reason=reason, exit_code=exit_code)) is None


def test_a_task_that_ended_well_is_no_failure() -> None:
    """Exit 0, and SIGTERM for what was left beside it."""
    both = (_ended("api", 0, ""), _ended("proxy", 143, ""))
    assert death_of(a_stopped_task(containers=both)) is None


@pytest.mark.parametrize("exit_code", [137, 143])
def test_behind_a_failed_health_check_the_exit_code_is_only_the_kill(exit_code: int) -> None:
    """The load balancer's reason is the cause."""
    reason = f"Task failed ELB health checks in (target-group {GROUP})"
    task = a_stopped_task(stop_code="ServiceSchedulerInitiated", stopped_reason=reason, exit_code=exit_code)
    status = a_rolling_service(
        events=(
            an_event(
                f"(service rugmunch-api) (task {task.id}) (port 8080) is unhealthy in "
                f"(target-group {GROUP}) due to (reason Health checks failed with these codes: [503])."
            ),
        )
    )
    found = diagnose(status, a_rolling_observation(status=status, tasks=(task,)), None)
    assert found.state is ServiceState.FAILING
    assert found.line == (
        "failing load balancer health checks: answers 503 · 1 task died in 1 min · breaker 0 of 3"
    )


def test_out_of_memory_says_who_with_what_limit_and_how_often() -> None:
    """Cause first; then the limit, the toll and the breaker, as ECS gives them."""
    tasks = tuple(_oom(number, 140 * number) for number in range(1, 5))
    status = a_rolling_service(
        deployments=(a_new_deployment(created_at=ago(900)), a_deployment(status="ACTIVE"))
    )
    found = diagnose(status, a_rolling_observation(status=status, tasks=tasks), None)
    assert found.state is ServiceState.FAILING
    assert found.line == (
        "out of memory: container api killed (exit 137) · limit 2,048 MB · 4 tasks died in 10 min"
        " · breaker 0 of 3"
    )
    assert "memory" in found.remedy


def _oom(number: int, seconds: int) -> Task:
    container = a_container(
        status="STOPPED",
        exit_code=137,
        reason="OutOfMemoryError: Container killed due to memory usage",
        memory_mb=2048,
    )
    return a_stopped_task(number=number, containers=(container,), stopped_at=ago(seconds))


def test_the_cause_of_most_deaths_is_told_not_the_newest() -> None:
    """One odd exit does not hide what the version dies of."""
    tasks = (a_stopped_task(number=9, exit_code=3, stopped_at=ago(5)), _oom(1, 60), _oom(2, 120))
    found = diagnose(a_rolling_service(), a_rolling_observation(tasks=tasks), None)
    assert found.line.startswith("out of memory")
    assert "3 tasks failed, 2 of them in" in found.line


def test_deaths_of_the_version_that_leaves_are_not_held_against_what_arrives() -> None:
    """Otherwise a hotfix would look like what it mends."""
    dying = a_stopped_task(deployment=OLD_DEPLOYMENT)
    found = diagnose(a_rolling_service(), a_rolling_observation(tasks=(dying,)), None)
    assert found.state is ServiceState.ROLLING
    assert "leaving: container api exited with code 1" in found.line


def test_a_task_that_is_being_taken_down_has_died_already() -> None:
    """Its containers have ended; STOPPED follows when the network is gone."""
    leaving = a_stopped_task(status="DEPROVISIONING", stopped_at=None)
    found = diagnose(a_rolling_service(), a_rolling_observation(tasks=(leaving,)), None)
    assert found.state is ServiceState.FAILING
    assert "1 task died" in found.line


def test_a_task_that_leaves_in_order_is_no_death() -> None:
    """Draining connections ends in SIGTERM, and that in 143."""
    leaving = a_task(
        deployment=NEW_DEPLOYMENT,
        status="DEACTIVATING",
        desired_status="STOPPED",
        stopping_at=ago(5),
        stop_code="ServiceSchedulerInitiated",
        stopped_reason=f"Scaling activity initiated by (deployment {NEW_DEPLOYMENT})",
    )
    found = diagnose(a_rolling_service(), a_rolling_observation(tasks=(leaving,)), None)
    assert found.state is ServiceState.ROLLING


def test_deaths_long_ago_are_history() -> None:
    """Ten minutes after the last one a service that has all its tasks is steady again."""
    old = a_stopped_task(deployment=OLD_DEPLOYMENT, stopped_at=ago(11 * 60))
    assert diagnose(an_observation().status, an_observation(tasks=(old,)), None).state is ServiceState.STEADY


def test_failures_that_ecs_still_counts_are_told_from_the_whole_rollout() -> None:
    """ECS waits ever longer between two starts: the last death may be long ago."""
    rollout = a_new_rollout(created_at=ago(1800))
    primary = a_new_deployment(failed=2, created_at=ago(1800))
    status = a_rolling_service(deployments=(primary, a_deployment(status="ACTIVE")))
    dead = a_stopped_task(stopped_at=ago(1200))
    found = diagnose(status, a_rolling_observation(status=status, rollout=rollout, tasks=(dead,)), None)
    assert found.state is ServiceState.FAILING
    assert "2 tasks failed, 1 of them in 20 min" in found.line


def test_one_death_that_was_replaced_is_a_warning_two_are_a_failure() -> None:
    """Of a finished rollout: its version runs as wanted but for that."""
    one = a_stopped_task(deployment=OLD_DEPLOYMENT)
    running = (a_task(number=1), a_task(number=2))
    status = an_observation().status
    once = diagnose(status, an_observation(tasks=(*running, one)), None)
    assert once.state is ServiceState.WARNING
    assert once.line.startswith("container api exited with code 1 · 1 task died")
    two = a_stopped_task(number=8, deployment=OLD_DEPLOYMENT, stopped_at=ago(200))
    twice = diagnose(status, an_observation(tasks=(*running, one, two)), None, NOW)
    assert twice.state is ServiceState.FAILING


def test_the_sentence_counts_failed_tasks_as_the_deployment_beside_it_does() -> None:
    """ECS shows one stopped task and has counted thirty-seven; the service page says *37 failed*."""
    deployment = a_new_deployment(failed=37, created_at=ago(900))
    status = a_rolling_service(deployments=(deployment, a_deployment(status="ACTIVE")))
    seen = a_rolling_observation(status=status, tasks=(a_stopped_task(),))
    assert seen.failed_of(deployment) == 37
    assert "37 tasks failed, 1 of them in 1 min" in diagnose(status, seen, None).line
