"""*Safe* is judged from targets and executing containers, never from counts."""

from dataclasses import replace
from datetime import timedelta

from console.domain.service import Observation
from console.operations.safe import Reading, Sight, judge, needed_healthy
from tests.builders import (
    GROUP,
    NEW_DEPLOYMENT,
    NEW_DIGEST,
    NEW_RELEASE,
    OLD_DEPLOYMENT,
    OLD_DIGEST,
    OLD_RELEASE,
    a_container,
    a_deployment,
    a_new_deployment,
    a_new_release,
    a_release,
    a_service,
    a_target,
    a_task,
    ago,
    an_observation,
)

AFTER = timedelta(seconds=40)
GOOD = frozenset({OLD_DEPLOYMENT})
DIGESTS = {"api": OLD_DIGEST}
SECOND = f"{GROUP}-2"


def sight(observation: Observation, healthy_when_ordered: int = 2) -> Sight:
    return judge(observation, GOOD, healthy_when_ordered, AFTER, DIGESTS)


def shifting(blue: float, green: float) -> Observation:
    """Two tasks of the target in one group, two of v1.4.3 in the other, and the shares of both."""
    return an_observation(
        status=a_service(
            deployments=(a_deployment(), a_new_deployment(status="ACTIVE")), alternate_groups=(SECOND,)
        ),
        tasks=(
            *(a_task(number=n) for n in (1, 2)),
            *(a_task(number=n, deployment=NEW_DEPLOYMENT) for n in (3, 4)),
        ),
        targets=(
            *(a_target(number=n) for n in (1, 2)),
            *(a_target(number=n, group=SECOND) for n in (3, 4)),
        ),
        releases={OLD_RELEASE: a_release(), NEW_RELEASE: a_new_release()},
        routes={GROUP: blue, SECOND: green},
    )


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

    assert sight(observation).why == "targets could not be read: AccessDenied"
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


def test_a_task_of_another_image_is_not_good_whatever_deployment_it_is_of() -> None:
    """The tag has moved between: the deployment is ours, the image is not."""
    moved = a_task(number=2, containers=(a_container(digest=NEW_DIGEST),))
    balanced = sight(an_observation(tasks=(a_task(number=1), moved)))
    worker = sight(an_observation(status=a_service(target_groups=()), tasks=(a_task(number=1), moved)))

    assert (balanced.healthy, balanced.bad, balanced.reading) == (1, 1, Reading.UNSAFE)
    assert (worker.healthy, worker.bad, worker.reading) == (1, 1, Reading.UNSAFE)


def test_a_task_that_tells_no_image_is_counted_and_not_named() -> None:
    """It is of the order's deployment; which version it runs nobody has read."""
    silent = a_task(number=2, containers=(a_container(digest=None),))
    worker = a_service(target_groups=())

    assert (sight(an_observation(tasks=(a_task(number=1), silent))).unnamed) == 1
    assert (sight(an_observation(status=worker, tasks=(a_task(number=1), silent))).unnamed) == 1
    assert sight(an_observation()).unnamed == 0
    assert judge(an_observation(), GOOD, 2, AFTER).unnamed == 2, "the target's own images are not known"


def test_a_sidecar_that_is_not_of_the_definition_says_nothing_of_the_version() -> None:
    """Agents that the platform adds have images of their own."""
    agent = a_container(name="aws-guardduty-agent", digest=NEW_DIGEST)
    tasks = tuple(a_task(number=n, containers=(a_container(), agent)) for n in (1, 2))

    assert sight(an_observation(tasks=tasks)).safe


def test_what_is_unread_is_neither_safe_nor_unsafe() -> None:
    """Each part of its own, and which tasks are meant."""
    for part, named in (("tasks", "tasks"), ("targets", "targets"), ("routes", "listener rules")):
        found = sight(an_observation(missing={part: "AccessDenied"}))
        assert (found.reading, found.why) == (Reading.UNREAD, f"{named} could not be read: AccessDenied")
    worker = a_service(target_groups=())
    assert sight(an_observation(status=worker, missing={"tasks": "denied"})).reading is Reading.UNREAD
    nobody = judge(an_observation(), frozenset(), 2, AFTER)
    assert (nobody.reading, nobody.why) == (Reading.UNREAD, "this order's tasks not identified yet")


def test_a_target_without_a_known_task_leaves_it_open() -> None:
    """Targets and tasks are two reads: a task may have begun between them."""
    stranger = (a_target(number=1), a_target(number=2), a_target(number=7))
    found = sight(an_observation(targets=stranger))

    assert (found.reading, found.bad) == (Reading.UNREAD, 1)
    assert found.why == "1 target whose task is unknown may still receive traffic"


def test_the_group_with_the_fewest_healthy_targets_decides() -> None:
    """A service on two ports: requests to the second are not served by the first."""
    status = a_service(target_groups=(GROUP, SECOND))
    first = (a_target(number=1), a_target(number=2))
    second = (a_target(number=1, group=SECOND), a_target(number=2, group=SECOND, state="unhealthy"))

    found = sight(an_observation(status=status, targets=(*first, *second)))
    assert (found.safe, found.healthy) == (False, 1)
    found = sight(an_observation(status=status, targets=first))
    assert (found.safe, found.healthy) == (False, 0)


def test_while_traffic_is_shifted_it_is_counted_by_share() -> None:
    """Both groups are healthy: the rule says what is missing."""
    found = sight(shifting(50, 50))

    assert (found.healthy, found.needed, found.safe) == (2, 2, False)
    assert found.why == "50 % of requests still go to v1.4.3"
    assert sight(shifting(0, 100)).why == "100 % of requests still go to v1.4.3"
    assert sight(shifting(99.5, 0.5)).why == "0.5 % of requests still go to v1.4.3"


def test_targets_of_a_group_without_weight_get_nothing() -> None:
    """They stand there, healthy, and no rule leads to them."""
    assert sight(shifting(100, 0)).safe


def test_a_share_for_a_group_without_targets_is_not_served() -> None:
    """Whatever the other group has."""
    observation = shifting(90, 10)
    alone = replace(observation, targets=observation.targets[:2])

    assert (sight(alone).healthy, sight(alone).why) == (0, "0 of 2 good targets healthy")


def test_a_rule_that_leads_elsewhere_is_not_safe() -> None:
    """To a group that is not the service's, or to none of its groups."""
    away = sight(an_observation(routes={GROUP: 50.0, "arn:other": 50.0}))
    nowhere = sight(an_observation(routes={GROUP: 0.0}))

    assert (away.safe, away.why) == (False, "a listener rule sends 50 % to another target group")
    assert not nowhere.safe
    assert nowhere.why == "no listener rule routes to its target groups"


def test_unread_rules_hide_nothing_that_the_only_target_group_shows() -> None:
    """What is not safe whatever the rules are is said; between two groups nobody can count."""
    denied = {"routes": "profile ops may not elasticloadbalancing:DescribeRules"}
    sick = (a_target(number=1), a_target(number=2, state="unhealthy"))
    found = sight(an_observation(targets=sick, missing=denied))
    assert (found.reading, found.why) == (Reading.UNSAFE, "1 of 2 good targets healthy")

    healthy = sight(an_observation(missing=denied))
    assert (healthy.reading, healthy.healthy) == (Reading.UNREAD, 2)
    assert healthy.why == f"listener rules could not be read: {denied['routes']}"

    ports = a_service(target_groups=(GROUP, SECOND))
    assert sight(an_observation(status=ports, missing=denied)).why == "0 of 2 good targets healthy"

    between = sight(replace(shifting(100, 0), routes={}, missing=denied))
    assert (between.reading, between.healthy) == (Reading.UNREAD, 0)


def test_what_is_added_later_takes_no_safety_away() -> None:
    """Autoscaling asks for more tasks: those that were enough still serve everything."""
    more = an_observation(status=a_service(desired=6))

    assert not sight(more).safe
    assert judge(more, GOOD, 2, AFTER, DIGESTS, at_most=2).safe
    assert judge(more, GOOD, 2, AFTER, DIGESTS, at_most=3).why == "2 of 3 good targets healthy"


def test_the_bounds_of_what_is_needed() -> None:
    """Floor, desired and one, each at its own value."""
    half = a_service(desired=3, minimum_healthy_percent=50)

    assert needed_healthy(an_observation(status=half), healthy_when_ordered=1) == 2
    assert needed_healthy(an_observation(status=half), healthy_when_ordered=2) == 2
    assert needed_healthy(an_observation(status=half), healthy_when_ordered=4) == 3
    assert needed_healthy(an_observation(status=a_service(desired=0)), healthy_when_ordered=3) == 0
