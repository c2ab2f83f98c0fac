"""The command line's own parser: complaints are ours, and options mean one thing everywhere."""

import argparse
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


def add_config(parser: argparse.ArgumentParser) -> None:
    """Accept ``--config`` behind the verb too; the one before it is kept when this is absent."""
    parser.add_argument(
        "--config", metavar="FILE", default=argparse.SUPPRESS, help="the configuration to use"
    )


def seconds(text: str) -> float:
    """A length of time in seconds: ``90``, ``90s``, ``30m``, ``1h``."""
    try:
        value = float(text) if text[-1:].isdigit() else duration(text).total_seconds()
    except (ValueError, OverflowError):
        value = 0.0
    if not 0 < value < 10**9:
        raise argparse.ArgumentTypeError(f"{text!r} is not a length of time such as 90, 90s or 30m")
    return value


def whole_number(text: str) -> int:
    """A number of tasks; ECS takes none below 0."""
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of tasks")
    return int(text)
