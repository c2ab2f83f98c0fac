"""The fleets' programs over HTTP: who answers, in which words, and how what runs shows through."""

import json
from typing import Any

import pytest

from console.sandbox import conditions, fleet
from console.sandbox.application import Applications
from console.sandbox.behaviour import behaviour_of
from console.sandbox.wire.message import Request, Response
from tests.unit.sandbox_fleets import Fleets

MARKET = "fairtradeworker/staging/api"
MEALS = "mealplanner/production/api"


class Asker:
    """Somebody in front of the programs of some fleets."""

    def __init__(self, *names: str, seed: int = 1) -> None:
        self.fleets = Fleets(*names, seed=seed)
        self.applications = Applications(self.fleets.world)

    def ask(self, path: str, method: str = "GET", body: Any = None, token: str = "") -> Response:
        headers = {"authorization": f"Bearer {token}"} if token else {}
        data = b"" if body is None else json.dumps(body).encode()
        return self.applications.answer(Request(method, f"/_app/{path}", headers, data))

    def get(self, path: str, token: str = "") -> tuple[int, Any]:
        answer = self.ask(path, token=token)
        return answer.status, json.loads(answer.body)

    def post(self, path: str, body: Any, token: str = "") -> tuple[int, Any]:
        answer = self.ask(path, "POST", body, token)
        return answer.status, json.loads(answer.body)

    def turn(self, fleet: str, service: str, behaviour: str) -> None:
        """Let what runs behave otherwise from now on."""
        account = self.fleets.account(fleet)
        for task in self.fleets.service(service).present.values():
            account.logs.lives.turn(task, behaviour_of(behaviour))


def test_every_system_says_that_it_is_well_in_words_of_its_own() -> None:
    """Always with 200; the members are those of the handbooks."""
    asker = Asker("rugmunch", "mealplanner", "clever-better", "fairtradeworker", "swapjoy")
    assert asker.get("rugmunch/production/api/health") == (200, {"status": "ok"})
    status, meals = asker.get(f"{MEALS}/health")
    assert status == 200 and meals["status"] == "healthy"
    assert set(meals) == {"status", "timestamp", "uptime", "database", "cache"}
    assert asker.get(f"{MEALS}/api/v1/health")[0] == 200
    _, clever = asker.get("clever-better/dev/ml-service/health")
    assert (clever["status"], clever["service"]) == ("healthy", "ml-service")
    _, market = asker.get(f"{MARKET}/health")
    assert market["database"] == "connected"
    _, swap = asker.get("swapjoy/production/api/health")
    assert (swap["database"], swap["redis"]) == ("connected", "connected")
    running = asker.fleets.account("swapjoy").ecs.clusters["production"].services["swapjoy-api"]
    image = running.primary.revision.task_definition.containers[0]["image"]
    assert swap["version"] == image.rpartition(":")[2]
    assert swap["uptime"] > 86_400


def test_another_name_of_a_service_leads_to_it_too() -> None:
    """``ml`` is ``ml-service``, in which environment whatever."""
    asker = Asker("clever-better")
    assert asker.get("clever-better/production/ml/health")[0] == 200


@pytest.mark.parametrize(
    "path",
    ["nobody/production/api/health", "rugmunch/nowhere/api/health", "rugmunch/production/worker/health", ""],
)
def test_a_place_that_there_is_not_is_not_found(path: str) -> None:
    """Unknown fleets and environments, and workers, to which nobody speaks."""
    assert Asker("rugmunch").get(path)[0] == 404


def test_a_lost_database_shows_in_the_words_and_as_503() -> None:
    """And what needs it fails; when it is back, all is well."""
    asker = Asker("fairtradeworker", "mealplanner")
    for name in ("fairtradeworker", "mealplanner"):
        asker.fleets.account(name).conditions.set(conditions.CHECKS_FAIL)
    status, market = asker.get(f"{MARKET}/health")
    assert (status, market["database"]) == (503, "disconnected")
    status, meals = asker.get(f"{MEALS}/health")
    assert (status, meals["status"], meals["database"]) == (503, "unhealthy", "unhealthy")
    assert asker.get(f"{MARKET}/api/jobs")[0] == 503
    asker.fleets.account("fairtradeworker").conditions.clear(conditions.CHECKS_FAIL)
    assert asker.get(f"{MARKET}/health")[0] == 200
    assert asker.get(f"{MARKET}/api/jobs")[0] == 200


def test_nobody_answers_for_a_service_without_a_healthy_task() -> None:
    """The load balancer does, with 503."""
    asker = Asker("rugmunch")
    asker.fleets.call(
        "rugmunch", "ecs", "UpdateService", cluster="rugmunch-cluster", service="rugmunch-api", desiredCount=0
    )
    asker.fleets.wait(300)
    answer = asker.ask("rugmunch/production/api/health")
    assert answer.status == 503 and answer.headers["Server"] == "awselb/2.0"


def test_the_marketplace_lists_jobs() -> None:
    """Valid JSON, the same for every reader; other paths and methods are refused."""
    asker = Asker("fairtradeworker")
    status, first = asker.get(f"{MARKET}/api/jobs")
    assert status == 200 and len(first["jobs"]) == first["total"] == 20
    assert asker.get(f"{MARKET}/api/jobs")[1] == first
    assert asker.get(f"{MARKET}/api/nothing")[0] == 404
    assert asker.post(f"{MARKET}/api/jobs", {})[0] == 405
    assert asker.ask(f"{MARKET}/health", "HEAD").body == b""


def test_a_model_predicts_the_same_for_every_client_of_an_hour() -> None:
    """And nothing without its database."""
    asker = Asker("clever-better")
    place = "clever-better/production/ml-service"
    status, first = asker.get(f"{place}/predictions")
    assert status == 200 and all(0 < item["up"] < 1 for item in first["predictions"])
    assert asker.get(f"{place}/predictions")[1] == first
    asker.fleets.account("clever-better").conditions.set(conditions.CHECKS_FAIL)
    assert asker.get(f"{place}/predictions")[0] == 503


def test_a_smoke_test_logs_in_reads_recipes_and_writes_a_meal_plan() -> None:
    """The token is needed; what was written is counted, and old tokens are refused."""
    asker = Asker("mealplanner")
    base = f"{MEALS}/api/v1"
    assert asker.get(f"{base}/recipes")[0] == 401
    person = {"email": "smoke@example.org", "password": "sandbox"}
    assert asker.post(f"{base}/auth/login", person | {"password": "guess"})[0] == 401
    assert asker.post(f"{base}/auth/login", {"email": "smoke"})[0] == 400
    status, session = asker.post(f"{base}/auth/login", person)
    token = session["accessToken"]
    assert status == 200
    status, recipes = asker.get(f"{base}/recipes", token)
    assert status == 200 and recipes["recipes"]
    assert asker.post(f"{base}/meal-plans", {"weekStart": "Monday"}, token)[0] == 400
    for week in ("2026-11-23", "2026-11-30"):
        status, plan = asker.post(f"{base}/meal-plans", {"weekStart": week}, token)
        assert (status, plan["weekStart"]) == (201, week)
    _, written = asker.get(f"{base}/meal-plans", token)
    assert (written["total"], written["written"]) == (2, 2)
    _, elsewhere = asker.post("mealplanner/staging/api/api/v1/auth/login", person)
    _, other = asker.get("mealplanner/staging/api/api/v1/meal-plans", elsewhere["accessToken"])
    assert other["written"] == 0
    asker.fleets.wait(3600)
    assert asker.get(f"{base}/recipes", token)[0] == 401


def test_a_release_that_fails_one_in_five_does_so_here_too() -> None:
    """About a fifth of the answers, and never the health check: that is what makes it hard to see."""
    asker = Asker("fairtradeworker")
    asker.turn("fairtradeworker", "fairtradeworker-api-staging", "error-spike")
    answers = [asker.get(f"{MARKET}/api/jobs")[0] for _ in range(400)]
    assert 50 < answers.count(500) < 115
    assert {asker.get(f"{MARKET}/health")[0] for _ in range(40)} == {200}


def test_a_slow_release_is_slow_but_never_for_longer_than_a_second() -> None:
    """The header says what it took; the real delay is bounded."""

    def typical(behaviour: str) -> float:
        asker = Asker("fairtradeworker")
        asker.turn("fairtradeworker", "fairtradeworker-api-staging", behaviour)
        answers = [asker.ask(f"{MARKET}/api/jobs") for _ in range(60)]
        assert all(0 < answer.delay_s <= 1 for answer in answers)
        return sorted(float(answer.headers["X-Response-Time-Ms"]) for answer in answers)[30]

    assert 2.5 < typical("latency-spike") / typical("healthy") < 3.5


def test_requests_are_spread_over_the_tasks_and_the_same_seed_answers_alike() -> None:
    """Who served says its task; how an answer came about depends on its number alone."""

    def served(seed: int) -> list[str]:
        asker = Asker("mealplanner", seed=seed)
        return [asker.ask(f"{MEALS}/health").headers["X-Served-By"] for _ in range(12)]

    assert len(set(served(1))) == 2
    assert served(1) == served(1) != served(2)


def test_weights_of_the_rule_decide_which_revision_answers() -> None:
    """Under a shift of traffic both do; the test listener leads to the new one alone."""
    asker = Asker("swapjoy")
    owner = {"cluster": "production", "service": "swapjoy-api"}
    account = asker.fleets.account("swapjoy")
    service = account.ecs.clusters["production"].services["swapjoy-api"]
    old = asker.get("swapjoy/production/api/health")[1]["version"]
    content = dict(service.primary.revision.task_definition.content)
    image = account.ecr.resolve(f"{account.ecr.registry}/swapjoy-api:good")
    assert image is not None
    (container,) = content["containerDefinitions"]
    content["containerDefinitions"] = [{**container, "image": f"{account.ecr.registry}/swapjoy-api:good"}]
    made = asker.fleets.call("swapjoy", "ecs", "RegisterTaskDefinition", **content)["taskDefinition"]
    arn = made["taskDefinitionArn"]
    asker.fleets.call("swapjoy", "ecs", "UpdateService", **owner, taskDefinition=arn)
    asker.fleets.wait(600)
    assert {asker.get("swapjoy/production/api/health")[1]["version"] for _ in range(30)} == {old}
    assert asker.get("swapjoy/production/api:test/health")[1]["version"] == image.name
    rollout = service.rollout
    assert rollout is not None
    (shown,) = asker.fleets.call(
        "swapjoy", "ecs", "DescribeServiceDeployments", serviceDeploymentArns=[rollout.arn]
    )["serviceDeployments"]
    (hook,) = shown["lifecycleHookDetails"]
    assert hook["status"] == "AWAITING_ACTION"
    asker.fleets.call(
        "swapjoy",
        "ecs",
        "ContinueServiceDeployment",
        serviceDeploymentArn=rollout.arn,
        hookId=hook["hookId"],
        action="CONTINUE",
    )
    asker.fleets.wait(90)
    versions = [asker.get("swapjoy/production/api/health")[1]["version"] for _ in range(300)]
    assert 10 < versions.count(image.name) < 60
    assert set(versions) == {old, image.name}


def test_the_configuration_names_the_health_address_of_whoever_has_one() -> None:
    """Not of a worker; and nothing when the world is not served."""
    fleets = Fleets("rugmunch", "clever-better")
    systems = fleet.configuration(fleets.world, "http://127.0.0.1:4000")
    production = systems["rugmunch"]["environments"]["production"]["services"]
    assert production["api"]["health"] == "http://127.0.0.1:4000/_app/rugmunch/production/api/health"
    assert "health" not in production["worker"]
    dev = systems["clever-better"]["environments"]["dev"]["services"]
    assert all(table["health"].endswith("/health") for table in dev.values())
    bare = fleet.configuration(fleets.world)
    assert "health" not in bare["rugmunch"]["environments"]["production"]["services"]["api"]


def test_codedeploy_moves_the_requests_too() -> None:
    """Ten percent for five minutes, then all of them: as the weights of its rule say."""
    asker = Asker("rugmunch-codedeploy")
    account, name = asker.fleets.account("rugmunch-codedeploy"), "rugmunch-codedeploy/production/api/health"
    service = asker.fleets.service("rugmunch-api")
    (application,) = account.codedeploy.applications
    (group,) = account.codedeploy.applications[application]
    old = asker.ask(name).headers["X-Version"]
    definition = next(iter(account.ecs.definitions["rugmunch-api"]))
    content = dict(definition.content)
    (container,) = content["containerDefinitions"]
    content["containerDefinitions"] = [{**container, "image": f"{account.ecr.registry}/rugmunch-api:good"}]
    call = asker.fleets.call
    made = call("rugmunch-codedeploy", "ecs", "RegisterTaskDefinition", **content)["taskDefinition"]
    properties = {
        "TaskDefinition": made["taskDefinitionArn"],
        "LoadBalancerInfo": {"ContainerName": "api", "ContainerPort": 3000},
    }
    resource = {"TargetService": {"Type": "AWS::ECS::Service", "Properties": properties}}
    revision = {
        "revisionType": "AppSpecContent",
        "appSpecContent": {"content": json.dumps({"version": 0.0, "Resources": [resource]})},
    }
    call(
        "rugmunch-codedeploy",
        "codedeploy",
        "CreateDeployment",
        applicationName=application,
        deploymentGroupName=group,
        revision=revision,
    )
    versions: list[set[str]] = []
    for _ in range(30):
        asker.fleets.wait(30)
        versions.append({asker.ask(name).headers["X-Version"] for _ in range(40)})
    assert versions[0] == {old}
    assert any(len(found) == 2 for found in versions)
    assert old not in versions[-1] and len(versions[-1]) == 1
    assert service.desired_count == 2
