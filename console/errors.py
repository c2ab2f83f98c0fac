"""One family of errors, each with a title, one clear line and the remedy.

Whatever crosses a boundary (configuration file, AWS, registry, journal) is turned into one of these
at that boundary, so that every front end can show it in the same three words and nobody has to
read a traceback at 3 a.m.
"""


class QuarterdeckError(Exception):
    """Something that the operator can understand and usually mend.

    Attributes:
        title: What kind of thing is wrong, lower case, three words at most.
        message: One line that names the file, the key, the service or the permission.
        remedy: What to do about it, one line; empty when there is nothing to do.
        exit_code: The process exit code of a headless run that ends with it.
    """

    title = "error"
    exit_code = 2

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.message} · {self.remedy}" if self.remedy else self.message


class ConfigError(QuarterdeckError):
    """A configuration file that cannot be read or does not mean anything."""

    title = "configuration"


class UsageError(QuarterdeckError):
    """A command line that asks for something that cannot be."""

    title = "usage"


class UnknownServiceError(QuarterdeckError):
    """An address that no configuration, or no cluster, knows."""

    title = "unknown service"


class MissingServiceError(UnknownServiceError):
    """AWS has no such service, or no such cluster: it is deleted, or the configuration misnames it.

    Never raised for a read that failed.

    Attributes:
        cluster: Name of the cluster that was asked for.
        service: Name of the service; empty where the cluster itself is missing.
    """

    def __init__(self, message: str, remedy: str = "", *, cluster: str = "", service: str = "") -> None:
        super().__init__(message, remedy)
        self.cluster = cluster
        self.service = service


class UnknownVersionError(QuarterdeckError):
    """A version that the registry (deploy) or the history (rollback) does not hold."""

    title = "unknown version"


class CredentialsError(QuarterdeckError):
    """No credentials, or credentials that have expired or are not accepted."""

    title = "credentials"


class PermissionDeniedError(QuarterdeckError):
    """AWS knows who asks and says no; the message names the action."""

    title = "permission"


class EndpointError(QuarterdeckError):
    """Nobody answers, or not in time: whether a read was served is not known."""

    title = "endpoint"


class ThrottledError(QuarterdeckError):
    """AWS asks for fewer calls. For a write this is a definite *not carried out*."""

    title = "throttled"


class RejectedError(QuarterdeckError):
    """AWS understood a call and refused it, with its own reason: definitely not carried out."""

    title = "rejected"


class OutcomeUnknownError(QuarterdeckError):
    """A write was sent and its answer never came: it may have been carried out."""

    title = "no answer"
    exit_code = 4


class ReadOnlyError(QuarterdeckError):
    """A write that this environment's configuration forbids; nothing was sent."""

    title = "read-only"
    exit_code = 3


class RefusedError(QuarterdeckError):
    """An operation that must not run as asked; nothing was sent."""

    title = "refused"
    exit_code = 3


class JournalError(QuarterdeckError):
    """The journal cannot be read or written."""

    title = "journal"


class SandboxError(QuarterdeckError):
    """The built-in sandbox cannot do what it was asked to."""

    title = "sandbox"
