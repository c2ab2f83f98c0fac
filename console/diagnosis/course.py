"""Evidence from the rollout itself: how far it is, where it goes, whether it moves at all."""

from datetime import datetime, timedelta

from console.diagnosis import shifting
from console.diagnosis.events import last_progress
from console.diagnosis.evidence import RECENT, Evidence, Kind, Scene
from console.domain.rollout import RolloutStatus
from console.domain.running import MIXED, runs_in
from console.domain.words import age, count

SLOW = timedelta(minutes=30)
"""A rollout that takes longer, and moves nothing any more, is stuck."""
_TOLD = timedelta(hours=1)
"""How long a finished rollback is worth a line."""
_WORDS = (
    ("circuit breaker", "the circuit breaker tripped"),
    ("alarm", "an alarm went off"),
    ("user", "a person asked for it"),
    ("stopservicedeployment", "a person asked for it"),
    ("lifecycle hook", "a lifecycle hook failed"),
    ("networking configuration", "the network configuration is invalid"),
)


def failed(scene: Scene) -> Evidence | None:
    """Failures that ECS counted, or a rollout that it gave up, without a task that tells why."""
    rollout, primary = scene.rollout, scene.primary
    if rollout is not None and rollout.status is RolloutStatus.ROLLBACK_FAILED:
        reason = "no earlier release to go back to" if "candidate" in rollout.reason else "rollback failed"
        return Evidence(Kind.FAILURE, f"deployment failed: {reason}", (), "deploy a version that starts")
    if primary is not None and primary.state == "FAILED":
        return Evidence(
            Kind.FAILURE,
            "deployment failed: tasks failed to start",
            (count(scene.status.running, "task") + " left",),
            "roll back, or deploy a version that starts",
        )
    if scene.failures:
        cause = f"{count(scene.failures, 'task')} failed to start or to become healthy"
        return Evidence(Kind.FAILURE, cause, (), "read the stopped tasks, or roll back")
    return None


def slow(scene: Scene) -> Evidence | None:
    """A rollout under way for more than half an hour in which nothing moved for ten minutes."""
    if not scene.under_way or scene.primary is None or shifting.rests(scene):
        return None
    rollout = scene.rollout
    if rollout is None or rollout.status.is_over:  # right after an order ECS still shows the one before
        began = scene.primary.created_at
    else:
        began = rollout.started_at or rollout.created_at
    if scene.going_back:
        began = scene.turned_back_at or began
    moved = last_progress(scene) or began
    bake = timedelta(seconds=rollout.bake_s if rollout and not rollout.shifts else 0.0)
    if scene.at - began <= SLOW or scene.at - moved <= RECENT + bake:
        return None
    cause = f"no progress for {_age(scene, max(moved, began))}"
    return Evidence(Kind.BLOCKED, cause, (f"under way for {_age(scene, began)}",), "read events and targets")


def short(scene: Scene) -> Evidence | None:
    """Fewer tasks than wanted, outside a rollout."""
    status = scene.status
    if not scene.short:
        return None
    facts = (f"{status.pending} starting",) if status.pending else ()
    return Evidence(Kind.NOTICE, f"{status.running} of {count(status.desired, 'task')} running", facts)


def mixed(scene: Scene) -> Evidence | None:
    """Tasks of one deployment that do not run the same, or not what its release has: its tag has moved."""
    seen = scene.observation
    if seen is None:
        return None
    remedy = "deploy one version by its digest"
    if runs_in(seen.tasks).is_mixed:
        return Evidence(Kind.NOTICE, MIXED, (), remedy)
    others, release = seen.belying_release, seen.primary_release
    if not others or release is None:
        return None
    run = "task runs" if others == 1 else "tasks run"
    return Evidence(Kind.NOTICE, f"{others} {run} another image than {release.version.label}", (), remedy)


def progress(scene: Scene) -> tuple[str, ...]:
    """How far the rollout under way is, in facts."""
    arriving = scene.arriving
    if arriving is None:
        return ()
    label = label_of(scene, arriving.id) or "the new version"
    here = f"{arriving.running} of {count(arriving.desired, 'task')} on {label}"
    others = [item for item in scene.status.deployments if item.id != arriving.id and item.running]
    there = [f"{item.running} on {label_of(scene, item.id) or 'an older one'}" for item in others]
    return (here, *there, *_bake(scene, bool(others)), *breaker(scene), *alarms(scene), *replaces(scene))


def replaces(scene: Scene) -> tuple[str, ...]:
    """That this rollout came upon another that had not ended: somebody deployed meanwhile."""
    primary = scene.primary
    if primary is None or scene.status.controller != "ECS" or scene.going_back:
        return ()
    older = (item for item in scene.status.deployments if item.created_at < primary.created_at)
    if not any(item.state == "IN_PROGRESS" for item in older):
        return ()
    return ("replaced a deployment that had not ended",)


def _bake(scene: Scene, has_others: bool) -> tuple[str, ...]:
    """A rolling deployment that alarms watch is not complete with its last task (ECS developer guide,
    deployment-alarm-failure); since when it bakes, ECS does not tell."""
    rollout, primary = scene.rollout, scene.primary
    if rollout is None or rollout.status.is_over or rollout.shifts or rollout.alarms is None or not primary:
        return ()
    if rollout.alarms.status != "MONITORING" or has_others or primary.running < primary.desired:
        return ()
    return (f"baking for {age(rollout.bake_s)}" if rollout.bake_s else "baking",)


def alarms(scene: Scene) -> tuple[str, ...]:
    """The alarms that were triggered, by name; that nobody watches those that there are."""
    rollout = scene.rollout
    if rollout is None or rollout.alarms is None or not scene.under_way:
        return ()
    if rollout.alarms.triggered:
        return (f"{_alarm(rollout.alarms.triggered)} triggered",)
    return ("its alarms are not watched",) if rollout.alarms.status == "DISABLED" else ()


def _alarm(names: tuple[str, ...]) -> str:
    return f"{'alarm' if len(names) == 1 else 'alarms'} {', '.join(names)}"


def breaker(scene: Scene) -> tuple[str, ...]:
    """The breaker's counter, or that there is none, while a rollout goes forward."""
    if not scene.under_way or scene.going_back:
        return ()
    if scene.breaker is not None:
        return (f"breaker {scene.breaker.failures} of {scene.breaker.threshold}",)
    return () if scene.status.breaker else ("no circuit breaker",)


def way_back(scene: Scene) -> tuple[str, ...]:
    """Where ECS goes back to, how far it is, and why it does."""
    primary = scene.primary
    if primary is None:
        return ()
    rollout = scene.rollout
    target = rollout.went_back_to if rollout else None
    is_left = rollout is not None and primary.release == rollout.target and target != rollout.target
    label = _version(scene, target) or ("" if is_left else label_of(scene, primary.id))
    facts = [f"going back to {label}" if label else "going back"]
    if not is_left:  # right after it was asked for, what is left is PRIMARY still
        facts.append(f"{primary.running} of {count(primary.desired, 'task')}")
    share = rollout.share if rollout else None
    if share:
        shared = f"{share:g} % still on the new one"
        facts = [*facts[:-1], f"{facts[-1]}, {shared}"] if len(facts) > 1 else [*facts, shared]
    why = turned_because(scene)
    return (*facts, why) if why else tuple(facts)


def went_back(scene: Scene) -> str:
    """That the service went back a while ago, who did it and why; empty when it did not."""
    rollout = scene.rollout
    if (
        rollout is None
        or rollout.status is not RolloutStatus.ROLLBACK_SUCCESSFUL
        or rollout.finished_at is None
        or scene.at - rollout.finished_at > _TOLD
    ):
        return ""
    to = label_of(scene, scene.primary.id) if scene.primary else ""
    who = "ECS" if rollout.went_back_by_itself else scene.held_by or "somebody"
    line = f"{who} rolled back{f' to {to}' if to else ''} {_age(scene, rollout.finished_at)} ago"
    if who == scene.held_by:
        return line
    why = turned_because(scene)
    return f"{line} · {why}" if why else line


def turned_because(scene: Scene) -> str:
    """Why ECS went back, in few words; empty when nothing tells."""
    rollout = scene.rollout
    said = [rollout.rollback_reason, rollout.reason] if rollout else []
    said += [item.reason for item in scene.status.deployments if "rolling back" in item.reason]
    triggered = rollout.alarms.triggered if rollout and rollout.alarms else ()
    for text in filter(None, said):
        for part, words in _WORDS:
            if part in text.lower():
                return f"{_alarm(triggered)} went off" if part == "alarm" and triggered else words
        return text.strip().rstrip(".")
    return ""


def label_of(scene: Scene, deployment: str) -> str:
    """The version that a deployment runs, as people call it; empty when it is not known."""
    named = next((item.release for item in scene.status.deployments if item.id == deployment), None)
    return _version(scene, named)


def _version(scene: Scene, release: str | None) -> str:
    known = scene.observation.releases.get(release) if scene.observation and release else None
    return known.version.label if known else ""


def _age(scene: Scene, moment: datetime) -> str:
    return age((scene.at - moment).total_seconds())
