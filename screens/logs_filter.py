"""What an operator wants to see of a log, and a book that keeps it by service."""

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from pathlib import Path

from console.domain.address import Address
from console.logtail.query import SEVERITIES, LogQuery
from widgets.log_bar import LogFilters
from widgets.log_line import PLATFORM

SOURCES = ("all", "new", "old", "task")
_CYCLE = ("", *SEVERITIES[1:4])
_KEPT = ("include", "exclude", "find", "severity")
"""What the next session begins with as well; a time, a revision and a task mean nothing by then."""
_MOST_SERVICES = 500
_MOST_CHARACTERS = 1_000


@dataclass(frozen=True)
class Wanted:
    """A filter as it was typed."""

    include: str = ""
    exclude: str = ""
    find: str = ""
    severity: str = ""
    source: str = "all"
    """``all``, ``new`` or ``old`` revision, or ``task``."""
    task: str = ""
    since: datetime | None = None
    events: bool = True
    """What the platform says stays in sight whatever is filtered; else it is filtered like all lines."""

    @property
    def next_severity(self) -> str:
        """All, info, warn, error, and all again."""
        place = _CYCLE.index(self.severity) if self.severity in _CYCLE else -1
        return _CYCLE[(place + 1) % len(_CYCLE)]

    def with_words(self, name: str, text: str) -> "Wanted":
        """The same with other words in ``include``, ``exclude`` or ``find``."""
        return replace(self, **{name: text.strip()})  # type: ignore[arg-type]

    def query(self, revisions: Mapping[str, str], new: str) -> LogQuery:
        """What the log is asked.

        Args:
            revisions: Task id -> its deployment; may grow.
            new: The deployment that is meant by *new*; every other one is *old*.

        Raises:
            UsageError: for an expression that is none, or that might not end in time.
        """
        typed, unwanted = LogQuery.typed(self.include), LogQuery.typed(self.exclude)
        names = frozenset(revisions.values())
        chosen = {"new": frozenset({new}), "old": (names - {new}) or frozenset({"none"})}
        return LogQuery(
            include=typed.include,
            exclude=(*typed.exclude, *unwanted.include, *unwanted.exclude),
            severity=self.severity,
            since=self.since,
            always=frozenset({PLATFORM} if self.events else ()),
            tasks=frozenset({self.task} if self.source == "task" and self.task else ()),
            revisions=chosen.get(self.source, frozenset()),
            revision_of=revisions,
        )

    @property
    def search(self) -> LogQuery | None:
        """What is looked for among the lines; ``None``: nothing. Raises UsageError like :meth:`query`."""
        return LogQuery.typed(self.find) if self.find.strip() else None

    def in_words(self, since: str) -> LogFilters:
        """What the filter bar says."""
        source = {"new": "new revision", "old": "old revision", "task": f"task {self.task[:8]}"}
        return LogFilters(
            self.include,
            self.exclude,
            self.find,
            self.severity,
            source.get(self.source, "all") + ("" if self.events else ", events filtered"),
            since if self.since is not None else "",
        )


@dataclass
class FilterBook:
    """The last filter of every service: of this session in memory, of sessions before in a small file."""

    path: Path | None = None
    _session: dict[str, Wanted] = field(default_factory=dict)
    _kept: dict[str, dict[str, str]] | None = None

    def of(self, address: Address) -> Wanted:
        """The filter that a service had last; an open one where there was none."""
        key = str(address)
        return self._session.get(key) or replace(Wanted(), **self._read().get(key, {}))  # type: ignore[arg-type]

    def keep(self, address: Address, wanted: Wanted) -> None:
        """Remember a filter; a file that cannot be written is left as it is."""
        if wanted == self.of(address):
            return
        key = str(address)
        self._session[key] = wanted
        kept = {name: value for name, value in asdict(wanted).items() if name in _KEPT and value}
        book = {name: value for name, value in self._read().items() if name != key}
        self._kept = dict([*book.items(), (key, kept)][-_MOST_SERVICES:]) if kept else book
        if self.path is not None:
            with suppress(OSError):
                self._write(self.path, json.dumps(self._kept))

    def _write(self, path: Path, text: str) -> None:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        fresh = path.with_suffix(f".{os.getpid()}")
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(text)
        fresh.replace(path)

    def _read(self) -> dict[str, dict[str, str]]:
        """What the file holds; nothing of one that is missing, broken or of another make."""
        if self._kept is None:
            found: object = {}
            if self.path is not None:
                with suppress(OSError, ValueError, RecursionError):
                    found = json.loads(self.path.read_text(encoding="utf-8"))
            pairs = found.items() if isinstance(found, dict) else ()
            self._kept = {name: _checked(value) for name, value in pairs if isinstance(value, dict)}
        return self._kept


def _checked(value: dict[str, object]) -> dict[str, str]:
    """The members that are a filter's, each a text that it could have."""
    kept = {
        name: text
        for name in _KEPT
        if isinstance(text := value.get(name), str) and len(text) <= _MOST_CHARACTERS
    }
    if kept.get("severity", "") not in _CYCLE:
        del kept["severity"]
    return kept
