"""Which operations answer in pages, as botocore's paginators know it."""

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from console.sandbox.registry import AwsError
from console.sandbox.wire.models import BY_NAME, paginators

if TYPE_CHECKING:
    from console.sandbox.account import Account
    from console.sandbox.registry import Handler


@dataclass(frozen=True)
class Pages:
    """How one operation pages. Members are those of its input and its answer."""

    limit: str
    """How many the caller wants at most."""
    result: str
    """The list that is paged."""


@cache
def pages(service: str, operation: str) -> Pages | None:
    """How an operation pages; ``None`` where its pages cannot be made smaller, or there are none."""
    known = paginators(service).get(operation) if service in BY_NAME else None
    if known is None or "limit_key" not in known:
        return None
    result = known["result_key"]
    return Pages(known["limit_key"], result if isinstance(result, str) else result[0])


def half(handler: "Handler", account: "Account", params: dict[str, Any], known: Pages) -> dict[str, Any]:
    """Ask a reading handler for half of what it has: its own paging makes the token for the rest.

    A page of one cannot be halved, nor can one that is as small as the operation allows.
    """
    whole = handler(account, params)
    found = len(whole.get(known.result) or ())
    if found < 2:
        return whole
    try:
        return handler(account, params | {known.limit: found // 2})
    except AwsError:
        return whole
