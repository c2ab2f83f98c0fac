"""Console and sandbox on one clock moved by hand: hours of a rollout in a second of test."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from console.aws.connect import Connection, connect
from console.config.loader import load
from console.config.settings import Settings
from console.domain.address import Address
from console.domain.operation import Plan
from console.domain.wish import Wish
from console.journal.sqlite import SqliteJournal
from console.operations.engine import Engine
from console.sandbox import fleet, folder
from tests.contract.conftest import Sandbox
from tests.fakes import FakeClock

API = Address("rugmunch", "production", "api")
WORKER = Address("rugmunch", "production", "worker")
STAGING = Address("fairtradeworker", "staging", "api")
MARKET = Address("fairtradeworker", "production", "api")


@dataclass
class SharedWorld:
    """An engine with real adapters, real boto3 and real HTTP; only time is the test's."""

    sandbox: Sandbox
    clock: FakeClock
    settings: Settings
    connections: dict[str, Connection]
    journal: SqliteJournal

    def engine(
        self,
        *,
        timeout_s: float | None = 3600.0,
        until: str = "done",
        hooks: str = "wait",
        **more: Any,
    ) -> Engine:
        """An engine as a process of its own would make it."""
        platforms = {key: item.platform for key, item in self.connections.items()}
        return Engine(
            platforms,
            self.journal,
            self.clock,
            self.settings,
            timeout_s,
            until,
            hooks,
            **more,
        )

    def read_only(self) -> "SharedWorld":
        """The same console, configured so that it may change nothing."""
        environments = {
            key: replace(item, environment=replace(item.environment, read_only=True))
            for key, item in self.settings.environments.items()
        }
        settings = replace(self.settings, environments=environments)
        return replace(self, settings=settings, connections=dict(connect(settings, self.clock)))

    def deploy(self, address: Address, version: str) -> dict[str, Any]:
        """Deploy to the end; the verdict's facts."""
        engine = self.engine()
        return self.run(engine, engine.plan_deploy(address, version))

    def roll_back(self, address: Address, to: str = "") -> dict[str, Any]:
        """Roll back to the end; the verdict's facts."""
        engine = self.engine()
        return self.run(engine, engine.plan_rollback(address, to))

    def carry(self, wish: Wish) -> dict[str, Any]:
        """Plan a wish and carry it out to the end; the verdict's facts."""
        engine = self.engine()
        return self.run(engine, engine.plan(wish))

    def run(self, engine: Engine, plan: Plan) -> dict[str, Any]:
        """Confirm and follow a plan; the verdict's facts."""
        last = list(engine.execute(plan, str(plan.address)))[-1]
        assert last.event == "verdict"
        return dict(last.facts)

    def begin(self, address: Address, version: str, *, by_force: bool = False) -> Any:
        """Change a service as CI would, past the console: register and update, or force a new deployment."""
        service = self.settings.service(address)
        ecs = self.sandbox.client("ecs", address.system)
        live = ecs.describe_services(cluster=service.cluster, services=[service.service])["services"][0]
        change: dict[str, Any] = {"forceNewDeployment": True}
        if not by_force:
            old = ecs.describe_task_definition(taskDefinition=live["taskDefinition"])["taskDefinition"]
            kept = ("family", "containerDefinitions", "cpu", "memory", "networkMode", "executionRoleArn")
            fresh = {name: old[name] for name in (*kept, "requiresCompatibilities") if name in old}
            image = fresh["containerDefinitions"][0]["image"]
            fresh["containerDefinitions"][0]["image"] = f"{image.split('@')[0].rsplit(':', 1)[0]}:{version}"
            registered = ecs.register_task_definition(**fresh)["taskDefinition"]
            change = {"taskDefinition": registered["taskDefinitionArn"]}
        return ecs.update_service(cluster=service.cluster, service=service.service, **change)["service"]

    def move_tag(self, address: Address, tag: str, to: str) -> None:
        """Point a tag at another image, as ``aws ecr put-image`` does."""
        ecr = self.sandbox.client("ecr", address.system)
        repository = self.repository(address)
        found = ecr.batch_get_image(repositoryName=repository, imageIds=[{"imageTag": to}])["images"][0]
        ecr.put_image(repositoryName=repository, imageManifest=found["imageManifest"], imageTag=tag)

    def repository(self, address: Address) -> str:
        """The registry's name for what the service runs."""
        live = self.connections[address.place].platform.observe(address)
        release = live.primary_release
        assert release is not None
        return next(i.repository for i in release.images if i.container == release.main).split("/", 1)[1]

    def digest(self, address: Address, tag: str) -> str:
        """The digest that a tag points to now."""
        status, rows = self.sandbox.control("GET", "images")
        assert status == 200
        repository = self.repository(address)
        return next(str(r["digest"]) for r in rows if r["repository"] == repository and r["tag"] == tag)

    def calls(self, operation: str) -> int:
        """How often the sandbox received an operation."""
        return int(self.sandbox.control("GET", "calls")[1].get(operation, 0))

    def wait(self, seconds: float) -> None:
        """Let time pass, in steps that the world can follow."""
        self.clock.advance(seconds)
        self.sandbox.control("GET", "health")

    def wait_until(self, done: Callable[[], bool], at_most_s: float, step_s: float = 5.0) -> None:
        """Let time pass until something is so."""
        for _ in range(int(at_most_s / step_s)):
            if done():
                return
            self.wait(step_s)
        raise AssertionError(f"not within {at_most_s} s")


def open_world(sandbox: Sandbox, clock: FakeClock, monkeypatch: Any, tmp_path: Path) -> SharedWorld:
    """A console on a sandbox that follows the same clock."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    run = folder.create(sandbox.world, sandbox.endpoint, fleet.configuration(sandbox.world))
    settings = load(run.config)
    return SharedWorld(sandbox, clock, settings, connect(settings, clock), SqliteJournal(settings.journal))


def pretty(facts: dict[str, Any]) -> str:
    """Facts in an assertion's message."""
    return json.dumps(facts, indent=1, default=str)


def shipped_by_codedeploy(world: SharedWorld, address: Address, tag: str) -> str:
    """What CI does: register the version and let CodeDeploy ship it; the deployment's id."""
    service = world.settings.service(address)
    ecs = world.sandbox.client("ecs", address.system)
    codedeploy = world.sandbox.client("codedeploy", address.system)
    live = ecs.describe_services(cluster=service.cluster, services=[service.service])["services"][0]
    primary = next(item for item in live["taskSets"] if item["status"] == "PRIMARY")
    old = ecs.describe_task_definition(taskDefinition=primary["taskDefinition"])["taskDefinition"]
    kept = ("family", "containerDefinitions", "cpu", "memory", "networkMode", "executionRoleArn")
    fresh = {name: old[name] for name in (*kept, "requiresCompatibilities") if name in old}
    image_of = fresh["containerDefinitions"][0]["image"].split("@")[0].rsplit(":", 1)[0]
    fresh["containerDefinitions"][0]["image"] = f"{image_of}:{tag}"
    definition = ecs.register_task_definition(**fresh)["taskDefinition"]["taskDefinitionArn"]
    balancer = primary["loadBalancers"][0]
    properties = {
        "TaskDefinition": definition,
        "LoadBalancerInfo": {
            "ContainerName": balancer["containerName"],
            "ContainerPort": balancer["containerPort"],
        },
    }
    resource = {"TargetService": {"Type": "AWS::ECS::Service", "Properties": properties}}
    content = json.dumps({"version": 0.0, "Resources": [resource]})
    (application,) = codedeploy.list_applications()["applications"]
    (group,) = codedeploy.list_deployment_groups(applicationName=application)["deploymentGroups"]
    return str(
        codedeploy.create_deployment(
            applicationName=application,
            deploymentGroupName=group,
            revision={"revisionType": "AppSpecContent", "appSpecContent": {"content": content}},
        )["deploymentId"]
    )
