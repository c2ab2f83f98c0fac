"""*Safe* can be lost: said, written down, taken into the verdict, and said again when it is regained."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from console.domain.action import Action, ActionKind
from console.domain.operation import SafetyState, Verdict
from console.domain.rollout import RolloutStatus
from console.domain.service import Observation
from tests.builders import (
    ADDRESS,
    NEW_DEPLOYMENT,
    a_container,
    a_rollout,
    a_stopped_task,
    a_target,
    a_task,
    ago,
)
from tests.unit.conftest import Bench
from tests.unit.test_operations_engine import (
    COPY_DEPLOYMENT,
    finished,
    gone_back,
    run,
    with_another,
)

__all__ = ["finished"]
SAFE = (10.0, 16.0)
FAILED_CHECKS = "Task failed ELB health checks in (target-group arn:tg)"


def rolling(at_s: float) -> Observation:
    """The copy serves on both tasks, and ECS has not finished."""
    return gone_back(at_s, RolloutStatus.IN_PROGRESS)


def one_short(observation: Observation) -> Observation:
    """One of its two targets is unhealthy."""
    return replace(observation, targets=(a_target(number=5), a_target(number=6, state="unhealthy")))


def unread(observation: Observation) -> Observation:
    """Its targets could not be read."""
    return replace(observation, targets=(), missing={"targets": "AccessDenied"})


def done(at_s: float) -> Observation:
    """ECS has finished 20 s after the order."""
    found = gone_back(at_s)
    return replace(found, rollout=replace(found.rollout or a_rollout(), finished_at=ago(-20)))


def told(bench: Bench, *observations: Observation) -> tuple[list[str], dict[str, object]]:
    """The events about safety, and the verdict, of a rollback that meets those observations."""
    bench.platform.on_act = lambda order: bench.platform.script(*observations)
    events = run(bench, bench.engine.plan_rollback(ADDRESS))
    return [item.text for item in events if item.event in ("safe", "unsafe")], bench.verdict(events)


def looked_at(bench: Bench, *observations: Observation) -> list[datetime]:
    """The moments of the looks that a rollback took at those observations, until it ended."""
    bench.platform.on_act = lambda order: bench.platform.script(*observations)
    return [
        event.progress.observation.at
        for event in run(bench, bench.engine.plan_rollback(ADDRESS))
        if event.progress is not None and event.progress.observation is not None
    ]


def test_safe_that_is_lost_is_said_with_since_and_why(finished: Bench) -> None:
    """Targets under the need; safe again on two agreeing reads, and then it succeeds."""
    seen, verdict = told(
        finished,
        *map(rolling, SAFE),
        one_short(rolling(20)),
        rolling(25),
        rolling(31),
        done(40),
    )

    assert seen == [
        "safe: every request is served by v1.4.2",
        "NOT SAFE ANY MORE since 03:13:07 UTC: 1 of 2 good targets healthy",
        "safe again since 03:13:18 UTC: every request is served by v1.4.2",
    ]
    assert verdict["verdict"] == "SUCCEEDED"
    record = finished.journal.operations()[0]
    assert (record.safe_at, record.unsafe_since) == (ago(-16), None), "the first time stays"


def test_another_version_that_serves_again_takes_it_back(finished: Bench) -> None:
    """A second operator, or a tag that moved; never regained, it is no success."""
    seen, verdict = told(
        finished, *map(rolling, SAFE), *(with_another(done(at)) for at in (20, 60, 100, 141, 145))
    )

    why = "1 target of another deployment may still receive traffic"
    assert seen[1] == f"NOT SAFE ANY MORE since 03:13:07 UTC: {why}"
    assert verdict["verdict"] == "FAILED"
    assert f"ECS reports success, but {seen[1]}" in str(verdict["reason"])
    assert verdict["unsafe_since"] == "2026-11-20T03:13:07.000Z"
    record = finished.journal.operations()[0]
    assert (record.unsafe_since, record.unsafe_why) == (ago(-20), why)
    entry = next(item for item in finished.journal.entries(record.id) if item.event == "unsafe")
    assert (entry.facts["since"], entry.facts["why"]) == ("2026-11-20T03:13:07.000Z", why)


def test_what_cannot_be_read_loses_nothing_and_proves_nothing(finished: Bench) -> None:
    """It is neither safe nor unsafe meanwhile, and no verdict rests on it."""
    states: list[SafetyState] = []
    finished.platform.on_act = lambda order: finished.platform.script(
        *map(rolling, SAFE), unread(done(20)), unread(done(30)), done(40)
    )

    for event in finished.engine.execute(finished.engine.plan_rollback(ADDRESS), "production/api"):
        if event.progress is not None and (not states or states[-1] is not event.progress.safety.state):
            states.append(event.progress.safety.state)

    assert states == [SafetyState.AWAITED, SafetyState.SAFE, SafetyState.UNREAD, SafetyState.SAFE]
    record = finished.journal.operations()[0]
    assert record.verdict is Verdict.SUCCEEDED
    assert "unsafe" not in [item.event for item in finished.journal.entries(record.id)]


def test_a_success_that_cannot_be_checked_is_unknown(finished: Bench) -> None:
    """Not failed either: nobody has read that."""
    seen, verdict = told(finished, *(unread(done(at)) for at in (10, 50, 100, 141, 145)))

    assert seen == []
    assert verdict["verdict"] == "UNKNOWN"
    assert "targets could not be read" in str(verdict["reason"])


def unruled(observation: Observation) -> Observation:
    """Whoever asks may not read listener rules."""
    return replace(observation, missing={"routes": "profile ops may not elasticloadbalancing:DescribeRules"})


def test_whoever_may_not_read_rules_gets_a_verdict_that_names_the_permission(finished: Bench) -> None:
    """All else is well: UNKNOWN, not FAILED. The order was sent all the same."""
    seen, verdict = told(finished, *(unruled(done(at)) for at in (10, 50, 100, 141, 145)))

    assert (seen, verdict["verdict"]) == ([], "UNKNOWN")
    assert "listener rules could not be read: profile ops may not elasticloadbalancing:DescribeRules" in str(
        verdict["reason"]
    )


def test_unread_rules_excuse_no_sick_target(finished: Bench) -> None:
    """What fails whatever the rules are is FAILED."""
    _, verdict = told(finished, *(unruled(one_short(done(at))) for at in (10, 50, 100, 141, 145)))

    assert verdict["verdict"] == "FAILED"
    assert "1 of 2 good targets healthy" in str(verdict["reason"])


def test_tasks_that_are_asked_for_later_take_nothing_away(finished: Bench) -> None:
    """Autoscaling goes from two to six: the two still serve everything."""
    more = replace(rolling(20), status=replace(rolling(20).status, desired=6))
    seen, _ = told(finished, *map(rolling, SAFE), more, done(40))

    assert len(seen) == 1


def test_desired_0_takes_it_back_and_lowers_no_need(finished: Bench) -> None:
    """Somebody drains it, and fills it again: ``every request on the target`` with 0 of 2 healthy."""
    empty = replace(
        rolling(20), status=replace(rolling(20).status, desired=0, running=0), tasks=(), targets=()
    )
    starting = replace(done(30), targets=(a_target(number=5, state="initial"),))
    seen, verdict = told(
        finished,
        *map(rolling, SAFE),
        empty,
        starting,
        *(replace(starting, at=ago(-at)) for at in (90, 151, 160)),
    )

    assert seen[1] == "NOT SAFE ANY MORE since 03:13:07 UTC: desired count is 0: nothing serves"
    assert verdict["verdict"] == "FAILED"
    assert "0 of 2 good targets healthy" in str(verdict["reason"])


def dying(observation: Observation, *ended_at_s: float, **task: Any) -> Observation:
    """Tasks of its own died so many seconds after the order."""
    own = {"deployment": COPY_DEPLOYMENT, "exit_code": 137, **task}
    dead = (a_stopped_task(number=20 + n, stopped_at=ago(-at), **own) for n, at in enumerate(ended_at_s))
    return replace(observation, tasks=(*observation.tasks, *dead))


def test_between_two_deaths_it_is_not_safe(finished: Bench) -> None:
    """A crash loop has two healthy reads now and then: ``SUCCEEDED · 6 tasks died in 1 min``."""
    seen, _ = told(finished, dying(rolling(10), 5), dying(rolling(16), 5), dying(rolling(22), 5, 21))
    assert seen == []


def test_one_that_died_is_no_obstacle_once_the_others_last(finished: Bench) -> None:
    """A minute after it, it is safe; three minutes after it, it has succeeded."""
    looks = looked_at(
        finished,
        *(dying(rolling(at), 5) for at in (10, 64, 65, 71)),
        *(dying(done(at), 5) for at in (80, 184, 185)),
    )
    record = finished.journal.operations()[0]
    assert (record.safe_at, record.verdict) == (ago(-71), Verdict.SUCCEEDED)
    assert looks[-1] == ago(-185)


def test_a_task_that_was_told_to_stop_did_not_die(finished: Bench) -> None:
    """Scaling in, and tasks of another version, tell nothing."""
    scaled = "Scaling activity initiated by (deployment ecs-svc/1)"
    seen, _ = told(
        finished,
        *(dying(rolling(at), 5, stop_code="ServiceSchedulerInitiated", stopped_reason=scaled) for at in SAFE),
        *(dying(rolling(at), 5, deployment=NEW_DEPLOYMENT) for at in (20, 26)),
        done(40),
    )
    assert len(seen) == 1
    assert finished.journal.operations()[0].safe_at == ago(-16)


@pytest.mark.parametrize(
    "end",
    [
        {"exit_code": 0},
        {"exit_code": 0, "stop_code": "ServiceSchedulerInitiated", "stopped_reason": FAILED_CHECKS},
        {"exit_code": None, "stop_code": "TaskFailedToStart", "stopped_reason": "CannotPullContainerError"},
    ],
    ids=["its program has ended", "its health checks failed", "it never started"],
)
def test_a_task_that_ends_without_an_error_code_has_died_too(finished: Bench, end: dict[str, Any]) -> None:
    """Nobody told it to: it is replaced, and the next one ends likewise."""
    seen, _ = told(finished, *(dying(rolling(at), 5, **end) for at in (10, 16, 22, 60)))
    assert seen == []


def test_no_success_while_its_own_tasks_die(finished: Bench) -> None:
    """Each lives for a while, so that all are healthy when it is looked at."""
    deaths = [20.0 + 10 * n for n in range(20)]
    seen, verdict = told(
        finished,
        *map(rolling, SAFE),
        *(dying(done(at), *(each for each in deaths if each < at)) for at in (30, 90, 150, 152)),
    )
    assert len(seen) == 1
    assert verdict["verdict"] == "FAILED"
    assert "ECS reports success, but 14 of its tasks died in the last 3 min" in str(verdict["reason"])


def baking(at_s: float) -> Observation:
    """The copy serves on both tasks, and ECS keeps what it left for an hour."""
    found = rolling(at_s)
    kept = replace(found.rollout or a_rollout(), stage="BAKE_TIME", bake_s=3600.0, updated_at=ago(-10))
    return replace(found, rollout=kept)


def test_a_rollback_that_ecs_still_bakes_has_not_arrived_while_its_own_tasks_die(finished: Bench) -> None:
    """One died 67 s ago: it was told SUCCEEDED, and a crash loop looks the same."""
    looks = looked_at(
        finished,
        *map(rolling, SAFE),
        *(dying(baking(at), 20) for at in (25, 87, 199, 201)),
    )
    record = finished.journal.operations()[0]
    assert (record.safe_at, record.verdict) == (ago(-16), Verdict.SUCCEEDED)
    assert looks[-1] == ago(-201)


@pytest.mark.parametrize("left", [baking, done])
def test_two_that_died_together_once_are_waited_for(
    finished: Bench, left: Callable[[float], Observation]
) -> None:
    """A zone was lost, and nothing died since: no failure, three minutes later a success."""
    _, verdict = told(
        finished, *map(rolling, SAFE), *(dying(left(at), 20, 20) for at in (25, 100, 150, 199, 201))
    )
    assert verdict["verdict"] == "SUCCEEDED"


def test_deaths_of_before_it_was_lost_are_not_held_against_it(finished: Bench) -> None:
    """Two minutes are counted from when a success was withheld for those that die now."""
    _, verdict = told(
        finished,
        *map(rolling, SAFE),
        dying(baking(25), 20),
        *(one_short(dying(baking(at), 20)) for at in (60, 150, 260)),
        *(dying(baking(at), 20, 200, 205) for at in (285, 291, 300, 386)),
    )
    assert verdict["verdict"] == "SUCCEEDED"


def test_a_rollback_that_ecs_still_bakes_fails_where_its_tasks_go_on_to_die(finished: Bench) -> None:
    """All are healthy at each look; nobody waits for an hour to be told."""
    looks = (25, 60, 100, 146)
    _, verdict = told(
        finished,
        *map(rolling, SAFE),
        *(dying(baking(at), *(each for each in (20, 50, 90) if each < at)) for at in looks),
    )
    assert verdict["verdict"] == "FAILED"
    assert "it is safe, but 3 of its tasks died in the last 3 min" in str(verdict["reason"])


def test_a_rollback_whose_tasks_die_does_not_succeed_when_its_time_is_up(finished: Bench) -> None:
    finished.timeout_s = 60
    _, verdict = told(finished, *map(rolling, SAFE), dying(rolling(20), 19))
    assert verdict["verdict"] == "STUCK"
    assert "1 task died" in str(verdict["reason"])


def leaving(observation: Observation) -> Observation:
    """Both of its tasks have exited, and are not STOPPED yet; the load balancer has not noticed."""
    exited = {
        "status": "DEPROVISIONING",
        "desired_status": "STOPPED",
        "stop_code": "EssentialContainerExited",
        "stopping_at": observation.at,
        "containers": (a_container(status="STOPPED", exit_code=1),),
    }
    gone = tuple(replace(task, **exited) for task in observation.tasks)  # type: ignore[arg-type]
    return replace(observation, tasks=gone, status=replace(observation.status, running=0))


def test_a_task_that_has_exited_serves_nothing_although_its_target_is_healthy(finished: Bench) -> None:
    """It takes tens of seconds until it is STOPPED, and the load balancer as long."""
    seen, verdict = told(
        finished, *(leaving(rolling(at)) for at in SAFE), *(leaving(done(at)) for at in (30, 151))
    )
    assert (seen, verdict["verdict"]) == ([], "FAILED")


def test_a_task_that_is_being_taken_down_after_an_exit_has_died(finished: Bench) -> None:
    """One of three: the other two are healthy."""
    third = leaving(replace(rolling(10), tasks=(a_task(number=9, deployment=COPY_DEPLOYMENT),))).tasks
    seen, _ = told(finished, *(replace(item, tasks=(*item.tasks, *third)) for item in map(rolling, SAFE)))
    assert seen == []


@pytest.mark.parametrize("targets", ["unhealthy", "none"])
def test_what_was_safe_with_nothing_wanted_has_to_serve_what_is_wanted_later(
    finished: Bench, targets: str
) -> None:
    """Drained before it was safe, filled again afterwards: ``SUCCEEDED`` with every target unhealthy."""

    def empty(at_s: float) -> Observation:
        seen = rolling(at_s)
        return replace(seen, status=replace(seen.status, desired=0, running=0), tasks=(), targets=())

    def filled(seen: Observation) -> Observation:
        if targets == "none":
            return replace(seen, tasks=(), targets=())
        return replace(seen, targets=tuple(replace(item, state="unhealthy") for item in seen.targets))

    _, verdict = told(
        finished, *map(empty, SAFE), filled(rolling(20)), *(filled(done(at)) for at in (40, 80, 120, 170))
    )
    assert verdict["verdict"] == "FAILED"
    assert "0 of 2 good targets healthy" in str(verdict["reason"])


def test_a_rollback_whose_time_is_up_has_not_succeeded_before_what_follows_it(finished: Bench) -> None:
    """A setting that it changed has to be put back."""
    follows = Action(ActionKind.SET_STRATEGY, "put back", {"configuration": {}})
    plan = replace(finished.engine.plan_rollback(ADDRESS), after=(follows,))
    finished.timeout_s = 60
    finished.platform.on_act = lambda order: finished.platform.script(*map(rolling, SAFE), rolling(20))
    assert finished.verdict(run(finished, plan))["verdict"] == "STUCK"


def test_tasks_that_die_one_by_one_for_ever_are_a_failure_at_last(finished: Bench) -> None:
    """One every 175 s: there is always one in the last three minutes, and hardly ever a second."""
    deaths = [20.0 + 175 * n for n in range(6)]
    looks = range(25, 800, 25)
    _, verdict = told(
        finished,
        *map(rolling, SAFE),
        *(dying(done(at), *(each for each in deaths if at - 178 < each < at)) for at in looks),
    )
    assert verdict["verdict"] == "FAILED"
    assert "ECS reports success, but 1 of its tasks died in the last 3 min" in str(verdict["reason"])


def test_a_success_of_ecs_waits_for_safety_to_come_back(finished: Bench) -> None:
    """Lost right before ECS has finished: two minutes are left to it."""
    seen, verdict = told(
        finished,
        *map(rolling, SAFE),
        one_short(rolling(19)),
        one_short(done(25)),
        done(60),
        done(66),
    )

    assert [text.partition(" since")[0] for text in seen[1:]] == ["NOT SAFE ANY MORE", "safe again"]
    assert verdict["verdict"] == "SUCCEEDED"


def test_whoever_takes_over_knows_that_it_was_lost(finished: Bench) -> None:
    """A kill in between: safe again is safe again, not safe for the first time."""
    finished.platform.on_act = lambda order: finished.platform.script(
        *map(rolling, SAFE), one_short(rolling(20))
    )
    events = finished.engine.execute(finished.engine.plan_rollback(ADDRESS), "production/api")
    for event in events:
        if event.event == "unsafe":
            break
    record = finished.journal.operations()[0]
    finished.clock.advance(60)
    finished.platform.script(one_short(rolling(80)), rolling(90), rolling(96), done(100))

    later = list(finished.engine.resume(record.id))

    assert [item.text.partition(":")[0] for item in later if item.event in ("safe", "unsafe")] == [
        "safe again since 03"
    ]
    assert finished.journal.operations()[0].safe_at == ago(-16)
    assert finished.journal.operations()[0].verdict is Verdict.SUCCEEDED


def test_a_rollback_that_is_not_safe_any_more_does_not_succeed_when_its_time_is_up(finished: Bench) -> None:
    """It was safe once; ECS has not finished."""
    finished.timeout_s = 60
    _, verdict = told(finished, *map(rolling, SAFE), one_short(rolling(20)))

    assert verdict["verdict"] == "STUCK"
