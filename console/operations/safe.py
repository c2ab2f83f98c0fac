"""*Safe*: every request is served by the good version. Judged from targets, not from counts."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from console.domain.release import Release
from console.domain.service import Observation
from console.domain.tasks import Task
from console.domain.words import count

READS_APART = timedelta(seconds=5)
"""Safe needs two agreeing reads that far apart."""


@dataclass(frozen=True)
class Sight:
    """What one read says."""

    safe: bool
    healthy: int
    """Good tasks that serve: the smallest number over all target groups."""
    needed: int
    bad: int
    """Tasks or targets of other versions that may still get work."""
    why: str
    """What is missing until safe; empty when it is safe."""
    draining: int = 0
    """Targets of other versions whose last connections still end."""


def needed_healthy(observation: Observation, healthy_when_ordered: int) -> int:
    """Healthy good tasks that *safe* asks for: the minimum healthy count, or as many as were healthy
    when it was ordered, at least one, at most desired."""
    desired = observation.status.desired
    return min(desired, max(1, observation.status.floor, healthy_when_ordered))


def judge(
    observation: Observation,
    good: frozenset[str],
    healthy_when_ordered: int,
    no_check_healthy_after: timedelta,
) -> Sight:
    """Judge one observation.

    Args:
        observation: The service in full; a part that is missing is never taken for good.
        good: Ids of the deployments that run the good version.
        healthy_when_ordered: Healthy tasks of any version at that moment.
        no_check_healthy_after: When a running task without any check counts as healthy.
    """
    needed = needed_healthy(observation, healthy_when_ordered)
    unread = [part for part in ("tasks", "targets", "routes") if part in observation.missing]
    if unread:
        return Sight(False, 0, needed, 0, f"{' and '.join(unread)} could not be read")
    if observation.status.target_groups:
        return _by_targets(observation, good, needed)
    return _by_tasks(observation, good, needed, no_check_healthy_after)


def _by_targets(observation: Observation, good: frozenset[str], needed: int) -> Sight:
    owner = {task.ip: task for task in observation.tasks if task.ip and not task.is_stopped}
    healthy_by_group: list[int] = []
    bad = draining = 0
    for group in reached(observation):
        healthy = 0
        for target in (item for item in observation.targets if item.group == group):
            task = owner.get(target.ip)
            if task is not None and task.deployment in good:
                healthy += target.state == "healthy"
            elif target.may_receive:
                bad += 1
            elif "draining" in target.state:
                draining += 1
        healthy_by_group.append(healthy)
    return _sight(min(healthy_by_group, default=0), needed, bad, draining, "target")


def reached(observation: Observation) -> tuple[str, ...]:
    """The target groups that a request may reach: those with weight on a live rule, where traffic is
    shifted between two."""
    if not observation.routes:
        return observation.status.target_groups
    return tuple(group for group, share in observation.routes.items() if share > 0)


def _by_tasks(observation: Observation, good: frozenset[str], needed: int, after: timedelta) -> Sight:
    healthy = sum(
        is_healthy(task, observation.at, after) for task in observation.tasks if task.deployment in good
    )
    bad = sum(task.is_executing for task in observation.tasks if task.deployment not in good)
    return _sight(healthy, needed, bad, 0, "task")


def is_healthy(task: Task, now: datetime, after: timedelta) -> bool:
    """Whether a task without load balancer counts as healthy: its own check, else time since RUNNING.

    Source: ECS developer guide, deployment-type-ecs (40 seconds).
    """
    if task.status != "RUNNING" or task.is_leaving:
        return False
    if task.health != "UNKNOWN":
        return task.health == "HEALTHY"
    return task.started_at is not None and now - task.started_at >= after


def _sight(healthy: int, needed: int, bad: int, draining: int, noun: str) -> Sight:
    reasons = []
    if healthy < needed:
        reasons.append(f"{healthy} of {needed} good {noun}s healthy")
    if bad:
        reasons.append(f"{count(bad, noun)} of another version may still get work")
    return Sight(not reasons, healthy, needed, bad, " · ".join(reasons), draining)


def healthy_now(observation: Observation, after: timedelta) -> int:
    """Healthy tasks of any version: what a plan notes before it is ordered."""
    if observation.status.target_groups:
        return min(
            (
                sum(t.state == "healthy" for t in observation.targets if t.group == group)
                for group in reached(observation)
            ),
            default=0,
        )
    return sum(is_healthy(task, observation.at, after) for task in observation.tasks)


def serving(observation: Observation) -> Release | None:
    """What answers most requests now: by the shares where traffic is being shifted, else the PRIMARY."""
    rollout = observation.rollout
    if rollout is not None and not rollout.status.is_over and rollout.shifts and rollout.weights:
        most = max(rollout.weights, key=lambda name: rollout.weights[name])
        if most in observation.releases:
            return observation.releases[most]
    return observation.primary_release
