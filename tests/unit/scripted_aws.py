"""AWS as a test scripts it; what is sent and what is answered are held against botocore's models."""

from collections import defaultdict
from collections.abc import Callable
from datetime import datetime
from functools import cache
from typing import Any

import botocore.session
from botocore import xform_name
from botocore.exceptions import ClientError
from botocore.model import ServiceModel
from botocore.validate import ParamValidator

from console.aws.budget import Budget
from console.aws.calls import Calls
from console.aws.sessions import Access
from console.config.settings import EnvironmentSettings, ServiceSettings
from tests.builders import (
    ACCOUNT,
    ADDRESS,
    CLUSTER,
    ECS_ARN,
    GROUP,
    NEW_DEFINITION,
    NEW_DEPLOYMENT,
    NEW_DIGEST,
    NEW_RELEASE,
    NEW_ROLLOUT,
    OLD_DEFINITION,
    OLD_DEPLOYMENT,
    OLD_DIGEST,
    OLD_RELEASE,
    OLD_ROLLOUT,
    REGION,
    REGISTRY,
    ago,
    an_environment,
)
from tests.fakes import FakeClock

Answer = dict[str, Any] | Exception | Callable[[dict[str, Any]], dict[str, Any]]
SERVICE = "rugmunch-api"
REPOSITORY = f"{REGISTRY}/rugmunch-api"
BALANCER = f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}:loadbalancer/app/rugmunch/50dc6c495c0c9188"

LISTENER = BALANCER.replace(":loadbalancer/", ":listener/") + "/f2f7dc8efc522ab2"


@cache
def model(service: str) -> ServiceModel:
    """Botocore's model of a service."""
    return botocore.session.get_session().get_service_model(service)


def aws_error(code: str, message: str = "words", operation: str = "Any", status: int = 400) -> ClientError:
    """An error as botocore raises it for an answer of AWS."""
    response = {
        "Error": {"Code": code, "Message": message},
        "ResponseMetadata": {"HTTPStatusCode": status},
    }
    return ClientError(response, operation)


class ScriptedAws:
    """Implements :class:`console.aws.calls.ClientSource`; ``sent`` holds every call that was made."""

    def __init__(self, **access: Any) -> None:
        wanted: dict[str, Any] = {
            "profile": "ops",
            "role_arn": "",
            "region": REGION,
            "endpoint_url": "",
            "read_only": False,
        }
        self.access = Access(**(wanted | access))
        self.remedy = "renew the credentials of profile ops"
        self.generation = 0
        self.sent: list[tuple[str, dict[str, Any]]] = []
        self.regions: list[str] = []
        self.end: datetime | None = None
        self._answers: dict[str, list[Answer]] = defaultdict(list)

    def on(self, operation: str, *answers: Answer) -> None:
        """Answer ``ecs.DescribeServices`` with these in turn; the last one stays."""
        self._answers[operation] = list(answers)

    def names(self) -> list[str]:
        """The operations called, in their order."""
        return [name for name, _ in self.sent]

    def params(self, operation: str) -> list[dict[str, Any]]:
        """What one operation was called with, each time."""
        return [params for name, params in self.sent if name == operation]

    def client(self, service: str, region: str = "") -> Any:
        return _Client(self, service, region or self.access.region)

    def forget(self, generation: int) -> None:
        self.generation += generation == self.generation

    def expires_at(self) -> datetime | None:
        return self.end

    def answer(self, service: str, operation: str, region: str, params: dict[str, Any]) -> dict[str, Any]:
        name, shape = f"{service}.{operation}", model(service).operation_model(operation)
        _check(params, shape.input_shape, name)
        self.sent.append((name, params))
        self.regions.append(region)
        script = self._answers[name]
        assert script, f"{name} was not expected"
        answer = script.pop(0) if len(script) > 1 else script[0]
        if isinstance(answer, Exception):
            raise answer
        result = answer if isinstance(answer, dict) else answer(params)
        _check(result, shape.output_shape, name)
        return result


class _Client:
    def __init__(self, aws: ScriptedAws, service: str, region: str) -> None:
        self._aws, self._service, self._region = aws, service, region
        self.meta = self
        self.service_model = model(service)

    def __getattr__(self, method: str) -> Callable[..., dict[str, Any]]:
        names = {xform_name(name): name for name in self.service_model.operation_names}
        return lambda **params: self._aws.answer(self._service, names[method], self._region, params)


def _check(value: dict[str, Any], shape: Any, name: str) -> None:
    report = ParamValidator().validate(value, shape)
    assert not report.has_errors(), f"{name}: {report.generate_report()}"


def calls_on(aws: ScriptedAws, clock: FakeClock | None = None, budget: Budget | None = None) -> Calls:
    """The door to a scripted AWS."""
    clock = clock or FakeClock()
    return Calls(aws, budget or Budget(clock), clock)


def settings(*aliases: str, **overrides: Any) -> EnvironmentSettings:
    """*rugmunch/production* with those services (``api``) by the names ``rugmunch-ALIAS``."""
    environment = an_environment(**overrides)
    services = {}
    for alias in aliases or ("api",):
        address = type(ADDRESS)(ADDRESS.system, ADDRESS.environment, alias)
        services[alias] = ServiceSettings(address, f"rugmunch-{alias}", CLUSTER)
    return EnvironmentSettings(environment, profile="ops", services=services)


def raw_deployment(**overrides: Any) -> dict[str, Any]:
    """The PRIMARY deployment of the old release, completed."""
    return {
        "id": OLD_DEPLOYMENT,
        "status": "PRIMARY",
        "taskDefinition": OLD_DEFINITION,
        "desiredCount": 2,
        "runningCount": 2,
        "pendingCount": 0,
        "failedTasks": 0,
        "createdAt": ago(86400),
        "updatedAt": ago(86000),
        "rolloutState": "COMPLETED",
        "rolloutStateReason": "ECS deployment completed.",
    } | overrides


def raw_service(**overrides: Any) -> dict[str, Any]:
    """rugmunch-api as DescribeServices gives it: steady on the old release."""
    return {
        "serviceArn": f"{ECS_ARN}:service/{CLUSTER}/{SERVICE}",
        "serviceName": SERVICE,
        "clusterArn": f"{ECS_ARN}:cluster/{CLUSTER}",
        "status": "ACTIVE",
        "desiredCount": 2,
        "runningCount": 2,
        "pendingCount": 0,
        "loadBalancers": [{"targetGroupArn": GROUP, "containerName": "api", "containerPort": 8080}],
        "deploymentConfiguration": {
            "minimumHealthyPercent": 100,
            "maximumPercent": 200,
            "deploymentCircuitBreaker": {"enable": True, "rollback": True},
        },
        "deployments": [raw_deployment()],
        "events": [],
        "currentServiceDeployment": OLD_ROLLOUT,
        "currentServiceRevisions": [{"arn": OLD_RELEASE}],
    } | overrides


def raw_rolling_service(**overrides: Any) -> dict[str, Any]:
    """rugmunch-api while it goes from the old release to the new one."""
    new = raw_deployment(
        id=NEW_DEPLOYMENT,
        taskDefinition=NEW_DEFINITION,
        runningCount=1,
        rolloutState="IN_PROGRESS",
        createdAt=ago(60),
        updatedAt=ago(5),
    )
    return (
        raw_service(
            deployments=[new, raw_deployment(status="ACTIVE", runningCount=1)],
            currentServiceDeployment=NEW_ROLLOUT,
            currentServiceRevisions=[{"arn": NEW_RELEASE}, {"arn": OLD_RELEASE}],
            runningCount=2,
        )
        | overrides
    )


def raw_definition(arn: str = OLD_DEFINITION, image: str = f"{REPOSITORY}:latest", **overrides: Any) -> Any:
    """A task definition with one container ``api`` that logs with awslogs."""
    return {
        "taskDefinitionArn": arn,
        "family": "rugmunch-api",
        "revision": int(arn.rsplit(":", 1)[-1]),
        "status": "ACTIVE",
        "cpu": "512",
        "memory": "1024",
        "networkMode": "awsvpc",
        "requiresCompatibilities": ["FARGATE"],
        "executionRoleArn": f"arn:aws:iam::{ACCOUNT}:role/ecsTaskExecutionRole",
        "registeredBy": f"arn:aws:iam::{ACCOUNT}:user/ci",
        "containerDefinitions": [
            {
                "name": "api",
                "image": image,
                "essential": True,
                "environment": [{"name": "MODE", "value": "hunter2"}, {"name": "A", "value": "1"}],
                "portMappings": [{"containerPort": 8080}],
                "logConfiguration": {
                    "logDriver": "awslogs",
                    "options": {
                        "awslogs-group": "/ecs/rugmunch-api",
                        "awslogs-region": REGION,
                        "awslogs-stream-prefix": "api",
                    },
                },
            }
        ],
    } | overrides


def raw_revision(arn: str = OLD_RELEASE, **overrides: Any) -> dict[str, Any]:
    """The service revision of the old release, or with its parts replaced."""
    old = arn == OLD_RELEASE
    return {
        "serviceRevisionArn": arn,
        "taskDefinition": OLD_DEFINITION if old else NEW_DEFINITION,
        "launchType": "FARGATE",
        "platformVersion": "1.4.0",
        "loadBalancers": [{"targetGroupArn": GROUP, "containerName": "api", "containerPort": 8080}],
        "networkConfiguration": {
            "awsvpcConfiguration": {"subnets": ["subnet-a", "subnet-b"], "securityGroups": ["sg-1"]}
        },
        "containerImages": [
            {
                "containerName": "api",
                "imageDigest": OLD_DIGEST if old else NEW_DIGEST,
                "image": f"{REPOSITORY}:latest",
            }
        ],
        "createdAt": ago(86400 if old else 60),
    } | overrides


def describe_revisions(*revisions: dict[str, Any]) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """An answer to DescribeServiceRevisions: those that are asked for and known."""
    known = {item["serviceRevisionArn"]: item for item in revisions}

    def answer(params: dict[str, Any]) -> dict[str, Any]:
        asked = params["serviceRevisionArns"]
        return {
            "serviceRevisions": [known[arn] for arn in asked if arn in known],
            "failures": [{"arn": arn, "reason": "MISSING"} for arn in asked if arn not in known],
        }

    return answer


def describe_definitions(*definitions: dict[str, Any]) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """An answer to DescribeTaskDefinition."""
    known = {item["taskDefinitionArn"]: item for item in definitions}

    def answer(params: dict[str, Any]) -> dict[str, Any]:
        if params["taskDefinition"] not in known:
            raise aws_error("ClientException", "Unable to describe task definition.")
        return {"taskDefinition": known[params["taskDefinition"]], "tags": [{"key": "team", "value": "core"}]}

    return answer


def describe_images(tags: dict[str, list[str]]) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """An answer to DescribeImages: by digest or tag; one that is not there fails the whole call."""

    def answer(params: dict[str, Any]) -> dict[str, Any]:
        details = []
        for wanted in params["imageIds"]:
            digest = wanted.get("imageDigest") or next(
                (key for key, names in tags.items() if wanted.get("imageTag") in names), None
            )
            if digest not in tags:
                raise aws_error("ImageNotFoundException", "The image does not exist.")
            details.append({"imageDigest": digest, "imageTags": tags[digest]})
        return {"imageDetails": details}

    return answer


def forward(weights: dict[str, int]) -> dict[str, Any]:
    """The action of a rule that divides requests between target groups."""
    groups = [{"TargetGroupArn": arn, "Weight": weight} for arn, weight in weights.items()]
    return {"Type": "forward", "ForwardConfig": {"TargetGroups": groups}}


def a_known_world(aws: ScriptedAws) -> None:
    """Two releases of rugmunch-api: v1.4.2 (old) and v1.4.3 (new), both from ``:latest``."""
    aws.on("ecs.DescribeServices", {"services": [raw_service()], "failures": []})
    aws.on("ecs.DescribeServiceRevisions", describe_revisions(raw_revision(), raw_revision(NEW_RELEASE)))
    aws.on(
        "ecs.DescribeTaskDefinition",
        describe_definitions(raw_definition(), raw_definition(NEW_DEFINITION)),
    )
    aws.on("ecr.DescribeImages", describe_images({OLD_DIGEST: ["v1.4.2"], NEW_DIGEST: ["latest", "v1.4.3"]}))
