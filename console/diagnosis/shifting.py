"""A rollout that keeps old and new side by side, in words: its stage, its share of the traffic, its waits."""

from datetime import datetime, timedelta

from console.diagnosis.evidence import RECENT, Scene
from console.domain.rollout import CODE_DEPLOY, Deployment, Hook, Rollout
from console.domain.stages import stage_words
from console.domain.words import age, count, time_of_day

_SCALE_UP, _SHIFT, _BAKE, _CLEAN_UP = "SCALE_UP", "PRODUCTION_TRAFFIC_SHIFT", "BAKE_TIME", "CLEAN_UP"
_BEFORE_SHIFT = "PRE_PRODUCTION_TRAFFIC_SHIFT"
_READY, _KEPT = "READY_WAIT", "TERMINATION_WAIT"
_THEN = {
    "ROLLBACK": "then ECS rolls back",
    "CONTINUE": "then it goes on",
    "STOP": "then CodeDeploy stops",
}


def moving(scene: Scene) -> Rollout | None:
    """The rollout under way that shifts traffic; ``None`` where none does, or it was not read."""
    rollout = scene.rollout
    if rollout is None or rollout.status.is_over or not rollout.shifts:
        return None
    return rollout


def waiting(scene: Scene) -> Hook | None:
    """The hook at which the rollout waits for somebody; a rolling one may have such hooks too."""
    rollout = scene.rollout
    if rollout is None or rollout.status.is_over or rollout.status.is_going_back:
        return None
    return rollout.waiting


def pause(scene: Scene, hook: Hook) -> tuple[str, ...]:
    """Where the rollout waits, until when, and what happens then."""
    rollout = moving(scene)
    share = rollout.share if rollout else None
    where = stage_words(hook.stage).pause
    if hook.stage == _BEFORE_SHIFT:
        where = "before the next step" if share else "before the production traffic"
    facts = [f"waits for a decision {where}".rstrip()]
    then = _THEN.get(hook.on_timeout, "")
    if hook.expires_at is not None:
        left = (hook.expires_at - scene.at).total_seconds()
        facts.append(
            ", ".join(filter(None, (f"expires in {age(left)}" if left > 0 else "its time is up", then)))
        )
    return (*facts, *_share(share))


def facts(scene: Scene) -> tuple[str, ...]:
    """How far the shift is, in facts; empty where nothing is shifted or nothing tells."""
    if scene.status.controller != "ECS":
        return _by_other(scene)
    rollout = moving(scene)
    if rollout is None:
        return _by_status(scene)
    share, stage = rollout.share, rollout.stage
    if stage == _SCALE_UP:
        return (f"green starts: {_tasks(scene.primary)}",)
    if stage == _CLEAN_UP:
        return (_leaving(scene), *_share(share))
    if stage == _BAKE:
        return (_lasting("baking", rollout, rollout.bake_s, scene.at), *_share(share))
    if stage == _SHIFT and share is not None and share < 100:
        return (
            _lasting(f"green at {share:g} %", rollout, rollout.step_bake_s, scene.at),
            *_next(rollout, share),
        )
    if stage in (_SHIFT, _BEFORE_SHIFT):
        return _share(share) or ("production traffic moves to green",)
    return (stage_words(stage).fact or "old and new side by side", *_share(share))


def is_canary(scene: Scene) -> bool:
    """New and old share the production traffic."""
    rollout = moving(scene)
    return rollout is not None and rollout.share is not None and 0 < rollout.share < 100


def rests(scene: Scene) -> bool:
    """Nothing has to move now: a step or a bake lasts, or a hook runs. Where the stage is not known,
    a full set of tasks only waits for its traffic."""
    if scene.status.controller != "ECS":
        return True  # CodeDeploy itself gives up after an hour without a healthy task set
    rollout, primary = moving(scene), scene.primary
    if rollout is None:
        shifts = scene.status.strategy != "ROLLING" and scene.rollout is None
        return shifts and primary is not None and primary.running >= primary.desired
    if rollout.stage in (_SCALE_UP, _CLEAN_UP):
        return False
    if any(hook.waits or hook.status == "IN_PROGRESS" for hook in rollout.hooks):
        return True
    lasts = {_BAKE: rollout.bake_s, _SHIFT: rollout.step_bake_s}.get(rollout.stage, 0.0)
    began = rollout.updated_at
    return began is None or scene.at - began <= timedelta(seconds=lasts) + RECENT


def _by_status(scene: Scene) -> tuple[str, ...]:
    """Only counts are known: which of the stages it is in, they do not tell."""
    primary = scene.primary
    if scene.status.strategy == "ROLLING" or primary is None or scene.rollout is not None:
        return ()
    if primary.running < primary.desired:
        return (f"green starts: {_tasks(primary)}",)
    return (f"green is up, {_tasks(primary)}", "its stage is not known")


def _by_other(scene: Scene) -> tuple[str, ...]:
    """Task sets that another controller moves the traffic between."""
    rollout, green = moving(scene), scene.arriving
    by = "blue/green by CodeDeploy" if scene.status.controller == CODE_DEPLOY else "moved from outside ECS"
    if rollout is None or green is None:
        unread = ("its deployment cannot be read",) if scene.is_unread else ()
        return (f"{by}: {_sets(scene, green)}", *unread)
    share = rollout.share
    if rollout.stage == _KEPT:
        kept = f"blue is kept for {age(rollout.bake_s)}" if rollout.bake_s else "blue is kept"
        return (f"{by}: {kept}", *_share(share))
    if rollout.stage in ("", "Install") and green.running < green.desired:
        return (f"{by}: green starts, {_tasks(green)}",)
    if rollout.stage == "AllowTraffic" and share is not None:
        return (f"{by}: shifting, green at {share:g} %",)
    said = stage_words(rollout.stage).fact or "under way"
    return (f"{by}: {said}", *_share(share))


def _sets(scene: Scene, green: Deployment | None) -> str:
    """What the task sets alone tell: a second one that is younger than the PRIMARY arrives."""
    primary = scene.primary
    drains = [item for item in scene.status.deployments if item.status == "DRAINING"]
    if green is not None and primary is not None and green.id != primary.id:
        if green.running < green.desired:
            return f"green starts, {_tasks(green)}"
        return f"green is up, {_tasks(green)}, blue still is PRIMARY"
    if drains:
        return f"draining, {count(sum(item.running for item in drains), 'task')} left"
    if len(scene.status.deployments) > 1:
        return "green is PRIMARY, blue is kept"
    return f"starting, {_tasks(primary)}"


def _lasting(what: str, rollout: Rollout, lasts_s: float, at: datetime) -> str:
    """``baking 3 of 10 min``: a stage begins with the last change of the service deployment."""
    if not lasts_s or rollout.updated_at is None:
        return what
    gone = min(max(0.0, (at - rollout.updated_at).total_seconds()), lasts_s)
    joined = what if what == "baking" else f"{what} for"
    return f"{joined} {int(gone // 60)} of {lasts_s / 60:.0f} min"


def _next(rollout: Rollout, share: float) -> tuple[str, ...]:
    """``25 % at 03:19``; a canary has one step, and then all."""
    if rollout.updated_at is None or not rollout.step_percent:
        return ()
    after = 100.0 if rollout.strategy == "CANARY" else min(100.0, share + rollout.step_percent)
    due = rollout.updated_at + timedelta(seconds=rollout.step_bake_s)
    return (f"{after:g} % at {time_of_day(due)[:5]}",)


def _leaving(scene: Scene) -> str:
    left = sum(item.running for item in scene.status.deployments if not item.is_primary)
    return f"blue leaves: {count(left, 'task')} left" if left else "blue has left"


def _share(share: float | None) -> tuple[str, ...]:
    return () if share is None else (f"green at {share:g} %",)


def _tasks(deployment: Deployment | None) -> str:
    return f"{deployment.running} of {count(deployment.desired, 'task')}" if deployment else "no task"
