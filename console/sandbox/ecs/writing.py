"""Operations that change services and tasks; the scheduler carries them out."""

from typing import TYPE_CHECKING

from console.sandbox.ecs import (
    definitions,
    deployment_settings,
    deployments,
    lifecycle,
    providers,
    scheduler,
    services,
    task_sets,
    timing,
    views,
)
from console.sandbox.ecs.model import Json, Service, TaskDefinition
from console.sandbox.ecs.reading import find_service_deployment, find_task
from console.sandbox.ecs.task_view import task as task_view
from console.sandbox.elb.weights import find_rule
from console.sandbox.registry import AwsError, operation

if TYPE_CHECKING:
    from console.sandbox.account import Account

STOPPED_BY_USER = "Task stopped by user"


@operation("ecs")
def CreateService(account: "Account", params: Json) -> Json:
    """A REPLICA service, and its first deployment or, where CodeDeploy deploys it, task set."""
    owner = services.cluster(account, params)
    name = params["serviceName"]
    existing = owner.services.get(name)
    if existing is not None and existing.status != "INACTIVE":
        raise AwsError("InvalidParameterException", "Creation of service was not idempotent.")
    definition = definitions.usable(account, params.get("taskDefinition") or "")
    balancers = params.get("loadBalancers") or []
    _check_groups(account, balancers)
    settings = deployment_settings.merged(params.get("deploymentConfiguration"))
    deployment_settings.check(params.get("deploymentConfiguration"), settings, balancers)
    strategy = providers.check(params)
    service = Service(
        name=name,
        arn=account.arn("ecs", f"service/{owner.name}/{name}"),
        cluster=owner.name,
        cluster_arn=owner.arn,
        desired_count=_desired(params) or 0,
        created_at=account.world.now(),
        configuration=settings,
        network=params.get("networkConfiguration") or {},
        load_balancers=balancers,
        launch_type=params.get("launchType") or "FARGATE",
        platform_version=params.get("platformVersion") or "LATEST",
        grace_s=params.get("healthCheckGracePeriodSeconds") or 0,
        tags=params.get("tags") or [],
        enable_execute_command=bool(params.get("enableExecuteCommand")),
        capacity_providers=strategy,
        rebalancing=params.get("availabilityZoneRebalancing", "ENABLED") == "ENABLED",
        controller=_controller(params),
    )
    owner.services[name] = service
    if task_sets.is_ours(service):
        task_sets.create(account, service, definition.arn, balancers, is_primary=True)
    else:
        deployments.begin(account, service, definition)
    scheduler.wake(account, service, timing.NOTICE_UPDATE)
    return {"service": views.service(account.world, service, with_tags=True)}


@operation("ecs")
def UpdateService(account: "Account", params: Json) -> Json:
    """Change a service; a deployment begins only if what its tasks are made of changes, or is forced.

    The desired count, the deployment configuration, the grace period and the tag settings start
    none (API reference, UpdateService).
    """
    service = services.service(account, params)
    _check_active(service)
    task_sets.check_update(service, params)
    definition = service.primary.revision.task_definition
    if params.get("taskDefinition"):
        definition = definitions.usable(account, params["taskDefinition"])
    _check_groups(account, params.get("loadBalancers") or [])
    _check_settings(service, params)
    providers.check(params)
    desired = _desired(params)
    is_new = _changes(service, definition, params) or bool(params.get("forceNewDeployment"))
    _configure(service, params)
    if desired is not None and desired != service.desired_count:
        service.desired_count, service.is_steady = desired, False
    if is_new:
        if definition.status != "ACTIVE":
            raise AwsError("ClientException", "TaskDefinition is inactive")
        deployments.begin(account, service, definition)
    scheduler.wake(account, service, timing.NOTICE_UPDATE)
    return {"service": views.service(account.world, service)}


@operation("ecs")
def DeleteService(account: "Account", params: Json) -> Json:
    """DRAINING until its tasks are gone, then INACTIVE."""
    service = services.service(account, params)
    _check_active(service)
    if service.desired_count and not params.get("force"):
        raise AwsError(
            "InvalidParameterException", "The service cannot be stopped while it is scaled above 0."
        )
    service.status, service.desired_count = "DRAINING", 0
    scheduler.wake(account, service, timing.NOTICE_UPDATE)
    return {"service": views.service(account.world, service)}


@operation("ecs")
def StopServiceDeployment(account: "Account", params: Json) -> Json:
    """Roll a service deployment back (ECS developer guide, stop-service-deployment).

    One that is already stopping or going back stays as it is.
    """
    arn = params["serviceDeploymentArn"]
    found = find_service_deployment(account, arn)
    if found is None:
        raise AwsError("ServiceDeploymentNotFoundException", f"Service deployment {arn} was not found.")
    if (params.get("stopType") or "ROLLBACK") != "ROLLBACK":
        raise AwsError("InvalidParameterException", "The stop type is not supported. Use ROLLBACK.")
    service, rollout = found
    if rollout.is_over:
        raise AwsError(
            "ConflictException",
            f"Service deployment is in the terminal state {rollout.status} and can't be stopped.",
        )
    if rollout.status in ("PENDING", "IN_PROGRESS"):
        deployments.request_rollback(account.world, service, rollout)
        scheduler.wake(account, service, timing.STOPPING_DEPLOYMENT + timing.NOTICE_TRIP)
    return {"serviceDeploymentArn": arn}


@operation("ecs")
def StopTask(account: "Account", params: Json) -> Json:
    """Stop one task; its service starts another some seconds later."""
    owner = services.cluster(account, params)
    found = find_task(owner.keepers, params["task"])
    if found is None:
        raise AwsError("InvalidParameterException", "The referenced task was not found.")
    service, task = found
    if task.is_alive:
        service.is_steady = False
        lifecycle.stop(account, service, [task], "UserInitiated", params.get("reason") or STOPPED_BY_USER)
        if task.service:
            scheduler.wake(account, service, timing.NOTICE_STOP_TASK)
    return {"task": task_view(task)}


def _controller(params: Json) -> str:
    kind = str((params.get("deploymentController") or {}).get("type", "ECS"))
    if kind not in ("ECS", task_sets.CONTROLLER):
        raise AwsError("InvalidParameterException", f"The deployment controller {kind} is not supported.")
    return kind


def _check_active(service: Service) -> None:
    if service.status != "ACTIVE":
        raise AwsError("ServiceNotActiveException", "Service was not ACTIVE.")


def _desired(params: Json) -> int | None:
    count = params.get("desiredCount")
    if count is not None and count < 0:
        raise AwsError("InvalidParameterException", "desiredCount cannot be a negative value.")
    return count


def _changes(service: Service, definition: TaskDefinition, params: Json) -> bool:
    """Whether the request differs in anything that a task is made of."""
    kept = {
        "networkConfiguration": service.network,
        "loadBalancers": service.load_balancers,
        "platformVersion": service.platform_version,
    }
    is_other = definition is not service.primary.revision.task_definition
    return is_other or any(params.get(name) not in (None, value) for name, value in kept.items())


def _configure(service: Service, params: Json) -> None:
    service.network = params.get("networkConfiguration") or service.network
    if params.get("loadBalancers") is not None:
        service.load_balancers = params["loadBalancers"]
    service.platform_version = params.get("platformVersion") or service.platform_version
    if params.get("deploymentConfiguration") is not None:
        service.configuration = deployment_settings.merged(
            params["deploymentConfiguration"], service.configuration
        )
    if params.get("healthCheckGracePeriodSeconds") is not None:
        service.grace_s = params["healthCheckGracePeriodSeconds"]
    if params.get("enableExecuteCommand") is not None:
        service.enable_execute_command = params["enableExecuteCommand"]
    if params.get("capacityProviderStrategy") is not None:
        service.capacity_providers = params["capacityProviderStrategy"]
    if params.get("availabilityZoneRebalancing") is not None:
        service.rebalancing = params["availabilityZoneRebalancing"] == "ENABLED"


def _check_settings(service: Service, params: Json) -> None:
    given, balancers = params.get("deploymentConfiguration"), params.get("loadBalancers")
    if given is not None or balancers is not None:
        whole = deployment_settings.merged(given, service.configuration)
        deployment_settings.check(given, whole, service.load_balancers if balancers is None else balancers)


def _check_groups(account: "Account", load_balancers: list[Json]) -> None:
    """Target groups and rules that a service names have to be there."""
    for item in load_balancers:
        settings = item.get("advancedConfiguration") or {}
        for arn in (item.get("targetGroupArn", ""), settings.get("alternateTargetGroupArn")):
            if arn is not None and arn not in account.elb.target_groups:
                text = f"The specified target group does not exist: {arn}"
                raise AwsError("InvalidParameterException", text)
        for arn in (settings.get("productionListenerRule"), settings.get("testListenerRule")):
            if arn is not None and find_rule(account, arn) is None:
                text = f"The specified listener rule does not exist: {arn}"
                raise AwsError("InvalidParameterException", text)
