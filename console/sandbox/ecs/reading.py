"""Reading operations of ECS, with AWS's limits (botocore's model names members, the API pages bounds)."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from console.sandbox.ecs import consistency, instances, services, views
from console.sandbox.ecs.model import ENDED, Json, Service, ServiceDeployment, Task
from console.sandbox.ecs.task_view import task as task_view
from console.sandbox.paging import page
from console.sandbox.registry import AwsError, operation

if TYPE_CHECKING:
    from console.sandbox.account import Account

HISTORY_S = 90 * 86400.0
"""Service deployments are listed for 90 days (ECS developer guide, service-deployment)."""
STATUSES = (*ENDED, "PENDING", "IN_PROGRESS", "STOP_REQUESTED", "ROLLBACK_REQUESTED", "ROLLBACK_IN_PROGRESS")


@operation("ecs")
def ListClusters(account: "Account", params: Json) -> Json:
    arns = [item.arn for item in account.ecs.clusters.values()]
    shown, following = page(arns, params.get("nextToken"), page_size(params, 100))
    return {"clusterArns": shown, **following}


@operation("ecs")
def DescribeClusters(account: "Account", params: Json) -> Json:
    wanted = params.get("clusters") or ["default"]
    limit("clusters", wanted, 100)
    found: list[Json] = []
    failures: list[Json] = []
    for reference in wanted:
        item = services.find_cluster(account, reference)
        if item is None:
            failures.append(missing(account, reference, "cluster"))
        else:
            found.append(views.cluster(item))
    return {"clusters": found, "failures": failures}


@operation("ecs")
def ListServices(account: "Account", params: Json) -> Json:
    """ACTIVE and DRAINING ones; ten a page unless asked for more."""
    owner = services.cluster(account, params)
    arns = [item.arn for item in owner.services.values() if item.status != "INACTIVE"]
    shown, following = page(arns, params.get("nextToken"), page_size(params, 10))
    return {"serviceArns": shown, **following}


@operation("ecs")
def DescribeServices(account: "Account", params: Json) -> Json:
    """At most ten; unknown ones are failures, not errors."""
    owner = services.cluster(account, params)
    limit("services", params["services"], 10)
    with_tags = "TAGS" in (params.get("include") or ())
    found: list[Json] = []
    failures: list[Json] = []
    for reference in params["services"]:
        item = services.find_service(owner, reference)
        if item is None:
            failures.append(missing(account, reference, f"service/{owner.name}"))
        else:
            found.append(views.service(account.world, item, with_tags))
    return {"services": found, "failures": failures}


@operation("ecs")
def ListTasks(account: "Account", params: Json) -> Json:
    """Of a cluster; RUNNING is the desired status unless another is asked for."""
    owner = services.cluster(account, params)
    kinds = ("serviceName", "family", "startedBy", "launchType", "containerInstance")
    filters = [name for name in kinds if params.get(name)]
    if params.get("startedBy") and (len(filters) > 1 or params.get("desiredStatus")):
        raise AwsError(
            "InvalidParameterException",
            "startedBy cannot be combined with other filters: it must be the only one.",
        )
    chosen: Sequence[Service] = owner.keepers
    instance = None
    if params.get("containerInstance"):
        instance = instances.instance_of(owner, params["containerInstance"])
        if instance is None:
            raise AwsError("InvalidParameterException", "The referenced container instance was not found.")
    if params.get("serviceName"):
        chosen = [services.service(account, {**params, "service": params["serviceName"]})]
    tasks = [
        task
        for item in chosen
        for task in item.tasks.values()
        if _matches(task, params)
        and consistency.is_listed(account.world, task)
        and (instance is None or task.instance == instance.arn)
    ]
    arns = [task.arn for task in sorted(tasks, key=lambda task: task.id)]
    shown, following = page(arns, params.get("nextToken"), page_size(params, 100))
    return {"taskArns": shown, **following}


@operation("ecs")
def DescribeTasks(account: "Account", params: Json) -> Json:
    """At most a hundred; tasks gone for an hour are failures with reason MISSING."""
    owner = services.cluster(account, params)
    limit("tasks", params["tasks"], 100)
    found: list[Json] = []
    failures: list[Json] = []
    for reference in params["tasks"]:
        item = find_task(owner.keepers, reference)
        if item is None or not consistency.is_described(account.world, item[1]):
            failures.append(missing(account, reference, f"task/{owner.name}"))
        else:
            found.append(task_view(item[1], with_tags="TAGS" in (params.get("include") or ())))
    return {"tasks": found, "failures": failures}


@operation("ecs")
def ListServiceDeployments(account: "Account", params: Json) -> Json:
    """Newest first, those of the last 90 days; twenty a page unless asked for more."""
    item = services.service(account, params)
    statuses = params.get("status") or STATUSES
    for status in statuses:
        if status not in STATUSES:
            raise AwsError("InvalidParameterException", f"Invalid service deployment status: {status}")
    span = params.get("createdAt") or {}
    after = max(_moment(span.get("after"), 0.0), account.world.now() - HISTORY_S)
    before = _moment(span.get("before"), account.world.now() + 1)
    found = [
        views.service_deployment_brief(item, each)
        for each in views.listed(account.world, item)
        if each.status in statuses and after <= each.created_at <= before
    ]
    shown, following = page(found, params.get("nextToken"), page_size(params, 20))
    return {"serviceDeployments": shown, **following}


@operation("ecs")
def DescribeServiceDeployments(account: "Account", params: Json) -> Json:
    """At most twenty, by ARN."""
    limit("serviceDeploymentArns", params["serviceDeploymentArns"], 20)
    found: list[Json] = []
    failures: list[Json] = []
    for arn in params["serviceDeploymentArns"]:
        item = find_service_deployment(account, arn)
        if item is None:
            failures.append({"arn": arn, "reason": "MISSING"})
        else:
            found.append(views.service_deployment(*item))
    return {"serviceDeployments": found, "failures": failures}


@operation("ecs")
def DescribeServiceRevisions(account: "Account", params: Json) -> Json:
    """At most twenty, by ARN."""
    limit("serviceRevisionArns", params["serviceRevisionArns"], 20)
    found: list[Json] = []
    failures: list[Json] = []
    for arn in params["serviceRevisionArns"]:
        owner = _owner(account, arn)
        revision = owner.revisions.get(arn) if owner else None
        if owner is None or revision is None:
            failures.append({"arn": arn, "reason": "MISSING"})
        else:
            found.append(views.service_revision(owner, revision))
    return {"serviceRevisions": found, "failures": failures}


def find_task(owners: Sequence[Service], reference: str) -> tuple[Service, Task] | None:
    """By id or ARN."""
    number = reference.rpartition("/")[2]
    for owner in owners:
        task = owner.tasks.get(number)
        if task is not None and (not reference.startswith("arn:") or reference == task.arn):
            return owner, task
    return None


def find_service_deployment(account: "Account", arn: str) -> tuple[Service, ServiceDeployment] | None:
    """By ARN."""
    owner = _owner(account, arn)
    if owner is None:
        return None
    return next(((owner, item) for item in owner.service_deployments if item.arn == arn), None)


def limit(name: str, values: Sequence[Any], most: int) -> None:
    """Refuse a longer list, as AWS does.

    Raises:
        AwsError: ``InvalidParameterException``.
    """
    if len(values) > most:
        raise AwsError("InvalidParameterException", f"{name} can have at most {most} items.")


def page_size(params: Json, default: int) -> int:
    """``maxResults``, 1 to 100.

    Raises:
        AwsError: ``InvalidParameterException`` outside of that.
    """
    size = params.get("maxResults")
    if size is None:
        return default
    if not 1 <= size <= 100:
        raise AwsError("InvalidParameterException", "maxResults must be between 1 and 100.")
    return int(size)


def missing(account: "Account", reference: str, kind: str) -> Json:
    """An entry of ``failures[]``."""
    arn = reference if reference.startswith("arn:") else account.arn("ecs", f"{kind}/{reference}")
    return {"arn": arn, "reason": "MISSING"}


def _owner(account: "Account", arn: str) -> Service | None:
    """The service that an ARN ``…/<cluster>/<service>/<tail>`` belongs to."""
    parts = arn.split("/")
    if len(parts) != 4 or parts[1] not in account.ecs.clusters:
        return None
    return account.ecs.clusters[parts[1]].services.get(parts[2])


def _matches(task: Task, params: Json) -> bool:
    status = params.get("desiredStatus") or "RUNNING"
    family, started_by = params.get("family"), params.get("startedBy")
    return (
        task.desired_status == status
        and (not family or task.definition.family == family)
        and (not started_by or task.deployment == started_by)
        and params.get("launchType") in (None, task.launch_type)
    )


def _moment(value: object, default: float) -> float:
    """Epoch seconds of what the wire delivers: a number, or a datetime."""
    if value is None:
        return default
    return float(value) if isinstance(value, int | float) else float(value.timestamp())  # type: ignore[attr-defined]
