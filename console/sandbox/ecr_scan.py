"""Basic scans of images: on push where the repository says so, by hand, and what they found.

DescribeImages does not tell of scans any more (new basic scanning); only DescribeImageScanFindings
does, and an image that was never scanned has no scan, which is not the same as no findings.
"""

import json
from typing import TYPE_CHECKING, Any

from console.sandbox import ecr_findings
from console.sandbox.ecr import Repository, find_image, find_repository
from console.sandbox.image import INDEX, Image
from console.sandbox.paging import page
from console.sandbox.registry import AwsError, operation

if TYPE_CHECKING:
    from console.sandbox.account import Account

Json = dict[str, Any]

SCAN_S = 25.0
"""How long a scan takes, in simulated seconds."""
AGAIN_S = 24 * 3600.0
"""An image can be scanned by hand once in so many wall-clock seconds (ECR user guide, basic scanning)."""
_DAY = 86_400.0


@operation("ecr")
def DescribeImageScanFindings(account: "Account", params: Json) -> Json:
    """Findings of the last scan, worst first; counts only once it is complete.

    Raises:
        AwsError: ``ScanNotFoundException`` for an image that was never scanned.
    """
    repository = find_repository(account, params)
    image = find_image(repository, params["imageId"])
    begun = scanned_at(repository, image)
    if begun is None:
        raise AwsError(
            "ScanNotFoundException",
            f"Image scan does not exist for the image with '{_id_text(image)}' in the repository with name "
            f"'{repository.name}' in the registry with id '{repository.registry_id}'",
        )
    size = params.get("maxResults") or 100
    if not 1 <= size <= 1000:
        raise AwsError("InvalidParameterException", "maxResults must be between 1 and 1000.")
    done = begun + account.world.seconds(SCAN_S)
    answer = _heading(repository, params["imageId"], image)
    if account.world.now() < done:
        return {**answer, "imageScanStatus": {"status": "IN_PROGRESS"}}
    advisories = findings(account, repository, image)
    shown, following = page(advisories, params.get("nextToken"), size)
    return {
        **answer,
        "imageScanStatus": {"status": "COMPLETE", "description": "The scan was completed successfully."},
        "imageScanFindings": {
            "imageScanCompletedAt": done,
            "vulnerabilitySourceUpdatedAt": done // _DAY * _DAY,
            "findingSeverityCounts": ecr_findings.counts(advisories),
            "findings": [ecr_findings.shape(item) for item in shown],
        },
        **following,
    }


@operation("ecr")
def StartImageScan(account: "Account", params: Json) -> Json:
    """Scan an image now.

    Raises:
        AwsError: ``LimitExceededException`` within a day of its last scan.
    """
    repository = find_repository(account, params)
    image = find_image(repository, params["imageId"])
    now, last = account.world.now(), scanned_at(repository, image)
    if last is not None and now - last < AGAIN_S:
        raise AwsError(
            "LimitExceededException", "The scan quota per image has been exceeded. Wait and try again."
        )
    repository.scans[_scanned(repository, image)] = now
    return {
        **_heading(repository, params["imageId"], image),
        "imageScanStatus": {"status": "IN_PROGRESS"},
    }


def scanned_at(repository: Repository, image: Image) -> float | None:
    """When its last scan began; ``None``: never."""
    by_hand = repository.scans.get(_scanned(repository, image))
    return image.pushed_at if by_hand is None and repository.scan_on_push else by_hand


def findings(account: "Account", repository: Repository, image: Image) -> list[ecr_findings.Advisory]:
    """What there is to find in an image, worst first."""
    stream = account.world.rng(f"{repository.name}:{image.name}:{image.platform}:findings")
    return ecr_findings.found_in(stream, repository.critical.get(image.name))


def _scanned(repository: Repository, image: Image) -> str:
    """Digest of the manifest that is scanned: of an index its first platform's."""
    if image.media_type != INDEX:
        return image.digest
    return str(json.loads(image.manifest)["manifests"][0]["digest"])


def _heading(repository: Repository, wanted: Json, image: Image) -> Json:
    tag = wanted.get("imageTag")
    return {
        "registryId": repository.registry_id,
        "repositoryName": repository.name,
        "imageId": {"imageDigest": image.digest, **({"imageTag": tag} if tag else {})},
    }


def _id_text(image: Image) -> str:
    return f"{{imageDigest:'{image.digest}'}}"
