"""Where a service is found: system, environment, alias."""

from dataclasses import dataclass
from enum import StrEnum


class Tier(StrEnum):
    """How much an environment matters: decides typed confirmation, order and look."""

    PRODUCTION = "production"
    STAGING = "staging"
    DEVELOPMENT = "development"
    LOCAL = "local"

    @property
    def rank(self) -> int:
        """Position in lists, production first."""
        return list(Tier).index(self)


@dataclass(frozen=True, order=True)
class Address:
    """A service as people name it, ``system/environment/alias``."""

    system: str
    environment: str
    alias: str

    def __str__(self) -> str:
        return f"{self.system}/{self.environment}/{self.alias}"

    @property
    def place(self) -> str:
        """``system/environment``: the key of its environment."""
        return f"{self.system}/{self.environment}"

    @property
    def short(self) -> str:
        """``environment/alias``: what is typed to confirm where it names one service only."""
        return f"{self.environment}/{self.alias}"

    @property
    def service(self) -> str:
        """``system-alias``: how lists show it beside its environment."""
        return f"{self.system}-{self.alias}"


@dataclass(frozen=True)
class Environment:
    """One platform, one account, one Region: the scope of credentials, budget and failure."""

    system: str
    name: str
    tier: Tier
    platform: str
    """``ecs``."""
    account: str
    """Twelve digits, or empty where the configuration leaves it to the credentials."""
    region: str
    cluster: str
    read_only: bool = False

    @property
    def key(self) -> str:
        """``system/environment``."""
        return f"{self.system}/{self.name}"


@dataclass(frozen=True)
class Identity:
    """Who AWS says that we are."""

    account: str
    arn: str

    @property
    def session_name(self) -> str:
        """The part of the ARN that tells one person from another: role session or user name."""
        return self.arn.rsplit("/", 1)[-1].rsplit(":", 1)[-1]
