"""Service revisions and their task definitions, read once each, as releases."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from console.aws.calls import Calls, batches
from console.aws.configuration import fingerprint, main_container, settings_of
from console.aws.definitions import Definition, Definitions
from console.aws.images import Registry, Tags
from console.aws.moments import maybe
from console.aws.references import parse
from console.domain.release import Image, Release
from console.domain.text import plain
from console.domain.version import UNKNOWN_VERSION, Version, version_of
from console.errors import RejectedError

BATCH = 20
"""Revisions that one DescribeServiceRevisions may name (ECS API reference)."""


class Releases:
    """Releases by service revision ARN. Revisions are immutable: only their labels are read again."""

    def __init__(self, calls: Calls, definitions: Definitions, registry: Registry) -> None:
        self._calls = calls
        self._definitions = definitions
        self._registry = registry
        self._revisions: dict[str, dict[str, Any]] = {}
        self._unnamed: dict[str, Release] = {}

    def get(self, ids: Sequence[str]) -> dict[str, Release]:
        """The releases of those ids; one that AWS no longer knows is left out."""
        self._fetch(ids)
        releases = filter(None, map(self._release, dict.fromkeys(ids)))
        return {str(release.id): release for release in self.named(releases)}

    def revision(self, id: str) -> dict[str, Any] | None:
        """One service revision as AWS gives it; ``None`` when it no longer does."""
        self._fetch([id])
        return self._revisions.get(id)

    def named(self, releases: Iterable[Release]) -> tuple[Release, ...]:
        """The same releases with the labels that the registry gives them today."""
        chosen = tuple(releases)
        wanted: dict[str, list[str]] = {}
        for release in chosen:
            if (main := _main_image(release)) and main.digest:
                wanted.setdefault(main.repository, []).append(main.digest)
        tags = {place: self._registry.tags(place, digests) for place, digests in wanted.items()}
        return tuple(replace(release, version=_version(release, tags)) for release in chosen)

    def _fetch(self, ids: Sequence[str]) -> None:
        unread = [arn for arn in dict.fromkeys(ids) if not self._is_settled(arn)]
        for batch in batches(unread, BATCH):
            answer = self._calls.read("ecs", "DescribeServiceRevisions", serviceRevisionArns=batch)
            for raw in answer.get("serviceRevisions", ()):
                arn = str(raw["serviceRevisionArn"])
                self._revisions[arn] = raw
                self._unnamed.pop(arn, None)

    def _is_settled(self, id: str) -> bool:
        """Whether nothing of a revision will change any more: ECS resolves the images of a new one only
        when its first task starts (ECS developer guide, deployment-type-ecs)."""
        images = self._revisions.get(id, {}).get("containerImages", ())
        return bool(images) and all(image.get("imageDigest") for image in images)

    def _release(self, id: str) -> Release | None:
        if id in self._revisions and id not in self._unnamed:
            revision = self._revisions[id]
            try:
                definition = self._definitions.get(str(revision["taskDefinition"]))
            except RejectedError:  # the definition has been deleted: nothing could be shipped from it
                return None
            self._unnamed[id] = release_of(revision, definition, self._definitions.register_keys())
        return self._unnamed.get(id)


def release_of(revision: Mapping[str, Any], definition: Definition, keys: frozenset[str]) -> Release:
    """A service revision and its definition as one release, its version not named yet."""
    resolved = {
        str(item.get("containerName")): item.get("imageDigest")
        for item in revision.get("containerImages", ())
    }
    return Release(
        id=str(revision["serviceRevisionArn"]),
        definition=definition.arn,
        images=tuple(_image(item, resolved.get(str(item.get("name")))) for item in definition.containers),
        main=main_container(definition.raw, revision.get("loadBalancers", ())),
        version=UNKNOWN_VERSION,
        configuration=fingerprint(definition.raw, revision, keys),
        created_at=maybe(revision.get("createdAt")),
        settings=settings_of(definition.raw, revision),
    )


def _image(container: Mapping[str, Any], digest: str | None) -> Image:
    reference = parse(str(container.get("image", "")))
    return Image(
        container=str(container.get("name", "")),
        repository=plain(reference.repository),
        tag=plain(reference.tag) if reference.tag else None,
        digest=digest or reference.digest,
    )


def _main_image(release: Release) -> Image | None:
    return next((image for image in release.images if image.container == release.main), None)


def _version(release: Release, tags: Mapping[str, Mapping[str, Tags | None]]) -> Version:
    main = _main_image(release)
    if main is None:
        return UNKNOWN_VERSION
    return label(main, tags.get(main.repository, {}).get(main.digest or ""))


def label(image: Image, tags: Tags | None) -> Version:
    """Name an image.

    Without an answer from the registry the tag that it was deployed with stands, as nobody can say
    that it moved; only ``latest`` would name nothing then.
    """
    if tags is None and image.digest is not None:
        tag = image.tag if image.tag != "latest" else None
        return version_of(image.digest, (tag,) if tag else (), tag)
    return version_of(image.digest, tags or (), image.tag)
