"""Which tags of a repository may move: mutability, and the filters that except tags from it."""

from typing import TYPE_CHECKING, Any

from console.sandbox.ecr import find_repository
from console.sandbox.registry import AwsError, operation

if TYPE_CHECKING:
    from console.sandbox.account import Account

Json = dict[str, Any]

MOST_FILTERS = 5
"""Exclusion filters a repository (ECR user guide, image-tag-mutability)."""


@operation("ecr")
def PutImageTagMutability(account: "Account", params: Json) -> Json:
    """Set whether tags may move; tags that stand keep standing.

    Raises:
        AwsError: ``InvalidParameterException`` for filters without an ``…_WITH_EXCLUSION``, for that
            without filters, and for too many.
    """
    repository = find_repository(account, params)
    mutability = params["imageTagMutability"]
    filters = params.get("imageTagMutabilityExclusionFilters") or []
    check(mutability, filters)
    repository.mutability, repository.exclusions = mutability, [item["filter"] for item in filters]
    return {
        "registryId": repository.registry_id,
        "repositoryName": repository.name,
        **repository.mutability_shape(),
    }


def check(mutability: str, filters: list[Json]) -> None:
    """Refuse a setting that makes no sense."""
    kinds = ("MUTABLE", "IMMUTABLE", "MUTABLE_WITH_EXCLUSION", "IMMUTABLE_WITH_EXCLUSION")
    if mutability not in kinds:
        raise AwsError(
            "InvalidParameterException",
            f"Invalid parameter at 'imageTagMutability' failed to satisfy constraint: {', '.join(kinds)}",
        )
    if mutability.endswith("_WITH_EXCLUSION") != bool(filters) or len(filters) > MOST_FILTERS:
        raise AwsError(
            "InvalidParameterException",
            "Invalid parameter at 'imageTagMutabilityExclusionFilters' failed to satisfy constraint: "
            f"1 to {MOST_FILTERS} filters, with an exclusion only",
        )
