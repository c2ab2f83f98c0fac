"""What stands before the first request: registry, load balancers, task definitions, services.

Builds the account of one fleet out of its TOML file, as months of work would have left it.
"""

from typing import TYPE_CHECKING, Any

from console.sandbox import secrets, ssm
from console.sandbox.age import seconds
from console.sandbox.behaviour import behaviour_of
from console.sandbox.ecs.definitions import register
from console.sandbox.ecs.model import Cluster, Json
from console.sandbox.ecs.seed import ServiceSpec, seed_service
from console.sandbox.elb.build import add_listener, add_load_balancer, add_target_group
from console.sandbox.elb.model import HealthCheck
from console.sandbox.history import past
from console.sandbox.rds.stock import stock_database
from console.sandbox.traffic import Profile, Route

if TYPE_CHECKING:
    from console.sandbox.account import Account

PORT = 3000
_OLD_S = 400 * 86_400.0


def build(account: "Account", fleet: dict[str, Any]) -> None:
    """Everything of one fleet."""
    now = account.world.now()
    for repository in fleet["repositories"]:
        _repository(account, repository, now)
    zones = _zones(account, fleet["zones"])
    for environment in fleet["environments"].values():
        _cluster(account, environment["cluster"])
        for service in environment["services"].values():
            _service(account, service, service.get("cluster", environment["cluster"]), zones, now)
    for table in fleet.get("databases", []):
        stock_database(account, table, zones, now)
    secrets.stock(account)
    ssm.stock(account)


def _repository(account: "Account", repository: dict[str, Any], now: float) -> None:
    """Push its images, oldest first; those that runs of the same age have keep the file's order."""
    account.ecr.create(repository["name"], now - _OLD_S)
    for image in sorted(repository["images"], key=lambda item: -seconds(item["age"])):
        account.ecr.push(
            repository["name"],
            image["tags"],
            now - seconds(image["age"]),
            behaviour_of(image["behaviour"]).name,
            image.get("platform", "linux/amd64"),
        )


def _zones(account: "Account", names: list[str]) -> list[tuple[str, str]]:
    """(zone, subnet) pairs, always the same ones."""
    return [
        (name, f"subnet-{account.world.rng(f'{account.id}:subnet:{name}').getrandbits(68):017x}")
        for name in names
    ]


def _cluster(account: "Account", name: str) -> None:
    account.ecs.clusters.setdefault(name, Cluster(name, account.arn("ecs", f"cluster/{name}")))


def _service(
    account: "Account", service: dict[str, Any], cluster: str, zones: list[tuple[str, str]], now: float
) -> None:
    task = service["task"]
    account.logs.create_group(task["log_group"], now - seconds(service["age"]))
    for version in service["definitions"]:
        content = _definition(account, service, version)
        register(account, content, registered_at=now - seconds(version["age"]))
    groups = _balanced(account, service, zones, now)
    spec = ServiceSpec(
        cluster=cluster,
        name=service["name"],
        desired_count=service["desired"],
        task_definition=f"{task['family']}:{len(service['definitions'])}",
        created_at=now - seconds(service["age"]),
        network={
            "awsvpcConfiguration": {
                "subnets": [subnet for _, subnet in zones],
                "securityGroups": [f"sg-{account.world.rng(service['name']).getrandbits(68):017x}"],
                "assignPublicIp": "DISABLED",
            }
        },
        load_balancers=groups,
        configuration=_configuration(service["deployment"]),
        grace_s=service["deployment"].get("grace_s", 0),
    )
    seeded = seed_service(account, spec, past(account, service, now))
    account.logs.traffic.profiles[seeded.arn] = _profile(service.get("traffic", {}))


def _definition(account: "Account", service: dict[str, Any], version: dict[str, Any]) -> Json:
    """RegisterTaskDefinition's input: one container on the repository's ``latest``."""
    task = service["task"] | {key: version[key] for key in ("cpu", "memory") if key in version}
    environment = task.get("environment", {}) | version.get("environment", {})
    container = {
        "name": task["container"],
        "image": f"{account.ecr.registry}/{service['repository']}:{task.get('tag', 'latest')}",
        "essential": True,
        "portMappings": [{"containerPort": PORT, "hostPort": PORT, "protocol": "tcp"}],
        "environment": [{"name": name, "value": value} for name, value in environment.items()],
        "secrets": [{"name": name, "valueFrom": _secret(account, service, name)} for name in task["secrets"]],
        "logConfiguration": {
            "logDriver": "awslogs",
            "options": {
                "awslogs-group": task["log_group"],
                "awslogs-region": account.region,
                "awslogs-stream-prefix": task["log_prefix"],
            },
        },
    }
    if "health_check" in task:
        container["healthCheck"] = task["health_check"]
    return {
        "family": task["family"],
        "networkMode": "awsvpc",
        "requiresCompatibilities": ["FARGATE"],
        "cpu": str(task["cpu"]),
        "memory": str(task["memory"]),
        "executionRoleArn": f"arn:aws:iam::{account.id}:role/{task['family']}-execution",
        "taskRoleArn": f"arn:aws:iam::{account.id}:role/{task['family']}-task",
        "runtimePlatform": {"cpuArchitecture": "X86_64", "operatingSystemFamily": "LINUX"},
        "containerDefinitions": [container],
    }


def _secret(account: "Account", service: dict[str, Any], name: str) -> str:
    tail = f"{account.world.rng(name).getrandbits(24):06x}"
    key = name.lower().replace("_", "-")
    return account.arn("secretsmanager", f"secret:/{service['name']}/{key}-{tail}")


def _configuration(deployment: dict[str, Any]) -> Json:
    return {
        "minimumHealthyPercent": deployment["minimum"],
        "maximumPercent": deployment["maximum"],
        "deploymentCircuitBreaker": {
            "enable": deployment.get("breaker", True),
            "rollback": deployment.get("rollback", True),
        },
    }


def _balanced(
    account: "Account", service: dict[str, Any], zones: list[tuple[str, str]], now: float
) -> list[Json]:
    """The service's load balancer with its target group; nothing for a service without."""
    settings = service.get("balancer")
    if settings is None:
        return []
    check = HealthCheck(
        path=settings["path"],
        interval_s=settings["interval_s"],
        timeout_s=settings["timeout_s"],
        healthy_threshold=settings["healthy"],
        unhealthy_threshold=settings["unhealthy"],
        matcher=settings["matcher"],
    )
    balancer = add_load_balancer(account, settings["name"], zones, now - seconds(service["age"]))
    group = add_target_group(account, service["name"], PORT, check, settings["deregistration_delay_s"])
    add_listener(account, balancer, group)
    return [
        {"targetGroupArn": group.arn, "containerName": service["task"]["container"], "containerPort": PORT}
    ]


def _profile(traffic: dict[str, Any]) -> Profile:
    if not traffic:
        return Profile()
    return Profile(
        per_minute=traffic["per_minute"],
        median_s=traffic["median_ms"] / 1000,
        peak_hour=traffic["peak_hour"],
        routes=tuple(
            Route(route["what"], route["share"], route.get("slowness", 1.0)) for route in traffic["routes"]
        ),
        logs=traffic["logs"],
    )
