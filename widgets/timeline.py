"""What happened in an operation, when, and what is still to come: one line a step."""

from collections.abc import Sequence
from dataclasses import replace

from console.domain.operation import Mechanism, Step
from console.domain.words import age, clock
from widgets.glyphs import Glyphs
from widgets.line import Line
from widgets.plan_view import by_words

LONG_S = 3600
"""What is expected so late is told in whole hours."""
_INK = {
    "done": ("steady", "text"),
    "now": ("bold deploying", "bold strong"),
    "failed": ("critical", "bold critical"),
    "next": ("muted", "muted"),
}
_CALLS = {mechanism.value: by_words(mechanism)[1] for mechanism in Mechanism}


def timeline(
    steps: Sequence[Step],
    rows: int,
    column: int,
    end: int,
    evidence_at: int | None,
    elapsed: float,
    glyphs: Glyphs,
) -> tuple[Line, ...]:
    """``rows`` of the steps, oldest first: the newest, or where much is still to come what happens now with
    what is next to it.

    Args:
        column: Where the mark stands; the time ends 8 cells further, the text begins after it.
        end: The column that nothing may reach.
        evidence_at: Column of the evidence; ``None``: at the right edge, where it fits.
        elapsed: Seconds since it was confirmed, for what is happening now.
    """
    first = max(0, min(_reached(steps) - rows // 2, len(steps) - rows))
    dated = (
        replace(step, at_s=elapsed) if step.state == "now" and step.at_s is None else step
        for step in steps[first : first + rows]
    )
    lines = [_step(step, column, end, evidence_at, glyphs) for step in dated]
    below = len(steps) - first - len(lines)
    if below:
        text_at = column + 9 if evidence_at is not None else column + 8
        said = f"and {below + 1} more to come"
        lines[-1] = Line().put(column, glyphs.more, "muted").put(text_at, said, "muted", end - text_at)
    return tuple(lines)


def _reached(steps: Sequence[Step]) -> int:
    """The place of the last step that is not still to come."""
    return max((at for at, step in enumerate(steps) if step.state != "next"), default=0)


def _step(step: Step, column: int, end: int, evidence_at: int | None, glyphs: Glyphs) -> Line:
    evidence = _CALLS.get(step.evidence, step.evidence)
    step = replace(step, text=step.text.replace("->", glyphs.arrow))
    mark_ink, text_ink = _INK.get(step.state, _INK["done"])
    line = Line().put(column, _mark(step.state, glyphs), mark_ink)
    if step.at_s is not None:
        time = clock(step.at_s)
        if step.state == "next":
            time = f"~{age(step.at_s) if step.at_s >= LONG_S else time}"
        end_at = column + (8 if len(time) > 5 and evidence_at is not None else 7)
        line.right(end_at, time, _time_ink(step.state))
    text_at = column + 9 if evidence_at is not None else column + 8
    if evidence_at is not None:
        line.put(text_at, step.text, text_ink, (evidence_at - 1 if evidence else end) - text_at)
        return line.put(evidence_at, evidence, "muted", end - evidence_at)
    line.put(text_at, step.text, text_ink, end - text_at)
    if evidence and line.end + 2 + len(evidence) <= end:
        line.right(end, evidence, "muted")
    return line


def _mark(state: str, glyphs: Glyphs) -> str:
    marks = {"done": glyphs.passed, "now": glyphs.forward, "failed": glyphs.failed}
    return marks.get(state, glyphs.open)


def _time_ink(state: str) -> str:
    return "text" if state == "now" else "muted"
