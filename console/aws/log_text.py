"""What a log line says: how bad it is, and, where it is JSON, its message before the rest.

Levels are JSON members, pino's numbers, logfmt, or a word at the beginning of a plain line.
"""

import json
import re
from typing import Any

_WORDS = {
    "trace": "debug",
    "debug": "debug",
    "verbose": "debug",
    "info": "info",
    "information": "info",
    "notice": "info",
    "warn": "warn",
    "warning": "warn",
    "error": "error",
    "err": "error",
    "severe": "error",
    "exception": "error",
    "fatal": "fatal",
    "critical": "fatal",
    "crit": "fatal",
    "alert": "fatal",
    "emergency": "fatal",
    "panic": "fatal",
}
_KEYS = ("level", "severity", "levelname", "log.level", "lvl", "loglevel")
_LOGFMT = re.compile(r"(?:^|\s)(?:level|severity|lvl)=\"?([A-Za-z]+|\d{2})", re.ASCII)
_PREFIX = re.compile(r"^(?:[\d\-:.,/+TZ]{6,40}\s+){0,3}[\[(<]?([A-Za-z]{3,11})[\])>]?(?:[:\s|]|$)", re.ASCII)
_HEAD = 200
"""Characters in which a plain line names its level, if at all."""


_MESSAGES = ("msg", "message", "event")
_TOLD = frozenset({*_KEYS, *_MESSAGES, "time", "timestamp", "ts", "@timestamp", "pid", "hostname", "v"})
"""Members that the message, the severity and the time of a line already say."""


def readable(text: str) -> str:
    """A JSON line as its message and then ``name=value`` of its other scalar members; any other line,
    and JSON without a message, as it is."""
    record = _record(text.lstrip())
    message = next((record[key] for key in _MESSAGES if isinstance(record.get(key), str)), None)
    if not message:
        return text
    rest = [
        f"{name}={value}"
        for name, value in record.items()
        if name not in _TOLD and isinstance(value, str | int | float)
    ]
    return " ".join((message, *rest))


def severity_of(text: str) -> str:
    """``debug``, ``info``, ``warn``, ``error`` or ``fatal``; ``info`` where a line says nothing."""
    stripped = text.lstrip()
    if stripped.startswith("{"):
        return _from_json(stripped) or "info"
    head = stripped[:_HEAD]
    if stripped.startswith("Traceback (most recent call last)"):
        return "error"
    for pattern in (_LOGFMT, _PREFIX):
        match = pattern.search(head)
        found = _named(match[1]) if match else None
        if found:
            return found
    return "info"


def _record(text: str) -> dict[str, Any]:
    """The members of a JSON object; none where the line is anything else."""
    if not text.startswith("{"):
        return {}
    try:
        record = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return record if isinstance(record, dict) else {}


def _from_json(text: str) -> str | None:
    record = _record(text)
    for key in _KEYS:
        value = record.get(key)
        found = _numbered(value) if isinstance(value, int) else _named(str(value))
        if found:
            return found
    return None


def _named(word: str) -> str | None:
    return _numbered(int(word)) if word.isdecimal() else _WORDS.get(word.lower())


def _numbered(level: int) -> str | None:
    """Pino's levels: 10 trace, 20 debug, 30 info, 40 warn, 50 error, 60 fatal; Python's lie between."""
    if isinstance(level, bool) or not 10 <= level <= 60:
        return None
    return ("debug", "debug", "info", "warn", "error", "fatal")[level // 10 - 1]
