"""How many tasks a service may have, who changes that, and what was changed last."""

from dataclasses import dataclass
from datetime import datetime

from console.domain import words
from console.domain.scaling import Scaling
from console.domain.service import ServiceStatus
from console.domain.text import cut_end
from widgets.glyphs import Glyphs
from widgets.line import Line
from widgets.listing import Listing

_SUSPENDED = {"in": "scaling in", "out": "scaling out", "scheduled": "scheduled actions"}


@dataclass(frozen=True)
class ScalingAnswer:
    """What was answered to the question how a service scales."""

    at: datetime | None = None
    """When it was answered; ``None``: not yet."""
    scaling: Scaling | None = None
    """``None`` with a time: nothing scales it."""
    refusal: str = ""
    """Why the newest question was not answered."""


NOT_READ = ScalingAnswer()


def scaling_lines(
    answer: ScalingAnswer, status: ServiceStatus | None, now: datetime, left: int, end: int, glyphs: Glyphs
) -> Listing:
    """Limits, what is suspended, policies and scheduled actions, then the last activities."""
    lines: list[Line] = []
    room = end - left
    if answer.refusal:
        lines.append(Line().put(left, cut_end(f"not read: {answer.refusal}", room, glyphs.ellipsis), "stale"))
    if answer.at is None:
        if not answer.refusal:
            lines.append(Line().put(left, "asking", "muted"))
        return Listing.of(lines)
    found = answer.scaling
    if found is None:
        said = "no autoscaling: the desired count changes only when somebody changes it"
        lines.append(Line().put(left, cut_end(said, room, glyphs.ellipsis), "muted"))
        return Listing.of(lines)
    lines.append(_limits(found, status, answer.at, now, left))
    lines.extend(_remarks(found, left, room, glyphs))
    for policy in found.policies:
        line = Line().put(left, cut_end(policy.kind, 15, glyphs.ellipsis), "faint")
        said = " · ".join(part for part in (policy.said, policy.name) if part)
        lines.append(line.put(left + 16, cut_end(said, room - 16, glyphs.ellipsis), "text"))
    for activity in found.activities:
        age = f"{words.age((now - activity.at).total_seconds())} ago"
        line = Line().put(left, age, "faint")
        failed = activity.status.lower() in ("failed", "unfulfilled")
        said = (
            activity.said
            if activity.status.lower() == "successful"
            else f"{activity.status}: {activity.said}"
        )
        line.put(left + 16, cut_end(said, room - 16, glyphs.ellipsis), "warning" if failed else "text")
        lines.append(line)
    if not found.activities and "activities" not in found.missing:
        lines.append(Line().put(left, "no activity in the last six weeks", "muted"))
    return Listing.of(lines)


def _limits(found: Scaling, status: ServiceStatus | None, at: datetime, now: datetime, left: int) -> Line:
    line = Line()
    parts = [(f"{found.minimum:,} to {found.maximum:,} tasks", "text")]
    if status is not None:
        at_limit = status.desired >= found.maximum
        parts.append((f" · {status.desired:,} desired", "warning" if at_limit else "text"))
        if at_limit:
            parts.append((", no room to scale out", "warning"))
    parts.append((f" · {words.age((now - at).total_seconds())} ago", "muted"))
    line.run(left, *parts)
    return line


def _remarks(found: Scaling, left: int, room: int, glyphs: Glyphs) -> list[Line]:
    said = []
    if found.suspended:
        names = ", ".join(_SUSPENDED.get(item, item) for item in found.suspended)
        said.append(f"suspended: {names}")
    said += [f"{part} not read: {why}" for part, why in found.missing.items()]
    if not found.policies and not {"policies", "scheduled actions"} & found.missing.keys():
        said.append("no policy and no scheduled action: nothing ever scales it")
    elif found.only_out or ("in" in found.suspended and "out" not in found.suspended):
        said.append("only ever scales out")
    return [Line().put(left, cut_end(text, room, glyphs.ellipsis), "warning") for text in said]
