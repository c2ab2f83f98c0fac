"""A watch of what has ended says *succeeded* only of what serves now."""

from dataclasses import replace

import pytest

from console.domain.operation import Verb, Verdict
from console.domain.rollout import RolloutStatus
from console.domain.service import Observation
from console.operations.witness import Witness
from tests.builders import (
    ADDRESS,
    NEW_DEPLOYMENT,
    NEW_RELEASE,
    OLD_DEPLOYMENT,
    a_deployment,
    a_record,
    a_rollout,
    a_service,
    a_stopped_task,
    a_target,
    a_task,
    ago,
    an_observation,
)
from tests.unit.conftest import Bench

ENDED = a_rollout(finished_at=ago(3600))
SICK = (a_target(), a_target(number=2, state="unhealthy"))


def verdict(bench: Bench, *observations: Observation) -> tuple[object, object]:
    """How a watch ends, and why."""
    bench.platform.histories[ADDRESS] = (observations[0].rollout or ENDED,)
    bench.platform.script(*observations)
    facts = bench.verdict(
        list(Witness(bench.platform, bench.settings.service(ADDRESS), bench.clock, 600.0).watch())
    )
    return facts["verdict"], facts["reason"]


def test_what_ended_and_serves_has_succeeded(bench: Bench) -> None:
    assert verdict(bench, an_observation(rollout=ENDED))[0] == "SUCCEEDED"


def test_what_ended_and_does_not_serve_any_more_has_failed(bench: Bench) -> None:
    """``SUCCEEDED · v2.7.3 is deployed`` while nobody answered."""
    sick = an_observation(rollout=ENDED, targets=SICK)
    assert verdict(bench, sick) == ("FAILED", "it is deployed, but 1 of 2 good targets healthy")


def test_what_cannot_be_read_is_unknown(bench: Bench) -> None:
    unread = an_observation(rollout=ENDED, targets=(), missing={"targets": "AccessDenied"})
    found, reason = verdict(bench, unread)
    assert found == "UNKNOWN" and "targets could not be read: AccessDenied" in str(reason)


@pytest.mark.parametrize(("well_again", "ending"), [(True, "SUCCEEDED"), (False, "FAILED")])
def test_what_has_only_just_arrived_may_still_be_about_to_serve(
    bench: Bench, well_again: bool, ending: str
) -> None:
    """Two minutes are left to it, as in the operation that ordered it."""
    fresh = replace(ENDED, finished_at=ago(5))
    first = an_observation(rollout=fresh, targets=SICK)
    later = [
        replace(first, at=ago(-at), targets=(a_target(), a_target(number=2)) if well_again else SICK)
        for at in (10, 60, 120)
    ]
    assert verdict(bench, first, *later)[0] == ending


def dying(
    *died_at_s: float, at_s: float = 0.0, finished_s: float = -3600.0, of: str = OLD_DEPLOYMENT
) -> Observation:
    """Both targets are healthy, and tasks have died; all times are seconds from now."""
    dead = (
        a_stopped_task(number=20 + n, deployment=of, stopped_at=ago(-each))
        for n, each in enumerate(died_at_s)
    )
    seen = an_observation(at=ago(-at_s), rollout=replace(ENDED, finished_at=ago(-finished_s)))
    leaving = a_deployment(id=NEW_DEPLOYMENT, release=NEW_RELEASE, status="ACTIVE", running=0)
    status = replace(seen.status, deployments=(*seen.status.deployments, leaving))
    return replace(seen, status=status, tasks=(a_task(), a_task(number=2), *dead))


def test_what_ended_and_dies_in_a_loop_has_failed(bench: Bench) -> None:
    """All are healthy whenever it is looked at."""
    found = verdict(bench, dying(-60, -5), dying(-5, 60, at_s=65), dying(60, 120, at_s=125))
    assert found == ("FAILED", "ECS reports success, but 2 of its tasks died in the last 3 min")


@pytest.mark.parametrize(
    ("looks", "needed"),
    [
        ((dying(-60),), 1),
        ((dying(-5, -4, of=NEW_DEPLOYMENT),), 1),
        ((dying(-60, -5), dying(-60, -5, at_s=119), dying(-60, -5, at_s=174), dying(-60, -5, at_s=176)), 4),
    ],
    ids=["one was replaced", "those of another version", "two died once"],
)
def test_what_ended_and_lasts_has_succeeded(
    bench: Bench, looks: tuple[Observation, ...], needed: int
) -> None:
    """Two that died together may be the first of many: that is waited for."""
    assert verdict(bench, *looks)[0] == "SUCCEEDED"
    assert bench.platform.count("observe") == needed


def rolling() -> Observation:
    """Not over yet, half a minute ago."""
    return replace(
        dying(at_s=-30), rollout=replace(ENDED, status=RolloutStatus.IN_PROGRESS, finished_at=None)
    )


def test_one_that_was_deployed_under_the_watch_has_to_last(bench: Bench) -> None:
    """Two minutes are left to it once ECS has finished."""
    loop = (
        dying(-10, -5, finished_s=-5),
        dying(-5, 55, at_s=60, finished_s=-5),
        dying(55, 118, at_s=121, finished_s=-5),
    )
    found, reason = verdict(bench, rolling(), *loop)
    assert (found, reason) == ("FAILED", "ECS reports success, but 2 of its tasks died in the last 3 min")


@pytest.mark.parametrize(
    ("of", "looks"), [(OLD_DEPLOYMENT, 5), (NEW_DEPLOYMENT, 2)], ids=["its own", "another's"]
)
def test_deaths_under_the_watch_are_waited_for(bench: Bench, of: str, looks: int) -> None:
    """Where they are its own, and do not go on."""
    later = [dying(-10, -11, at_s=at, finished_s=-5, of=of) for at in (0, 125, 169, 171)]
    assert verdict(bench, rolling(), *later)[0] == "SUCCEEDED"
    assert bench.platform.count("observe") == looks


@pytest.mark.parametrize("missing", [{"targets": "AccessDenied"}, {"tasks": "Throttled"}])
def test_a_success_of_ours_that_nobody_can_read_now_is_unknown(bench: Bench, missing: dict[str, str]) -> None:
    """It was proved an hour ago; nothing may run by now."""
    done_at = ago(3500)
    ours = a_record(verb=Verb.DEPLOY, verdict=Verdict.SUCCEEDED, done_at=done_at, ended_at=done_at)
    seen = an_observation(status=a_service(running=0), rollout=ENDED, tasks=(), targets=(), missing=missing)
    bench.platform.histories[ADDRESS] = (ENDED,)
    bench.platform.script(seen)
    watch = Witness(bench.platform, bench.settings.service(ADDRESS), bench.clock, 600.0, ours)
    assert bench.verdict(list(watch.watch()))["verdict"] == "UNKNOWN"


def test_a_success_without_its_time_is_judged_from_when_it_was_seen(bench: Bench) -> None:
    """AWS may leave ``finishedAt`` out: two minutes from then."""
    timeless = replace(ENDED, finished_at=None)
    sick = [an_observation(at=ago(-at), rollout=timeless, targets=SICK) for at in (0, 60, 119, 121)]
    assert verdict(bench, rolling(), *sick)[0] == "FAILED"
    assert bench.platform.count("observe") == 5
