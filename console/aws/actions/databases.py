"""Databases: a snapshot before a migration, and the guided way back from one."""

from collections.abc import Mapping
from typing import Any

from console.aws.actions.reach import Family, Reach, absent, done, failed, text, waiting
from console.aws.calls import Answer
from console.aws.databases import described
from console.domain.action import Action, ActionKind, ActionSight
from console.domain.text import plain


class Snapshot:
    """``database``, ``snapshot``: CreateDBSnapshot, until it is available."""

    def perform(self, reach: Reach, action: Action) -> Mapping[str, object]:
        reach.calls.write(
            "rds",
            "CreateDBSnapshot",
            DBInstanceIdentifier=text(action, "database"),
            DBSnapshotIdentifier=text(action, "snapshot"),
        )
        return {"snapshot": text(action, "snapshot")}

    def look(self, reach: Reach, action: Action, facts: Mapping[str, object]) -> ActionSight:
        name = text(action, "snapshot")
        answer = described(reach.calls, "DescribeDBSnapshots", DBSnapshotIdentifier=name)
        raw = next(iter(answer.get("DBSnapshots", ())), None)
        if raw is None:
            return absent(f"there is no snapshot {name}")
        state = plain(str(raw.get("Status", "")))
        if state == "available":
            return done(f"snapshot {name} is available")
        if state == "creating":
            return waiting(f"snapshot {name}: {raw.get('PercentProgress', 0)} % of it")
        return failed(f"snapshot {name} is {state}")


class Restore:
    """``snapshot``, ``source``, ``database``: a new instance from a snapshot, like the one that it stands
    in for. RDS never restores onto a name that exists (RDS user guide, restoring from a snapshot)."""

    def perform(self, reach: Reach, action: Action) -> Mapping[str, object]:
        like = _instance(reach, text(action, "source")) or {}
        reach.calls.write(
            "rds",
            "RestoreDBInstanceFromDBSnapshot",
            DBSnapshotIdentifier=text(action, "snapshot"),
            DBInstanceIdentifier=text(action, "database"),
            **_like(like),
        )
        return {"database": text(action, "database")}

    def look(self, reach: Reach, action: Action, facts: Mapping[str, object]) -> ActionSight:
        return _instance_sight(reach, text(action, "database"))


class Open:
    """``database``, ``security_groups``: ModifyDBInstance, so that the service reaches it."""

    def perform(self, reach: Reach, action: Action) -> Mapping[str, object]:
        groups = action.parameters.get("security_groups")
        reach.calls.write(
            "rds",
            "ModifyDBInstance",
            DBInstanceIdentifier=text(action, "database"),
            VpcSecurityGroupIds=list(groups) if isinstance(groups, list | tuple) else [],
            ApplyImmediately=True,
        )
        return {"database": text(action, "database")}

    def look(self, reach: Reach, action: Action, facts: Mapping[str, object]) -> ActionSight:
        raw = _instance(reach, text(action, "database"))
        wanted = action.parameters.get("security_groups")
        there = {str(item.get("VpcSecurityGroupId")) for item in (raw or {}).get("VpcSecurityGroups", ())}
        if isinstance(wanted, list | tuple) and not set(map(str, wanted)) <= there:
            said = f"security groups are {', '.join(sorted(there)) or 'none'}"
            return waiting(said) if facts else absent(said)
        return _instance_sight(reach, text(action, "database"))


def _instance_sight(reach: Reach, name: str) -> ActionSight:
    raw = _instance(reach, name)
    if raw is None:
        return absent(f"there is no database {name}")
    state = plain(str(raw.get("DBInstanceStatus", "")))
    endpoint = plain(str((raw.get("Endpoint") or {}).get("Address", "")))
    if state == "available":
        return done(f"{name} is available{' at ' + endpoint if endpoint else ''}", endpoint=endpoint)
    if state in ("failed", "incompatible-restore", "incompatible-network", "incompatible-parameters"):
        return failed(f"{name} is {state}")
    return waiting(f"{name} is {state}")


def _instance(reach: Reach, name: str) -> Answer | None:
    answer = described(reach.calls, "DescribeDBInstances", DBInstanceIdentifier=name)
    return next(iter(answer.get("DBInstances", ())), None)


def _like(instance: Answer) -> dict[str, Any]:
    """The members of a restore that make the new instance like the one it replaces."""
    params: dict[str, Any] = {}
    if (instance.get("DBSubnetGroup") or {}).get("DBSubnetGroupName"):
        params["DBSubnetGroupName"] = instance["DBSubnetGroup"]["DBSubnetGroupName"]
    groups = [str(item["VpcSecurityGroupId"]) for item in instance.get("VpcSecurityGroups", ())]
    if groups:
        params["VpcSecurityGroupIds"] = groups
    for name in ("MultiAZ", "PubliclyAccessible", "DBInstanceClass"):
        if name in instance:
            params[name] = instance[name]
    return params


DATABASES: Mapping[ActionKind, Family] = {
    ActionKind.SNAPSHOT: Snapshot(),
    ActionKind.RESTORE_DATABASE: Restore(),
    ActionKind.OPEN_DATABASE: Open(),
}
