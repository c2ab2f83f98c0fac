"""Operations on instances."""

from dataclasses import replace
from typing import TYPE_CHECKING

from console.sandbox.rds import views
from console.sandbox.rds.model import AVAILABLE, DEFAULT_GROUP, DEFAULT_SECURITY_GROUP, Instance, Json
from console.sandbox.rds.requests import (
    INSTANCE_NAME,
    check_name,
    filtered,
    find_instance,
    find_snapshot,
    paged,
)
from console.sandbox.registry import AwsError, operation

if TYPE_CHECKING:
    from console.sandbox.account import Account

RESTORE_S = 420.0
"""From the call until a restored instance is available, in simulated seconds."""
RENAME_S = 70.0
_PLAIN = {
    "DBInstanceClass": "instance_class",
    "MultiAZ": "multi_az",
    "DBParameterGroupName": "parameter_group",
    "BackupRetentionPeriod": "backup_days",
    "PreferredBackupWindow": "backup_window",
    "PreferredMaintenanceWindow": "maintenance_window",
    "DeletionProtection": "is_protected",
    "VpcSecurityGroupIds": "security_groups",
    "DBSubnetGroupName": "subnet_group",
    "StorageType": "storage_type",
}
"""Parameter -> attribute that it sets."""
_RESTORED = {*_PLAIN, "DBInstanceIdentifier", "DBSnapshotIdentifier", "Port", "AvailabilityZone", "Tags"}
_IGNORED = {"AutoMinorVersionUpgrade", "CopyTagsToSnapshot", "PubliclyAccessible", "ApplyImmediately"}


@operation("rds")
def DescribeDBInstances(account: "Account", params: Json) -> Json:
    """By name or filter; a name that is not there is an error."""
    name = params.get("DBInstanceIdentifier")
    found = [find_instance(account, name)] if name else list(account.rds.instances.values())
    found = filtered(
        found,
        params.get("Filters") or (),
        {
            "db-instance-id": lambda item: item.id,
            "dbi-resource-id": lambda item: item.resource_id,
            "engine": lambda item: item.engine,
        },
    )
    shown, following = paged(found, params)
    return {"DBInstances": [views.instance(account, item) for item in shown], **following}


@operation("rds")
def RestoreDBInstanceFromDBSnapshot(account: "Account", params: Json) -> Json:
    """A new instance with the content of a snapshot, never in place.

    What is not given is not copied from the source: one zone, the default security, subnet and
    parameter groups (RDS user guide, restoring from a snapshot).

    Raises:
        AwsError: ``DBInstanceAlreadyExistsFault`` for the name of an instance that there is,
            ``DBSnapshotNotFoundFault``, ``InvalidDBSnapshotStateFault`` before it is whole.
    """
    _check_offered(params, _RESTORED)
    world, state = account.world, account.rds
    name = check_name("DBInstanceIdentifier", params["DBInstanceIdentifier"], INSTANCE_NAME)
    _check_free(account, name)
    snapshot = find_snapshot(account, params.get("DBSnapshotIdentifier") or "")
    if snapshot.status(world.now()) != AVAILABLE:
        raise AwsError("InvalidDBSnapshotStateFault", f"DBSnapshot {snapshot.id} is not available.")
    restored = replace(
        snapshot.of,
        id=name,
        arn=state.new_arn("db", name),
        resource_id=state.new_resource_id(name, world.now()),
        created_at=world.now(),
        status="creating",
        zone=params.get("AvailabilityZone") or snapshot.of.zone,
        port=params.get("Port") or snapshot.of.port,
        multi_az=False,
        security_groups=[DEFAULT_SECURITY_GROUP],
        subnet_group=DEFAULT_GROUP,
        parameter_group=f"default.{snapshot.of.engine}{snapshot.of.engine_version.partition('.')[0]}",
        is_protected=False,
        pending_id="",
        tags=params.get("Tags") or [],
    )
    _apply(restored, params)
    restored.second_zone = _second_zone(restored)
    state.add(restored)

    def done() -> None:
        restored.status, restored.created_at = AVAILABLE, world.now()

    world.after(RESTORE_S, done)
    return {"DBInstance": views.instance(account, restored)}


@operation("rds")
def ModifyDBInstance(account: "Account", params: Json) -> Json:
    """Change settings at once; a new name takes a while, during which the old one still answers.

    Raises:
        AwsError: ``DBInstanceAlreadyExistsFault``, ``InvalidDBInstanceStateFault``, and
            ``InvalidParameterCombination`` for a new name without ``ApplyImmediately``: renaming at the
            next maintenance window is not offered.
    """
    _check_offered(params, {*_PLAIN, "DBInstanceIdentifier", "NewDBInstanceIdentifier"})
    instance = find_instance(account, params["DBInstanceIdentifier"])
    if instance.status != AVAILABLE:
        raise AwsError(
            "InvalidDBInstanceStateFault",
            f"Database instance is not in available state: {instance.id} is {instance.status}.",
        )
    renamed = params.get("NewDBInstanceIdentifier")
    if renamed:
        renamed = check_name("NewDBInstanceIdentifier", renamed, INSTANCE_NAME)
        _check_free(account, renamed)
        if not params.get("ApplyImmediately"):
            raise AwsError(
                "InvalidParameterCombination", "A new identifier is only taken with ApplyImmediately here."
            )
    _apply(instance, params)
    instance.second_zone = _second_zone(instance)
    if renamed:
        instance.status, instance.pending_id = "renaming", renamed
        account.world.after(RENAME_S, lambda: _rename(account, instance))
    return {"DBInstance": views.instance(account, instance)}


def _rename(account: "Account", instance: Instance) -> None:
    """Let it go by its new name; its resource id stays."""
    state = account.rds
    del state.instances[instance.id]
    instance.id, instance.pending_id, instance.status = instance.pending_id, "", AVAILABLE
    instance.arn = state.new_arn("db", instance.id)
    state.add(instance)


def _check_free(account: "Account", name: str) -> None:
    taken = [item.pending_id for item in account.rds.instances.values()]
    if name in account.rds.instances or name in taken:
        raise AwsError("DBInstanceAlreadyExistsFault", "DB instance already exists")


def _check_offered(params: Json, offered: set[str]) -> None:
    unknown = sorted(set(params) - offered - _IGNORED)
    if unknown:
        raise AwsError("InvalidParameterCombination", f"The sandbox does not know {', '.join(unknown)} here.")


def _apply(instance: Instance, params: Json) -> None:
    for parameter, attribute in _PLAIN.items():
        if params.get(parameter) is not None:
            setattr(instance, attribute, params[parameter])


def _second_zone(instance: Instance) -> str:
    """Where the stand-by is: another zone of its subnets, if it has one at all."""
    others = [zone for zone, _ in instance.subnets if zone != instance.zone]
    return (others or [f"{instance.zone[:-1]}b"])[0] if instance.multi_az else ""
