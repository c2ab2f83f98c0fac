"""An AWS in which every check before an order passes."""

import json
from dataclasses import replace
from typing import Any

from console.aws.definitions import Definitions
from console.aws.images import Registry
from console.aws.preflight import Preflight
from console.aws.scans import Scans
from console.aws.tasks import Tasks
from console.config.settings import EnvironmentSettings
from console.domain.operation import Check
from console.domain.release import Release
from console.domain.service import ServiceStatus
from tests.builders import ACCOUNT, ECS_ARN
from tests.fakes import FakeClock
from tests.unit.scripted_aws import ScriptedAws, calls_on, describe_definitions, raw_definition
from tests.unit.scripted_aws import settings as usual

CALLER = {"Arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/ops/ada", "Account": ACCOUNT, "UserId": "x"}
TASKS = [f"{ECS_ARN}:task/rugmunch-production/{number:032x}" for number in (1, 2)]
SUBNETS = ("subnet-0a", "subnet-0b")


def manifest(*platforms: str) -> str:
    """An index for those platforms."""
    pairs = [dict(zip(("os", "architecture"), name.split("/"), strict=True)) for name in platforms]
    return json.dumps({"manifests": [{"platform": pair} for pair in pairs]})


def allowed(params: dict[str, Any], *denied: str) -> dict[str, Any]:
    """IAM's simulation: everything but those."""
    return {
        "EvaluationResults": [
            {"EvalActionName": name, "EvalDecision": "implicitDeny" if name in denied else "allowed"}
            for name in params["ActionNames"]
        ]
    }


def findings(**counts: int) -> dict[str, Any]:
    """A finished scan."""
    return {
        "imageScanStatus": {"status": "COMPLETE"},
        "imageScanFindings": {"findingSeverityCounts": counts},
    }


def free(*addresses: int) -> dict[str, Any]:
    """The two subnets, with so many free addresses each."""
    return {
        "Subnets": [
            {"SubnetId": name, "AvailableIpAddressCount": left}
            for name, left in zip(SUBNETS, addresses, strict=True)
        ]
    }


def in_order() -> ScriptedAws:
    """Everything as it should be."""
    aws = ScriptedAws()
    aws.on("ecs.DescribeTaskDefinition", describe_definitions(raw_definition()))
    aws.on("sts.GetCallerIdentity", CALLER)
    aws.on("ecs.ListTasks", {"taskArns": TASKS})
    nothing_in_the_way(aws)
    return aws


def nothing_in_the_way(aws: ScriptedAws) -> None:
    """What is asked about a service that is known already: image, network, quota, protection, rights."""
    aws.on("ecr.BatchGetImage", {"images": [{"imageManifest": manifest("linux/amd64")}], "failures": []})
    aws.on("ecr.DescribeImageScanFindings", findings(LOW=2))
    aws.on("iam.SimulatePrincipalPolicy", allowed)
    aws.on("ec2.DescribeSubnets", free(200, 90))
    aws.on("service-quotas.GetServiceQuota", {"Quota": {"Value": 100.0}})
    aws.on("cloudwatch.GetMetricData", {"MetricDataResults": [{"Id": "used", "Values": [12.0]}]})
    aws.on("ecs.GetTaskProtection", {"protectedTasks": [], "failures": []})
    aws.on("application-autoscaling.DescribeScalableTargets", {"ScalableTargets": []})


def placed(release: Release) -> Release:
    """The release in the two subnets."""
    return replace(release, settings={**release.settings, "subnets": ", ".join(SUBNETS)})


def preflight_checks(
    aws: ScriptedAws, target: Release, live: ServiceStatus, settings: EnvironmentSettings | None = None
) -> dict[str, Check]:
    """Every check by its name."""
    clock = FakeClock()
    calls = calls_on(aws, clock)
    preflight = Preflight(
        settings or usual(),
        calls,
        Definitions(calls),
        Registry(calls, clock),
        Scans(calls, clock),
        Tasks(calls, clock),
        clock,
    )
    return {check.name: check for check in preflight.checks(target, live)}
