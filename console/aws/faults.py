"""What botocore raises, in the console's own words.

The one distinction that matters for a write: was it certainly not carried out, or may it have been?
"""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConfigNotFound,
    ConfigParseError,
    ConnectionClosedError,
    ConnectTimeoutError,
    CredentialRetrievalError,
    EndpointConnectionError,
    HTTPClientError,
    InvalidConfigError,
    LoginError,
    NoAuthTokenError,
    NoCredentialsError,
    PartialCredentialsError,
    ProfileNotFound,
    ProxyConnectionError,
    ReadTimeoutError,
    RefreshWithMFAUnsupportedError,
    SSOError,
    TokenRetrievalError,
)
from botocore.parsers import ResponseParserError

from console.domain.text import cut_end, plain
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

FAILURES = (BotoCoreError, ClientError, ResponseParserError)
"""Everything that a call through botocore may raise on purpose."""

CREDENTIALS = frozenset(
    {
        "AuthFailure",
        "ExpiredToken",
        "ExpiredTokenException",
        "IncompleteSignature",
        "IncompleteSignatureException",
        "InvalidClientTokenId",
        "InvalidSignatureException",
        "InvalidToken",
        "MissingAuthenticationToken",
        "MissingAuthenticationTokenException",
        "RequestExpired",
        "SignatureDoesNotMatch",
        "UnrecognizedClientException",
    }
)
THROTTLES = frozenset(
    {
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
        "SlowDown",
        "Throttling",
        "ThrottledException",
        "ThrottlingException",
        "TooManyRequestsException",
    }
)
_DENIALS = frozenset({"AccessDenied", "AccessDeniedException", "UnauthorizedOperation"})
_UNKNOWN = frozenset({"ClusterNotFoundException", "ServiceNotFoundException"})
_NO_CREDENTIALS = (
    NoCredentialsError,
    PartialCredentialsError,
    CredentialRetrievalError,
    TokenRetrievalError,
    NoAuthTokenError,
    SSOError,
    LoginError,
    InvalidConfigError,
    RefreshWithMFAUnsupportedError,
)
_NOT_SENT = (EndpointConnectionError, ConnectTimeoutError, ProxyConnectionError)
_MAX_WORDS = 300
_TOO_MANY_REQUESTS = 429
_AGAIN = "try again"
_ACTION = re.compile(r"not authorized to perform:? ([a-z0-9-]+:\w+)")


@dataclass(frozen=True)
class Attempt:
    """The call that failed: what an error needs to be told apart and to be explained."""

    service: str
    operation: str
    write: bool
    region: str
    host: str
    """Host and port of an explicit endpoint; empty for AWS itself."""
    profile: str
    remedy: str
    """How to renew the credentials."""

    @property
    def action(self) -> str:
        """``ecs:UpdateService``"""
        return f"{'elasticloadbalancing' if self.service == 'elbv2' else self.service}:{self.operation}"

    @property
    def place(self) -> str:
        """Where the call went, for a sentence."""
        return self.host or f"{self.service} in {self.region}"


def code_of(error: BaseException | None) -> str:
    """The code of an AWS error, for example ``ImageNotFoundException``; empty for any other."""
    return str(error.response.get("Error", {}).get("Code", "")) if isinstance(error, ClientError) else ""


def patience(error: Exception) -> tuple[float, ...]:
    """Seconds to wait before each further attempt at a *read* that failed so.

    A time-out is not repeated: eight seconds have gone, and whoever polls comes again anyway.
    """
    if isinstance(error, ClientError):
        if is_throttled(error):
            return 0.5, 1.0, 2.0
        return (0.2, 0.5) if _status(error) in (500, 502, 503, 504) else ()
    if isinstance(error, ReadTimeoutError | ConnectTimeoutError):
        return ()
    return (0.2, 0.5) if isinstance(error, HTTPClientError | ConnectionClosedError) else ()


def translate(error: Exception, attempt: Attempt) -> QuarterdeckError:
    """Return the error that a front end can show: what, where, and what to do about it."""
    if isinstance(error, ClientError):
        return _answered(error, attempt)
    if isinstance(error, ProfileNotFound):
        return CredentialsError(
            f"profile {attempt.profile or 'default'} is in none of the AWS configuration files",
            "correct profile in the configuration, or add it with aws configure",
        )
    if isinstance(error, ConfigNotFound | ConfigParseError):
        return CredentialsError(
            "the AWS configuration file cannot be read",
            "correct ~/.aws/config, or the file named instead",
        )
    if isinstance(error, _NO_CREDENTIALS):
        return CredentialsError(
            f"no valid credentials for profile {attempt.profile or 'default'}: {_words(str(error))}",
            f"aws login --profile {attempt.profile}" if isinstance(error, LoginError) else attempt.remedy,
        )
    return _unanswered(error, attempt)


def _answered(error: ClientError, attempt: Attempt) -> QuarterdeckError:
    code, words = code_of(error), _words(str(error.response.get("Error", {}).get("Message", "")))
    if code in CREDENTIALS:
        return CredentialsError(
            f"the credentials of profile {attempt.profile or 'default'} are not accepted: {words or code}",
            attempt.remedy,
        )
    if is_throttled(error) and not (attempt.write and _status(error) >= 500):
        return ThrottledError(
            f"{attempt.action} is throttled in {attempt.region}: {words or code}",
            "it was not carried out; try again shortly" if attempt.write else "it is tried again more slowly",
        )
    if code in _DENIALS:
        return _denied(words, error.operation_name or attempt.operation, attempt)
    if code in _UNKNOWN:
        return UnknownServiceError(words or code, "correct cluster and service in the configuration")
    if code != "UnknownOperationException" and _status(error) >= 500:
        if attempt.write and error.operation_name == attempt.operation:
            return _unknown_outcome(attempt, f"answered with an error of its own: {words or code}")
        return EndpointError(f"{attempt.place} failed to answer {attempt.action}: {words or code}", _AGAIN)
    return RejectedError(f"{attempt.action} was refused: {words or code}")


def is_throttled(error: Exception) -> bool:
    """Whether AWS asks for fewer calls. Of a write only an answer below 500 says so for certain: with any
    other it may have been carried out."""
    if not isinstance(error, ClientError):
        return False
    return code_of(error) in THROTTLES or _status(error) == _TOO_MANY_REQUESTS


def _denied(words: str, operation: str, attempt: Attempt) -> QuarterdeckError:
    named = _ACTION.search(words)
    action = named[1] if named else f"{attempt.action.partition(':')[0]}:{operation}"
    return PermissionDeniedError(
        f"profile {attempt.profile or 'default'} may not {action}",
        f"ask for the permission {action}, or use another profile or role",
    )


def _unanswered(error: Exception, attempt: Attempt) -> QuarterdeckError:
    if isinstance(error, _NOT_SENT):
        return EndpointError(
            f"nobody answers at {_host_of(error) or attempt.place}",
            "check the network, the endpoint and the Region",
        )
    if isinstance(error, HTTPClientError | ResponseParserError | ConnectionClosedError):
        if attempt.write:
            return _unknown_outcome(attempt, f"gave no answer: {_kind(error)}")
        return EndpointError(f"{attempt.place} gave no answer to {attempt.action}: {_kind(error)}", _AGAIN)
    return RejectedError(f"{attempt.action} could not be sent: {_words(str(error))}")


def _unknown_outcome(attempt: Attempt, what: str) -> OutcomeUnknownError:
    return OutcomeUnknownError(
        f"{attempt.action} was sent and {attempt.place} {what}",
        "it may have been carried out; look before repeating it",
    )


def _kind(error: Exception) -> str:
    if isinstance(error, ReadTimeoutError):
        return "not in time"
    if isinstance(error, ResponseParserError):
        return "the answer cannot be read"
    return "the connection broke"


def _host_of(error: Exception) -> str:
    """Host and port that a connection failed to reach; never the rest of the URL."""
    url = str(getattr(error, "kwargs", {}).get("endpoint_url") or "")
    return plain(urlsplit(url).netloc.rpartition("@")[2])


def _status(error: ClientError) -> int:
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode") or 400)


def _words(text: str) -> str:
    """AWS's own words on one line, without URL queries and without end."""
    return cut_end(plain(re.sub(r"\?\S*", "", text) if "://" in text else text).strip(), _MAX_WORDS)
