"""What an estimate is made of: batches, checks, steps, and how sure observed starts make it."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from console.domain.operation import Estimate, Mechanism
from console.domain.service import Observation
from console.domain.steps import Steps
from console.operations.estimate import estimate
from console.operations.strategy import too_slow
from tests.builders import NOW, a_service, a_task

GROUP = "arn:aws:elasticloadbalancing:us-east-1:210987654321:targetgroup/api/1"


def seen(*starts: float, health: str = "UNKNOWN", **status: Any) -> Observation:
    """A service of two whose tasks took so long from created to started."""
    tasks = tuple(
        a_task(number=number, health=health, created_at=NOW, started_at=NOW + timedelta(seconds=took))
        for number, took in enumerate(starts, 1)
    )
    return Observation(NOW, a_service(**{"desired": 2, **status}), tasks=tasks, health_check_s=30.0)


def told(observation: Observation, steps: Steps | None = None, **wishes: Any) -> Estimate:
    given = {"arriving": 0, "mechanism": Mechanism.UPDATE_SERVICE, **wishes}
    found = estimate(observation, no_check_healthy_after_s=40.0, steps=steps, **given)
    assert found is not None
    assert found.low_s < found.safe_s < found.high_s
    return found


def test_few_starts_count_less_than_many() -> None:
    """Four that are alike say little of the fifth; under three nothing, and that is told."""
    few, many = told(seen(*[36.0, 37.0] * 2)), told(seen(*[36.0, 37.0] * 10))
    assert many.high_s - many.low_s < few.high_s - few.low_s
    assert (few.samples, many.samples, told(seen(36.0)).samples) == (4, 20, 0)


def test_every_batch_waits_for_the_one_before_to_leave() -> None:
    """Three tasks with room for one at a time, beside all three at once."""
    at_once = told(seen(desired=3, maximum_percent=200, minimum_healthy_percent=100))
    by_one = told(seen(desired=3, maximum_percent=134, minimum_healthy_percent=100))
    assert by_one.safe_s > 2 * at_once.safe_s
    assert "3 batches" in by_one.dominated_by


def test_a_worker_has_no_targets_to_wait_for() -> None:
    """40 seconds without any check; its own check where it has one."""
    worker = told(seen(37.0, 37.0, 37.0, target_groups=()))
    checked = told(seen(37.0, 37.0, 37.0, target_groups=(), health="HEALTHY"))
    assert checked.low_s < worker.low_s
    assert worker.low_s < 10 + 37 + 40 + 10 < worker.high_s


def test_five_minutes_are_said_to_be_unlikely_before_they_are_impossible() -> None:
    """By the setting that is to blame; nothing is said where they are kept."""
    said = {}
    for desired, maximum in ((2, 200), (3, 134), (4, 125), (12, 110)):
        observation = seen(37.0, 37.0, 37.0, desired=desired, maximum_percent=maximum)
        said[desired] = too_slow(observation.status, told(observation))
    assert said[2] == ""
    assert "is not certain: " in said[3]
    assert "is unlikely: " in said[4]
    assert "is out of reach: minimum healthy 100 % and maximum 110 % with 12 tasks: 12 batches" in said[12]


def test_steps_are_watched_and_hooks_are_not_known() -> None:
    """Four shares five minutes apart; a bake is not part of safe, but of done."""
    linear = Steps("LINEAR", 25.0, 300.0, bake_s=86_400.0)
    plain, hooked = told(seen(), linear), told(seen(), replace(linear, lambdas=1))
    assert plain.low_s > 3 * 300
    assert plain.done_s > plain.safe_s + 86_000
    assert hooked.high_s - hooked.low_s > plain.high_s - plain.low_s


def test_traffic_that_only_turns_around_is_back_at_once() -> None:
    """All old tasks still stand: no start is waited for. Nothing to start is no estimate."""
    assert told(seen(), arriving=2, mechanism=Mechanism.STOP_SERVICE_DEPLOYMENT).high_s < 60
    assert estimate(seen(), 2, Mechanism.UPDATE_SERVICE, 40.0) is None
    assert estimate(seen(desired=0), 0, Mechanism.UPDATE_SERVICE, 40.0) is None
