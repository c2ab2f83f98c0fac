"""Handing a service that has been built in steady state over to CodeDeploy, with its past."""

from typing import TYPE_CHECKING

from console.sandbox.codedeploy import appspec
from console.sandbox.codedeploy.model import ALL_AT_ONCE, CONFIGS, EVENTS, Deployment, Group, LifecycleEvent
from console.sandbox.ecs import task_sets
from console.sandbox.ecs.model import Service, ServiceDeployment

if TYPE_CHECKING:
    from console.sandbox.account import Account

_STATUS = {
    "SUCCESSFUL": "Succeeded",
    "STOPPED": "Stopped",
    "ROLLBACK_SUCCESSFUL": "Failed",
    "ROLLBACK_FAILED": "Failed",
}


def hand_over(
    account: "Account",
    service: Service,
    *,
    config: str = ALL_AT_ONCE,
    keep_minutes: int = 60,
    ready_minutes: int = 0,
    application: str = "",
    group: str = "",
) -> Group:
    """Let CodeDeploy deploy a service from now on; its rollouts become deployments of the past.

    The service needs a load balancer entry with ``advancedConfiguration``: the alternate target
    group and the rules of the production and, perhaps, the test listener. Names are by default those
    that the ECS console gives.

    Raises:
        ValueError: it has none, or there is no such configuration.
    """
    if config not in CONFIGS:
        raise ValueError(f"no deployment configuration is called {config}")
    entry = next((item for item in service.load_balancers if "advancedConfiguration" in item), None)
    if entry is None:
        raise ValueError(f"{service.name} has no second target group for CodeDeploy")
    settings = entry["advancedConfiguration"]
    stream = account.world.rng(f"{service.arn}:codedeploy")
    made = Group(
        name=group or f"DgpECS-{service.cluster}-{service.name}",
        id=f"{stream.getrandbits(32):08x}-{stream.getrandbits(16):04x}-4{stream.getrandbits(12):03x}-"
        f"8{stream.getrandbits(12):03x}-{stream.getrandbits(48):012x}",
        application=application or f"AppECS-{service.cluster}-{service.name}",
        service=service,
        groups=(entry["targetGroupArn"], settings["alternateTargetGroupArn"]),
        production=settings["productionListenerRule"],
        test=settings.get("testListenerRule", ""),
        config=config,
        keep_minutes=keep_minutes,
        ready_minutes=ready_minutes,
    )
    account.codedeploy.applications.setdefault(made.application, {})[made.name] = made
    for rollout in service.service_deployments:
        _remember(account, made, rollout)
    service.controller = task_sets.CONTROLLER
    service.service_deployments = []
    service.deployments = [service.primary]
    last = account.codedeploy.last_successful(made)
    service.primary.external_id = last.id if last else ""
    return made


def _remember(account: "Account", group: Group, rollout: ServiceDeployment) -> None:
    state = account.codedeploy
    entry = group.service.load_balancers[0]
    definition = rollout.target.task_definition.arn
    last = state.last_successful(group)
    past = Deployment(
        id=state.new_id(),
        group=group,
        content=appspec.write(definition, entry["containerName"], int(entry["containerPort"])),
        config=group.config,
        created_at=rollout.created_at,
        status=_STATUS.get(rollout.status, "Succeeded"),
        started_at=rollout.started_at,
        completed_at=rollout.finished_at,
        previous=last.content if last else "",
        updated_at=rollout.finished_at or rollout.created_at,
    )
    ended = "Succeeded" if past.status == "Succeeded" else "Skipped"
    past.events = [LifecycleEvent(name, ended) for name in EVENTS]
    if past.status == "Failed":
        past.error = ("HEALTH_CONSTRAINTS", rollout.status_reason)
    state.deployments[past.id] = past
