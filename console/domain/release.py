"""A release: one immutable picture of what a service runs (ECS: a service revision)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from console.domain.version import Version


@dataclass(frozen=True)
class Image:
    """The image of one container."""

    container: str
    repository: str
    """Registry and repository without tag: ``1234.dkr.ecr.us-east-1.amazonaws.com/api``."""
    tag: str | None
    """The tag in the definition; ``None`` where it names a digest."""
    digest: str | None
    """What it was resolved to; ``None`` where the platform does not tell."""

    @property
    def pinned(self) -> str:
        """The reference that can only ever mean this image."""
        return f"{self.repository}@{self.digest}" if self.digest else f"{self.repository}:{self.tag}"


@dataclass(frozen=True)
class Release:
    """What ran, or would run, under one service: images by digest, and configuration."""

    id: str | None
    """Service revision ARN; ``None`` for a release that exists only in a plan."""
    definition: str | None
    """Task definition ARN; ``None`` where a plan will register one."""
    images: tuple[Image, ...]
    main: str
    """The container whose image names the version."""
    version: Version
    configuration: str
    """Fingerprint of everything but the images: equal means equally configured."""
    created_at: datetime | None = None
    settings: Mapping[str, str] = field(default_factory=dict)
    """What people compare, by name: ``memory``, ``cpu``, environment and secret *names*, network …"""

    marks: Mapping[str, str] = field(default_factory=dict)
    """Four digits of a hash for each setting whose value is never shown: another mark is another value,
    and nobody can tell the value from it."""

    presumed: bool = False
    """Nobody recorded its digests: they are what its tags mean in the registry today."""

    @property
    def digests(self) -> dict[str, str]:
        """Container name -> digest, of the containers whose digest is known."""
        return {image.container: image.digest for image in self.images if image.digest}

    @property
    def digest(self) -> str | None:
        """Digest of the main container."""
        return self.digests.get(self.main)

    @property
    def revision(self) -> str:
        """``:42``, the revision number of its definition; empty where there is none yet."""
        return ":" + self.definition.rsplit(":", 1)[-1] if self.definition else ""

    def same_as(self, other: "Release") -> bool:
        """Whether both run the same digests equally configured; unknown digests are never the same."""
        return (
            bool(self.digests) and self.digests == other.digests and self.configuration == other.configuration
        )

    def facts(self) -> dict[str, object]:
        """The shape in which JSON output and the journal name a release."""
        return {
            "version": self.version.label,
            "digest": self.digest,
            "digests": self.digests,
            "task_definition": self.definition,
            "service_revision": self.id,
        }
