"""Evidence from health checks: targets, and the events that name them unhealthy."""

import re
from collections import Counter
from datetime import timedelta

from console.diagnosis.evidence import RECENT, Evidence, Kind, Scene
from console.domain.service import Observation
from console.domain.tasks import Target
from console.domain.words import count

_UNHEALTHY = re.compile(r"is unhealthy in .*?due to \(?reason:?\s*(?P<reason>.+?)\)?\.?$")
_TASK = re.compile(r"\(?task ([0-9a-f]{32})\)?")
NO_CHECK_HEALTHY_AFTER = timedelta(seconds=40)
"""When a running task that no check judges counts as healthy (ECS developer guide, deployment-type-ecs)."""
_CONTAINER = "failed container health checks"


def health_reason(scene: Scene) -> str:
    """Why targets are unhealthy, in the load balancer's words; empty when nothing says it."""
    for event in scene.events(scene.since):
        match = _UNHEALTHY.search(event.message)
        if match:
            return _plainly(match["reason"])
    observation = scene.observation
    for target in observation.targets if observation else ():
        if target.state.startswith("unhealthy") and target.description:
            return _plainly(target.description)
    return ""


def evidence(scene: Scene) -> Evidence | None:
    """Health checks that failed lately, or targets that are unhealthy now."""
    return _from_events(scene) or _from_targets(scene)


def starting(scene: Scene) -> Evidence | None:
    """Fewer healthy targets than are wanted, or tasks where no load balancer tells, outside a rollout: what
    runs serves nobody before its checks have passed."""
    if scene.observation is None:
        return None
    if scene.status.target_groups:
        return _targets_to_come(scene, scene.observation)
    return _tasks_to_come(scene, scene.observation)


def elsewhere(scene: Scene) -> Evidence | None:
    """A rule that leads to the service and sends a share of its requests to others, outside a rollout."""
    seen = scene.observation
    if seen is None or not seen.led_elsewhere:
        return None
    return Evidence(Kind.NOTICE, seen.led_elsewhere, (), "read the rule's weights")


def _targets_to_come(scene: Scene, seen: Observation) -> Evidence | None:
    healthy, desired = seen.healthy_targets, min(scene.status.desired, seen.status.desired)
    if healthy is None or healthy >= desired:
        return None
    states = max((_missing(seen, group) for group in seen.reached), key=Counter.total, default=Counter[str]())
    facts = tuple(f"{number} {state}" for state, number in states.most_common(1))
    return Evidence(Kind.NOTICE, f"{healthy} of {count(desired, 'target')} healthy", facts)


def _missing(seen: Observation, group: str) -> Counter[str]:
    """State -> how many targets of the service are not healthy, those that it lacks among them."""
    own = seen.own_targets(group)
    states = Counter(item.state for item in own if item.state != "healthy")
    registered = {item.ip for item in own}
    states["not registered"] += sum(
        task.status == "RUNNING" and not task.is_leaving and bool(task.ip) and task.ip not in registered
        for task in seen.tasks
    )
    return +states


def _tasks_to_come(scene: Scene, seen: Observation) -> Evidence | None:
    running = [task for task in seen.tasks if task.status == "RUNNING" and not task.is_leaving]
    sick = [task for task in running if task.health == "UNHEALTHY"]
    young = [
        task
        for task in running
        if task.health == "UNKNOWN"
        and task.started_at is not None
        and scene.at - task.started_at < NO_CHECK_HEALTHY_AFTER
    ]
    healthy, desired = len(running) - len(young) - len(sick), scene.status.desired
    if not (young or sick) or healthy >= desired:
        return None
    cause = f"{healthy} of {count(desired, 'task')} healthy"
    if sick:
        remedy = "check the health command and its start period"
        return Evidence(Kind.NOTICE, cause, (f"{len(sick)} unhealthy",), remedy)
    return Evidence(Kind.NOTICE, cause, (f"{len(young)} starting",))


def _from_events(scene: Scene) -> Evidence | None:
    since = max(scene.since, scene.at - RECENT)
    told = [item for item in scene.events(since) if _concerns(scene, item.message)]
    if not told:
        return None
    if _CONTAINER in told[0].message:
        cause, remedy = "failing container health checks", "check the health command and its start period"
    else:
        cause = f"failing load balancer health checks: {health_reason(scene)}"
        remedy = "check health path, port, security group and grace period"
    return Evidence(Kind.FAILURE, cause, (), f"{remedy}, or roll back")


def _concerns(scene: Scene, message: str) -> bool:
    if _CONTAINER not in message and not _UNHEALTHY.search(message):
        return False
    tasks = {task.id: task.deployment for task in (scene.observation.tasks if scene.observation else ())}
    match = _TASK.search(message)
    deployment = tasks.get(match[1]) if match else None
    return deployment is None or scene.judged(deployment)


def _from_targets(scene: Scene) -> Evidence | None:
    observation = scene.observation
    if observation is None:
        return None
    settled = observation.settled(scene.judged)
    unhealthy = [item for item in observation.targets if item.state == "unhealthy"]
    bad = [item for item in unhealthy if item.ip in settled] + _of_no_task(observation, unhealthy)
    if not bad:
        return None
    why = next((_plainly(item.description) for item in bad if item.description), "")
    cause = f"{count(len(bad), 'target')} unhealthy" + (f": {why}" if why else "")
    return Evidence(Kind.NOTICE, cause, (), "check health path, port and security group")


def _of_no_task(observation: Observation, unhealthy: list[Target]) -> list[Target]:
    """Unhealthy targets that no task can be matched to: an instance stands for tasks whose own address is
    not known. They count, but for as many as tasks without an address may still be in their grace period."""
    addresses = {task.ip for task in observation.tasks if task.ip}
    reached = (item for item in unhealthy if observation.routes.get(item.group, 100.0) > 0)
    unmatched = [item for item in reached if item.ip not in addresses]
    grace = timedelta(seconds=observation.status.grace_s)
    young = sum(
        not task.ip
        and not task.is_stopped
        and (task.started_at is None or observation.at - task.started_at <= grace)
        for task in observation.tasks
    )
    return unmatched[young:]


def _plainly(reason: str) -> str:
    """``Health checks failed with these codes: [503]`` says no more than ``503``."""
    codes = re.search(r"with these codes: \[([^\]]*)\]", reason)
    return f"answers {codes[1]}" if codes else reason.strip().rstrip(".").lower()
