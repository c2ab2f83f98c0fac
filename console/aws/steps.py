"""A service's deployment configuration: the strategy, its steps, bakes, hooks and alarms."""

from collections.abc import Iterator, Mapping
from typing import Any

from console.aws.rollouts import step_of
from console.domain.steps import Pause, Steps
from console.domain.text import plain

PAUSE = "PAUSE"
USUAL_PAUSE_MIN = 1440
"""How long a pause waits unless it says (ECS API reference, DeploymentLifecycleHook)."""


def steps_of(settings: Mapping[str, Any], controller: str = "ECS") -> Steps:
    """The steps of ``deploymentConfiguration`` as DescribeServices gives it."""
    if controller != "ECS":
        return Steps(controller)
    strategy = plain(str(settings.get("strategy") or "ROLLING"))
    percent, step_bake_s = step_of(strategy, settings)
    hooks = settings.get("lifecycleHooks") or ()
    alarms = settings.get("alarms") or {}
    rolls_back = bool(alarms.get("enable") and alarms.get("rollback"))
    return Steps(
        strategy=strategy,
        percent=percent,
        step_bake_s=step_bake_s,
        bake_s=60.0 * float(settings.get("bakeTimeInMinutes") or 0),
        pauses=tuple(_pauses(hooks)),
        lambdas=sum(hook.get("targetType") != PAUSE for hook in hooks),
        alarms=tuple(plain(str(name)) for name in alarms.get("alarmNames") or ()) if rolls_back else (),
    )


def _pauses(hooks: Any) -> Iterator[Pause]:
    for hook in hooks:
        if hook.get("targetType") != PAUSE:
            continue
        limit = hook.get("timeoutConfiguration") or {}
        for stage in hook.get("lifecycleStages") or ():
            yield Pause(
                stage=plain(str(stage)),
                limit_s=60.0 * float(limit.get("timeoutInMinutes") or USUAL_PAUSE_MIN),
                then=plain(str(limit.get("action") or "ROLLBACK")),
            )
