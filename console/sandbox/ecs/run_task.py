"""RunTask: tasks that no service keeps, such as migrations.

They live the life of any task, end by themselves, and are not replaced. HTTP 200 does not say that
anything runs: what could not be placed is in ``failures[]``.
"""

import json
from typing import TYPE_CHECKING

from console.sandbox.behaviour import behaviour_of
from console.sandbox.ecs import capacity, definitions, instances, lifecycle, providers, services
from console.sandbox.ecs.model import (
    Cluster,
    Deployment,
    Json,
    Service,
    ServiceRevision,
    Task,
    TaskDefinition,
)
from console.sandbox.ecs.revisions import resolve
from console.sandbox.ecs.task_view import task as task_view
from console.sandbox.errands import Errand, of_command
from console.sandbox.registry import AwsError, operation

if TYPE_CHECKING:
    from console.sandbox.account import Account

MOST = 10
"""Tasks of one call (API reference, RunTask)."""
LONGEST_STARTED_BY, LONGEST_TOKEN, LONGEST_OVERRIDES = 128, 64, 8192


@operation("ecs")
def RunTask(account: "Account", params: Json) -> Json:
    """Start up to ten tasks; with a client token once, however often it is called."""
    owner = services.cluster(account, params)
    definition = definitions.usable(account, params["taskDefinition"])
    strategy = _check(params, definition)
    token = params.get("clientToken")
    fingerprint = json.dumps(params, sort_keys=True, default=str)
    if token and token in account.ecs.run_tokens:
        known, tasks = account.ecs.run_tokens[token]
        if known != fingerprint:
            raise AwsError(
                "ConflictException", "The request's client token was used with other parameters before."
            )
        return {"tasks": [task_view(task) for task in tasks], "failures": []}
    revision = _revision(account, owner, params, definition, strategy)
    tasks, failures = _start(account, _loose(owner), revision, params)
    if token:
        account.ecs.run_tokens[token] = fingerprint, tasks
    return {"tasks": [task_view(task) for task in tasks], "failures": failures}


def _check(params: Json, definition: TaskDefinition) -> list[Json]:
    """Refuse what AWS refuses; the capacity provider strategy."""
    count = params.get("count")
    if count is not None and not 1 <= count <= MOST:
        raise AwsError("InvalidParameterException", f"count must be between 1 and {MOST}.")
    if len(params.get("startedBy") or "") > LONGEST_STARTED_BY:
        raise AwsError(
            "InvalidParameterException", f"startedBy can have at most {LONGEST_STARTED_BY} characters."
        )
    if len(params.get("clientToken") or "") > LONGEST_TOKEN:
        raise AwsError("InvalidParameterException", "Invalid clientToken: at most 64 characters.")
    if params.get("propagateTags") == "SERVICE":
        raise AwsError("InvalidParameterException", "propagateTags: SERVICE is not supported by RunTask.")
    overrides = params.get("overrides") or {}
    if len(json.dumps(overrides, separators=(",", ":"))) > LONGEST_OVERRIDES:
        raise AwsError(
            "InvalidParameterException", f"overrides can have at most {LONGEST_OVERRIDES} characters."
        )
    names = [container["name"] for container in definition.containers]
    for item in overrides.get("containerOverrides") or ():
        if item.get("name") not in names:
            raise AwsError(
                "InvalidParameterException",
                f"Override for container named {item.get('name')} is not a container in the TaskDefinition.",
            )
    subnets = ((params.get("networkConfiguration") or {}).get("awsvpcConfiguration") or {}).get("subnets")
    needs_network = "FARGATE" in (definition.content.get("requiresCompatibilities") or ())
    if not subnets and (needs_network or definition.content.get("networkMode") == "awsvpc"):
        raise AwsError(
            "InvalidParameterException",
            "Network Configuration must be provided when networkMode 'awsvpc' is specified.",
        )
    return providers.check(params)


def _revision(
    account: "Account", owner: Cluster, params: Json, definition: TaskDefinition, strategy: list[Json]
) -> ServiceRevision:
    """What the tasks run: tags are resolved at every call."""
    launch_type = "FARGATE" if strategy else params.get("launchType") or "EC2"
    if launch_type == "EC2" and not owner.instances:
        raise AwsError("InvalidParameterException", capacity.NO_INSTANCES)
    revision = ServiceRevision(
        arn="",
        task_definition=definition,
        created_at=account.world.now(),
        network=params.get("networkConfiguration") or {},
        launch_type=launch_type,
        platform_version=params.get("platformVersion") or "1.4.0",
        capacity_providers=strategy,
    )
    resolve(account, revision)
    return revision


def _loose(owner: Cluster) -> Service:
    """The keeper of the cluster's one-off tasks."""
    if owner.loose is None:
        arn = owner.arn.replace(":cluster/", ":service/", 1) + "/"
        owner.loose = Service("", arn, owner.name, owner.arn, 0, 0.0, {})
    return owner.loose


def _start(
    account: "Account", loose: Service, revision: ServiceRevision, params: Json
) -> tuple[list[Task], list[Json]]:
    now = account.world.now()
    origin = Deployment(params.get("startedBy") or "", revision, now, now)
    tasks: list[Task] = []
    failures: list[Json] = []
    for _ in range(params.get("count") or 1):
        reason = capacity.refusal(account, loose, revision)
        if reason:
            failures.extend(_failures(account, loose, revision, reason))
            continue
        task = lifecycle.create(account, loose, origin)
        task.overrides = params.get("overrides") or {}
        task.group = params.get("group") or f"family:{task.definition.family}"
        task.tags = _tags(params, task.definition)
        task.enable_execute_command = bool(params.get("enableExecuteCommand"))
        task.errand = task.errand or _errand(account, task)
        lifecycle.start(account, loose, task)
        tasks.append(task)
    return tasks, failures


def _failures(account: "Account", loose: Service, revision: ServiceRevision, reason: str) -> list[Json]:
    """One entry for what Fargate lacks; on EC2 one for every instance that cannot take the task."""
    if revision.launch_type != "EC2":
        return [{"reason": reason}]
    owner = account.ecs.clusters[loose.cluster]
    return [
        {"arn": item.arn, "reason": instances.obstacle(account, owner, item, revision.task_definition)}
        for item in owner.instances.values()
    ]


def _tags(params: Json, definition: TaskDefinition) -> list[Json]:
    own: list[Json] = list(params.get("tags") or ())
    if params.get("propagateTags") != "TASK_DEFINITION":
        return own
    keys = [tag["key"] for tag in own]
    return own + [tag for tag in definition.tags if tag["key"] not in keys]


def _errand(account: "Account", task: Task) -> Errand | None:
    """What the fleet says of the family, else what the command is; an image that dies sooner does so.

    A command is given by the call, or by a definition without ports: that of an errand. Without one
    the image does what it always does: it serves until it is stopped.
    """
    errand = account.ecs.errands.get(task.definition.family)
    main = task.containers[0]
    if errand is None:
        overrides = task.overrides.get("containerOverrides") or ()
        command = next((item.get("command") for item in overrides if item["name"] == main.name), None)
        if not command and not main.definition.get("portMappings"):
            command = main.definition.get("command")
        errand = of_command(command) if command else None
    dies_after = behaviour_of(task.behaviour).dies_after
    if errand is None or (dies_after is not None and dies_after <= errand.dies_after):
        return None
    return errand
