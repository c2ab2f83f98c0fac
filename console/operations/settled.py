"""Whether a service has come to rest on what it should run: what its platform says of it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from console.domain.address import Address
from console.domain.findings import Finding, ng, ok, skipped
from console.domain.operation import OperationRecord, Verb, Verdict
from console.domain.release import Release
from console.domain.rollout import Rollout, RolloutStatus
from console.domain.running import runs_in
from console.domain.service import Observation
from console.domain.version import short_digest
from console.domain.words import count
from console.operations.arrived import KEEPING, kept_until
from console.operations.deaths import LASTS_FOR, dead_within, died
from console.operations.good import of_primary
from console.operations.holds import holds
from console.operations.safe import healthy_now, uncountable

_LEAVES = (Verb.DEPLOY, Verb.ROLLBACK, Verb.RESTART, Verb.RESTORE)
"""Verbs that leave a version there."""
_THERE = (Verdict.SUCCEEDED, Verdict.BAKING)
_WATCHED = ("MONITORING", "MONITORING_COMPLETE")


@dataclass(frozen=True)
class Wanted:
    """What a service should run."""

    digest: str | None
    said: str
    """What it is and why that one: ``v1.4.2, which devon's rollback left there``."""
    since: datetime | None = None
    """When it was shipped; ``None``: it is wanted whatever was shipped when."""


def wanted(address: Address, operations: Iterable[OperationRecord]) -> Wanted | None:
    """What the newest operation of ours that succeeded has left there; ``None`` without one.

    What is held stays wanted, whoever ships something else afterwards.
    """
    known = [item for item in operations if item.address == address]
    hold = holds(known).get(address)
    if hold is not None and hold.digest is not None:
        return Wanted(hold.digest, f"{hold.version}, at which {hold.by} holds it")
    ours = [item for item in known if item.verb in _LEAVES and item.verdict in _THERE]
    newest = max(ours, key=lambda item: item.planned_at, default=None)
    digest = newest.target.get("digest") if newest is not None else None
    if newest is None or not digest:
        return None
    label = str(newest.target.get("version") or short_digest(str(digest)))
    said = f"{label}, which the {newest.verb.value} of {newest.actor} left there"
    return Wanted(str(digest), said, newest.ordered_at or newest.planned_at)


def settled(observation: Observation, should: Wanted | None, after: timedelta) -> Iterator[Finding]:
    """Version, counts, health and alarms; all of it is told, whatever of it is not well.

    Args:
        should: What it should run; ``None``: nobody knows.
        after: When a running task without any check counts as healthy.
    """
    yield _version(observation, should)
    yield _steady(observation)
    yield _healthy(observation, after)
    yield _alarms(observation)


def _version(observation: Observation, should: Wanted | None) -> Finding:
    live = observation.primary_release
    if live is None or live.digest is None:
        return ng("version", "what runs cannot be read")
    named = f"{live.version.label} ({short_digest(live.digest)})"
    if should is not None and should.digest != live.digest:
        if _is_passed(observation.rollout, should, live):
            return skipped("version", f"{named} was shipped past the console since {should.said}")
        return ng("version", f"{named} runs, not {should.said}")
    others = observation.belying_release
    if others:
        return ng("version", f"{count(others, 'task')} of another digest than {named}")
    if "tasks" in observation.missing:
        return skipped("version", f"{named} is set; what its tasks run cannot be read")
    if observation.lacks_tasks:
        return skipped("version", f"{named} is set; no running task is listed")
    if set(runs_in(observation.tasks).images) == {()}:
        return skipped("version", f"{named} is set; no task tells what it runs")
    if should is None:
        return skipped("version", f"{named} runs; which one is wanted, nobody has recorded")
    return ok("version", named)


def _is_passed(rollout: Rollout | None, should: Wanted, live: Release) -> bool:
    """Whether somebody else has shipped it since, and it succeeded; ECS going back is no such thing."""
    if rollout is None or should.since is None:
        return False
    newer = rollout.created_at > should.since and rollout.target == live.id
    return newer and rollout.status is RolloutStatus.SUCCESSFUL


def _steady(observation: Observation) -> Finding:
    status, primary, rollout = observation.status, observation.status.primary, observation.rollout
    if status.is_gone:
        return ng("steady", status.gone)
    if primary is None or primary.state == "FAILED":
        return ng("steady", f"its last deployment has failed, {status.running} of {status.desired} running")
    if status.desired == 0:
        return ng("steady", "desired is 0: 0 serving")
    tasks = f"{primary.running} of {status.desired} running"
    if "rollout" in observation.missing and not status.in_motion:
        return skipped("steady", f"{tasks}; its rollout cannot be read: {observation.missing['rollout']}")
    if rollout is not None and not rollout.status.is_over:
        if _keeps(rollout) and primary.running == status.desired:
            return ok("steady", f"{tasks}; {kept_until(rollout)}")
        return ng("steady", f"a rollout is under way, {tasks}")
    if status.in_motion or status.pending or status.running != status.desired:
        pending = f", {status.pending} pending" if status.pending else ""
        return ng("steady", f"{tasks}{pending}")
    return ok("steady", tasks)


def _keeps(rollout: Rollout) -> bool:
    """All requests are on the new one, and the old one is only kept."""
    return rollout.stage in KEEPING and not rollout.status.is_going_back


def _healthy(observation: Observation, after: timedelta) -> Finding:
    balanced = bool(observation.status.target_groups)
    name, part = ("targets", "targets") if balanced else ("healthy", "tasks")
    unread = [item for item in uncountable(observation) if item in (part, "routes")]
    if unread:
        return skipped(name, f"cannot be read: {observation.missing[unread[0]]}")
    desired = observation.status.desired
    if desired == 0:
        return skipped(name, "desired is 0")
    healthy = min(healthy_now(observation, after), desired)
    said = f"{healthy} of {desired} healthy"
    if balanced and observation.led_elsewhere:
        return ng(name, f"{said}, and {observation.led_elsewhere}")
    groups = observation.reached if balanced else ()
    bad = [t for t in observation.targets if t.group in groups and t.may_receive and t.state != "healthy"]
    if bad:
        why = next((t.description or t.reason for t in bad if t.description or t.reason), "")
        return ng(name, f"{said}, {len(bad)} {bad[0].state}" + (f": {why}" if why else ""))
    if dead := died(observation, of_primary(observation), LASTS_FOR):
        said = f"{said}, {dead_within(LASTS_FOR, dead)}"
    return ok(name, said) if healthy == desired and dead <= 1 else ng(name, said)


def _alarms(observation: Observation) -> Finding:
    if "rollout" in observation.missing:
        return skipped("alarms", f"cannot be read: {observation.missing['rollout']}")
    watch = observation.rollout.alarms if observation.rollout is not None else None
    if watch is None or not watch.names:
        return skipped("alarms", "its deployments watch none")
    if watch.triggered:
        return ng("alarms", f"in alarm: {', '.join(watch.triggered)}")
    if watch.status not in _WATCHED:
        return skipped("alarms", f"nobody watches them: {watch.status.lower()}")
    return ok("alarms", f"none of {len(watch.names)} in alarm when last watched")
