"""What the operations of RDS have in common: names, things by name, filters, pages."""

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeVar

from console.sandbox.rds.model import Instance, Json, Snapshot
from console.sandbox.registry import AwsError

if TYPE_CHECKING:
    from console.sandbox.account import Account

_T = TypeVar("_T")
_NAME = re.compile(r"[A-Za-z](?:-?[A-Za-z0-9])*")
INSTANCE_NAME, SNAPSHOT_NAME = 63, 255
"""Longest identifiers (API reference, CreateDBInstance and CreateDBSnapshot)."""


def check_name(what: str, name: str, longest: int) -> str:
    """The identifier in lower case, as RDS stores it.

    Raises:
        AwsError: ``InvalidParameterValue``: it begins with a letter, has letters, digits and single
            hyphens between them, and is not too long.
    """
    if not _NAME.fullmatch(name) or len(name) > longest:
        raise AwsError(
            "InvalidParameterValue",
            f"The parameter {what} is not a valid identifier. Identifiers must begin with a letter; must "
            "contain only ASCII letters, digits, and hyphens; and must not end with a hyphen or contain "
            "two consecutive hyphens.",
        )
    return name.lower()


def find_instance(account: "Account", name: str) -> Instance:
    """By identifier or ARN, or ``DBInstanceNotFoundFault``."""
    key = name.rpartition(":db:")[2].lower()
    found = account.rds.instances.get(key)
    if found is None:
        raise AwsError("DBInstanceNotFoundFault", f"DBInstance {key} not found.", 404)
    return found


def find_snapshot(account: "Account", name: str) -> Snapshot:
    """By identifier or ARN, or ``DBSnapshotNotFoundFault``."""
    key = name.rpartition(":snapshot:")[2] if name.startswith("arn:") else name
    found = account.rds.snapshots.get(key.lower()) or account.rds.snapshots.get(key)
    if found is None:
        raise AwsError("DBSnapshotNotFoundFault", f"DBSnapshot {key} not found.", 404)
    return found


def filtered(
    items: Sequence[_T], filters: Sequence[Json], attributes: dict[str, Callable[[_T], str]]
) -> list[_T]:
    """Those that pass every filter.

    Raises:
        AwsError: ``InvalidParameterValue`` for a filter that there is not.
    """
    for item in filters:
        if item["Name"] not in attributes:
            raise AwsError("InvalidParameterValue", f"Unrecognized filter name: {item['Name']}")
    return [
        item for item in items if all(attributes[each["Name"]](item) in each["Values"] for each in filters)
    ]


def paged(items: Sequence[_T], params: Json) -> tuple[Sequence[_T], Json]:
    """A page, and the marker of the next one: the number of the first item that was left out."""
    size = params.get("MaxRecords") or 100
    if not 20 <= size <= 100:
        raise AwsError(
            "InvalidParameterValue", f"Invalid value {size} for MaxRecords. Must be between 20 and 100"
        )
    marker = params.get("Marker") or "0"
    if not marker.isdecimal():
        raise AwsError("InvalidParameterValue", f"Invalid marker: {marker}")
    end = int(marker) + size
    return items[int(marker) : end], {"Marker": str(end) if end < len(items) else None}
