"""What goes wrong in the world on somebody's wish, and that it can be taken back."""

from collections.abc import Callable
from typing import Any

import pytest

from console.sandbox.behaviour import BEHAVIOURS
from console.sandbox.ecs.model import Service
from console.sandbox.traffic import MINUTE
from console.sandbox.world_faults import KINDS, Held, WorldFaultError, WorldFaults
from tests.unit.sandbox_fleets import Fleets

API, WORKER = "rugmunch-api", "rugmunch-worker"


class Drill:
    """rugmunch, and the ledger of what is wrong with it."""

    def __init__(self, speed: float = 1.0) -> None:
        self.fleets = Fleets("rugmunch", speed=speed)
        self.faults = WorldFaults(self.fleets.world)

    def begin(self, fault: str, service: str = "api", **more: Any) -> Held:
        return self.faults.begin({"fault": fault, "service": service} | more)

    @property
    def api(self) -> Service:
        return self.fleets.service(API)

    def force(self) -> None:
        """Deploy the API anew."""
        where = {"cluster": self.api.cluster, "service": API}
        self.fleets.call("rugmunch", "ecs", "UpdateService", **where, forceNewDeployment=True)

    def reasons(self) -> list[str]:
        """Why tasks of the API stopped."""
        return [task.stopped_reason for task in self.api.tasks.values() if task.is_stopped]

    def wait(self, seconds: float) -> None:
        for _ in range(int(seconds // 5)):
            self.fleets.wait(5)

    def requests(self, minutes: int) -> list[Any]:
        """Those of the last complete minutes."""
        traffic = self.fleets.account("rugmunch").logs.traffic
        last = int(self.fleets.world.now() // MINUTE)
        return [
            request
            for minute in range(last - minutes, last)
            for request in traffic.requests(self.api.arn, minute)
        ]


def test_an_image_that_turns_bad_takes_its_tasks_down_one_after_the_other() -> None:
    """Running tasks die of it, and so do their replacements; the other service is left alone."""
    drill = Drill()
    drill.begin("oom")
    drill.wait(120)
    dead = [task for task in drill.api.tasks.values() if task.stop_code == "EssentialContainerExited"]
    assert len(dead) > drill.api.desired_count
    assert {task.containers[0].exit_code for task in dead} == {137}
    assert all(not task.stop_code for task in drill.fleets.service(WORKER).tasks.values())


def test_an_image_recovers_when_the_fault_ends() -> None:
    """After the seconds that it was given, divided by the world's speed."""
    drill = Drill(speed=2)
    held = drill.begin("crash", seconds=60)
    assert held.until == pytest.approx(drill.fleets.world.now() + 30)
    drill.wait(40)
    assert drill.faults.held() == ()
    drill.wait(1500)
    running = [task for task in drill.api.present.values() if task.is_healthy]
    assert len(running) == drill.api.desired_count


def test_another_image_is_not_concerned() -> None:
    """So that rolling back or forward cures it."""
    drill = Drill()
    drill.begin("unhealthy")
    drill.wait(240)
    assert any(task.stopped_reason.startswith("Task failed") for task in drill.api.tasks.values())
    content = drill.api.primary.revision.task_definition.content
    container = content["containerDefinitions"][0]
    image = container["image"].rpartition(":")[0] + ":good"
    new = content | {"containerDefinitions": [container | {"image": image}]}
    registered = drill.fleets.call("rugmunch", "ecs", "RegisterTaskDefinition", **new)["taskDefinition"]
    drill.fleets.call(
        "rugmunch",
        "ecs",
        "UpdateService",
        cluster=drill.api.cluster,
        service=API,
        taskDefinition=registered["taskDefinitionArn"],
    )
    drill.wait(900)
    assert drill.api.rollout is not None
    assert drill.api.rollout.status == "SUCCESSFUL"


@pytest.mark.parametrize("fault", ["error-spike", "5xx-burst", "database-down"])
def test_errors_show_in_the_requests_from_that_moment_on(fault: str) -> None:
    """The past stays as it was, and the end ends them."""
    drill = Drill()
    drill.fleets.wait(MINUTE - drill.fleets.world.now() % MINUTE)
    before = [request.status for request in drill.requests(3)]
    held = drill.begin(fault)
    drill.fleets.wait(3 * MINUTE)
    during = drill.requests(3)
    assert [request.status for request in drill.requests(6)[: len(before)]] == before
    assert sum(request.status >= 500 for request in during) > 0.1 * len(during)
    drill.faults.end(held.id)
    drill.wait(1200)
    after = drill.requests(3)
    assert sum(request.status >= 500 for request in after) < 0.02 * len(after)


def test_a_drift_makes_answers_ever_slower() -> None:
    """Four times as slow after ten minutes."""
    drill = Drill()
    drill.fleets.wait(MINUTE - drill.fleets.world.now() % MINUTE)

    def median() -> float:
        found = sorted(request.seconds for request in drill.requests(2))
        return float(found[len(found) // 2])

    usual = median()
    drill.begin("latency-drift")
    drill.wait(300)
    middle = median()
    drill.wait(600)
    assert usual * 1.5 < middle < usual * 3.2
    assert usual * 3 < median() < usual * 5.5


def test_a_leak_shows_in_the_memory_long_before_it_kills() -> None:
    """The metric climbs for minutes, then a task is killed."""
    drill = Drill()
    figures = drill.fleets.account("rugmunch").logs
    drill.begin("slow-leak")
    drill.wait(900)
    lives = [life for life in figures.lives.of_service(drill.api.arn) if life.turns]
    behaviour, since = lives[0].acting(drill.fleets.world.now())
    assert behaviour.memory_at(drill.fleets.world.now() - since) > 0.7
    drill.wait(700)
    assert any(task.stop_code == "EssentialContainerExited" for task in drill.api.tasks.values())


def test_a_tag_that_nobody_pushed_is_deployed_and_fails_to_start() -> None:
    """As a pipeline would that pushes after it deploys."""
    drill = Drill()
    drill.begin("bad-image")
    drill.wait(240)
    assert any("CannotPullContainerError" in reason for reason in drill.reasons())


@pytest.mark.parametrize(
    ("fault", "sign"),
    [
        ("secrets-denied", "AccessDenied"),
        ("secret-deleted", "ResourceNotFoundException"),
        ("log-group-missing", "log group"),
    ],
)
def test_what_a_start_needs_is_missing(fault: str, sign: str) -> None:
    """Tasks that start say what they lack; those that run stay."""
    drill = Drill()
    drill.begin(fault)
    drill.force()
    drill.wait(400)
    assert any(sign in reason for reason in drill.reasons()), drill.reasons()


@pytest.mark.parametrize("fault", ["no-capacity", "subnet-full"])
def test_without_room_nothing_new_starts(fault: str) -> None:
    """No task of a deployment comes to run until the fault ends; then the next one succeeds."""
    drill = Drill()
    before = set(drill.api.present)
    drill.begin(fault, seconds=600)
    drill.force()
    drill.wait(500)
    assert {task.id for task in drill.api.tasks.values() if task.started_at} == before
    drill.wait(200)
    drill.force()
    drill.wait(1200)
    assert drill.api.rollout is not None
    assert drill.api.rollout.status == "SUCCESSFUL"


def test_a_zone_is_lost_with_its_tasks() -> None:
    """They are replaced in the zones that are left."""
    drill = Drill()
    zone = next(task.zone for task in drill.api.present.values())
    drill.begin("az-lost", zone=zone)
    drill.wait(600)
    alive = [task for task in drill.api.present.values() if task.is_healthy]
    assert len(alive) == drill.api.desired_count
    assert all(task.zone != zone for task in alive)


@pytest.mark.parametrize("name", list(KINDS))
def test_every_fault_begins_and_ends_without_leaving_a_thing(name: str) -> None:
    """State that a fault has set is gone when it has ended."""
    drill = Drill()
    account = drill.fleets.account("rugmunch")
    held = drill.begin(name, "worker" if name == "queue-backlog" else "api")
    drill.fleets.wait(1)
    assert [row.as_json()["fault"] for row in drill.faults.held()] == [name]
    assert drill.faults.end(held.id)
    assert not drill.faults.end(held.id)
    assert account.stress.turned == {}
    assert not account.conditions.held
    assert all(load.until <= drill.fleets.world.now() for load in account.stress.loads)


def test_every_bad_behaviour_is_a_fault() -> None:
    """What an image may do, the running one can be made to do."""
    assert set(BEHAVIOURS) - {"healthy"} <= set(KINDS)


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        ([], "a fault is a JSON object"),
        ({"fault": "omo"}, "there is no fault 'omo' · did you mean oom?"),
        ({"fault": ["oom"]}, "fault is a text"),
        ({"fault": "oom", "service": "aip"}, "there is no service 'aip' · did you mean api?"),
        ({"fault": "oom", "environment": "prod"}, "there is no environment 'prod' · there are production"),
        ({"fault": "oom", "fleet": "rugmunhc"}, "there is no fleet 'rugmunhc' · did you mean rugmunch?"),
        ({"fault": "oom", "zone": "mars-1a"}, "there is no zone 'mars-1a'"),
        ({"fault": "oom", "seconds": -1}, "seconds is a number above 0"),
        ({"fault": "oom", "for": 3}, "unknown member 'for'"),
    ],
)
def test_a_wish_that_cannot_be_granted_is_refused_with_one_reason(body: Any, complaint: str) -> None:
    """And nothing is wrong afterwards."""
    drill = Drill()
    with pytest.raises(WorldFaultError) as refused:
        drill.faults.begin(body)
    assert str(refused.value).startswith(complaint)
    assert drill.faults.held() == ()


def test_with_several_fleets_one_has_to_be_named() -> None:
    """Nothing goes wrong in a place that nobody meant."""
    fleets = Fleets("rugmunch", "fairtradeworker")
    with pytest.raises(WorldFaultError, match="which fleet"):
        WorldFaults(fleets.world).begin({"fault": "oom"})


def test_looking_more_often_changes_nothing() -> None:
    """The deaths of a turned image come at the same moments."""

    def deaths(step: float) -> list[tuple[float, str]]:
        fleets = Fleets("rugmunch")
        WorldFaults(fleets.world).begin({"fault": "oom", "service": "api"})
        look: Callable[[], None] = lambda: fleets.wait(step)  # noqa: E731
        for _ in range(int(240 / step)):
            look()
        return [(event.at, event.message) for event in fleets.service(API).events]

    assert deaths(1.0) == deaths(60.0)
