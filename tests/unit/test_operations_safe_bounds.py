"""*Safe* at its bounds: each count, share and sentence of a look, and what it may not be mistaken for."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from console.domain.rollout import CODE_DEPLOY, RolloutStatus
from console.domain.service import Observation
from console.domain.tasks import Target, Task
from console.operations.safe import (
    READS_APART,
    UNPROVEN_FOR,
    Reading,
    Sight,
    healthy_now,
    is_healthy,
    judge,
    needed_healthy,
    owners,
    serving,
    uncountable,
)
from tests.builders import (
    GROUP,
    NEW_DEPLOYMENT,
    NEW_DIGEST,
    NEW_RELEASE,
    NOW,
    OLD_DEPLOYMENT,
    OLD_DIGEST,
    OLD_RELEASE,
    a_container,
    a_deployment,
    a_new_deployment,
    a_new_release,
    a_new_rollout,
    a_release,
    a_rolling_observation,
    a_rolling_service,
    a_service,
    a_stopped_task,
    a_target,
    a_task,
    ago,
    an_observation,
)

AFTER = timedelta(seconds=40)
GOOD = frozenset({OLD_DEPLOYMENT})
DIGESTS = {"api": OLD_DIGEST}
SECOND, THIRD = f"{GROUP}-2", f"{GROUP}-3"
WORKER = a_service(target_groups=())


def sight(observation: Observation, healthy_when_ordered: int = 2, **more: Any) -> Sight:
    return judge(observation, GOOD, healthy_when_ordered, AFTER, **{"digests": DIGESTS, **more})


def ours(*numbers: int, **fields: Any) -> tuple[Task, ...]:
    return tuple(a_task(number=number, **fields) for number in numbers)


def theirs(*numbers: int, **fields: Any) -> tuple[Task, ...]:
    return ours(*numbers, **{"deployment": NEW_DEPLOYMENT, **fields})


def behind(group: str, *numbers: int, **fields: Any) -> tuple[Target, ...]:
    return tuple(a_target(number=number, group=group, **fields) for number in numbers)


def test_two_agreeing_reads_are_five_seconds_apart_and_doubt_lasts_two_minutes() -> None:
    assert timedelta(seconds=5) == READS_APART
    assert timedelta(seconds=120) == UNPROVEN_FOR


# what is needed


@pytest.mark.parametrize(
    ("desired", "floor", "healthy", "needed"),
    [
        (4, 100, 0, 4),
        (4, 50, 1, 2),
        (4, 50, 2, 2),
        (4, 50, 3, 3),
        (4, 50, 5, 4),
        (4, 0, 0, 1),
        (2, 200, 0, 2),
        (1, 0, 0, 1),
        (0, 100, 3, 0),
    ],
)
def test_needed_is_at_least_the_floor_what_was_healthy_and_one_and_at_most_desired(
    desired: int, floor: int, healthy: int, needed: int
) -> None:
    status = a_service(desired=desired, minimum_healthy_percent=floor)
    assert needed_healthy(an_observation(status=status), healthy) == needed
    assert sight(an_observation(status=status), healthy).needed == needed


@pytest.mark.parametrize(("at_most", "needed"), [(None, 2), (0, 0), (1, 1), (2, 2), (3, 2)])
def test_what_was_enough_once_stays_enough(at_most: int | None, needed: int) -> None:
    assert sight(an_observation(), at_most=at_most).needed == needed


def test_a_look_that_is_unread_still_says_what_is_needed() -> None:
    """Nothing is counted of it, and every unread part is named."""
    missing = {"routes": "denied", "targets": "denied", "tasks": "denied", "rollout": "denied"}
    words = "tasks and targets and listener rules could not be read: denied"
    assert sight(an_observation(missing=missing)) == Sight(Reading.UNREAD, 0, 2, 0, words)
    nobody = judge(an_observation(), frozenset(), 2, AFTER, DIGESTS)
    assert nobody == Sight(Reading.UNREAD, 0, 2, 0, "this order's tasks not identified yet")
    assert sight(an_observation(missing={"rollout": "denied"})).safe


@pytest.mark.parametrize(
    ("missing", "why"),
    [
        ({"tasks": "denied"}, "tasks could not be read: denied"),
        ({"targets": ""}, "targets could not be read"),
        (
            {"targets": "throttled", "tasks": "denied"},
            "tasks and targets could not be read: denied; throttled",
        ),
        ({"tasks": "denied", "targets": "denied"}, "tasks and targets could not be read: denied"),
    ],
)
def test_each_reason_for_which_something_is_unread_is_said_once(missing: dict[str, str], why: str) -> None:
    assert sight(an_observation(missing=missing)) == Sight(Reading.UNREAD, 0, 2, 0, why)


def test_rules_are_needed_to_count_only_where_they_shift_traffic() -> None:
    """Else targets are counted, and what they say stands; but safe it is not without the rules."""
    unread = {"routes": "denied"}
    words = "listener rules could not be read: denied"
    assert uncountable(an_observation(missing=unread)) == ()
    assert sight(an_observation(missing=unread)) == Sight(Reading.UNREAD, 2, 2, 0, words)
    fewer = sight(an_observation(missing=unread, targets=behind(GROUP, 1)))
    assert (fewer.reading, fewer.healthy, fewer.why) == (Reading.UNSAFE, 1, "1 of 2 good targets healthy")
    for status in (a_service(alternate_groups=(SECOND,)), a_service(controller=CODE_DEPLOY)):
        shifts = an_observation(status=status, missing=unread)
        assert uncountable(shifts) == ("routes",)
        assert sight(shifts) == Sight(Reading.UNREAD, 0, 2, 0, words)
    every = {"targets": "", "tasks": "", "routes": "", "rollout": ""}
    assert uncountable(an_observation(status=a_service(controller=CODE_DEPLOY), missing=every)) == (
        "tasks",
        "targets",
        "routes",
    )
    assert uncountable(an_observation(missing=every)) == ("tasks", "targets")
    assert sight(an_observation(status=WORKER, missing=unread)).safe, "no load balancer: no rules"


# targets


def test_a_safe_look_has_nothing_to_say() -> None:
    assert sight(an_observation()) == Sight(Reading.SAFE, 2, 2, 0, "")


@pytest.mark.parametrize(
    ("state", "healthy", "bad", "draining"),
    [
        ("healthy", 2, 1, 0),
        ("initial", 2, 1, 0),
        ("unhealthy", 2, 1, 0),
        ("unavailable", 2, 1, 0),
        ("draining", 2, 0, 1),
        ("unhealthy.draining", 2, 0, 1),
        ("unused", 2, 0, 0),
    ],
)
def test_another_target_counts_by_its_state(state: str, healthy: int, bad: int, draining: int) -> None:
    found = sight(
        an_observation(
            tasks=(*ours(1, 2), *theirs(3)),
            targets=(*behind(GROUP, 1, 2), *behind(GROUP, 3, state=state)),
        )
    )
    assert (found.healthy, found.bad, found.draining) == (healthy, bad, draining)
    assert found.safe is not bool(bad)
    assert found.why == ("1 target of another deployment may still receive traffic" if bad else "")


def test_several_others_are_counted_in_one_sentence() -> None:
    """Whatever else is missing comes first."""
    found = sight(
        an_observation(
            tasks=(*ours(1), *theirs(3, 4)),
            targets=(*behind(GROUP, 1, 3), *behind(GROUP, 4, state="initial")),
        )
    )
    assert (found.healthy, found.bad) == (1, 2)
    words = "1 of 2 good targets healthy · 2 targets of another deployment may still receive traffic"
    assert found.why == words


def test_a_good_target_counts_once_it_is_healthy() -> None:
    for state, healthy in (("healthy", 2), ("initial", 1), ("unhealthy", 1), ("draining", 1)):
        targets = (*behind(GROUP, 1), *behind(GROUP, 2, state=state))
        found = sight(an_observation(targets=targets))
        assert (found.healthy, found.bad, found.draining) == (healthy, 0, 0), state


def test_another_image_is_called_another_image() -> None:
    """All of them of the order's own deployment; with one of another deployment it is that."""
    moved = ours(3, containers=(a_container(digest=NEW_DIGEST),))
    found = sight(an_observation(tasks=(*ours(1, 2), *moved), targets=behind(GROUP, 1, 2, 3)))
    assert (found.bad, found.why) == (1, "1 target with a different image may receive traffic")
    mixed = sight(an_observation(tasks=(*ours(1, 2), *moved, *theirs(4)), targets=behind(GROUP, 1, 2, 3, 4)))
    assert (mixed.bad, mixed.why) == (2, "2 targets of another deployment may still receive traffic")


def test_strangers_keep_it_from_being_safe_and_are_told_last() -> None:
    """Where something certain is wrong as well, that decides."""
    unknown = sight(an_observation(targets=behind(GROUP, 1, 2, 7, 8)))
    assert (unknown.reading, unknown.bad) == (Reading.UNREAD, 2)
    assert unknown.why == "2 targets whose task is unknown may still receive traffic"
    certain = sight(
        an_observation(tasks=(*ours(1, 2), *theirs(3)), targets=behind(GROUP, 1, 2, 3, 7)),
    )
    assert (certain.reading, certain.bad) == (Reading.UNSAFE, 2)
    assert certain.why == (
        "1 target of another deployment may still receive traffic"
        " · 1 target whose task is unknown may still receive traffic"
    )
    leaving = sight(an_observation(targets=(*behind(GROUP, 1, 2), *behind(GROUP, 7, state="draining"))))
    assert (leaving.reading, leaving.draining) == (Reading.SAFE, 1)
    both = sight(an_observation(targets=(*behind(GROUP, 1, 2), *behind(GROUP, 7, 8, state="draining"))))
    assert (both.reading, both.draining) == (Reading.SAFE, 2)


def test_the_newest_task_has_an_address() -> None:
    """Tasks come newest first; a stopped one, and one without an address, have none."""
    newest, older = a_task(number=9, ip="10.0.1.1"), a_task(number=1)
    gone = a_stopped_task(number=8, ip="10.0.1.1")
    bare = a_task(number=7, ip="")
    observation = an_observation(tasks=(gone, newest, older, bare))
    assert owners(observation) == {"10.0.1.1": newest}


# several groups


def two(**overrides: Any) -> Observation:
    """A service on two ports, each in a group of its own."""
    default: dict[str, Any] = {
        "status": a_service(target_groups=(GROUP, SECOND)),
        "targets": (*behind(GROUP, 1, 2), *behind(SECOND, 1, 2)),
    }
    return an_observation(**{**default, **overrides})


def test_counts_of_several_groups_are_the_least_and_the_sum() -> None:
    """Healthy is the least; what is wrong is added up."""
    assert sight(two()) == Sight(Reading.SAFE, 2, 2, 0, "")
    fewer = sight(two(targets=(*behind(GROUP, 1, 2), *behind(SECOND, 1))))
    assert (fewer.healthy, fewer.why) == (1, "1 of 2 good targets healthy")
    first = sight(two(targets=(*behind(GROUP, 1), *behind(SECOND, 1, 2))))
    assert (first.healthy, first.safe) == (1, False)
    others = sight(
        two(
            tasks=(*ours(1, 2), *theirs(3)),
            targets=(*behind(GROUP, 1, 2, 3), *behind(SECOND, 1, 2, 3)),
        )
    )
    assert (others.bad, others.why) == (2, "2 targets of another deployment may still receive traffic")
    leaving = (*behind(GROUP, 1, 2), *behind(SECOND, 1, 2), *behind(GROUP, 7, state="draining"))
    drains = sight(two(targets=(*leaving, *behind(SECOND, 7, state="draining"))))
    assert (drains.safe, drains.draining) == (True, 2)


def test_good_targets_without_a_name_are_added_up() -> None:
    """Only those that may receive traffic; a container that tells nothing leaves its task unnamed."""
    silent = (a_task(number=1), a_task(number=2, containers=(a_container(digest=None),)))
    assert sight(two(tasks=silent)).unnamed == 2
    leaving = (*behind(GROUP, 1, 2), *behind(SECOND, 1), *behind(SECOND, 2, state="draining"))
    assert sight(two(tasks=silent, targets=leaving)).unnamed == 1
    partly = {"api": OLD_DIGEST, "side": OLD_DIGEST}
    assert sight(an_observation(), digests=partly).unnamed == 2, "of its sidecar nothing is told"
    assert sight(an_observation(), digests=partly).safe


def test_while_it_rolls_a_group_with_others_only_has_none_of_ours() -> None:
    """No traffic is shifted there: their group is not merely led away."""
    found = sight(
        two(tasks=(*ours(1, 2), *theirs(3, 4)), targets=(*behind(GROUP, 1, 2), *behind(SECOND, 3, 4)))
    )
    assert found.healthy == 0
    assert (
        found.why == "0 of 2 good targets healthy · 2 targets of another deployment may still receive traffic"
    )


# traffic that is shifted


def shifting(blue: float, green: float, **overrides: Any) -> Observation:
    """Two tasks of the target in one group, two of v1.4.3 in the other, and the shares of both."""
    default: dict[str, Any] = {
        "status": a_service(
            deployments=(a_deployment(), a_new_deployment(status="ACTIVE")), alternate_groups=(SECOND,)
        ),
        "tasks": (*ours(1, 2), *theirs(3, 4)),
        "targets": (*behind(GROUP, 1, 2), *behind(SECOND, 3, 4)),
        "releases": {OLD_RELEASE: a_release(), NEW_RELEASE: a_new_release()},
        "routes": {GROUP: blue, SECOND: green},
    }
    return an_observation(**{**default, **overrides})


@pytest.mark.parametrize(
    ("blue", "green", "why"),
    [
        (100, 0, ""),
        (99.9, 0.1, "0.1 % of requests still go to v1.4.3"),
        (90, 10, "10 % of requests still go to v1.4.3"),
        (66.666, 33.334, "33.3 % of requests still go to v1.4.3"),
        (0, 100, "100 % of requests still go to v1.4.3"),
        (0, 120, "100 % of requests still go to v1.4.3"),
    ],
)
def test_shifted_traffic_is_told_by_share(blue: float, green: float, why: str) -> None:
    """Our tasks count where they stand, although no rule leads there yet."""
    found = sight(shifting(blue, green))
    assert (found.healthy, found.why, found.safe) == (2, why, not why)
    assert found.bad == (2 if why else 0)


def test_before_any_of_ours_stands_there_none_is_healthy() -> None:
    """The first seconds of blue and green: everything still goes to the others."""
    found = sight(shifting(0, 100, tasks=theirs(3, 4), targets=behind(SECOND, 3, 4)))
    assert (found.reading, found.healthy, found.bad) == (Reading.UNSAFE, 0, 2)
    assert found.why == "0 of 2 good targets healthy · 100 % of requests still go to v1.4.3"


def test_of_several_others_most_targets_name_it() -> None:
    """By version; what no release is known of is another version."""
    both = replace(a_new_release(), version=replace(a_new_release().version, label="v1.4.4"))
    third = a_new_deployment(id="ecs-svc/44", release="arn:44", status="ACTIVE")
    status = replace(shifting(50, 50).status, deployments=(*shifting(50, 50).status.deployments, third))
    found = sight(
        shifting(
            50,
            50,
            status=status,
            tasks=(*ours(1, 2), *theirs(3), *theirs(4, 5, deployment="ecs-svc/44")),
            targets=(*behind(GROUP, 1, 2), *behind(SECOND, 3, 4, 5)),
            releases={**shifting(50, 50).releases, "arn:44": both},
        )
    )
    assert found.why == "50 % of requests still go to v1.4.4"
    nameless = sight(shifting(50, 50, releases={OLD_RELEASE: a_release()}))
    assert nameless.why == "50 % of requests still go to another version"


def test_another_image_of_our_own_deployment_is_another_version() -> None:
    """Its deployment's release would name it wrongly."""
    moved = ours(3, 4, containers=(a_container(digest=NEW_DIGEST),))
    found = sight(shifting(50, 50, tasks=(*ours(1, 2), *moved)))
    assert (found.safe, found.why) == (False, "50 % of requests still go to another version")


def test_strangers_alone_in_a_group_are_not_safe() -> None:
    """Nobody can say that they are ours."""
    found = sight(shifting(50, 50, targets=(*behind(GROUP, 1, 2), *behind(SECOND, 7, 8))))
    assert (found.reading, found.bad) == (Reading.UNSAFE, 2)
    assert found.why == "50 % of requests still go to another version"


def test_shares_of_several_groups_that_are_led_away_are_added() -> None:
    """Up to all of them."""
    status = replace(shifting(0, 0).status, alternate_groups=(SECOND, THIRD))
    targets = (*behind(GROUP, 1, 2), *behind(SECOND, 3), *behind(THIRD, 4))
    for shares, said in (((80, 10, 10), "20"), ((0, 70, 70), "100")):
        routes = dict(zip((GROUP, SECOND, THIRD), shares, strict=True))
        found = sight(shifting(0, 0, status=status, targets=targets, routes=routes))
        assert found.why == f"{said} % of requests still go to v1.4.3"
        assert found.bad == 2


def test_others_of_several_groups_that_are_led_away_are_named_by_the_most_of_all() -> None:
    """Not by those of the last group."""
    latest = replace(a_new_release(), version=replace(a_new_release().version, label="v1.4.4"))
    third = a_new_deployment(id="ecs-svc/44", release="arn:44", status="ACTIVE")
    status = replace(
        shifting(0, 0).status,
        alternate_groups=(SECOND, THIRD),
        deployments=(*shifting(0, 0).status.deployments, third),
    )
    found = sight(
        shifting(
            0,
            0,
            status=status,
            tasks=(*ours(1, 2), *theirs(3, 4), *theirs(5, deployment="ecs-svc/44")),
            targets=(*behind(GROUP, 1, 2), *behind(SECOND, 3, 4), *behind(THIRD, 5)),
            releases={**shifting(0, 0).releases, "arn:44": latest},
            routes={GROUP: 0.0, SECOND: 50.0, THIRD: 50.0},
        )
    )
    assert found.why == "100 % of requests still go to v1.4.3"


def test_without_shares_those_that_are_led_away_are_counted() -> None:
    """CodeDeploy's listener, before any rule was read: both of its groups count."""
    status = replace(
        shifting(0, 0).status, controller=CODE_DEPLOY, target_groups=(GROUP, SECOND), alternate_groups=()
    )
    found = sight(shifting(0, 0, status=status, routes={}))
    assert (found.healthy, found.bad) == (2, 2)
    assert found.why == "2 targets of another deployment may still receive traffic"
    moved = ours(3, 4, containers=(a_container(digest=NEW_DIGEST),))
    imposters = sight(shifting(0, 0, status=status, routes={}, tasks=(*ours(1, 2), *moved)))
    assert imposters.why == "2 targets with a different image may receive traffic"


def test_others_beside_ours_in_one_group_are_counted_while_traffic_shifts() -> None:
    """They get a part of our share."""
    found = sight(
        shifting(
            100,
            0,
            tasks=(*ours(1, 2), *theirs(3, 4, 5)),
            targets=(*behind(GROUP, 1, 2, 5), *behind(SECOND, 3, 4)),
        )
    )
    assert (found.bad, found.why) == (1, "1 target of another deployment may still receive traffic")


@pytest.mark.parametrize(
    ("routes", "why"),
    [
        ({GROUP: 100.0}, ""),
        ({GROUP: 100.0, "arn:other": 0.0}, ""),
        ({GROUP: 99.5, "arn:other": 0.5}, "a listener rule sends 0.5 % to another target group"),
        (
            {GROUP: 60.0, "arn:a": 10.0, "arn:b": 30.0},
            "a listener rule sends 30 % to another target group",
        ),
        (
            {GROUP: 66.6666, "arn:other": 33.3333},
            "a listener rule sends 33.3 % to another target group",
        ),
        ({GROUP: 0.0}, "no listener rule routes to its target groups"),
        (
            {"arn:other": 100.0},
            "no listener rule routes to its target groups"
            " · a listener rule sends 100 % to another target group",
        ),
    ],
)
def test_rules_that_lead_elsewhere_are_told_by_share(routes: dict[str, float], why: str) -> None:
    """The largest of them; without weight it is none."""
    found = sight(an_observation(routes=routes))
    assert (found.why, found.safe) == (why, not why)


def test_reached_are_the_services_groups_with_weight() -> None:
    """All of them where no rule was asked for."""
    status = a_service(alternate_groups=(SECOND,))
    routes = {GROUP: 0.0, SECOND: 1.0, "arn:other": 50.0}
    assert an_observation(status=status, routes=routes).reached == (SECOND,)
    assert an_observation(status=status).reached == (GROUP,)
    assert an_observation(status=status, routes={GROUP: 0.5, SECOND: 0.0}).reached == (GROUP,)


# tasks


def test_without_a_load_balancer_tasks_are_counted() -> None:
    """Good ones that are healthy; others as long as they execute."""
    assert sight(an_observation(status=WORKER)) == Sight(Reading.SAFE, 2, 2, 0, "")
    few = sight(an_observation(status=WORKER, tasks=ours(1)))
    assert (few.healthy, few.why) == (1, "1 of 2 good tasks healthy")
    mixed = sight(an_observation(status=WORKER, tasks=(*ours(1), *theirs(3, 4))))
    assert (mixed.reading, mixed.healthy, mixed.bad) == (Reading.UNSAFE, 1, 2)
    assert mixed.why == "1 of 2 good tasks healthy · 2 tasks of another deployment may still receive traffic"


@pytest.mark.parametrize(
    ("status", "executes"),
    [
        ("PENDING", False),
        ("RUNNING", True),
        ("DEACTIVATING", True),
        ("STOPPING", True),
        ("DEPROVISIONING", False),
        ("STOPPED", False),
    ],
)
def test_another_task_counts_as_long_as_it_executes(status: str, executes: bool) -> None:
    found = sight(an_observation(status=WORKER, tasks=(*ours(1, 2), *theirs(3, status=status))))
    assert (found.bad, found.safe) == (int(executes), not executes)
    assert found.why == ("1 task of another deployment may still receive traffic" if executes else "")


def test_tasks_of_another_image_are_called_that() -> None:
    moved = ours(3, containers=(a_container(digest=NEW_DIGEST),))
    found = sight(an_observation(status=WORKER, tasks=(*ours(1, 2), *moved)))
    assert (found.bad, found.why) == (1, "1 task with a different image may receive traffic")
    mixed = sight(an_observation(status=WORKER, tasks=(*ours(1, 2), *moved, *theirs(4))))
    assert mixed.why == "2 tasks of another deployment may still receive traffic"


def test_only_tasks_that_serve_can_be_unnamed() -> None:
    silent = (a_container(digest=None),)
    tasks = (*ours(1, 2, containers=silent), *ours(3, containers=silent, status="PENDING"), *ours(4))
    assert sight(an_observation(status=WORKER, tasks=tasks)).unnamed == 2


def test_one_container_of_another_image_makes_the_task_another() -> None:
    """Wherever it stands among the others; what tells nothing is not counted against it."""
    pair = {"api": OLD_DIGEST, "side": OLD_DIGEST}
    wrong = (a_container(), a_container(name="side", digest=NEW_DIGEST))
    for containers in (wrong, wrong[::-1]):
        tasks = (*ours(1), *ours(2, containers=containers))
        assert sight(an_observation(status=WORKER, tasks=tasks), digests=pair).bad == 1
    quiet = (a_container(), a_container(name="side", digest=None))
    assert sight(an_observation(status=WORKER, tasks=ours(1, 2, containers=quiet)), digests=pair).safe


@pytest.mark.parametrize(
    ("fields", "healthy"),
    [
        ({}, True),
        ({"status": "PENDING"}, False),
        ({"status": "DEACTIVATING"}, False),
        ({"desired_status": "STOPPED"}, False),
        ({"health": "UNHEALTHY"}, False),
        ({"health": "UNHEALTHY", "started_at": ago(9999)}, False),
        ({"health": "HEALTHY", "started_at": ago(1)}, True),
        ({"health": "UNKNOWN", "started_at": ago(39.9)}, False),
        ({"health": "UNKNOWN", "started_at": ago(40)}, True),
        ({"health": "UNKNOWN", "started_at": ago(40.1)}, True),
        ({"health": "UNKNOWN", "started_at": None}, False),
    ],
)
def test_a_task_is_healthy_by_its_check_else_by_its_time(fields: dict[str, Any], healthy: bool) -> None:
    assert is_healthy(a_task(**fields), NOW, AFTER) is healthy


# what a plan notes


def states(*items: str) -> Iterable[Target]:
    return (a_target(number=number, state=state) for number, state in enumerate(items, 1))


def test_healthy_now_is_of_any_version_and_the_least_of_all_groups() -> None:
    """Of those that requests reach."""
    three = an_observation(tasks=ours(1, 2, 3), targets=tuple(states("healthy", "initial", "healthy")))
    assert healthy_now(three, AFTER) == 2
    assert healthy_now(replace(three, tasks=ours(1, 2)), AFTER) == 1, "the third stands for none of its tasks"
    assert healthy_now(two(targets=(*behind(GROUP, 1, 2), *behind(SECOND, 1))), AFTER) == 1
    assert healthy_now(two(targets=(*behind(GROUP, 1), *behind(SECOND, 1, 2))), AFTER) == 1
    assert healthy_now(two(routes={GROUP: 100.0, SECOND: 0.0}, targets=behind(GROUP, 1, 2)), AFTER) == 2
    assert healthy_now(an_observation(routes={GROUP: 0.0}), AFTER) == 0
    young = a_task(number=3, health="UNKNOWN", started_at=ago(40))
    tasks = (*ours(1), *theirs(2), young, *ours(4, health="UNHEALTHY"))
    assert healthy_now(an_observation(status=WORKER, tasks=tasks), AFTER) == 3
    assert healthy_now(an_observation(status=WORKER, tasks=tasks), timedelta(seconds=41)) == 2


def split(old: float, new: float, **overrides: Any) -> Observation:
    """v1.4.3 is being shifted to by canary, with those shares."""
    fields = {"strategy": "CANARY", "weights": {OLD_RELEASE: old, NEW_RELEASE: new}, **overrides}
    return a_rolling_observation(rollout=a_new_rollout(**fields))


@pytest.mark.parametrize(
    ("observation", "label"),
    [
        (split(90, 10), "v1.4.2"),
        (split(10, 90), "v1.4.3"),
        (split(90, 10, status=RolloutStatus.SUCCESSFUL), "v1.4.3"),
        (split(90, 10, strategy="ROLLING"), "v1.4.3"),
        (split(90, 10, weights={}), "v1.4.3"),
        (split(0, 0, weights={"arn:unknown": 90.0, OLD_RELEASE: 10.0}), "v1.4.3"),
        (a_rolling_observation(rollout=None), "v1.4.3"),
        (an_observation(), "v1.4.2"),
    ],
)
def test_what_answers_most_requests_serves(observation: Observation, label: str) -> None:
    """By shares while traffic is being shifted, else the PRIMARY."""
    release = serving(observation)
    assert release is not None
    assert release.version.label == label


def test_of_a_service_without_a_primary_nothing_is_known_to_serve() -> None:
    assert serving(an_observation(status=a_rolling_service(deployments=()), rollout=None)) is None
