"""What the sandbox's programs write: starting, answering, running short of memory, being stopped.

Every line follows from a life or from a request, so the log of a task agrees with its stop reason
and with the figures; nothing is written down, lines are told anew whenever somebody asks.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from console.sandbox.lives import Life
from console.sandbox.traffic import MINUTE, Request

_STRAIN = (0.2, 0.4, 0.55, 0.68, 0.78, 0.86, 0.93, 0.98)
"""Shares of a leaking task's life at which it writes how full its memory is."""
_WARMING = (0.1, 0.35, 0.6, 0.85)
_FAILING_CHECK_S = 30
USUAL_REASON = "upstream timed out after 2000 ms"
"""Why a request fails now and then, whatever runs."""


@dataclass(frozen=True, slots=True, order=True)
class LogEvent:
    """One event of one stream; the order is the order of time."""

    ms: int
    """Epoch milliseconds."""
    id: str
    stream: str
    message: str


@dataclass(frozen=True, slots=True)
class _Line:
    at: float
    level: str
    text: str
    number: int
    """Tells lines of one task and millisecond apart."""
    fields: tuple[tuple[str, object], ...] = ()


def told(life: Life, style: str, speed: float, start: float, end: float) -> Iterator[LogEvent]:
    """What a task wrote of itself from ``start`` up to but not including ``end``."""
    for line in _life_lines(life, speed, start, end):
        gone = life.ended_at is not None and line.at > life.ended_at
        if start <= line.at < end and not gone:
            yield _event(life, style, line)


def answered(request: Request, life: Life, style: str) -> Iterator[LogEvent]:
    """What a task wrote of one request, or of one job."""
    took = round(request.seconds * 1000, 1)
    fields = (("status", request.status), ("duration_ms", took), ("request_id", f"{request.id:08x}"))
    if " " not in request.what:
        yield _event(life, style, _job(request, took))
        return
    level = "error" if request.status >= 500 else "warn" if request.status >= 400 else "info"
    if request.status >= 500:
        yield _event(
            life,
            style,
            _Line(
                request.at,
                "error",
                f"{request.what} failed: {reason(life, request.at)}",
                request.id + 1,
                fields[2:],
            ),
        )
    yield _event(life, style, _Line(request.at, level, request.what, request.id, fields))


def _job(request: Request, took: float) -> _Line:
    fields = (("job", request.what), ("job_id", f"{request.id:08x}"), ("duration_ms", took))
    if request.status >= 500:
        return _Line(request.at, "error", "job failed: upstream answered 503", request.id, fields)
    return _Line(request.at, "info", "job completed", request.id, fields)


def reason(life: Life, at: float) -> str:
    """Why a task fails a request at that moment, in its program's words."""
    behaviour, _ = life.acting(at)
    if behaviour.leaks:
        return "allocation of 16 MB refused, heap is full"
    if behaviour.name == "error-spike":
        return "TypeError: Cannot read properties of undefined (reading 'total')"
    return USUAL_REASON


def _life_lines(life: Life, speed: float, start: float, end: float) -> Iterator[_Line]:
    if life.started_at is None:
        return
    if life.errand is not None:
        for number, (after, level, text) in enumerate(life.errand.lines):
            yield _Line(life.started_at + after / speed, level, text, number)
        return
    yield from _beginning(life, life.started_at, speed)
    if life.behaviour.leaks and life.behaviour.dies_after is not None:
        yield from _strain(life, life.started_at, life.behaviour.dies_after, speed)
    else:
        yield from _gauge(life, life.started_at, speed, start, end)
    if life.behaviour.name == "unhealthy":
        yield from _failing_checks(life.started_at, speed, start, end)
    if life.behaviour.name == "crash" and life.died_at is not None:
        text = "fatal: Error: Cannot find module './config/production'"
        yield _Line(life.died_at, "fatal", text, 40)
        yield _Line(life.died_at, "fatal", "    at Function.resolve (node:internal/modules/loader:1144)", 41)
    if life.sigterm_at is not None:
        yield _Line(life.sigterm_at, "info", "SIGTERM received, no new connections", 50)
        yield _Line(life.sigterm_at + 0.6 / speed, "info", "requests in flight done, closing the pool", 51)
        yield _Line(life.sigterm_at + 1.1 / speed, "info", "bye", 52)


def _beginning(life: Life, at: float, speed: float) -> Iterator[_Line]:
    yield _Line(at + 0.2 / speed, "info", f"starting {life.version} on node v20.18.1", 1)
    yield _Line(at + 0.9 / speed, "info", f"configuration read, memory limit {life.limit_mb:,} MB", 2)
    if life.behaviour.name == "crash":
        return
    yield _Line(at + 1.7 / speed, "info", "connected to postgres, 10 connections", 3)
    ready = life.behaviour.ready_after
    if life.behaviour.name == "slow-start":
        for number, share in enumerate(_WARMING):
            text = f"filling caches, {share:.0%} done".replace("%", " %")
            yield _Line(at + share * ready / speed, "info", text, 10 + number)
    if ready < float("inf"):
        yield _Line(at + ready / speed, "info", "listening on :3000", 20)


def _strain(life: Life, at: float, dies_after: float, speed: float) -> Iterator[_Line]:
    for number, share in enumerate(_STRAIN):
        memory = life.behaviour.memory_at(share * dies_after)
        level = "warn" if memory >= 0.8 else "info"
        text = f"heap at {memory * 100:.0f} % of {life.limit_mb:,} MB"
        yield _Line(at + share * dies_after / speed, level, text, 30 + number)


def _gauge(life: Life, at: float, speed: float, start: float, end: float) -> Iterator[_Line]:
    """Once a minute, at a second of its own."""
    offset = int(life.task[:6], 16) % MINUTE
    first = int(max(start, at) // MINUTE) * MINUTE + offset
    for moment in range(first, int(end) + 1, MINUTE):
        if moment > at:
            behaviour, since = life.acting(moment)
            memory = behaviour.memory_at((moment - since) * speed)
            text = f"memory {memory * life.limit_mb:,.0f} MB of {life.limit_mb:,} MB"
            yield _Line(float(moment), "info", text, 60)


def _failing_checks(at: float, speed: float, start: float, end: float) -> Iterator[_Line]:
    step = _FAILING_CHECK_S / speed
    number = max(0, int((start - at) / step))
    while at + number * step < end:
        yield _Line(
            at + number * step,
            "error",
            "GET /health",
            70,
            (("status", 503), ("reason", "database: connection refused")),
        )
        number += 1


def _event(life: Life, style: str, line: _Line) -> LogEvent:
    ms = int(line.at * 1000)
    number = int(life.task[:20], 16) % 10**24 * 10**12 + line.number
    message = _json(life, line, ms) if style == "json" else _plain(line, ms)
    return LogEvent(ms, f"{ms:014d}{number:042d}", life.stream, message)


def _json(life: Life, line: _Line, ms: int) -> str:
    content: dict[str, object] = {"time": _moment(ms), "level": line.level, "msg": line.text}
    content.update(line.fields)
    content["version"] = life.version
    return json.dumps(content, separators=(",", ":"))


def _plain(line: _Line, ms: int) -> str:
    tail = "".join(f" {key}={value}" for key, value in line.fields)
    return f"{_moment(ms)} {line.level.upper():5} {line.text}{tail}"


def _moment(ms: int) -> str:
    whole = datetime.fromtimestamp(ms // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return f"{whole}.{ms % 1000:03d}Z"
