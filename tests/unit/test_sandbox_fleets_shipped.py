"""What the handbooks of the five systems say, and what the fleets of that name are."""

import re
from pathlib import Path
from typing import Any

import pytest

from console.checklists import loader
from console.checklists.registry import all_checks
from console.errors import SandboxError
from console.sandbox import fleet, serve
from console.sandbox.ecs.model import Service
from tests.unit.sandbox_fleets import Fleets

IN_CLUSTERS = {
    "rugmunch": {"rugmunch-cluster": {"rugmunch-api": 2, "rugmunch-worker": 2}},
    "rugmunch-codedeploy": {"rugmunch-cluster": {"rugmunch-api": 2, "rugmunch-worker": 2}},
    "mealplanner": {
        "meal-planner-production": {"meal-planner-api": 2},
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
        own = [alarm for alarm in account.alarms if not alarm.name.startswith("TargetTracking-")]
        assert {alarm.state for alarm in own} <= {"OK"}
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


@pytest.mark.parametrize(
    ("name", "cluster", "service_name", "bounds"),
    [
        ("rugmunch", "rugmunch-cluster", "rugmunch-api", (2, 10)),
        ("mealplanner", "meal-planner-production", "meal-planner-api", (2, 20)),
        ("fairtradeworker", "fairtradeworker-cluster", "fairtradeworker-api", (3, 12)),
    ],
)
def test_services_keep_to_seventy_percent_of_their_cpu(
    name: str, cluster: str, service_name: str, bounds: tuple[int, int]
) -> None:
    """Within the bounds of the handbook, out after one minute and in after five."""
    fleets = Fleets(name)
    resource = f"service/{cluster}/{service_name}"
    asked = {"ServiceNamespace": "ecs", "ResourceIds": [resource]}
    (target,) = fleets.call(name, "application-autoscaling", "DescribeScalableTargets", **asked)[
        "ScalableTargets"
    ]
    assert (target["MinCapacity"], target["MaxCapacity"]) == bounds
    (policy,) = fleets.call(
        name,
        "application-autoscaling",
        "DescribeScalingPolicies",
        ServiceNamespace="ecs",
        ResourceId=resource,
    )["ScalingPolicies"]
    tracking = policy["TargetTrackingScalingPolicyConfiguration"]
    assert (tracking["TargetValue"], tracking["ScaleOutCooldown"], tracking["ScaleInCooldown"]) == (
        70.0,
        60,
        300,
    )


def test_a_deep_queue_adds_workers_and_nothing_takes_them_away() -> None:
    """Two at a time while more than a thousand jobs wait; when they are done, the workers stay."""
    fleets = Fleets("rugmunch")
    queue = fleets.account("rugmunch").queues.get("token-scan")
    worker = fleets.service("rugmunch-worker")
    assert queue is not None and queue.visible < 100
    queue.surge(60)
    fleets.wait(3600)
    most = worker.desired_count
    assert most > 2 and most % 2 == 0
    queue.surge(1)
    fleets.wait(6 * 3600)
    assert worker.desired_count >= most


def test_the_same_system_under_codedeploy_is_a_system_of_its_own() -> None:
    """Both at once in one world and one configuration; under CodeDeploy there are task sets."""
    fleets = Fleets("rugmunch", "rugmunch-codedeploy")
    systems = fleet.configuration(fleets.world, "http://127.0.0.1:4000")
    assert set(systems) == {"rugmunch", "rugmunch-codedeploy"}
    accounts = {systems[name]["environments"]["production"]["account"] for name in systems}
    assert len(accounts) == 2
    owner = {"cluster": "rugmunch-cluster", "services": ["rugmunch-api"]}
    (plain,) = fleets.call("rugmunch", "ecs", "DescribeServices", **owner)["services"]
    (other,) = fleets.call("rugmunch-codedeploy", "ecs", "DescribeServices", **owner)["services"]
    assert plain.get("deploymentController", {}).get("type", "ECS") == "ECS"
    assert other["deploymentController"]["type"] == "CODE_DEPLOY"
    assert [item["status"] for item in other["taskSets"]] == ["PRIMARY"]
    assert fleets.call("rugmunch-codedeploy", "codedeploy", "ListDeployments")["deployments"]


@pytest.mark.parametrize(
    ("name", "cluster", "family"),
    [
        ("rugmunch", "rugmunch-cluster", "rugmunch-migration"),
        ("mealplanner", "meal-planner-production", "meal-planner-migration"),
        ("swapjoy", "staging", "swapjoy-migration-staging"),
        ("fairtradeworker", "fairtradeworker-cluster", "fairtradeworker-migration"),
    ],
)
def test_a_migration_runs_once_and_ends_well(name: str, cluster: str, family: str) -> None:
    """It says what it does, and its container exits with 0."""
    fleets = Fleets(name)
    network = next(fleets.account(name).ecs.services()).network
    (task,) = fleets.call(
        name,
        "ecs",
        "RunTask",
        cluster=cluster,
        taskDefinition=family,
        launchType="FARGATE",
        networkConfiguration=network,
    )["tasks"]
    fleets.wait(300)
    (ended,) = fleets.call(name, "ecs", "DescribeTasks", cluster=cluster, tasks=[task["taskArn"]])["tasks"]
    assert (ended["lastStatus"], ended["stopCode"]) == ("STOPPED", "EssentialContainerExited")
    assert ended["containers"][0]["exitCode"] == 0
    lines = fleets.call(name, "logs", "FilterLogEvents", logGroupName=f"/ecs/{family}")["events"]
    assert any("schema is up to date" in line["message"] for line in lines)


@pytest.mark.parametrize(
    ("name", "database"),
    [
        ("rugmunch", "rugmunch-db"),
        ("mealplanner", "meal-planner-prod"),
        ("fairtradeworker", "fairtradeworker-db"),
        ("swapjoy", "swapjoy-production"),
    ],
)
def test_a_database_stands_with_snapshots_of_every_day_that_it_keeps(name: str, database: str) -> None:
    """Thirty days where the recovery goals ask for them."""
    fleets = Fleets(name)
    (instance,) = fleets.call(name, "rds", "DescribeDBInstances", DBInstanceIdentifier=database)[
        "DBInstances"
    ]
    assert instance["DBInstanceStatus"] == "available"
    asked = {"DBInstanceIdentifier": database, "SnapshotType": "automated"}
    taken = fleets.call(name, "rds", "DescribeDBSnapshots", **asked)["DBSnapshots"]
    assert len(taken) == instance["BackupRetentionPeriod"] >= 7
    if name in ("mealplanner", "swapjoy"):
        assert instance["BackupRetentionPeriod"] == 30


def test_the_teams_walk_lists_that_there_are_and_none_where_nobody_wants_them() -> None:
    """All that come with the program are used by somebody, every item of each can be read, and whoever asks
    for no lists has neither names nor parameters of any."""
    fleets = Fleets(*fleet.names())
    systems = fleet.configuration(fleets.world, "http://127.0.0.1:4000", checklists=True)
    tables = [table for system in systems.values() for table in system["environments"].values()]
    services = [service for table in tables for service in table["services"].values()]
    named = {table[key] for table in (*tables, *services) for key in ("checklist",) if key in table}
    named |= {name for table in tables for name in table.get("runbooks", ())}
    assert named - {"none"} == set(loader.built_in())
    for name in named - {"none"}:
        assert [item for item in loader.load(name, Path(), all_checks()).items if item.problem] == []
    api = systems["fairtradeworker"]["environments"]["staging"]["services"]["api"]
    assert api["checklist_parameters"]["url"] == "http://127.0.0.1:4000/_app/fairtradeworker/staging/api"

    bare = str(fleet.configuration(fleets.world, "http://127.0.0.1:4000"))
    assert "checklist" not in bare
    assert "runbooks" not in bare
