"""What of an environment is reached beside its platform: the services themselves, over HTTP."""

from dataclasses import dataclass

from console.ports import Secrets, Web


@dataclass(frozen=True)
class Outside:
    """One environment's way out."""

    web: Web
    secrets: Secrets
