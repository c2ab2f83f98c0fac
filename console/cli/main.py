"""The command ``quarterdeck``: one parser, one place where errors become a line and an exit code.

Nothing heavy is imported before the verb is known, so that ``--help`` and mistakes answer at once.
"""

import argparse
import contextlib
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any

from console import __version__
from console.cli import terminal
from console.cli.options import Parser, check_words
from console.clock import SystemClock
from console.errors import QuarterdeckError

INTERRUPTED = 130
UNREAD = 141
"""Nobody reads the output any more: what a shell says of a program that SIGPIPE ended."""


class UnexpectedError(QuarterdeckError):
    """A bug of ours; its traceback is in the log."""

    title = "unexpected error"
    exit_code = 1


VERBS = {
    "status": "status",
    "watch": "watch",
    "logs": "logs",
    "deploy": "deploy",
    "rollback": "rollback",
    "release": "sayings",
    "mark": "sayings",
    "rehearse": "sayings",
    "continue": "hooks",
    "restart": "counts",
    "scale": "counts",
    "drain": "counts",
    "undrain": "counts",
    "migrate": "data",
    "restore": "data",
    "validate": "validate",
    "checklist": "checklist",
    "journal": "journal",
    "sandbox": "sandbox",
}
"""Verb -> the module of ``console.cli`` that adds it."""


def parser(words: Sequence[str] | None = None) -> argparse.ArgumentParser:
    """The command line, with the verbs that ``words`` can mean.

    A verb that is named is the only one whose module is loaded, and opening the console loads none: its
    first frame is waited for. Without words it is the whole command line.
    """
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
    if modules := _modules(words):
        verbs = whole.add_subparsers(dest="verb", metavar="VERB", title="verbs")
        for name in modules:
            import_module(f"console.cli.{name}").add_parser(verbs)
    whole.set_defaults(run=terminal.run)
    return whole


def _modules(words: Sequence[str] | None) -> list[str]:
    """The modules of the verbs that the words can mean; all of them where that is not plain."""
    if words is not None:
        named = [VERBS[word] for word in words if word in VERBS]
        if named or terminal.is_plain(words):
            return named[:1]
    return list(dict.fromkeys(VERBS.values()))


def main(words: Sequence[str] | None = None) -> int:
    """Run one command line; the exit code. Never raises, never shows a traceback."""
    words = list(sys.argv[1:] if words is None else words)
    as_json = "--json" in words
    _write_anything(sys.stdout, sys.stderr)
    try:
        check_words(words)
        arguments = parser(words).parse_args(words)
        code: int = arguments.run(arguments)
        sys.stdout.flush()
        return code
    except QuarterdeckError as error:
        return _complain(error, as_json=as_json)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        return _unread(UNREAD)
    except Exception as error:
        from console.cli.output import log_crash

        details = log_crash(error, SystemClock().now())
        _tell(error, words)
        return _complain(UnexpectedError(f"{type(error).__name__}: {error}", details), as_json=as_json)


def _tell(error: Exception, words: Sequence[str]) -> None:
    """Report a bug where the configuration wants it; one that cannot be read wants nothing."""
    with contextlib.suppress(Exception):
        from console.config.discover import find
        from console.config.loader import load

        settings = load(find(parser(words).parse_args(words).config))
        if settings.crash_reports is not None:
            from console import crash

            crash.tell(error, settings)


def _complain(error: QuarterdeckError, *, as_json: bool) -> int:
    from console.cli.output import complain

    try:
        return complain(error, SystemClock().now(), as_json=as_json)
    except BrokenPipeError:
        return _unread(error.exit_code)


def _unread(code: int) -> int:
    from console.cli.report import discard_output

    discard_output()
    return code


def _write_anything(*streams: Any) -> None:
    """A terminal that cannot show a character shows another instead of ending the run."""
    for stream in streams:
        with contextlib.suppress(AttributeError, ValueError):
            stream.reconfigure(errors="replace")


if __name__ == "__main__":
    sys.exit(main())
