"""The big clock of an operation, what it is measured against, and the line on which it runs."""

from console.domain.words import clock
from widgets.clock_face import digits, ink, scale
from widgets.glyphs import Glyphs
from widgets.line import Line
from widgets.operation_picture import OperationPicture


def clock_lines(shown: OperationPicture, rows: int, width: int, glyphs: Glyphs) -> tuple[Line, ...]:
    """The big clock, what it is measured against, and the line on which it runs."""
    seconds = shown.safe_s if shown.safe_s is not None else shown.elapsed_s
    estimate = shown.estimate_s
    colour = ink(seconds, estimate, shown.limit_s)
    if shown.safe_s is not None:
        colour = "steady" if shown.stays_safe else "text"
    said = _beside_clock(shown, seconds, estimate)
    bar = scale(2, width - 1, seconds, estimate, shown.limit_s, glyphs)
    return (*face(seconds, rows, colour, said, width, glyphs), Line(), *bar)


def face(
    seconds: float, rows: int, colour: str, said: list[tuple[str, str]], width: int, glyphs: Glyphs
) -> tuple[Line, ...]:
    """The digits in ``rows`` (5 or 3), and beside them what is ``said``, each a text and its style."""
    pixels = digits(seconds, rows, glyphs)
    lines = [Line().put(2, row, colour) for row in pixels]
    side = 2 + len(pixels[0]) + (4 if rows == 5 else 3)
    for line, (text, words) in zip(lines[1 if rows == 5 else 0 :], said, strict=False):
        line.put(side, text, words, max(0, width + 3 - side))
    return tuple(lines)


def _beside_clock(shown: OperationPicture, seconds: float, estimate: float | None) -> list[tuple[str, str]]:
    limit = shown.limit_s
    said = [(f"of {clock(limit)}", "text")] if limit else []
    if shown.safe_s is not None:
        return [*said, *_until_done(shown)]
    if shown.verdict is not None or shown.error:
        return [*said, ("ended here", "muted")]
    if limit is not None and seconds > limit:
        return [*said, ("over by", "critical"), (clock(seconds - limit), "bold critical")]
    if shown.walks and shown.plan is not None:
        reached = sum(step.state in ("done", "failed") for step in shown.steps[1:])
        return [*said, (f"{min(reached + 1, len(shown.plan.actions))} of {len(shown.plan.actions)}", "text")]
    if shown.is_waiting:
        if estimate is None or seconds > estimate:
            return [*said, ("paused", "warning")]
        return [*said, ("paused", "warning"), (f"{clock(estimate - seconds)} left", "bold strong")]
    if estimate is None:
        return [*said, ("no estimate", "muted")]
    if seconds > estimate:
        return [*said, ("past the", "warning"), (f"estimate {clock(estimate)}", "warning")]
    return [*said, ("safe in about", "muted"), (clock(estimate - seconds), "bold strong")]


def _until_done(shown: OperationPicture) -> list[tuple[str, str]]:
    """The small second clock, from safe to done."""
    if shown.safety.is_lost or shown.is_undone:
        return [("not safe", "bold critical"), ("any more", "bold critical")]
    green = "steady" if shown.stays_safe else "muted"
    if shown.verdict is not None and shown.verdict.exit_code != 0:
        return [("was safe", green)]
    if shown.done_s is not None:
        return [("safe", green), (f"done in {clock(shown.done_s)}", "text")]
    if shown.verdict is not None or shown.error:
        return [("safe", green)]
    return [("safe, not done", green), (clock(shown.elapsed_s), "bold strong")]
