"""What scans found in images. *Never scanned* is not *nothing found*."""

from collections.abc import Mapping
from typing import Any

from console.aws.calls import Calls, code_of
from console.aws.references import ecr
from console.domain.registry import Findings
from console.domain.text import plain
from console.errors import QuarterdeckError
from console.ports import Clock

FRESH_S = 600.0
"""How long findings are believed: advisories are published every day."""
_COMPLETE = ("COMPLETE", "ACTIVE")
"""Statuses that come with figures: of a basic scan, and of a continuous one (ECR API reference)."""
_WORDS = {
    "IN_PROGRESS": "scanning",
    "PENDING": "scanning",
    "FAILED": "the scan failed",
    "UNSUPPORTED_IMAGE": "cannot be scanned",
    "SCAN_ELIGIBILITY_EXPIRED": "the scan has expired",
}


class Scans:
    """Findings by repository and digest; keeps what it was told for ten minutes."""

    def __init__(self, calls: Calls, clock: Clock) -> None:
        self._calls = calls
        self._clock = clock
        self._known: dict[tuple[str, str], tuple[float, Findings]] = {}

    def of(self, repository: str, digest: str, summary: Mapping[str, Any] | None = None) -> Findings:
        """What is known of one image; never raises.

        Args:
            summary: ``imageScanFindingsSummary`` of DescribeImages, which only older scans fill.
        """
        if summary and summary.get("findingSeverityCounts") is not None:
            return counted(summary["findingSeverityCounts"])
        now = self._clock.monotonic()
        known = self._known.get((repository, digest))
        if known is not None and now - known[0] < FRESH_S:
            return known[1]
        found = self._ask(repository, digest)
        if found.missing != "scanning":
            self._known[repository, digest] = (now, found)
        return found

    def _ask(self, repository: str, digest: str) -> Findings:
        place = ecr(repository)
        if place is None:
            return Findings(missing="not in Amazon ECR")
        try:
            answer = self._calls.read(
                "ecr",
                "DescribeImageScanFindings",
                region=place.region,
                registryId=place.registry,
                repositoryName=place.name,
                imageId={"imageDigest": digest},
                maxResults=1,
            )
        except QuarterdeckError as error:
            if code_of(error) == "ScanNotFoundException":
                return Findings(missing="not scanned")
            return Findings(missing=error.message)
        status = plain(str((answer.get("imageScanStatus") or {}).get("status", "")))
        if status not in _COMPLETE:
            return Findings(missing=_WORDS.get(status, status.lower().replace("_", " ") or "not scanned"))
        return counted((answer.get("imageScanFindings") or {}).get("findingSeverityCounts") or {})


def counted(counts: Mapping[str, Any]) -> Findings:
    """Findings from counts by severity."""
    critical, high = int(counts.get("CRITICAL", 0)), int(counts.get("HIGH", 0))
    return Findings(critical, high, sum(map(int, counts.values())) - critical - high)
