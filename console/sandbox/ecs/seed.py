"""Services that have been there for weeks: built in steady state, with the past that led to it.

Nothing is simulated: what a rollout leaves behind (revisions, service deployments, deployments that
a rollback may return to, events, running tasks and their targets) is laid down as it would have
been left.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from console.sandbox.ecs import breaker, events, ids, lifecycle, timing
from console.sandbox.ecs.definitions import usable
from console.sandbox.ecs.deployment_settings import merged
from console.sandbox.ecs.deployments import BY_BREAKER, SUPERSEDED, candidate
from console.sandbox.ecs.events import say
from console.sandbox.ecs.model import Deployment, Json, Service, ServiceDeployment, ServiceRevision
from console.sandbox.ecs.revisions import add_revision, resolve
from console.sandbox.ecs.scheduler import adopt, remain_steady
from console.sandbox.ecs.services import add_cluster

if TYPE_CHECKING:
    from console.sandbox.account import Account


ROLLOUT_S = 152.0
"""How long the first deployment took, when no history says so."""
RUNNING_AFTER = timing.PROVISIONING + timing.PENDING + timing.ACTIVATING


@dataclass(frozen=True)
class Past:
    """One deployment of the past.

    Attributes:
        task_definition: ARN, or ``family:revision``.
        digests: Container name -> image digest that it ran.
        started_at: Epoch seconds.
        finished_at: Epoch seconds.
        status: SUCCESSFUL, ROLLBACK_SUCCESSFUL (returned to the last SUCCESSFUL one before it), or
            STOPPED (superseded).
        failures: Of the breaker, for one that was rolled back.
        reason: ``statusReason``; for a rolled back one the breaker's, if empty.
    """

    task_definition: str
    digests: Mapping[str, str]
    started_at: float
    finished_at: float
    status: str = "SUCCESSFUL"
    failures: int = 0
    reason: str = ""


@dataclass(frozen=True)
class ServiceSpec:
    """A service as CreateService would be given it. JSON parts have AWS's member names."""

    cluster: str
    name: str
    desired_count: int
    task_definition: str
    """ARN or ``family:revision``; what runs now, if ``history`` is empty."""
    created_at: float
    network: Json
    """``awsvpcConfiguration`` with its ``subnets`` and ``securityGroups``."""
    load_balancers: Sequence[Json] = ()
    """``targetGroupArn``, ``containerName``, ``containerPort``."""
    configuration: Json = field(default_factory=dict)
    """``deploymentConfiguration``."""
    grace_s: int = 0
    launch_type: str = "FARGATE"
    tags: Sequence[Json] = ()
    enable_execute_command: bool = False
    capacity_providers: Sequence[Json] = ()
    """``capacityProviderStrategy``."""


def seed_service(account: "Account", spec: ServiceSpec, history: Sequence[Past] = ()) -> Service:
    """A service in steady state.

    Args:
        spec: What it is.
        history: Its deployments, oldest first. What runs now is what the last SUCCESSFUL one
            shipped. Without any, it was deployed once, when it was created, with the images that
            its task definition's references mean now.

    Raises:
        ValueError: No deployment of the history was SUCCESSFUL.
    """
    owner = add_cluster(account, spec.cluster)
    service = _service(account, spec, owner.arn)
    owner.services[spec.name] = service
    for past in history or [_first(account, spec)]:
        _lay_down(account, service, past)
    current = candidate(service)
    if current is None:
        raise ValueError(f"{spec.name} has no SUCCESSFUL deployment")
    current.status = "PRIMARY"
    for index in range(spec.desired_count):
        _run(account, service, current, index)
    _announce(account, service)
    return service


def _service(account: "Account", spec: ServiceSpec, cluster_arn: str) -> Service:
    return Service(
        name=spec.name,
        arn=account.arn("ecs", f"service/{spec.cluster}/{spec.name}"),
        cluster=spec.cluster,
        cluster_arn=cluster_arn,
        desired_count=spec.desired_count,
        created_at=spec.created_at,
        configuration=merged(spec.configuration),
        network=spec.network,
        load_balancers=list(spec.load_balancers),
        launch_type=spec.launch_type,
        platform_version="LATEST",
        grace_s=spec.grace_s,
        tags=list(spec.tags),
        enable_execute_command=spec.enable_execute_command,
        capacity_providers=list(spec.capacity_providers),
    )


def _first(account: "Account", spec: ServiceSpec) -> Past:
    return Past(spec.task_definition, {}, spec.created_at, spec.created_at + ROLLOUT_S)


def _lay_down(account: "Account", service: Service, past: Past) -> None:
    """Revision, deployment and service deployment of one rollout, and what its events said."""
    source = candidate(service)
    number = ids.deployment_number(account.world, service)
    revision = add_revision(service, number, usable(account, past.task_definition), past.started_at)
    revision.digests = dict(past.digests)
    resolve(account, revision)
    deployment = Deployment(
        f"ecs-svc/{number}", revision, past.started_at, past.finished_at, "INACTIVE", "FAILED"
    )
    rollout = _rollout(account, service, revision, source, past)
    service.deployments.append(deployment)
    service.service_deployments.append(rollout)
    if past.status == "SUCCESSFUL":
        deployment.state, deployment.completed_at = "COMPLETED", past.finished_at
        deployment.reason = f"ECS deployment {deployment.id} completed."
        _say_done(account, service, deployment, past.finished_at)
    elif past.status == "ROLLBACK_SUCCESSFUL" and source is not None:
        _go_back(account, service, rollout, deployment, source, past)


def _rollout(
    account: "Account",
    service: Service,
    revision: ServiceRevision,
    source: Deployment | None,
    past: Past,
) -> ServiceDeployment:
    base = service.arn.replace(":service/", ":service-deployment/", 1)
    sources = [(source.revision, service.desired_count)] if source else []
    wanted = service.desired_count
    left = revision if past.status == "SUCCESSFUL" else None
    rollout = ServiceDeployment(
        arn=f"{base}/{ids.service_deployment_tail(account.world, service)}",
        target=revision,
        sources=sources,
        configuration=service.configuration,
        created_at=past.started_at,
        status=past.status,
        status_reason=past.reason,
        updated_at=past.finished_at,
        started_at=past.started_at + timing.NOTICE_UPDATE,
        finished_at=past.finished_at,
        stopped_at=past.finished_at if past.status == "STOPPED" else None,
        failures=past.failures,
        breaker_status="MONITORING_COMPLETE" if breaker.is_on(service) else "DISABLED",
        threshold=breaker.threshold(service),
    )
    involved = [revision, *(item for item, _ in sources)]
    if past.status == "ROLLBACK_SUCCESSFUL" and source:
        left = source.revision
    if past.status == "STOPPED" and not past.reason:
        rollout.status_reason = SUPERSEDED
    rollout.frozen = {item.arn: (wanted, wanted, 0) if item is left else (0, 0, 0) for item in involved}
    return rollout


def _go_back(
    account: "Account",
    service: Service,
    rollout: ServiceDeployment,
    failed: Deployment,
    source: Deployment,
    past: Past,
) -> None:
    """What a rollback by the breaker leaves, two thirds into the time that it took."""
    at = past.started_at + (past.finished_at - past.started_at) * 2 / 3
    reason = past.reason or BY_BREAKER
    rollout.status_reason = reason
    rollout.rollback = {"reason": reason, "startedAt": at, "serviceRevisionArn": source.revision.arn}
    rollout.breaker_status = "TRIGGERED" if reason == BY_BREAKER else rollout.breaker_status
    rollout.failures = past.failures or rollout.threshold
    failed.reason = f"ECS deployment circuit breaker: rolling back to deploymentId {source.id}."
    source.completed_at = source.updated_at = past.finished_at
    say(account.world, service, events.failed(failed), at=at)
    say(account.world, service, events.rolling_back(source), at=at, later=0.001)
    _say_done(account, service, source, past.finished_at)


def _say_done(account: "Account", service: Service, deployment: Deployment, at: float) -> None:
    say(account.world, service, events.completed(deployment), at=at)
    say(account.world, service, events.STEADY, at=at, later=0.001)


def _run(account: "Account", service: Service, deployment: Deployment, index: int) -> None:
    """One task that has been running since its deployment, healthy and registered."""
    world = account.world
    task = lifecycle.create(account, service, deployment)
    adopt(account, service, task)
    rollout = next(item for item in service.service_deployments if item.target is deployment.revision)
    is_rolling = service.configuration["strategy"] == "ROLLING"
    length = (rollout.finished_at or world.now()) - deployment.created_at
    span = max(0.0, length - ROLLOUT_S) if is_rolling else 0.0
    task.created_at = deployment.created_at + timing.NOTICE_UPDATE + span * index / service.desired_count
    task.pull_started_at = task.created_at + timing.PROVISIONING + timing.PENDING
    task.pull_stopped_at = task.pull_started_at + timing.PULLING
    task.status, task.version = "RUNNING", 4
    lifecycle.run(account, service, task, task.created_at + RUNNING_AFTER)
    task.is_healthy = task.was_healthy = True
    for container in task.containers:
        if "healthCheck" in container.definition:
            container.health = "HEALTHY"
    lifecycle.tell(account, task, timing.RUNNING)


def _announce(account: "Account", service: Service) -> None:
    """The steady state, every six hours since the last deployment."""
    now = account.world.now()
    last = service.events[0].at
    count = int((now - last) / timing.REPEAT)
    for index in range(max(1, count - events.MOST), count + 1):
        say(account.world, service, events.STEADY, at=last + index * timing.REPEAT)
    remain_steady(account, service)
