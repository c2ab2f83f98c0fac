"""Errors of botocore in the console's own words."""

import pytest
from botocore.exceptions import (
    BotoCoreError,
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    ParamValidationError,
    ProfileNotFound,
    ReadTimeoutError,
    TokenRetrievalError,
)
from botocore.parsers import ResponseParserError

from console.aws.faults import Attempt, patience, translate
from console.errors import (
    CredentialsError,
    EndpointError,
    OutcomeUnknownError,
    PermissionDeniedError,
    QuarterdeckError,
    RejectedError,
    ThrottledError,
    UnknownServiceError,
)
from tests.unit.scripted_aws import aws_error

URL = "https://ops:pw@ecs.us-east-1.amazonaws.com/?X-Amz-Signature=abc"


def attempt(write: bool = False) -> Attempt:
    return Attempt(
        service="ecs",
        operation="UpdateService" if write else "DescribeServices",
        write=write,
        region="us-east-1",
        host="",
        profile="ops",
        remedy="aws sso login --profile ops",
    )


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (aws_error("ExpiredTokenException"), CredentialsError),
        (aws_error("UnrecognizedClientException"), CredentialsError),
        (aws_error("InvalidClientTokenId", status=403), CredentialsError),
        (aws_error("AccessDeniedException"), PermissionDeniedError),
        (aws_error("ThrottlingException"), ThrottledError),
        (aws_error("TooManyRequestsException", status=429), ThrottledError),
        (aws_error("ClusterNotFoundException"), UnknownServiceError),
        (aws_error("ServiceNotFoundException"), UnknownServiceError),
        (aws_error("ClientException"), RejectedError),
        (aws_error("ConflictException"), RejectedError),
        (aws_error("UnknownOperationException", status=501), RejectedError),
        (NoCredentialsError(), CredentialsError),
        (TokenRetrievalError(provider="sso", error_msg="Token has expired"), CredentialsError),
        (ProfileNotFound(profile="ops"), CredentialsError),
        (EndpointConnectionError(endpoint_url=URL), EndpointError),
        (ConnectTimeoutError(endpoint_url=URL), EndpointError),
        (ParamValidationError(report="bad"), RejectedError),
    ],
)
@pytest.mark.parametrize("write", [False, True])
def test_an_error_that_tells_enough_means_the_same_for_reads_and_writes(
    error: Exception, expected: type[QuarterdeckError], write: bool
) -> None:
    """Refused, throttled, unreachable or without credentials: a write was certainly not carried out."""
    assert type(translate(error, attempt(write))) is expected


@pytest.mark.parametrize(
    "error",
    [
        ReadTimeoutError(endpoint_url=URL),
        ConnectionClosedError(endpoint_url=URL),
        ResponseParserError("cut off"),
        aws_error("ServerException", operation="UpdateService", status=500),
        aws_error("ServiceUnavailable", operation="UpdateService", status=503),
    ],
)
def test_a_lost_answer_leaves_a_write_unknown_and_a_read_merely_unserved(error: Exception) -> None:
    """Only a write whose request may have arrived is OutcomeUnknown."""
    assert type(translate(error, attempt(write=True))) is OutcomeUnknownError
    assert type(translate(error, attempt(write=False))) is EndpointError


def test_a_server_error_while_assuming_the_role_means_that_the_write_was_never_sent() -> None:
    """Signing comes before sending: what fails then is another operation's failure."""
    error = aws_error("InternalFailure", operation="AssumeRole", status=500)
    assert type(translate(error, attempt(write=True))) is EndpointError


def test_expired_credentials_name_the_profile_and_how_to_renew_it() -> None:
    """The remedy is the command to type."""
    found = translate(aws_error("ExpiredTokenException", "The token has expired"), attempt())
    assert "profile ops" in found.message
    assert found.remedy == "aws sso login --profile ops"


def test_a_denial_names_the_action_that_aws_names() -> None:
    """AWS may deny another action than the one called, as with iam:PassRole."""
    words = "User: arn:aws:iam::1:user/x is not authorized to perform: iam:PassRole on resource: y"
    assert "iam:PassRole" in translate(aws_error("AccessDeniedException", words), attempt(True)).message


def test_a_denial_without_words_names_the_call() -> None:
    """The operation is known even if AWS does not repeat it."""
    error = aws_error("AccessDeniedException", "", operation="UpdateService")
    assert "ecs:UpdateService" in translate(error, attempt(write=True)).message


@pytest.mark.parametrize(
    "error", [EndpointConnectionError(endpoint_url=URL), ReadTimeoutError(endpoint_url=URL)]
)
def test_no_message_carries_a_password_or_a_query(error: BotoCoreError) -> None:
    """URLs are reduced to host and port."""
    message = str(translate(error, attempt()))
    assert "pw" not in message.split()
    assert "Signature" not in message
    assert "@" not in message


def test_words_from_aws_are_plain_and_one_line() -> None:
    """AWS's words are outside text."""
    found = translate(aws_error("ClientException", "bad\x1b[31m\nthing"), attempt())
    assert found.message.endswith("bad thing")


def test_throttling_is_waited_for_longer_each_time_and_a_time_out_never_repeated() -> None:
    """A read that took eight seconds is left to the next poll."""
    waits = patience(aws_error("ThrottlingException"))
    assert list(waits) == sorted(waits)
    assert len(waits) >= 2
    assert patience(ReadTimeoutError(endpoint_url=URL)) == ()
    assert patience(aws_error("ClientException")) == ()
