"""Pause hooks of a service deployment: continued, or refused."""

from collections.abc import Mapping

from console.aws.actions.reach import Family, Reach, absent, done, text
from console.aws.rollouts import Rollouts
from console.domain.action import Action, ActionKind, ActionSight


class ContinueHook:
    """``rollout``, ``hook``, ``action``: ContinueServiceDeployment with CONTINUE or ROLLBACK."""

    def perform(self, reach: Reach, action: Action) -> Mapping[str, object]:
        reach.calls.write(
            "ecs",
            "ContinueServiceDeployment",
            serviceDeploymentArn=text(action, "rollout"),
            hookId=text(action, "hook"),
            action=text(action, "action"),
        )
        return {"hook": text(action, "hook")}

    def look(self, reach: Reach, action: Action, facts: Mapping[str, object]) -> ActionSight:
        name = text(action, "rollout")
        rollout = Rollouts(reach.calls).get([name]).get(name)
        hooks = rollout.hooks if rollout else ()
        if any(hook.id == text(action, "hook") and hook.waits for hook in hooks):
            return absent("the hook still waits")
        return done("the hook waits no longer")


HOOKS: Mapping[ActionKind, Family] = {ActionKind.CONTINUE_HOOK: ContinueHook()}
