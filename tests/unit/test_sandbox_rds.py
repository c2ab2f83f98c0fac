"""RDS of the sandbox: snapshots that take their time, restores that are never in place."""

from typing import Any

import pytest

from console.sandbox.rds import DatabaseSpec, stock
from console.sandbox.registry import AwsError
from console.sandbox.services import HANDLERS
from tests.unit.sandbox_world import START, Stage

DAY = 86_400.0


@pytest.fixture
def stage() -> Stage:
    """An account with the database ``main``: 20 GiB, two zones, a week of backups."""
    stage = Stage()
    stock(stage.account, DatabaseSpec("main", START - 90 * DAY, multi_az=True))
    return stage


def ask(stage: Stage, operation: str, **params: Any) -> dict[str, Any]:
    stage.world.advance()
    return HANDLERS["rds", operation](stage.account, params)


def code(stage: Stage, operation: str, **params: Any) -> str:
    with pytest.raises(AwsError) as refused:
        ask(stage, operation, **params)
    return refused.value.code


def instance(stage: Stage, name: str = "main") -> dict[str, Any]:
    found: dict[str, Any] = ask(stage, "DescribeDBInstances", DBInstanceIdentifier=name)["DBInstances"][0]
    return found


def snapshot(stage: Stage, name: str) -> dict[str, Any]:
    found: dict[str, Any] = ask(stage, "DescribeDBSnapshots", DBSnapshotIdentifier=name)["DBSnapshots"][0]
    return found


def take(stage: Stage, name: str = "before") -> dict[str, Any]:
    params = {"DBSnapshotIdentifier": name, "DBInstanceIdentifier": "main"}
    made: dict[str, Any] = ask(stage, "CreateDBSnapshot", **params)["DBSnapshot"]
    return made


def restore(stage: Stage, name: str, **params: Any) -> dict[str, Any]:
    answer = ask(
        stage,
        "RestoreDBInstanceFromDBSnapshot",
        DBInstanceIdentifier=name,
        DBSnapshotIdentifier="before",
        **params,
    )
    made: dict[str, Any] = answer["DBInstance"]
    return made


def test_a_snapshot_makes_progress_until_it_is_available(stage: Stage) -> None:
    """Its share only grows; the instance backs up meanwhile, and takes no second one."""
    assert take(stage)["PercentProgress"] == 0
    seen = []
    while snapshot(stage, "before")["Status"] == "creating":
        seen.append(snapshot(stage, "before")["PercentProgress"])
        assert instance(stage)["DBInstanceStatus"] == "backing-up"
        second = {"DBSnapshotIdentifier": "second", "DBInstanceIdentifier": "main"}
        assert code(stage, "CreateDBSnapshot", **second) == "InvalidDBInstanceStateFault"
        stage.wait(15)
    assert seen == sorted(seen)
    assert len(set(seen)) >= 3 and seen[-1] < 100
    assert snapshot(stage, "before")["PercentProgress"] == 100
    assert instance(stage)["DBInstanceStatus"] == "available"


def test_a_name_is_taken_once(stage: Stage) -> None:
    """So that a name made of the run cannot be mistaken for a fresh snapshot."""
    take(stage)
    stage.wait(600)
    again = {"DBSnapshotIdentifier": "BEFORE", "DBInstanceIdentifier": "main"}
    assert code(stage, "CreateDBSnapshot", **again) == "DBSnapshotAlreadyExistsFault"


@pytest.mark.parametrize("name", ["1st", "two--hyphens", "ends-", "under_score", "a" * 256])
def test_names_that_rds_refuses_are_refused(stage: Stage, name: str) -> None:
    """A letter first, letters, digits and single hyphens after it, 255 at most."""
    params = {"DBSnapshotIdentifier": name, "DBInstanceIdentifier": "main"}
    assert code(stage, "CreateDBSnapshot", **params) == "InvalidParameterValue"


def test_a_restore_never_takes_the_name_of_an_instance(stage: Stage) -> None:
    """And needs a snapshot that is there and whole."""
    take(stage)
    params = {"DBSnapshotIdentifier": "before", "DBInstanceIdentifier": "other"}
    assert code(stage, "RestoreDBInstanceFromDBSnapshot", **params) == "InvalidDBSnapshotStateFault"
    stage.wait(600)
    params["DBInstanceIdentifier"] = "main"
    assert code(stage, "RestoreDBInstanceFromDBSnapshot", **params) == "DBInstanceAlreadyExistsFault"
    params["DBSnapshotIdentifier"] = "nobody"
    params["DBInstanceIdentifier"] = "other"
    assert code(stage, "RestoreDBInstanceFromDBSnapshot", **params) == "DBSnapshotNotFoundFault"


def test_a_restore_is_a_new_instance_with_the_defaults_of_aws(stage: Stage) -> None:
    """One zone and default groups, unless they are given; no endpoint before it is available."""
    take(stage)
    stage.wait(600)
    made = restore(stage, "main-restored")
    assert made["Endpoint"] is None and made["MultiAZ"] is False
    assert [group["VpcSecurityGroupId"] for group in made["VpcSecurityGroups"]] != ["sg-1"]
    stage.wait(500)
    whole = instance(stage, "main-restored")
    assert whole["DBInstanceStatus"] == "available"
    assert whole["Endpoint"]["Address"] != instance(stage)["Endpoint"]["Address"]
    like = restore(stage, "main-alike", MultiAZ=True, VpcSecurityGroupIds=["sg-1"])
    assert like["MultiAZ"] is True and like["VpcSecurityGroups"][0]["VpcSecurityGroupId"] == "sg-1"


def test_a_renamed_instance_keeps_its_resource_id(stage: Stage) -> None:
    """The old name answers until it is done; the new one may not be taken meanwhile."""
    resource = instance(stage)["DbiResourceId"]
    rename = {"NewDBInstanceIdentifier": "main-old", "ApplyImmediately": True}
    changed = ask(stage, "ModifyDBInstance", DBInstanceIdentifier="main", **rename)["DBInstance"]
    assert changed["PendingModifiedValues"]["DBInstanceIdentifier"] == "main-old"
    assert code(stage, "ModifyDBInstance", DBInstanceIdentifier="main") == "InvalidDBInstanceStateFault"
    stage.wait(120)
    assert code(stage, "DescribeDBInstances", DBInstanceIdentifier="main") == "DBInstanceNotFoundFault"
    assert instance(stage, "main-old")["DbiResourceId"] == resource


def test_settings_that_the_sandbox_does_not_know_are_refused(stage: Stage) -> None:
    """Rather than silently left alone."""
    refused = code(stage, "ModifyDBInstance", DBInstanceIdentifier="main", AllocatedStorage=99)
    assert refused == "InvalidParameterCombination"
    ask(stage, "ModifyDBInstance", DBInstanceIdentifier="main", PreferredBackupWindow="05:00-06:00")
    assert instance(stage)["PreferredBackupWindow"] == "05:00-06:00"


def test_automated_snapshots_of_a_week_roll_on(stage: Stage) -> None:
    """One a day in the backup window, the oldest gone; they cannot be deleted by hand."""

    def automated() -> list[str]:
        found = ask(stage, "DescribeDBSnapshots", SnapshotType="automated")["DBSnapshots"]
        return [item["DBSnapshotIdentifier"] for item in found]

    before = automated()
    assert len(before) == 7
    stage.wait(2 * DAY, step=3600)
    assert automated()[:5] == before[2:]
    assert len(automated()) == 7
    deleted = code(stage, "DeleteDBSnapshot", DBSnapshotIdentifier=before[-1])
    assert deleted == "InvalidDBSnapshotStateFault"


def test_a_manual_snapshot_can_be_deleted_once_it_is_whole(stage: Stage) -> None:
    """Then it is not found any more."""
    take(stage)
    assert code(stage, "DeleteDBSnapshot", DBSnapshotIdentifier="before") == "InvalidDBSnapshotStateFault"
    stage.wait(600)
    gone = ask(stage, "DeleteDBSnapshot", DBSnapshotIdentifier="before")["DBSnapshot"]
    assert gone["Status"] == "deleted"
    assert code(stage, "DescribeDBSnapshots", DBSnapshotIdentifier="before") == "DBSnapshotNotFoundFault"


def test_filters_and_pages_are_those_of_rds(stage: Stage) -> None:
    """Known filters narrow, unknown ones are refused; a page has 20 to 100 rows."""
    by_name = [{"Name": "db-instance-id", "Values": ["main"]}]
    assert len(ask(stage, "DescribeDBInstances", Filters=by_name)["DBInstances"]) == 1
    by_colour = [{"Name": "colour", "Values": ["red"]}]
    assert code(stage, "DescribeDBInstances", Filters=by_colour) == "InvalidParameterValue"
    assert code(stage, "DescribeDBSnapshots", MaxRecords=5) == "InvalidParameterValue"
    for number in range(30):
        stage.account.rds.snap(stage.account.rds.instances["main"], f"s{number}", 1.0)
    first = ask(stage, "DescribeDBSnapshots", MaxRecords=20)
    rest = ask(stage, "DescribeDBSnapshots", MaxRecords=20, Marker=first["Marker"])
    assert len(first["DBSnapshots"]) + len(rest["DBSnapshots"]) == 37
    assert rest["Marker"] is None
