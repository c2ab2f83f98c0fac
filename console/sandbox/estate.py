"""What stands before the first request: registry, load balancers, task definitions, services.

Builds the account of one fleet out of its TOML file, as months of work would have left it.
"""

from typing import TYPE_CHECKING, Any

from console.sandbox import estate_images, secrets, ssm
from console.sandbox.age import seconds
from console.sandbox.ecs.definitions import register
from console.sandbox.ecs.model import Cluster, Json, Service
from console.sandbox.ecs.seed import ServiceSpec, seed_service
from console.sandbox.estate_around import errand as errand_of
from console.sandbox.estate_around import surround
from console.sandbox.estate_balancers import PORT, balanced
from console.sandbox.estate_watch import watch
from console.sandbox.history import definitions, past
from console.sandbox.rds.stock import stock_database
from console.sandbox.traffic import Profile, Route

if TYPE_CHECKING:
    from console.sandbox.account import Account


def build(account: "Account", fleet: dict[str, Any]) -> None:
    """Everything of one fleet."""
    now = account.world.now()
    for table in fleet["repositories"]:
        estate_images.stock(account, table, now)
    zones = _zones(account, fleet["zones"])
    for environment in fleet["environments"].values():
        _cluster(account, environment["cluster"])
        for errand in environment.get("errands", []):
            _errand(account, errand, now)
        for service in environment["services"].values():
            _service(account, service, environment, zones, now)
    for table in fleet.get("databases", []):
        stock_database(account, table, zones, now)
    secrets.stock(account)
    ssm.stock(account)


def _zones(account: "Account", names: list[str]) -> list[tuple[str, str]]:
    """(zone, subnet) pairs, always the same ones."""
    return [
        (name, f"subnet-{account.world.rng(f'{account.id}:subnet:{name}').getrandbits(68):017x}")
        for name in names
    ]


def _cluster(account: "Account", name: str) -> None:
    account.ecs.clusters.setdefault(name, Cluster(name, account.arn("ecs", f"cluster/{name}")))


def _errand(account: "Account", errand: dict[str, Any], now: float) -> None:
    """The task definition of a one-off task, such as a migration."""
    content = _definition(account, errand, {})
    content["containerDefinitions"][0] |= {"command": errand["task"]["command"], "portMappings": []}
    account.logs.create_group(errand["task"]["log_group"], now - seconds(errand["age"]))
    register(account, content, registered_at=now - seconds(errand["age"]))
    account.ecs.errands[errand["task"]["family"]] = errand_of(errand)


def _service(
    account: "Account",
    service: dict[str, Any],
    environment: dict[str, Any],
    zones: list[tuple[str, str]],
    now: float,
) -> Service:
    task = service["task"]
    account.logs.create_group(task["log_group"], now - seconds(service["age"]))
    versions = definitions(service)
    for version in versions:
        content = _definition(account, service, version)
        register(account, content, registered_at=now - seconds(version["age"]))
    spec = ServiceSpec(
        cluster=service.get("cluster", environment["cluster"]),
        name=service["name"],
        desired_count=service["desired"],
        task_definition=f"{task['family']}:{len(versions)}",
        created_at=now - seconds(service["age"]),
        network={
            "awsvpcConfiguration": {
                "subnets": [subnet for _, subnet in zones],
                "securityGroups": [f"sg-{account.world.rng(service['name']).getrandbits(68):017x}"],
                "assignPublicIp": "DISABLED",
            }
        },
        load_balancers=balanced(account, service, zones, now),
        configuration=_configuration(service["deployment"]),
        grace_s=service["deployment"].get("grace_s", 0),
        enable_execute_command=environment.get("exec", False),
        capacity_providers=_SPOT if environment.get("spot") else (),
    )
    seeded = seed_service(account, spec, past(account, service, now))
    account.logs.traffic.profiles[seeded.arn] = _profile(service.get("traffic", {}))
    surround(account, seeded, service, now)
    watch(account, seeded, service, now)
    return seeded


_SPOT: tuple[Json, ...] = ({"capacityProvider": "FARGATE_SPOT", "weight": 1, "base": 0},)


def _definition(account: "Account", service: dict[str, Any], version: dict[str, Any]) -> Json:
    """RegisterTaskDefinition's input: one container on its version's tag, or the repository's ``latest``."""
    task = service["task"] | {key: version[key] for key in ("cpu", "memory", "tag") if key in version}
    environment = task.get("environment", {}) | version.get("environment", {})
    container = {
        "name": task["container"],
        "image": f"{account.ecr.registry}/{service['repository']}:{task.get('tag', 'latest')}",
        "essential": True,
        "portMappings": [{"containerPort": PORT, "hostPort": PORT, "protocol": "tcp"}],
        "environment": [{"name": name, "value": value} for name, value in environment.items()],
        "secrets": [
            {"name": name, "valueFrom": _secret(account, secret)} for name, secret in _secrets(service)
        ],
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


def _secrets(service: dict[str, Any]) -> list[tuple[str, str]]:
    """(variable, name of the secret); those of a list are named after service and variable."""
    named = service["task"]["secrets"]
    if isinstance(named, dict):
        return list(named.items())
    return [(name, f"/{service['name']}/{name.lower().replace('_', '-')}") for name in named]


def _secret(account: "Account", name: str) -> str:
    tail = f"{account.world.rng(name).getrandbits(24):06x}"
    return account.arn("secretsmanager", f"secret:{name}-{tail}")


def _configuration(deployment: dict[str, Any]) -> Json:
    """``deploymentConfiguration``; lengths of time in minutes."""
    found: Json = {
        "strategy": deployment.get("strategy", "ROLLING"),
        "minimumHealthyPercent": deployment["minimum"],
        "maximumPercent": deployment["maximum"],
        "deploymentCircuitBreaker": {
            "enable": deployment.get("breaker", True),
            "rollback": deployment.get("rollback", True),
        },
        "bakeTimeInMinutes": deployment.get("bake_min", 0),
    }
    if found["strategy"] == "LINEAR":
        found["linearConfiguration"] = {
            "stepPercent": float(deployment["step_percent"]),
            "stepBakeTimeInMinutes": deployment["step_bake_min"],
        }
    if "alarms" in deployment:
        found["alarms"] = {"alarmNames": deployment["alarms"], "enable": True, "rollback": True}
    if "hooks" in deployment:
        found["lifecycleHooks"] = [
            {
                "targetType": "PAUSE",
                "lifecycleStages": hook["stages"],
                "timeoutConfiguration": {
                    "timeoutInMinutes": hook["timeout_min"],
                    "action": hook["on_timeout"],
                },
            }
            for hook in deployment["hooks"]
        ]
    return found


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
