"""Scans of images and tags that may not move, as ECR's basic scanning and PutImage know them."""

from typing import Any

import pytest

from console.sandbox.registry import AwsError
from console.sandbox.services import HANDLERS
from tests.unit.sandbox_world import START, TAGS, Stage


def ask(stage: Stage, operation: str, **params: Any) -> dict[str, Any]:
    stage.world.advance()
    return HANDLERS["ecr", operation](stage.account, {"repositoryName": "api", **params})


def code(stage: Stage, operation: str, **params: Any) -> str:
    with pytest.raises(AwsError) as refused:
        ask(stage, operation, **params)
    return refused.value.code


def scan(stage: Stage, tag: str) -> dict[str, Any]:
    return ask(stage, "DescribeImageScanFindings", imageId={"imageTag": tag})


def manifest(stage: Stage, tag: str) -> str:
    (image,) = ask(stage, "BatchGetImage", imageIds=[{"imageTag": tag}])["images"]
    return str(image["imageManifest"])


def test_a_pushed_image_is_scanned_and_has_the_same_findings_in_every_run() -> None:
    """Worst first, with counts that agree; the same build in another world of that seed agrees too."""
    one, other = scan(Stage(), "v1"), scan(Stage(), "v1")
    assert one == other
    found = one["imageScanFindings"]
    assert one["imageScanStatus"]["status"] == "COMPLETE"
    assert sum(found["findingSeverityCounts"].values()) == len(found["findings"])
    assert found["findings"][-1]["severity"] == "INFORMATIONAL"


def test_some_images_have_a_critical_finding_and_most_have_none() -> None:
    """One build of four by chance, unless it is settled for a build."""
    stage = Stage()
    repository = stage.account.ecr.repositories["api"]
    for number in range(40):
        stage.account.ecr.push("api", [f"b{number}"], START - 1e5, "healthy")
    worst = [scan(stage, f"b{n}")["imageScanFindings"]["findingSeverityCounts"] for n in range(40)]
    assert 3 <= sum("CRITICAL" in counts for counts in worst) <= 20
    repository.critical = {tag: tag == "crash" for tag in TAGS}
    for tag in TAGS:
        counts = scan(stage, tag)["imageScanFindings"]["findingSeverityCounts"]
        assert ("CRITICAL" in counts) is (tag == "crash")


def test_never_scanned_is_not_the_same_as_clean() -> None:
    """ScanNotFoundException where nothing is scanned on push, until somebody starts a scan."""
    stage = Stage()
    stage.account.ecr.repositories["api"].scan_on_push = False
    assert code(stage, "DescribeImageScanFindings", imageId={"imageTag": "v1"}) == "ScanNotFoundException"
    begun = ask(stage, "StartImageScan", imageId={"imageTag": "v1"})
    assert begun["imageScanStatus"] == {"status": "IN_PROGRESS"}
    assert scan(stage, "v1")["imageScanStatus"] == {"status": "IN_PROGRESS"}
    assert "imageScanFindings" not in scan(stage, "v1")
    stage.wait(30)
    assert scan(stage, "v1")["imageScanStatus"]["status"] == "COMPLETE"
    assert code(stage, "StartImageScan", imageId={"imageTag": "v1"}) == "LimitExceededException"
    assert code(stage, "StartImageScan", imageId={"imageTag": "nobody"}) == "ImageNotFoundException"


def test_descriptions_of_images_do_not_tell_of_scans() -> None:
    """New basic scanning fills neither status nor summary in DescribeImages."""
    detail = ask(Stage(), "DescribeImages", imageIds=[{"imageTag": "v1"}])["imageDetails"][0]
    assert not [name for name in detail if "Scan" in name]


def test_findings_come_in_pages_under_one_count() -> None:
    """The token leads to the rest, and every page counts all of them."""
    stage = Stage()
    whole = scan(stage, "v1")["imageScanFindings"]["findings"]
    params: dict[str, Any] = {"imageId": {"imageTag": "v1"}, "maxResults": 3}
    pages: list[dict[str, Any]] = []
    while True:
        answer = ask(stage, "DescribeImageScanFindings", **params)
        pages += answer["imageScanFindings"]["findings"]
        if "nextToken" not in answer:
            break
        params["nextToken"] = answer["nextToken"]
    assert pages == whole


def test_a_fixed_tag_cannot_be_moved_but_a_new_one_can_be_pushed() -> None:
    """ImageTagAlreadyExistsException; where it stands already it is ImageAlreadyExistsException."""
    stage = Stage()
    ask(stage, "PutImageTagMutability", imageTagMutability="IMMUTABLE")
    good = manifest(stage, "good")
    assert code(stage, "PutImage", imageManifest=good, imageTag="v1") == "ImageTagAlreadyExistsException"
    assert code(stage, "PutImage", imageManifest=good, imageTag="good") == "ImageAlreadyExistsException"
    assert ask(stage, "PutImage", imageManifest=good, imageTag="v2")["image"]["imageId"]["imageTag"] == "v2"
    assert ask(stage, "DescribeRepositories")["repositories"][0]["imageTagMutability"] == "IMMUTABLE"


@pytest.mark.parametrize(
    ("mutability", "movable", "fixed"),
    [("IMMUTABLE_WITH_EXCLUSION", "latest", "v1"), ("MUTABLE_WITH_EXCLUSION", "v1", "latest")],
)
def test_exclusions_turn_the_rule_around(mutability: str, movable: str, fixed: str) -> None:
    """For tags that match one of the filters."""
    stage = Stage()
    filters = [{"filterType": "WILDCARD", "filter": "lat*"}]
    ask(
        stage,
        "PutImageTagMutability",
        imageTagMutability=mutability,
        imageTagMutabilityExclusionFilters=filters,
    )
    good = manifest(stage, "good")
    assert code(stage, "PutImage", imageManifest=good, imageTag=fixed) == "ImageTagAlreadyExistsException"
    assert (
        ask(stage, "PutImage", imageManifest=good, imageTag=movable)["image"]["imageId"]["imageTag"]
        == movable
    )


def test_filters_and_exclusion_must_go_together() -> None:
    """One without the other is an invalid parameter."""
    stage = Stage()
    filters = [{"filterType": "WILDCARD", "filter": "*"}]
    refused = code(
        stage,
        "PutImageTagMutability",
        imageTagMutability="IMMUTABLE",
        imageTagMutabilityExclusionFilters=filters,
    )
    assert refused == "InvalidParameterException"
    lacking = code(stage, "PutImageTagMutability", imageTagMutability="MUTABLE_WITH_EXCLUSION")
    assert lacking == "InvalidParameterException"
