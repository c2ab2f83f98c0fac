"""Service deployments: the true outcome of every change of a service's release."""

from collections.abc import Mapping, Sequence
from typing import Any

from console.aws.calls import Calls, batches
from console.aws.moments import maybe, moment
from console.domain.rollout import Breaker, Rollout, RolloutStatus
from console.domain.text import plain

BATCH = 20
"""Deployments that one DescribeServiceDeployments may name (ECS API reference)."""


class Rollouts:
    """Service deployments by ARN; those that are over never change and are kept."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls
        self._over: dict[str, Rollout] = {}

    def get(self, ids: Sequence[str]) -> dict[str, Rollout]:
        """The service deployments of those ids, as far as AWS knows them."""
        found = {arn: self._over[arn] for arn in ids if arn in self._over}
        for batch in batches([arn for arn in dict.fromkeys(ids) if arn not in found], BATCH):
            answer = self._calls.read("ecs", "DescribeServiceDeployments", serviceDeploymentArns=batch)
            for raw in answer.get("serviceDeployments", ()):
                rollout = rollout_of(raw)
                found[rollout.id] = rollout
                if rollout.status.is_over:
                    self._over[rollout.id] = rollout
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
        stage=plain(str(raw.get("lifecycleStage") or "")),
    )


def _breaker(raw: Mapping[str, Any]) -> Breaker:
    return Breaker(
        failures=int(raw.get("failureCount") or 0),
        threshold=int(raw.get("threshold") or 0),
        status=plain(str(raw.get("status") or "")),
    )
