"""The service scheduler: one pass looks at a service and stops and starts what its bounds allow.

Never more RUNNING and PENDING tasks than the ceiling, never fewer healthy ones than the floor but
for failures (ECS developer guide, deployment-type-ecs). A pass is idempotent: it acts on what is,
so that it may be woken as often as one likes.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from console.sandbox.ecs import (
    alarm_watch,
    bake,
    breaker,
    capacity,
    deployments,
    events,
    guard,
    lifecycle,
    moving,
    rebalancing,
    stages,
    task_sets,
    timing,
)
from console.sandbox.ecs.model import LEAVING, Deployment, Service, ServiceDeployment, Task
from console.sandbox.ecs.revisions import resolve
from console.sandbox.ecs.throttle import postpone

if TYPE_CHECKING:
    from console.sandbox.account import Account
    from console.sandbox.kernel import World


def wake(account: "Account", service: Service, lag: float = 0.0) -> None:
    """Let the scheduler look at the service after so many simulated seconds."""
    account.world.after(lag, lambda: look(account, service))


def look(account: "Account", service: Service) -> None:
    """One pass."""
    world = account.world
    rollout = service.rollout
    if service.status == "INACTIVE" or _is_turning(account, rollout):
        return
    if task_sets.is_ours(service):
        _look_at_sets(account, service)
        return
    if rollout is not None and rollout.status == "PENDING":
        rollout.status, rollout.started_at, rollout.updated_at = "IN_PROGRESS", world.now(), world.now()
        rebalancing.end(account, service)
        alarm_watch.begin(account, service, rollout, lambda: wake(account, service, timing.NOTICE_TRIP))
    _stop_hopeless(account, service)
    if breaker.is_tripped(service, service.primary):
        deployments.trip(world, service)
        wake(account, service, timing.NOTICE_TRIP)
        return
    stages.move(account, service, lambda lag: wake(account, service, lag))
    _stop_some(account, service)
    _start_some(account, service)
    _retire(service)
    _settle(account, service)


def _look_at_sets(account: "Account", service: Service) -> None:
    """One pass over a service that CodeDeploy deploys: each set is brought to its size."""
    for task_set in service.shown:
        for task, reason in list(task_sets.surplus(service, task_set)):
            _order(account, service, [task], reason)
        count = task_sets.missing(account, service, task_set)
        if count:
            _launch(account, service, task_set, count)
    if task_sets.settle(account, service) and not service.is_steady:
        announce_steady(account, service)


def announce_steady(account: "Account", service: Service) -> None:
    """Say that the steady state is reached, and say it again every six hours that it lasts."""
    events.say(account.world, service, events.STEADY, later=0.001)
    remain_steady(account, service)


def remain_steady(account: "Account", service: Service) -> None:
    """The steady state has been announced."""
    world = account.world
    service.is_steady, service.steady_at = True, world.now()
    since = service.steady_at

    def again() -> None:
        if service.is_steady and service.steady_at == since and service.status == "ACTIVE":
            announce_steady(account, service)

    world.after(timing.REPEAT, again)
    if service.rebalancing:
        world.after(timing.NOTICE_ZONES, lambda: _balance(account, service, since))


def _balance(account: "Account", service: Service, since: float) -> None:
    """Look at the zones of a service that has been steady for a while."""
    if service.is_steady and service.steady_at == since and rebalancing.check(account, service):
        look(account, service)


def adopt(account: "Account", service: Service, task: Task) -> None:
    """Listen to a task."""
    task.watcher = lambda item, kind: _hear(account, service, item, kind)


def _hear(account: "Account", service: Service, task: Task, kind: str) -> None:
    deployment = next(item for item in service.deployments if item.id == task.deployment)
    if kind == timing.HEALTHY:
        breaker.count_healthy(service, deployment)
        slow = timing.NOTICE_TARGET_HEALTH if task.load_balancers else timing.NOTICE_HEALTH
        wake(account, service, slow)
    elif kind == timing.UNHEALTHY:
        wake(account, service, timing.NOTICE_UNHEALTHY)
    elif kind == timing.EXITED:
        service.is_steady = False
        wake(account, service, timing.NOTICE_EXIT)
    elif kind == timing.RUNNING:
        deployment.never_ran = 0
    elif kind == timing.STOPPED:
        if task.stop_code == "TaskFailedToStart":
            breaker.count_failure(service, deployment)
            wake(account, service, postpone(account.world, service, deployment))
        elif task.stop_code == "EssentialContainerExited" and not task.was_healthy:
            breaker.count_failure(service, deployment)
        wake(account, service, timing.NOTICE_STOPPED)


def _is_turning(account: "Account", rollout: ServiceDeployment | None) -> bool:
    """It has just been decided to go back, and nothing is done about it yet."""
    if rollout is None or rollout.status != "ROLLBACK_IN_PROGRESS" or rollout.rollback is None:
        return False
    since = account.world.now() - float(rollout.rollback["startedAt"])
    return since < account.world.seconds(timing.NOTICE_TRIP) - 1e-3


def _stop_hopeless(account: "Account", service: Service) -> None:
    for deployment in service.shown:
        for task in _hopeless(service, deployment):
            breaker.count_failure(service, deployment)
            _order(account, service, [task], task.condemned)


def _stop_some(account: "Account", service: Service) -> None:
    primary = service.primary
    for deployment in service.shown:
        if deployment is primary:
            surplus = _surplus(account.world, service, primary)
        else:
            surplus = _replaceable(account.world, service, deployment)
            deployment.desired = min(deployment.desired, len(_alive(service, deployment)) - len(surplus))
            if stages.keeps(service, deployment):
                deployment.desired = service.desired_count
        shifting = [task for task in surplus if task.moving == moving.REBALANCE]
        leaving = [task for task in surplus if task.moving != moving.REBALANCE]
        _order(account, service, shifting, moving.rebalancing_reason(primary), events.stopped_in_zone)
        _order(account, service, leaving, moving.scaling_reason(primary))


def _hopeless(service: Service, deployment: Deployment) -> list[Task]:
    """Condemned tasks whose time has come: the replacement goes first where there is room for it."""
    condemned = [task for task in _alive(service, deployment) if task.condemned]
    sound = [task for task in _alive(service, deployment) if not task.condemned]
    never = [task for task in condemned if not task.was_healthy]
    once = [task for task in condemned if task.was_healthy]
    wanted = _wanted(service, deployment)
    if sum(task.is_healthy for task in sound) >= wanted:
        return condemned
    if once and not never and len(sound) < wanted and _room(service) <= 0:
        return once[:1]
    return never


def _surplus(world: "World", service: Service, primary: Deployment) -> list[Task]:
    """Tasks of the PRIMARY beyond what is wanted: the least useful and youngest first."""
    alive = _alive(service, primary)
    if primary.state == "FAILED":
        rollout = service.rollout
        is_void = rollout is not None and rollout.status == "ROLLBACK_FAILED"
        return alive if is_void and rollout is not None and rollout.target is primary.revision else []
    movers = moving.ready(world, alive, _total_healthy(service) - service.floor, service.desired_count)
    settled = [task for task in alive if not task.moving]
    extra = max(0, len([task for task in settled if not task.condemned]) - service.desired_count)
    ranked = sorted(settled, key=lambda task: (task.is_healthy, -task.created_at))
    free = guard.stoppable(world, ranked)[:extra]
    guard.announce(world, service, primary, extra, len(free))
    return movers + free


def _replaceable(world: "World", service: Service, deployment: Deployment) -> list[Task]:
    """Tasks of an older deployment that may go now."""
    if stages.governs(service):
        leaving = stages.leaving(service, deployment)
        free = guard.stoppable(world, leaving)
        guard.announce(world, service, deployment, len(leaving), len(free))
        return free
    primary = service.primary
    if primary.state == "FAILED":
        return []
    every = _alive(service, deployment)
    alive = guard.stoppable(world, every)
    idle = [task for task in alive if not task.is_healthy]
    if deployment.state == "COMPLETED":
        needless = len(every) + _healthy(service, primary) - service.desired_count
        idle = idle[: max(0, needless, int(_is_stuck(service)))]
    spare = max(0, _total_healthy(service) - service.floor)
    busy = sorted((task for task in alive if task.is_healthy), key=lambda task: not task.moving)
    ready = sum(task.is_healthy for task in every)
    guard.announce(world, service, deployment, min(spare, ready), min(spare, len(busy)))
    return idle + busy[:spare]


def _start_some(account: "Account", service: Service) -> None:
    primary = service.primary
    for deployment in reversed(service.shown):
        is_kept = deployment.state == "COMPLETED" or stages.keeps(service, deployment)
        if deployment is not primary and not is_kept:
            continue
        sound = [task for task in _alive(service, deployment) if not task.condemned and not task.moving]
        count = min(_room(service), _wanted(service, deployment) - len(sound))
        if count > 0 and account.world.now() >= deployment.throttled_until:
            _launch(account, service, deployment, count)


def _launch(account: "Account", service: Service, deployment: Deployment, count: int) -> None:
    world = account.world
    resolve(account, deployment.revision)
    owed = [task for task in service.tasks_of(deployment) if task.condemned and not task.is_replaced][:count]
    started: list[Task] = []
    refusal = ""
    while len(started) < count and not refusal:
        refusal = capacity.refusal(account, service, deployment.revision)
        if not refusal:
            started.append(lifecycle.create(account, service, deployment))
    if refusal:
        missing = count - len(started)
        gap = capacity.refuse(account, service, deployment, missing, len(started), refusal)
        wake(account, service, gap)
        wake(account, service, timing.NOTICE_EXIT)
    if not started:
        return
    for task in owed[: len(started)]:
        task.is_replaced = True
    shifts = [task for task in _alive(service, deployment) if task.moving == moving.REBALANCE]
    if shifts and len(started) <= len(shifts):
        events.say(world, service, events.started_in_zone(started))
    else:
        said = events.started(started, min(len(owed), len(started)))
        events.say(world, service, said, task_set=task_sets.named(service, deployment.id))
    for task in started:
        adopt(account, service, task)
        lifecycle.start(account, service, task)
    deployment.updated_at = world.now()
    service.is_steady = False


def _order(
    account: "Account",
    service: Service,
    tasks: list[Task],
    reason: str,
    said: Callable[[Sequence[Task]], str] = events.stopped,
) -> None:
    """Stop tasks, saying so; ECS says it before the targets are deregistered."""
    running = [task for task in tasks if task.status == "RUNNING"]
    starting = [task for task in tasks if task.is_starting]
    task_set = task_sets.named(service, tasks[0].deployment) if tasks else None
    if running:
        events.say(account.world, service, said(running), task_set=task_set)
    if starting:
        events.say(account.world, service, events.stopped_pending(starting), task_set=task_set)
    if tasks:
        service.is_steady = False
        lifecycle.stop(account, service, tasks, "ServiceSchedulerInitiated", reason)


def _retire(service: Service) -> None:
    """An older deployment is over with its last task, unless that one is to be replaced."""
    for deployment in service.deployments:
        is_needed = deployment.state == "COMPLETED" and _wanted(service, deployment) > 0
        if deployment.status == "ACTIVE" and not service.tasks_of(deployment) and not is_needed:
            deployment.status = "INACTIVE"


def _settle(account: "Account", service: Service) -> None:
    """Announce what has been reached: completion, the steady state, the end, or that nothing can move."""
    world, primary = account.world, service.primary
    present = service.present.values()
    if service.status == "DRAINING":
        service.status = "INACTIVE" if not present else service.status
        return
    is_settled = (
        len(present) == service.desired_count
        and all(task.is_healthy and task.deployment == primary.id for task in present)
        and primary.state != "FAILED"
    )
    is_reached = stages.is_through(service) and (is_settled or bake.is_early_success(service))
    is_reached = is_reached and primary.state == "IN_PROGRESS"
    if is_reached and bake.is_over(world, service, lambda lag: wake(account, service, lag)):
        deployments.complete(world, service)
    if is_settled and primary.state == "COMPLETED" and not service.is_steady:
        announce_steady(account, service)
    elif not is_settled and _is_stuck(service):
        events.say_once(world, service, events.DEADLOCK)


def _is_stuck(service: Service) -> bool:
    """The PRIMARY lacks tasks, nothing is on its way, and the bounds allow neither start nor stop."""
    if stages.governs(service):
        return False
    primary = service.primary
    lacks = _wanted(service, primary) > len(_alive(service, primary))
    is_leaving = any(task.status in LEAVING for task in service.present.values())
    is_growing = any(not task.is_healthy for task in _alive(service, primary))
    is_waiting = primary.state == "IN_PROGRESS" and lacks and not is_leaving and not is_growing
    return is_waiting and _room(service) <= 0 and _total_healthy(service) <= service.floor


def _alive(service: Service, deployment: Deployment) -> list[Task]:
    return [task for task in service.tasks_of(deployment) if task.is_alive]


def _wanted(service: Service, deployment: Deployment) -> int:
    """Tasks that the deployment should have; an older one gives way to healthy new ones."""
    if stages.governs(service):
        return stages.wanted(service, deployment)
    if deployment.status == "PRIMARY":
        return 0 if deployment.state == "FAILED" else service.desired_count
    left = service.desired_count - _healthy(service, service.primary)
    return max(0, min(deployment.desired, left))


def _room(service: Service) -> int:
    if stages.governs(service):
        return stages.room(service)
    return service.ceiling - sum(task.is_alive for task in service.present.values())


def _healthy(service: Service, deployment: Deployment) -> int:
    return sum(task.is_healthy for task in _alive(service, deployment))


def _total_healthy(service: Service) -> int:
    return sum(task.is_healthy and task.is_alive for task in service.present.values())
