"""Secrets Manager and Parameter Store of the sandbox: everything may be seen but a value."""

from typing import Any

import pytest

from console.sandbox import secrets, ssm
from console.sandbox.ecs import register
from console.sandbox.registry import AwsError
from console.sandbox.services import HANDLERS
from tests.unit.sandbox_world import START, Stage

ARN = "arn:aws:secretsmanager:us-east-1:111122223333:secret:production/db/url-AbCdEf"
OTHER = "arn:aws:secretsmanager:us-east-1:111122223333:secret:production/jwt-GhIjKl"


@pytest.fixture
def stage() -> Stage:
    """An account whose task definition names two secrets and two parameters."""
    stage = Stage()
    sources = [f"{ARN}:password::", OTHER, "LOG_LEVEL", stage.account.arn("ssm", "parameter/api/region")]
    container = {
        "name": "api",
        "image": "api:v1",
        "secrets": [{"name": f"S{index}", "valueFrom": source} for index, source in enumerate(sources)],
    }
    register(stage.account, {"family": "with-secrets", "containerDefinitions": [container]})
    secrets.stock(stage.account)
    ssm.stock(stage.account)
    return stage


def ask(stage: Stage, operation: str, service: str = "secretsmanager", **params: Any) -> dict[str, Any]:
    stage.world.advance()
    return HANDLERS[service, operation](stage.account, params)


def names(answer: dict[str, Any]) -> list[str]:
    return [item["Name"] for item in answer["SecretList"]]


@pytest.mark.parametrize("reference", [ARN, "production/db/url", ARN[:-7]])
def test_a_secret_is_described_by_name_and_by_both_forms_of_its_arn(stage: Stage, reference: str) -> None:
    """With a version that bears AWSCURRENT, and without any sign of deletion."""
    found = ask(stage, "DescribeSecret", SecretId=reference)
    assert found["ARN"] == ARN
    assert found["Name"] == "production/db/url"
    assert list(found["VersionIdsToStages"].values()) == [["AWSCURRENT"]]
    assert found["DeletedDate"] is None


def test_a_secret_that_no_task_definition_named_does_not_exist(stage: Stage) -> None:
    """ResourceNotFoundException, as Secrets Manager answers."""
    with pytest.raises(AwsError) as refused:
        ask(stage, "DescribeSecret", SecretId="production/nobody")
    assert refused.value.code == "ResourceNotFoundException"


def test_a_value_is_never_handed_out(stage: Stage) -> None:
    """The console's role may describe secrets; reading one is denied by name."""
    with pytest.raises(AwsError) as refused:
        ask(stage, "GetSecretValue", SecretId=ARN)
    assert refused.value.code == "AccessDeniedException"
    assert ARN in refused.value.message


def test_a_deleted_secret_says_since_when_and_is_left_out_of_lists(stage: Stage) -> None:
    """As long as the condition holds; a list shows it only with IncludePlannedDeletion."""
    stage.wait(60)
    stage.account.conditions.set("secret-deleted", secret="db/url")
    stage.wait(60)
    assert ask(stage, "DescribeSecret", SecretId=ARN)["DeletedDate"] == START + 60
    assert names(ask(stage, "ListSecrets")) == ["production/jwt"]
    assert len(names(ask(stage, "ListSecrets", IncludePlannedDeletion=True))) == 2
    stage.account.conditions.clear("secret-deleted")
    assert ask(stage, "DescribeSecret", SecretId=ARN)["DeletedDate"] is None


def test_lists_are_filtered_sorted_and_paged(stage: Stage) -> None:
    """A name filter is a prefix, `!` excludes; the token leads to the rest."""
    both = ask(stage, "ListSecrets", SortBy="name", SortOrder="desc")
    assert names(both) == ["production/jwt", "production/db/url"]
    only = ask(stage, "ListSecrets", Filters=[{"Key": "name", "Values": ["production/db"]}])
    assert names(only) == ["production/db/url"]
    others = ask(stage, "ListSecrets", Filters=[{"Key": "name", "Values": ["!production/db"]}])
    assert names(others) == ["production/jwt"]
    first = ask(stage, "ListSecrets", MaxResults=1)
    rest = ask(stage, "ListSecrets", MaxResults=1, NextToken=first["NextToken"])
    assert sorted(names(first) + names(rest)) == ["production/db/url", "production/jwt"]
    assert rest["NextToken"] is None


def test_parameters_are_found_by_bare_name_and_by_arn(stage: Stage) -> None:
    """Described with filters of both forms; an unknown key is refused."""
    everything = ask(stage, "DescribeParameters", "ssm")["Parameters"]
    assert [item["Name"] for item in everything] == ["/api/region", "LOG_LEVEL"]
    by_prefix = {"Key": "Name", "Option": "BeginsWith", "Values": ["/api"]}
    (found,) = ask(stage, "DescribeParameters", "ssm", ParameterFilters=[by_prefix])["Parameters"]
    assert found["ARN"] == stage.account.arn("ssm", "parameter/api/region")
    with pytest.raises(AwsError, match="key isn't valid"):
        ask(stage, "DescribeParameters", "ssm", Filters=[{"Key": "KeyId", "Values": ["x"]}])
