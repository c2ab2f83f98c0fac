"""What came of an operation, what to do now, and what would undo it: a few lines."""

from typing import TYPE_CHECKING

from console.domain.operation import Verb, Verdict
from console.domain.words import age, clock, time_of_day
from widgets.glyphs import Glyphs
from widgets.line import Line
from widgets.regions import heading, wrapped

if TYPE_CHECKING:
    from widgets.operation_picture import OperationPicture

_NEXT = {
    Verdict.FAILED: "R plans the way back",
    Verdict.ROLLED_BACK: "nothing to do for the service: it is back",
    Verdict.BAKING: "ECS goes on by itself; the operation stays open until it has ended",
    Verdict.MIXED: "some members changed and some did not: R on each of those that should go back",
    Verdict.BOUNCED: "the target did not start: R plans again, ctrl+t there chooses another target",
    Verdict.REFUSED: "nothing was sent: plan it again",
    Verdict.UNKNOWN: "it may have been carried out: look at the service before anything is sent again",
    Verdict.PAUSED: "it waits for a decision: M moves on, R goes back",
    Verdict.STUCK: "look at the events of the service; R plans the way back",
    Verdict.TIMED_OUT: "ECS goes on by itself: look at the service; R plans the way back",
    Verdict.REPLACED: "somebody else's deployment goes on: look at the service",
}


def outcome_lines(shown: "OperationPicture", column: int, end: int, glyphs: Glyphs) -> tuple[Line, ...]:
    """Contact lost, the verdict with what to do, or, while all goes well, what to know.

    The first line is a heading; the rest says it. Empty when there is nothing to say.
    """
    if shown.error:
        lines = [
            *_said(f"{glyphs.failed} {shown.error}", "critical", column, end),
            *_present(shown, column, end, glyphs),
        ]
        return (heading("ended", column, end, glyphs), *lines)
    if shown.verdict is not None:
        return _verdict(shown, shown.verdict, column, end, glyphs)
    if shown.lost_s is not None:
        return _lost(shown, shown.lost_s, column, end, glyphs)
    if shown.question or shown.pause:
        return _waits(shown, column, end, glyphs)
    if shown.safety.trouble:
        ink = "bold critical" if shown.safety.is_lost else "bold stale"
        title = "not safe any more" if shown.safety.is_lost else "not known"
        return (
            heading(title, column, end, glyphs),
            *_said(shown.safety.trouble, ink, column, end),
            *(_said("R plans the way back", "muted", column, end) if shown.safety.is_lost else ()),
        )
    remarks = shown.plan.remarks if shown.plan else ()
    if not remarks:
        return ()
    lines = [line for text in remarks for line in _said(text, "muted", column, end)]
    return (heading("to know", column, end, glyphs), *lines)


def _waits(shown: "OperationPicture", column: int, end: int, glyphs: Glyphs) -> tuple[Line, ...]:
    """What it waits for a person to say, and the keys that say it."""
    keys = (
        "M: it is so, go on · N: it is not so, end it here" if shown.question else "M moves on · R goes back"
    )
    mark = Line().put(column, glyphs.paused, "warning")
    first, *rest = wrapped(shown.question or shown.pause, end - column - 2)
    lines = [mark.put(column + 2, first, "bold warning")]
    lines += [Line().put(column + 2, line, "bold warning") for line in rest]
    lines.append(Line().put(column + 2, keys, "text", end - column - 2))
    return (heading("waits for you", column, end, glyphs), *lines)


def _said(text: str, ink: str, column: int, end: int) -> list[Line]:
    return [Line().put(column, line, ink) for line in wrapped(text, end - column)]


def _lost(
    shown: "OperationPicture", seconds: float, column: int, end: int, glyphs: Glyphs
) -> tuple[Line, ...]:
    at = f" at {time_of_day(shown.last_at)}" if shown.last_at else ""
    last = f"last known{at}: {shown.last}" if shown.last else ""
    line = Line()
    line.run(
        column,
        (f"{glyphs.unknown} UNKNOWN", "bold stale"),
        (f"  no answer for {age(seconds)} {glyphs.dot} asking again", "stale"),
    )
    return (heading("contact lost", column, end, glyphs), line, *_said(last, "muted", column, end))


def verdict_words(shown: "OperationPicture", dot: str) -> str:
    """``safe in 1:43 · done in 2:38 · journalled``, as far as it came."""
    parts = []
    if shown.safe_s is not None:
        parts.append(f"safe in {clock(shown.safe_s)}")
    if shown.done_s is not None:
        parts.append(f"done in {clock(shown.done_s)}")
    if not parts and shown.verdict is not None:
        parts.append(shown.verdict.words.lower())
    if shown.by:
        parts.append(f"by {shown.by}")
    if shown.journal:
        parts.append("journalled" if shown.journal == "written" else f"NOT JOURNALLED: {shown.journal}")
    return f" {dot} ".join(parts)


def _verdict(
    shown: "OperationPicture", verdict: Verdict, column: int, end: int, glyphs: Glyphs
) -> tuple[Line, ...]:
    good = verdict in (Verdict.SUCCEEDED, Verdict.NOTHING_CHANGED)
    lines = _present(shown, column, end, glyphs)
    lines += _said(verdict_words(shown, glyphs.dot), "bold strong" if good else "text", column, end)
    rehearsed = shown.plan is not None and shown.plan.rehearses
    held = verdict is Verdict.SUCCEEDED and shown.verb is Verb.ROLLBACK and not rehearsed
    if shown.reason:
        lines += _said(shown.reason, "warning" if held else "text" if good else "bold warning", column, end)
    running = shown.progress.running if shown.progress else None
    if running is not None and not good:
        lines += _said(
            f"{running.revision} {running.version} served when it ended".strip(), "text", column, end
        )
    if verdict in _NEXT:
        lines += _said(_NEXT[verdict], "muted", column, end)
    if held:
        lines += _held(shown, column, end)
    said = f"{verdict.words} {shown.ago}".rstrip()
    return (heading("verdict", column, end, glyphs, [(said, "muted")]), *lines)


def _present(shown: "OperationPicture", column: int, end: int, glyphs: Glyphs) -> list[Line]:
    """How the service is now, in one line: all else is of then."""
    present = shown.present
    if present is None:
        return []
    line = Line()
    why = [(f" {glyphs.dot} {present.why}", "text")] if present.why else []
    return [line.run_to(end, column, (present.words, f"bold {present.ink}"), *why)]


def _held(shown: "OperationPicture", column: int, end: int) -> list[Line]:
    """What the service is held at, and what would undo the rollback."""
    version = shown.plan.target.version.label if shown.plan else "?"
    left = shown.plan.source.version.label if shown.plan else "?"
    forced = f"a CI that only forces a new deployment starts {version} and calls it success"
    if shown.reason:  # the engine says the hold itself
        return _said(forced, "muted", column, end)
    held = f"held at {version} until the next deploy or release"
    undone = f"undone by a CI that registers {left} again; {forced}"
    return [*_said(held, "warning", column, end), *_said(undone, "muted", column, end)]
