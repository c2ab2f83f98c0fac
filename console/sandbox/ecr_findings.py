"""What a scanner finds in an image: real advisories of packages that such images carry.

The base system's packages are shared by all images of a repository; what a build added to them
differs by build, so that some images have a critical finding and others have none.
"""

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import random

SEVERITIES = ("CRITICAL", "HIGH", "MEDIUM", "LOW", "INFORMATIONAL", "UNDEFINED")
"""Worst first."""


@dataclass(frozen=True)
class Advisory:
    """One published weakness; ``score`` is its CVSS 3 base score."""

    name: str
    severity: str
    package: str
    version: str
    score: float
    what: str


BASE = (
    Advisory("CVE-2023-4039", "MEDIUM", "gcc-12", "12.2.0-14", 4.8, "stack protector misses dynamic arrays"),
    Advisory("CVE-2023-50495", "MEDIUM", "ncurses", "6.4-4", 6.5, "segmentation fault in terminfo parsing"),
    Advisory("CVE-2011-3389", "LOW", "gnutls28", "3.7.9-2", 4.3, "chosen-plaintext attack on TLS 1.0 CBC"),
    Advisory("CVE-2022-0563", "LOW", "util-linux", "2.38.1-5", 5.5, "readline error messages leak files"),
    Advisory("CVE-2007-5686", "LOW", "shadow", "4.13+dfsg1-1", 4.9, "insecure permissions of btmp"),
    Advisory("CVE-2005-2541", "INFORMATIONAL", "tar", "1.34+dfsg-1", 10.0, "setuid bits kept on extraction"),
)
"""In the base system of every image."""
WORSE = (
    Advisory("CVE-2024-2961", "HIGH", "glibc", "2.36-9+deb12u4", 7.3, "overflow in the iconv converter"),
    Advisory("CVE-2024-6119", "HIGH", "openssl", "3.0.13-1~deb12u1", 7.5, "crash on X.509 name checks"),
    Advisory("CVE-2024-28182", "MEDIUM", "nghttp2", "1.52.0-1", 5.3, "unbounded CONTINUATION frames"),
    Advisory("CVE-2024-4067", "MEDIUM", "micromatch", "4.0.5", 5.3, "backtracking in brace patterns"),
    Advisory("CVE-2024-45296", "HIGH", "path-to-regexp", "0.1.7", 7.5, "backtracking in route patterns"),
    Advisory("CVE-2024-37890", "HIGH", "ws", "8.16.0", 7.5, "crash on a request with many headers"),
    Advisory("CVE-2024-28849", "MEDIUM", "follow-redirects", "1.15.5", 6.5, "credentials sent on redirect"),
)
"""Some of them in each build."""
CRITICAL = (
    Advisory("CVE-2023-45853", "CRITICAL", "zlib", "1:1.2.13.dfsg-1", 9.8, "overflow in zip file names"),
    Advisory("CVE-2019-8457", "CRITICAL", "db5.3", "5.3.28+dfsg2-1", 9.8, "out-of-bound read in rtreenode"),
    Advisory("CVE-2024-29041", "CRITICAL", "express", "4.18.2", 9.1, "redirect to a malformed address"),
)
"""One of them in one build of four."""


def found_in(stream: "random.Random", has_critical: bool | None = None) -> list[Advisory]:
    """The findings of one build, worst first.

    Args:
        stream: Of the build: the same build always has the same findings.
        has_critical: Whether a critical one is among them; ``None``: in one build of four.
    """
    drawn = stream.random() < 0.25
    some = stream.sample(WORSE, stream.randrange(2, len(WORSE)))
    worst = stream.choice(CRITICAL)
    critical = [worst] if (drawn if has_critical is None else has_critical) else []
    return sorted([*critical, *some, *BASE], key=lambda item: (SEVERITIES.index(item.severity), item.name))


def shape(advisory: Advisory) -> dict[str, Any]:
    """As DescribeImageScanFindings shows it after a basic scan."""
    attributes = {
        "package_version": advisory.version,
        "package_name": advisory.package,
        "CVSS3_SCORE": str(advisory.score),
    }
    return {
        "name": advisory.name,
        "description": f"{advisory.package}: {advisory.what}",
        "uri": f"https://security-tracker.debian.org/tracker/{advisory.name}",
        "severity": advisory.severity,
        "attributes": [{"key": key, "value": value} for key, value in attributes.items()],
    }


def counts(advisories: list[Advisory]) -> dict[str, int]:
    """How many of each severity; none of a severity is left out, as ECR does."""
    return dict(Counter(item.severity for item in advisories))
