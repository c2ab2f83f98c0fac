"""Log lines as text, for the clipboard and for a file."""

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from console.domain.address import Address
from console.domain.signals import LogLine
from console.domain.text import plain
from console.domain.words import count, utc
from console.errors import UsageError


def as_text(line: LogLine, revisions: Mapping[str, str]) -> str:
    """One line whole: when in UTC, whose, how bad, and the line as it was written, secrets hidden."""
    whose = " ".join(part for part in (revisions.get(line.task, ""), line.task[:8], line.container) if part)
    return f"{utc(line.at)} {whose} {line.severity.upper()} {plain(line.text)}"


def all_text(lines: Iterable[LogLine], revisions: Mapping[str, str]) -> str:
    """Lines one below the other, each ended."""
    return "".join(f"{as_text(line, revisions)}\n" for line in lines)


def default_name(address: Address, last: LogLine | None) -> str:
    """A file in the current folder, named by the service and the newest line."""
    at = f"-{last.at:%Y%m%d-%H%M%S}" if last is not None else ""
    return f"{address.environment}-{address.alias}{at}.log"


def save(path: Path, lines: Sequence[LogLine], revisions: Mapping[str, str]) -> str:
    """Write lines to a new file that only its owner may read; what was done, in one line.

    Raises:
        UsageError: when the file is there already, or cannot be written.
    """
    path = path.expanduser()
    try:
        place = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise UsageError(f"{path} is there already", "choose another name") from None
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}", "choose another place") from None
    try:
        with os.fdopen(place, "w", encoding="utf-8", errors="replace") as file:
            file.write(all_text(lines, revisions))
    except OSError as error:
        raise UsageError(f"{path} was not written whole: {error.strerror}") from None
    return f"{count(len(lines), 'line')} saved to {path}"
