"""What is new between two pictures of one service: a line for a person, facts for a program."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from console.diagnosis.evidence import Scene
from console.domain.rollout import Deployment, Rollout
from console.domain.service import Observation, ServiceState, ServiceStatus
from console.domain.words import utc

STEADY = "has reached a steady state"
"""Words of an event that ECS repeats every six hours; it is no news."""


@dataclass(frozen=True)
class Sight:
    """A service at one moment: what was read, and what it was judged to be."""

    status: ServiceStatus
    observation: Observation | None
    state: ServiceState
    line: str = ""
    """The diagnosis in one line."""


@dataclass(frozen=True)
class News:
    """One thing that has changed."""

    event: str
    """state, deployment, tasks, breaker, stage, traffic, hook or event."""
    text: str
    facts: Mapping[str, object] = field(default_factory=dict)


def news(before: Sight | None, now: Sight) -> tuple[News, ...]:
    """What to tell of a service; without an earlier sight how it is, and none of its old events."""
    return tuple(_news(before, now))


def _news(before: Sight | None, now: Sight) -> Iterator[News]:
    if before is None or _newest(before) != _newest(now):
        yield from _deployment(now, began=before is not None)
    if before is None or before.state != now.state or (now.state.is_trouble and before.line != now.line):
        said = now.state.value.replace("_", " ")
        text = f"{said} · {now.line}" if now.line else said
        yield News("state", text, {"state": now.state.value, "why": now.line or None})
    yield from _counts(before, now)
    yield from _course(_rollout(before), _rollout(now))
    if before is not None:
        known = {event.id for event in before.status.events}
        for event in reversed(now.status.events):
            if event.id not in known and STEADY not in event.message:
                said = event.message.removeprefix(f"(service {now.status.name}) ")
                yield News("event", said, {"event_at": utc(event.at), "message": event.message})


def _deployment(now: Sight, *, began: bool) -> Iterator[News]:
    newest = now.status.arriving
    if newest is None:
        return
    name = _name(now, newest)
    text = f"a deployment of {name} began" if began else f"{name} is PRIMARY"
    if not began and not newest.is_primary:
        text = f"{name} arrives"
    yield News(
        "deployment", text, {"deployment": newest.id, "version": name, "began": utc(newest.created_at)}
    )


def _counts(before: Sight | None, now: Sight) -> Iterator[News]:
    if before is not None and _tasks(before) == _tasks(now):
        return
    parts = [f"{item.running}/{item.desired} tasks of {_name(now, item)}" for item in now.status.deployments]
    pending = f"{now.status.pending} pending" if now.status.pending else ""
    lost = sum(item.failed for item in now.status.deployments)
    failed = f"{lost} failed" if lost else ""
    facts = {
        "desired": now.status.desired,
        "running": now.status.running,
        "pending": now.status.pending,
        "deployments": [
            {
                "id": item.id,
                "version": _name(now, item),
                "desired": item.desired,
                "running": item.running,
                "pending": item.pending,
                "failed": item.failed,
            }
            for item in now.status.deployments
        ],
    }
    yield News("tasks", " · ".join(filter(None, (" beside ".join(parts), pending, failed))), facts)


def _course(before: Rollout | None, now: Rollout | None) -> Iterator[News]:
    """What a rollout under way tells of itself."""
    if now is None:
        return
    same = before if before is not None and before.id == now.id else None
    breaker = now.breaker
    counted = same.breaker.failures if same and same.breaker else 0
    if breaker and breaker.failures != counted:
        facts: dict[str, object] = {"failures": breaker.failures, "threshold": breaker.threshold}
        yield News("breaker", f"breaker {breaker.failures} of {breaker.threshold}", facts)
    if now.stage and (same is None or same.stage != now.stage):
        yield News("stage", f"stage {now.stage}", {"stage": now.stage, "strategy": now.strategy})
    if now.share is not None and (same is None or same.share != now.share):
        yield News("traffic", f"{now.share:g} % of the traffic on the new version", {"percent": now.share})
    known = {item.id for item in same.hooks if item.waits} if same else set()
    for hook in now.hooks:
        if hook.waits and hook.id not in known:
            expires = {"expires_at": utc(hook.expires_at) if hook.expires_at else None}
            yield News("hook", f"waits at {hook.stage} for a decision", {"stage": hook.stage, **expires})


def _rollout(sight: Sight | None) -> Rollout | None:
    if sight is None or sight.observation is None:
        return None
    return Scene(sight.status, sight.observation, None, sight.observation.at).rollout


def _newest(sight: Sight) -> str | None:
    return sight.status.arriving.id if sight.status.arriving else None


def _tasks(sight: Sight) -> tuple[object, ...]:
    status = sight.status
    each = tuple((item.id, item.desired, item.running, item.failed) for item in status.deployments)
    return status.desired, status.running, status.pending, each


def _name(sight: Sight, deployment: Deployment) -> str:
    release = sight.observation.release_of(deployment.id) if sight.observation else None
    return release.version.label if release else deployment.definition.rpartition("/")[2]
