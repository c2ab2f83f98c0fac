"""The command ``quarterdeck``: one parser, one place where errors become a line and an exit code.

Nothing heavy is imported before the verb is known, so that ``--help`` and mistakes answer at once.
"""

import argparse
import contextlib
import sys
from collections.abc import Sequence
from typing import Any

from console import __version__
from console.cli import journal, operate, sandbox, status, terminal
from console.cli.options import Parser
from console.cli.output import complain, log_crash
from console.cli.report import discard_output
from console.clock import SystemClock
from console.errors import QuarterdeckError

INTERRUPTED = 130
UNREAD = 141
"""Nobody reads the output any more: what a shell says of a program that SIGPIPE ended."""


class UnexpectedError(QuarterdeckError):
    """A bug of ours; its traceback is in the log."""

    title = "unexpected error"
    exit_code = 1


def parser() -> argparse.ArgumentParser:
    """The whole command line."""
    whole: argparse.ArgumentParser = Parser(
        prog="quarterdeck",
        description="The console for Amazon ECS: see a bad deploy, roll it back, know when it is safe. "
        "Without a verb it opens in the terminal.",
        epilog="Exit codes: 0 succeeded · 1 failed or rolled back · 2 nothing was planned · 3 refused · "
        "4 outcome unknown · 5 paused · 6 stuck or timed out · 7 replaced · 130 interrupted.",
    )
    whole.add_argument("--config", metavar="FILE", help="else QUARTERDECK_CONFIG, else the usual place")
    whole.add_argument("--version", action="version", version=f"quarterdeck {__version__}")
    terminal.add_arguments(whole)
    verbs = whole.add_subparsers(dest="verb", metavar="VERB", title="verbs")
    status.add_parser(verbs)
    operate.add_parsers(verbs)
    journal.add_parser(verbs)
    sandbox.add_parser(verbs)
    whole.set_defaults(run=terminal.run)
    return whole


def main(words: Sequence[str] | None = None) -> int:
    """Run one command line; the exit code. Never raises, never shows a traceback."""
    words = list(sys.argv[1:] if words is None else words)
    as_json = "--json" in words
    _write_anything(sys.stdout, sys.stderr)
    try:
        arguments = parser().parse_args(words)
        code: int = arguments.run(arguments)
        sys.stdout.flush()
        return code
    except QuarterdeckError as error:
        return _complain(error, as_json=as_json)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        discard_output()
        return UNREAD
    except Exception as error:
        details = log_crash(error, SystemClock().now())
        return _complain(UnexpectedError(f"{type(error).__name__}: {error}", details), as_json=as_json)


def _complain(error: QuarterdeckError, *, as_json: bool) -> int:
    try:
        return complain(error, SystemClock().now(), as_json=as_json)
    except BrokenPipeError:
        discard_output()
        return error.exit_code


def _write_anything(*streams: Any) -> None:
    """A terminal that cannot show a character shows another instead of ending the run."""
    for stream in streams:
        with contextlib.suppress(AttributeError, ValueError):
            stream.reconfigure(errors="replace")


if __name__ == "__main__":
    sys.exit(main())
