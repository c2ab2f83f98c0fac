"""Deployments that shift traffic, stage by stage (ECS developer guide, deployment-type-blue-green).

The new revision gets all its tasks before it gets any traffic, and the old one keeps its own until
the end; minimum and maximum percent have no say. The scheduler asks here what each deployment is to
have while such a deployment is under way, and lets it move on at every pass.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from console.sandbox.ecs import course as ways
from console.sandbox.ecs import deployments, hooks, timing
from console.sandbox.ecs.course import Course, Hook, Step
from console.sandbox.ecs.model import Deployment, Service, ServiceDeployment, Task
from console.sandbox.ecs.target_groups import shift

if TYPE_CHECKING:
    from console.sandbox.account import Account

Wake = Callable[[float], None]
"""Lets the scheduler look at the service after so many simulated seconds."""

TOO_LONG = "Service deployment rolled back because the {stage} lifecycle stage took more than 24 hours."
STUCK_BACK = "Service deployment rollback failed because the {stage} lifecycle stage took more than 24 hours."


def governs(service: Service) -> bool:
    """Whether the newest deployment shifts traffic and has not come to its end.

    One that was stopped on the way stays as it is, old and new side by side, until the next one.
    """
    rollout = service.rollout
    if rollout is None or rollout.course is None:
        return False
    return not rollout.is_over or rollout.status == "STOPPED"


def is_through(service: Service) -> bool:
    """Nothing keeps the deployment from being completed but its tasks."""
    rollout = service.rollout
    return not governs(service) or (rollout is not None and _course(rollout).is_through)


def wanted(service: Service, deployment: Deployment) -> int:
    """Tasks that a deployment should have."""
    course = _current(service)
    if deployment.status == "PRIMARY":
        may_run = deployment.state != "FAILED" and (course.is_back or course.has_scaled)
        return service.desired_count if may_run else 0
    return service.desired_count if keeps(service, deployment) else 0


def keeps(service: Service, deployment: Deployment) -> bool:
    """Whether it is the old revision that serves on while the new one is being tried."""
    if not governs(service) or deployment.status == "PRIMARY":
        return False
    course = _current(service)
    is_ending = course.stage == ways.CLEAN_UP or course.is_through
    return deployment.id == course.keeper and not course.is_back and not is_ending


def leaving(service: Service, deployment: Deployment) -> list[Task]:
    """Tasks of an older deployment that are to stop now."""
    course = _current(service)
    alive = [task for task in service.tasks_of(deployment) if task.is_alive]
    if keeps(service, deployment):
        ranked = sorted(alive, key=lambda task: (task.is_healthy, -task.created_at))
        return ranked[: max(0, len(alive) - service.desired_count)]
    step = course.step
    is_reconciling = step is not None and step.stage == ways.RECONCILE and step.production is not None
    return alive if is_reconciling or course.stage == ways.CLEAN_UP or course.is_through else []


def room(service: Service) -> int:
    """Tasks that may be started: both revisions have all of theirs at the same time."""
    counted = [item for item in service.shown if wanted(service, item)]
    alive = sum(task.is_alive for item in counted for task in service.tasks_of(item))
    return 2 * service.desired_count - alive


def move(account: "Account", service: Service, wake: Wake) -> None:
    """Go on as far as the stages allow."""
    rollout = service.rollout
    if rollout is None or rollout.course is None:
        return
    if rollout.status == "ROLLBACK_FAILED":
        _abandon(account, service, rollout)
    if rollout.status not in ("IN_PROGRESS", "ROLLBACK_IN_PROGRESS"):
        return
    if rollout.status == "ROLLBACK_IN_PROGRESS" and not rollout.course.is_back:
        rollout.course = _turned(service, rollout.course)
    course = rollout.course
    _revive(service, course)
    while not course.is_through and (course.step is None or _is_done(account, service, course, course.step)):
        _enter(account, service, rollout, wake)
        if rollout.status not in ("IN_PROGRESS", "ROLLBACK_IN_PROGRESS"):
            return


def settle_hook(
    account: "Account", service: Service, rollout: ServiceDeployment, hook: Hook, wake: Wake
) -> None:
    """A hook has come to its end: go on, or go back."""
    course = _course(rollout)
    if rollout.is_over or hook not in course.hooks:
        return
    is_bad = hook.status == "FAILED" or (hook.status == "TIMED_OUT" and hook.timeout_action == "ROLLBACK")
    if not is_bad:
        wake(timing.NOTICE_UPDATE)
    elif course.is_back:
        deployments.end(account.world, service, rollout, "ROLLBACK_FAILED", hooks.failure(course, hook))
        wake(timing.NOTICE_TRIP)
    elif rollout.status == "IN_PROGRESS":
        deployments.send_back(account.world, service, rollout, hooks.failure(course, hook))
        wake(timing.NOTICE_TRIP)


def _abandon(account: "Account", service: Service, rollout: ServiceDeployment) -> None:
    """A rollback that failed half way leaves the traffic to the PRIMARY, if that is what it went back to."""
    course = _course(rollout)
    if (course.production or course.test) and service.primary.revision is not rollout.target:
        shift(account, service.primary.revision, 100.0, 100.0)
        course.production = course.test = 0.0


def _enter(account: "Account", service: Service, rollout: ServiceDeployment, wake: Wake) -> None:
    """The next step: its traffic, its hooks, its time."""
    world, course = account.world, _course(rollout)
    former = course.stage
    course.index, course.since = course.index + 1, world.now()
    rollout.updated_at = world.now()
    step = course.step
    if step is None:
        return
    _divide(account, service, course, step)
    course.has_scaled = course.has_scaled or step.stage == ways.SCALE_UP
    if step.stage == ways.CLEAN_UP:
        deployments.end_watch(rollout)
    if step.stage in ways.WITH_HOOKS and step.stage != former:
        hooks.call(
            account,
            service,
            rollout,
            course,
            lambda hook: settle_hook(account, service, rollout, hook, wake),
        )
    wake(_least(service, step))
    index = course.index
    world.after(ways.LONGEST_S + step.holds, lambda: _overrun(account, service, rollout, course, index, wake))


def _divide(account: "Account", service: Service, course: Course, step: Step) -> None:
    """Shares are those of the new revision; on the way back the PRIMARY gets what it loses."""
    if step.production is None and step.test is None:
        return
    course.production = course.production if step.production is None else step.production
    course.test = course.test if step.test is None else step.test
    production, test = step.production, step.test
    if course.is_back:
        production = None if production is None else 100.0 - production
        test = None if test is None else 100.0 - test
    shift(account, service.primary.revision, production, test)


def _is_done(account: "Account", service: Service, course: Course, step: Step) -> bool:
    world, primary = account.world, service.primary
    if world.now() < course.since + world.seconds(_least(service, step)) - 1e-6:
        return False
    if step.stage in ways.WITH_HOOKS and not hooks.are_content(course):
        return False
    if step.stage == ways.SCALE_UP:
        needed = service.floor if course.is_back else service.desired_count
        return _healthy(service, primary) >= needed
    if step.stage == ways.RECONCILE:
        keeper = _keeper(service, course)
        if step.production is None:
            return keeper is None or _healthy(service, keeper) >= service.floor
        return _are_gone(service, primary, keeper)
    if step.stage == ways.CLEAN_UP:
        return _are_gone(service, primary, None)
    return True


def _overrun(
    account: "Account",
    service: Service,
    rollout: ServiceDeployment,
    course: Course,
    index: int,
    wake: Wake,
) -> None:
    """No stage lasts longer than a day, but a pause that was given longer."""
    if rollout.course is not course or rollout.is_over or course.index != index:
        return
    if not hooks.are_content(course):
        world = account.world
        world.after(hooks.CALL_BACK_S, lambda: _overrun(account, service, rollout, course, index, wake))
    elif rollout.status == "ROLLBACK_IN_PROGRESS":
        reason = STUCK_BACK.format(stage=course.stage)
        deployments.end(account.world, service, rollout, "ROLLBACK_FAILED", reason)
        wake(timing.NOTICE_TRIP)
    elif rollout.status == "IN_PROGRESS":
        deployments.send_back(account.world, service, rollout, TOO_LONG.format(stage=course.stage))
        wake(timing.NOTICE_TRIP)


def _least(service: Service, step: Step) -> float:
    """How long a step takes even if all is ready, in simulated seconds."""
    is_shift = step.stage in (ways.SHIFT, ways.TEST_SHIFT) and service.load_balancers
    return step.holds + (ways.SHIFT_S if is_shift else ways.STAGE_S)


def _turned(service: Service, course: Course) -> Course:
    """The way back from where a course is."""
    hooks.abandon(course)
    is_kept = service.primary.id == course.keeper
    return Course(
        steps=ways.way_back(course, is_kept),
        keeper=course.keeper,
        production=course.production,
        test=course.test,
        hooks=course.hooks,
        is_back=True,
        has_scaled=True,
    )


def _revive(service: Service, course: Course) -> None:
    """The old revision serves on, even if it had no task when the deployment began."""
    keeper = _keeper(service, course)
    if keeper is None or keeper.status != "INACTIVE" or not service.desired_count:
        return
    if course.stage not in (ways.CLEAN_UP, "") and not course.is_back and not course.is_through:
        keeper.status = "ACTIVE"


def _keeper(service: Service, course: Course) -> Deployment | None:
    return next((item for item in service.deployments if item.id == course.keeper), None)


def _healthy(service: Service, deployment: Deployment) -> int:
    return sum(task.is_healthy and task.is_alive for task in service.tasks_of(deployment))


def _are_gone(service: Service, primary: Deployment, keeper: Deployment | None) -> bool:
    stay = {item.id for item in (primary, keeper) if item is not None}
    return all(task.deployment in stay for task in service.present.values())


def _current(service: Service) -> Course:
    rollout = service.rollout
    if rollout is None:
        raise ValueError(f"{service.name} has never been deployed")
    return _course(rollout)


def _course(rollout: ServiceDeployment) -> Course:
    if rollout.course is None:
        raise ValueError(f"{rollout.arn} does not shift traffic")
    return rollout.course
