"""The newest images of a repository: what a deploy may choose from."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from console.aws.calls import Calls
from console.aws.images import MEDIA_TYPES, Registry, platforms_of, tags_of
from console.aws.moments import moment
from console.aws.references import EcrRepository, ecr
from console.aws.scans import Scans
from console.domain.registry import RegistryVersion
from console.domain.text import plain
from console.domain.version import version_of
from console.errors import QuarterdeckError, RejectedError

MOST = 100
"""Images whose manifests one BatchGetImage gives (ECR API reference)."""
PAGE = 1000
_COMMIT = re.compile(r"^(?:.*[-_.])?(?:sha-|g)?(?P<commit>[0-9a-f]{7,40})$")
_REVISION = "org.opencontainers.image.revision"
"""The annotation for the commit (OCI image specification, annotations)."""


class Available:
    """Lists repositories of Amazon ECR; reads only."""

    def __init__(self, calls: Calls, registry: Registry, scans: Scans) -> None:
        self._calls = calls
        self._registry = registry
        self._scans = scans

    def newest(self, repository: str, limit: int) -> tuple[RegistryVersion, ...]:
        """The tagged images that were pushed last, newest first.

        ECR lists images in no order, so that all of them are read: a call a thousand.

        Raises:
            RejectedError: for a registry other than ECR, and whatever a call raises.
        """
        place = ecr(repository)
        if place is None:
            raise RejectedError(f"{repository} is not in Amazon ECR, so its versions cannot be listed")
        chosen = sorted(self._listed(place), key=lambda item: moment(item.get("imagePushedAt")), reverse=True)
        chosen = chosen[: min(limit, MOST)]
        manifests = self._manifests(place, [str(item["imageDigest"]) for item in chosen])
        return tuple(self._version(repository, item, manifests) for item in chosen)

    def _listed(self, place: EcrRepository) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        for page in self._calls.pages(
            "ecr",
            "DescribeImages",
            region=place.region,
            registryId=place.registry,
            repositoryName=place.name,
            filter={"tagStatus": "TAGGED"},
            maxResults=PAGE,
        ):
            found += page.get("imageDetails", ())
        return found

    def _manifests(self, place: EcrRepository, digests: Sequence[str]) -> Mapping[str, str]:
        """Manifests by digest; none where they cannot be read."""
        if not digests:
            return {}
        try:
            answer = self._calls.read(
                "ecr",
                "BatchGetImage",
                region=place.region,
                registryId=place.registry,
                repositoryName=place.name,
                imageIds=[{"imageDigest": digest} for digest in digests],
                acceptedMediaTypes=MEDIA_TYPES,
            )
        except QuarterdeckError:
            return {}
        return {
            str(item.get("imageId", {}).get("imageDigest")): str(item.get("imageManifest", ""))
            for item in answer.get("images", ())
        }

    def _version(
        self, repository: str, detail: Mapping[str, Any], manifests: Mapping[str, str]
    ) -> RegistryVersion:
        digest, tags = str(detail["imageDigest"]), tags_of(detail)
        manifest = manifests.get(digest, "")
        return RegistryVersion(
            version=version_of(digest, tags, None),
            pushed_at=moment(detail.get("imagePushedAt")),
            findings=self._scans.of(repository, digest, detail.get("imageScanFindingsSummary")),
            commit=_annotated(manifest) or commit_of(tags),
            platforms=platforms_of(manifest),
            size_bytes=int(detail.get("imageSizeInBytes") or 0),
        )


def commit_of(tags: Sequence[str]) -> str:
    """The commit that a tag names: hexadecimal, seven digits or more, with a letter and a digit in it or
    in full length; empty where no tag does."""
    for tag in tags:
        match = _COMMIT.match(tag)
        if match is None:
            continue
        commit = match["commit"]
        if len(commit) == 40 or (re.search(r"[a-f]", commit) and re.search(r"\d", commit)):
            return commit
    return ""


def _annotated(manifest: str) -> str:
    try:
        found = json.loads(manifest).get("annotations") or {}
        return plain(str(found.get(_REVISION) or ""))
    except (ValueError, AttributeError):
        return ""
