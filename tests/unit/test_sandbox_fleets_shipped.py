"""What the handbooks of the five systems say, and what the fleets of that name are."""

import re
from typing import Any

import pytest

from console.errors import SandboxError
from console.sandbox import fleet, serve
from console.sandbox.ecs.model import Service
from tests.unit.sandbox_fleets import Fleets

IN_CLUSTERS = {
    "rugmunch": {"rugmunch-cluster": {"rugmunch-api": 2, "rugmunch-worker": 2}},
    "mealplanner": {
        "meal-planner-production": {"meal-planner-api": 3},
        "meal-planner-staging": {"meal-planner-api": 2},
    },
    "clever-better": {
        f"clever-better-{env}": {
            f"clever-better-{env}-{name}": count
            for name, count in zip(("bot", "ml-service", "data-ingestion"), counts, strict=True)
        }
        for env, counts in (("production", (2, 3, 2)), ("staging", (2, 2, 2)), ("dev", (1, 1, 1)))
    },
    "fairtradeworker": {
        "fairtradeworker-cluster": {"fairtradeworker-api": 3, "fairtradeworker-api-staging": 2}
    },
    "swapjoy": {"production": {"swapjoy-api": 4}, "staging": {"swapjoy-api": 2}},
}


def service(fleets: Fleets, cluster: str, name: str) -> Service:
    """A service by its place: names alone prove nothing."""
    for account in fleets.world.accounts.values():
        if cluster in account.ecs.clusters:
            return account.ecs.clusters[cluster].services[name]
    raise KeyError(cluster)


@pytest.mark.parametrize("name", sorted(IN_CLUSTERS))
def test_a_fleet_has_the_clusters_and_sizes_of_its_handbook(name: str) -> None:
    """And every task of them is there."""
    fleets = Fleets(name)
    clusters = fleets.account(name).ecs.clusters
    found = {
        cluster.name: {item.name: item.desired_count for item in cluster.services.values()}
        for cluster in clusters.values()
    }
    assert found == IN_CLUSTERS[name]


@pytest.mark.parametrize("name", ["mealplanner", "clever-better", "swapjoy"])
def test_a_calm_fleet_stays_calm(name: str) -> None:
    """Everything healthy, every deployment over, no alarm."""
    fleets = Fleets(name)
    for _ in range(4):
        fleets.wait(3600)
        account = fleets.account(name)
        assert {alarm.state for alarm in account.alarms} <= {"OK"}
        for item in account.ecs.services():
            assert sum(task.is_healthy for task in item.present.values()) == item.desired_count
            assert item.rollout is not None and item.rollout.is_over


def test_the_demo_is_two_fleets_and_all_is_every_one() -> None:
    """Whoever asks for none gets those that the console's pictures show."""
    assert serve.build((), 1, 1.0).fleets == ["fairtradeworker", "rugmunch"]
    assert serve.build(("all",), 1, 1.0).fleets == list(fleet.names())
    with pytest.raises(SandboxError, match="swapjoyy"):
        serve.build(("swapjoyy",), 1, 1.0)


def test_mealplanner_is_checked_from_within_and_shifts_traffic_in_production() -> None:
    """Blue and green with a canary's steps there, the old kept for a day; one task at a time in staging."""
    fleets = Fleets("mealplanner")
    production = service(fleets, "meal-planner-production", "meal-planner-api")
    staging = service(fleets, "meal-planner-staging", "meal-planner-api")
    assert (production.configuration["strategy"], staging.configuration["strategy"]) == ("LINEAR", "ROLLING")
    assert production.configuration["bakeTimeInMinutes"] == 24 * 60
    assert (staging.floor, staging.ceiling) == (2, 3)
    (container,) = production.primary.revision.task_definition.containers
    check = container["healthCheck"]
    assert (check["interval"], check["timeout"], check["retries"], check["startPeriod"]) == (30, 5, 3, 60)
    content = production.primary.revision.task_definition.content
    assert (content["cpu"], content["memory"]) == ("512", "1024")
    database = next(item for item in container["secrets"] if item["name"] == "DATABASE_URL")
    assert re.search(r":secret:production/db/url-[0-9a-f]{6}$", database["valueFrom"])
    found = fleets.call("mealplanner", "secretsmanager", "DescribeSecret", SecretId="production/db/url")
    assert found["ARN"] == database["valueFrom"]


def test_a_service_that_shifts_traffic_has_two_groups_and_a_listener_for_tests() -> None:
    """Production of both systems; the groups of all services are different ones."""
    fleets = Fleets("mealplanner", "swapjoy", "clever-better")
    for account in fleets.world.accounts.values():
        names = [group.name for group in account.elb.target_groups.values()]
        assert len(set(names)) == len(names) and max(map(len, names)) <= 32
        assert max(len(item.name) for item in account.elb.load_balancers.values()) <= 32
        rules = {rule.arn for listener in account.elb.listeners.values() for rule in listener.rules}
        for item in account.ecs.services():
            is_rolling = item.configuration["strategy"] == "ROLLING"
            for entry in item.load_balancers:
                advanced = entry.get("advancedConfiguration")
                assert (advanced is None) is is_rolling
                if advanced is not None:
                    assert advanced["alternateTargetGroupArn"] in account.elb.target_groups
                    assert {advanced["productionListenerRule"], advanced["testListenerRule"]} <= rules


def test_swapjoy_has_the_same_name_twice_and_pauses_before_the_first_step() -> None:
    """Ten percent at a time; the pause lies between the test traffic and the production traffic."""
    fleets = Fleets("swapjoy")
    production, staging = (service(fleets, name, "swapjoy-api") for name in ("production", "staging"))
    assert production.arn != staging.arn
    assert production.configuration["linearConfiguration"]["stepPercent"] == 10
    (hook,) = production.configuration["lifecycleHooks"]
    assert (hook["targetType"], hook["lifecycleStages"]) == ("PAUSE", ["POST_TEST_TRAFFIC_SHIFT"])
    alarms = production.configuration["alarms"]
    state = fleets.account("swapjoy").alarms
    assert alarms["rollback"] and all(state.state(name) == "OK" for name in alarms["alarmNames"])


def test_promotion_is_a_copy_with_the_digest_of_the_environment_before() -> None:
    """What production runs was in staging, and in dev before that, under other names."""
    fleets = Fleets("clever-better")
    repositories = fleets.account("clever-better").ecr.repositories
    for name in ("bot", "ml-service", "data-ingestion"):
        running = service(fleets, "clever-better-production", f"clever-better-production-{name}")
        digest = running.primary.revision.digests[name]
        tags = [
            repositories[f"clever-better-{env}-{name}"].images[digest].tags
            for env in ("dev", "staging", "production")
        ]
        assert re.fullmatch(r"main-[0-9a-f]{7}", tags[0][0])
        assert re.fullmatch(r"v2\.8\.1-rc\.\d", tags[1][0])
        assert tags[2] == ["v2.8.1"]


def test_a_release_tag_of_production_is_never_moved() -> None:
    """Putting another manifest under it is refused; in dev the same is done."""
    fleets = Fleets("clever-better")

    def put(env: str, source: str, tag: str) -> dict[str, Any]:
        name = f"clever-better-{env}-bot"
        ask = {"repositoryName": name, "imageIds": [{"imageTag": source}]}
        (image,) = fleets.call("clever-better", "ecr", "BatchGetImage", **ask)["images"]
        given = {"repositoryName": name, "imageTag": tag, "imageManifest": image["imageManifest"]}
        return fleets.call("clever-better", "ecr", "PutImage", **given)

    assert put("dev", "good", "latest")
    with pytest.raises(Exception, match="immutable"):
        put("production", "v2.8.0", "v2.8.1")


def test_exec_and_spot_are_as_each_environment_of_clever_better_has_them() -> None:
    """Exec in dev and staging only; Spot in dev only."""
    fleets = Fleets("clever-better")
    for env, may_exec, spot in (("dev", True, True), ("staging", True, False), ("production", False, False)):
        item = service(fleets, f"clever-better-{env}", f"clever-better-{env}-bot")
        assert item.enable_execute_command is may_exec
        assert [entry["capacityProvider"] for entry in item.capacity_providers] == ["FARGATE_SPOT"] * spot
        group = item.primary.revision.task_definition.containers[0]["logConfiguration"]["options"]
        assert group["awslogs-group"] == f"/ecs/clever-better-{env}/bot"
