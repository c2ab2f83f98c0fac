"""*Safe*: every request is served by the good version. Judged from targets, not from counts."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from console.domain.release import Release
from console.domain.service import Observation
from console.domain.tasks import Task
from console.domain.words import count
from console.operations.good import of_primary

READS_APART = timedelta(seconds=5)
"""Safe needs two agreeing reads that far apart."""
UNPROVEN_FOR = timedelta(seconds=120)
"""How long after ECS's *successful*, once we have seen it, the targets may still disagree before it is not
believed: nobody may have looked for longer than that."""
_ANOTHER = "another version"
_PARTS = {"tasks": "tasks", "targets": "targets", "routes": "listener rules"}
"""What *safe* is judged by, as people call it."""


class Reading(StrEnum):
    """What one read is worth: what could not be read makes a service neither safe nor unsafe."""

    SAFE = "safe"
    UNSAFE = "unsafe"
    UNREAD = "unread"


@dataclass(frozen=True)
class Sight:
    """What one read says."""

    reading: Reading
    healthy: int
    """Good tasks that serve: the smallest number over all target groups."""
    needed: int
    bad: int
    """Tasks or targets of other deployments that may still receive traffic."""
    why: str
    """What is missing until safe; empty when it is safe."""
    draining: int = 0
    """Targets of other deployments whose last connections still end."""
    unnamed: int = 0
    """Good tasks that do not tell which image they run: nobody can say that it is the target's."""

    @property
    def safe(self) -> bool:
        return self.reading is Reading.SAFE


def needed_healthy(observation: Observation, healthy_when_ordered: int) -> int:
    """Healthy good tasks that *safe* asks for: the minimum healthy count, or as many as were healthy
    when it was ordered, at least one, at most desired."""
    return min(observation.status.desired, max(observation.status.needed, healthy_when_ordered))


def judge(
    observation: Observation,
    good: frozenset[str],
    healthy_when_ordered: int,
    no_check_healthy_after: timedelta,
    digests: Mapping[str, str] | None = None,
    at_most: int | None = None,
) -> Sight:
    """Judge one observation.

    Args:
        observation: The service in full; a part that is missing is never taken for good.
        good: Ids of the deployments whose tasks are good; empty: nobody knows yet which they are.
        healthy_when_ordered: Healthy tasks of any version at that moment.
        no_check_healthy_after: When a running task without any check counts as healthy.
        digests: Container -> digest of the target: a task that tells another one is not good, whatever
            deployment it belongs to. ``None``: not known.
        at_most: Healthy good tasks that are enough, whatever has been asked for since: tasks that
            autoscaling adds later take nothing away.
    """
    needed = needed_healthy(observation, healthy_when_ordered)
    if at_most is not None:
        needed = min(needed, at_most)
    if uncountable(observation):
        return Sight(Reading.UNREAD, 0, needed, 0, unread(observation))
    if not good:
        return Sight(Reading.UNREAD, 0, needed, 0, "this order's tasks not identified yet")
    crew = _Crew(observation, good, digests or {})
    if not observation.status.target_groups:
        return _by_tasks(observation, crew, needed, no_check_healthy_after)
    sight = _by_targets(observation, crew, needed)
    if sight.safe and "routes" in observation.missing:
        return replace(sight, reading=Reading.UNREAD, why=unread(observation))
    return sight


def uncountable(observation: Observation) -> tuple[str, ...]:
    """The parts that could not be read and without which nobody can count what serves. Rules decide where
    traffic is shifted between two target groups; else targets are counted whatever the rules are."""
    needed = ("tasks", "targets", "routes") if observation.status.shifts_requests else ("tasks", "targets")
    return tuple(part for part in needed if part in observation.missing)


def unread(observation: Observation) -> str:
    """Which parts that *safe* is judged by could not be read, and why."""
    parts = [part for part in _PARTS if part in observation.missing]
    why = "; ".join(dict.fromkeys(filter(None, (observation.missing[part] for part in parts))))
    said = f"{' and '.join(_PARTS[part] for part in parts)} could not be read"
    return f"{said}: {why}" if why else said


def judge_now(observation: Observation, no_check_healthy_after: timedelta) -> Sight:
    """Judge what the PRIMARY deployment runs, whoever ordered it."""
    return judge(observation, of_primary(observation), 0, no_check_healthy_after)


@dataclass(frozen=True)
class _Crew:
    """Tells the good tasks of an observation from all others."""

    observation: Observation
    deployments: frozenset[str]
    digests: Mapping[str, str]

    def has(self, task: Task) -> bool:
        """It is of a good deployment, and tells no other image than the target's."""
        return task.deployment in self.deployments and not task.runs_other_than(self.digests)

    def names(self, task: Task) -> bool:
        """It tells that it runs the target's images."""
        told = {container.name: container.digest for container in task.containers}
        return bool(self.digests) and all(told.get(name) == one for name, one in self.digests.items())

    def label(self, task: Task) -> str:
        """The version of a task that is not good, as people call it."""
        release = self.observation.release_of(task.deployment)
        return release.version.label if release and task.deployment not in self.deployments else _ANOTHER


@dataclass
class _Tally:
    """The targets of one group."""

    group: str
    good: int = 0
    healthy: int = 0
    others: Counter[str] = field(default_factory=Counter)
    """Version -> targets that are not good and may receive requests."""
    imposters: int = 0
    """Those of them that are of a good deployment, and of another image."""
    strangers: int = 0
    """Targets that may receive, and whose task is not known."""
    draining: int = 0
    unnamed: int = 0

    @property
    def bad(self) -> int:
        return self.others.total() + self.strangers


def _by_targets(observation: Observation, crew: _Crew, needed: int) -> Sight:
    tallies = {group: _tally(observation, crew, group) for group in observation.status.groups}
    live = [tallies[group] for group in observation.reached if group in tallies]
    shifts = observation.status.shifts_requests
    led_away = [item for item in live if shifts and item.bad and not item.good]
    serving = [item for item in live if item not in led_away]
    good = serving or [item for item in tallies.values() if item.good]
    healthy = min((item.healthy for item in good), default=0)
    strangers = sum(item.strangers for item in live)
    beside = sum(item.bad for item in serving) - sum(item.strangers for item in serving)
    unmatched = strangers and any(crew.has(task) and not task.ip for task in observation.tasks)
    reasons = [] if unmatched else [*_few(healthy, needed, "target")]
    if not live:
        reasons.append("no listener rule routes to its target groups")
    elif led_away:
        reasons.append(_led_away(observation, led_away))
    if beside:
        reasons.append(_others(beside, "target", sum(item.imposters for item in serving)))
    if observation.led_elsewhere:
        reasons.append(observation.led_elsewhere)
    certain = bool(reasons)
    if lost := sum(item.strangers for item in serving):
        reasons.append(f"{count(lost, 'target')} whose task is unknown may still receive traffic")
    return Sight(
        _reading(certain=certain, doubtful=bool(strangers)),
        healthy,
        needed,
        sum(item.bad for item in live),
        " · ".join(reasons),
        sum(item.draining for item in live),
        sum(item.unnamed for item in good),
    )


def _tally(observation: Observation, crew: _Crew, group: str) -> _Tally:
    owner = owners(observation)
    tally = _Tally(group)
    for target in (item for item in observation.targets if item.group == group):
        task = owner.get(target.ip)
        if task is not None and crew.has(task):
            tally.good += 1
            tally.healthy += target.state == "healthy" and not task.is_leaving
            tally.unnamed += target.may_receive and not crew.names(task)
        elif target.may_receive and task is not None:
            tally.others[crew.label(task)] += 1
            tally.imposters += task.deployment in crew.deployments
        elif target.may_receive:
            tally.strangers += 1
        elif "draining" in target.state:
            tally.draining += 1
    return tally


def owners(observation: Observation) -> dict[str, Task]:
    """Address -> the task that has it now: addresses are used again, so that the newest has it."""
    oldest_first = reversed(observation.tasks)
    return {task.ip: task for task in oldest_first if task.ip and not task.is_stopped}


def _led_away(observation: Observation, groups: list[_Tally]) -> str:
    """What still goes to target groups that only others are in, by share and version."""
    others: Counter[str] = Counter()
    for item in groups:
        others += item.others
    label = others.most_common(1)[0][0] if others else _ANOTHER
    if not observation.routes:
        return _others(sum(item.bad for item in groups), "target", sum(item.imposters for item in groups))
    share = min(100.0, sum(observation.routes[item.group] for item in groups))
    return f"{share:.3g} % of requests still go to {label}"


def _by_tasks(observation: Observation, crew: _Crew, needed: int, after: timedelta) -> Sight:
    good = [task for task in observation.tasks if crew.has(task)]
    serving = [task for task in good if is_healthy(task, observation.at, after)]
    others = [task for task in observation.tasks if task.is_executing and not crew.has(task)]
    imposters = sum(task.deployment in crew.deployments for task in others)
    reasons = [*_few(len(serving), needed, "task")]
    if others:
        reasons.append(_others(len(others), "task", imposters))
    return Sight(
        _reading(certain=bool(reasons), doubtful=False),
        len(serving),
        needed,
        len(others),
        " · ".join(reasons),
        unnamed=sum(not crew.names(task) for task in serving),
    )


def is_healthy(task: Task, now: datetime, after: timedelta) -> bool:
    """Whether a task without load balancer counts as healthy: its own check, else time since RUNNING.

    Source: ECS developer guide, deployment-type-ecs (40 seconds).
    """
    if task.status != "RUNNING" or task.is_leaving:
        return False
    if task.health != "UNKNOWN":
        return task.health == "HEALTHY"
    return task.started_at is not None and now - task.started_at >= after


def _reading(*, certain: bool, doubtful: bool) -> Reading:
    """Unsafe where what was read says so; what cannot be told keeps it from being safe."""
    if certain:
        return Reading.UNSAFE
    return Reading.UNREAD if doubtful else Reading.SAFE


def _few(healthy: int, needed: int, noun: str) -> tuple[str, ...]:
    return (f"{healthy} of {needed} good {noun}s healthy",) if healthy < needed else ()


def _others(bad: int, noun: str, imposters: int) -> str:
    """What else may receive traffic: another deployment, even of the same version, or tasks of the ordered
    one that run a different image."""
    if imposters == bad:
        return f"{count(bad, noun)} with a different image may receive traffic"
    return f"{count(bad, noun)} of another deployment may still receive traffic"


def healthy_now(observation: Observation, after: timedelta) -> int:
    """Healthy tasks of any version: what a plan notes before it is ordered."""
    if observation.status.target_groups:
        return observation.healthy_targets or 0
    return sum(is_healthy(task, observation.at, after) for task in observation.tasks)


def serving(observation: Observation) -> Release | None:
    """What answers most requests now: by the shares where traffic is being shifted, else the PRIMARY."""
    rollout = observation.rollout
    if rollout is not None and not rollout.status.is_over and rollout.shifts and rollout.weights:
        most = max(rollout.weights, key=lambda name: rollout.weights[name])
        if most in observation.releases:
            return observation.releases[most]
    return observation.primary_release
