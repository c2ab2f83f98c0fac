"""What a pipeline knows of the commits that images were built of: their checks, their review, their runs.

An image tells of its commit: its first tag, which is the version's name or the beginning of the commit's. A
build that never comes up is red where it is tested; what only shows under traffic is green.
"""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from console.sandbox import conditions, fleet
from console.sandbox.ecr_scan import findings
from console.sandbox.outsiders.settings import GITHUB

if TYPE_CHECKING:
    from console.sandbox.account import Account
    from console.sandbox.image import Image

SHORTEST = 7
"""Hex digits that name a commit."""
BUILT_S = 420.0
"""How long before its image was pushed a commit's checks began."""
_SHORT = re.compile(r"[0-9a-f]{7}")
_NEVER_COMES_UP = ("crash", "unhealthy")
_NOT_APPROVED = ("slow-start",)
_TESTS = ("unit", "test", "tests", "integration", "e2e")
_OF_PACKAGES = ("npm-audit", "snyk")
_OF_IMAGES = ("trivy", "container-scan")
_PACKAGES = ("express",)
"""Packages that such audits look at; the others are the base system's."""


@dataclass(frozen=True)
class Commit:
    """One commit of a repository."""

    name: str
    """What the image calls itself."""
    sha: str
    at: float
    """When its image was pushed: epoch seconds."""
    behaviour: str
    tags: tuple[str, ...]
    digests: frozenset[str]
    """Of every image that was built of it."""
    critical: tuple[str, ...]
    """Packages with a critical finding, of all its images."""

    @property
    def number(self) -> int:
        """Of everything about it that has one: pull request, runs, release."""
        return int(self.sha[-6:], 16) % 900_000 + 100

    @property
    def is_reviewed(self) -> bool:
        """Somebody else has approved it."""
        return self.behaviour not in _NOT_APPROVED

    @property
    def is_version(self) -> bool:
        """It was built of a tag, and not of a branch."""
        return not _SHORT.fullmatch(self.name)

    def concludes(self, check: str, checks: list[str]) -> str:
        """How a check of it ended: ``success``, ``failure`` or ``neutral``."""
        tests = [name for name in checks if name in _TESTS]
        if self.behaviour in _NEVER_COMES_UP and tests and check == tests[-1]:
            return "failure"
        if check in _OF_PACKAGES and any(package in _PACKAGES for package in self.critical):
            return "failure"
        return "neutral" if check in _OF_IMAGES and self.critical else "success"


def told(account: "Account") -> dict[str, Any]:
    """What the fleet's file says of its repository."""
    return fleet.told(account, GITHUB)


def commits(account: "Account") -> Iterator[Commit]:
    """Every commit of which there is an image, oldest first."""
    built: dict[str, list[Image]] = {}
    for place in {item.repository for item in fleet.told_places(account)}:
        for image in account.ecr.repositories[place].images.values():
            built.setdefault(image.name, []).append(image)
    for name, images in sorted(built.items(), key=lambda item: (item[1][0].pushed_at, item[0])):
        tags = {tag: None for image in images for tag in image.tags}
        if not tags:
            continue
        scanned = [(account.ecr.repositories[image.repository], image) for image in images if image.tags]
        yield Commit(
            name,
            _sha(account, name),
            images[0].pushed_at,
            images[0].behaviour,
            tuple(tags),
            frozenset(image.digest for image in images),
            tuple(
                item.package
                for repository, image in scanned
                for item in findings(account, repository, image)
                if item.severity == "CRITICAL"
            ),
        )


def find(account: "Account", ref: str) -> Commit | None:
    """By its name in hexadecimal digits, the beginning of it, or a tag; ``None``: there is none."""
    known = list(commits(account))
    by_sha = [commit for commit in known if len(ref) >= SHORTEST and commit.sha.startswith(ref)]
    by_tag = [commit for commit in known if commit.is_version and ref == commit.name]
    return next(iter((*by_sha, *by_tag)), None)


def shipped(account: "Account", environment: str) -> frozenset[str]:
    """Digests that were on their way into an environment before the world began, or had come there."""
    began = account.world.started_at
    return frozenset(
        digest
        for place in fleet.told_places(account)
        if place.environment == environment
        for deployment in place.service.service_deployments
        if deployment.created_at <= began
        for digest in deployment.target.digests.values()
    )


def state(account: "Account", commit: Commit, check: str, checks: list[str]) -> tuple[str, str | None]:
    """(status, conclusion) of a check now; no conclusion while it goes on."""
    held = account.conditions
    is_test = check in _TESTS
    if is_test and held.get(conditions.TESTS_RUNNING) is not None:
        return "in_progress", None
    if is_test and held.get(conditions.TESTS_RED) is not None:
        return "completed", "failure"
    return "completed", commit.concludes(check, checks)


def is_green(account: "Account", commit: Commit) -> bool:
    """Whether none of its checks has failed."""
    checks: list[str] = told(account)["checks"]
    return all(state(account, commit, name, checks)[1] != "failure" for name in checks)


def _sha(account: "Account", name: str) -> str:
    whole = hashlib.sha256(f"{account.world.seed}:{account.name}:{name}".encode()).hexdigest()
    return (name + whole)[:40] if _SHORT.fullmatch(name) else whole[:40]
