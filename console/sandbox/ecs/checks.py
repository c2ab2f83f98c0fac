"""When a task counts as healthy, and when it is to be replaced for not being so.

Behind a load balancer: when every target group says so; with a container check: when it is HEALTHY;
with both: both; with neither: 40 s after RUNNING (ECS developer guide, deployment-type-ecs). During
the grace period failures are seen and not acted upon.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from console.sandbox import conditions
from console.sandbox.behaviour import behaviour_of
from console.sandbox.ecs import events, timing
from console.sandbox.ecs.model import Container, Service, Task
from console.sandbox.elb import health
from console.sandbox.elb.model import Target, TargetGroup

if TYPE_CHECKING:
    from console.sandbox.account import Account
    from console.sandbox.kernel import World

Tell = Callable[["Account", Task, str], None]

UNAVAILABLE = "503"
"""What a running container without a ready application answers to its check."""


def has_targets(tasks: Sequence[Task]) -> bool:
    return any(task.load_balancers for task in tasks)


def groups_of(account: "Account", task: Task) -> list[tuple[TargetGroup, int]]:
    """The task's target groups with the port in each; a group that is gone is left out."""
    known = account.elb.target_groups
    return [
        (known[item["targetGroupArn"]], int(item["containerPort"]))
        for item in task.load_balancers
        if item.get("targetGroupArn") in known
    ]


def begin(account: "Account", service: Service, task: Task, tell: Tell) -> None:
    """Start every check of a task that is RUNNING."""
    world = account.world
    if task.load_balancers and not task.is_registered:
        world.after(timing.REGISTERING, lambda: register(account, service, task, tell))
    checked = [item for item in task.containers if "healthCheck" in item.definition]
    for container in checked:
        _check_container_later(account, service, task, container, tell)
    if not task.load_balancers and not checked:
        world.after(timing.HEALTHY_WITHOUT_CHECK, lambda: judge(account, service, task, tell))
    if service.grace_s:
        world.after(service.grace_s, lambda: judge(account, service, task, tell))


def register(account: "Account", service: Service, task: Task, tell: Tell, state: str = "initial") -> None:
    """Register the task in its target groups; ``state`` other than initial is for a past registration."""
    if task.status != "RUNNING":
        return
    task.is_registered = True
    for group, port in groups_of(account, task):
        health.register(
            account.world,
            group,
            task.ip,
            port,
            task.zone,
            lambda: probe(account, task),
            lambda target: judge(account, service, task, tell),
            state,
        )
        if state == "initial":
            events.say(account.world, service, events.registered(1, group.arn))


def deregister(account: "Account", service: Service, tasks: Sequence[Task]) -> float:
    """Take tasks out of their target groups.

    Returns:
        Simulated seconds until the last of their targets is unused.
    """
    world = account.world
    counts: dict[str, int] = {}
    delay = 0.0
    drained: dict[str, int] = {}
    for task in tasks:
        left = False
        for group, port in groups_of(account, task):
            if health.deregister(world, group, task.ip, port):
                counts[group.arn] = counts.get(group.arn, 0) + 1
                delay = max(delay, group.deregistration_delay_s)
                left = True
        if left:
            drained[task.deployment] = drained.get(task.deployment, 0) + 1
    for arn, count in counts.items():
        events.say(world, service, events.deregistered(count, arn))
    for deployment in service.deployments:
        if deployment.id in drained:
            events.say(
                world, service, events.draining(drained[deployment.id]), task_set=deployment, later=0.006
            )
    return delay


def age(world: "World", task: Task) -> float:
    """Simulated seconds since RUNNING."""
    return 0.0 if task.started_at is None else (world.now() - task.started_at) * world.speed


def probe(account: "Account", task: Task) -> str | None:
    """What the task's health endpoint answers now: ``None`` is 200."""
    if task.status not in ("RUNNING", "DEACTIVATING") or task.containers[0].status != "RUNNING":
        return "timeout"
    if account.conditions.concerns(conditions.CHECKS_FAIL, "service", task.service):
        return UNAVAILABLE
    return None if behaviour_of(task.behaviour).answers(age(account.world, task)) else UNAVAILABLE


def judge(account: "Account", service: Service, task: Task, tell: Tell) -> None:
    """See anew whether the task is healthy, and tell if that has changed."""
    if task.status != "RUNNING":
        return
    problem, is_healthy = _state(account, task)
    if is_healthy and not task.is_healthy:
        task.is_healthy = task.was_healthy = True
        task.condemned = ""
        tell(account, task, timing.HEALTHY)
    elif not is_healthy:
        task.is_healthy = False
        if problem and not task.condemned and age(account.world, task) >= service.grace_s:
            _condemn(account, service, task, problem)
            tell(account, task, timing.UNHEALTHY)


def _state(account: "Account", task: Task) -> tuple[str, bool]:
    """What is wrong (the future ``stoppedReason``), and whether all is well."""
    checked = [item.health for item in task.containers if "healthCheck" in item.definition and item.essential]
    if "UNHEALTHY" in checked:
        return "Task failed container health checks", False
    targets = [(group, group.targets.get((task.ip, port))) for group, port in groups_of(account, task)]
    for group, target in targets:
        if target is not None and target.state == "unhealthy":
            return f"Task failed ELB health checks in (target-group {group.arn})", False
    if not checked and not task.load_balancers:
        return "", age(account.world, task) >= timing.HEALTHY_WITHOUT_CHECK - 1e-6
    are_registered = all(target is not None and target.state == "healthy" for _, target in targets)
    return "", are_registered and all(state == "HEALTHY" for state in checked)


def _condemn(account: "Account", service: Service, task: Task, problem: str) -> None:
    task.condemned = problem
    for group, port in groups_of(account, task):
        target: Target | None = group.targets.get((task.ip, port))
        if target is not None and target.state == "unhealthy":
            text = events.unhealthy_target(task, port, group.arn, health.reason_of(target))
            events.say(account.world, service, text)
    if problem.endswith("container health checks"):
        events.say(account.world, service, events.unhealthy_container(task))


def _check_container_later(
    account: "Account", service: Service, task: Task, container: Container, tell: Tell, failures: int = 0
) -> None:
    settings = container.definition["healthCheck"]

    def check() -> None:
        if task.status != "RUNNING":
            return
        count = 0
        if probe(account, task) is None:
            container.health = "HEALTHY"
        elif age(account.world, task) > settings.get("startPeriod", 0):
            count = failures + 1
            if count >= settings.get("retries", 3):
                container.health = "UNHEALTHY"
        judge(account, service, task, tell)
        _check_container_later(account, service, task, container, tell, count)

    account.world.after(settings.get("interval", 30), check)
