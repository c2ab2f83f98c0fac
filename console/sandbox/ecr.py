"""The registry: repositories, images by digest, tags that move, and the calls that read them."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from console.sandbox.image import MANIFEST, Image, build, index, sha256, wrapped
from console.sandbox.paging import page
from console.sandbox.registry import AwsError, operation

if TYPE_CHECKING:
    from console.sandbox.account import Account

__all__ = ["EcrState", "Image", "Repository"]


@dataclass
class Repository:
    """A name, and what was pushed to it; a tag stands on at most one image."""

    name: str
    arn: str
    uri: str
    registry_id: str
    created_at: float
    images: dict[str, Image] = field(default_factory=dict)
    """By digest, in the order of pushing."""
    mutability: str = "MUTABLE"
    exclusions: list[str] = field(default_factory=list)
    """Patterns of tags for which the opposite of ``mutability`` holds, if it is ``…_WITH_EXCLUSION``."""
    scan_on_push: bool = True
    scans: dict[str, float] = field(default_factory=dict)
    """Digest of a platform's manifest -> when it was last scanned by hand."""
    critical: dict[str, bool] = field(default_factory=dict)
    """Build, by the first tag it was pushed with -> whether a scan finds something critical; else chance."""

    def is_fixed(self, tag: str) -> bool:
        """Whether that tag may not be moved to another image."""
        excepted = any(fnmatchcase(tag, pattern) for pattern in self.exclusions)
        return self.mutability.startswith("IMMUTABLE") is not excepted

    def mutability_shape(self) -> dict[str, Any]:
        """The members of an answer that tell of it."""
        filters = [{"filterType": "WILDCARD", "filter": pattern} for pattern in self.exclusions]
        shape = {"imageTagMutability": self.mutability}
        return {**shape, "imageTagMutabilityExclusionFilters": filters} if filters else shape

    def tagged(self, tag: str) -> Image | None:
        """The image that the tag stands on now."""
        return next((image for image in self.images.values() if tag in image.tags), None)

    def move(self, tag: str, image: Image) -> None:
        """Let the tag stand on that image and on no other."""
        for other in self.images.values():
            if tag in other.tags:
                other.tags.remove(tag)
        image.tags.append(tag)

    def find(self, wanted: dict[str, Any]) -> Image | None:
        """The image of an ``imageId``; with both members, the digest that also bears the tag."""
        tag, digest = wanted.get("imageTag"), wanted.get("imageDigest")
        if digest is None:
            return self.tagged(tag) if tag else None
        image = self.images.get(digest)
        return image if image is None or tag is None or tag in image.tags else None


class EcrState:
    """The private registry of one account in one Region."""

    def __init__(self, account: "Account") -> None:
        self.account = account
        self.repositories: dict[str, Repository] = {}

    @property
    def registry(self) -> str:
        """Host of the registry, the first part of every image reference."""
        return f"{self.account.id}.dkr.ecr.{self.account.region}.amazonaws.com"

    def create(self, name: str, created_at: float) -> Repository:
        """Add an empty repository."""
        repository = Repository(
            name=name,
            arn=f"arn:aws:ecr:{self.account.region}:{self.account.id}:repository/{name}",
            uri=f"{self.registry}/{name}",
            registry_id=self.account.id,
            created_at=created_at,
        )
        self.repositories[name] = repository
        return repository

    def push(
        self,
        repository: str,
        tags: list[str],
        pushed_at: float,
        behaviour: str,
        platform: str = "linux/amd64",
    ) -> Image:
        """Push a new image: its platform's manifest, and the index that the tags stand on.

        The first tag is part of what is built, so that two images never share a digest.
        """
        target = self.repositories[repository]
        child = build(repository, tags[0], self.account.world.seed, pushed_at, behaviour, platform)
        image = index(child)
        target.images[child.digest] = child
        target.images[image.digest] = image
        for tag in tags:
            target.move(tag, image)
        return image

    def images(self) -> Iterator[Image]:
        """Every image, by repository and time of pushing."""
        for repository in self.repositories.values():
            yield from repository.images.values()

    def resolve(self, reference: str) -> Image | None:
        """The image that a task definition's reference means now; ``None``: not in this registry.

        Args:
            reference: ``registry/repository``, ``…:tag`` or ``…@sha256:…``; no tag means ``latest``.
        """
        registry, _, path = reference.partition("/")
        if registry != self.registry:
            return None
        name, at, digest = path.partition("@")
        name, _, tag = name.partition(":")
        repository = self.repositories.get(name)
        if repository is None:
            return None
        return repository.images.get(digest) if at else repository.tagged(tag or "latest")


@operation("ecr")
def DescribeRepositories(account: "Account", params: dict[str, Any]) -> dict[str, Any]:
    """By name, or every one."""
    names = params.get("repositoryNames")
    found = (
        [find_repository(account, {**params, "repositoryName": name}) for name in names]
        if names
        else list(account.ecr.repositories.values())
    )
    shown, following = page(found, params.get("nextToken"), params.get("maxResults") or 100)
    return {"repositories": [_repository_shape(repository) for repository in shown], **following}


@operation("ecr")
def ListImages(account: "Account", params: dict[str, Any]) -> dict[str, Any]:
    """A row per tag; images without a tag show their digest alone."""
    repository = find_repository(account, params)
    rows = [row for image in _filtered(repository, params) for row in _ids(image)]
    shown, following = page(rows, params.get("nextToken"), params.get("maxResults") or 100)
    return {"imageIds": shown, **following}


@operation("ecr")
def DescribeImages(account: "Account", params: dict[str, Any]) -> dict[str, Any]:
    """Images by id, or every one; one id that is not there fails the whole call."""
    repository = find_repository(account, params)
    ids = params.get("imageIds")
    images = _described(repository, ids) if ids else _filtered(repository, params)
    shown, following = page(images, params.get("nextToken"), params.get("maxResults") or 100)
    return {"imageDetails": [_detail_shape(repository, image) for image in shown], **following}


@operation("ecr")
def BatchGetImage(account: "Account", params: dict[str, Any]) -> dict[str, Any]:
    """Manifests by tag or digest; what is not there is a failure of its own."""
    repository = find_repository(account, params)
    images: list[dict[str, Any]] = []
    failures: list[dict[str, Any]] = []
    for wanted in params["imageIds"]:
        image = repository.find(wanted)
        if image is None:
            failures.append(
                {
                    "imageId": wanted,
                    "failureCode": "ImageNotFound",
                    "failureReason": "Requested image not found",
                }
            )
        else:
            images.append(_image_shape(repository, image, wanted.get("imageTag")))
    return {"images": images, "failures": failures}


@operation("ecr")
def PutImage(account: "Account", params: dict[str, Any]) -> dict[str, Any]:
    """Tag a manifest. One that is already here moves the tag; an index over images that are here is new.

    Raises:
        AwsError: ``ImageAlreadyExistsException`` when the tag already stands there,
            ``ImageTagAlreadyExistsException`` when it stands elsewhere and may not be moved,
            ``ReferencedImagesNotFoundException`` for an index over images that were never pushed,
            ``LayersNotFoundException`` for any other unknown manifest (ECR API reference, PutImage).
    """
    repository = find_repository(account, params)
    tag, manifest = params.get("imageTag"), params["imageManifest"]
    digest = sha256(manifest)
    if params.get("imageDigest") not in (None, digest):
        raise AwsError("ImageDigestDoesNotMatchException", "The digest does not match the image manifest.")
    image = repository.images.get(digest)
    if image is not None and (tag is None or tag in image.tags):
        raise AwsError(
            "ImageAlreadyExistsException",
            f"Image with digest '{digest}' and tag '{tag}' already exists in the repository with name "
            f"'{repository.name}' in registry with id '{repository.registry_id}'",
        )
    if tag is not None and repository.tagged(tag) is not None and repository.is_fixed(tag):
        raise AwsError(
            "ImageTagAlreadyExistsException",
            f"The image tag '{tag}' already exists in the '{repository.name}' repository and cannot be "
            "overwritten because the tag is immutable.",
        )
    if image is None:
        image = _new_image(repository, manifest)
        image.pushed_at = account.world.now()
        repository.images[digest] = image
    if tag is not None:
        repository.move(tag, image)
    return {"image": _image_shape(repository, image, tag)}


def _new_image(repository: Repository, manifest: str) -> Image:
    try:
        document = json.loads(manifest)
        children = [entry["digest"] for entry in document.get("manifests", [])]
    except (ValueError, AttributeError, KeyError, TypeError):
        raise AwsError("InvalidParameterException", "Invalid parameter at 'ImageManifest'") from None
    if not children:
        raise AwsError("LayersNotFoundException", "The specified layers could not be found.")
    for digest in children:
        child = repository.images.get(digest)
        if child is None or child.media_type != MANIFEST:
            raise AwsError(
                "ReferencedImagesNotFoundException", f"Images with digests '{digest}' required but not found."
            )
    return wrapped(repository.images[children[0]], manifest)


def find_repository(account: "Account", params: dict[str, Any]) -> Repository:
    """The repository of a request, or ``RepositoryNotFoundException``."""
    name = params["repositoryName"]
    registry = params.get("registryId") or account.id
    repository = account.ecr.repositories.get(name) if registry == account.id else None
    if repository is None:
        raise AwsError(
            "RepositoryNotFoundException",
            f"The repository with name '{name}' does not exist in the registry with id '{registry}'",
        )
    return repository


def _filtered(repository: Repository, params: dict[str, Any]) -> list[Image]:
    status = (params.get("filter") or {}).get("tagStatus", "ANY")
    return [
        image
        for image in repository.images.values()
        if status == "ANY" or bool(image.tags) == (status == "TAGGED")
    ]


def _ids(image: Image) -> list[dict[str, str]]:
    named = [{"imageDigest": image.digest, "imageTag": tag} for tag in image.tags]
    return named or [{"imageDigest": image.digest}]


def _described(repository: Repository, ids: list[dict[str, Any]]) -> list[Image]:
    found = (find_image(repository, wanted) for wanted in ids)
    return list({image.digest: image for image in found}.values())


def find_image(repository: Repository, wanted: dict[str, Any]) -> Image:
    """The image of an ``imageId``, or ``ImageNotFoundException``."""
    image = repository.find(wanted)
    if image is None:
        digest, tag = wanted.get("imageDigest", "null"), wanted.get("imageTag", "null")
        raise AwsError(
            "ImageNotFoundException",
            f"The image with imageId {{imageDigest:'{digest}', imageTag:'{tag}'}} does not exist within "
            f"the repository with name '{repository.name}' in the registry with id "
            f"'{repository.registry_id}'",
        )
    return image


def _repository_shape(repository: Repository) -> dict[str, Any]:
    return {
        "repositoryArn": repository.arn,
        "registryId": repository.registry_id,
        "repositoryName": repository.name,
        "repositoryUri": repository.uri,
        "createdAt": repository.created_at,
        **repository.mutability_shape(),
        "imageScanningConfiguration": {"scanOnPush": repository.scan_on_push},
        "encryptionConfiguration": {"encryptionType": "AES256"},
    }


def _detail_shape(repository: Repository, image: Image) -> dict[str, Any]:
    detail: dict[str, Any] = {
        "registryId": repository.registry_id,
        "repositoryName": repository.name,
        "imageDigest": image.digest,
        "imageSizeInBytes": image.size,
        "imagePushedAt": image.pushed_at,
        "imageManifestMediaType": image.media_type,
    }
    if image.tags:
        detail["imageTags"] = list(image.tags)
    return detail


def _image_shape(repository: Repository, image: Image, tag: str | None) -> dict[str, Any]:
    image_id = {"imageDigest": image.digest}
    if tag is not None:
        image_id["imageTag"] = tag
    return {
        "registryId": repository.registry_id,
        "repositoryName": repository.name,
        "imageId": image_id,
        "imageManifest": image.manifest,
        "imageManifestMediaType": image.media_type,
    }
