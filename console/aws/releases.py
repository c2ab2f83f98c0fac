"""Service revisions and their task definitions, read once each, as releases."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from console.aws.cache import Cache
from console.aws.calls import Calls, batches
from console.aws.configuration import fingerprint, main_container, marks_of, settings_of
from console.aws.definitions import Definition, Definitions
from console.aws.images import FLEET_FRESH_S, FRESH_S, Registry, Tags
from console.aws.moments import maybe
from console.aws.references import parse
from console.aws.sizing import sized
from console.domain.operation import Sizing
from console.domain.release import Image, Release
from console.domain.text import plain
from console.domain.version import UNKNOWN_VERSION, Version, version_of
from console.errors import RejectedError

BATCH = 20
"""Revisions that one DescribeServiceRevisions may name (ECS API reference)."""


@dataclass(frozen=True)
class Shipped:
    """The images of one service revision: all that it takes to name its version."""

    images: tuple[Image, ...]
    balanced: str
    """The container behind the load balancer; empty where there is none."""

    def main(self, configured: Sequence[str]) -> Image | None:
        """The image that names the version: the balanced container's, else that of the first configured
        one, else the first."""
        named = {image.container: image for image in self.images}
        first = next(iter(self.images), None)
        return next((named[name] for name in (self.balanced, *configured) if name in named), first)


class Releases:
    """Releases by service revision ARN. Revisions are immutable: only their labels are read again."""

    def __init__(
        self, calls: Calls, definitions: Definitions, registry: Registry, cache: Cache | None = None
    ) -> None:
        self._calls = calls
        self._definitions = definitions
        self._registry = registry
        self._cache = cache or Cache()
        self._kept: set[str] = set()
        self._revisions: dict[str, dict[str, Any]] = {}
        self._unnamed: dict[str, Release] = {}
        """Releases without their labels; those of settled revisions never change."""
        self._shipped: dict[str, Shipped] = {}
        """Of settled revisions only."""

    def get(self, ids: Sequence[str]) -> dict[str, Release]:
        """The releases of those ids; one that AWS no longer knows is left out."""
        unknown = [arn for arn in ids if arn not in self._unnamed]
        kept = self._cache.get(Release, unknown)
        self._unnamed |= kept
        self._kept |= set(kept)
        self._fetch([arn for arn in ids if arn not in self._unnamed or self._is_open(arn)])
        releases = {arn: release for arn in dict.fromkeys(ids) if (release := self._release(arn))}
        fresh = {arn: releases[arn] for arn in set(releases) - self._kept if self._is_settled(arn)}
        self._cache.put(fresh)
        self._kept |= set(fresh)
        return {str(release.id): release for release in self.named(releases.values())}

    def versions(
        self, ids: Sequence[str], containers: Mapping[tuple[str, str], Sequence[str]]
    ) -> dict[str, Version]:
        """What people call those revisions, without their task definitions: a call per twenty revisions
        that were never read, and one per repository in ten minutes.

        Args:
            containers: The configured containers by the names of cluster and service.
        """
        images: dict[str, Image] = {}
        for arn, shipped in self._shipped_by(list(dict.fromkeys(ids))).items():
            if main := shipped.main(containers.get(service_of(arn), ())):
                images[arn] = main
        tags = self._tags(images.values(), FLEET_FRESH_S)
        return {
            arn: label(image, tags.get(image.repository, {}).get(image.digest or ""))
            for arn, image in images.items()
        }

    def revision(self, id: str) -> dict[str, Any] | None:
        """One service revision as AWS gives it; ``None`` when it no longer does."""
        self._fetch([id])
        return self._revisions.get(id)

    def resized(self, live: Release, sizing: Sizing) -> Release:
        """A release as it would be in another size: its settings, and their fingerprint.

        Raises:
            RefusedError: when nothing could run in that size.
            RejectedError: when it cannot be read any more, so that nobody can tell.
        """
        revision = self.revision(live.id) if live.id else None
        if revision is None or live.definition is None:
            raise RejectedError("what runs cannot be read, so it cannot be shipped in another size")
        raw = sized(self._definitions.get(live.definition).raw, sizing)
        return replace(
            live,
            configuration=fingerprint(raw, revision, self._definitions.register_keys()),
            settings=settings_of(raw, revision),
            marks=marks_of(raw),
        )

    def named(self, releases: Iterable[Release]) -> tuple[Release, ...]:
        """The same releases with the labels that the registry gives them today."""
        chosen = tuple(releases)
        tags = self._tags(filter(None, map(_main_image, chosen)), FRESH_S)
        return tuple(replace(release, version=_version(release, tags)) for release in chosen)

    def _tags(self, images: Iterable[Image], fresh_s: float) -> dict[str, dict[str, Tags | None]]:
        wanted: dict[str, list[str]] = {}
        for image in images:
            if image.digest:
                wanted.setdefault(image.repository, []).append(image.digest)
        return {place: self._registry.tags(place, digests, fresh_s) for place, digests in wanted.items()}

    def _shipped_by(self, ids: Sequence[str]) -> dict[str, Shipped]:
        unknown = [arn for arn in ids if arn not in self._shipped]
        self._shipped |= self._cache.get(Shipped, unknown)
        unknown = [arn for arn in unknown if arn not in self._shipped]
        self._fetch(unknown)
        read = {arn: shipped_of(self._revisions[arn]) for arn in unknown if arn in self._revisions}
        settled = {arn: shipped for arn, shipped in read.items() if self._is_settled(arn)}
        self._shipped |= settled
        self._cache.put(settled)
        return {arn: self._shipped[arn] for arn in ids if arn in self._shipped} | read

    def _fetch(self, ids: Sequence[str]) -> None:
        unread = [arn for arn in dict.fromkeys(ids) if not self._is_settled(arn)]
        for batch in batches(unread, BATCH):
            answer = self._calls.read("ecs", "DescribeServiceRevisions", serviceRevisionArns=batch)
            for raw in answer.get("serviceRevisions", ()):
                arn = str(raw["serviceRevisionArn"])
                self._revisions[arn] = raw
                self._unnamed.pop(arn, None)

    def _is_settled(self, id: str) -> bool:
        """Whether nothing of a revision that was read will change any more: ECS resolves the images of a
        new one only when its first task starts (ECS developer guide, deployment-type-ecs)."""
        images = self._revisions.get(id, {}).get("containerImages", ())
        return bool(images) and all(image.get("imageDigest") for image in images)

    def _is_open(self, id: str) -> bool:
        return id in self._revisions and not self._is_settled(id)

    def _release(self, id: str) -> Release | None:
        if id in self._revisions and id not in self._unnamed:
            revision = self._revisions[id]
            try:
                definition = self._definitions.get(str(revision["taskDefinition"]))
            except RejectedError:  # the definition has been deleted: nothing could be shipped from it
                return None
            self._unnamed[id] = release_of(revision, definition, self._definitions.register_keys())
        return self._unnamed.get(id)


def service_of(id: str) -> tuple[str, str]:
    """The names of cluster and service in the ARN of a service revision (ECS API reference,
    ServiceRevision): ``…:service-revision/CLUSTER/SERVICE/NUMBER``."""
    parts = id.split("/")
    return (parts[1], parts[2]) if len(parts) == 4 else ("", "")


def shipped_of(revision: Mapping[str, Any]) -> Shipped:
    """The images of a service revision as DescribeServiceRevisions gives it."""
    images = [
        _image(str(item.get("containerName", "")), str(item.get("image", "")), item.get("imageDigest"))
        for item in revision.get("containerImages", ())
    ]
    named = {image.container for image in images}
    balanced = (str(item.get("containerName", "")) for item in revision.get("loadBalancers", ()))
    return Shipped(tuple(images), next((name for name in balanced if name in named), ""))


def release_of(revision: Mapping[str, Any], definition: Definition, keys: frozenset[str]) -> Release:
    """A service revision and its definition as one release, its version not named yet."""
    resolved = {
        str(item.get("containerName")): item.get("imageDigest")
        for item in revision.get("containerImages", ())
    }
    return Release(
        id=str(revision["serviceRevisionArn"]),
        definition=definition.arn,
        images=tuple(
            _image(str(item.get("name", "")), str(item.get("image", "")), resolved.get(str(item.get("name"))))
            for item in definition.containers
        ),
        main=main_container(definition.raw, revision.get("loadBalancers", ())),
        version=UNKNOWN_VERSION,
        configuration=fingerprint(definition.raw, revision, keys),
        created_at=maybe(revision.get("createdAt")),
        settings=settings_of(definition.raw, revision),
        marks=marks_of(definition.raw),
    )


def _image(container: str, named: str, digest: str | None) -> Image:
    reference = parse(named)
    return Image(
        container=plain(container),
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
