"""Service deployments: the true outcome of every change of a service's release."""

from collections.abc import Mapping, Sequence
from typing import Any

from console.aws.cache import Cache
from console.aws.calls import Calls, batches
from console.aws.moments import maybe, moment
from console.domain.rollout import AlarmWatch, Breaker, Hook, Rollout, RolloutStatus
from console.domain.text import plain

BATCH = 20
"""Deployments that one DescribeServiceDeployments may name (ECS API reference)."""
_STEPS = {
    "CANARY": ("canaryConfiguration", "canaryPercent", "canaryBakeTimeInMinutes", 5.0, 10.0),
    "LINEAR": ("linearConfiguration", "stepPercent", "stepBakeTimeInMinutes", 10.0, 6.0),
}
"""Strategy -> where its steps stand, and what ECS takes where nothing stands there (ECS API reference,
CanaryConfiguration, LinearConfiguration)."""


class Rollouts:
    """Service deployments by ARN; those that are over never change and are kept, on disk too."""

    def __init__(self, calls: Calls, cache: Cache | None = None) -> None:
        self._calls = calls
        self._cache = cache or Cache()
        self._over: dict[str, Rollout] = {}

    def get(self, ids: Sequence[str]) -> dict[str, Rollout]:
        """The service deployments of those ids, as far as AWS knows them."""
        self._over |= self._cache.get(Rollout, [arn for arn in ids if arn not in self._over])
        found = {arn: self._over[arn] for arn in ids if arn in self._over}
        over: dict[str, Rollout] = {}
        for batch in batches([arn for arn in dict.fromkeys(ids) if arn not in found], BATCH):
            answer = self._calls.read("ecs", "DescribeServiceDeployments", serviceDeploymentArns=batch)
            for raw in answer.get("serviceDeployments", ()):
                rollout = rollout_of(raw)
                found[rollout.id] = rollout
                if rollout.status.is_over:
                    over[rollout.id] = rollout
        self._over |= over
        self._cache.put(over)
        return found

    def history(self, cluster: str, service: str) -> tuple[Rollout, ...]:
        """Every service deployment of the last 90 days, newest first; AWS documents no order."""
        pages = self._calls.pages(
            "ecs", "ListServiceDeployments", cluster=cluster, service=service, maxResults=100
        )
        ids = [
            str(item["serviceDeploymentArn"]) for page in pages for item in page.get("serviceDeployments", ())
        ]
        return tuple(sorted(self.get(ids).values(), key=lambda item: item.created_at, reverse=True))


def rollout_of(raw: Mapping[str, Any]) -> Rollout:
    """Turn one described service deployment into a rollout."""
    rollback = raw.get("rollback") or {}
    breaker = raw.get("deploymentCircuitBreaker")
    settings = raw.get("deploymentConfiguration") or {}
    strategy = plain(str(settings.get("strategy") or "ROLLING"))
    step_percent, step_bake_s = step_of(strategy, settings)
    stage = plain(str(raw.get("lifecycleStage") or ""))
    return Rollout(
        id=str(raw["serviceDeploymentArn"]),
        status=RolloutStatus(str(raw.get("status", ""))),
        target=str((raw.get("targetServiceRevision") or {}).get("arn", "")),
        created_at=moment(raw.get("createdAt")),
        started_at=maybe(raw.get("startedAt")),
        finished_at=maybe(raw.get("finishedAt")) or maybe(raw.get("stoppedAt")),
        reason=plain(str(raw.get("statusReason") or "")),
        sources=tuple(str(item["arn"]) for item in raw.get("sourceServiceRevisions", ()) if item.get("arn")),
        breaker=_breaker(breaker) if breaker else None,
        went_back_to=rollback.get("serviceRevisionArn") or None,
        rollback_reason=plain(str(rollback.get("reason") or "")),
        rollback_started_at=maybe(rollback.get("startedAt")),
        stage=stage,
        strategy=strategy,
        weights=_weights(raw, strategy, "requestedProductionTrafficWeight"),
        test_weights=_weights(raw, strategy, "requestedTestTrafficWeight"),
        hooks=tuple(_hook(item, stage) for item in raw.get("lifecycleHookDetails") or ()),
        alarms=_alarms(raw.get("alarms") or {}),
        bake_s=60.0 * float(settings.get("bakeTimeInMinutes") or 0),
        step_percent=step_percent,
        step_bake_s=step_bake_s,
        tasks=(raw.get("targetServiceRevision") or {}).get("requestedTaskCount"),
        updated_at=maybe(raw.get("updatedAt")),
    )


def step_of(strategy: str, settings: Mapping[str, Any]) -> tuple[float | None, float]:
    """Share of one step in per cent, and the seconds that it is watched before the next."""
    if strategy not in _STEPS:
        return None, 0.0
    part, percent, minutes, default_percent, default_minutes = _STEPS[strategy]
    chosen = settings.get(part) or {}
    return float(chosen.get(percent, default_percent)), 60.0 * float(chosen.get(minutes, default_minutes))


def _weights(raw: Mapping[str, Any], strategy: str, member: str) -> dict[str, float]:
    """Revision -> per cent, of a strategy that shifts traffic; one whose share is not told is left out."""
    if strategy == "ROLLING":
        return {}
    revisions = [raw.get("targetServiceRevision") or {}, *(raw.get("sourceServiceRevisions") or ())]
    return {
        str(item["arn"]): float(item[member])
        for item in revisions
        if item.get("arn") and item.get(member) is not None
    }


def _hook(raw: Mapping[str, Any], stage: str) -> Hook:
    """The details name no stage: ECS shows those of the stage that the deployment is in."""
    return Hook(
        id=plain(str(raw.get("hookId") or "")),
        stage=stage,
        status=plain(str(raw.get("status") or "")),
        kind=plain(str(raw.get("targetType") or "")),
        expires_at=maybe(raw.get("expiresAt")),
        on_timeout=plain(str(raw.get("timeoutAction") or "")),
    )


def _alarms(raw: Mapping[str, Any]) -> AlarmWatch | None:
    """``None`` where no alarm watches the deployment."""
    if not raw.get("alarmNames") and not raw.get("triggeredAlarmNames"):
        return None
    return AlarmWatch(
        status=plain(str(raw.get("status") or "")),
        names=tuple(plain(str(name)) for name in raw.get("alarmNames") or ()),
        triggered=tuple(plain(str(name)) for name in raw.get("triggeredAlarmNames") or ()),
    )


def _breaker(raw: Mapping[str, Any]) -> Breaker:
    return Breaker(
        failures=int(raw.get("failureCount") or 0),
        threshold=int(raw.get("threshold") or 0),
        status=plain(str(raw.get("status") or "")),
    )
