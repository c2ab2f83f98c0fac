"""CodeDeploy's deployments of a service, as rollouts: the task sets' shares, and what is waited for.

A rollback is a deployment of its own, which the failed one names (CodeDeploy API reference,
RollbackInfo); both are told as one rollout, under the id of the first.
"""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from console.aws.calls import Answer, Calls
from console.aws.moments import maybe, moment
from console.domain.rollout import CODE_DEPLOY, Hook, Rollout, RolloutStatus
from console.domain.text import plain

_CONFIG = re.compile(r"ECS(?:Canary|Linear)(\d+)Percent(?:Every)?(\d+)Minutes")
"""CodeDeploy's own configurations; those that somebody made are called otherwise."""
READY, KEPT = "READY_WAIT", "TERMINATION_WAIT"
"""Stages that CodeDeploy has no event for: before the traffic moves, and before the old set goes."""
_STATUSES = {
    "Created": RolloutStatus.PENDING,
    "Queued": RolloutStatus.PENDING,
    "InProgress": RolloutStatus.IN_PROGRESS,
    "Baking": RolloutStatus.IN_PROGRESS,
    "Ready": RolloutStatus.IN_PROGRESS,
    "Succeeded": RolloutStatus.SUCCESSFUL,
    "Failed": RolloutStatus.STOPPED,
    "Stopped": RolloutStatus.STOPPED,
}
_WAY_BACK = {
    "Succeeded": RolloutStatus.ROLLBACK_SUCCESSFUL,
    "Failed": RolloutStatus.ROLLBACK_FAILED,
    "Stopped": RolloutStatus.ROLLBACK_FAILED,
}
_ON_TIMEOUT = {"CONTINUE_DEPLOYMENT": "CONTINUE", "STOP_DEPLOYMENT": "STOP"}


class CodeDeploy:
    """CodeDeploy's deployments by id; one that has ended for good is kept."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls
        self._over: dict[str, Rollout] = {}

    def get(self, id: str) -> Rollout:
        """One deployment: two or three calls, none once it is over.

        Raises:
            QuarterdeckError: when CodeDeploy does not know it, or does not tell.
        """
        if id not in self._over:
            info = self._info(id)
            back = (info.get("rollbackInfo") or {}).get("rollbackDeploymentId")
            found = rollout_of(info, self._target(id), self._info(str(back)) if back else None)
            if not found.status.is_over or found.status is RolloutStatus.STOPPED:
                return found  # a stopped one may still be taken back
            self._over[id] = found
        return self._over[id]

    def _info(self, id: str) -> Answer:
        answer: Answer = self._calls.read("codedeploy", "GetDeployment", deploymentId=id)["deploymentInfo"]
        return answer

    def _target(self, id: str) -> Answer:
        """The service, the one target of such a deployment, once there is one."""
        ids = self._calls.read("codedeploy", "ListDeploymentTargets", deploymentId=id).get("targetIds")
        if not ids:
            return {}
        answer = self._calls.read("codedeploy", "BatchGetDeploymentTargets", deploymentId=id, targetIds=ids)
        return next((item.get("ecsTarget") or {} for item in answer.get("deploymentTargets") or ()), {})


def rollout_of(
    info: Mapping[str, Any], target: Mapping[str, Any], back: Mapping[str, Any] | None = None
) -> Rollout:
    """Turn a deployment, its target and its rollback into a rollout."""
    sets = {str(item.get("taskSetLabel")): item for item in target.get("taskSetsInfo") or ()}
    green, blue = sets.get("Green", {}), sets.get("Blue", {})
    last = back or info
    step_percent, step_bake_s = _step(str(info.get("deploymentConfigName") or ""))
    return Rollout(
        id=str(info["deploymentId"]),
        status=_status(info, back),
        target=str(green.get("identifer") or ""),
        created_at=moment(info.get("createTime")),
        started_at=maybe(info.get("startTime")),
        finished_at=maybe(last.get("completeTime")),
        reason=plain(str((info.get("errorInformation") or {}).get("message") or "")),
        sources=tuple(filter(None, [str(blue.get("identifer") or "")])),
        went_back_to=(str(blue.get("identifer") or "") or None) if back else None,
        rollback_reason=plain(str((info.get("rollbackInfo") or {}).get("rollbackMessage") or "")),
        rollback_started_at=maybe(back.get("createTime")) if back else None,
        stage=_stage(info, target),
        strategy=CODE_DEPLOY,
        weights={
            str(item["identifer"]): float(item["trafficWeight"])
            for item in (green, blue)
            if item.get("identifer") and item.get("trafficWeight") is not None
        },
        hooks=_waits(info, target),
        bake_s=_kept_s(info),
        step_percent=step_percent,
        step_bake_s=step_bake_s,
        updated_at=maybe(target.get("lastUpdatedAt")),
    )


def _step(config: str) -> tuple[float | None, float]:
    """Share of the canary or of one linear step, and the seconds until the next; none all at once."""
    found = _CONFIG.search(config)
    return (float(found[1]), 60.0 * float(found[2])) if found else (None, 0.0)


def _status(info: Mapping[str, Any], back: Mapping[str, Any] | None) -> RolloutStatus:
    if back is not None:
        return _WAY_BACK.get(str(back.get("status")), RolloutStatus.ROLLBACK_IN_PROGRESS)
    return _STATUSES.get(str(info.get("status")), RolloutStatus.UNKNOWN)


def _stage(info: Mapping[str, Any], target: Mapping[str, Any]) -> str:
    """The lifecycle event under way; between two events what is waited for."""
    if info.get("status") == "Ready":
        return READY
    if info.get("instanceTerminationWaitTimeStarted"):
        return KEPT
    running = (item for item in target.get("lifecycleEvents") or () if item.get("status") == "InProgress")
    return next((plain(str(item.get("lifecycleEventName") or "")) for item in running), "")


def _waits(info: Mapping[str, Any], target: Mapping[str, Any]) -> tuple[Hook, ...]:
    """A deployment that is Ready waits for somebody to reroute the traffic (ContinueDeployment)."""
    if info.get("status") != "Ready":
        return ()
    option = (info.get("blueGreenDeploymentConfiguration") or {}).get("deploymentReadyOption") or {}
    return (
        Hook(
            id=str(info["deploymentId"]),
            stage=READY,
            status="AWAITING_ACTION",
            kind=CODE_DEPLOY,
            expires_at=_expiry(target, int(option.get("waitTimeInMinutes") or 0)),
            on_timeout=_ON_TIMEOUT.get(str(option.get("actionOnTimeout")), ""),
        ),
    )


def _expiry(target: Mapping[str, Any], minutes: int) -> datetime | None:
    """The wait begins with the end of the last event before it."""
    ended = [found for item in target.get("lifecycleEvents") or () if (found := maybe(item.get("endTime")))]
    return max(ended) + timedelta(minutes=minutes) if ended and minutes else None


def _kept_s(info: Mapping[str, Any]) -> float:
    """How long the old set is kept after the traffic has moved; 0 where it is not taken away."""
    settings = info.get("blueGreenDeploymentConfiguration") or {}
    option = settings.get("terminateBlueInstancesOnDeploymentSuccess") or {}
    if option.get("action") != "TERMINATE":
        return 0.0
    return 60.0 * int(option.get("terminationWaitTimeInMinutes") or 0)
