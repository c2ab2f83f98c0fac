"""The fleets that are not in the demo, asked over a real wire."""

import json

from tests.contract.conftest import SandboxFactory


def test_an_application_answers_on_the_port_of_the_sandbox(make_sandbox: SandboxFactory) -> None:
    """Without any token, to GET and HEAD, and only under the name of this machine's loopback."""
    sandbox = make_sandbox("fairtradeworker", "mealplanner")
    path = "/_app/fairtradeworker/staging/api/health"
    status, body = sandbox.request("GET", path)
    assert (status, json.loads(body)["database"]) == (200, "connected")
    assert sandbox.request("HEAD", path) == (200, b"")
    assert sandbox.request("GET", path, headers={"Host": "fairtradeworker.example"})[0] == 403
    login = json.dumps({"email": "smoke@example.org", "password": "sandbox"}).encode()
    status, body = sandbox.request("POST", "/_app/mealplanner/production/api/api/v1/auth/login", login)
    assert status == 200 and json.loads(body)["accessToken"]


def test_boto3_reads_what_a_shifting_service_is_made_of(make_sandbox: SandboxFactory) -> None:
    """Strategy, hooks, alarms and both target groups, in the shapes of the API."""
    sandbox = make_sandbox("swapjoy")
    ecs, elb = sandbox.client("ecs"), sandbox.client("elbv2")
    (service,) = ecs.describe_services(cluster="production", services=["swapjoy-api"])["services"]
    settings = service["deploymentConfiguration"]
    assert settings["strategy"] == "LINEAR"
    assert settings["linearConfiguration"] == {"stepPercent": 10.0, "stepBakeTimeInMinutes": 2}
    assert settings["lifecycleHooks"][0]["targetType"] == "PAUSE"
    (entry,) = service["loadBalancers"]
    names = elb.describe_target_groups(
        TargetGroupArns=[entry["targetGroupArn"], entry["advancedConfiguration"]["alternateTargetGroupArn"]]
    )["TargetGroups"]
    assert len(names) == 2
    alarms = sandbox.client("cloudwatch").describe_alarms(AlarmNames=settings["alarms"]["alarmNames"])
    assert {alarm["StateValue"] for alarm in alarms["MetricAlarms"]} == {"OK"}


def test_promotion_shows_as_the_same_digest_in_two_repositories(make_sandbox: SandboxFactory) -> None:
    """As DescribeImages tells it; production's tags are immutable."""
    sandbox = make_sandbox("clever-better")
    ecr = sandbox.client("ecr")

    def digest(repository: str, tag: str) -> str:
        found = ecr.describe_images(repositoryName=repository, imageIds=[{"imageTag": tag}])
        return str(found["imageDetails"][0]["imageDigest"])

    staged = digest("clever-better-staging-bot", "v2.8.1-rc.1")
    assert staged == digest("clever-better-production-bot", "v2.8.1")
    shown = ecr.describe_repositories(repositoryNames=["clever-better-production-bot"])["repositories"]
    assert shown[0]["imageTagMutability"] == "IMMUTABLE"
