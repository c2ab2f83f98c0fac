"""What a log line says: how bad it is, and, where it is JSON, its message before the rest.

Levels are JSON members, pino's numbers, logfmt, or a word at the beginning of a plain line.
"""

import json
import re
from dataclasses import replace
from typing import Any

from console.domain.signals import LogLine
from console.domain.text import plain
from console.logtail.masks import masked

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
_MEMBER = re.compile(r'[{,]\s?"(?:level|severity|levelname|lvl)"\s?:\s?"?([A-Za-z]{3,11}|\d{2})["\s,}]')
"""The level of a JSON object whose first members are scalars: found without reading it whole."""
_STAMP = re.compile(
    r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?\s+"
    rf"(?:[\[(<]?(?:{'|'.join(sorted(_WORDS, key=len, reverse=True))})[\])>]?:?\s+)?",
    re.IGNORECASE | re.ASCII,
)
_HEAD = 200
"""Characters in which a plain line names its level, if at all."""
_LOGFMT_PAIR = re.compile(r"(?:^|\s)([A-Za-z_][\w.@-]*)=(\"[^\"]*\"|\S+)", re.ASCII)
_FEWEST_PAIRS = 2
"""One ``name=value`` in a sentence makes no logfmt."""
_DEPTH = 5

_MESSAGES = ("msg", "message", "event")
_TOLD = frozenset({*_KEYS, *_MESSAGES, "time", "timestamp", "ts", "@timestamp", "pid", "hostname", "v"})
"""Members that the message, the severity and the time of a line already say."""


def readable(text: str) -> str:
    """A JSON line as its message and then ``name=value`` of its other scalar members; any other line
    without the time and the level that it begins with; JSON without a message as it is."""
    if not text.lstrip().startswith("{"):
        told = _STAMP.match(text)
        return text[told.end() :] if told is not None and told.end() < len(text) else text
    record = _record(text.lstrip())
    message = next((record[key] for key in _MESSAGES if isinstance(record.get(key), str)), None)
    if not message:
        return text
    rest = [
        f"{name}={value}"
        for name, value in record.items()
        if name not in _TOLD and isinstance(value, str | int | float)
    ]
    return masked(plain(" ".join((message, *rest))))


def drawn(line: LogLine) -> LogLine:
    """The line with its text as it is drawn."""
    text = readable(line.text)
    return line if text is line.text else replace(line, text=text)


def fields(text: str) -> tuple[tuple[str, str], ...]:
    """The members of a JSON or logfmt line, nested ones as ``outer.inner``, for a line that is opened;
    none for any other line."""
    record = _record(text.lstrip())
    pairs = _unfolded(record, "") if record else _LOGFMT_PAIR.findall(text)
    if not record and len(pairs) < _FEWEST_PAIRS:
        return ()
    return tuple((plain(name), masked(plain(_said(value)))) for name, value in pairs)


def _unfolded(record: dict[str, Any], prefix: str, depth: int = 0) -> list[tuple[str, Any]]:
    found: list[tuple[str, Any]] = []
    for name, value in record.items():
        if isinstance(value, dict) and value and depth < _DEPTH:
            found.extend(_unfolded(value, f"{prefix}{name}.", depth + 1))
        else:
            found.append((f"{prefix}{name}", value))
    return found


def _said(value: object) -> str:
    if isinstance(value, str):
        return value.strip('"')
    return json.dumps(value, ensure_ascii=False)


def severity_of(text: str) -> str:
    """``debug``, ``info``, ``warn``, ``error`` or ``fatal``; ``info`` where a line says nothing."""
    stripped = text.lstrip()
    if stripped.startswith("{"):
        match = _MEMBER.search(stripped, 0, _HEAD)
        if match is not None and "{" not in stripped[1 : match.start()]:
            return _named(match[1]) or _from_json(stripped) or "info"
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
