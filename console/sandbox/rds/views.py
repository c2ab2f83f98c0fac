"""Pictures of instances and snapshots, with the member names of the API."""

from typing import TYPE_CHECKING

from console.sandbox.rds.model import AVAILABLE, Instance, Json, Snapshot

if TYPE_CHECKING:
    from console.sandbox.account import Account

RESTORABLE_LAG_S = 300.0
"""How far point-in-time recovery lags behind (RDS user guide: within the last five minutes)."""


def instance(account: "Account", item: Instance) -> Json:
    """As DescribeDBInstances shows it; one that is being created has no endpoint yet."""
    host = f"{item.id}.{item.resource_id[3:15].lower()}.{account.region}.rds.amazonaws.com"
    now = account.world.now()
    return {
        "DBInstanceIdentifier": item.id,
        "DBInstanceClass": item.instance_class,
        "Engine": item.engine,
        "DBInstanceStatus": item.status,
        "MasterUsername": item.user,
        "DBName": item.database,
        "Endpoint": None if item.status == "creating" else {"Address": host, "Port": item.port},
        "AllocatedStorage": item.storage_gib,
        "InstanceCreateTime": None if item.status == "creating" else item.created_at,
        "PreferredBackupWindow": item.backup_window,
        "BackupRetentionPeriod": item.backup_days,
        "DBSecurityGroups": [],
        "VpcSecurityGroups": [
            {"VpcSecurityGroupId": group, "Status": "active"} for group in item.security_groups
        ],
        "DBParameterGroups": [
            {"DBParameterGroupName": item.parameter_group, "ParameterApplyStatus": "in-sync"}
        ],
        "AvailabilityZone": item.zone,
        "DBSubnetGroup": _subnet_group(item),
        "PreferredMaintenanceWindow": item.maintenance_window,
        "PendingModifiedValues": {"DBInstanceIdentifier": item.pending_id or None},
        "LatestRestorableTime": now - RESTORABLE_LAG_S if item.backup_days else None,
        "MultiAZ": item.multi_az,
        "EngineVersion": item.engine_version,
        "AutoMinorVersionUpgrade": True,
        "ReadReplicaDBInstanceIdentifiers": [],
        "LicenseModel": "postgresql-license",
        "OptionGroupMemberships": [
            {"OptionGroupName": f"default:{item.engine}-16", "Status": "in-sync"},
        ],
        "SecondaryAvailabilityZone": item.second_zone or None,
        "PubliclyAccessible": False,
        "StorageType": item.storage_type,
        "DbInstancePort": 0,
        "StorageEncrypted": item.encrypted,
        "DbiResourceId": item.resource_id,
        "CACertificateIdentifier": "rds-ca-rsa2048-g1",
        "CopyTagsToSnapshot": True,
        "MonitoringInterval": 0,
        "DBInstanceArn": item.arn,
        "IAMDatabaseAuthenticationEnabled": False,
        "PerformanceInsightsEnabled": False,
        "DeletionProtection": item.is_protected,
        "AssociatedRoles": [],
        "TagList": item.tags,
        "NetworkType": "IPV4",
        "BackupTarget": "region",
    }


def snapshot(account: "Account", item: Snapshot) -> Json:
    """As DescribeDBSnapshots shows it; it has a time of creation once it is whole."""
    now, of = account.world.now(), item.of
    is_whole = item.status(now) == AVAILABLE
    return {
        "DBSnapshotIdentifier": item.id,
        "DBInstanceIdentifier": of.id,
        "SnapshotCreateTime": item.begun_at if is_whole else None,
        "OriginalSnapshotCreateTime": item.begun_at if is_whole else None,
        "Engine": of.engine,
        "AllocatedStorage": of.storage_gib,
        "Status": item.status(now),
        "Port": of.port,
        "AvailabilityZone": of.zone,
        "VpcId": of.vpc or None,
        "InstanceCreateTime": of.created_at,
        "MasterUsername": of.user,
        "EngineVersion": of.engine_version,
        "LicenseModel": "postgresql-license",
        "SnapshotType": item.kind,
        "OptionGroupName": f"default:{of.engine}-16",
        "PercentProgress": item.percent(now),
        "StorageType": of.storage_type,
        "Encrypted": of.encrypted,
        "DBSnapshotArn": item.arn,
        "IAMDatabaseAuthenticationEnabled": False,
        "DbiResourceId": of.resource_id,
        "TagList": item.tags,
        "SnapshotTarget": "region",
    }


def _subnet_group(item: Instance) -> Json:
    return {
        "DBSubnetGroupName": item.subnet_group,
        "DBSubnetGroupDescription": item.subnet_group,
        "VpcId": item.vpc or None,
        "SubnetGroupStatus": "Complete",
        "Subnets": [
            {
                "SubnetIdentifier": subnet,
                "SubnetAvailabilityZone": {"Name": zone},
                "SubnetStatus": "Active",
            }
            for zone, subnet in item.subnets
        ],
    }
