"""Errors of botocore in the console's own words."""

from dataclasses import replace

import pytest
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConfigNotFound,
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    LoginTokenLoadError,
    NoCredentialsError,
    ParamValidationError,
    ProfileNotFound,
    ReadTimeoutError,
    TokenRetrievalError,
)
from botocore.parsers import ResponseParserError

from console.aws.faults import Attempt, code_of, is_throttled, patience, translate
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
        (aws_error("ClientException", status=429), ThrottledError),
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


@pytest.mark.parametrize("status", [500, 503])
def test_a_throttle_that_comes_as_a_server_error_refuses_no_write_for_certain(status: int) -> None:
    """It may have been carried out: such a write is looked up, and never sent again."""
    error = aws_error("ThrottlingException", operation="UpdateService", status=status)
    assert type(translate(error, attempt(write=True))) is OutcomeUnknownError
    assert type(translate(error, attempt(write=False))) is ThrottledError


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


def test_an_endpoint_without_a_name_in_it_is_named_with_its_port() -> None:
    found = translate(EndpointConnectionError(endpoint_url="http://localhost:4566/ecs"), attempt())
    assert found.message == "nobody answers at localhost:4566"


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


_READS_AND_WRITES = [
    pytest.param(
        ProfileNotFound(profile="ops"),
        "profile ops is in none of the AWS configuration files",
        "correct profile in the configuration, or add it with aws configure",
        id="profile",
    ),
    pytest.param(
        ConfigNotFound(path="/home/ops/.aws/config"),
        "the AWS configuration file cannot be read",
        "correct ~/.aws/config, or the file named instead",
        id="configuration file",
    ),
    pytest.param(
        TokenRetrievalError(provider="sso", error_msg="Token has expired"),
        "no valid credentials for profile ops: Error when retrieving token from sso: Token has expired",
        "aws sso login --profile ops",
        id="token",
    ),
    pytest.param(
        LoginTokenLoadError(error_msg="no token"),
        "no valid credentials for profile ops: Error loading login session token: no token",
        "aws login --profile ops",
        id="login",
    ),
    pytest.param(
        aws_error("ExpiredToken", ""),
        "the credentials of profile ops are not accepted: ExpiredToken",
        "aws sso login --profile ops",
        id="expired without words",
    ),
    pytest.param(
        aws_error("ServiceNotFoundException", "Service not found."),
        "Service not found.",
        "correct cluster and service in the configuration",
        id="no such service",
    ),
    pytest.param(
        aws_error("ClusterNotFoundException", ""),
        "ClusterNotFoundException",
        "correct cluster and service in the configuration",
        id="no such cluster, without words",
    ),
    pytest.param(
        EndpointConnectionError(endpoint_url=URL),
        "nobody answers at ecs.us-east-1.amazonaws.com",
        "check the network, the endpoint and the Region",
        id="nobody there",
    ),
    pytest.param(
        aws_error("AccessDeniedException", "", operation="AssumeRole"),
        "profile ops may not ecs:AssumeRole",
        "ask for the permission ecs:AssumeRole, or use another profile or role",
        id="denied",
    ),
]


@pytest.mark.parametrize("write", [False, True], ids=["read", "write"])
@pytest.mark.parametrize(("error", "message", "remedy"), _READS_AND_WRITES)
def test_what_failed_before_aws_did_anything_says_what_and_where_and_what_to_do(
    error: Exception, message: str, remedy: str, write: bool
) -> None:
    """The same for reads and writes, word for word: this is all that the operator gets to see of it."""
    shown = translate(error, attempt(write))
    assert (shown.message, shown.remedy) == (message, remedy)


_READS = [
    pytest.param(
        aws_error("ThrottlingException", "Rate exceeded"),
        "ecs:DescribeServices is throttled in us-east-1: Rate exceeded",
        "it is tried again more slowly",
        id="throttled",
    ),
    pytest.param(
        aws_error("ServerException", "", status=500),
        "ecs in us-east-1 failed to answer ecs:DescribeServices: ServerException",
        "try again",
        id="error of the server",
    ),
    pytest.param(
        ReadTimeoutError(endpoint_url=URL),
        "ecs in us-east-1 gave no answer to ecs:DescribeServices: not in time",
        "try again",
        id="time-out",
    ),
    pytest.param(
        ResponseParserError("cut off"),
        "ecs in us-east-1 gave no answer to ecs:DescribeServices: the answer cannot be read",
        "try again",
        id="garbled",
    ),
    pytest.param(
        ConnectionClosedError(endpoint_url=URL),
        "ecs in us-east-1 gave no answer to ecs:DescribeServices: the connection broke",
        "try again",
        id="broken connection",
    ),
]


@pytest.mark.parametrize(("error", "message", "remedy"), _READS)
def test_a_read_that_was_not_served_says_which_call_and_why(
    error: Exception, message: str, remedy: str
) -> None:
    """Nothing has been changed by it, so that trying again is all there is to do."""
    shown = translate(error, attempt(write=False))
    assert (shown.message, shown.remedy) == (message, remedy)


_MAYBE = "it may have been carried out; look before repeating it"
_WRITES = [
    pytest.param(
        aws_error("ThrottlingException", ""),
        "ecs:UpdateService is throttled in us-east-1: ThrottlingException",
        "it was not carried out; try again shortly",
        id="throttled",
    ),
    pytest.param(
        aws_error("ServerException", "", operation="UpdateService", status=500),
        "ecs:UpdateService was sent and ecs in us-east-1 answered with an error of its own: ServerException",
        _MAYBE,
        id="error of the server",
    ),
    pytest.param(
        ReadTimeoutError(endpoint_url=URL),
        "ecs:UpdateService was sent and ecs in us-east-1 gave no answer: not in time",
        _MAYBE,
        id="time-out",
    ),
    pytest.param(
        ConnectionClosedError(endpoint_url=URL),
        "ecs:UpdateService was sent and ecs in us-east-1 gave no answer: the connection broke",
        _MAYBE,
        id="broken connection",
    ),
    pytest.param(
        aws_error("ClientException", ""),
        "ecs:UpdateService was refused: ClientException",
        "",
        id="refused",
    ),
]


@pytest.mark.parametrize(("error", "message", "remedy"), _WRITES)
def test_a_write_that_failed_says_whether_it_was_carried_out(
    error: Exception, message: str, remedy: str
) -> None:
    """Refused, certainly not; unanswered, perhaps: the operator must never have to guess."""
    shown = translate(error, attempt(write=True))
    assert shown.message == message
    assert not remedy or shown.remedy == remedy


@pytest.mark.parametrize(
    "error",
    [
        ProfileNotFound(profile="x"),
        NoCredentialsError(),
        aws_error("ExpiredToken"),
        aws_error("AccessDenied"),
    ],
)
def test_without_a_profile_it_is_the_default_one(error: Exception) -> None:
    """``AWS_PROFILE`` unset, nothing in the configuration: the AWS tools call that one *default*."""
    assert "profile default" in translate(error, replace(attempt(), profile="")).message


def test_a_call_that_could_not_even_be_made_says_why() -> None:
    """Whatever else botocore refuses to send."""
    shown = translate(ParamValidationError(report="desiredCount is no number"), attempt(write=True))
    assert shown.message.startswith("ecs:UpdateService could not be sent: ")
    assert shown.message.endswith("desiredCount is no number")


def test_a_url_in_the_words_of_aws_loses_its_query() -> None:
    """It may be signed; a question mark without a URL stays what it is."""
    signed = aws_error("ClientException", "see https://a.example/b?X-Amz-Signature=abc for more")
    assert translate(signed, attempt()).message.endswith(": see https://a.example/b for more")
    asked = aws_error("ClientException", "no such service?really")
    assert translate(asked, attempt()).message.endswith(": no such service?really")


@pytest.mark.parametrize(
    ("error", "waits"),
    [
        (aws_error("ThrottlingException"), (0.5, 1.0, 2.0)),
        *((aws_error("ServerException", status=status), (0.2, 0.5)) for status in (500, 502, 503, 504)),
        (aws_error("UnknownOperationException", status=501), ()),
        (ConnectionClosedError(endpoint_url=URL), (0.2, 0.5)),
        (ConnectTimeoutError(endpoint_url=URL), ()),
        (NoCredentialsError(), ()),
    ],
)
def test_a_failed_read_is_repeated_after_these_seconds(error: Exception, waits: tuple[float, ...]) -> None:
    """Throttling and passing faults only; together never longer than a person waits for a key."""
    assert patience(error) == waits


def test_an_error_of_aws_without_anything_in_it_is_refused_and_has_no_code() -> None:
    """Some proxies answer so."""
    empty = ClientError({}, "UpdateService")
    assert code_of(empty) == ""
    assert code_of(NoCredentialsError()) == ""
    assert translate(empty, attempt(write=True)).message == "ecs:UpdateService was refused: "


def test_only_throttling_is_certainly_refused_for_being_too_much() -> None:
    """It alone may be sent again."""
    assert is_throttled(aws_error("ThrottlingException"))
    assert not is_throttled(aws_error("ClientException"))
    assert not is_throttled(NoCredentialsError())
