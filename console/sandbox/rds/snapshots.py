"""Operations on snapshots."""

from typing import TYPE_CHECKING

from console.sandbox.rds import views
from console.sandbox.rds.model import AVAILABLE, Json, Snapshot
from console.sandbox.rds.requests import (
    SNAPSHOT_NAME,
    check_name,
    filtered,
    find_instance,
    find_snapshot,
    paged,
)
from console.sandbox.registry import AwsError, operation

if TYPE_CHECKING:
    from console.sandbox.account import Account

READY = (AVAILABLE, "storage-optimization")
"""Statuses of an instance in which it can be snapped (RDS user guide, creating a snapshot)."""
BASE_S, PER_GIB_S = 75.0, 1.5
"""How long a snapshot takes, in simulated seconds: a part for any, and one by size."""


@operation("rds")
def DescribeDBSnapshots(account: "Account", params: Json) -> Json:
    """By name, instance or kind; a name that is not there is an error, an empty list is not."""
    now, state = account.world.now(), account.rds
    name, instance = params.get("DBSnapshotIdentifier"), params.get("DBInstanceIdentifier")
    kind = params.get("SnapshotType")
    found = [find_snapshot(account, name)] if name else list(state.snapshots.values())
    if instance:
        found = [item for item in found if item.of.id == instance.rpartition(":db:")[2].lower()]
    if kind:
        found = [item for item in found if item.kind == kind]
    if params.get("DbiResourceId"):
        found = [item for item in found if item.of.resource_id == params["DbiResourceId"]]
    found = filtered(
        found,
        params.get("Filters") or (),
        {
            "db-instance-id": lambda item: item.of.id,
            "db-snapshot-id": lambda item: item.id,
            "dbi-resource-id": lambda item: item.of.resource_id,
            "snapshot-type": lambda item: item.kind,
            "engine": lambda item: item.of.engine,
            "status": lambda item: item.status(now),
        },
    )
    shown, following = paged(found, params)
    return {"DBSnapshots": [views.snapshot(account, item) for item in shown], **following}


@operation("rds")
def CreateDBSnapshot(account: "Account", params: Json) -> Json:
    """Begin one; the instance is backing up until it is whole.

    Raises:
        AwsError: ``DBSnapshotAlreadyExistsFault``, ``DBInstanceNotFoundFault``,
            ``InvalidDBInstanceStateFault`` while the instance does something else.
    """
    world, state = account.world, account.rds
    name = check_name("DBSnapshotIdentifier", params["DBSnapshotIdentifier"], SNAPSHOT_NAME)
    instance = find_instance(account, params["DBInstanceIdentifier"])
    if name in state.snapshots:
        raise AwsError(
            "DBSnapshotAlreadyExistsFault",
            f"Cannot create the snapshot because one with the identifier {name} already exists.",
        )
    if instance.status not in READY:
        raise AwsError(
            "InvalidDBInstanceStateFault",
            f"Cannot create a snapshot because the database instance {instance.id} is not currently in the "
            "available state.",
        )
    takes = BASE_S + PER_GIB_S * instance.storage_gib
    snapshot = state.snap(instance, name, world.seconds(takes))
    snapshot.tags = params.get("Tags") or []
    instance.status = "backing-up"

    def done() -> None:
        if instance.status == "backing-up":
            instance.status = AVAILABLE

    world.after(takes, done)
    return {"DBSnapshot": views.snapshot(account, snapshot)}


@operation("rds")
def DeleteDBSnapshot(account: "Account", params: Json) -> Json:
    """Delete a manual one that is whole (API reference, DeleteDBSnapshot)."""
    snapshot = find_snapshot(account, params["DBSnapshotIdentifier"])
    _check_deletable(account, snapshot)
    del account.rds.snapshots[snapshot.id]
    return {"DBSnapshot": {**views.snapshot(account, snapshot), "Status": "deleted"}}


def _check_deletable(account: "Account", snapshot: Snapshot) -> None:
    status = snapshot.status(account.world.now())
    if snapshot.kind != "manual" or status != AVAILABLE:
        raise AwsError(
            "InvalidDBSnapshotStateFault",
            f"Cannot delete the snapshot {snapshot.id}: it is {snapshot.kind} and {status}; only manual "
            "snapshots that are available can be deleted.",
        )
