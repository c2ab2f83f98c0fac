"""Version, steady, health and alarms of a service at rest: outcome and words of each, at every bound."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from console.domain.operation import OperationRecord, Verb, Verdict
from console.domain.rollout import AlarmWatch, RolloutStatus
from console.domain.service import Observation
from console.operations.settled import Wanted, settled, wanted
from tests.builders import (
    ADDRESS,
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
    a_new_rollout,
    a_record,
    a_release,
    a_rollout,
    a_service,
    a_stopped_task,
    a_target,
    a_task,
    ago,
    an_observation,
)

AFTER = timedelta(seconds=40)
SECOND = f"{GROUP}-2"
OLD = Wanted(OLD_DIGEST, "v1.4.2, which the deploy of devon left there", ago(3 * 86400))
NEW = Wanted(NEW_DIGEST, "v1.4.3, which the deploy of devon left there", ago(3 * 86400))
DENIED = "not allowed: ecs:ListServiceDeployments"


def of(name: str, observation: Observation, should: Wanted | None = OLD) -> str:
    """Outcome and words of the one finding of that name."""
    (finding,) = [item for item in settled(observation, should, AFTER) if item.name == name]
    return f"{finding.outcome.value} {finding.said}"


def version(should: Wanted | None = OLD, **overrides: Any) -> str:
    return of("version", an_observation(**overrides), should)


def steady(**overrides: Any) -> str:
    return of("steady", an_observation(**overrides))


def targets(**overrides: Any) -> str:
    return of("targets", an_observation(**overrides))


def healthy(**overrides: Any) -> str:
    return of("healthy", an_observation(**{"status": a_service(target_groups=()), **overrides}))


def alarms(**overrides: Any) -> str:
    return of("alarms", an_observation(**overrides))


def test_four_things_are_told_in_their_order() -> None:
    """Whatever of them is not well."""
    for observation in (an_observation(), an_observation(status=a_service(deployments=()))):
        names = [item.name for item in settled(observation, OLD, AFTER)]
        assert names == ["version", "steady", "targets", "alarms"]
    assert not any(item.fatal for item in settled(an_observation(), NEW, AFTER))


# what it should run


def shipped(**overrides: Any) -> OperationRecord:
    """A deploy of v1.4.2 that succeeded."""
    default: dict[str, Any] = {"id": "01DEPLOY", "verb": Verb.DEPLOY, "verdict": Verdict.SUCCEEDED}
    return a_record(**{**default, **overrides})


@pytest.mark.parametrize(
    ("verb", "leaves"),
    [(verb, verb in (Verb.DEPLOY, Verb.RESTART, Verb.RESTORE)) for verb in Verb if verb is not Verb.ROLLBACK],
    ids=str,
)
def test_what_was_shipped_last_is_wanted(verb: Verb, leaves: bool) -> None:
    """Deploy, restart and restore leave a version there; scaling, draining and the like do not."""
    found = wanted(ADDRESS, [shipped(verb=verb)])
    said = f"v1.4.2, which the {verb.value} of devon left there"
    assert found == (Wanted(OLD_DIGEST, said, ago(60)) if leaves else None)


@pytest.mark.parametrize("verdict", [None, *Verdict], ids=str)
def test_only_what_succeeded_or_is_kept_is_wanted(verdict: Verdict | None) -> None:
    there = wanted(ADDRESS, [shipped(verdict=verdict)])
    assert (there is not None) is (verdict in (Verdict.SUCCEEDED, Verdict.BAKING))


def test_of_two_the_newer_one_counts_in_any_order() -> None:
    first = shipped(planned_at=ago(500), ordered_at=ago(490))
    second = shipped(id="01LATER", planned_at=ago(75), target=a_new_release().facts())
    for records in ([first, second], [second, first]):
        found = wanted(ADDRESS, records)
        assert found is not None
        assert found.digest == NEW_DIGEST


def test_what_was_never_ordered_counts_from_its_plan() -> None:
    found = wanted(ADDRESS, [shipped(ordered_at=None, planned_at=ago(75))])
    assert found is not None
    assert found.since == ago(75)


def test_a_version_without_a_label_is_named_by_its_digest() -> None:
    found = wanted(ADDRESS, [shipped(target={"digest": OLD_DIGEST})])
    assert found is not None
    assert found.said == "9c1f9c1f, which the deploy of devon left there"


def test_without_a_digest_nobody_knows_what_is_wanted() -> None:
    """Nor of a hold without one: then the newest operation tells, if it has one."""
    assert wanted(ADDRESS, [shipped(target={"version": "v1.4.2"})]) is None
    back = a_record(verdict=Verdict.SUCCEEDED, target={"version": "v1.4.2"})
    assert wanted(ADDRESS, [back]) is None
    assert wanted(ADDRESS, []) is None


def test_what_is_held_is_wanted_whatever_was_tried_since() -> None:
    """Since when does not matter."""
    back = a_record(verdict=Verdict.SUCCEEDED, accepted_at=ago(59))
    refused = shipped(planned_at=ago(10), target=a_new_release().facts(), verdict=Verdict.REFUSED)
    assert wanted(ADDRESS, [back, refused]) == Wanted(OLD_DIGEST, "v1.4.2, at which devon holds it", None)


def test_operations_on_other_services_say_nothing() -> None:
    other = replace(ADDRESS, alias="worker")
    assert (
        wanted(ADDRESS, [shipped(address=other), a_record(address=other, verdict=Verdict.SUCCEEDED)]) is None
    )
    both = wanted(ADDRESS, [shipped(), shipped(id="01W", address=other, planned_at=ago(1))])
    assert both is not None
    assert both.since == ago(60)


# version


def test_the_version_that_runs_is_named_with_its_digest() -> None:
    assert version() == "OK v1.4.2 (9c1f9c1f)"
    assert version(should=None) == "SKIP v1.4.2 (9c1f9c1f) runs; which one is wanted, nobody has recorded"
    words = "NG v1.4.2 (9c1f9c1f) runs, not v1.4.3, which the deploy of devon left there"
    assert version(should=NEW) == words


def test_what_cannot_be_read_is_not_well() -> None:
    """No PRIMARY, no release of it, or no digest."""
    unread = "NG what runs cannot be read"
    assert version(status=a_service(deployments=())) == unread
    assert version(releases={}) == unread
    assert version(releases={OLD_RELEASE: a_release(digest=None)}) == unread
    assert version(should=None, releases={}) == unread


@pytest.mark.parametrize(
    ("rollout", "passed"),
    [
        ({"created_at": ago(99)}, True),
        ({"created_at": ago(100)}, False),
        ({"created_at": ago(101)}, False),
        ({"created_at": ago(99), "status": RolloutStatus.IN_PROGRESS}, False),
        ({"created_at": ago(99), "status": RolloutStatus.ROLLBACK_SUCCESSFUL}, False),
        ({"created_at": ago(99), "target": NEW_RELEASE}, False),
    ],
)
def test_what_somebody_shipped_past_the_console_is_not_judged(rollout: dict[str, Any], passed: bool) -> None:
    """Only what was begun after ours, succeeded, and runs; ECS going back is no such thing."""
    should = replace(NEW, since=ago(100))
    said = version(should, rollout=a_rollout(**rollout))
    words = (
        "SKIP v1.4.2 (9c1f9c1f) was shipped past the console since"
        if passed
        else "NG v1.4.2 (9c1f9c1f) runs, not"
    )
    assert said == f"{words} {NEW.said}"


def test_past_a_hold_nothing_is_shipped() -> None:
    """It is wanted whatever was shipped when; and without a rollout nobody knows who did."""
    late = a_rollout(created_at=ago(1))
    assert version(replace(NEW, since=None), rollout=late).startswith("NG ")
    assert version(NEW, rollout=None).startswith("NG ")


def test_a_tag_that_was_resolved_twice_is_counted() -> None:
    """Tasks of the PRIMARY that tell another image than its release has."""
    moved = (a_container(digest=NEW_DIGEST),)
    one = (a_task(number=1), a_task(number=2, containers=moved))
    two = tuple(a_task(number=n, containers=moved) for n in (1, 2))
    assert version(tasks=one) == "NG 1 task of another digest than v1.4.2 (9c1f9c1f)"
    assert version(tasks=two) == "NG 2 tasks of another digest than v1.4.2 (9c1f9c1f)"
    assert version(should=None, tasks=two) == "NG 2 tasks of another digest than v1.4.2 (9c1f9c1f)"


@pytest.mark.parametrize(
    "task",
    [
        a_task(containers=(a_container(digest=None),)),
        a_task(containers=(a_container(), a_container(name="agent", digest=NEW_DIGEST))),
        a_task(deployment=NEW_DEPLOYMENT),
        a_stopped_task(deployment=OLD_DEPLOYMENT),
    ],
    ids=["tells none", "an agent's", "of another deployment", "stopped"],
)
def test_what_is_not_of_the_primarys_own_containers_says_nothing(task: Any) -> None:
    assert version(tasks=(a_task(number=2), task)) == "OK v1.4.2 (9c1f9c1f)"


def test_no_version_is_confirmed_by_tasks_that_do_not_tell() -> None:
    """Nor by a list that is empty although ECS counts running ones."""
    silent = tuple(a_task(number=number, containers=(a_container(digest=None),)) for number in (1, 2))
    assert version(tasks=silent) == "SKIP v1.4.2 (9c1f9c1f) is set; no task tells what it runs"
    assert version(tasks=()) == "SKIP v1.4.2 (9c1f9c1f) is set; no running task is listed"


def test_any_one_container_of_another_image_counts() -> None:
    """Not only the first."""
    release = a_release()
    side = replace(release.images[0], container="side", digest=OLD_DIGEST)
    both = {OLD_RELEASE: replace(release, images=(*release.images, side))}
    task = a_task(containers=(a_container(), a_container(name="side", digest=NEW_DIGEST)))
    assert version(releases=both, tasks=(task,)) == "NG 1 task of another digest than v1.4.2 (9c1f9c1f)"


def test_where_tasks_are_unread_what_they_run_is_not_known() -> None:
    words = "SKIP v1.4.2 (9c1f9c1f) is set; what its tasks run cannot be read"
    assert version(tasks=(), missing={"tasks": "denied"}) == words
    assert version(should=None, tasks=(), missing={"tasks": "denied"}) == words
    assert version(missing={"targets": "denied"}) == "OK v1.4.2 (9c1f9c1f)"


# steady


def test_a_service_at_rest_is_steady() -> None:
    assert steady() == "OK 2 of 2 running"
    assert steady(rollout=None) == "OK 2 of 2 running"


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ({"status": "INACTIVE"}, "NG the service is deleted"),
        ({"status": "DRAINING"}, "NG the service is being deleted"),
        ({"deployments": ()}, "NG its last deployment has failed, 2 of 2 running"),
        (
            {"deployments": (a_deployment(state="FAILED"),), "running": 1},
            "NG its last deployment has failed, 1 of 2 running",
        ),
        ({"desired": 0}, "NG desired is 0: 0 serving"),
        ({"desired": 1, "running": 1}, "OK 1 of 1 running"),
        ({"running": 1}, "NG 1 of 2 running"),
        ({"running": 3}, "NG 3 of 2 running"),
        ({"pending": 1}, "NG 2 of 2 running, 1 pending"),
        ({"running": 1, "pending": 1}, "NG 1 of 2 running, 1 pending"),
        ({"deployments": (a_deployment(), a_new_deployment(status="ACTIVE"))}, "NG 2 of 2 running"),
        ({"deployments": (a_deployment(state="IN_PROGRESS"),)}, "NG 2 of 2 running"),
    ],
)
def test_counts_that_are_not_at_rest_are_not_steady(status: dict[str, Any], words: str) -> None:
    """Each of them alone."""
    assert steady(status=a_service(**status)) == words


def test_where_the_rollout_is_unread_rest_is_not_known() -> None:
    """Unless motion is plain to see."""
    unread: dict[str, Any] = {"rollout": None, "missing": {"rollout": DENIED}}
    assert steady(**unread) == f"SKIP 2 of 2 running; its rollout cannot be read: {DENIED}"
    moving = a_service(deployments=(a_deployment(state="IN_PROGRESS"),))
    assert steady(status=moving, **unread) == "NG 2 of 2 running"


@pytest.mark.parametrize(
    ("stage", "status", "running", "words"),
    [
        ("SCALE_UP", RolloutStatus.IN_PROGRESS, 2, "NG a rollout is under way, 2 of 2 running"),
        ("BAKE_TIME", RolloutStatus.IN_PROGRESS, 1, "NG a rollout is under way, 1 of 2 running"),
        ("BAKE_TIME", RolloutStatus.ROLLBACK_IN_PROGRESS, 2, "NG a rollout is under way, 2 of 2 running"),
        (
            "BAKE_TIME",
            RolloutStatus.IN_PROGRESS,
            2,
            "OK 2 of 2 running; the version that it left still stands beside it",
        ),
        (
            "TERMINATION_WAIT",
            RolloutStatus.IN_PROGRESS,
            2,
            "OK 2 of 2 running; the version that it left still stands beside it",
        ),
    ],
)
def test_a_rollout_under_way_is_steady_only_while_the_old_one_is_merely_kept(
    stage: str, status: RolloutStatus, running: int, words: str
) -> None:
    """All requests on the new one, all tasks of it running, and not on its way back."""
    primary = a_new_deployment(running=running, state="IN_PROGRESS")
    under_way = a_service(deployments=(primary, a_deployment(status="ACTIVE")), running=running + 2)
    assert steady(status=under_way, rollout=a_new_rollout(stage=stage, status=status)) == words


# health


def test_health_is_counted_over_the_targets_that_requests_reach() -> None:
    assert targets() == "OK 2 of 2 healthy"
    assert targets(targets=(a_target(number=1),)) == "NG 1 of 2 healthy"
    assert targets(status=a_service(desired=0)) == "SKIP desired is 0"
    assert targets(status=a_service(desired=1)) == "OK 1 of 1 healthy", "more than desired is not better"


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"reason": "Target.Timeout"}, "NG 1 of 2 healthy, 1 unhealthy: Target.Timeout"),
        (
            {"reason": "Target.Timeout", "description": "Request timed out"},
            "NG 1 of 2 healthy, 1 unhealthy: Request timed out",
        ),
        ({"description": "Request timed out"}, "NG 1 of 2 healthy, 1 unhealthy: Request timed out"),
        ({}, "NG 1 of 2 healthy, 1 unhealthy"),
    ],
)
def test_a_target_that_is_not_healthy_says_why(more: dict[str, str], words: str) -> None:
    """In AWS's sentence, else in its code."""
    sick = a_target(number=2, state="unhealthy", **more)
    assert targets(targets=(a_target(number=1), sick)) == words


def test_of_several_bad_targets_the_first_that_says_why_is_quoted() -> None:
    sick = (
        a_target(number=1, state="initial"),
        a_target(number=2, state="unhealthy", reason="Target.Timeout"),
        a_target(number=3, state="unhealthy", reason="Target.ResponseCodeMismatch"),
    )
    assert targets(targets=sick) == "NG 0 of 2 healthy, 3 initial: Target.Timeout"


def test_a_bad_target_beside_enough_good_ones_is_not_well() -> None:
    """A group may fail open."""
    sick = a_target(number=3, state="unhealthy")
    found = targets(targets=(a_target(number=1), a_target(number=2), sick))
    assert found == "NG 2 of 2 healthy, 1 unhealthy"
    leaving = replace(sick, state="draining")
    assert targets(targets=(a_target(number=1), a_target(number=2), leaving)) == "OK 2 of 2 healthy"


@pytest.mark.parametrize(
    ("dead", "words"),
    [
        ((179, 5), "NG 2 of 2 healthy, 2 of its tasks died in the last 3 min"),
        ((5,), "OK 2 of 2 healthy, 1 of its tasks died in the last 3 min"),
        ((180, 181), "OK 2 of 2 healthy"),
    ],
)
def test_what_dies_in_a_loop_is_not_healthy_between_two_deaths(dead: tuple[int, ...], words: str) -> None:
    """One that was replaced is told, and no more."""
    own = {"deployment": OLD_DEPLOYMENT}
    gone = (a_stopped_task(number=20 + n, stopped_at=ago(each), **own) for n, each in enumerate(dead))
    others = a_stopped_task(number=30, stopped_at=ago(1))
    tasks = (a_task(number=1), a_task(number=2), *gone, others)
    assert targets(tasks=tasks) == healthy(tasks=tasks) == words


def test_the_group_with_the_fewest_healthy_targets_counts() -> None:
    two = a_service(target_groups=(GROUP, SECOND))
    first = (a_target(number=1), a_target(number=2))
    second = (a_target(number=1, group=SECOND), a_target(number=2, group=SECOND))
    assert targets(status=two, targets=(*first, *second)) == "OK 2 of 2 healthy"
    assert targets(status=two, targets=(*first, second[0])) == "NG 1 of 2 healthy"
    assert targets(status=two, targets=(second[0], *first)) == "NG 1 of 2 healthy"
    assert targets(status=two, targets=first) == "NG 0 of 2 healthy"


def test_groups_that_no_rule_leads_to_are_passed_over() -> None:
    """They stand there; nobody reaches them."""
    both = a_service(target_groups=(GROUP,), alternate_groups=(SECOND,))
    away = (a_target(number=3, group=SECOND, state="unhealthy"),)
    mine = (a_target(number=1), a_target(number=2))
    routes = {GROUP: 100.0, SECOND: 0.0}
    assert targets(status=both, targets=(*mine, *away), routes=routes) == "OK 2 of 2 healthy"
    routes = {GROUP: 99.0, SECOND: 1.0}
    assert targets(status=both, targets=(*mine, *away), routes=routes) == "NG 0 of 2 healthy, 1 unhealthy"
    assert targets(routes={GROUP: 0.0}) == "NG 0 of 2 healthy"


def test_health_that_is_unread_is_skipped_with_the_reason() -> None:
    """Targets first, then the rules that traffic is shifted by; tasks where no load balancer stands before
    them."""
    shifts = a_service(alternate_groups=(SECOND,))
    assert targets(missing={"targets": "denied"}) == "SKIP cannot be read: denied"
    assert targets(status=shifts, missing={"routes": "throttled"}) == "SKIP cannot be read: throttled"
    both = {"routes": "throttled", "targets": "denied"}
    assert targets(status=shifts, missing=both) == "SKIP cannot be read: denied"
    assert targets(missing={"routes": "throttled"}) == "OK 2 of 2 healthy", "whatever leads there"
    assert targets(missing={"tasks": "denied"}) == "OK 2 of 2 healthy"
    assert (
        targets(status=a_service(desired=0), missing={"targets": "denied"}) == "SKIP cannot be read: denied"
    )
    assert healthy(missing={"tasks": "denied"}) == "SKIP cannot be read: denied"
    assert healthy(missing={"targets": "denied"}) == "OK 2 of 2 healthy"


def test_without_a_load_balancer_tasks_are_counted() -> None:
    """Without any check from forty seconds on."""
    assert healthy() == "OK 2 of 2 healthy"
    assert healthy(targets=(a_target(state="unhealthy"),)) == "OK 2 of 2 healthy"
    for seconds, words in ((39, "NG 1 of 2 healthy"), (40, "OK 2 of 2 healthy")):
        young = a_task(number=2, health="UNKNOWN", started_at=ago(seconds))
        assert healthy(tasks=(a_task(number=1), young)) == words


# alarms


def watched(*triggered: str, status: str = "MONITORING", names: tuple[str, ...] = ("p99", "5xx")) -> Any:
    return a_rollout(alarms=AlarmWatch(status, names, triggered))


@pytest.mark.parametrize(
    ("rollout", "words"),
    [
        (None, "SKIP its deployments watch none"),
        (a_rollout(), "SKIP its deployments watch none"),
        (watched(names=()), "SKIP its deployments watch none"),
        (watched("p99", "5xx"), "NG in alarm: p99, 5xx"),
        (watched("p99", status="TRIGGERED"), "NG in alarm: p99"),
        (watched(status="DISABLED"), "SKIP nobody watches them: disabled"),
        (watched(status="MONITORING"), "OK none of 2 in alarm when last watched"),
        (watched(status="MONITORING_COMPLETE"), "OK none of 2 in alarm when last watched"),
    ],
)
def test_alarms_are_told_as_they_were_last_watched(rollout: Any, words: str) -> None:
    assert alarms(rollout=rollout) == words


def test_alarms_of_a_rollout_that_is_unread_are_unknown() -> None:
    assert alarms(rollout=watched("p99"), missing={"rollout": DENIED}) == f"SKIP cannot be read: {DENIED}"
