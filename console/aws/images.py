"""What the registry knows of an image: the digest of a tag, the tags of a digest, its platforms."""

import json
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from threading import Lock
from typing import Any

from console.aws.calls import Calls, batches, code_of
from console.aws.references import DIGEST, EcrRepository, ecr
from console.domain.text import plain
from console.domain.urgency import Urgency, current_urgency
from console.errors import QuarterdeckError, RejectedError, UnknownVersionError
from console.ports import Clock

FRESH_S = 60.0
"""How long the tags of a digest are believed: tags move."""
FLEET_FRESH_S = 600.0
"""How long they do in the fleet: a call for each repository is dear where there are hundreds."""
BATCH = 100
"""Images that one DescribeImages may name (ECR API reference)."""
MEDIA_TYPES = [
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
]
_ABSENT = ("ImageNotFoundException", "RepositoryNotFoundException")
Tags = tuple[str, ...]


class Registry:
    """Amazon ECR, in whatever account and Region an image's own URI names. Thread-safe."""

    def __init__(self, calls: Calls, clock: Clock) -> None:
        self._calls = calls
        self._clock = clock
        self._tags: dict[tuple[str, str], tuple[float, Tags | None]] = {}
        self._turns: dict[str, Lock] = {}

    def tags(
        self, repository: str, digests: Iterable[str], fresh_s: float = FRESH_S
    ) -> dict[str, Tags | None]:
        """The tags that each digest has today; ``None`` where the registry does not say.

        A digest that is no longer there has no tags. Never raises: a version without its tags still
        has a name. Answers are kept for ``fresh_s`` seconds, failures too.
        """
        wanted = list(dict.fromkeys(digests))
        with self._one_by_one(repository):
            stale = [digest for digest in wanted if not self._is_fresh(repository, digest, fresh_s)]
            place = ecr(repository)
            for batch in batches(stale, BATCH):
                found = self._tags_or_none(place, batch) if place else None
                for digest in batch:
                    self._remember(repository, digest, None if found is None else found.get(digest, ()))
        return {digest: self._tags[repository, digest][1] for digest in wanted}

    def _one_by_one(self, repository: str) -> AbstractContextManager[object]:
        """Environments that ship the same images ask for them at the same time: one asks, the others wait
        for the answer. Whoever is in a hurry waits for nobody."""
        if current_urgency() < Urgency.FLEET:
            return nullcontext()
        return self._turns.setdefault(repository, Lock())

    def resolve(self, repository: str, version: str) -> tuple[str, Tags]:
        """The digest that a tag or digest means now, and all its tags.

        Raises:
            UnknownVersionError: when the registry does not hold it, or is not Amazon ECR.
        """
        place = ecr(repository)
        if place is None:
            raise UnknownVersionError(
                f"{repository} is not in Amazon ECR, so {plain(version)} cannot be resolved to a digest",
                "deploy it by its digest in a task definition of your own",
            )
        named = {"imageDigest": version} if DIGEST.match(version) else {"imageTag": version}
        try:
            details = self._described(place, [named])
        except RejectedError as error:
            if code_of(error) not in (*_ABSENT, "InvalidParameterException"):
                raise
            raise self._unknown(repository, version) from error
        if not details:
            raise self._unknown(repository, version)
        digest = str(details[0]["imageDigest"])
        tags = tags_of(details[0])
        self._remember(repository, digest, tags)
        return digest, tags

    def platforms(self, repository: str, digest: str) -> tuple[str, ...] | None:
        """The platforms (``linux/amd64``) that an image is built for.

        Returns:
            Empty when the image is there and its manifest names none (an image for one platform);
            ``None`` when the registry does not hold the digest.

        Raises:
            RejectedError: for a registry other than ECR, and whatever a call raises.
        """
        place = ecr(repository)
        if place is None:
            raise RejectedError(f"{repository} is not in Amazon ECR")
        try:
            answer = self._calls.read(
                "ecr",
                "BatchGetImage",
                region=place.region,
                registryId=place.registry,
                repositoryName=place.name,
                imageIds=[{"imageDigest": digest}],
                acceptedMediaTypes=MEDIA_TYPES,
            )
        except RejectedError as error:
            if code_of(error) in _ABSENT:
                return None
            raise
        images = answer.get("images", ())
        return platforms_of(str(images[0].get("imageManifest", ""))) if images else None

    def _is_fresh(self, repository: str, digest: str, fresh_s: float) -> bool:
        known = self._tags.get((repository, digest))
        return known is not None and self._clock.monotonic() - known[0] < fresh_s

    def _remember(self, repository: str, digest: str, tags: Tags | None) -> None:
        self._tags[repository, digest] = (self._clock.monotonic(), tags)

    def _tags_or_none(self, place: EcrRepository, digests: Sequence[str]) -> dict[str, Tags] | None:
        """Tags by digest; one digest that is gone fails a whole call, so then each is asked alone."""
        try:
            details = self._described(place, [{"imageDigest": digest} for digest in digests])
        except QuarterdeckError as error:
            if code_of(error) not in _ABSENT:
                return None
            if len(digests) == 1 or code_of(error) == "RepositoryNotFoundException":
                return {}
            alone = [self._tags_or_none(place, [digest]) for digest in digests]
            return {digest: tags for found in alone if found for digest, tags in found.items()}
        return {str(item["imageDigest"]): tags_of(item) for item in details}

    def _described(self, place: EcrRepository, ids: list[dict[str, str]]) -> list[dict[str, Any]]:
        answer = self._calls.read(
            "ecr",
            "DescribeImages",
            region=place.region,
            registryId=place.registry,
            repositoryName=place.name,
            imageIds=ids,
        )
        return list(answer.get("imageDetails", ()))

    def _unknown(self, repository: str, version: str) -> UnknownVersionError:
        return UnknownVersionError(
            f"{repository} holds no image {plain(version)}",
            "push it, or choose a tag that the registry holds",
        )


def tags_of(detail: Mapping[str, Any]) -> Tags:
    """The tags of an image as DescribeImages gives it."""
    return tuple(sorted(plain(str(tag)) for tag in detail.get("imageTags", ())))


def platforms_of(manifest: str) -> tuple[str, ...]:
    """The platforms of an image index; a plain manifest names none, and neither does an unreadable one.

    Attestations are listed in an index as ``unknown/unknown``: no platform.
    """
    try:
        entries = json.loads(manifest).get("manifests", ())
        pairs = [(item.get("platform") or {}) for item in entries]
    except (ValueError, AttributeError):
        return ()
    names = [f"{plain(str(pair.get('os')))}/{plain(str(pair.get('architecture')))}" for pair in pairs if pair]
    return tuple(dict.fromkeys(name for name in names if "unknown" not in name and "None" not in name))
