"""The deployment circuit breaker (ECS developer guide, deployment-circuit-breaker).

Counts tasks that never turned RUNNING, that ended before they were ever healthy, or that were
replaced for a failed health check; trips when the count reaches the threshold.
"""

from math import ceil

from console.sandbox.ecs.model import Deployment, Json, Service

LEAST, MOST = 3, 200
"""Bounds of the default threshold."""


def settings(service: Service) -> Json:
    breaker: Json = service.configuration.get("deploymentCircuitBreaker") or {}
    return breaker


def is_on(service: Service) -> bool:
    return bool(settings(service).get("enable"))


def rolls_back(service: Service) -> bool:
    return bool(settings(service).get("rollback"))


def threshold(service: Service) -> int:
    """Failures that trip it, by the desired count of this moment."""
    limit = settings(service).get("thresholdConfiguration") or {}
    kind, value = limit.get("type", "BOUNDED_PERCENT"), int(limit.get("value", 50))
    if kind == "COUNT":
        return value
    share = ceil(value * service.desired_count / 100)
    return share if kind == "UNBOUNDED_PERCENT" else min(MOST, max(LEAST, share))


def count_failure(service: Service, deployment: Deployment) -> None:
    """One more task of a deployment under way has failed."""
    if deployment.state != "IN_PROGRESS":
        return
    deployment.failed_tasks += 1
    rollout = service.rollout
    if rollout and rollout.target is deployment.revision and rollout.breaker_status == "MONITORING":
        rollout.failures = min(rollout.failures + 1, max(1, threshold(service)))


def count_healthy(service: Service, deployment: Deployment) -> None:
    """A healthy task zeroes the count, unless ``resetOnHealthyTask`` is off."""
    deployment.never_ran = 0
    if not settings(service).get("resetOnHealthyTask", True):
        return
    deployment.failed_tasks = 0
    rollout = service.rollout
    if rollout and rollout.target is deployment.revision and rollout.breaker_status == "MONITORING":
        rollout.failures = 0


def is_tripped(service: Service, deployment: Deployment) -> bool:
    """Whether a deployment under way has failed often enough to be given up."""
    rollout = service.rollout
    if not is_on(service) or deployment.state != "IN_PROGRESS" or rollout is None:
        return False
    limit = max(1, threshold(service))
    if rollout.target is deployment.revision:
        return rollout.breaker_status == "MONITORING" and rollout.failures >= limit
    return deployment.failed_tasks >= limit
