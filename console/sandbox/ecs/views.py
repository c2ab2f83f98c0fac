"""Pictures of ECS's state, with the member names of the API."""

from typing import TYPE_CHECKING

from console.sandbox.ecs import alarm_watch, breaker, task_sets, timing
from console.sandbox.ecs.deployments import counts, pending, running
from console.sandbox.ecs.model import (
    Cluster,
    Deployment,
    Json,
    Service,
    ServiceDeployment,
    ServiceRevision,
    TaskDefinition,
)
from console.sandbox.ecs.shift_view import progress, weights
from console.sandbox.ecs.target_groups import resolved

if TYPE_CHECKING:
    from console.sandbox.kernel import World


def cluster(item: Cluster) -> Json:
    tasks = [task for keeper in item.keepers for task in keeper.present.values()]
    return {
        "clusterArn": item.arn,
        "clusterName": item.name,
        "status": "ACTIVE",
        "registeredContainerInstancesCount": len(item.instances),
        "runningTasksCount": sum(task.status == "RUNNING" for task in tasks),
        "pendingTasksCount": sum(task.is_starting for task in tasks),
        "activeServicesCount": sum(service.status == "ACTIVE" for service in item.services.values()),
        "statistics": [],
        "tags": [],
        "settings": [{"name": "containerInsights", "value": "disabled"}],
        "capacityProviders": ["FARGATE", "FARGATE_SPOT"],
        "defaultCapacityProviderStrategy": [],
    }


def service(world: "World", item: Service, with_tags: bool = False) -> Json:
    shown = item.shown
    current = listed(world, item)
    picture = {
        "serviceArn": item.arn,
        "serviceName": item.name,
        "clusterArn": item.cluster_arn,
        "loadBalancers": item.load_balancers,
        "serviceRegistries": [],
        "status": item.status,
        "desiredCount": item.desired_count,
        "runningCount": sum(task.status == "RUNNING" for task in item.present.values()),
        "pendingCount": sum(task.is_starting for task in item.present.values()),
        "launchType": None if item.capacity_providers else item.launch_type,
        "capacityProviderStrategy": item.capacity_providers or None,
        "platformVersion": item.platform_version,
        "platformFamily": "Linux",
        "taskDefinition": item.primary.revision.task_definition.arn,
        "deploymentConfiguration": item.configuration,
        "deployments": [deployment(item, each) for each in shown],
        "roleArn": f"arn:aws:iam::{item.arn.split(':')[4]}:role/aws-service-role/ecs.amazonaws.com/"
        "AWSServiceRoleForECS",
        "events": [
            {"id": event.id, "createdAt": event.at, "message": event.message} for event in item.events
        ],
        "createdAt": stamp(item.created_at),
        "currentServiceDeployment": current[0].arn if current else None,
        "currentServiceRevisions": [_current_revision(item, each) for each in shown],
        "placementConstraints": [],
        "placementStrategy": [],
        "networkConfiguration": item.network or None,
        "healthCheckGracePeriodSeconds": item.grace_s,
        "schedulingStrategy": "REPLICA",
        "deploymentController": {"type": "ECS"},
        "createdBy": item.created_by or None,
        "enableECSManagedTags": False,
        "propagateTags": "NONE",
        "enableExecuteCommand": item.enable_execute_command,
        "availabilityZoneRebalancing": "ENABLED" if item.rebalancing else "DISABLED",
        "tags": item.tags if with_tags else None,
    }
    if task_sets.is_ours(item):
        picture |= task_sets.picture(item)
    return present(picture)


def deployment(owner: Service, item: Deployment) -> Json:
    is_primary = item.status == "PRIMARY"
    return present(
        {
            "id": item.id,
            "status": item.status,
            "taskDefinition": item.revision.task_definition.arn,
            "desiredCount": owner.desired_count if is_primary else item.desired,
            "pendingCount": pending(owner, item),
            "runningCount": running(owner, item),
            "failedTasks": item.failed_tasks,
            "createdAt": stamp(item.created_at),
            "updatedAt": stamp(item.updated_at),
            "launchType": None if item.revision.capacity_providers else item.revision.launch_type,
            "capacityProviderStrategy": item.revision.capacity_providers or None,
            "platformVersion": _platform(item.revision),
            "platformFamily": "Linux",
            "networkConfiguration": item.revision.network or None,
            "rolloutState": item.state,
            "rolloutStateReason": item.reason,
        }
    )


def listed(world: "World", item: Service) -> list[ServiceDeployment]:
    """Service deployments as reads show them, newest first: a new one only after a moment."""
    lag = world.seconds(timing.LISTING_LAG)
    now = world.now()
    return [each for each in reversed(item.service_deployments) if now - each.created_at >= lag]


def service_deployment_brief(owner: Service, item: ServiceDeployment) -> Json:
    return present(
        {
            "serviceDeploymentArn": item.arn,
            "serviceArn": owner.arn,
            "clusterArn": owner.cluster_arn,
            "startedAt": stamp(item.started_at),
            "createdAt": stamp(item.created_at),
            "finishedAt": stamp(item.finished_at),
            "targetServiceRevisionArn": item.target.arn,
            "status": item.status,
            "statusReason": item.status_reason or None,
        }
    )


def service_deployment(owner: Service, item: ServiceDeployment) -> Json:
    rollback = item.rollback and {**item.rollback, "startedAt": stamp(item.rollback["startedAt"])}
    limit = item.threshold if item.is_over else breaker.threshold(owner)
    return present(
        {
            "serviceDeploymentArn": item.arn,
            "serviceArn": owner.arn,
            "clusterArn": owner.cluster_arn,
            "createdAt": stamp(item.created_at),
            "startedAt": stamp(item.started_at),
            "finishedAt": stamp(item.finished_at),
            "stoppedAt": stamp(item.stopped_at),
            "updatedAt": stamp(item.updated_at),
            "sourceServiceRevisions": [_summary(owner, item, revision) for revision, _ in item.sources],
            "targetServiceRevision": _summary(owner, item, item.target),
            "status": item.status,
            "statusReason": item.status_reason or None,
            "deploymentConfiguration": item.configuration,
            **progress(item),
            "rollback": rollback,
            "deploymentCircuitBreaker": {
                "status": item.breaker_status,
                "failureCount": item.failures,
                "threshold": limit,
            },
            "alarms": alarm_watch.picture(item),
        }
    )


def service_revision(owner: Service, item: ServiceRevision) -> Json:
    images = [
        present(
            {
                "containerName": container["name"],
                "image": container["image"],
                "imageDigest": item.digests.get(container["name"]),
            }
        )
        for container in item.task_definition.containers
    ]
    return present(
        {
            "serviceRevisionArn": item.arn,
            "serviceArn": owner.arn,
            "clusterArn": owner.cluster_arn,
            "taskDefinition": item.task_definition.arn,
            "launchType": None if item.capacity_providers else item.launch_type,
            "capacityProviderStrategy": item.capacity_providers or None,
            "platformVersion": _platform(item),
            "platformFamily": "Linux",
            "loadBalancers": item.load_balancers,
            "networkConfiguration": item.network or None,
            "containerImages": images,
            "resolvedConfiguration": {"loadBalancers": resolved(item)} if item.load_balancers else None,
            "guardDutyEnabled": False,
            "createdAt": stamp(item.created_at),
        }
    )


def task_definition(item: TaskDefinition) -> Json:
    launch_types = item.content.get("requiresCompatibilities") or ["EC2"]
    return present(
        {
            **item.content,
            "taskDefinitionArn": item.arn,
            "revision": item.revision,
            "status": item.status,
            "compatibilities": sorted({"EC2", *launch_types}),
            "requiresAttributes": [],
            "registeredAt": stamp(item.registered_at),
            "deregisteredAt": stamp(item.deregistered_at),
            "registeredBy": item.registered_by,
        }
    )


def stamp(moment: float | None) -> float | None:
    """To the millisecond, as AWS stamps."""
    return None if moment is None else round(moment, 3)


def present(picture: Json) -> Json:
    """Without the members that have no value."""
    return {name: value for name, value in picture.items() if value is not None}


def _platform(revision: ServiceRevision) -> str:
    return "1.4.0" if revision.platform_version == "LATEST" else revision.platform_version


def _current_revision(owner: Service, item: Deployment) -> Json:
    return {
        "arn": item.revision.arn,
        "requestedTaskCount": owner.desired_count if item.status == "PRIMARY" else item.desired,
        "runningTaskCount": running(owner, item),
        "pendingTaskCount": pending(owner, item),
    }


def _summary(owner: Service, item: ServiceDeployment, revision: ServiceRevision) -> Json:
    frozen = item.frozen.get(revision.arn) if item.frozen else None
    requested, is_running, is_pending = frozen or counts(owner, revision)
    return {
        "arn": revision.arn,
        "requestedTaskCount": requested,
        "runningTaskCount": is_running,
        "pendingTaskCount": is_pending,
        **weights(owner, item, revision),
    }
