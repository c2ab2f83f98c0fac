"""What stands around a rollout: findings, secrets, addresses, quota, protection, autoscaling, database."""

from dataclasses import replace
from typing import Any

import pytest

from console.config.data import DatabaseSettings
from console.config.settings import EnvironmentSettings
from console.domain.operation import Check, CheckState
from console.domain.steps import Steps
from console.domain.windows import window
from tests.builders import ACCOUNT, NOW, OLD_DEFINITION, REGION, a_release, a_service
from tests.unit.preflight_aws import TASKS, findings, free, in_order, placed, preflight_checks
from tests.unit.scripted_aws import ScriptedAws, aws_error, describe_definitions, raw_definition, settings

SECRET = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:production/db/url-AbCdEf"
PARAMETER = f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter/production/jwt"
CURRENT = {"Name": "production/db/url", "VersionIdsToStages": {"1" * 32: ["AWSCURRENT"]}}
SCALABLE = {
    "ServiceNamespace": "ecs",
    "ResourceId": "service/rugmunch-production/rugmunch-api",
    "ScalableDimension": "ecs:service:DesiredCount",
    "RoleARN": f"arn:aws:iam::{ACCOUNT}:role/scaling",
    "CreationTime": NOW,
}
LINEAR = Steps("LINEAR", 25.0, 300.0, 86_400.0)


@pytest.fixture
def aws() -> ScriptedAws:
    """Everything as it should be."""
    return in_order()


def check(aws: ScriptedAws, name: str, configured: EnvironmentSettings | None = None, **status: Any) -> Check:
    target = placed(a_release(definition=OLD_DEFINITION))
    return preflight_checks(aws, target, a_service(**status), configured)[name]


def configured(**service: Any) -> EnvironmentSettings:
    found = settings()
    return replace(found, services={"api": replace(found.services["api"], **service)})


def with_secrets(aws: ScriptedAws, *references: str) -> None:
    definition = raw_definition()
    secrets = [{"name": f"KEY_{at}", "valueFrom": item} for at, item in enumerate(references)]
    definition["containerDefinitions"][0]["secrets"] = secrets
    aws.on("ecs.DescribeTaskDefinition", describe_definitions(definition))


# images


def test_critical_findings_are_shown_and_refused_only_where_that_is_configured(aws: ScriptedAws) -> None:
    aws.on("ecr.DescribeImageScanFindings", findings(CRITICAL=1, HIGH=3, LOW=9))
    shown = check(aws, "scan")
    assert (shown.state, shown.evidence) == (CheckState.UNKNOWN, "1 critical, 3 high")
    assert check(aws, "scan", configured(critical_findings="enforce")).state is CheckState.FAIL


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (aws_error("ScanNotFoundException"), "not scanned"),
        ({"imageScanStatus": {"status": "IN_PROGRESS"}}, "scanning"),
        ({"imageScanStatus": {"status": "UNSUPPORTED_IMAGE"}}, "cannot be scanned"),
    ],
)
def test_an_image_without_findings_is_not_clean(aws: ScriptedAws, answer: Any, words: str) -> None:
    """Even where critical ones are refused it is unknown, and not refused."""
    aws.on("ecr.DescribeImageScanFindings", answer)
    found = check(aws, "scan", configured(critical_findings="enforce"))
    assert (found.state, found.evidence) == (CheckState.UNKNOWN, words)


# secrets


def test_secrets_are_looked_up_by_name_and_no_value_is_asked_for(aws: ScriptedAws) -> None:
    with_secrets(aws, f"{SECRET}:password::", PARAMETER, "plain-name")
    aws.on("secretsmanager.DescribeSecret", CURRENT)
    aws.on("ssm.DescribeParameters", {"Parameters": [{"Name": "/production/jwt"}, {"Name": "plain-name"}]})
    assert check(aws, "secrets").evidence == "3 secrets there"
    assert aws.params("secretsmanager.DescribeSecret") == [{"SecretId": SECRET}]
    assert "secretsmanager.GetSecretValue" not in aws.names()


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        (aws_error("ResourceNotFoundException"), "does not exist"),
        ({**CURRENT, "DeletedDate": NOW}, "is deleted"),
        ({"VersionIdsToStages": {"1" * 32: ["AWSPENDING"]}}, "has no version AWSCURRENT"),
    ],
)
def test_a_secret_that_no_task_could_read_fails(aws: ScriptedAws, answer: Any, problem: str) -> None:
    with_secrets(aws, SECRET)
    aws.on("secretsmanager.DescribeSecret", answer)
    found = check(aws, "secrets")
    assert (found.state, found.evidence) == (CheckState.FAIL, f"production/db/url {problem}")


def test_a_parameter_that_is_not_there_fails_and_one_that_may_not_be_looked_up_is_amber(
    aws: ScriptedAws,
) -> None:
    with_secrets(aws, PARAMETER)
    aws.on("ssm.DescribeParameters", {"Parameters": []})
    found = check(aws, "secrets")
    assert (found.state, found.evidence) == (CheckState.FAIL, "/production/jwt does not exist")
    aws.on("ssm.DescribeParameters", aws_error("AccessDeniedException"))
    assert check(aws, "secrets").state is CheckState.UNKNOWN


# room


@pytest.mark.parametrize(
    ("left", "state"),
    [((0, 0), CheckState.FAIL), ((1, 0), CheckState.FAIL), ((2, 0), CheckState.UNKNOWN)],
)
def test_every_arriving_task_needs_an_address(
    aws: ScriptedAws, left: tuple[int, int], state: CheckState
) -> None:
    """Two arrive; one full subnet is amber, because its zone gets none."""
    aws.on("ec2.DescribeSubnets", free(*left))
    assert check(aws, "addresses").state is state


def test_a_deployment_that_shifts_traffic_needs_room_for_all_tasks_at_once(aws: ScriptedAws) -> None:
    """Whatever the maximum percent says."""
    rolling = check(aws, "addresses", desired=4, maximum_percent=125).evidence
    shifting = check(aws, "addresses", desired=4, maximum_percent=125, steps=LINEAR).evidence
    assert rolling.endswith("1 task arriving")
    assert shifting.endswith("4 tasks arriving")


def test_the_quota_has_to_hold_both_fleets(aws: ScriptedAws) -> None:
    aws.on("service-quotas.GetServiceQuota", {"Quota": {"Value": 12.5}})
    found = check(aws, "quota")
    assert (found.state, found.evidence) == (
        CheckState.FAIL,
        "12 of 12.5 vCPU in use by AWS's own count, 1 more arriving",
    )


def test_without_a_usage_metric_the_tasks_of_the_cluster_are_counted(aws: ScriptedAws) -> None:
    aws.on("cloudwatch.GetMetricData", {"MetricDataResults": [{"Id": "used", "Values": []}]})
    aws.on("ecs.DescribeTasks", {"tasks": [{"cpu": "512"}, {"cpu": "1024"}]})
    assert check(aws, "quota").evidence.startswith("1.5 of 100 vCPU in use counted in this cluster alone")


# the service


def test_protected_tasks_hold_a_rollout_up(aws: ScriptedAws) -> None:
    aws.on(
        "ecs.GetTaskProtection",
        {"protectedTasks": [{"taskArn": TASKS[0], "protectionEnabled": True, "expirationDate": NOW}]},
    )
    found = check(aws, "task protection")
    assert found.state is CheckState.UNKNOWN
    assert found.evidence == "1 of 2 tasks protected until 03:12:47 UTC: the rollout waits for them"


@pytest.mark.parametrize(
    ("target", "state", "words"),
    [
        ({"MinCapacity": 2, "MaxCapacity": 10}, CheckState.PASS, "between 2 and 10, 2 now"),
        ({"MinCapacity": 1, "MaxCapacity": 2}, CheckState.UNKNOWN, "2 is its maximum"),
        (
            {
                "MinCapacity": 1,
                "MaxCapacity": 9,
                "SuspendedState": {"DynamicScalingOutSuspended": True},
            },
            CheckState.UNKNOWN,
            "suspended: out",
        ),
    ],
)
def test_autoscaling_that_cannot_add_tasks_is_amber(
    aws: ScriptedAws, target: dict[str, Any], state: CheckState, words: str
) -> None:
    aws.on("application-autoscaling.DescribeScalableTargets", {"ScalableTargets": [SCALABLE | target]})
    found = check(aws, "autoscaling")
    assert found.state is state
    assert words in found.evidence


@pytest.mark.parametrize(
    ("operation", "name"),
    [
        ("ec2.DescribeSubnets", "addresses"),
        ("service-quotas.GetServiceQuota", "quota"),
        ("ecs.GetTaskProtection", "task protection"),
        ("application-autoscaling.DescribeScalableTargets", "autoscaling"),
        ("ecr.DescribeImageScanFindings", "scan"),
    ],
)
def test_what_may_not_be_read_is_amber(aws: ScriptedAws, operation: str, name: str) -> None:
    aws.on(operation, aws_error("AccessDeniedException", operation=operation.split(".")[1]))
    assert check(aws, name).state is CheckState.UNKNOWN


# the database


@pytest.mark.parametrize(
    ("instance", "own", "state", "words"),
    [
        ({"PreferredBackupWindow": "09:00-10:00"}, None, CheckState.PASS, "db is available"),
        (
            {"PreferredBackupWindow": "03:00-04:00"},
            None,
            CheckState.UNKNOWN,
            "backup window 03:00-04:00 UTC: now",
        ),
        ({"PreferredBackupWindow": "09:00-10:00"}, "03:40-04:00", CheckState.UNKNOWN, "begins in 27 min"),
        ({"DBInstanceStatus": "modifying"}, None, CheckState.UNKNOWN, "db is modifying"),
    ],
)
def test_a_database_in_its_hours_or_unwell_is_amber(
    aws: ScriptedAws, instance: dict[str, Any], own: str | None, state: CheckState, words: str
) -> None:
    """It is 03:12; what is configured goes before what RDS says."""
    raw = {"DBInstanceIdentifier": "db", "DBInstanceStatus": "available"} | instance
    aws.on("rds.DescribeDBInstances", {"DBInstances": [raw]})
    aws.on("rds.DescribeDBSnapshots", {"DBSnapshots": []})
    database = DatabaseSettings("db", backup=window(own) if own else None)
    found = check(aws, "database", configured(database=database))
    assert found.state is state
    assert words in found.evidence
