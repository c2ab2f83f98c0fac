"""What the configuration says of a service's data and of trying it out: smoke, health, database."""

from dataclasses import dataclass
from datetime import timedelta

from console.domain.windows import Window


@dataclass(frozen=True)
class MigrationSettings:
    """``[…services.ALIAS.migration]``: the one-off task that changes the schema."""

    definition: str
    """Family or ARN of its task definition."""
    container: str = ""
    """Container whose image becomes the version's; empty: the one named like the service's main one."""
    command: tuple[str, ...] = ()
    """Instead of the definition's own; empty: that one."""
    verify: tuple[str, ...] = ()
    """A command of the same task that ends with 0 when the schema is as it should be; empty: none."""
    reverse: tuple[str, ...] = ()
    """The command that takes the migration back, as it is shown; empty: a snapshot is the way back."""


@dataclass(frozen=True)
class DatabaseSettings:
    """``[…services.ALIAS.database]``"""

    name: str
    """The instance that the service uses."""
    repoint: str = ""
    """How the service is led to another database, as the person who does it is told."""
    security_groups: tuple[str, ...] = ()
    """Of a restored instance; empty: those of the one that it stands in for."""
    backup: Window | None = None
    """When it is backed up, in UTC; ``None``: as RDS says."""
    maintenance: Window | None = None
    """When it may be maintained, in UTC; ``None``: likewise."""


@dataclass(frozen=True)
class ValidateSettings:
    """``[…services.ALIAS.validate]``: what a service must keep to."""

    error_share: float = 0.05
    """Errors per request, from 0 to 1."""
    p95: timedelta | None = None
    """``None``: not judged."""
    p99: timedelta | None = None
    cpu: float | None = None
    """Per cent of what is reserved; ``None``: not judged."""
    log_errors: float = 1.0
    """Lines at error or above a minute and more than twice those of the time before: that many."""
    sentry_errors: int = 10
    """Errors that Sentry has of the last ten minutes."""
