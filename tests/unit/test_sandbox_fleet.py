"""The fleets that are shipped: their past, their registries, and the rollout that limps for ever."""

import re
from typing import Any

import pytest

from console.sandbox import fleet
from console.sandbox.age import seconds
from console.sandbox.behaviour import OUT_OF_MEMORY
from console.sandbox.ecs.model import Service
from console.sandbox.ecs.seed import Past
from console.sandbox.history import past
from console.sandbox.registry import AwsError
from tests.unit.sandbox_fleets import Fleets
from tests.unit.sandbox_world import START

DAY = 86_400.0


LIMPING = "fairtradeworker-api"
PUSHED = (
    "healthy",
    "slow-start",
    "crash",
    "oom",
    "limping",
    "unhealthy",
    "error-spike",
    "latency-spike",
)
"""Behaviours that images have from the beginning."""


def steady_services(fleets: Fleets) -> list[Service]:
    accounts = fleets.world.accounts.values()
    found = [service for account in accounts for service in account.ecs.services()]
    return [service for service in found if service.name != LIMPING and service.controller == "ECS"]


def old_and_new(service: Service) -> tuple[int, int]:
    """Tasks alive of older deployments, and of the PRIMARY."""
    alive = [task.deployment == service.primary.id for task in service.tasks.values() if task.is_alive]
    return alive.count(False), alive.count(True)


def test_every_fleet_loads_into_an_account_of_its_own() -> None:
    """Accounts share nothing, and each is found by an access key of AWS's length."""
    fleets = Fleets(*fleet.names())
    accounts = fleets.world.accounts
    assert {account.name for account in accounts.values()} == set(fleet.names()) == set(fleets.world.fleets)
    assert len({account.id for account in accounts.values()}) == len(accounts)
    assert all(len(key) == 20 for key in accounts)


def test_an_unknown_fleet_is_refused() -> None:
    """By name, before anything of it is there."""
    fleets = Fleets()
    with pytest.raises(KeyError, match="mealplaner"):
        fleet.load(fleets.world, "mealplaner")
    assert not fleets.world.accounts


def test_every_repository_holds_every_behaviour() -> None:
    """Under a plain tag, for drills; where tags may not be moved, under release versions alone."""
    fleets = Fleets(*fleet.names())
    for account in fleets.world.accounts.values():
        for repository in account.ecr.repositories.values():
            if repository.mutability == "IMMUTABLE":
                tags = [tag for image in repository.images.values() for tag in image.tags]
                assert tags and all(re.fullmatch(r"v\d+\.\d+\.\d+", tag) for tag in tags)
                behaviours = {image.behaviour for image in repository.images.values() if image.tags}
                assert behaviours == set(PUSHED)
                continue
            for name in PUSHED:
                tagged = repository.tagged("good" if name == "healthy" else name)
                assert tagged is not None
                assert tagged.behaviour == name
                assert len(tagged.tags) >= 2
            good, other = repository.tagged("good"), repository.tagged("good-2")
            assert good is not None and other is not None and good.digest != other.digest
            arm = repository.tagged("arm64")
            assert arm is not None and arm.platform == "linux/arm64"
            assert account.ecr.resolve(f"{repository.uri}:v9.9.9") is None


def test_a_good_version_runs_nowhere_yet() -> None:
    """So that deploying it changes something."""
    fleets = Fleets(*fleet.names())
    for account in fleets.world.accounts.values():
        for service in account.ecs.services():
            ran = {digest for revision in service.revisions.values() for digest in revision.digests.values()}
            for repository in account.ecr.repositories.values():
                good = [image for image in repository.images.values() if {"good", "good-2"} & set(image.tags)]
                assert len(good) == (0 if repository.mutability == "IMMUTABLE" else 2)
                assert not ran & {image.digest for image in good}
                newest = max(repository.images.values(), key=lambda image: image.pushed_at)
                assert newest.digest not in ran or service.name == LIMPING


def test_weeks_of_history_lie_behind_every_service() -> None:
    """Several successes with different digests and one rollback.

    Of one definition, where a deployment forces what ``latest`` means; else each of its own.
    """
    fleets = Fleets(*fleet.names())
    for service in steady_services(fleets):
        ended = [item.status for item in service.service_deployments]
        assert 4 <= ended.count("SUCCESSFUL") <= 6
        assert ended.count("ROLLBACK_SUCCESSFUL") == 1
        digests = [tuple(item.target.digests.values()) for item in service.service_deployments]
        assert len(set(digests)) == len(digests)
        definitions = {item.target.task_definition.arn for item in service.service_deployments}
        image = service.primary.revision.task_definition.containers[0]["image"]
        assert len(definitions) == (1 if image.endswith(":latest") else len(digests))
        newest = service.service_deployments[-1]
        assert newest.status == "SUCCESSFUL" and newest.finished_at is not None
        assert fleets.world.now() - newest.finished_at > DAY
        assert {task.is_healthy for task in service.tasks.values()} == {True}


def test_what_runs_is_what_latest_meant_when_it_was_forced() -> None:
    """The bad release has moved ``latest`` away from what staging runs."""
    fleets = Fleets("fairtradeworker")
    account = fleets.account("fairtradeworker")
    staging = account.ecs.clusters["fairtradeworker-cluster"].services["fairtradeworker-api-staging"]
    running, named = staging.primary.revision, staging.primary.revision.task_definition.containers[0]["image"]
    moved = account.ecr.resolve(named)
    assert named.endswith(":latest")
    assert moved is not None and moved.digest != running.digests["api"]
    assert moved.digest == fleets.service(LIMPING).primary.revision.digests["api"]


def test_the_rollout_under_way_has_really_run() -> None:
    """Some tasks are old, one or more is new, and dead ones say how they ended and at what limit."""
    fleets = Fleets("fairtradeworker")
    service = fleets.service(LIMPING)
    old, new = old_and_new(service)
    rollout = service.rollout
    assert rollout is not None and rollout.status == "IN_PROGRESS"
    assert 300 < fleets.world.now() - rollout.created_at < 1200
    assert 1 <= old < 3 and new >= 1
    dead = [task for task in service.tasks.values() if task.stop_code == "EssentialContainerExited"]
    assert dead
    assert {(task.containers[0].exit_code, task.containers[0].reason) for task in dead} == {
        (137, OUT_OF_MEMORY)
    }
    assert service.primary.revision.task_definition.content["memory"] == "2048"


@pytest.mark.parametrize(("seed", "speed"), [(1, 1.0), (2, 1.0), (29, 1.0), (1, 10.0)])
def test_the_limping_rollout_never_ends_by_itself(seed: int, speed: float) -> None:
    """For six simulated hours old and new tasks stay mixed and the breaker stays quiet."""
    fleets = Fleets("fairtradeworker", seed=seed, speed=speed)
    service = fleets.service(LIMPING)
    rollout = service.rollout
    assert rollout is not None
    deaths = 0
    for _ in range(int(6 * 3600 / 60)):
        fleets.wait(60 / speed)
        old, _ = old_and_new(service)
        exits = [task for task in service.tasks.values() if task.stop_code == "EssentialContainerExited"]
        deaths = max(deaths, len(exits))
        assert (rollout.status, old >= 1) == ("IN_PROGRESS", True)
        assert rollout.failures < 3
    assert deaths > 20


def test_the_same_seed_begins_the_same_world() -> None:
    """Digests and task ids too; another seed has others."""

    def picture(seed: int) -> list[Any]:
        fleets = Fleets("fairtradeworker", seed=seed)
        service = fleets.service(LIMPING)
        return [list(service.tasks), service.primary.revision.digests, [e.message for e in service.events]]

    assert picture(1) == picture(1)
    assert picture(1) != picture(2)


def test_the_configuration_divides_what_is_measured_against_tasks_by_the_speed() -> None:
    """Soak and the patience with tasks that nobody checks; names and accounts stay."""
    fleets = Fleets(*fleet.names(), speed=10)
    systems = fleet.configuration(fleets.world)
    production = systems["rugmunch"]["environments"]["production"]
    assert production["tier"] == "production" and production["cluster"] == "rugmunch-cluster"
    assert set(production["services"]) == {"api", "worker"}
    assert seconds(production["services"]["api"]["soak"]) == 180
    assert seconds(production["services"]["worker"]["no_check_healthy_after"]) == 4
    assert set(systems["fairtradeworker"]["environments"]) == {"staging", "production"}


def test_a_past_on_an_image_that_nobody_pushed_is_an_error_of_the_fleet() -> None:
    """Rather than a service that runs nothing."""
    fleets = Fleets("rugmunch")
    account = fleets.account("rugmunch")
    service: dict[str, Any] = {
        "name": "x",
        "repository": "rugmunch-api",
        "task": {"family": "rugmunch-api", "container": "api"},
        "definitions": [{"age": "9d"}],
        "history": [{"version": "v0.0.1", "age": "1d", "took": "5m"}],
    }
    with pytest.raises(ValueError, match=r"v0\.0\.1"):
        past(account, service, START)
    service["history"][0]["version"] = "v1.4.2"
    (one,) = past(account, service, START)
    assert isinstance(one, Past)
    assert (one.started_at, one.finished_at) == (START - DAY, START - DAY + 300)


@pytest.mark.parametrize("text", ["", "5", "5x", "m5", "5m 3s"])
def test_a_length_of_time_of_no_known_form_is_refused(text: str) -> None:
    """A fleet file's mistake is not read as zero."""
    with pytest.raises(ValueError, match="length of time"):
        seconds(text)


def test_a_tag_moves_by_putting_the_manifest_again() -> None:
    """The digest keeps its other tags; putting it twice is refused as AWS refuses it."""
    fleets = Fleets("rugmunch")
    account = fleets.account("rugmunch")
    ask = {"repositoryName": "rugmunch-api", "imageIds": [{"imageTag": "good"}, {"imageTag": "nobody"}]}
    answer = fleets.call("rugmunch", "ecr", "BatchGetImage", **ask)
    (image,) = answer["images"]
    assert answer["failures"][0]["failureCode"] == "ImageNotFound"
    put = {"repositoryName": "rugmunch-api", "imageTag": "latest", "imageManifest": image["imageManifest"]}
    moved = fleets.call("rugmunch", "ecr", "PutImage", **put)
    assert moved["image"]["imageId"]["imageDigest"] == image["imageId"]["imageDigest"]
    latest = account.ecr.resolve(f"{account.ecr.registry}/rugmunch-api:latest")
    assert latest is not None and latest.digest == image["imageId"]["imageDigest"]
    assert set(latest.tags) == {"v1.4.4", "good", "latest"}
    with pytest.raises(AwsError) as refused:
        fleets.call("rugmunch", "ecr", "PutImage", **put)
    assert refused.value.code == "ImageAlreadyExistsException"


def test_a_manifest_over_layers_that_nobody_pushed_is_refused() -> None:
    """As is one that is no manifest; one unknown id fails a whole DescribeImages."""
    fleets = Fleets("rugmunch")
    refusals = {
        "{}": "LayersNotFoundException",
        "no": "InvalidParameterException",
        '{"manifests": [{"digest": "sha256:00"}]}': "ReferencedImagesNotFoundException",
    }
    for manifest, code in refusals.items():
        with pytest.raises(AwsError) as refused:
            fleets.call(
                "rugmunch",
                "ecr",
                "PutImage",
                repositoryName="rugmunch-api",
                imageManifest=manifest,
                imageTag="x",
            )
        assert refused.value.code == code
    ids = [{"imageTag": "good"}, {"imageTag": "nobody"}]
    with pytest.raises(AwsError) as missing:
        fleets.call("rugmunch", "ecr", "DescribeImages", repositoryName="rugmunch-api", imageIds=ids)
    assert missing.value.code == "ImageNotFoundException"


def test_images_are_listed_in_pages_without_loss() -> None:
    """Every page but the last has a token, and together they are the whole."""
    fleets = Fleets("rugmunch")
    whole = fleets.call("rugmunch", "ecr", "ListImages", repositoryName="rugmunch-api")["imageIds"]
    found: list[Any] = []
    token = None
    asked = {"repositoryName": "rugmunch-api"}
    while True:
        page = fleets.call("rugmunch", "ecr", "ListImages", **asked, maxResults=7, nextToken=token)
        found += page["imageIds"]
        token = page.get("nextToken")
        if not token:
            break
        assert len(page["imageIds"]) == 7
    assert found == whole
    assert len(whole) > 20
