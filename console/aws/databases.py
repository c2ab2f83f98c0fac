"""Databases of RDS: their state, their windows, their snapshots."""

from typing import Any

from console.aws.calls import Answer, Calls, code_of
from console.domain.database import Database, DatabaseSnapshot
from console.domain.text import plain
from console.errors import QuarterdeckError

GONE = ("DBSnapshotNotFound", "DBSnapshotNotFoundFault", "DBInstanceNotFound", "DBInstanceNotFoundFault")


class Databases:
    """Reads one account's instances."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    def get(self, name: str) -> Database | None:
        """One instance with its snapshots, newest first; ``None`` where there is none of that name."""
        answer = described(self._calls, "DescribeDBInstances", DBInstanceIdentifier=name)
        raw = next(iter(answer.get("DBInstances", ())), None)
        if raw is None:
            return None
        kept = described(self._calls, "DescribeDBSnapshots", DBInstanceIdentifier=name)
        snapshots = [_snapshot(item) for item in kept.get("DBSnapshots", ())]
        return Database(
            name=name,
            state=plain(str(raw.get("DBInstanceStatus", ""))),
            endpoint=plain(str((raw.get("Endpoint") or {}).get("Address", ""))),
            backup_window=plain(str(raw.get("PreferredBackupWindow", ""))),
            maintenance_window=plain(str(raw.get("PreferredMaintenanceWindow", ""))),
            security_groups=tuple(
                str(item.get("VpcSecurityGroupId")) for item in raw.get("VpcSecurityGroups", ())
            ),
            snapshots=tuple(sorted(snapshots, key=lambda item: (item.at is not None, item.at), reverse=True)),
        )


def described(calls: Calls, operation: str, **params: Any) -> Answer:
    """What RDS says; nothing where it says that there is none of that name."""
    try:
        return calls.read("rds", operation, **params)
    except QuarterdeckError as error:
        if code_of(error) in GONE:
            return {}
        raise


def _snapshot(raw: Answer) -> DatabaseSnapshot:
    return DatabaseSnapshot(
        name=plain(str(raw.get("DBSnapshotIdentifier", ""))),
        at=raw.get("SnapshotCreateTime"),
        state=plain(str(raw.get("Status", ""))),
        automated=raw.get("SnapshotType") == "automated",
    )
