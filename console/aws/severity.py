"""How bad a log line says it is: JSON, pino's numbers, logfmt, or a word at its beginning."""

import json
import re

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


def _from_json(text: str) -> str | None:
    try:
        record = json.loads(text)
    except ValueError:
        return None
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
