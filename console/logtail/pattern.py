"""What is looked for in a line: words, or a regular expression that cannot run away.

Python's matcher holds the interpreter while it works and cannot be interrupted, so whatever could take
exponential time is refused before it runs, and whatever turns out slow is stopped for good.
"""

import re
import warnings
from importlib import import_module
from time import thread_time
from typing import Any

from console.errors import UsageError

_parser: Any = import_module("re._parser")
ops: Any = import_module("re._constants")
"""How Python reads an expression itself; nothing public tells."""

LONGEST = 2_000
"""Characters of a line that a regular expression sees."""
_STEPS = ((256, 0.0002), (700, 0.002), (LONGEST, 0.05))
"""Lengths that it is tried on, and the seconds that each may take: time grows with a power of the
length, so a slow expression is found out on the short ones."""
_STRIKES = 3
_STARS = 3
"""Open repetitions that one expression may have: each multiplies the time by the length."""
_REPEATS = {ops.MAX_REPEAT, ops.MIN_REPEAT}
_OPEN_FROM = 64
"""A repetition that may take more rounds than that counts as open."""


class Pattern:
    """One term: a word in any case, ``"several words"``, or ``/regular expression/`` (``/…/i``: in any case).

    A word ``name=value`` also finds the member of a JSON line.
    """

    def __init__(self, text: str) -> None:
        """Raises UsageError for an expression that is none, or that might not end in time."""
        self.text = text
        self.stopped = False
        """It took too long, and finds nothing any more."""
        self._strikes = 0
        self._regex = _expression(text)
        self._needles = () if self._regex else _needles(text)

    def matches(self, text: str, lower: str = "") -> bool:
        """Whether a line holds it.

        Args:
            lower: The text in lower case where the caller has it already.
        """
        if self._regex is None:
            lower = lower or text.lower()
            return any(needle in lower for needle in self._needles)
        return self._found(self._regex, text)

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Where it stands in a text: begin and end of each place."""
        if self._regex is not None:
            if not self._found(self._regex, text):
                return []
            found = self._regex.finditer(text[:LONGEST])
        else:
            words = "|".join(re.escape(word) for word in sorted(self._needles, key=len, reverse=True))
            found = re.finditer(words, text, re.IGNORECASE)
        return [match.span() for match in found if match.end() > match.start()]

    def _found(self, regex: re.Pattern[str], text: str) -> bool:
        if self.stopped:
            return False
        if len(text) <= 64:
            return regex.search(text) is not None
        for length, allowed in _STEPS:
            begun = thread_time()
            found = regex.search(text, 0, length) is not None
            if thread_time() - begun > allowed:
                self._strikes += 1
                if self._strikes >= _STRIKES or length == LONGEST:
                    self.stopped = True
                return found
            if found or len(text) <= length:
                return found
        return False


def _needles(text: str) -> tuple[str, ...]:
    word = text.lower()
    name, is_pair, value = word.partition("=")
    if not (is_pair and value and name.replace("_", "").replace(".", "").isalnum()):
        return (word,)
    return (word, *(f'"{name}":{space}{quote}{value}' for space in ("", " ") for quote in ("", '"')))


def _expression(text: str) -> re.Pattern[str] | None:
    """The compiled expression of a term between slashes; ``None`` for a word."""
    if len(text) < 3 or not text.startswith("/"):
        return None
    body, slash, flags = text[1:].rpartition("/")
    if not slash or not body or flags not in ("", "i"):
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of what a later Python may read differently
            refuse_explosive(body)
            return re.compile(body, re.IGNORECASE if flags else 0)
    except (re.error, OverflowError, RecursionError) as error:
        raise UsageError(f"{text} is no regular expression: {error}", "words need no slashes") from None


def refuse_explosive(body: str) -> None:
    """Raise :class:`UsageError` for an expression whose time may grow faster than a small power."""
    stars = _stars(_parser.parse(body), inside=False)
    if stars > _STARS:
        raise UsageError(
            f"/{body}/ repeats without end in {stars} places", f"{_STARS} at most; write two terms instead"
        )


def _stars(items: Any, *, inside: bool) -> int:
    """How many open repetitions there are; raises where one holds another, or an ambiguous choice."""
    count = 0
    for op, argument in items:
        if op in _REPEATS or op is ops.POSSESSIVE_REPEAT:
            low, high, body = argument
            is_open = high > _OPEN_FROM or (inside and high != low)
            if is_open and inside:
                raise UsageError(
                    "a repetition inside a repetition may take for ever", "write it without the outer one"
                )
            count += int(is_open) + _stars(body, inside=inside or high > 1)
        elif op is ops.BRANCH:
            choices = argument[1]
            if inside and not _are_distinct(choices):
                raise UsageError(
                    "choices inside a repetition that begin alike may take for ever",
                    "let each begin with another character",
                )
            count += max(_stars(choice, inside=inside) for choice in choices)
        elif op in (ops.GROUPREF, ops.GROUPREF_EXISTS):
            raise UsageError("a reference to a group may take for ever", "write what it stands for")
        elif op is ops.SUBPATTERN:
            count += _stars(argument[3], inside=inside)
        elif op in (ops.ASSERT, ops.ASSERT_NOT):
            count += _stars(argument[1], inside=inside)
        elif op is ops.ATOMIC_GROUP:
            count += _stars(argument, inside=inside)
    return count


def _are_distinct(choices: Any) -> bool:
    """Whether every choice begins with a character of its own."""
    heads = [choice[0] if len(choice) else None for choice in choices]
    literals = [head[1] for head in heads if head is not None and head[0] is ops.LITERAL]
    return len(literals) == len(heads) == len(set(literals))
