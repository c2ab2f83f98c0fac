"""Pause hooks of a service deployment: continued, or refused."""

from collections.abc import Mapping

from console.aws.actions.reach import Family, Reach, absent, done, text
from console.aws.codedeploy import READY, CodeDeploy
from console.aws.rollouts import Rollouts
from console.domain.action import Action, ActionKind, ActionSight
from console.domain.rollout import Rollout


class ContinueHook:
    """``rollout``, ``hook``, ``action``: ContinueServiceDeployment with CONTINUE or ROLLBACK; of a
    CodeDeploy deployment that waits, ContinueDeployment or StopDeployment with automatic rollback."""

    def perform(self, reach: Reach, action: Action) -> Mapping[str, object]:
        if _is_codedeploys(action):
            return self._by_codedeploy(reach, action)
        reach.calls.write(
            "ecs",
            "ContinueServiceDeployment",
            serviceDeploymentArn=text(action, "rollout"),
            hookId=text(action, "hook"),
            action=text(action, "action"),
        )
        return {"hook": text(action, "hook")}

    def _by_codedeploy(self, reach: Reach, action: Action) -> Mapping[str, object]:
        deployment = text(action, "rollout")
        if text(action, "action") == "ROLLBACK":
            reach.calls.write(
                "codedeploy", "StopDeployment", deploymentId=deployment, autoRollbackEnabled=True
            )
        else:
            reach.calls.write(
                "codedeploy", "ContinueDeployment", deploymentId=deployment, deploymentWaitType=READY
            )
        return {"hook": text(action, "hook")}

    def look(self, reach: Reach, action: Action, facts: Mapping[str, object]) -> ActionSight:
        name = text(action, "rollout")
        if _is_codedeploys(action):
            rollout: Rollout | None = CodeDeploy(reach.calls).get(name)
        else:
            rollout = Rollouts(reach.calls).get([name]).get(name)
        hooks = rollout.hooks if rollout else ()
        if any(hook.id == text(action, "hook") and hook.waits for hook in hooks):
            return absent("the hook still waits")
        return done("the hook waits no longer")


def _is_codedeploys(action: Action) -> bool:
    """CodeDeploy's deployments have ids of their own, ECS's have ARNs."""
    return not text(action, "rollout").startswith("arn:")


HOOKS: Mapping[ActionKind, Family] = {ActionKind.CONTINUE_HOOK: ContinueHook()}
