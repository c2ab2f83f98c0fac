"""A version is its image digests; tags are labels that move."""

import re
from dataclasses import dataclass

from console.domain.text import cell_width, cut_end, cut_middle

_SEMANTIC = re.compile(r"^v?\d+\.\d+(\.\d+)?([-.+][0-9A-Za-z.-]+)?$")


_COMMIT = re.compile(r"^(?P<branch>.*?)[-@](?=[0-9a-f]*[a-f])(?=[0-9a-f]*[0-9])(?P<commit>[0-9a-f]{6,40})$")
_COMMIT_CELLS = 6
"""Digits of a commit that are shown beside its branch."""


def short_digest(digest: str) -> str:
    """The eight hex digits that people compare."""
    return digest.removeprefix("sha256:")[:8]


@dataclass(frozen=True)
class Version:
    """One image as people speak of it."""

    digest: str | None
    """``sha256:…``; ``None`` where the platform never said what it resolved to."""
    label: str
    """Semantic-version tag, else the tag deployed with, else another tag, else ``@9f2c81d0``."""
    tags: tuple[str, ...] = ()
    """The tags that the registry shows for the digest today."""
    moved: bool = False
    """The label is a tag that has since moved to another digest."""

    def __str__(self) -> str:
        return self.label


def short_label(label: str, room: int, *, narrow: bool = False, ellipsis: str = "…") -> str:
    """A label in at most ``room`` cells: what tells two versions apart is what stays.

    A branch build, ``main-8e02b1c4``, is ``main@8e02b1``, narrow its commit alone; of a semantic version the
    ``v`` goes first; of a long branch its end, of anything else its middle.
    """
    found = _COMMIT.match(label)
    if found is not None and found["branch"]:
        commit = found["commit"][:_COMMIT_CELLS]
        return commit if narrow else f"{cut_end(found['branch'], room - len(commit) - 1, ellipsis)}@{commit}"
    if cell_width(label) > room and _SEMANTIC.match(label):
        label = label.removeprefix("v")
    return cut_middle(label, room, front=5, ellipsis=ellipsis)


UNKNOWN_VERSION = Version(digest=None, label="?")


def version_of(digest: str | None, tags: tuple[str, ...], deployed_tag: str | None) -> Version:
    """Name a digest: its semantic-version tag, else the tag deployed with, else another tag,
    ``latest`` last, else ``@`` and eight digits.

    Args:
        digest: What runs, or ``None`` when the platform does not tell.
        tags: The registry's tags of that digest today.
        deployed_tag: The tag in the definition it was deployed with.
    """
    if digest is None:
        return Version(None, deployed_tag or "?", (), moved=False)
    semantic = sorted((tag for tag in tags if _SEMANTIC.match(tag)), key=_semantic_key, reverse=True)
    if semantic:
        return Version(digest, semantic[0], tags)
    moved = deployed_tag is not None and deployed_tag not in tags
    if deployed_tag is not None and deployed_tag != "latest" and not moved:
        return Version(digest, deployed_tag, tags)
    others = sorted(tag for tag in tags if tag != "latest")
    if others:
        return Version(digest, others[0], tags)
    if "latest" in tags:
        return Version(digest, "latest", tags)
    if deployed_tag is not None and deployed_tag != "latest":
        return Version(digest, deployed_tag, tags, moved=True)
    return Version(digest, f"@{short_digest(digest)}", tags)


def _semantic_key(tag: str) -> tuple[tuple[int, ...], bool, str]:
    core, _, suffix = tag.removeprefix("v").partition("-")
    numbers = tuple(int(part) for part in re.findall(r"\d+", core))
    return numbers, not suffix, suffix
