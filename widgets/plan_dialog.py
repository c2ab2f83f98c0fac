"""The parts of the plan's dialog around the plan: heading, notices, buttons, questions, waiting."""

from collections.abc import Sequence

from console.domain.operation import Candidate, Plan, Verb
from console.domain.text import cell_width
from console.domain.words import age
from console.errors import QuarterdeckError
from widgets.glyphs import Glyphs
from widgets.line import Line
from widgets.plan_view import candidate_line
from widgets.regions import wrapped

NOTHING_SENT = "nothing has been sent"
BLOCKED = "it cannot be done like this"
MOST_SAID = 36
"""A longer effect does not stand on the button of the order."""


def heading(text: str, corner: tuple[str, str], column: int, width: int, narrow: bool) -> tuple[Line, ...]:
    """What would be done, and in the corner how old the plan is."""
    line = Line().put(column, text, "bold strong", width - cell_width(corner[0]) - 2)
    line.right(column + width, *corner)
    return (line, Line()) if narrow else (Line(), line, Line())


def waiting(seconds: float, column: int) -> tuple[Line, ...]:
    """What stands where the plan will be; a wait of more than a second says how long."""
    said = f"asking ECS, {age(seconds)}" if seconds >= 1 else "asking ECS"
    return (Line().put(column, said, "muted"),)


def failure(error: QuarterdeckError, column: int, width: int, glyphs: Glyphs) -> tuple[Line, ...]:
    """Why there is no plan, what to do about it, and the key that asks again."""
    return (*_error_lines(error, column, width, glyphs), Line(), _retry(column))


def _retry(column: int) -> Line:
    line = Line()
    line.run(column, ("r", "bold accent"), (" tries again", "muted"))
    return line


def _error_lines(error: QuarterdeckError, column: int, width: int, glyphs: Glyphs) -> tuple[Line, ...]:
    first, *rest = wrapped(f"{error.title}: {error.message}", width - 2) or ("",)
    lines = [Line().put(column, glyphs.failed, "critical").put(column + 2, first, "critical")]
    lines += [Line().put(column + 2, text, "critical") for text in rest]
    lines += [Line().put(column + 2, text, "muted") for text in wrapped(error.remedy, width - 2)]
    return tuple(lines)


def asking(
    text: str, error: QuarterdeckError | None, column: int, width: int, glyphs: Glyphs
) -> tuple[Line, ...]:
    """A question, under what was wrong with the last answer."""
    lines = [*_error_lines(error, column, width, glyphs), Line()] if error else []
    lines += [Line().put(column, line, "text") for line in wrapped(text, width)]
    return (*lines, Line())


def candidates(
    found: Sequence[Candidate], chosen: int, rows: int, column: int, width: int, glyphs: Glyphs
) -> tuple[Line, ...]:
    """The releases to choose from, the chosen one always among the ``rows`` that are shown."""
    first = max(0, min(chosen - rows // 2, len(found) - rows))
    lines = [Line().put(column, "Roll back to another target", "text"), Line()]
    for index, candidate in list(enumerate(found))[first : first + rows]:
        lines.append(candidate_line(candidate, column + 2, width - 2, index == chosen, glyphs))
    hint = Line()
    hint.run(
        column, ("enter", "bold accent"), (" reads the plan to it", "muted"), (f"  {glyphs.dot}  ", "faint")
    )
    hint.run(hint.end, ("esc", "bold accent"), (" keeps the first", "muted"))
    return (*lines, Line(), hint)


def notices(
    nothing: str,
    failed: Sequence[str],
    blocks: bool,
    changed: bool,
    error: QuarterdeckError | None,
    column: int,
    width: int,
    glyphs: Glyphs,
) -> tuple[Line, ...]:
    """What has to be seen before anything is confirmed.

    Args:
        nothing: Why nothing would be sent; empty when something would.
        failed: The names of the checks that fail.
        blocks: Whether those forbid it.
        changed: Whether the plan is not what was shown before.
        error: Why it could not be read again.
    """
    said: list[tuple[str, str, str]] = []
    if nothing:
        said.append((glyphs.open, f"NOTHING CHANGED  {nothing}", "bold text"))
    if changed:
        said.append(
            (glyphs.warning, "this has changed since you read it: see the amber lines", "bold warning")
        )
    if error is not None:
        said.append((glyphs.warning, f"not read again: {error}", "warning"))
    if failed:
        text = f"{', '.join(failed)} failed: {BLOCKED if blocks else 'going back is not blocked'}"
        said.append((glyphs.failed, text, "bold critical" if blocks else "warning"))
    return tuple(line for mark, text, ink in said for line in notice(mark, text, ink, column, width))


def notice(mark: str, text: str, ink: str, column: int, width: int) -> tuple[Line, ...]:
    """One thing that has to be seen, after its mark."""
    first, *rest = wrapped(text, width - 2)
    head = Line().put(column, mark, ink).put(column + 2, first, ink)
    return (head, *(Line().put(column + 2, more, ink) for more in rest))


def order_words(plan: Plan) -> str:
    """What ``enter`` would do: ``roll back to v1.4.2``, ``deploy v1.4.3``, ``scale: desired 2 -> 4``."""
    label = plan.target.version.label
    if plan.verb is Verb.ROLLBACK:
        return f"roll back to {label}"
    if plan.verb is Verb.DEPLOY:
        return f"deploy {label}"
    said = "refuse" if plan.asked.get("refuse") else plan.verb.value
    return f"{said}: {plan.effect}" if len(plan.effect) <= MOST_SAID else said


def buttons(
    order: str,
    alive: bool,
    chosen: int | None,
    column: int,
    width: int,
    narrow: bool,
    leave: str = "",
) -> tuple[Line, ...]:
    """Cancel, the order, and that nothing has been sent.

    Args:
        order: What enter would do; empty: only cancel is offered.
        alive: Whether enter would send it.
        chosen: The button with the focus; ``None``: a field has it, and esc always cancels.
        leave: What esc does; empty: it cancels, or closes where there is no order.
    """
    line = Line()
    leave = leave or ("cancel" if order else "close")
    at = _button(line, column, "esc", leave, on=chosen in (0, None), alive=True)
    if order:
        _button(line, at + 2, "enter", order, on=chosen == 1, alive=alive)
    if not narrow:
        line.right(column + width, NOTHING_SENT, "muted")
    return (line,) if narrow else (Line(), line, Line())


def _button(line: Line, column: int, key: str, text: str, on: bool, alive: bool) -> int:
    paper = " on selected" if on else ""
    key_ink, ink = ("bold accent", "strong" if on else "text") if alive else ("faint", "faint")
    return line.run(column, (f" {key}", key_ink + paper), (f" {text} ", ink + paper))
