"""Image references as task definitions write them: registry, repository, tag, digest."""

import re
from dataclasses import dataclass

DIGEST = re.compile(r"^sha256:[0-9a-f]{64}$")
_ECR = re.compile(
    r"^(?P<registry>\d{12})\.dkr[.-]ecr(?:-fips)?\.(?P<region>[a-z0-9-]+)"
    r"\.(?:amazonaws\.com(?:\.cn)?|on\.aws|on\.amazonwebservices\.com\.cn)/(?P<name>.+)$"
)


@dataclass(frozen=True)
class Reference:
    """One image reference, taken apart."""

    repository: str
    """Everything before tag and digest."""
    tag: str | None
    digest: str | None


@dataclass(frozen=True)
class EcrRepository:
    """Where in Amazon ECR a repository is: any account, any Region."""

    registry: str
    """Account, twelve digits."""
    region: str
    name: str


def parse(reference: str) -> Reference:
    """Take a reference apart; one with neither tag nor digest means ``latest``."""
    rest, _, digest = reference.partition("@")
    head, slash, last = rest.rpartition("/")
    name, _, tag = last.partition(":")
    if not tag and not digest:
        tag = "latest"
    return Reference(head + slash + name, tag or None, digest or None)


def ecr(repository: str) -> EcrRepository | None:
    """The place in ECR that a repository names; ``None`` for any other registry."""
    match = _ECR.match(repository)
    return EcrRepository(match["registry"], match["region"], match["name"]) if match else None
