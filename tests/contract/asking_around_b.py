"""Every operation around ECS that is not asked for elsewhere, asked once by boto3."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.contract.conftest import Sandbox


def ask_secrets(secrets: Any, parameters: Any) -> None:
    """What is known of secrets and parameters; a value is never handed out."""
    listed = secrets.list_secrets()["SecretList"]
    assert secrets.describe_secret(SecretId=listed[0]["Name"])["ARN"] == listed[0]["ARN"]
    with pytest.raises(ClientError, match="AccessDeniedException"):
        secrets.get_secret_value(SecretId=listed[0]["ARN"])
    assert parameters.describe_parameters()["Parameters"] == []


def ask_scans(ecr: Any) -> None:
    """A finished scan, one by hand, and a repository whose tags are fixed."""
    name = ecr.describe_repositories()["repositories"][0]["repositoryName"]
    image = {"imageTag": "good"}
    found = ecr.describe_image_scan_findings(repositoryName=name, imageId=image)
    assert found["imageScanFindings"]["findings"]
    assert ecr.start_image_scan(repositoryName=name, imageId=image)["imageScanStatus"]
    assert ecr.put_image_tag_mutability(repositoryName=name, imageTagMutability="IMMUTABLE")


def ask_databases(rds: Any, wait: Callable[[float], object]) -> None:
    """A snapshot, a restore beside the original, and the original out of the way."""
    name = rds.describe_db_instances()["DBInstances"][0]["DBInstanceIdentifier"]
    snapshot = rds.create_db_snapshot(DBSnapshotIdentifier="before", DBInstanceIdentifier=name)
    assert snapshot["DBSnapshot"]["Status"] == "creating"
    wait(900)
    assert rds.describe_db_snapshots(DBSnapshotIdentifier="before")["DBSnapshots"]
    restored = rds.restore_db_instance_from_db_snapshot(
        DBInstanceIdentifier=f"{name}-restored", DBSnapshotIdentifier="before"
    )
    assert restored["DBInstance"]["DBInstanceStatus"] == "creating"
    renamed = rds.modify_db_instance(
        DBInstanceIdentifier=name, NewDBInstanceIdentifier=f"{name}-old", ApplyImmediately=True
    )
    assert renamed["DBInstance"]["DBInstanceStatus"] == "renaming"
    assert rds.delete_db_snapshot(DBSnapshotIdentifier="before")["DBSnapshot"]["Status"] == "deleted"


def ask_network(ec2: Any) -> None:
    """The network of the tasks that are there."""
    (subnet, *_) = ec2.describe_subnets()["Subnets"]
    assert ec2.describe_subnets(SubnetIds=[subnet["SubnetId"]])["Subnets"] == [subnet]
    assert ec2.describe_security_groups()["SecurityGroups"]
    inside = [{"Name": "subnet-id", "Values": [subnet["SubnetId"]]}]
    assert ec2.describe_network_interfaces(Filters=inside)["NetworkInterfaces"]


def ask_around_b(sandbox: Sandbox, wait: Callable[[float], object]) -> None:
    """All of them."""
    ask_secrets(sandbox.client("secretsmanager"), sandbox.client("ssm"))
    ask_scans(sandbox.client("ecr"))
    ask_network(sandbox.client("ec2"))
    ask_databases(sandbox.client("rds"), wait)
