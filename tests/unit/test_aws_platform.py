"""The platform put together: identity, observation, candidates; connections by environment."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from console.aws.connect import connect
from console.aws.platform import EcsPlatform
from console.config.settings import EnvironmentSettings, Settings
from console.errors import ConfigError, CredentialsError, UnknownVersionError
from console.operations.safe import Reading, judge
from tests.builders import (
    ACCOUNT,
    ADDRESS,
    GROUP,
    NEW_DEPLOYMENT,
    NEW_DIGEST,
    NEW_RELEASE,
    OLD_DEPLOYMENT,
    OLD_DIGEST,
    OLD_RELEASE,
    a_service,
    ago,
    an_observation,
)
from tests.fakes import FakeClock
from tests.unit.preflight_aws import nothing_in_the_way
from tests.unit.scripted_aws import (
    BALANCER,
    LISTENER,
    REPOSITORY,
    ScriptedAws,
    a_known_world,
    aws_error,
    calls_on,
    describe_revisions,
    forward,
    raw_revision,
    raw_rolling_service,
    settings,
)

ROLLOUT = {
    "status": "IN_PROGRESS",
    "createdAt": ago(60),
    "targetServiceRevision": {"arn": NEW_RELEASE},
    "sourceServiceRevisions": [{"arn": OLD_RELEASE}],
}


@pytest.fixture
def aws() -> ScriptedAws:
    scripted = ScriptedAws()
    a_known_world(scripted)
    scripted.on("ecs.DescribeServices", {"services": [raw_rolling_service()]})
    scripted.on(
        "ecs.DescribeServiceDeployments",
        lambda params: {
            "serviceDeployments": [
                {"serviceDeploymentArn": arn, **ROLLOUT} for arn in params["serviceDeploymentArns"]
            ]
        },
    )
    scripted.on("ecs.ListTasks", {"taskArns": ["arn:aws:ecs:us-east-1:1:task/c/1"]})
    task = {"taskArn": "arn:aws:ecs:us-east-1:1:task/c/1", "startedBy": NEW_DEPLOYMENT}
    scripted.on("ecs.DescribeTasks", {"tasks": [task]})
    target = {"Target": {"Id": "10.0.0.1", "Port": 80}, "TargetHealth": {"State": "healthy"}}
    scripted.on("elbv2.DescribeTargetHealth", {"TargetHealthDescriptions": [target]})
    group = {"TargetGroupArn": GROUP, "HealthCheckIntervalSeconds": 15, "LoadBalancerArns": [BALANCER]}
    scripted.on("elbv2.DescribeTargetGroups", {"TargetGroups": [group]})
    delay = {"Key": "deregistration_delay.timeout_seconds", "Value": "45"}
    scripted.on("elbv2.DescribeTargetGroupAttributes", {"Attributes": [delay]})
    scripted.on("elbv2.DescribeListeners", {"Listeners": [{"ListenerArn": LISTENER}]})
    scripted.on("elbv2.DescribeRules", {"Rules": [{"IsDefault": True, "Actions": [forward({GROUP: 1})]}]})
    scripted.on(
        "sts.GetCallerIdentity",
        {"Account": ACCOUNT, "Arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/ops/ada", "UserId": "x"},
    )
    return scripted


def platform_on(aws: ScriptedAws, with_settings: EnvironmentSettings | None = None) -> EcsPlatform:
    clock = FakeClock()
    return EcsPlatform(with_settings or settings(), calls_on(aws, clock), clock)


def test_a_service_is_observed_whole(aws: ScriptedAws) -> None:
    """Status, rollout, tasks, targets, and the releases of both deployments."""
    seen = platform_on(aws).observe(ADDRESS)
    assert seen.missing == {}
    assert seen.rollout is not None
    assert seen.rollout.target == NEW_RELEASE
    assert [task.deployment for task in seen.tasks] == [NEW_DEPLOYMENT]
    assert [target.group for target in seen.targets] == [GROUP]
    new, old = seen.release_of(NEW_DEPLOYMENT), seen.release_of(OLD_DEPLOYMENT)
    assert new is not None
    assert old is not None
    assert (new.version.label, old.version.label) == ("v1.4.3", "v1.4.2")
    assert (seen.health_check_s, seen.deregistration_s) == (15, 45)
    assert seen.routes == {GROUP: 100.0}


def test_the_second_look_costs_five_calls(aws: ScriptedAws) -> None:
    """Releases, definitions and labels are known then, and no task can have stopped."""
    platform = platform_on(aws)
    platform.observe(ADDRESS)
    aws.sent.clear()
    platform.observe(ADDRESS)
    assert aws.names() == [
        "ecs.DescribeServices",
        "ecs.DescribeServiceDeployments",
        "ecs.ListTasks",
        "ecs.DescribeTasks",
        "elbv2.DescribeTargetHealth",
    ]


@pytest.mark.parametrize(
    ("operation", "part"),
    [
        ("ecs.DescribeServiceDeployments", "rollout"),
        ("ecs.ListTasks", "tasks"),
        ("elbv2.DescribeTargetHealth", "targets"),
        ("elbv2.DescribeTargetGroupAttributes", "timing"),
        ("elbv2.DescribeListeners", "routes"),
        ("elbv2.DescribeRules", "routes"),
        ("ecs.DescribeServiceRevisions", "releases"),
    ],
)
def test_a_part_that_cannot_be_read_is_missing_with_its_reason(
    aws: ScriptedAws, operation: str, part: str
) -> None:
    """Never taken for empty, and no reason to lose the rest."""
    aws.on(operation, aws_error("AccessDeniedException", operation=operation.split(".")[1]))
    seen = platform_on(aws).observe(ADDRESS)
    assert list(seen.missing) == [part]
    assert "may not" in seen.missing[part]


def test_a_rule_that_sends_a_part_elsewhere_is_seen_with_one_target_group(aws: ScriptedAws) -> None:
    """Nothing is shifted there, and a tenth goes to a page that says sorry."""
    rule = {"Priority": "1", "Actions": [forward({GROUP: 9, "sorry": 1})]}
    aws.on("elbv2.DescribeRules", {"Rules": [rule]})
    seen = platform_on(aws).observe(ADDRESS)
    assert seen.routes == {GROUP: 90.0, "sorry": 10.0}
    found = judge(seen, frozenset({NEW_DEPLOYMENT}), 1, timedelta(seconds=40))
    assert "a listener rule sends 10 % to another target group" in found.why


def test_a_service_that_no_rule_leads_to_is_seen(aws: ScriptedAws) -> None:
    """Its rule answers by itself now; another service's is none of its business."""
    aws.on("elbv2.DescribeRules", {"Rules": [a_fixed_response(), {"Actions": [forward({"other": 1})]}]})
    seen = platform_on(aws).observe(ADDRESS)
    assert (seen.missing, seen.routes, seen.healthy_targets) == ({}, {GROUP: 0.0}, 0)
    found = judge(seen, frozenset({NEW_DEPLOYMENT}), 1, timedelta(seconds=40))
    assert "no listener rule routes to its target groups" in found.why


def a_fixed_response() -> dict[str, Any]:
    return {"IsDefault": True, "Actions": [{"Type": "fixed-response"}]}


def test_who_may_not_read_rules_is_told_the_permission(aws: ScriptedAws) -> None:
    """Not safe, and not unsafe either: everything else is well."""
    aws.on("elbv2.DescribeRules", aws_error("AccessDenied", operation="DescribeRules"))
    seen = platform_on(aws).observe(ADDRESS)
    whole = an_observation(missing=seen.missing)
    found = judge(whole, frozenset({OLD_DEPLOYMENT}), 2, timedelta(seconds=40))
    assert (found.reading, found.why) == (
        Reading.UNREAD,
        "listener rules could not be read: profile ops may not elasticloadbalancing:DescribeRules",
    )


def test_who_we_are_is_held_against_the_configured_account(aws: ScriptedAws) -> None:
    """The right commands in the wrong account are the worst mistake there is."""
    assert platform_on(aws).identity().session_name == "ada"
    with pytest.raises(CredentialsError, match="999999999999"):
        platform_on(aws, settings(account="999999999999")).identity()


def test_a_candidate_is_the_live_configuration_at_another_digest(aws: ScriptedAws) -> None:
    """Resolved now, named as people name it, and not registered anywhere yet."""
    platform = platform_on(aws)
    live = platform.releases(ADDRESS, [OLD_RELEASE])[OLD_RELEASE]
    found = platform.candidate(ADDRESS, live, "latest")
    assert (found.id, found.definition) == (None, None)
    assert found.digest == NEW_DIGEST
    assert found.version.label == "v1.4.3"
    assert found.configuration == live.configuration
    assert not found.same_as(live)
    assert platform.candidate(ADDRESS, live, OLD_DIGEST).same_as(live)


def test_a_candidate_changes_the_configured_containers_only(aws: ScriptedAws) -> None:
    """And one that is not there is an error of the configuration."""
    configured = settings()
    services = {"api": replace(configured.services["api"], containers=("proxy",))}
    platform = platform_on(aws, replace(configured, services=services))
    live = platform.releases(ADDRESS, [OLD_RELEASE])[OLD_RELEASE]
    with pytest.raises(ConfigError, match="no container proxy"):
        platform.candidate(ADDRESS, live, "latest")
    sidecar = replace(live.images[0], container="proxy", digest=OLD_DIGEST)
    found = platform.candidate(ADDRESS, replace(live, images=(*live.images, sidecar)), "latest")
    assert found.digests == {"api": OLD_DIGEST, "proxy": NEW_DIGEST}
    assert found.version == live.version


def test_a_version_that_nobody_pushed_makes_no_candidate(aws: ScriptedAws) -> None:
    """Found out before anything is registered."""
    platform = platform_on(aws)
    live = platform.releases(ADDRESS, [OLD_RELEASE])[OLD_RELEASE]
    with pytest.raises(UnknownVersionError):
        platform.candidate(ADDRESS, live, "v9.9.9")


def test_preflight_speaks_about_the_service_it_is_given(aws: ScriptedAws) -> None:
    """The port's method reaches the checks."""
    nothing_in_the_way(aws)
    platform = platform_on(aws)
    live = platform.releases(ADDRESS, [OLD_RELEASE])[OLD_RELEASE]
    found = platform.preflight(
        ADDRESS, live, a_service(desired=2, minimum_healthy_percent=100, maximum_percent=100)
    )
    assert [check.name for check in found if check.state.value == "fail"] == ["min / max percent"]
    around = {"scan", "secrets", "addresses", "quota", "task protection", "autoscaling", "credentials"}
    assert around <= {check.name for check in found}


def whole(tmp_path: Path, **environments: EnvironmentSettings) -> Settings:
    return Settings(
        path=tmp_path / "config.toml",
        journal=tmp_path / "journal.sqlite",
        cache=tmp_path,
        environments=environments,
    )


def door(connection: Any) -> Any:
    return connection.platform._calls


def test_connections_are_made_by_environment_and_share_what_may_be_shared(tmp_path: Path) -> None:
    """One budget per account and Region; one set of clients per access; read-only is an access of its own."""
    found = connect(
        whole(
            tmp_path,
            a=settings(),
            b=settings(name="staging"),
            c=settings(read_only=True),
            d=settings(region="x"),
        ),
        FakeClock(),
    )
    assert list(found) == ["a", "b", "c", "d"]
    assert door(found["a"]).clients is door(found["b"]).clients
    assert door(found["a"]).clients is not door(found["c"]).clients
    assert door(found["a"])._budget is door(found["c"])._budget
    assert door(found["a"])._budget is not door(found["d"])._budget


@pytest.mark.parametrize(
    ("other", "shares"),
    [
        ({"account": ACCOUNT}, True),
        ({"account": ACCOUNT, "profile": "other"}, True),
        ({"account": "", "profile": "other", "role_arn": f"arn:aws:iam::{ACCOUNT}:role/ops"}, True),
        ({"account": "", "profile": "ops"}, True),
        ({"account": "", "profile": "other"}, False),
        ({"account": "999999999999"}, False),
        ({"account": ACCOUNT, "region": "eu-west-1"}, False),
    ],
)
def test_a_budget_is_shared_exactly_within_one_account_and_region(
    tmp_path: Path, other: dict[str, str], shares: bool
) -> None:
    """By number, by the role's ARN, or by a profile whose account is named elsewhere."""
    access: dict[str, Any] = {key: value for key, value in other.items() if key in ("profile", "role_arn")}
    place = {name: value for name, value in other.items() if name not in access}
    second = replace(settings(**place), **access)
    found = connect(whole(tmp_path, a=settings(), b=second), FakeClock())
    assert (door(found["a"])._budget is door(found["b"])._budget) is shares


def test_a_registry_in_another_region_takes_from_the_budget_there(tmp_path: Path) -> None:
    """And the environment that lives there shares it."""
    found = connect(whole(tmp_path, a=settings(), b=settings(region="eu-west-1")), FakeClock())
    assert door(found["a"])._elsewhere("eu-west-1") is door(found["b"])._budget


def test_running_tasks_are_those_of_configured_services(aws: ScriptedAws) -> None:
    """Listed for the whole cluster; what others run there is nobody's here."""
    arns = [f"arn:aws:ecs:us-east-1:1:task/c/{number}" for number in range(3)]
    groups = ["service:rugmunch-api", "service:foreign", "family:batch"]
    aws.on("ecs.ListTasks", {"taskArns": arns})
    tasks = [{"taskArn": arn, "group": group} for arn, group in zip(arns, groups, strict=True)]
    aws.on("ecs.DescribeTasks", {"tasks": tasks})
    found = platform_on(aws).running_tasks([ADDRESS])
    assert {address: [task.id for task in tasks] for address, tasks in found.items()} == {ADDRESS: ["0"]}
    (listed,) = aws.params("ecs.ListTasks")
    assert "serviceName" not in listed
    assert listed["desiredStatus"] == "RUNNING"


@pytest.mark.parametrize(
    ("balanced", "containers", "label"),
    [("api", (), "v1.4.2"), ("", ("proxy",), "v1.4.3"), ("", (), "v1.4.2")],
)
def test_a_version_is_that_of_the_balanced_container_or_of_the_configured_one(
    aws: ScriptedAws, balanced: str, containers: tuple[str, ...], label: str
) -> None:
    """Else of the first; no task definition is read for it."""
    images = [
        {"containerName": name, "imageDigest": digest, "image": f"{REPOSITORY}:latest"}
        for name, digest in (("api", OLD_DIGEST), ("proxy", NEW_DIGEST))
    ]
    balancers = [{"containerName": balanced}] if balanced else []
    raw = raw_revision(containerImages=images, loadBalancers=balancers)
    aws.on("ecs.DescribeServiceRevisions", describe_revisions(raw))
    configured = settings()
    services = {"api": replace(configured.services["api"], containers=containers)}
    arn = OLD_RELEASE
    found = platform_on(aws, replace(configured, services=services)).versions([arn, arn + "99"])
    assert {key: version.label for key, version in found.items()} == {arn: label}
    assert "ecs.DescribeTaskDefinition" not in aws.names()


def test_connecting_touches_neither_boto3_nor_the_network() -> None:
    """It runs before the first frame."""
    import subprocess
    import sys

    code = "import sys, console.aws.connect; sys.exit('boto3' in sys.modules or 'botocore' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=60).returncode == 0
