"""Send a service's smoke sequence: each step once, until one that must not fail does.

Secrets and whatever was captured are used, and masked in all that is told.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

import jmespath
from jmespath.exceptions import JMESPathError

from console.domain.findings import Finding, Outcome, skipped
from console.domain.smoke import SmokeSequence, SmokeStep
from console.domain.text import plain
from console.domain.web import Reply, Request
from console.errors import QuarterdeckError
from console.logtail.masks import MASK, masked
from console.operations.outside import Outside
from console.ports import Clock, Secrets

LONGEST_EVIDENCE = 400
"""Characters of an answer that are kept."""
LONGEST_REASON = 200
_SHORTEST_MASKED = 4
"""A shorter value is no secret, and hiding it would make the rest unreadable."""
_LOOKED_THROUGH = 20_000
_VARIABLE = re.compile(r"\$\{([A-Za-z0-9_.-]+)\}")


class _StepError(Exception):
    """A step cannot be sent, or its answer is not what it should be; the message may need masking."""


def run(
    sequence: SmokeSequence,
    outside: Outside,
    clock: Clock,
    *,
    reading_only: bool = False,
    between: Callable[[], object] = lambda: None,
) -> Iterator[Finding]:
    """Send the steps in their order; one finding a step.

    Args:
        reading_only: Steps that write are told as skipped, and what needs what they capture is too.
        between: Called before each step: somebody may have to know that we are alive.
    """
    variables = _Variables(dict(sequence.variables), sequence.secrets, outside.secrets, clock.now())
    stopped_by = ""
    not_captured: set[str] = set()
    for step in sequence.steps:
        missing = _names(step) & not_captured
        if stopped_by:
            yield skipped(step.name, f"not tried: {stopped_by} failed")
        elif reading_only and step.writes:
            not_captured |= set(step.capture)
            yield skipped(step.name, "it writes, and only reading is wanted here")
        elif missing:
            not_captured |= set(step.capture)
            yield skipped(step.name, f"needs {', '.join(sorted(missing))} of a step that was not tried")
        else:
            between()
            finding = _try(step, sequence.base, variables, outside, clock)
            yield finding
            if finding.outcome is Outcome.NG:
                not_captured |= set(step.capture)
                stopped_by = step.name if step.fatal else ""


def passed(findings: list[Finding]) -> bool:
    """Whether nothing that was tried was not well."""
    return all(item.outcome is not Outcome.NG for item in findings)


def told(findings: list[Finding]) -> str:
    """All of them in one line."""
    bad = [f"{item.name}: {item.said}" for item in findings if item.outcome is Outcome.NG]
    if bad:
        return "; ".join(bad)
    tried = sum(item.outcome is Outcome.OK for item in findings)
    left = len(findings) - tried
    return f"{tried} of {len(findings)} steps well" + (f", {left} not tried" if left else "")


def _try(step: SmokeStep, base: str, variables: "_Variables", outside: Outside, clock: Clock) -> Finding:
    evidence, took = "", None
    began = clock.monotonic()
    try:
        reply = outside.web.send(_request(step, base, variables), step.limit.total_seconds())
        took = reply.took_s
        content = _content(reply)
        # before anything is told of the answer: what it gives us is masked in it
        captured = _captured(step, content)
        variables.capture({name: value for name, value in captured.items() if value is not None})
        evidence = variables.hide(_evidence(reply, content))
        _judge(step, reply, content, captured)
    except (_StepError, QuarterdeckError) as problem:
        took = clock.monotonic() - began if took is None else took
        said = variables.hide(plain(str(problem)), LONGEST_REASON)
        return Finding(step.name, Outcome.NG, said, step.fatal, took, evidence)
    return Finding(
        step.name, Outcome.OK, f"{reply.status} in {reply.took_s * 1000:.0f} ms", step.fatal, took, evidence
    )


def _request(step: SmokeStep, base: str, variables: "_Variables") -> Request:
    is_whole = step.path.startswith(("http://", "https://"))
    url = variables.fill(step.path, quoted=True)
    headers = {name: variables.fill(text) for name, text in step.headers.items()}
    body = b""
    if step.json is not None:
        headers.setdefault("Content-Type", "application/json")
        body = json.dumps(variables.fill_all(step.json)).encode()
    headers.setdefault("Accept", "application/json")
    if not is_whole:
        url = base + (url if url.startswith("/") else f"/{url}")
    return Request(step.method, url, headers, body, reads=not step.writes)


def _content(reply: Reply) -> Any:
    """The answer's JSON; ``None`` where it is none."""
    try:
        return json.loads(reply.body) if reply.body else None
    except ValueError:
        return None


def _captured(step: SmokeStep, content: Any) -> dict[str, str | None]:
    found: dict[str, str | None] = {}
    for name, expression in step.capture.items():
        value = _search(expression, content)
        is_text = isinstance(value, str) or value is None
        found[name] = value if is_text else json.dumps(value)
    return found


def _judge(step: SmokeStep, reply: Reply, content: Any, captured: Mapping[str, str | None]) -> None:
    """Raise for the first thing that is not as it should be."""
    wanted = step.expect_status or tuple(range(200, 300))
    if reply.status not in wanted:
        asked = " or ".join(map(str, step.expect_status)) or "2xx"
        raise _StepError(f"answers {reply.status}, not {asked}")
    if content is None and (step.expect or step.capture):
        raise _StepError(f"answers {reply.status} without valid JSON")
    for expression in step.expect:
        found = _search(expression, content)
        if found is not True:
            shown = MASK if _SECRET_NAMES.search(expression) else json.dumps(_without_secrets(found))
            raise _StepError(f"{expression} is {shown[:_LOOKED_THROUGH]}")
    for name, value in captured.items():
        if value is None:
            raise _StepError(f"the answer has no {step.capture[name]} for {name}")
    if step.within is not None and reply.took_s > step.within.total_seconds():
        limit = step.within.total_seconds() * 1000
        raise _StepError(f"{reply.status} in {reply.took_s * 1000:.0f} ms, more than {limit:.0f} ms")


def _search(expression: str, content: Any) -> Any:
    try:
        return jmespath.search(expression, content)
    except (JMESPathError, ValueError, TypeError) as error:
        # its message goes on with the value, which may be anybody's secret
        why = str(error).splitlines()[0].partition(" for value")[0]
        raise _StepError(f"{expression} cannot be judged: {why}") from None


def _evidence(reply: Reply, content: Any) -> str:
    if not reply.body:
        return f"{reply.status}, empty"
    if content is None:
        return reply.body[:_LOOKED_THROUGH].decode("utf-8", "replace")
    return json.dumps(_without_secrets(content), ensure_ascii=False)[:_LOOKED_THROUGH]


_SECRET_NAMES = re.compile(r"token|secret|passw|api.?key|authorization|cookie|session", re.IGNORECASE)


def _without_secrets(value: Any) -> Any:
    """The answer with the members hidden whose names say what they are."""
    if isinstance(value, dict):
        return {
            key: MASK if _SECRET_NAMES.search(str(key)) and isinstance(item, str) else _without_secrets(item)
            for key, item in value.items()
        }
    return [_without_secrets(item) for item in value] if isinstance(value, list) else value


def _names(step: SmokeStep) -> set[str]:
    whole = json.dumps([step.path, dict(step.headers), step.json])
    return set(_VARIABLE.findall(whole))


@dataclass
class _Variables:
    """What ``${name}`` stands for; knows what must not be shown."""

    known: dict[str, str]
    references: Mapping[str, str]
    secrets: Secrets
    now: datetime
    hidden: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        monday = self.now - timedelta(days=self.now.weekday())
        self.known = {
            "today": self.now.date().isoformat(),
            "monday": monday.date().isoformat(),
            **self.known,
        }

    def capture(self, values: Mapping[str, str]) -> None:
        self.known |= values
        self.hidden |= set(values.values())

    def fill(self, text: str, *, quoted: bool = False) -> str:
        """The text with its variables in place; quoted as a part of an address where it is one."""

        def value(match: re.Match[str]) -> str:
            found = self._value(match.group(1))
            return quote(found, safe="") if quoted else found

        return _VARIABLE.sub(value, text)

    def fill_all(self, value: Any) -> Any:
        """JSON with the variables of all its texts in place."""
        if isinstance(value, str):
            return self.fill(value)
        if isinstance(value, Mapping):
            return {key: self.fill_all(item) for key, item in value.items()}
        return [self.fill_all(item) for item in value] if isinstance(value, list | tuple) else value

    def hide(self, text: str, longest: int = LONGEST_EVIDENCE) -> str:
        """The text without anything that must not be shown, and cut only then."""
        forms = {
            form for value in self.hidden for form in (value, quote(value, safe=""), json.dumps(value)[1:-1])
        }
        for form in sorted(forms, key=len, reverse=True):
            if len(form) >= _SHORTEST_MASKED:
                text = text.replace(form, MASK)
        clean = masked(plain(text))
        return clean if len(clean) <= longest else f"{clean[:longest]} …"

    def _value(self, name: str) -> str:
        if name in self.known:
            return self.known[name]
        if name not in self.references:
            raise _StepError(f"there is no variable {name}")
        found = self.secrets.value(self.references[name])
        self.known[name] = found
        self.hidden.add(found)
        return found
