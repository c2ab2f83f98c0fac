"""A running operation on one screen: clock, steps, tasks, traffic, outcome, logs."""

from textual.reactive import reactive

from console.domain.operation import Plan, Verb
from widgets.checklist_view import beside_operation, one_line
from widgets.glyphs import Glyphs
from widgets.line import Line
from widgets.lines import Pane
from widgets.operation_clock import clock_lines
from widgets.operation_guard import guard_lines, short_guard_lines
from widgets.operation_logs import log_lines
from widgets.operation_picture import OperationPicture, state_words
from widgets.operation_tasks import short_task_lines, task_lines
from widgets.outcome import outcome_lines
from widgets.plan_view import by_words
from widgets.regions import beside, dimmed
from widgets.timeline import timeline


class OperationView(Pane):
    """Draws an operation; wide from 110 columns and 24 rows on, else in the short form."""

    shown: reactive[OperationPicture | None] = reactive(None)

    def draw(self, width: int, height: int) -> tuple[Line, ...]:
        if self.shown is None:
            return ()
        if width >= 110 and height >= 24:
            return wide(self.shown, width, height, self.glyphs)
        return narrow(self.shown, width, height, self.glyphs)


def wide(shown: OperationPicture, width: int, height: int, glyphs: Glyphs) -> tuple[Line, ...]:
    """The comfortable layout; every region keeps its rows whether it has something to say or not."""
    end = width - 2
    walk = beside_operation(shown.walk, 8, 110, end, glyphs) if shown.walk and end >= 128 else ()
    steps = timeline(shown.steps, 8, 49, 108 if walk else end, 85, shown.elapsed_s, glyphs)
    top = [Line(), title_line(shown, width, glyphs, short=False), Line()]
    top += beside(clock_lines(shown, 5, 46, glyphs), steps, walk, [Line()] * 8)
    top += [Line(), *_of_then(shown, task_lines(shown, min(end, 109), glyphs)), Line()]
    if (guard := shown.guard) is not None:
        top += [*_of_then(shown, guard_lines(guard, shown.now, min(end, 109), glyphs)), Line()]
    top += _padded(outcome_lines(shown, 2, end, glyphs), 5 if shown.present is None else 6)
    top.append(Line())
    return (*top, *log_lines(shown, end, height - len(top), glyphs, long=True))


def narrow(shown: OperationPicture, width: int, height: int, glyphs: Glyphs) -> tuple[Line, ...]:
    """The short layout: the clock's three rows, the newest steps, both lanes with the traffic."""
    end = width - 2
    gap = [Line()] if height >= 18 else []
    steps = timeline(shown.steps, 6, 35, end, None, shown.elapsed_s, glyphs)
    top = [title_line(shown, width, glyphs, short=True), *gap]
    top += beside(clock_lines(shown, 3, 28, glyphs), steps, [Line()] * 6)
    walk = [one_line(shown.walk, 2, end, glyphs)] if shown.walk and gap else gap
    top += [*gap, *_of_then(shown, short_task_lines(shown, end, glyphs)), *walk]
    outcome = outcome_lines(shown, 2, end, glyphs)
    if shown.guard is not None and shown.verdict is None:
        top += [*short_guard_lines(shown.guard, shown.now, end, glyphs), *gap]
        top += _padded(outcome, min(3, len(outcome)))
    else:
        top += _padded(outcome, (5 if gap else 3) + (shown.present is not None))
    return (*top, *log_lines(shown, end, height - len(top), glyphs, long=False))


def _of_then(shown: OperationPicture, lines: list[Line]) -> list[Line]:
    """The last picture of what has ended is dimmed: it stands there as it was."""
    return dimmed(lines) if shown.is_over else lines


def _padded(lines: tuple[Line, ...], rows: int) -> list[Line]:
    return [*lines[:rows], *(Line() for _ in range(rows - len(lines)))]


def title_line(shown: OperationPicture, width: int, glyphs: Glyphs, short: bool) -> Line:
    """State, service, environment, from and to, and the mechanism where there is room."""
    mark, word, words = state_words(shown, glyphs)
    line = Line()
    gap = "  " if short else "   "
    name = (shown.address.service, "bold strong")
    line.run(2, (f"{mark} {word}", words), (gap, "text"), name, (f"  {shown.address.environment}", "text"))
    if shown.plan is None:
        return line
    parts = _runs(shown.plan, short) if shown.walks else _from_to(shown, shown.plan, short, glyphs)
    size = sum(len(text) for text, _ in parts)
    start = width - 2 - size
    if start > line.end + 1:
        line.run(start, *parts)
    elif not shown.walks and width - 2 - line.end > len(str(shown.plan.target.version)) + 4:
        line.right(width - 2, f"{glyphs.arrow} {shown.plan.target.version}", "bold strong")
    return line


def _runs(plan: Plan, short: bool) -> list[tuple[str, str]]:
    """What runs, and goes on running."""
    name = str(plan.source.version) if short else f"{plan.source.revision} {plan.source.version}".strip()
    done = [] if short else [(f"{plan.verb.value}   ", "text")]
    return [*done, ("runs ", "muted"), (name, "text")]


def _from_to(shown: OperationPicture, plan: Plan, short: bool, glyphs: Glyphs) -> list[tuple[str, str]]:
    source, target = plan.source, plan.target
    bad = "critical" if shown.verb is Verb.ROLLBACK else "text"
    from_text = f"{source.revision} {source.version}".strip()
    to_text = f"{target.revision} {target.version}".strip()
    if short and source.revision == target.revision:
        from_text, to_text = str(source.version), str(target.version)
    elif short:
        from_text = source.revision or from_text
    parts = [(from_text, bad), (f" {glyphs.arrow} ", "muted"), (to_text, "bold strong")]
    return parts if short else [*parts, (f"   by {by_words(plan.mechanism)[0]}", "muted")]
