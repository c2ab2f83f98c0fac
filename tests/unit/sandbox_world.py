"""A sandbox world on a clock that tests move, with one service behind a load balancer."""

from typing import Any

from console.sandbox.account import Account
from console.sandbox.ecs import ServiceSpec, add_cluster, register, seed_service
from console.sandbox.ecs.model import Service
from console.sandbox.elb import HealthCheck, add_listener, add_load_balancer, add_target_group
from console.sandbox.kernel import World
from console.sandbox.registry import HANDLERS, AwsError

START = 1_700_000_000.0
TAGS = {
    "good": "healthy",
    "better": "healthy",
    "slow-start": "slow-start",
    "crash": "crash",
    "oom": "oom",
    "limping": "limping",
    "unhealthy": "unhealthy",
    "error-spike": "error-spike",
}


class Hand:
    """The clock's hand."""

    def __init__(self, at: float = START) -> None:
        self.at = at

    def __call__(self) -> float:
        return self.at


class Stage:
    """A world with the service ``api`` in the cluster ``main``, running the image ``v1``."""

    def __init__(
        self,
        desired: int = 1,
        minimum: int = 100,
        maximum: int = 200,
        breaker: dict[str, Any] | None = None,
        delay_s: int = 30,
        behind_lb: bool = True,
        seed: int = 7,
        speed: float = 1.0,
        grace_s: int = 0,
        health_check: dict[str, Any] | None = None,
        name: str = "api",
    ) -> None:
        self.hand = Hand()
        self.world = World(seed, speed, self.hand)
        self.account = Account(self.world, "111122223333", "AKIASTAGE", "us-east-1", "stage")
        self.world.accounts[self.account.access_key] = self.account
        self.account.ecr.create("api", START - 1e6)
        self.account.ecr.push("api", ["v1", "latest"], START - 9e5, "healthy")
        for tag, behaviour in TAGS.items():
            self.account.ecr.push("api", [tag], START - 8e5, behaviour)
        self.health_check = health_check
        add_cluster(self.account, "main")
        definition = self.define("v1")
        group = add_target_group(
            self.account, "api", 3000, HealthCheck(unhealthy_threshold=3), deregistration_delay_s=delay_s
        )
        self.group = group
        balancer = add_load_balancer(self.account, "front", [("us-east-1a", "subnet-a")], START - 1e6)
        add_listener(self.account, balancer, group)
        entry = {"targetGroupArn": group.arn, "containerName": "api", "containerPort": 3000}
        self.load_balancers = [entry] if behind_lb else []
        self.network = {"awsvpcConfiguration": {"subnets": ["subnet-a", "subnet-b"], "securityGroups": []}}
        self.configuration = {
            "minimumHealthyPercent": minimum,
            "maximumPercent": maximum,
            "deploymentCircuitBreaker": breaker or {"enable": True, "rollback": True},
        }
        spec = ServiceSpec(
            "main",
            name,
            desired,
            definition,
            START - 8e5,
            self.network,
            self.load_balancers,
            self.configuration,
            grace_s,
        )
        self.service: Service = seed_service(self.account, spec)

    def define(self, tag: str) -> str:
        """Register a task definition of that image; its ARN."""
        container: dict[str, Any] = {
            "name": "api",
            "image": f"{self.account.ecr.registry}/api:{tag}",
            "essential": True,
            "portMappings": [{"containerPort": 3000}],
        }
        if self.health_check:
            container["healthCheck"] = self.health_check
        content = {
            "family": "api",
            "containerDefinitions": [container],
            "cpu": "512",
            "memory": "1024",
            "requiresCompatibilities": ["FARGATE"],
        }
        return register(self.account, content).arn

    def call(self, operation: str, **params: Any) -> dict[str, Any]:
        """One API call at the clock's moment."""
        self.world.advance()
        service = "ecs" if ("ecs", operation) in HANDLERS else "elbv2"
        return HANDLERS[service, operation](self.account, params)

    def refusal(self, operation: str, **params: Any) -> str:
        """The code of the error that a call ends with."""
        try:
            self.call(operation, **params)
        except AwsError as error:
            return error.code
        return ""

    def update(self, **params: Any) -> dict[str, Any]:
        answer: dict[str, Any] = self.call("UpdateService", cluster="main", service="api", **params)[
            "service"
        ]
        return answer

    def deploy(self, tag: str) -> dict[str, Any]:
        return self.update(taskDefinition=self.define(tag))

    def wait(self, seconds: float, step: float = 1.0) -> None:
        """Let wall-clock time pass, looking at every step."""
        end = self.hand.at + seconds
        while self.hand.at < end:
            self.hand.at = min(end, self.hand.at + step)
            self.world.advance()

    def until_over(self, limit: float = 3600.0) -> float:
        """Let time pass until the newest service deployment is over; the seconds that it took."""
        begin = self.hand.at
        while not (self.service.rollout and self.service.rollout.is_over):
            self.hand.at += 1.0
            self.world.advance()
            if self.hand.at - begin > limit:
                raise AssertionError(f"not over after {limit} s: {self.log()}")
        return self.hand.at - begin

    def describe(self) -> dict[str, Any]:
        answer = self.call("DescribeServices", cluster="main", services=["api"])
        picture: dict[str, Any] = answer["services"][0]
        return picture

    def rollout(self) -> dict[str, Any]:
        """The newest service deployment, as the API shows it."""
        assert self.service.rollout
        arn = self.service.rollout.arn
        answer = self.call("DescribeServiceDeployments", serviceDeploymentArns=[arn])
        picture: dict[str, Any] = answer["serviceDeployments"][0]
        return picture

    def log(self) -> list[tuple[float, str]]:
        """Events since the start, oldest first: seconds after it, text."""
        shown = [event for event in reversed(self.service.events) if event.at > START + 0.5]
        return [(round(event.at - START, 3), event.message) for event in shown]

    def digests(self) -> list[str | None]:
        """Of the main containers of the tasks that are alive."""
        return [task.containers[0].digest for task in self.service.tasks.values() if task.is_alive]
