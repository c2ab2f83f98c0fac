"""The command line's own parser: complaints are ours, and options mean one thing everywhere."""

import argparse
from collections.abc import Sequence
from itertools import pairwise
from typing import Any, NoReturn

from console.domain.words import duration
from console.errors import UsageError

Subparsers = argparse._SubParsersAction  # argparse has no public name for what it returns


class Parser(argparse.ArgumentParser):
    """A parser that raises :class:`UsageError` where argparse would print and exit.

    Options are never abbreviated: a script that says ``--conf`` must not change its meaning when a
    later version adds another option.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("allow_abbrev", False)
        super().__init__(*args, **kwargs)

    def error(self, message: str) -> NoReturn:
        raise UsageError(message, f"see {self.prog} --help")


def check_words(words: Sequence[str]) -> None:
    """Refuse what no argument can be, before any verb gives it a meaning.

    An empty word is a variable that was not set: ``drain X --task "$TASK"`` must not drain the service.

    Raises:
        UsageError: when a word is empty, or not text in UTF-8.
    """
    for before, word in pairwise(["", *words]):
        name, equals, value = word.partition("=")
        is_option = name.startswith("--") and bool(equals)
        if not (value if is_option else word):
            option = name if is_option else before if before.startswith("-") else "an argument"
            raise UsageError(f"{option} is empty", "give it a value, or leave it out")
        if not word.isprintable() and any(0xD800 <= ord(character) <= 0xDFFF for character in word):
            raise UsageError(f"{word!r} is not UTF-8", "use a UTF-8 terminal and locale")


def add_config(parser: argparse.ArgumentParser) -> None:
    """Accept ``--config`` behind the verb too; the one before it is kept when this is absent."""
    parser.add_argument(
        "--config", metavar="FILE", default=argparse.SUPPRESS, help="the configuration to use"
    )


def seconds(text: str) -> float:
    """A length of time in seconds: ``90``, ``90s``, ``30m``, ``1h``."""
    try:
        if not text.isascii():
            raise ValueError(text)
        value = float(text) if text[-1:].isdigit() else duration(text).total_seconds()
    except (ValueError, OverflowError):
        value = 0.0
    if not 0 < value < 10**9:
        raise argparse.ArgumentTypeError(f"{text!r} is not a length of time such as 90, 90s or 30m")
    return value


def whole_number(text: str) -> int:
    """A number of tasks, megabytes, CPU units or seconds; AWS takes none below 0."""
    if not (text.isascii() and text.isdecimal()):
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 0")
    return int(text)


def limit(text: str) -> int:
    """How many lines or versions a list has at most: 1 to 1,000,000."""
    value = whole_number(text)
    if not 1 <= value <= 1_000_000:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1 to 1000000")
    return value
