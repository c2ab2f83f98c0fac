"""Which lines of a log are wanted: words, expressions, severity, time, tasks, revision."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property

from console.domain.signals import LogLine
from console.logtail.pattern import Pattern

SEVERITIES = ("debug", "info", "warn", "error", "fatal")
SERIOUS = frozenset(SEVERITIES[3:])
"""At error or above."""
_RANK = {name: rank for rank, name in enumerate(SEVERITIES)}
_TERM = re.compile(r'([-!]?)(/(?:\\.|[^/])+/i?(?=\s|$)|"[^"]*"?|\S+)')


def rank(severity: str) -> int:
    """Its place from 0 (debug) to 4 (fatal); of an unknown word that of ``info``."""
    return _RANK.get(severity, 1)


@dataclass(frozen=True)
class LogQuery:
    """What a line must be to be shown; the default lets everything through."""

    include: tuple[str, ...] = ()
    """Terms (:class:`console.logtail.pattern.Pattern`); every one of them must be in the line."""
    exclude: tuple[str, ...] = ()
    """Terms of which none may be."""
    severity: str = ""
    """The least one wanted; empty: any."""
    since: datetime | None = None
    until: datetime | None = None
    """Without that moment itself."""
    tasks: frozenset[str] = frozenset()
    """Task ids, or what they begin with; empty: any."""
    containers: frozenset[str] = frozenset()
    revisions: frozenset[str] = frozenset()
    """Names of revisions as ``revision_of`` gives them; empty: any."""
    always: frozenset[str] = frozenset()
    """Containers whose lines need not be serious, hold a wanted term or be of a wanted task: what the
    platform says explains the lines around it."""
    revision_of: Mapping[str, str] = field(default_factory=dict, compare=False, hash=False)
    """Task id -> its revision. May grow: a line of a task that it lacks is of no wanted revision."""

    def __post_init__(self) -> None:
        """Raises UsageError for an expression that is none, or that might not end in time."""
        self._terms  # noqa: B018

    @classmethod
    def typed(cls, text: str) -> "LogQuery":
        """The terms of a line as somebody types it: ``timeout "connection refused" /5\\d\\d/ -health``."""
        include: list[str] = []
        exclude: list[str] = []
        for sign, term in _TERM.findall(text):
            word = term.strip('"') if term.startswith('"') else term
            if word:
                (exclude if sign else include).append(word)
        return cls(tuple(include), tuple(exclude))

    @cached_property
    def is_open(self) -> bool:
        """Everything passes."""
        return replace(self, always=frozenset()) == LogQuery()

    @property
    def stopped(self) -> tuple[str, ...]:
        """Expressions that took too long and find nothing any more."""
        return tuple(term.text for term in (*self._terms[0], *self._terms[1]) if term.stopped)

    def matches(self, line: LogLine) -> bool:
        """Whether a line is wanted."""
        if self.since is not None and line.at < self.since:
            return False
        if self.until is not None and line.at >= self.until:
            return False
        if line.container in self.always:
            return not self._terms[1] or not self._excludes(line.text, line.text.lower())
        if self.severity and rank(line.severity) < rank(self.severity):
            return False
        return self._is_whose(line) and self._says(line.text)

    def spans(self, text: str) -> tuple[tuple[int, int], ...]:
        """Where the wanted terms stand in a drawn text: begin and end, in order, without overlaps."""
        found = sorted(span for term in self._terms[0] for span in term.spans(text))
        kept: list[tuple[int, int]] = []
        for begin, end in found:
            if kept and begin <= kept[-1][1]:
                kept[-1] = kept[-1][0], max(end, kept[-1][1])
            else:
                kept.append((begin, end))
        return tuple(kept)

    def _is_whose(self, line: LogLine) -> bool:
        if self.containers and line.container not in self.containers:
            return False
        if self.revisions and self.revision_of.get(line.task, "") not in self.revisions:
            return False
        return not self.tasks or line.task in self.tasks or line.task.startswith(tuple(self.tasks))

    def _says(self, text: str) -> bool:
        include, exclude = self._terms
        if not include and not exclude:
            return True
        lower = text.lower()
        return all(term.matches(text, lower) for term in include) and not self._excludes(text, lower)

    def _excludes(self, text: str, lower: str) -> bool:
        return any(term.matches(text, lower) for term in self._terms[1])

    @cached_property
    def _terms(self) -> tuple[tuple[Pattern, ...], tuple[Pattern, ...]]:
        return tuple(map(Pattern, self.include)), tuple(map(Pattern, self.exclude))
