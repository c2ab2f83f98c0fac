"""How worlds begin: each scene is what it says, for every seed the same way."""

from typing import Any

import pytest

from console.errors import SandboxError
from console.sandbox.ecs.model import Service
from console.sandbox.gateway import Gateway
from console.sandbox.kernel import World
from console.sandbox.scenes import huge
from console.sandbox.scenes.catalogue import DEFAULT, SCENES, begin, cast, furnish, scene
from tests.unit.sandbox_world import Hand


class Opening:
    """A world that has just begun with a scene."""

    def __init__(self, name: str, seed: int = 1) -> None:
        self.hand = Hand()
        self.world = World(seed, 1.0, self.hand)
        self.gateway = Gateway(self.world)
        found = scene(name)
        furnish(self.world, found, cast(found, ()))
        begin(self.gateway, found)

    def wait(self, seconds: float) -> None:
        self.hand.at += seconds
        self.world.advance()

    def services(self, fleet: str = "") -> list[Service]:
        accounts = self.world.accounts.values()
        return [s for a in accounts if fleet in ("", a.name) for s in a.ecs.services()]

    def service(self, name: str) -> Service:
        return next(service for service in self.services() if service.name == name)

    def story(self) -> list[tuple[str, float, str]]:
        """All events of all services."""
        return [
            (service.name, event.at, event.message) for service in self.services() for event in service.events
        ]


def stopped(service: Service) -> list[str]:
    """Why its tasks stopped."""
    return [task.stop_code for task in service.tasks.values() if task.is_stopped]


def test_calm_stays_calm() -> None:
    """An hour in which nothing stops and nothing is deployed."""
    opening = Opening("calm")
    opening.wait(3600)
    for service in opening.services():
        assert service.is_steady, service.name
        assert stopped(service) == []


def test_the_usual_beginning_is_the_bad_deploy() -> None:
    """What the demo shows, under its own name too."""
    assert scene("").name == DEFAULT == "bad-deploy"
    api = Opening("").service("fairtradeworker-api")
    assert api.rollout is not None
    assert api.rollout.status == "IN_PROGRESS"


def test_flapping_tasks_have_no_deployment_to_blame() -> None:
    """They are killed and replaced for an hour, and no rollout is under way."""
    opening = Opening("flapping")
    opening.wait(3600)
    api = opening.service("rugmunch-api")
    assert api.rollout is not None
    assert api.rollout.is_over
    assert stopped(api).count("EssentialContainerExited") > 10


def test_stuck_tasks_wait_for_room_and_no_breaker_ends_it() -> None:
    """After a quarter of an hour the deployment is where it was."""
    opening = Opening("stuck-pending")
    opening.wait(900)
    api = opening.service("rugmunch-api")
    assert api.rollout is not None
    assert api.rollout.status == "IN_PROGRESS"
    running = [task for task in api.present.values() if task.status == "RUNNING"]
    assert len(running) == api.desired_count
    assert all(task.deployment != api.primary.id for task in running)


def test_a_lost_zone_takes_its_tasks_with_it() -> None:
    """And nothing new starts there."""
    opening = Opening("az-down")
    opening.wait(600)
    for service in opening.services("rugmunch"):
        zones = [task.zone for task in service.present.values()]
        assert len(zones) == service.desired_count
        assert not any(zone.endswith("a") for zone in zones)


def test_throttled_lists_are_refused_for_ten_minutes() -> None:
    """And every call for the first twenty seconds."""
    opening = Opening("throttled")
    assert "*" in [fault.operation for fault in opening.gateway.faults.waiting()]
    opening.wait(30)
    left = [fault.operation for fault in opening.gateway.faults.waiting()]
    assert "*" not in left
    assert "ecs.ListTasks" in left
    opening.wait(600)
    assert opening.gateway.faults.waiting() == ()


def test_three_things_go_wrong_at_once() -> None:
    """In three services, each its own way; all can be seen and ended through the control interface."""
    opening = Opening("three-at-once")
    opening.wait(300)
    market = opening.service("fairtradeworker-api").rollout
    assert market is not None
    assert market.status == "IN_PROGRESS"
    assert "EssentialContainerExited" in stopped(opening.service("rugmunch-api"))
    assert [held.kind.name for held in opening.gateway.world_faults.held()] == ["oom", "5xx-burst"]


def test_huge_is_as_large_as_it_says() -> None:
    """1,000 services, 5,000 running tasks, and no other fleet."""
    opening = Opening("huge")
    services = opening.services()
    assert opening.world.fleets == [huge.NAME]
    assert len(services) == 1000
    assert sum(len(service.present) for service in services) == 5000


def test_a_seed_makes_the_same_scene_again_and_another_one_another() -> None:
    """Event for event."""

    def told(seed: int) -> list[Any]:
        opening = Opening("three-at-once", seed)
        opening.wait(600)
        return opening.story()

    assert told(1) == told(1)
    assert told(1) != told(2)


@pytest.mark.parametrize("name", [name for name in SCENES if name != huge.NAME])
def test_every_scene_begins_in_every_fleet_that_it_names(name: str) -> None:
    """With a meaning for people."""
    opening = Opening(name)
    opening.wait(60)
    assert set(scene(name).fleets) <= set(opening.world.fleets)
    assert scene(name).meaning


@pytest.mark.parametrize(
    ("name", "fleets", "complaint"),
    [
        ("clam", (), "there is no scene 'clam' · did you mean calm?"),
        ("calm", ("rugmunhc",), "there is no fleet 'rugmunhc' · did you mean rugmunch?"),
        ("az-down", ("fairtradeworker",), "the scene az-down plays in the fleet rugmunch"),
        ("huge", ("rugmunch",), "there is no fleet 'rugmunch'"),
    ],
)
def test_what_there_is_not_is_said_in_one_line(name: str, fleets: tuple[str, ...], complaint: str) -> None:
    """With what was perhaps meant."""
    with pytest.raises(SandboxError) as refused:
        cast(scene(name), fleets)
    assert str(refused.value).startswith(complaint)


def test_a_canary_going_wrong_has_its_first_share_of_the_requests() -> None:
    """Its pause has been answered: a tenth or more is shifted, some minutes after the beginning at most."""
    opening = Opening("canary-going-wrong")
    service = next(item for item in opening.services("swapjoy") if item.service_deployments[-1].course)
    rollout = service.rollout
    assert rollout is not None
    opening.wait(240)

    assert rollout.status == "IN_PROGRESS"
    assert rollout.course is not None
    assert not any(hook.status == "AWAITING_ACTION" for hook in rollout.course.hooks)
    assert rollout.course.stage in ("PRODUCTION_TRAFFIC_SHIFT", "PRE_PRODUCTION_TRAFFIC_SHIFT")
