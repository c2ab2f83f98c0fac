"""Task sets and target groups in a described service: what runs where another controller deploys.

ECS shows no deployments of its own for such a service (ECS API reference, TaskSet); CodeDeploy keeps
a second set beside the PRIMARY one until the traffic has moved.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from console.aws.moments import moment
from console.domain.rollout import CODE_DEPLOY, Deployment
from console.domain.text import plain


def deployments_of(raw: Mapping[str, Any]) -> tuple[Deployment, ...]:
    """The task sets of a service as deployments, newest first."""
    sets = [_deployment(item) for item in raw.get("taskSets") or ()]
    return tuple(sorted(sets, key=lambda item: item.created_at, reverse=True))


def made_by(raw: Mapping[str, Any]) -> str | None:
    """The CodeDeploy deployment that made the newest task set; ``None`` where none did (ECS API
    reference, TaskSet: ``externalId``)."""
    if (raw.get("deploymentController") or {}).get("type") != CODE_DEPLOY:
        return None
    return next((item.external_id for item in deployments_of(raw) if item.external_id), None)


def groups_of(raw: Mapping[str, Any]) -> tuple[str, ...]:
    """The target groups of a service; those of its task sets, that of the PRIMARY first, if it has any."""
    sets = sorted(raw.get("taskSets") or (), key=lambda item: item.get("status") != "PRIMARY")
    found = [arn for item in sets for arn in _groups(item)] or list(_groups(raw))
    return tuple(dict.fromkeys(found))


def alternates_of(raw: Mapping[str, Any]) -> Iterator[str]:
    """The second target group of every load balancer entry that ECS itself shifts between two."""
    for item in raw.get("loadBalancers") or ():
        arn = (item.get("advancedConfiguration") or {}).get("alternateTargetGroupArn")
        if arn:
            yield str(arn)


def _groups(raw: Mapping[str, Any]) -> Iterator[str]:
    for item in raw.get("loadBalancers") or ():
        if item.get("targetGroupArn"):
            yield str(item["targetGroupArn"])


def _deployment(raw: Mapping[str, Any]) -> Deployment:
    scale = raw.get("scale") or {}
    return Deployment(
        id=str(raw.get("id", "")),
        status=plain(str(raw.get("status", ""))),
        state="COMPLETED" if raw.get("stabilityStatus") == "STEADY_STATE" else "IN_PROGRESS",
        definition=str(raw.get("taskDefinition", "")),
        desired=int(raw.get("computedDesiredCount") or 0),
        running=int(raw.get("runningCount") or 0),
        pending=int(raw.get("pendingCount") or 0),
        failed=0,
        created_at=moment(raw.get("createdAt")),
        updated_at=moment(raw.get("updatedAt")),
        scale=float(scale["value"]) if scale.get("value") is not None else None,
        external_id=plain(str(raw.get("externalId") or "")),
        release=str(raw.get("id", "")) or None,
    )
