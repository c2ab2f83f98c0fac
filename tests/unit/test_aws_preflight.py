"""What can be proved before shipping, and what stays amber."""

from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import NoCredentialsError

from console.aws.preflight import bounds
from console.aws.standing import principal_of
from console.domain.operation import Check, CheckState
from console.domain.steps import Steps
from tests.builders import ACCOUNT, NOW, OLD_DEFINITION, a_release, a_service
from tests.unit.preflight_aws import allowed, in_order, manifest, placed, preflight_checks
from tests.unit.scripted_aws import (
    ScriptedAws,
    aws_error,
    describe_definitions,
    raw_definition,
    settings,
)


@pytest.fixture
def aws() -> ScriptedAws:
    """Everything as it should be."""
    return in_order()


def checks(aws: ScriptedAws, read_only: bool = False, **status: Any) -> dict[str, Check]:
    live = a_service(**({"breaker": True, "breaker_rolls_back": True} | status))
    return preflight_checks(
        aws, placed(a_release(definition=OLD_DEFINITION)), live, settings(read_only=read_only)
    )


def test_a_service_in_order_passes_every_check(aws: ScriptedAws) -> None:
    """What is proved of image, network, service and rights."""
    found = checks(aws)
    assert {check.state for check in found.values()} == {CheckState.PASS}
    assert set(found) == {
        "definition",
        "image",
        "platform",
        "scan",
        "execution role",
        "secrets",
        "addresses",
        "quota",
        "min / max percent",
        "task protection",
        "autoscaling",
        "circuit breaker",
        "credentials",
        "permission",
    }


def test_an_image_that_left_the_registry_fails(aws: ScriptedAws) -> None:
    """A lifecycle rule has removed the digest to go back to."""
    aws.on("ecr.BatchGetImage", {"images": [], "failures": []})
    assert checks(aws)["image"].state is CheckState.FAIL


def test_an_image_for_another_platform_fails(aws: ScriptedAws) -> None:
    """It would end in *exec format error*."""
    aws.on("ecr.BatchGetImage", {"images": [{"imageManifest": manifest("linux/arm64")}]})
    found = checks(aws)["platform"]
    assert found.state is CheckState.FAIL
    assert "linux/arm64" in found.evidence
    assert "linux/amd64" in found.evidence


def test_a_manifest_that_names_no_platform_is_amber(aws: ScriptedAws) -> None:
    """The image is there; what it is built for cannot be proved."""
    aws.on("ecr.BatchGetImage", {"images": [{"imageManifest": "{}"}]})
    found = checks(aws)
    assert (found["image"].state, found["platform"].state) == (CheckState.PASS, CheckState.UNKNOWN)


def test_a_registry_that_cannot_be_read_is_amber(aws: ScriptedAws) -> None:
    """With the reason."""
    aws.on("ecr.BatchGetImage", aws_error("AccessDeniedException", operation="BatchGetImage"))
    found = checks(aws)["image"]
    assert found.state is CheckState.UNKNOWN
    assert "ecr:BatchGetImage" in found.evidence


def test_a_deregistered_definition_can_be_registered_again(aws: ScriptedAws) -> None:
    """It is read anew, because only this part of it can change."""
    aws.on("ecs.DescribeTaskDefinition", describe_definitions(raw_definition(status="INACTIVE")))
    found = checks(aws)["definition"]
    assert found.state is CheckState.PASS
    assert "copy" in found.evidence


def test_a_missing_execution_role_fails_on_fargate(aws: ScriptedAws) -> None:
    """Nothing could be pulled."""
    definition = raw_definition()
    del definition["executionRoleArn"]
    aws.on("ecs.DescribeTaskDefinition", describe_definitions(definition))
    assert checks(aws)["execution role"].state is CheckState.FAIL
    definition["requiresCompatibilities"] = ["EC2"]
    assert checks(aws)["execution role"].state is CheckState.PASS


@pytest.mark.parametrize(
    ("desired", "minimum", "maximum", "state"),
    [
        (2, 100, 100, CheckState.FAIL),
        (3, 100, 125, CheckState.FAIL),
        (2, 75, 100, CheckState.FAIL),
        (4, 50, 100, CheckState.PASS),
        (3, 100, 134, CheckState.PASS),
        (0, 100, 100, CheckState.PASS),
    ],
)
def test_bounds_that_let_ecs_do_nothing_are_found(
    desired: int, minimum: int, maximum: int, state: CheckState
) -> None:
    """Floor is rounded up and ceiling down: 3 at 125 % starts none."""
    live = a_service(desired=desired, minimum_healthy_percent=minimum, maximum_percent=maximum)
    assert bounds(live).state is state


def test_a_breaker_that_is_off_is_advised(aws: ScriptedAws) -> None:
    """It does not block; alarms that roll back stand in for it."""
    assert checks(aws, breaker=False)["circuit breaker"].state is CheckState.UNKNOWN
    watched = checks(aws, breaker=False, steps=Steps(alarms=("api-5xx",)))["circuit breaker"]
    assert (watched.state, watched.evidence) == (CheckState.PASS, "off; api-5xx roll back")
    assert checks(aws, breaker_rolls_back=False)["circuit breaker"].state is CheckState.UNKNOWN


def test_a_denied_action_fails_and_is_named(aws: ScriptedAws) -> None:
    """Tested before it is needed."""
    aws.on("iam.SimulatePrincipalPolicy", lambda params: allowed(params, "ecs:UpdateService"))
    found = checks(aws)["permission"]
    assert found.state is CheckState.FAIL
    assert "ecs:UpdateService" in found.evidence


@pytest.mark.parametrize("code", ["AccessDenied", "NoSuchEntity", "UnknownOperationException"])
def test_a_permission_that_cannot_be_simulated_is_amber(aws: ScriptedAws, code: str) -> None:
    """Unknown is never green."""
    aws.on("iam.SimulatePrincipalPolicy", aws_error(code))
    found = checks(aws)["permission"]
    assert found.state is CheckState.UNKNOWN
    assert found.evidence.startswith("cannot be proved")


def test_a_read_only_environment_has_no_permission_and_is_not_asked(aws: ScriptedAws) -> None:
    """Its configuration says no."""
    assert checks(aws, read_only=True)["permission"].state is CheckState.FAIL
    assert "iam.SimulatePrincipalPolicy" not in aws.names()


def test_the_session_of_a_role_is_asked_for_as_the_role(aws: ScriptedAws) -> None:
    """IAM knows no sessions."""
    checks(aws)
    (params,) = aws.params("iam.SimulatePrincipalPolicy")
    assert params["PolicySourceArn"] == f"arn:aws:iam::{ACCOUNT}:role/ops"
    assert principal_of(f"arn:aws:iam::{ACCOUNT}:user/ada") == f"arn:aws:iam::{ACCOUNT}:user/ada"


@pytest.mark.parametrize(
    ("minutes", "state"), [(-1, CheckState.FAIL), (5, CheckState.UNKNOWN), (120, CheckState.PASS)]
)
def test_credentials_must_outlive_the_operation(aws: ScriptedAws, minutes: int, state: CheckState) -> None:
    """Those that end soon are amber, those that have ended fail, with the way to renew them."""
    aws.end = NOW + timedelta(minutes=minutes)
    found = checks(aws)["credentials"]
    assert found.state is state
    assert (found.remedy == aws.remedy) is (state is not CheckState.PASS)


def test_credentials_that_cannot_be_had_fail(aws: ScriptedAws, monkeypatch: pytest.MonkeyPatch) -> None:
    """A check, not a traceback."""

    def none() -> None:
        raise NoCredentialsError

    monkeypatch.setattr(aws, "expires_at", none)
    assert checks(aws)["credentials"].state is CheckState.FAIL


def test_an_unreadable_definition_leaves_the_other_checks_standing(aws: ScriptedAws) -> None:
    """What depends on it is not claimed."""
    aws.on("ecs.DescribeTaskDefinition", aws_error("AccessDeniedException"))
    found = checks(aws)
    assert found["definition"].state is CheckState.UNKNOWN
    assert "execution role" not in found
    assert found["min / max percent"].state is CheckState.PASS


def test_a_definition_that_was_deleted_fails(aws: ScriptedAws) -> None:
    """The release is remembered from an earlier run; nothing could be registered from it."""
    aws.on("ecs.DescribeTaskDefinition", aws_error("ClientException", "Unable to describe"))
    found = checks(aws)["definition"]
    assert found.state is CheckState.FAIL
    assert found.remedy == "choose another version"
