"""Filter patterns of unstructured log events, as far as people type them at three in the morning."""

import re
from collections.abc import Callable

from console.sandbox.registry import AwsError

_TERM = re.compile(r'([-?]?)(?:"((?:[^"\\]|\\.)*)"|(\S+))')


def matcher(pattern: str) -> Callable[[str], bool]:
    """Whether a message matches: every term, or any of the ``?terms``, and none of the ``-terms``.

    Terms are case-sensitive; a quoted one is a phrase (CloudWatch Logs user guide, FilterAndPatternSyntax).

    Raises:
        AwsError: ``InvalidParameterException`` for JSON and space-delimited patterns, which are not
            offered, and for a quotation mark without its partner.
    """
    pattern = pattern.strip()
    if pattern[:1] in ("{", "[", "%") or pattern.replace('\\"', "").count('"') % 2:
        raise AwsError("InvalidParameterException", f"Invalid filter pattern: {pattern}")
    terms = [
        (sign, (phrase or word).replace('\\"', '"'))
        for sign, phrase, word in (match.groups() for match in _TERM.finditer(pattern))
        if phrase or word
    ]
    needed = [text for sign, text in terms if not sign]
    any_of = [text for sign, text in terms if sign == "?"]
    banned = [text for sign, text in terms if sign == "-"]

    def matches(message: str) -> bool:
        return (
            all(text in message for text in needed)
            and (not any_of or any(text in message for text in any_of))
            and not any(text in message for text in banned)
        )

    return matches
