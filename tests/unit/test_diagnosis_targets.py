"""Steady behind a load balancer: a healthy target for every task, in every group that requests reach."""

from dataclasses import replace
from typing import Any

import pytest

from console.diagnosis import diagnose
from console.domain.fleet import Basis
from console.domain.service import Observation, ServiceState
from console.domain.tasks import Container, Target
from tests.builders import (
    GROUP,
    NOW,
    OLD_RELEASE,
    a_container,
    a_picture,
    a_release,
    a_service,
    a_target,
    a_task,
    an_observation,
)

SECOND = GROUP.replace("rugmunch-api", "rugmunch-internal")
BOTH = a_service(target_groups=(GROUP, SECOND))
WORKER = a_service(target_groups=())
OTHER = (a_container(digest="sha256:" + "ab" * 32),)
SILENT = (a_container(digest=None),)


def said(**observation: Any) -> tuple[ServiceState, str]:
    """State and line of a service that ECS counts as steady at 2 of 2."""
    seen = an_observation(**{"at": NOW, **observation})
    found = diagnose(seen.status, seen, None, NOW)
    return found.state, found.line


def behind(group: str, *numbers: int, **overrides: Any) -> tuple[Target, ...]:
    return tuple(a_target(group=group, number=number, **overrides) for number in numbers)


def test_each_task_with_a_healthy_target_is_steady() -> None:
    assert said() == (ServiceState.STEADY, "")


@pytest.mark.parametrize(
    ("observation", "line"),
    [
        ({"targets": (*behind(GROUP, 1), *behind(GROUP, 2, state="draining"))}, "1 draining"),
        (
            {"targets": (*behind(GROUP, 1), *behind(GROUP, 2, state="unused", reason="Target.NotInUse"))},
            "1 unused",
        ),
        ({"targets": behind(GROUP, 1)}, "1 not registered"),
        ({"targets": behind(GROUP, 1, 77, 78)}, "1 not registered"),
        (
            {
                "status": BOTH,
                "targets": (*behind(GROUP, 1, 2), *behind(SECOND, 1)),
                "routes": {GROUP: 100.0, SECOND: 100.0},
            },
            "1 not registered",
        ),
    ],
    ids=[
        "deregistered by hand",
        "its zone is switched off",
        "gone",
        "a stranger's address",
        "a second group",
    ],
)
def test_a_task_without_a_healthy_target_of_its_own_is_a_warning(
    observation: dict[str, Any], line: str
) -> None:
    """They were ``● steady``, ``judged_by: read`` and ``all is well``."""
    assert said(**observation) == (ServiceState.WARNING, f"1 of 2 targets healthy · {line}")


def test_a_group_that_gets_no_request_needs_no_target() -> None:
    """The other one of blue and green."""
    targets, routes = behind(GROUP, 1, 2), {GROUP: 100.0, SECOND: 0.0}
    assert said(status=BOTH, targets=targets, routes=routes) == (ServiceState.STEADY, "")


def test_an_empty_group_beside_a_full_one_is_not_nobody() -> None:
    """Somebody answers: the one that lacks is counted, and no outage is claimed."""
    seen = an_observation(
        at=NOW, status=BOTH, targets=behind(GROUP, 1, 2), routes={GROUP: 100.0, SECOND: 100.0}
    )
    assert (seen.healthy_targets, seen.answering_targets) == (0, 2)
    assert not a_picture(status=BOTH, observation=seen, as_of=NOW).error_reading.is_bad


def test_targets_on_instances_stand_for_tasks_without_an_address() -> None:
    """As many as there are such tasks: which is whose, nobody tells."""
    bridged = tuple(replace(a_task(number=number), ip="") for number in (1, 2))
    instances = (Target(GROUP, "i-0a", 32768, "healthy"), Target(GROUP, "i-0b", 32769, "healthy"))
    assert said(tasks=bridged, targets=instances) == (ServiceState.STEADY, "")
    sick = (instances[0], replace(instances[1], state="initial"))
    assert said(tasks=bridged, targets=sick) == (
        ServiceState.WARNING,
        "1 of 2 targets healthy · 1 initial",
    )


def test_a_rule_that_leads_elsewhere_is_a_warning() -> None:
    """90 % of the requests go to somebody else's target group."""
    assert said(routes={GROUP: 10.0, "maintenance": 90.0}) == (
        ServiceState.WARNING,
        "a listener rule sends 90 % to another target group",
    )


def test_tasks_that_fail_their_own_check_are_not_steady() -> None:
    """A worker has no targets that would tell."""
    tasks = tuple(a_task(number=number, health="UNHEALTHY") for number in (1, 2))
    assert said(status=WORKER, tasks=tasks, targets=()) == (
        ServiceState.WARNING,
        "0 of 2 tasks healthy · 2 unhealthy",
    )


def test_tasks_of_one_deployment_that_run_different_images_are_not_steady() -> None:
    """A tag that moved between two starts."""
    other = a_task(number=2, containers=(a_container(digest="sha256:" + "ab" * 32),))
    assert said(tasks=(a_task(), other)) == (ServiceState.WARNING, "its tasks run different images")


@pytest.mark.parametrize(
    ("tasks", "line"),
    [
        ((OTHER, OTHER), "2 tasks run another image than v1.4.2"),
        ((SILENT, OTHER), "1 task runs another image than v1.4.2"),
    ],
    ids=["all of them", "one, and the other does not tell"],
)
def test_tasks_on_another_image_than_their_release_are_not_steady(
    tasks: tuple[tuple[Container, ...], ...], line: str
) -> None:
    """They agree with each other, and not with what the service is said to run."""
    running = tuple(a_task(number=number, containers=own) for number, own in enumerate(tasks, 1))
    assert said(tasks=running) == (ServiceState.WARNING, line)


def test_targets_of_tasks_that_leave_stand_for_nobody() -> None:
    """Both running tasks are not registered; two that have exited still have healthy targets."""
    gone = (a_task(number=n, status="DEPROVISIONING", desired_status="STOPPED") for n in (3, 4))
    state, line = said(tasks=(a_task(number=1), a_task(number=2), *gone), targets=behind(GROUP, 3, 4))
    assert state is ServiceState.WARNING
    assert line.startswith("0 of 2 targets healthy")


AGENT = a_container(name="aws-guardduty-agent-fargate-1a2b", digest="sha256:" + "11" * 32)


@pytest.mark.parametrize(
    "others",
    [
        (replace(AGENT, name="aws-guardduty-agent-fargate-3c4d"),),
        (replace(AGENT, digest="sha256:" + "22" * 32),),
        (replace(AGENT, digest=None),),
        (),
    ],
    ids=["another name", "another version", "no digest", "without"],
)
def test_agents_that_ecs_adds_are_no_images_of_the_release(others: tuple[Container, ...]) -> None:
    tasks = (
        a_task(number=1, containers=(a_container(), AGENT)),
        a_task(number=2, containers=(a_container(), *others)),
    )
    assert said(tasks=tasks) == (ServiceState.STEADY, "")


def test_digests_that_a_tag_means_today_accuse_no_task() -> None:
    """Nobody recorded what the release ran: its tag may have moved since."""
    running = tuple(a_task(number=number, containers=OTHER) for number in (1, 2))
    releases = {OLD_RELEASE: a_release(presumed=True)}
    assert said(tasks=running, releases=releases) == (ServiceState.STEADY, "")


def test_a_list_without_tasks_that_ecs_counts_is_not_believed() -> None:
    """One of the two is not of now: the state rests on counts, and is no green."""
    seen = an_observation(at=NOW, tasks=())
    assert seen.lacks_tasks
    found = diagnose(seen.status, seen, None, NOW)
    assert (found.state, found.basis) == (ServiceState.STEADY, Basis.COUNTS)
    assert not an_observation(tasks=(), missing={"tasks": "denied"}).lacks_tasks


def test_a_classic_load_balancer_is_not_read() -> None:
    """Whether its instances are in service nobody asks."""
    status = a_service(target_groups=(), classic_balancers=("web",))
    seen: Observation = an_observation(at=NOW, status=status, targets=())
    found = diagnose(status, seen, None, NOW)
    picture = a_picture(status=status, observation=seen, diagnosis=found)
    assert (found.basis, picture.reserve) == (
        Basis.COUNTS,
        "by ECS's counts, its Classic Load Balancer not read",
    )
