"""What headless runs write: text for people, JSON for programs, errors in one line.

With ``--json`` nothing but JSON goes to standard output, one object a line, and the last line is
there for every exit code.
"""

import sys
import traceback
from datetime import datetime

from console.config.discover import state_folder
from console.domain.operation import Verdict
from console.domain.text import plain
from console.domain.words import utc
from console.errors import QuarterdeckError
from console.journal.form import encode

_VERDICTS = {3: Verdict.REFUSED.value, 4: Verdict.UNKNOWN.value}
"""What an error says about an operation, by its exit code."""


def say(line: str) -> None:
    """One line on standard output, at once: whoever reads a pipe must not wait for it."""
    print(line, flush=True)


def say_json(value: object) -> None:
    """One object as one line."""
    say(encode(value))


def complain(error: QuarterdeckError, at: datetime, *, as_json: bool) -> int:
    """Say an error in one line, as an object too where objects were asked for; the exit code."""
    line = f"quarterdeck: {error.title}: {error.message}"
    print(plain(f"{line} · {error.remedy}" if error.remedy else line), file=sys.stderr, flush=True)
    if as_json:
        say_json(error_object(error, at))
    return error.exit_code


def error_object(error: QuarterdeckError, at: datetime, operation: str | None = None) -> dict[str, object]:
    """The last line of a run that ends with an error."""
    return {
        "event": "error",
        "at": utc(at),
        "operation": operation,
        "verdict": _VERDICTS.get(error.exit_code),
        "error": {"title": error.title, "message": error.message, "remedy": error.remedy},
    }


def log_crash(error: BaseException, at: datetime) -> str:
    """Append the traceback of a bug to the log in the state folder, and say where, or why not."""
    path = state_folder() / "errors.log"
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.touch(mode=0o600)
        with path.open("a", encoding="utf-8", errors="replace") as log:
            log.write(f"{utc(at)}\n{''.join(traceback.format_exception(error))}\n")
    except OSError as failure:
        return f"{path} could not be written: {failure.strerror or failure}"
    return f"details are in {path}"
