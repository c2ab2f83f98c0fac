"""How a blue/green deployment goes: a new task set, its traffic, the end of the old one; and back.

Hooks are Lambda functions, which the sandbox does not run: theirs always succeed. Stop and failure
can come at any time; every step therefore looks first whether it is still wanted.
"""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from console.sandbox.codedeploy import appspec, traffic
from console.sandbox.codedeploy.model import CONFIGS, EVENTS, Deployment, LifecycleEvent
from console.sandbox.ecs import scheduler, task_sets
from console.sandbox.registry import AwsError

if TYPE_CHECKING:
    from console.sandbox.account import Account

QUEUED_S, EVENT_S, HOOK_S, LOOK_S = 1.0, 2.0, 6.0, 5.0
MINUTE_S = 60.0
STABLE_WITHIN_S = 3600.0
"""After an hour without a stable replacement the deployment fails (CodeDeploy user guide, ECS steps)."""
NOT_STABLE = (
    "The deployment timed out while waiting for the replacement task set to become healthy. "
    "This time out period is 60 minutes."
)
BY_HAND = "The deployment was stopped by a user."
NOT_CONTINUED = "The deployment was stopped because its wait for rerouting traffic timed out."


def begin(account: "Account", deployment: Deployment) -> None:
    """Let a deployment that was just created run its course."""
    deployment.events = [LifecycleEvent(name) for name in EVENTS]
    deployment.blue = deployment.group.service.primary
    account.world.after(QUEUED_S, partial(_queue, account, deployment))


def stop(account: "Account", deployment: Deployment, message: str, *, goes_back: bool) -> None:
    """End it here; with ``goes_back`` by a new deployment that undoes it."""
    _end(account, deployment, "Stopped")
    deployment.error = ("MANUAL_STOP", message)
    if goes_back:
        _roll_back(account, deployment, message)


def go_on(account: "Account", deployment: Deployment) -> None:
    """End the wait that the deployment is in."""
    if deployment.waits_for == "READY_WAIT":
        deployment.waits_for, deployment.status = "", "InProgress"
        _reroute(account, deployment)
    elif deployment.waits_for == "TERMINATION_WAIT":
        _let_go(account, deployment)


def _queue(account: "Account", deployment: Deployment) -> None:
    if deployment.is_over:
        return
    deployment.status = "Queued"

    def start() -> None:
        if not deployment.is_over:
            deployment.status, deployment.started_at = "InProgress", account.world.now()
            _run(account, deployment, "BeforeInstall", partial(_install, account, deployment))

    account.world.after(QUEUED_S, start)


def _install(account: "Account", deployment: Deployment) -> None:
    group = deployment.group
    spec = appspec.parse(deployment.content)
    _open(account, deployment, "Install")
    try:
        deployment.green = task_sets.create(
            account,
            group.service,
            spec.task_definition,
            [traffic.entry_for_next(group, spec.container, spec.port)],
            network=spec.network,
            platform_version=spec.platform_version,
        )
    except AwsError as error:
        _fail(account, deployment, "ECS_UPDATE_ERROR", error.message)
        return
    deployment.green.external_id = deployment.id
    traffic.send_back(account, deployment)
    for task_set in group.service.shown:
        if task_set not in (deployment.blue, deployment.green):
            task_sets.drain(account, task_set)
    scheduler.look(account, group.service)
    until = account.world.now() + account.world.seconds(STABLE_WITHIN_S)
    account.world.after(LOOK_S, partial(_await_stable, account, deployment, until))


def _await_stable(account: "Account", deployment: Deployment, until: float) -> None:
    if deployment.is_over or deployment.green is None:
        return
    if deployment.green.state == task_sets.STABLE:
        _close(account, deployment, "Install")
        _run(account, deployment, "AfterInstall", partial(_test, account, deployment))
    elif account.world.now() >= until:
        _fail(account, deployment, "TIMEOUT", NOT_STABLE)
    else:
        account.world.after(LOOK_S, partial(_await_stable, account, deployment, until))


def _test(account: "Account", deployment: Deployment) -> None:
    if not deployment.group.test:
        for name in ("AllowTestTraffic", "AfterAllowTestTraffic"):
            deployment.event(name).status = "Skipped"
        _ready(account, deployment)
        return
    traffic.send_test(account, deployment)
    after = partial(_ready, account, deployment)
    then = partial(_run, account, deployment, "AfterAllowTestTraffic", after)
    _run(account, deployment, "AllowTestTraffic", then)


def _ready(account: "Account", deployment: Deployment) -> None:
    minutes = deployment.group.ready_minutes
    if not minutes:
        _reroute(account, deployment)
        return
    deployment.status, deployment.waits_for = "Ready", "READY_WAIT"

    def give_up() -> None:
        if deployment.waits_for == "READY_WAIT" and not deployment.is_over:
            stop(account, deployment, NOT_CONTINUED, goes_back=True)

    account.world.after(minutes * MINUTE_S, give_up)


def _reroute(account: "Account", deployment: Deployment) -> None:
    shift = partial(_shift, account, deployment, 0)

    def begin_shift() -> None:
        _open(account, deployment, "AllowTraffic")
        shift()

    _run(account, deployment, "BeforeAllowTraffic", begin_shift)


def _shift(account: "Account", deployment: Deployment, number: int) -> None:
    if deployment.is_over:
        return
    steps = CONFIGS[deployment.config]
    percent, minutes = steps[number]
    traffic.send(account, deployment, percent)
    deployment.updated_at = account.world.now()
    if number + 1 < len(steps):
        account.world.after(minutes * MINUTE_S, partial(_shift, account, deployment, number + 1))
        return
    if deployment.green is not None:
        task_sets.make_primary(account, deployment.group.service, deployment.green)
    _close(account, deployment, "AllowTraffic")
    _run(account, deployment, "AfterAllowTraffic", partial(_keep, account, deployment))


def _keep(account: "Account", deployment: Deployment) -> None:
    deployment.waits_for = "TERMINATION_WAIT"

    def enough() -> None:
        if deployment.waits_for == "TERMINATION_WAIT" and not deployment.is_over:
            _let_go(account, deployment)

    account.world.after(deployment.group.keep_minutes * MINUTE_S, enough)


def _let_go(account: "Account", deployment: Deployment) -> None:
    deployment.waits_for = ""
    _end(account, deployment, "Succeeded")
    for task_set in deployment.group.service.shown:
        if task_set is not deployment.green:
            task_sets.drain(account, task_set)
    scheduler.look(account, deployment.group.service)


def _fail(account: "Account", deployment: Deployment, code: str, message: str) -> None:
    _end(account, deployment, "Failed")
    deployment.error = (code, message)
    if "DEPLOYMENT_FAILURE" in deployment.rollback_events:
        _roll_back(account, deployment, message)


def _roll_back(account: "Account", failed: Deployment, message: str) -> None:
    """A deployment that sends the traffic back and takes the new set away; none before Install."""
    if failed.green is None or failed.blue is None:
        return
    state, now = account.codedeploy, account.world.now()
    back = Deployment(
        id=state.new_id(),
        group=failed.group,
        content=failed.previous or failed.content,
        config=failed.config,
        created_at=now,
        creator="codeDeployRollback",
        status="InProgress",
        started_at=now,
        blue=failed.blue,
        green=failed.green,
        rolls_back=failed.id,
        rollback_message=f"Deployment {failed.id} is rolled back: {message}",
        updated_at=now,
    )
    back.events = [LifecycleEvent(name, "Skipped") for name in EVENTS]
    state.deployments[back.id] = back
    failed.rolled_back_by, failed.rollback_message = back.id, back.rollback_message
    traffic.send_back(account, back)
    task_sets.make_primary(account, failed.group.service, failed.blue)
    task_sets.drain(account, failed.green)
    scheduler.look(account, failed.group.service)
    account.world.after(LOOK_S, partial(_await_gone, account, back))


def _await_gone(account: "Account", back: Deployment) -> None:
    if back.is_over or back.green is None:
        return
    if task_sets.is_gone(back.group.service, back.green):
        scheduler.look(account, back.group.service)
        _end(account, back, "Succeeded")
    else:
        account.world.after(LOOK_S, partial(_await_gone, account, back))


def _run(account: "Account", deployment: Deployment, name: str, then: Callable[[], None]) -> None:
    """Let an event pass, and go on if the deployment does."""
    if deployment.is_over:
        return
    _open(account, deployment, name)

    def pass_on() -> None:
        if not deployment.is_over:
            _close(account, deployment, name)
            then()

    has_hook = name in appspec.parse(deployment.content).hooks
    account.world.after(HOOK_S if has_hook else EVENT_S, pass_on)


def _open(account: "Account", deployment: Deployment, name: str) -> None:
    event = deployment.event(name)
    event.status, event.started_at = "InProgress", account.world.now()
    deployment.updated_at = account.world.now()


def _close(account: "Account", deployment: Deployment, name: str) -> None:
    event = deployment.event(name)
    event.status, event.ended_at = "Succeeded", account.world.now()
    deployment.updated_at = account.world.now()


def _end(account: "Account", deployment: Deployment, status: str) -> None:
    now = account.world.now()
    deployment.status, deployment.completed_at, deployment.updated_at = status, now, now
    deployment.waits_for = ""
    for event in deployment.events:
        if event.status == "InProgress":
            event.status, event.ended_at = "Failed", now
        elif event.status == "Pending":
            event.status = "Skipped"
