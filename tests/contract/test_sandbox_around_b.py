"""Databases, networks and live logs of the sandbox, read by boto3 over HTTP."""

import time
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.contract.conftest import Sandbox, SandboxFactory

FLEET = "rugmunch"


@pytest.fixture
def sandbox(make_sandbox: SandboxFactory) -> Sandbox:
    """The fleet with a database, five hundred times as fast as life."""
    return make_sandbox(FLEET, speed=500)


def test_waiters_of_boto3_see_a_snapshot_and_a_restore_through(sandbox: Sandbox) -> None:
    """Both end by themselves; the snapshot's share is an integer on the way."""
    rds = sandbox.client("rds")
    (source,) = rds.describe_db_instances()["DBInstances"]
    name = source["DBInstanceIdentifier"]
    rds.create_db_snapshot(DBSnapshotIdentifier="before-it", DBInstanceIdentifier=name)
    often = {"Delay": 0.2, "MaxAttempts": 100}
    rds.get_waiter("db_snapshot_available").wait(DBSnapshotIdentifier="before-it", WaiterConfig=often)
    rds.restore_db_instance_from_db_snapshot(
        DBInstanceIdentifier=f"{name}-restored", DBSnapshotIdentifier="before-it"
    )
    rds.get_waiter("db_instance_available").wait(DBInstanceIdentifier=f"{name}-restored", WaiterConfig=often)
    restored = rds.describe_db_instances(DBInstanceIdentifier=f"{name}-restored")["DBInstances"][0]
    assert restored["Endpoint"]["Port"] == source["Endpoint"]["Port"]


def test_faults_of_rds_arrive_under_the_names_that_boto3_models(sandbox: Sandbox) -> None:
    """So that a client can catch them by class."""
    rds = sandbox.client("rds")
    with pytest.raises(rds.exceptions.DBInstanceNotFoundFault):
        rds.describe_db_instances(DBInstanceIdentifier="nobody")
    with pytest.raises(rds.exceptions.DBSnapshotNotFoundFault):
        rds.describe_db_snapshots(DBSnapshotIdentifier="nobody")


def test_free_addresses_follow_the_tasks_of_a_subnet(sandbox: Sandbox) -> None:
    """A service of two more tasks in two subnets takes one address more of each."""
    ec2, ecs = sandbox.client("ec2"), sandbox.client("ecs")
    before = {item["SubnetId"]: item["AvailableIpAddressCount"] for item in ec2.describe_subnets()["Subnets"]}
    subnets: Any = [{"Name": "vpc-id", "Values": ["vpc-*"]}]
    assert len(ec2.describe_subnets(Filters=subnets)["Subnets"]) == len(before)
    (service,) = ecs.describe_services(cluster="rugmunch-cluster", services=["rugmunch-api"])["services"]
    ecs.create_service(
        cluster="rugmunch-cluster",
        serviceName="more",
        taskDefinition=service["taskDefinition"],
        desiredCount=2,
        networkConfiguration=service["networkConfiguration"],
    )
    often = {"Delay": 0.2, "MaxAttempts": 50}
    ecs.get_waiter("services_stable").wait(cluster="rugmunch-cluster", services=["more"], WaiterConfig=often)
    after = {item["SubnetId"]: item["AvailableIpAddressCount"] for item in ec2.describe_subnets()["Subnets"]}
    assert after == {name: count - 1 for name, count in before.items()}


def test_a_subnet_that_is_not_there_is_an_error_in_the_form_of_ec2(sandbox: Sandbox) -> None:
    """Code and message arrive, in the protocol's own envelope."""
    with pytest.raises(ClientError) as refused:
        sandbox.client("ec2").describe_subnets(SubnetIds=["subnet-nobody"])
    error = refused.value.response["Error"]
    assert error["Code"] == "InvalidSubnetID.NotFound"
    assert "subnet-nobody" in error["Message"]


def test_the_interface_of_a_task_is_found_by_the_id_that_ecs_names(sandbox: Sandbox) -> None:
    """With the task's address and subnet."""
    ecs = sandbox.client("ecs")
    (arn, *_) = ecs.list_tasks(cluster="rugmunch-cluster")["taskArns"]
    (task,) = ecs.describe_tasks(cluster="rugmunch-cluster", tasks=[arn])["tasks"]
    details = {item["name"]: item["value"] for item in task["attachments"][0]["details"]}
    found = sandbox.client("ec2").describe_network_interfaces(
        NetworkInterfaceIds=[details["networkInterfaceId"]]
    )["NetworkInterfaces"][0]
    assert found["PrivateIpAddress"] == details["privateIPv4Address"]
    assert found["SubnetId"] == details["subnetId"]


def test_boto3_tails_a_group_live(make_sandbox: SandboxFactory) -> None:
    """The session's start, then an update a second; a session that is left makes room for others."""
    sandbox = make_sandbox(FLEET)
    logs = sandbox.client("logs")
    group = logs.describe_log_groups(logGroupNamePrefix="/ecs/rugmunch-api")["logGroups"][0]["logGroupArn"]
    stream = logs.start_live_tail(logGroupIdentifiers=[group])["responseStream"]
    events = iter(stream)
    assert next(events)["sessionStart"]["logGroupIdentifiers"] == [group]
    assert next(events)["sessionUpdate"]["sessionMetadata"] == {"sampled": False}
    assert len(sandbox.account(FLEET).logs.tails) == 1
    assert logs.describe_log_groups()["logGroups"]
    stream.close()
    until = time.monotonic() + 60
    while sandbox.account(FLEET).logs.tails and time.monotonic() < until:
        time.sleep(0.05)
    assert not sandbox.account(FLEET).logs.tails
