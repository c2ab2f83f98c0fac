"""*Safe* is judged from targets and executing containers, never from counts."""

from dataclasses import replace
from datetime import timedelta

from console.domain.service import Observation
from console.operations.safe import Sight, judge, needed_healthy
from tests.builders import (
    NEW_DEPLOYMENT,
    OLD_DEPLOYMENT,
    a_container,
    a_service,
    a_target,
    a_task,
    ago,
    an_observation,
)

AFTER = timedelta(seconds=40)
GOOD = frozenset({OLD_DEPLOYMENT})


def sight(observation: Observation, healthy_when_ordered: int = 2) -> Sight:
    return judge(observation, GOOD, healthy_when_ordered, AFTER)


def with_stranger(state: str) -> Observation:
    """Two good tasks, and a target of another version in the given state."""
    return an_observation(
        tasks=(a_task(number=1), a_task(number=2), a_task(number=3, deployment=NEW_DEPLOYMENT)),
        targets=(a_target(number=1), a_target(number=2), a_target(number=3, state=state)),
    )


def test_all_targets_healthy_and_of_the_target_version_is_safe() -> None:
    """Two of two."""
    found = sight(an_observation())

    assert found.safe
    assert (found.healthy, found.needed, found.bad) == (2, 2, 0)


def test_another_version_that_may_receive_requests_is_not_safe() -> None:
    """Also while initial or unhealthy: a group without healthy targets fails open."""
    for state in ("healthy", "initial", "unhealthy", "unavailable"):
        assert not sight(with_stranger(state)).safe, state


def test_connections_that_drain_are_safe_and_counted() -> None:
    """No new request reaches a draining target."""
    found = sight(with_stranger("draining"))

    assert found.safe
    assert found.draining == 1


def test_a_target_whose_task_is_not_known_counts_as_another_version() -> None:
    """What cannot be told is not good."""
    observation = an_observation(tasks=(a_task(number=1),))

    assert sight(observation).bad == 1


def test_a_stopped_task_does_not_own_an_address_any_more() -> None:
    """Addresses are used again: the stopped task of another version had the same one."""
    stranger = a_task(number=9, ip="10.0.1.1", deployment=NEW_DEPLOYMENT, status="STOPPED")
    observation = an_observation(tasks=(stranger, a_task(number=1), a_task(number=2)))

    assert sight(observation).safe


def test_what_could_not_be_read_is_never_safe() -> None:
    """Neither without targets nor without tasks."""
    observation = an_observation(targets=(), missing={"targets": "AccessDenied"})

    assert sight(observation).why == "targets could not be read"
    assert not sight(observation).safe


def test_as_many_must_be_healthy_as_were_when_it_was_ordered() -> None:
    """At least the minimum healthy count, at least one, at most desired."""
    service = a_service(desired=4, minimum_healthy_percent=50)

    assert needed_healthy(an_observation(status=service), healthy_when_ordered=0) == 2
    assert needed_healthy(an_observation(status=service), healthy_when_ordered=3) == 3
    assert needed_healthy(an_observation(status=service), healthy_when_ordered=9) == 4
    outage = a_service(desired=2, minimum_healthy_percent=0)
    assert needed_healthy(an_observation(status=outage), healthy_when_ordered=0) == 1


def test_without_a_load_balancer_every_other_container_must_have_ended() -> None:
    """DEACTIVATING and STOPPING still execute."""
    worker = a_service(target_groups=())
    leaving = a_task(number=3, deployment=NEW_DEPLOYMENT, status="STOPPING")
    tasks = (a_task(number=1), a_task(number=2))

    assert not sight(an_observation(status=worker, tasks=(*tasks, leaving))).safe
    gone = replace(leaving, status="DEPROVISIONING")
    assert sight(an_observation(status=worker, tasks=(*tasks, gone))).safe


def test_without_any_check_a_task_is_healthy_forty_seconds_after_running() -> None:
    """Not before."""
    worker = a_service(target_groups=(), desired=1)
    young = a_task(health="UNKNOWN", containers=(a_container(health="UNKNOWN"),), started_at=ago(39))

    assert not sight(an_observation(status=worker, tasks=(young,)), 1).safe
    assert sight(an_observation(status=worker, tasks=(replace(young, started_at=ago(40)),)), 1).safe


def test_a_failing_container_check_is_not_healthy_however_long_it_runs() -> None:
    """HEALTHY is what ECS says, not time."""
    worker = a_service(target_groups=(), desired=1)

    assert not sight(an_observation(status=worker, tasks=(a_task(health="UNHEALTHY"),)), 1).safe


def test_a_service_at_zero_is_safe_when_nobody_else_runs() -> None:
    """Desired 0 needs no healthy task."""
    assert sight(an_observation(status=a_service(desired=0), tasks=(), targets=()), 0).safe
