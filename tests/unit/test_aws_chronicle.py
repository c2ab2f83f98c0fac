"""What happened to a service beside its deploys."""

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from console.aws.chronicle import AwsChronicle
from console.aws.definitions import Definitions
from console.aws.services import Services
from console.config.data import DatabaseSettings
from console.domain.guard import Happens
from tests.builders import ADDRESS, NOW, ago
from tests.fakes import FakeClock
from tests.unit.scripted_aws import ScriptedAws, aws_error, calls_on, raw_definition, raw_service, settings

SECRET = "arn:aws:secretsmanager:us-east-1:482319607715:secret:rugmunch/db-a1b2c3"
_PLACE = {
    "ServiceNamespace": "ecs",
    "ResourceId": "service/rugmunch-production/rugmunch-api",
    "ScalableDimension": "ecs:service:DesiredCount",
}


def activity(at: datetime, description: str, status: str = "Successful") -> dict[str, Any]:
    return {
        **_PLACE,
        "ActivityId": description,
        "Description": description,
        "Cause": "alarm",
        "StartTime": at,
        "StatusCode": status,
    }


@pytest.fixture
def aws() -> ScriptedAws:
    scripted = ScriptedAws()
    definition = raw_definition()
    definition["containerDefinitions"][0]["secrets"] = [{"name": "URL", "valueFrom": SECRET}]
    scripted.on("ecs.DescribeServices", {"services": [raw_service()]})
    scripted.on("ecs.DescribeTaskDefinition", {"taskDefinition": definition})
    scripted.on("application-autoscaling.DescribeScalableTargets", {"ScalableTargets": []})
    scripted.on("secretsmanager.DescribeSecret", {"LastChangedDate": ago(9000), "CreatedDate": ago(90_000)})
    return scripted


def told(aws: ScriptedAws, *, database: str = "") -> list[tuple[Happens, str, datetime]]:
    calls, mine = calls_on(aws), settings()
    if database:
        api = replace(mine.services["api"], database=DatabaseSettings(database))
        mine = replace(mine, services={"api": api})
    chronicle = AwsChronicle(calls, Services(mine, calls), Definitions(calls), FakeClock())
    return [(item.kind, item.what, item.at) for item in chronicle.happenings(ADDRESS, ago(1800))]


def test_nothing_happened(aws: ScriptedAws) -> None:
    assert told(aws) == []


def test_scaling_that_was_carried_out_is_told_in_the_order_of_time(aws: ScriptedAws) -> None:
    target = {**_PLACE, "MinCapacity": 2, "MaxCapacity": 10, "RoleARN": "arn:r", "CreationTime": ago(90_000)}
    aws.on("application-autoscaling.DescribeScalableTargets", {"ScalableTargets": [target]})
    aws.on("application-autoscaling.DescribeScalingPolicies", {"ScalingPolicies": []})
    aws.on("application-autoscaling.DescribeScheduledActions", {"ScheduledActions": []})
    done = [
        activity(ago(60), "Setting desired count to 4."),
        activity(ago(300), "Setting desired count to 3."),
        activity(ago(30), "Setting desired count to 5.", "Failed"),
        activity(ago(7200), "Setting desired count to 2."),
    ]
    aws.on("application-autoscaling.DescribeScalingActivities", {"ScalingActivities": done})
    assert told(aws) == [
        (Happens.SCALING, "Setting desired count to 3", ago(300)),
        (Happens.SCALING, "Setting desired count to 4", ago(60)),
    ]


def test_a_rotated_secret_is_told_by_its_name(aws: ScriptedAws) -> None:
    aws.on("secretsmanager.DescribeSecret", {"LastChangedDate": ago(120), "CreatedDate": ago(90_000)})
    assert told(aws) == [(Happens.SECRET, "rugmunch/db", ago(120))]


def test_a_secret_that_was_only_made_was_not_rotated(aws: ScriptedAws) -> None:
    aws.on("secretsmanager.DescribeSecret", {"LastChangedDate": ago(120), "CreatedDate": ago(120)})
    assert told(aws) == []


@pytest.mark.parametrize(
    ("state", "is_told"), [("available", False), ("backing-up", False), ("stopped", True)]
)
def test_a_database_that_does_not_serve_is_told(aws: ScriptedAws, state: str, is_told: bool) -> None:
    aws.on("rds.DescribeDBInstances", {"DBInstances": [{"DBInstanceStatus": state}]})
    found = told(aws, database="rugmunch-db")
    assert found == ([(Happens.DEPENDENCY, f"database rugmunch-db ({state})", NOW)] if is_told else [])


def test_what_may_not_be_read_is_left_out(aws: ScriptedAws) -> None:
    aws.on("application-autoscaling.DescribeScalableTargets", aws_error("AccessDeniedException"))
    aws.on("secretsmanager.DescribeSecret", aws_error("AccessDeniedException"))
    aws.on("rds.DescribeDBInstances", {"DBInstances": [{"DBInstanceStatus": "stopped"}]})
    assert [kind for kind, _, _ in told(aws, database="rugmunch-db")] == [Happens.DEPENDENCY]


def test_a_service_that_cannot_be_read_has_no_history(aws: ScriptedAws) -> None:
    aws.on("ecs.DescribeServices", aws_error("AccessDeniedException"))
    assert told(aws) == []
