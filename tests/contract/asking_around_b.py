"""Every operation around ECS that is not asked for elsewhere, asked once by boto3."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from console.sandbox import codedeploy
from console.sandbox.elb import add_target_group
from tests.contract.conftest import Sandbox

STAGING = "fairtradeworker-api-staging"


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


def ask_codedeploy(sandbox: Sandbox, wait: Callable[[float], object]) -> None:
    """A service under CodeDeploy: a deployment that is stopped, and one that is hurried to its end."""
    sandbox.served.call(lambda: _hand_over(sandbox))
    client = sandbox.client("codedeploy")
    (application,) = client.list_applications()["applications"]
    assert client.get_application(applicationName=application)["application"]["computePlatform"] == "ECS"
    (name,) = client.list_deployment_groups(applicationName=application)["deploymentGroups"]
    names = {"applicationName": application, "deploymentGroupName": name}
    last = client.get_deployment_group(**names)["deploymentGroupInfo"]["lastSuccessfulDeployment"]
    content = client.get_deployment(deploymentId=last["deploymentId"])["deploymentInfo"]["revision"]
    first = client.create_deployment(**names, revision=content)["deploymentId"]
    wait(20)
    (target,) = client.list_deployment_targets(deploymentId=first)["targetIds"]
    assert client.get_deployment_target(deploymentId=first, targetId=target)["deploymentTarget"]
    stopped = client.stop_deployment(deploymentId=first, autoRollbackEnabled=True)
    assert stopped["status"] == "Succeeded"
    wait(600)
    second = client.create_deployment(**names, revision=content)["deploymentId"]
    wait(300)
    shown = sandbox.client("ecs").describe_services(cluster="fairtradeworker-cluster", services=[STAGING])
    assert len(shown["services"][0]["taskSets"]) == 2
    client.continue_deployment(deploymentId=second, deploymentWaitType="TERMINATION_WAIT")
    client.get_waiter("deployment_successful").wait(deploymentId=second)
    assert second in client.list_deployments(**names)["deployments"]
    assert len(client.batch_get_deployments(deploymentIds=[first, second])["deploymentsInfo"]) == 2
    got = client.batch_get_deployment_targets(deploymentId=second, targetIds=[target])
    assert got["deploymentTargets"][0]["ecsTarget"]["status"] == "Succeeded"


def _hand_over(sandbox: Sandbox) -> None:
    """Let CodeDeploy deploy the service of staging, which gets a second target group for it."""
    account = sandbox.account()
    service = account.ecs.clusters["fairtradeworker-cluster"].services[STAGING]
    entry = service.load_balancers[0]
    rules = [rule for listener in account.elb.listeners.values() for rule in listener.rules]
    entry["advancedConfiguration"] = {
        "alternateTargetGroupArn": add_target_group(account, "staging-2", 3000).arn,
        "productionListenerRule": next(
            rule.arn for rule in rules if rule.target_group == entry["targetGroupArn"]
        ),
    }
    codedeploy.hand_over(account, service)


def ask_live_tail(logs: Any) -> None:
    """The beginning of a session."""
    group = logs.describe_log_groups()["logGroups"][0]["logGroupArn"]
    stream = logs.start_live_tail(logGroupIdentifiers=[group])["responseStream"]
    assert next(iter(stream))["sessionStart"]["logGroupIdentifiers"] == [group]
    stream.close()


def ask_around_b(sandbox: Sandbox, wait: Callable[[float], object]) -> None:
    """All of them."""
    ask_secrets(sandbox.client("secretsmanager"), sandbox.client("ssm"))
    ask_scans(sandbox.client("ecr"))
    ask_network(sandbox.client("ec2"))
    ask_codedeploy(sandbox, wait)
    ask_databases(sandbox.client("rds"), wait)
    ask_live_tail(sandbox.client("logs"))
