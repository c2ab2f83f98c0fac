"""Log events as CloudWatch Logs gives them, turned into lines that may be kept and drawn."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from console.domain.signals import LogLine, LogPage
from console.domain.text import plain
from console.domain.words import from_milliseconds
from console.logtail.masks import masked
from console.logtail.parse import severity_of

LONGEST = 8_000
"""Characters of a line that are kept."""
_MARGIN = 4_000
"""Characters beyond that are looked at for secrets, so that one that lies across the cut is found."""


def kept_text(message: str) -> str:
    """A message as it may be kept: one plain line, secrets masked, not longer than :data:`LONGEST`."""
    length = len(message)
    if length <= LONGEST:
        return masked(plain(message.rstrip()))
    text = masked(plain(message[: LONGEST + _MARGIN]))
    return f"{text[:LONGEST]} … (cut, {length:,} characters)"


def lines_of(events: Iterable[Mapping[str, Any]], container: str) -> list[LogLine]:
    """The events of one container's streams, ``<prefix>/<container>/<task id>``, in their order."""
    tasks: dict[str, str] = {}
    lines = []
    last_ms, at = 0, from_milliseconds(0)
    for raw in events:
        stream = raw.get("logStreamName", "")
        task = tasks.get(stream)
        if task is None:
            task = tasks[stream] = plain(str(stream).rsplit("/", 1)[-1])
        ms = raw.get("timestamp", 0)
        if ms != last_ms:  # else the moment is shared: in a busy log many lines have the same
            last_ms, at = ms, from_milliseconds(ms)
        text = kept_text(raw.get("message", ""))
        lines.append(
            LogLine(
                raw.get("eventId", ""),
                at,
                task,
                container,
                text,
                severity_of(text),
            )
        )
    return lines


def page_of(events: Sequence[Mapping[str, Any]], container: str, token: str) -> LogPage:
    """One page of FilterLogEvents."""
    if not events:
        return LogPage((), token)
    ingested = max(raw.get("ingestionTime") or 0 for raw in events)
    lags = [(raw.get("ingestionTime") or 0) - raw.get("timestamp", 0) for raw in events]
    return LogPage(
        tuple(lines_of(events, container)),
        token,
        from_milliseconds(ingested) if ingested else None,
        max(0.0, max(lags) / 1000),
        max(0.0, -min(lags) / 1000) if ingested else 0.0,
    )
