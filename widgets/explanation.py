"""Cause, remedy and the evidence for it: what the one line of a diagnosis was made from."""

from datetime import datetime, timedelta

from console.domain import words
from console.domain.assurance import NO_REMEDY, NOTHING_TO_DO, assurance, is_well
from console.domain.error_reading import ErrorState
from console.domain.fleet import ServicePicture
from console.domain.service import Observation
from console.domain.text import cut_end
from widgets.event_list import STEADY, shortened
from widgets.glyphs import Glyphs
from widgets.line import Line
from widgets.regions import heading, wrapped
from widgets.task_table import reason, revision_of

MOST_OF_A_KIND = 3
RECENT = timedelta(hours=1)
"""How long ECS shows stopped tasks: older events are of another story."""


def evidence_of(picture: ServicePicture, now: datetime) -> tuple[tuple[str, str], ...]:
    """(what was looked at with its age, what it says), what weighs most first."""
    found: list[tuple[str, str]] = []
    seen, status = picture.observation, picture.status
    if seen is not None:
        found += _of_rollout(seen, now)
        found += _of_tasks(seen, now)
        found += _of_targets(seen, now)
    figures, reading = picture.worst_figures, picture.error_reading
    nobody = reading.state is ErrorState.NOBODY_ANSWERS
    if nobody:
        found.append(("targets", reading.words))
    if figures is not None and not nobody:
        p95 = figures.p95_s
        said = [
            "" if reading.says_nothing else reading.words,
            f"p95 {words.latency(p95)}" if p95 is not None else "",
        ]
        text = ", ".join(part for part in said if part) or f"{words.NODATA}: no requests in the last period"
        text = f"{text} · {reading.note}" if reading.note else text
        found.append((f"{figures.source} {_ago(figures.at, now)}", text))
    if status is not None:
        told = [item for item in status.events if now - item.at <= RECENT and STEADY not in item.message]
        found += [(f"event {_ago(item.at, now)}", shortened(item.message)) for item in told[:MOST_OF_A_KIND]]
    if seen is not None:
        found += [(f"{part} not read", why) for part, why in seen.missing.items()]
    return tuple(found)


def _ago(moment: datetime, now: datetime) -> str:
    return f"{words.age((now - moment).total_seconds())} ago"


def _of_rollout(seen: Observation, now: datetime) -> list[tuple[str, str]]:
    rollout = seen.rollout
    if rollout is None:
        return []
    found = []
    if rollout.reason or rollout.rollback_reason:
        when = _ago(rollout.finished_at or rollout.updated_at or rollout.created_at, now)
        found.append((f"rollout {when}", rollout.rollback_reason or rollout.reason))
    if rollout.breaker is not None and rollout.breaker.failures:
        counted = f"{rollout.breaker.failures} of {rollout.breaker.threshold} failures"
        found.append((f"breaker {_ago(seen.at, now)}", counted))
    if rollout.alarms is not None and rollout.alarms.triggered:
        found.append((f"alarms {_ago(seen.at, now)}", f"TRIGGERED {', '.join(rollout.alarms.triggered)}"))
    return found


def _of_tasks(seen: Observation, now: datetime) -> list[tuple[str, str]]:
    failed = [(item.stopped_at or seen.at, item) for item in seen.tasks if item.has_failed]
    failed.sort(key=lambda pair: pair[0], reverse=True)
    return [
        (f"task {_ago(at, now)}", f"{task.id[:8]} {revision_of(task)} stopped: {reason(task)}")
        for at, task in failed[:MOST_OF_A_KIND]
    ]


def _of_targets(seen: Observation, now: datetime) -> list[tuple[str, str]]:
    sick = [item for item in seen.targets if item.state in ("unhealthy", "unavailable")]
    return [
        (
            f"target {_ago(seen.at, now)}",
            f"{item.ip}:{item.port} {item.state}: {item.description or item.reason or 'no reason given'}",
        )
        for item in sick[:MOST_OF_A_KIND]
    ]


def explanation_lines(
    picture: ServicePicture, now: datetime, width: int, most: int, glyphs: Glyphs
) -> tuple[Line, ...]:
    """At most ``most`` lines: label and hairline, cause, remedy, then evidence as far as there is room."""
    found = picture.diagnosis
    column, end = 24, width - 2
    lines = [heading("explain", 2, end, glyphs)]
    cause = picture.why if found.line else assurance(picture, now)
    remedy = found.remedy or (NOTHING_TO_DO if is_well(picture, now) else NO_REMEDY)
    for label, text, ink in (("cause", cause, "text"), ("remedy", remedy, "strong")):
        for place, part in enumerate(wrapped(text, end - column)):
            lines.append(Line().put(2, "" if place else label, "faint").put(column, part, ink))
    for label, text in evidence_of(picture, now):
        line = Line().put(2, cut_end(label, column - 3, glyphs.ellipsis), "faint")
        lines.append(line.put(column, cut_end(text, end - column, glyphs.ellipsis), "text"))
    if len(lines) > most:
        hidden = len(lines) - most + 1
        lines = [*lines[: most - 1], Line().put(column, f"{glyphs.more} {hidden} more", "muted")]
    return (*lines, Line())
