"""What stands over a checklist: whose it is, how far it is, and the pause that waits for it."""

from dataclasses import dataclass
from datetime import datetime

from console.domain.checklist import Phase, WalkView
from console.domain.rollout import Hook
from console.domain.words import clock as minutes
from console.domain.words import time_of_day
from widgets.checklist_view import tabs
from widgets.glyphs import Glyphs
from widgets.header import NARROW
from widgets.line import Line

FIRST = (Phase.BEFORE, Phase.APPROVAL, Phase.DURING)
"""What has to be settled before a paused deployment goes on."""


@dataclass(frozen=True)
class TopPicture:
    """All that it is drawn from."""

    address: str
    view: WalkView | None
    phase: Phase | None
    version: str
    place: tuple[int, int]
    """Which of how many lists of the service it is."""
    error: str
    hook: Hook | None
    """The pause that waits for somebody."""
    now: datetime


def top_lines(shown: TopPicture, width: int, glyphs: Glyphs) -> tuple[Line, ...]:
    """Title and state; where there is no room for a rail, the phases too."""
    line = Line()
    title = shown.view.checklist.title if shown.view is not None else "checklist"
    version = (f"   {shown.version}", "strong")
    column = line.run(2, (title, "bold strong"), (f"   {shown.address}", "text"), version)
    number, total = shown.place
    said = f"{number} of {total} lists"
    if total > 1 and column < width - len(said) - 4:
        line.right(width - 2, said, "muted")
    second = _second(shown, width, glyphs)
    if width >= NARROW:
        return Line(), line, second, Line()
    return (line, second, tabs(shown.view, shown.phase)) if shown.view is not None else (line, second)


def _second(shown: TopPicture, width: int, glyphs: Glyphs) -> Line:
    line, view = Line(), shown.view
    if view is None:
        return line
    if shown.error:
        return line.put(2, f"{glyphs.warning} {shown.error}", "warning", width - 4)
    if shown.hook is not None:
        return _waiting(shown.hook, shown, glyphs)
    if not view.id:
        return line.put(2, "not begun: looked at only · b begins it", "muted")
    due = len(view.due)
    said = f"{due} required open" if due else "everything required so far is settled"
    since = f" · begun {time_of_day(view.started_at)[:5]} by {view.by}" if view.started_at else ""
    line.put(2, said + since, "text" if due else "steady")
    over, goal = view.over_goal_s, view.checklist.goal
    if over is not None and goal is not None:
        spent = f"{minutes(goal.total_seconds() + over)} of {minutes(goal.total_seconds())}"
        line.right(width - 2, spent, "bold critical" if over > 0 else "bold strong")
    return line


def _waiting(hook: Hook, shown: TopPicture, glyphs: Glyphs) -> Line:
    """The pause at which the service's deployment waits, and what the list has to do with it."""
    parts = [(f"{glyphs.paused} PAUSED", "bold warning"), (f"   waits at {hook.stage}", "text")]
    if hook.expires_at is not None:
        left = minutes(max(0.0, (hook.expires_at - shown.now).total_seconds()))
        then = "ECS rolls back" if hook.on_timeout == "ROLLBACK" else "ECS goes on"
        parts += [(" · expires in ", "text"), (left, "bold strong"), (f", then {then}", "text")]
    view = shown.view
    due = len(view.blockers(*FIRST)) if view is not None and view.id else 0
    said = f"{due} required open" if due else "everything required is settled: M continues"
    line = Line()
    line.run(2, *parts, (f" · {said}", "text" if due else "steady"))
    return line
