"""Releases where ECS keeps no service revisions: one per task set, and one per CodeDeploy deployment.

What a set runs is its task definition; the digests are told by its tasks, by a definition that pins
them, or by what was seen of the same deployment before. Where nobody recorded them they are what the
tags mean in the registry today, and the release says so (:attr:`Release.presumed`).
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from console.aws.cache import Cache
from console.aws.configuration import fingerprint, main_container, marks_of, settings_of
from console.aws.definitions import Definition, Definitions
from console.aws.images import Registry
from console.aws.moments import maybe
from console.aws.references import parse
from console.aws.releases import Releases
from console.aws.services import Services
from console.domain.release import Image, Release
from console.domain.tasks import Task
from console.domain.text import plain
from console.domain.version import UNKNOWN_VERSION, Version
from console.errors import QuarterdeckError, RejectedError, UnknownVersionError

_NAMED = {
    name: re.compile(rf"({name}[\"']?\s*:\s*[\"']?)([^\"'\s,}}]+)")
    for name in ("TaskDefinition", "ContainerName")
}
"""Members of an AppSpec, whether it is written in JSON or in YAML (CodeDeploy user guide, AppSpec file)."""
AskContent = Callable[[str], str]


@dataclass(frozen=True)
class _Shipped:
    """What a task set or a deployment ships."""

    definition: str
    container: str
    """Behind the load balancer."""
    deployment: str
    """CodeDeploy's id of the deployment that made it; empty where none did."""
    created_at: Any
    revision: Mapping[str, Any]
    """Service-level settings, for people to compare."""


class TaskSetReleases:
    """Releases by the ids of task sets (``ecs-svc/…``) and of CodeDeploy deployments (``d-…``).

    Args:
        content: The AppSpec of a deployment.
    """

    def __init__(
        self,
        services: Services,
        definitions: Definitions,
        registry: Registry,
        releases: Releases,
        content: AskContent,
        cache: Cache | None = None,
    ) -> None:
        self._services = services
        self._definitions = definitions
        self._registry = registry
        self._releases = releases
        self._content = content
        self._cache = cache or Cache()
        self._recorded: dict[str, Release] = {}
        """Those whose digests are certain; they never change."""

    def get(self, ids: Iterable[str], tasks: Sequence[Task] = ()) -> dict[str, Release]:
        """The releases of those ids, as far as anything tells them.

        Args:
            tasks: Tasks of the service: they know their digests.
        """
        wanted = list(dict.fromkeys(ids))
        self._recorded |= self._cache.get(Release, [name for name in wanted if name not in self._recorded])
        found = [release for name in wanted if (release := self._release(name, tasks)) is not None]
        return {str(release.id): release for release in self._releases.named(found)}

    def versions(self, ids: Iterable[str]) -> dict[str, Version]:
        """What people call them; one that cannot be told is left out."""
        found: dict[str, Version] = {}
        for name in ids:
            with suppress(QuarterdeckError):
                found |= {key: release.version for key, release in self.get([name]).items()}
        return found

    def _release(self, id: str, tasks: Sequence[Task]) -> Release | None:
        if id in self._recorded:
            return self._recorded[id]
        shipped = self._shipped(id)
        if shipped is None:
            return None
        try:
            definition = self._definitions.get(shipped.definition)
        except RejectedError:  # deleted: nothing could be shipped from it
            return None
        known = self._recorded.get(shipped.deployment)
        told = _told(id, tasks) or (known.digests if known else {})
        images = tuple(_image(item, told) for item in definition.containers)
        presumed = any(image.digest is None for image in images)
        release = replace(
            _release_of(id, shipped, definition, images, self._definitions.register_keys()),
            images=tuple(self._presumed(image) for image in images),
            presumed=presumed,
        )
        if not presumed:
            self._record(release, shipped.deployment)
        return release

    def _record(self, release: Release, deployment: str) -> None:
        """Keep what is certain, also under the deployment: the set will be gone, the deployment not."""
        kept = {str(release.id): release}
        if deployment and deployment not in self._recorded:
            kept[deployment] = replace(release, id=deployment)
        self._recorded |= kept
        self._cache.put(kept)

    def _shipped(self, id: str) -> _Shipped | None:
        raw = self._services.task_set(id)
        if raw is not None:
            balancers = raw.get("loadBalancers") or ()
            return _Shipped(
                definition=str(raw.get("taskDefinition", "")),
                container=next((str(item.get("containerName", "")) for item in balancers), ""),
                deployment=str(raw.get("externalId") or ""),
                created_at=raw.get("createdAt"),
                revision={key: raw.get(key) for key in ("networkConfiguration", "platformVersion")},
            )
        if not id.startswith("d-"):
            return None
        content = self._content(id)
        definition = named_in(content, "TaskDefinition")
        if not definition:
            return None
        return _Shipped(definition, named_in(content, "ContainerName"), "", None, {})

    def _presumed(self, image: Image) -> Image:
        if image.digest is not None or image.tag is None:
            return image
        try:
            return replace(image, digest=self._registry.resolve(image.repository, image.tag)[0])
        except UnknownVersionError:
            return image


def named_in(content: str, member: str) -> str:
    """The value of a member of an AppSpec: ``TaskDefinition`` or ``ContainerName``; empty without it."""
    found = _NAMED[member].search(content)
    return found[2] if found else ""


def with_definition(content: str, definition: str) -> str:
    """The same AppSpec for another task definition: hooks, network and all stay as they are."""
    return _NAMED["TaskDefinition"].sub(lambda found: found[1] + definition, content, count=1)


def _told(id: str, tasks: Sequence[Task]) -> dict[str, str]:
    """Digests by container, as the tasks of a set tell them."""
    return {
        container.name: container.digest
        for task in tasks
        if task.deployment == id
        for container in task.containers
        if container.digest
    }


def _image(container: Mapping[str, Any], told: Mapping[str, str]) -> Image:
    name, reference = str(container.get("name", "")), parse(str(container.get("image", "")))
    return Image(
        container=plain(name),
        repository=plain(reference.repository),
        tag=plain(reference.tag) if reference.tag else None,
        digest=reference.digest or told.get(name),
    )


def _release_of(
    id: str, shipped: _Shipped, definition: Definition, images: tuple[Image, ...], keys: frozenset[str]
) -> Release:
    """The fingerprint is that of the definition alone: a deployment that is over tells no more, and the
    two target groups change places with every one."""
    return Release(
        id=id,
        definition=definition.arn,
        images=images,
        main=main_container(definition.raw, [{"containerName": shipped.container}]),
        version=UNKNOWN_VERSION,
        configuration=fingerprint(definition.raw, {}, keys),
        created_at=maybe(shipped.created_at),
        settings=settings_of(definition.raw, {}),
        marks=marks_of(definition.raw),
    )
