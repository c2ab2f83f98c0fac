"""The life of one task, from PROVISIONING to STOPPED (ECS developer guide, task-lifecycle-explanation).

A task goes its way by itself once it is started: what its image does decides whether it lives. The
scheduler hears of it through ``task.watcher``, everybody else through the world's listeners.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from console.sandbox.behaviour import behaviour_of
from console.sandbox.ecs import checks, ids, obstacles, providers, timing
from console.sandbox.ecs.model import Container, Deployment, Service, Task
from console.sandbox.ecs.placement import place
from console.sandbox.ecs.revisions import pull

if TYPE_CHECKING:
    from console.sandbox.account import Account

EXITED = "Essential container in task exited"
SIGTERM, SIGKILL = 143, 137


def create(account: "Account", service: Service, deployment: Deployment) -> Task:
    """A new task of that deployment, PROVISIONING; it does not move before :func:`start`."""
    world, revision = account.world, deployment.revision
    number = ids.task_id(world, service)
    zone, subnet, ip, instance = place(account, service, revision, number)
    task = Task(
        id=number,
        arn=account.arn("ecs", f"task/{service.cluster}/{number}"),
        cluster=service.cluster,
        cluster_arn=service.cluster_arn,
        definition=revision.task_definition,
        deployment=deployment.id,
        service=service.name,
        created_at=world.now(),
        zone=zone,
        ip=ip,
        subnet=subnet,
        load_balancers=revision.attached,
        launch_type=revision.launch_type,
        capacity_provider=providers.provider(service, revision),
        instance=instance,
        enable_execute_command=service.enable_execute_command,
        platform_version=revision.platform_version,
    )
    for definition in task.definition.containers:
        digest, behaviour, built_for = pull(account, revision, definition)
        name = definition["name"]
        own = ids.attachment_id(number, name)
        task.containers.append(
            Container(
                name=name,
                image=definition["image"],
                arn=account.arn("ecs", f"container/{service.cluster}/{number}/{own}"),
                runtime_id=f"{number}-{world.rng(f'{number}:{name}').randrange(10**9):010d}",
                digest=digest,
                essential=definition.get("essential", True),
                definition=definition,
            )
        )
        if built_for not in (None, obstacles.architecture(task.definition)):
            task.errand = obstacles.WRONG_PLATFORM
        if definition is task.definition.containers[0]:
            task.behaviour = account.stress.behaviour(service.arn, digest, behaviour)
    service.tasks[number] = service.present[number] = task
    return task


def start(account: "Account", service: Service, task: Task) -> None:
    """Let a task that was created run its course."""
    world = account.world
    jitter = world.rng(f"{task.id}:start").uniform(-timing.START_JITTER, timing.START_JITTER)
    pending_at = timing.PROVISIONING
    activating_at = pending_at + timing.PENDING

    world.after(pending_at, lambda: _attach(account, service, task))
    world.after(activating_at, lambda: _activate(account, service, task, jitter))
    tell(account, task, timing.CREATED)


def stop(account: "Account", service: Service, tasks: Sequence[Task], code: str, reason: str) -> None:
    """Tell tasks to stop; those of one order leave their target groups together."""
    world = account.world
    for task in tasks:
        was_running = task.status == "RUNNING"
        task.desired_status, task.stop_code, task.stopped_reason = "STOPPED", code, reason
        task.is_healthy = False
        _stamp(task, "DEACTIVATING" if was_running else "DEPROVISIONING")
        task.stopping_at = world.now()
        tell(account, task, timing.STOP_ORDERED)
        if not was_running:
            _finish_later(account, service, task)
    leaving = [task for task in tasks if task.status == "DEACTIVATING"]
    if not leaving:
        return
    wait = timing.DEREGISTERING if checks.has_targets(leaving) else timing.LEAVING_WITHOUT_TARGETS
    world.after(wait, lambda: _leave(account, service, leaving))


def tell(account: "Account", task: Task, kind: str) -> None:
    """Spread the news of a task."""
    if task.watcher:
        task.watcher(task, kind)
    account.world.tell(account, task, kind)


def _attach(account: "Account", service: Service, task: Task) -> None:
    problem = obstacles.to_network(account, task)
    if problem:
        _give_up(account, service, task, problem)
    else:
        _move(task, "PROVISIONING", "PENDING")


def _activate(account: "Account", service: Service, task: Task, jitter: float) -> None:
    world = account.world
    problem = obstacles.to_start(account, task)
    if problem:
        world.after(obstacles.RETRIES, lambda: _give_up(account, service, task, problem))
        return
    if not _move(task, "PENDING", "ACTIVATING"):
        return
    task.pull_started_at = world.now()
    missing = next((item for item in task.containers if item.digest is None), None)
    if missing is not None:
        world.after(timing.PULL_RETRIES, lambda: _fail_to_start(account, service, task, missing))
        return
    world.after(timing.PULLING, lambda: _pulled(account, task))
    world.after(timing.ACTIVATING + jitter, lambda: _run(account, service, task))


def _pulled(account: "Account", task: Task) -> None:
    if task.status == "ACTIVATING":
        task.pull_stopped_at = account.world.now()


def _fail_to_start(account: "Account", service: Service, task: Task, container: Container) -> None:
    if task.status != "ACTIVATING":
        return
    text = (
        "CannotPullContainerError: pull image manifest has been retried 7 time(s): "
        f"failed to resolve ref {container.image}: {container.image}: not found"
    )
    container.reason = text
    task.pull_stopped_at = account.world.now()
    _give_up(account, service, task, text)


def _give_up(account: "Account", service: Service, task: Task, text: str) -> None:
    """The task never runs."""
    if not task.is_starting:
        return
    obstacles.announce(account, service, text)
    task.desired_status, task.stop_code, task.stopped_reason = "STOPPED", "TaskFailedToStart", text
    task.stopping_at = account.world.now()
    _stamp(task, "DEPROVISIONING")
    _finish_later(account, service, task)


def _run(account: "Account", service: Service, task: Task) -> None:
    if not _move(task, "ACTIVATING", "RUNNING"):
        return
    run(account, service, task)
    tell(account, task, timing.RUNNING)


def run(account: "Account", service: Service, task: Task, since: float | None = None) -> None:
    """What begins when a task is RUNNING: its checks, and its death if its image has one in store.

    Args:
        since: For a task that has long been running and is in its target groups: since when.
    """
    world = account.world
    task.started_at = world.now() if since is None else since
    for container in task.containers:
        container.status = "RUNNING"
    end = task.errand or behaviour_of(task.behaviour)
    if end.dies_after is not None:
        world.after(
            end.dies_after,
            lambda: exit_by_itself(account, service, task, end.exit_code, end.container_reason),
        )
    if since is not None:
        checks.register(account, service, task, tell, "healthy")
    checks.begin(account, service, task, tell)


def exit_by_itself(
    account: "Account", service: Service, task: Task, code: int | None, reason: str | None
) -> None:
    """The first container ends, and with it the task."""
    if task.status not in ("RUNNING", "DEACTIVATING"):
        return
    world = account.world
    main = task.containers[0]
    main.status, main.exit_code, main.reason = "STOPPED", code, reason or ""
    if task.status == "DEACTIVATING":
        return
    task.desired_status, task.stop_code, task.stopped_reason = "STOPPED", "EssentialContainerExited", EXITED
    task.is_healthy = False
    task.stopping_at = task.execution_stopped_at = world.now()
    _stamp(task, "DEACTIVATING")
    tell(account, task, timing.EXITED)
    world.after(timing.EXIT_DEACTIVATING, lambda: _leave_dead(account, service, task))


def perish(account: "Account", service: Service, task: Task, code: str, reason: str) -> None:
    """What the task ran on is gone, and the task with it: nothing is stopped in order."""
    world = account.world
    task.desired_status, task.stop_code, task.stopped_reason = "STOPPED", code, reason
    task.is_healthy = False
    task.stopping_at = task.execution_stopped_at = world.now()
    _stamp(task, "DEPROVISIONING")
    tell(account, task, timing.STOP_ORDERED)
    checks.deregister(account, service, [task])
    _finish_later(account, service, task)


def _leave(account: "Account", service: Service, tasks: list[Task]) -> None:
    delay = checks.deregister(account, service, tasks)
    for task in tasks:
        account.world.after(delay, lambda task=task: _terminate(account, service, task))  # type: ignore[misc]


def _leave_dead(account: "Account", service: Service, task: Task) -> None:
    checks.deregister(account, service, [task])
    _end_containers(task, SIGKILL)
    _stamp(task, "DEPROVISIONING")
    _finish_later(account, service, task)


def _terminate(account: "Account", service: Service, task: Task) -> None:
    _stamp(task, "STOPPING")
    tell(account, task, timing.TERMINATED)
    is_deaf = task.errand is not None and task.errand.ignores_sigterm
    patience = float(task.containers[0].definition.get("stopTimeout") or timing.STOP_TIMEOUT)

    def end() -> None:
        task.execution_stopped_at = account.world.now()
        _end_containers(task, SIGKILL if is_deaf else SIGTERM)
        _stamp(task, "DEPROVISIONING")
        _finish_later(account, service, task)

    account.world.after(patience if is_deaf else timing.TERMINATING, end)


def _finish_later(account: "Account", service: Service, task: Task) -> None:
    world = account.world

    def finish() -> None:
        for container in task.containers:
            container.status = "STOPPED"
        task.stopped_at = world.now()
        _stamp(task, "STOPPED")
        service.present.pop(task.id)
        account.ecs.addresses.pop(task.ip, None)
        world.at(task.stopped_at + timing.STOPPED_VISIBLE, lambda: service.tasks.pop(task.id, None))
        tell(account, task, timing.STOPPED)

    world.after(timing.DEPROVISIONING, finish)


def _end_containers(task: Task, code: int) -> None:
    for container in task.containers:
        if container.exit_code is None:
            container.exit_code = code
        container.status = "STOPPED"


def _move(task: Task, source: str, to: str) -> bool:
    """Go on unless something came between."""
    if task.status != source:
        return False
    _stamp(task, to)
    return True


def _stamp(task: Task, status: str) -> None:
    task.status = status
    task.version += 1
