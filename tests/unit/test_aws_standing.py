"""What we may do here: said before it is needed, and unknown where it cannot be told."""

from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import NoCredentialsError

from console.aws.standing import Rights
from console.errors import CredentialsError
from tests.builders import ACCOUNT, NOW
from tests.fakes import FakeClock
from tests.unit.scripted_aws import ScriptedAws, aws_error, calls_on, settings


def judged(*denied: str) -> Any:
    return lambda params: {
        "EvaluationResults": [
            {"EvalActionName": name, "EvalDecision": "explicitDeny" if name in denied else "allowed"}
            for name in params["ActionNames"]
        ]
    }


@pytest.fixture
def aws() -> ScriptedAws:
    scripted = ScriptedAws()
    caller = {"Arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/ops/ada", "Account": ACCOUNT, "UserId": "x"}
    scripted.on("sts.GetCallerIdentity", caller)
    scripted.on("iam.SimulatePrincipalPolicy", judged())
    scripted.on("iam.ListAccountAliases", {"AccountAliases": ["fleet-production"]})
    return scripted


def rights_on(aws: ScriptedAws, read_only: bool = False) -> Rights:
    return Rights(settings(read_only=read_only), calls_on(aws), FakeClock())


def test_alias_permission_and_the_end_of_the_credentials(aws: ScriptedAws) -> None:
    """The alias is asked for once."""
    aws.end = NOW + timedelta(hours=1)
    rights = rights_on(aws)
    found = rights.standing()
    assert (found.at, found.account_name) == (NOW, "fleet-production")
    assert (found.may_write, found.because) == (True, "")
    assert found.credentials_end == aws.end
    rights.standing()
    assert aws.names().count("iam.ListAccountAliases") == 1


def test_a_read_only_environment_may_not_write_and_nobody_is_asked(aws: ScriptedAws) -> None:
    """Its configuration says so."""
    found = rights_on(aws, read_only=True).standing()
    assert (found.may_write, found.because) == (False, "configured read-only")
    assert "iam.SimulatePrincipalPolicy" not in aws.names()


def test_what_is_denied_is_named(aws: ScriptedAws) -> None:
    """The missing permission, not a shrug."""
    aws.on("iam.SimulatePrincipalPolicy", judged("ecs:UpdateService"))
    found = rights_on(aws).standing()
    assert found.may_write is False
    assert "ecs:UpdateService" in found.because


def test_what_may_not_be_asked_is_unknown_with_the_reason(aws: ScriptedAws) -> None:
    """Never taken for a yes."""
    denied = aws_error("AccessDenied", operation="SimulatePrincipalPolicy")
    aws.on("iam.SimulatePrincipalPolicy", denied)
    aws.on("iam.ListAccountAliases", aws_error("AccessDenied", operation="ListAccountAliases"))
    found = rights_on(aws).standing()
    assert found.may_write is None
    assert "iam:SimulatePrincipalPolicy" in found.because
    assert found.account_name == ""


def test_broken_credentials_are_no_standing_at_all(aws: ScriptedAws, monkeypatch: pytest.MonkeyPatch) -> None:
    """They raise, with the way to renew them."""

    def none() -> None:
        raise NoCredentialsError

    monkeypatch.setattr(aws, "expires_at", none)
    with pytest.raises(CredentialsError) as caught:
        rights_on(aws).standing()
    assert caught.value.remedy == aws.remedy
    assert aws.generation == 1
