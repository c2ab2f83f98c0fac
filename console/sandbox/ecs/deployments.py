"""How a deployment begins, is superseded, succeeds, fails and goes back.

One service deployment tells the whole story of one change, its rollback included; the entries of
``deployments[]`` are the revisions whose tasks it moves. ECS goes back to the most recent COMPLETED
deployment (ECS developer guide, deployment-circuit-breaker).
"""

from typing import TYPE_CHECKING

from console.sandbox.ecs import breaker, events, hooks, ids, target_groups, timing
from console.sandbox.ecs.course import Course, is_shifting, way_there
from console.sandbox.ecs.model import Deployment, Service, ServiceDeployment, ServiceRevision, TaskDefinition
from console.sandbox.ecs.revisions import add_revision

if TYPE_CHECKING:
    from console.sandbox.account import Account
    from console.sandbox.kernel import World

BY_BREAKER = "Service deployment rolled back because the circuit breaker threshold was exceeded."
BY_REQUEST = "Service deployment rolled back because of a StopServiceDeployment request."
BY_ALARM = "Service deployment rolled back because alarms went into the ALARM state: {names}."
NO_CANDIDATE = "No rollback candidate was found to run the rollback."
SUPERSEDED = "Service deployment stopped because a newer service deployment was started."
STOPPED_BY_ALARM = "Service deployment stopped because alarms went into the ALARM state: {names}."
WITHOUT_ROLLBACK = "Service deployment stopped because the circuit breaker threshold was exceeded."
BOUNCED = "Service deployment rollback failed because the circuit breaker threshold was exceeded."


def begin(account: "Account", service: Service, definition: TaskDefinition) -> Deployment:
    """Start a deployment of the service as it is configured now; the scheduler does the rest."""
    world = account.world
    now = world.now()
    _supersede(world, service)
    for older in service.deployments:
        if older.status == "PRIMARY":
            older.status = "ACTIVE" if service.tasks_of(older) else "INACTIVE"
            is_source = older.state == "COMPLETED"
            older.desired = service.desired_count if is_source else _alive(service, older)
    sources = [(item.revision, item.desired) for item in service.shown]
    number = ids.deployment_number(world, service)
    revision = add_revision(service, number, definition, now)
    keeper = _keeper(service)
    shifts = is_shifting(service.configuration)
    live = keeper.revision if keeper else None
    revision.resolved = target_groups.choose(service, live, shifts)
    deployment = Deployment(f"ecs-svc/{number}", revision, now, now, desired=service.desired_count)
    deployment.reason = f"ECS deployment {deployment.id} in progress."
    service.deployments.append(deployment)
    rollout = _service_deployment(world, service, revision, sources)
    service.service_deployments.append(rollout)
    if shifts:
        rollout.course = _course(service, deployment, keeper)
    else:
        target_groups.shift(account, revision, 100.0, 100.0)
    service.is_steady = False
    return deployment


def complete(world: "World", service: Service) -> None:
    """The PRIMARY has all its tasks and nothing older has any."""
    primary, rollout = service.primary, service.rollout
    now = world.now()
    primary.state, primary.completed_at, primary.updated_at = "COMPLETED", now, now
    primary.failed_tasks = 0
    primary.reason = f"ECS deployment {primary.id} completed."
    events.say(world, service, events.completed(primary))
    for older in service.deployments:
        if older is not primary and not service.tasks_of(older):
            older.status = "INACTIVE"
    if rollout is not None and not rollout.is_over:
        is_back = rollout.status == "ROLLBACK_IN_PROGRESS"
        end(world, service, rollout, "ROLLBACK_SUCCESSFUL" if is_back else "SUCCESSFUL")


def trip(world: "World", service: Service) -> None:
    """The breaker gives the PRIMARY up."""
    failed, rollout = service.primary, service.rollout
    if rollout is None:
        return
    _fail(world, service, "ECS deployment circuit breaker: tasks failed to start.")
    rollout.breaker_status = "TRIGGERED"
    events.say(world, service, events.failed(failed))
    if rollout.is_going_back and rollout.target is not failed.revision:
        end(world, service, rollout, "ROLLBACK_FAILED", BOUNCED)
    elif breaker.rolls_back(service):
        go_back(world, service, rollout, BY_BREAKER, "circuit breaker")
    else:
        request_stop(world, service, rollout, WITHOUT_ROLLBACK)


def alarm(world: "World", service: Service, rollout: ServiceDeployment) -> None:
    """An alarm gives the PRIMARY up."""
    failed, names = service.primary, ", ".join(rollout.triggered)
    _fail(world, service, "ECS deployment failed: alarm detected.")
    rollout.alarms_status = "TRIGGERED"
    events.say(world, service, events.failed_by_alarm(failed))
    if (rollout.configuration.get("alarms") or {}).get("rollback"):
        go_back(world, service, rollout, BY_ALARM.format(names=names), "alarm detected")
    else:
        request_stop(world, service, rollout, STOPPED_BY_ALARM.format(names=names))


def send_back(world: "World", service: Service, rollout: ServiceDeployment, reason: str) -> None:
    """Give the PRIMARY up for a reason that neither breaker nor alarm has seen."""
    _fail(world, service, "ECS deployment failed.")
    go_back(world, service, rollout, reason)


def end_watch(rollout: ServiceDeployment) -> None:
    """Breaker and alarms have no say any more."""
    if rollout.breaker_status == "MONITORING":
        rollout.breaker_status = "MONITORING_COMPLETE"
    if rollout.alarms_status == "MONITORING":
        rollout.alarms_status = "MONITORING_COMPLETE"


def request_rollback(world: "World", service: Service, rollout: ServiceDeployment) -> None:
    """StopServiceDeployment(ROLLBACK) of the one under way."""
    rollout.status, rollout.updated_at = "ROLLBACK_REQUESTED", world.now()

    def carry_out() -> None:
        if rollout.status == "ROLLBACK_REQUESTED":
            send_back(world, service, rollout, BY_REQUEST)

    world.after(timing.STOPPING_DEPLOYMENT, carry_out)


def go_back(
    world: "World", service: Service, rollout: ServiceDeployment, reason: str, what: str = "stopped"
) -> None:
    """Make the most recent COMPLETED deployment PRIMARY again, or end in ROLLBACK_FAILED."""
    failed, now = service.primary, world.now()
    target = candidate(service)
    if target is None:
        end(world, service, rollout, "ROLLBACK_FAILED", NO_CANDIDATE)
        return
    events.say(world, service, events.rolling_back(target), later=0.001)
    rollout.status, rollout.updated_at, rollout.status_reason = "ROLLBACK_IN_PROGRESS", now, reason
    rollout.rollback = {"reason": reason, "startedAt": now, "serviceRevisionArn": target.revision.arn}
    end_watch(rollout)
    failed.status, failed.updated_at, failed.desired = "ACTIVE", now, _alive(service, failed)
    failed.reason = f"ECS deployment {what}: rolling back to deploymentId {target.id}."
    target.status, target.state, target.updated_at = "PRIMARY", "IN_PROGRESS", now
    target.reason = f"ECS deployment {target.id} in progress."
    target.failed_tasks = target.never_ran = 0
    target.throttled_until = 0.0
    _restore(service, target.revision)


def candidate(service: Service) -> Deployment | None:
    """What a rollback would return to: the most recent COMPLETED deployment."""
    done = [item for item in service.deployments if item.state == "COMPLETED" and item.status != "PRIMARY"]
    return max(done, key=lambda item: item.completed_at or 0.0, default=None)


def request_stop(world: "World", service: Service, rollout: ServiceDeployment, reason: str) -> None:
    """STOP_REQUESTED, and STOPPED a moment later."""
    rollout.status, rollout.updated_at, rollout.status_reason = "STOP_REQUESTED", world.now(), reason
    world.after(timing.STOPPING_DEPLOYMENT, lambda: end(world, service, rollout, "STOPPED"))


def running(service: Service, deployment: Deployment) -> int:
    return sum(task.status == "RUNNING" for task in service.tasks_of(deployment))


def pending(service: Service, deployment: Deployment) -> int:
    return sum(task.is_starting for task in service.tasks_of(deployment))


def counts(service: Service, revision: ServiceRevision) -> tuple[int, int, int]:
    """Requested, running and pending tasks of a revision."""
    for deployment in service.deployments:
        if deployment.revision is revision:
            requested = service.desired_count if deployment.status == "PRIMARY" else deployment.desired
            is_shown = deployment.status != "INACTIVE"
            return requested * is_shown, running(service, deployment), pending(service, deployment)
    return 0, 0, 0


def _alive(service: Service, deployment: Deployment) -> int:
    return running(service, deployment) + pending(service, deployment)


def _supersede(world: "World", service: Service) -> None:
    rollout = service.rollout
    if rollout is None or rollout.is_over:
        return
    if rollout.status == "ROLLBACK_IN_PROGRESS":
        end(world, service, rollout, "ROLLBACK_FAILED", SUPERSEDED)
    else:
        request_stop(world, service, rollout, SUPERSEDED)


def _fail(world: "World", service: Service, reason: str) -> None:
    failed = service.primary
    failed.state, failed.updated_at, failed.reason = "FAILED", world.now(), reason


def _keeper(service: Service) -> Deployment | None:
    """The older deployment that serves: one that was COMPLETED before others, then the healthiest."""
    older = [item for item in service.shown if _alive(service, item)]
    if not older:
        return candidate(service)

    def rank(item: Deployment) -> tuple[bool, int, float]:
        healthy = sum(task.is_healthy and task.is_alive for task in service.tasks_of(item))
        return item.completed_at is not None and item.state != "FAILED", healthy, item.created_at

    return max(older, key=rank)


def _course(service: Service, deployment: Deployment, keeper: Deployment | None) -> Course:
    """The way of a deployment that shifts traffic, seen from its beginning."""
    older = [item for item in service.shown if item is not deployment and service.tasks_of(item)]
    has_to_reconcile = any(item is not keeper for item in older)
    steps = way_there(service.configuration, keeper is None, has_to_reconcile)
    return Course(steps, keeper.id if keeper else "")


def end(
    world: "World", service: Service, rollout: ServiceDeployment, status: str, reason: str | None = None
) -> None:
    """The service deployment is over; its counts stay as they are now."""
    if rollout.is_over:
        return
    now = world.now()
    rollout.status, rollout.finished_at, rollout.updated_at = status, now, now
    if reason is not None:
        rollout.status_reason = reason
    if status == "STOPPED":
        rollout.stopped_at = now
    end_watch(rollout)
    if rollout.course is not None:
        hooks.abandon(rollout.course)
    rollout.threshold = breaker.threshold(service)
    involved = [rollout.target, *(revision for revision, _ in rollout.sources)]
    rollout.frozen = {revision.arn: counts(service, revision) for revision in involved}


def _restore(service: Service, revision: ServiceRevision) -> None:
    """The service is configured as the revision was: a rollback takes all of it back."""
    service.network = revision.network
    service.load_balancers = list(revision.load_balancers)
    service.platform_version = revision.platform_version
    service.launch_type = revision.launch_type


def _service_deployment(
    world: "World", service: Service, target: ServiceRevision, sources: list[tuple[ServiceRevision, int]]
) -> ServiceDeployment:
    base = service.arn.replace(":service/", ":service-deployment/", 1)
    return ServiceDeployment(
        arn=f"{base}/{ids.service_deployment_tail(world, service)}",
        target=target,
        sources=sources,
        configuration=service.configuration,
        created_at=world.now(),
        updated_at=world.now(),
        breaker_status="MONITORING" if breaker.is_on(service) else "DISABLED",
    )
