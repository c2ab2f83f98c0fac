"""Pages of a list, with a token that says where the next one begins."""

import base64
from collections.abc import Sequence
from typing import TypeVar

from console.sandbox.registry import AwsError

_T = TypeVar("_T")


def page(items: Sequence[_T], token: str | None, size: int) -> tuple[list[_T], dict[str, str]]:
    """One page, and ``{"nextToken": …}`` to add to the answer: empty when this is the last page.

    Raises:
        AwsError: ``InvalidParameterException`` for a token that none of our answers held.
    """
    start = _offset(token) if token else 0
    following = start + size
    return list(items[start:following]), {"nextToken": _token(following)} if following < len(items) else {}


def _token(offset: int) -> str:
    return base64.urlsafe_b64encode(f"offset:{offset}".encode()).decode()


def _offset(token: str) -> int:
    try:
        word, _, number = base64.urlsafe_b64decode(token.encode()).decode().partition(":")
        if word == "offset" and int(number) >= 0:
            return int(number)
    except ValueError:
        pass
    raise AwsError("InvalidParameterException", "The specified token is not valid.")


def next_token_page(
    items: Sequence[_T], token: str | None, size: int, refusal: str
) -> tuple[list[_T], dict[str, str]]:
    """One page where the token is called ``NextToken``.

    Raises:
        AwsError: ``refusal`` for a token that none of our answers held.
    """
    try:
        shown, following = page(items, token, size)
    except AwsError as error:
        raise AwsError(refusal, "The next token is not valid.") from error
    return shown, {"NextToken": following["nextToken"]} if following else {}
