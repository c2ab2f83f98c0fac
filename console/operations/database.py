"""The guided way back of a database: each step observed, and nothing that cannot be taken back before a
person has led the service to the restored instance.

RDS never restores onto a name that exists (RDS user guide, restoring from a snapshot): the old instance
stays as it is until somebody deletes it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from console.config.data import DatabaseSettings
from console.config.settings import Settings
from console.domain.action import Action, ActionKind
from console.domain.database import Database, DatabaseSnapshot
from console.domain.operation import Check, CheckState, OperationRecord, Plan, Verb
from console.domain.release import Release
from console.domain.wish import Wish
from console.domain.words import age
from console.errors import RefusedError
from console.operations.bearings import Bearings, in_place
from console.operations.drain import SUSPENDABLE, found_there
from console.operations.performer import smoke_action
from console.operations.rollback import plan_rollback
from console.ports import Clock


def plan_restore(
    bearings: Bearings,
    wish: Wish,
    operations: Sequence[OperationRecord],
    drained: Mapping[str, object] | None,
    settings: Settings,
    clock: Clock,
) -> Plan:
    """The plan to bring a snapshot back: into a new instance, with the application off meanwhile.

    Args:
        wish: ``snapshot``, empty: the newest usable one taken by hand or before a migration, else the
            newest; ``database``: the new instance's name; ``to``: the version to start, as for a
            rollback; the live one by its label.
        drained: What there was before, where the service is off already.

    Raises:
        RefusedError: without a database, without a usable snapshot, while a rollout is under way, or
            when nobody knows how many tasks ran before.
    """
    configured = bearings.settings.database
    if configured is None:
        raise RefusedError(
            f"{bearings.address} has no database", "configure its database: the instance's name"
        )
    if bearings.in_flight is not None:
        raise RefusedError(
            f"{bearings.address}: a rollout is under way", f"first: quarterdeck rollback {bearings.address}"
        )
    old = bearings.platform.database(configured.name)
    if old is None:
        raise RefusedError(f"there is no database {configured.name}", "correct database.name")
    snapshot = _snapshot(old, wish.snapshot)
    new = wish.database or f"{configured.name}-restored"
    standing = bearings.platform.database(new)
    if standing is not None:
        raise RefusedError(
            f"{new} exists already, and RDS restores onto no name that exists",
            "choose another with --database NAME",
        )
    before = _before(bearings, wish, drained)
    target, proven, doubt = _version(bearings, wish, operations, settings, clock)
    actions = _actions(bearings, configured, old, snapshot, new, target, before)
    effect = f"{snapshot.name} serves from {new}, on {target.version.label}"
    plan = in_place(bearings, Verb.RESTORE, effect, actions, settings, clock, before)
    return replace(
        plan,
        target=target,
        proven=proven,
        doubt=doubt,
        checks=(_freshness(snapshot, clock),),
        remarks=_remarks(bearings, old, snapshot),
    )


def _snapshot(database: Database, wanted: str) -> DatabaseSnapshot:
    usable = [item for item in database.snapshots if item.is_usable]
    if wanted:
        found = [item for item in usable if item.name == wanted]
        if not found:
            there = ", ".join(item.name for item in usable[:5]) or "none"
            raise RefusedError(f"{database.name} has no usable snapshot {wanted}", f"usable: {there}")
        return found[0]
    if not usable:
        raise RefusedError(f"{database.name} has no usable snapshot", "look at its automated backups in RDS")
    return next((item for item in usable if not item.automated), usable[0])


def _before(bearings: Bearings, wish: Wish, drained: Mapping[str, object] | None) -> Mapping[str, object]:
    """Counts and suspensions as they were: now, or before whatever turned it off."""
    now = found_there(bearings)
    desired = now["desired"]
    if not desired and drained is not None:
        now, desired = dict(drained), drained.get("desired")
    if wish.desired is not None:
        desired = wish.desired
    if not desired:
        raise RefusedError(
            f"{bearings.address}: desired is 0, and nobody knows what ran before", "say it with --desired N"
        )
    return {**now, "desired": desired}


def _version(
    bearings: Bearings, wish: Wish, operations: Sequence[OperationRecord], settings: Settings, clock: Clock
) -> tuple[Release, bool, str]:
    """What is started: the version that a rollback would go to, unless the live one is asked for."""
    live = bearings.live
    if wish.to and wish.to in (live.version.label, live.digest):
        return live, True, ""
    wanted = Wish(Verb.ROLLBACK, wish.address, to=wish.to)
    found = plan_rollback(bearings, wanted, operations, settings, clock)
    return found.target, found.proven, found.doubt


def _actions(
    bearings: Bearings,
    configured: DatabaseSettings,
    old: Database,
    snapshot: DatabaseSnapshot,
    new: str,
    target: Release,
    before: Mapping[str, object],
) -> tuple[Action, ...]:
    address, desired = bearings.address, before["desired"]
    back = f"undrain brings back {desired}, on {old.name} as it is"
    return (
        *_stopping(bearings, back),
        Action(
            ActionKind.RESTORE_DATABASE,
            f"restore {snapshot.name} to the new instance {new}",
            {"snapshot": snapshot.name, "source": old.name, "database": new},
            undo=f"delete {new}; {back}",
        ),
        Action(
            ActionKind.OPEN_DATABASE,
            f"security groups of {new}, so that the service reaches it",
            {
                "database": new,
                "security_groups": list(configured.security_groups or old.security_groups),
            },
            undo=f"delete {new}; {back}",
        ),
        Action(
            ActionKind.ASK,
            f"lead {address} to {new}: {configured.repoint or 'its DNS record or its secret'}",
            {"question": "repointed", "database": new},
            undo=f"lead it back to {old.name}; {back}",
        ),
        Action(
            ActionKind.ASK,
            f"test {new}: it can be reached, and holds what it should",
            {"question": "tested", "database": new},
            undo=f"lead it back to {old.name}; {back}",
        ),
        *_starting(bearings, target, before, old, new),
    )


def _stopping(bearings: Bearings, back: str) -> list[Action]:
    scaling = bearings.platform.scaling(bearings.address)
    status = bearings.observation.status
    actions: list[Action] = []
    if scaling is not None and set(scaling.suspended) != set(SUSPENDABLE):
        said = "autoscaling suspended, so that it does not bring the tasks back"
        actions.append(Action(ActionKind.SUSPEND_SCALING, said, undo="undrain resumes it"))
    if status.desired:
        said = f"desired {status.desired} -> 0: 0 serving, nothing writes"
        actions.append(Action(ActionKind.SET_DESIRED, said, {"desired": 0}, undo=back))
    return actions


def _starting(
    bearings: Bearings, target: Release, before: Mapping[str, object], old: Database, new: str
) -> list[Action]:
    """The release first, while nothing runs; then the count, and who may change it again."""
    live, desired = bearings.live, before["desired"]
    actions: list[Action] = []
    if not target.same_as(live):
        actions.append(
            Action(
                ActionKind.SHIP,
                f"{live.version.label} -> {target.version.label}, while nothing runs",
                {
                    "definition": target.definition or live.definition or bearings.basis.definition,
                    "images": dict(target.digests),
                    "release": target.id,
                    "deployment": bearings.basis.deployment,
                },
                undo=f"quarterdeck deploy {bearings.address} --version {live.version.label}",
            )
        )
    actions.append(
        Action(
            ActionKind.SET_DESIRED,
            f"desired 0 -> {desired}, as before: it writes to {new} from now on",
            {"desired": desired},
            undo=f"drain, and lead it back to {old.name}: what was written since stays in {new}",
            irreversible=True,
        )
    )
    said = f"{desired} of {desired} healthy on {new}"
    actions.append(Action(ActionKind.WAIT_HEALTHY, said, undo=f"drain, and lead it back to {old.name}"))
    kept = before.get("suspended")
    was = {str(part) for part in kept} if isinstance(kept, list | tuple) else set()
    if bearings.platform.scaling(bearings.address) is not None:
        said = (
            f"autoscaling as before: {'suspended ' + ', '.join(sorted(was)) if was else 'nothing suspended'}"
        )
        actions.append(Action(ActionKind.RESUME_SCALING, said, {part: part in was for part in SUSPENDABLE}))
    tried = smoke_action(bearings.settings, reading=True)
    return [*actions, tried] if tried is not None else actions


def _freshness(snapshot: DatabaseSnapshot, clock: Clock) -> Check:
    if snapshot.at is None:
        return Check("snapshot", CheckState.UNKNOWN, f"{snapshot.name}: nobody says when it was taken")
    old = (clock.now() - snapshot.at).total_seconds()
    kind = "automated" if snapshot.automated else "by hand or before a migration"
    return Check("snapshot", CheckState.PASS, f"{snapshot.name}, {age(old)} old, {kind}")


def _remarks(bearings: Bearings, old: Database, snapshot: DatabaseSnapshot) -> tuple[str, ...]:
    others = ", ".join(item.name for item in old.snapshots if item.is_usable and item.name != snapshot.name)
    lost = (
        f"what was written since {snapshot.at:%d %b %H:%M} UTC" if snapshot.at else "what was written since"
    )
    said = [
        f"an outage from the first step to the last; {lost} is not in the snapshot, and stays in {old.name}",
        f"{old.name} is not touched: until the service is led elsewhere, everything can be taken back",
    ]
    if others:
        said.append(f"other snapshots: {others[:200]}")
    return tuple(said)
