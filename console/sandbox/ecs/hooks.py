"""Lifecycle hooks: functions that judge a stage, and pauses that wait for somebody.

All hooks of one stage run at the same time, and one that fails sends the deployment back (ECS
developer guide, deployment-lifecycle-hooks, pause-lifecycle-hooks). A stage that comes again, such
as that before each step of the traffic, calls its hooks anew, each under an id of its own.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from console.sandbox.ecs import ids
from console.sandbox.ecs.course import Course, Hook, Json
from console.sandbox.ecs.model import Service, ServiceDeployment

if TYPE_CHECKING:
    from console.sandbox.account import Account

FUNCTION_S = 4.0
"""How long a function takes to answer."""
CALL_BACK_S = 30.0
"""After what time one that answered IN_PROGRESS is asked again (deployment-lifecycle-hooks)."""
DEFAULT_TIMEOUT_MIN = 1440
"""``timeoutInMinutes`` of a pause that names none."""

Settled = Callable[[Hook], None]
"""Told that a hook has come to its end."""


def call(
    account: "Account", service: Service, rollout: ServiceDeployment, course: Course, settled: Settled
) -> None:
    """Call the hooks of the stage that a course has entered; none leaves the former ones in sight."""
    wanted = [
        item
        for item in rollout.configuration.get("lifecycleHooks") or ()
        if course.stage in (item.get("lifecycleStages") or ())
    ]
    if not wanted:
        return
    course.hooks = []
    for item in wanted:
        if item.get("targetType") == "PAUSE":
            course.hooks.append(_pause(account, service, item, settled))
        else:
            course.hooks.append(_function(account, service, item, settled))


def are_content(course: Course) -> bool:
    """Nothing waits for a hook any more."""
    return all(hook.status not in ("AWAITING_ACTION", "IN_PROGRESS") for hook in course.hooks)


def abandon(course: Course) -> None:
    """The deployment goes back: nobody is waited for any longer."""
    for hook in course.hooks:
        if hook.status in ("AWAITING_ACTION", "IN_PROGRESS"):
            hook.status = "FAILED"


def failure(course: Course, hook: Hook) -> str:
    """``statusReason`` of a deployment that a hook sends back."""
    start = f"Service deployment rolled back because {course.stage} lifecycle hook(s) failed."
    if hook.kind == "PAUSE":
        how = "timed out" if hook.status == "TIMED_OUT" else "was answered with ROLLBACK"
        return f"{start} Lifecycle hook {hook.id} {how}."
    return f"{start} Lifecycle hook target {hook.target} returned FAILED status."


def picture(hook: Hook) -> Json:
    """An entry of ``lifecycleHookDetails``."""
    shown: Json = {"hookId": hook.id, "targetType": hook.kind, "status": hook.status}
    if hook.target:
        shown["targetArn"] = hook.target
    if hook.expires_at is not None:
        shown |= {"expiresAt": round(hook.expires_at, 3), "timeoutAction": hook.timeout_action}
    return shown


def _pause(account: "Account", service: Service, item: Json, settled: Settled) -> Hook:
    world = account.world
    timeout = item.get("timeoutConfiguration") or {}
    wait = 60.0 * int(timeout.get("timeoutInMinutes") or DEFAULT_TIMEOUT_MIN)
    hook = Hook(
        id=f"ecs-pause-{ids.hook_tail(world, service)}",
        kind="PAUSE",
        status="AWAITING_ACTION",
        expires_at=world.now() + world.seconds(wait),
        timeout_action=timeout.get("action") or "ROLLBACK",
    )

    def expire() -> None:
        if hook.status == "AWAITING_ACTION":
            hook.status = "TIMED_OUT"
            settled(hook)

    world.after(wait, expire)
    return hook


def _function(account: "Account", service: Service, item: Json, settled: Settled) -> Hook:
    world, arn = account.world, item["hookTargetArn"]
    hook = Hook(f"ecs-hook-{ids.hook_tail(world, service)}", "AWS_LAMBDA", "IN_PROGRESS", arn)

    def ask() -> None:
        if hook.status != "IN_PROGRESS":
            return
        hook.status = account.ecs.functions.get(arn, "SUCCEEDED")
        if hook.status == "IN_PROGRESS":
            world.after(CALL_BACK_S, ask)
        else:
            settled(hook)

    world.after(FUNCTION_S, ask)
    return hook
