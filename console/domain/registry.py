"""Versions that a registry holds: what a deploy may choose from."""

from dataclasses import dataclass
from datetime import datetime

from console.domain.version import Version


@dataclass(frozen=True)
class Findings:
    """What a scan found in an image, by severity; the image may never have been scanned."""

    critical: int = 0
    high: int = 0
    others: int = 0
    missing: str = ""
    """Why there are no figures (*not scanned*, *scanning*, not allowed); empty when there are."""

    @property
    def words(self) -> str:
        """``2 critical, 5 high``, ``none critical``, or why nobody knows."""
        if self.missing:
            return self.missing
        found = [
            f"{count} {name}" for count, name in ((self.critical, "critical"), (self.high, "high")) if count
        ]
        return ", ".join(found) or "none critical or high"


@dataclass(frozen=True)
class RegistryVersion:
    """One image of a service's repository."""

    version: Version
    pushed_at: datetime
    findings: Findings
    commit: str = ""
    """The commit that it was built from, by a tag or an annotation; empty where nothing tells."""
    platforms: tuple[str, ...] = ()
    """``linux/amd64``; empty where its manifest names none."""
    size_bytes: int = 0


@dataclass(frozen=True)
class Offer:
    """A version of the registry, with what this service has seen of it."""

    found: RegistryVersion
    runs: bool = False
    """It is what runs now."""
    ran: str = ""
    """How it ended when it ran here last (*succeeded 3 d ago*); empty: never seen here."""
    is_bad: bool = False
    """A rollback left it, or ECS went back from it."""
