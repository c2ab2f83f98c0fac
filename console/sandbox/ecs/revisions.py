"""Service revisions: what a deployment runs, with the digests that its tags meant at its first start.

ECS resolves the tags of a revision once (ECS developer guide, deployment-type-ecs, container image
resolution); all its later tasks run those digests, also after a rollback to it.
"""

from typing import TYPE_CHECKING

from console.sandbox.ecs.model import Json, Service, ServiceRevision, TaskDefinition
from console.sandbox.image import sha256

if TYPE_CHECKING:
    from console.sandbox.account import Account


def add_revision(
    service: Service, number: str, definition: TaskDefinition, created_at: float
) -> ServiceRevision:
    """A revision of the service as it is configured now."""
    base = service.arn.replace(":service/", ":service-revision/", 1)
    revision = ServiceRevision(
        arn=f"{base}/{number}",
        task_definition=definition,
        created_at=created_at,
        network=service.network,
        load_balancers=list(service.load_balancers),
        launch_type=service.launch_type,
        platform_version=service.platform_version,
        capacity_providers=list(service.capacity_providers),
    )
    service.revisions[revision.arn] = revision
    return revision


def resolve(account: "Account", revision: ServiceRevision) -> None:
    """Fix the digests; a container whose image is not in the registry stays without one.

    With a digest missing the next start tries again, as ECS does.
    """
    for container in revision.task_definition.containers:
        digest = _digest(account, container["image"])
        if digest and container["name"] not in revision.digests:
            revision.digests[container["name"]] = digest


def pull(
    account: "Account", revision: ServiceRevision, container: Json
) -> tuple[str | None, str, str | None]:
    """What a container of this revision runs: digest, behaviour, and what it was built for.

    Without a digest it cannot be pulled; without an architecture it fits any.
    """
    digest = revision.digests.get(container["name"])
    if digest is None or _is_foreign(account, container["image"]):
        return digest, "healthy", None
    image = account.ecr.resolve(pinned(container["image"], digest))
    return (
        (image.digest, image.behaviour, image.platform.partition("/")[2])
        if image
        else (None, "healthy", None)
    )


def pinned(reference: str, digest: str) -> str:
    """The reference with a digest in place of its tag."""
    name = reference.partition("@")[0]
    registry, slash, path = name.rpartition("/")
    return f"{registry}{slash}{path.partition(':')[0]}@{digest}"


def _digest(account: "Account", reference: str) -> str | None:
    if _is_foreign(account, reference):
        return sha256(reference)
    image = account.ecr.resolve(reference)
    return image.digest if image else None


def _is_foreign(account: "Account", reference: str) -> bool:
    """A public image, such as an agent beside the application: always there, always well."""
    return reference.partition("/")[0] != account.ecr.registry
