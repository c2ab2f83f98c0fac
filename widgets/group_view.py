"""Several services under way: one clock, one line a member, wave after wave, one verdict."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from textual.reactive import reactive

from console.domain.operation import Verb, Verdict
from console.domain.text import cut_end, cut_middle
from console.domain.words import clock, count, time_of_day
from widgets.clock_face import ink, scale
from widgets.glyphs import Glyphs
from widgets.line import Line
from widgets.lines import Pane
from widgets.operation_clock import face
from widgets.operation_picture import (
    OperationPicture,
    PresentKind,
    motion_words,
    state_words,
    tripped_words,
    verdict_words,
)
from widgets.plan_view import PROMISE_S
from widgets.regions import heading, wrapped


@dataclass(frozen=True)
class MemberPicture:
    """One member of a group."""

    shown: OperationPicture
    begun: bool
    """Its wave has come."""


@dataclass(frozen=True)
class GroupPicture:
    """All that the view draws from."""

    verb: Verb
    system: str
    environment: str
    name: str
    waves: tuple[tuple[MemberPicture, ...], ...]
    elapsed_s: float
    """From confirmed to now, or to the end once there is one."""
    wave: int = 0
    """The wave under way, from 1."""
    estimate_s: float | None = None
    """Seconds until every member is expected to be safe."""
    safe_s: float | None = None
    safe_at: datetime | None = None
    """When every member had become safe."""
    verdict: Verdict | None = None
    reason: str = ""
    error: str = ""
    selected: int = 0
    """The member under the cursor, counted through all waves."""

    @property
    def members(self) -> tuple[MemberPicture, ...]:
        return tuple(item for wave in self.waves for item in wave)


class GroupView(Pane):
    """Draws a group; members wide from 110 columns on, else in the short form."""

    shown: reactive[GroupPicture | None] = reactive(None)

    def draw(self, width: int, height: int) -> tuple[Line, ...]:
        return group_lines(self.shown, width, height, self.glyphs) if self.shown else ()


def group_lines(shown: GroupPicture, width: int, height: int, glyphs: Glyphs) -> tuple[Line, ...]:
    """Title, clock, members by wave, verdict."""
    is_wide = width >= 110 and height >= 24
    end = width - 2
    gap = [Line()] if height >= 18 else []
    top = [*([Line()] if is_wide else []), _title(shown, width, glyphs), *gap]
    top += _clock(shown, 5 if is_wide else 3, 46 if is_wide else 40, glyphs)
    top += gap
    ending = _ending(shown, end, glyphs)
    room = max(1, height - len(top) - len(ending) - len(gap))
    return (*top, *_fitting(_members(shown, is_wide, end, glyphs), room, glyphs), *gap, *ending)


def _state(shown: GroupPicture, glyphs: Glyphs) -> tuple[str, str, str]:
    if shown.error:
        return glyphs.unknown, "NOT WATCHED", "bold stale"
    if shown.verdict is not None:
        if any(item.shown.is_undone for item in shown.members):
            return glyphs.failed, "NOT SAFE ANY MORE", "bold critical"
        if shown.verdict is Verdict.SUCCEEDED and shown.safe_at is not None:
            return glyphs.passed, f"SAFE at {time_of_day(shown.safe_at)}", "bold text"
        return verdict_words(shown.verdict, glyphs)
    if any(item.shown.question or item.shown.pause for item in shown.members):
        return glyphs.paused, "PAUSED", "bold warning"
    tripped = [item.shown.tripped for item in shown.members if item.shown.tripped is not None]
    if tripped:
        return tripped_words(tripped[0], glyphs)
    if shown.safe_s is not None:
        return glyphs.passed, f"SAFE in {clock(shown.safe_s)}", "bold steady"
    return motion_words(shown.verb, glyphs)


def _title(shown: GroupPicture, width: int, glyphs: Glyphs) -> Line:
    mark, word, words = _state(shown, glyphs)
    line = Line()
    name = (shown.system, "bold strong")
    after = line.run(2, (f"{mark} {word}", words), ("  ", "text"), name, (f"  {shown.environment}", "text"))
    said = f"{shown.name}: {count(len(shown.members), 'service')} in {count(len(shown.waves), 'wave')}"
    if width - 2 - len(said) > after + 1:
        line.right(width - 2, said, "muted")
    return line


def _clock(shown: GroupPicture, rows: int, width: int, glyphs: Glyphs) -> list[Line]:
    limit = PROMISE_S if shown.verb.goes_back else None
    seconds = shown.safe_s if shown.safe_s is not None else shown.elapsed_s
    safe = shown.safe_s is not None
    over = shown.verdict is not None or bool(shown.error)
    colour = "text" if safe and over else "steady" if safe else ink(seconds, shown.estimate_s, limit)
    said = [(f"of {clock(limit)}", "text")] if limit else []
    if over:
        said.append(("every member was safe" if safe else "ended here", "muted"))
    else:
        arrived = sum(item.shown.verdict is not None for item in shown.members)
        if safe:
            said.append(("every member safe", "steady"))
        said.append((f"{arrived} of {len(shown.members)} have ended", "text"))
        said.append((f"wave {max(1, shown.wave)} of {len(shown.waves)}", "muted"))
    bar = scale(2, width - 1, seconds, shown.estimate_s, limit, glyphs)
    return [*face(seconds, rows, colour, said, width, glyphs), Line(), *bar]


def _members(shown: GroupPicture, is_wide: bool, end: int, glyphs: Glyphs) -> list[Line]:
    lines: list[Line] = []
    place = 0
    for number, wave in enumerate(shown.waves, 1):
        if len(shown.waves) > 1 or is_wide:
            said = "" if any(item.begun for item in wave) else "not begun"
            label = f"wave {number}" if len(shown.waves) > 1 else "members"
            lines.append(heading(label, 2, end, glyphs, [(said, "muted")] if said else []))
        for item in wave:
            lines.append(_member(item, place == shown.selected, is_wide, end, glyphs))
            place += 1
    return lines


def _member(item: MemberPicture, selected: bool, is_wide: bool, end: int, glyphs: Glyphs) -> Line:
    """State, alias, from and to, clock, and the newest thing that happened."""
    shown = item.shown
    name_at, to_at, clock_at, step_at = (20, 42, 76, 79) if is_wide else (18, 34, 55, 57)
    line = Line()
    if selected:
        line.put(0, glyphs.selected, "accent")
    state = state_words(shown, glyphs, short=True) if item.begun else (glyphs.open, "to come", "muted")
    line.put(2, cut_end(f"{state[0]} {state[1]}", name_at - 3, glyphs.ellipsis), state[2])
    name = cut_middle(shown.address.alias, to_at - name_at - 2, ellipsis=glyphs.ellipsis)
    line.put(name_at, name, "bold strong" if selected else "text")
    if shown.plan is not None:
        line.put(to_at, _from_to(shown, is_wide, clock_at - to_at - 6, glyphs), "muted")
    if item.begun:
        line.right(clock_at, clock(shown.safe_s if shown.safe_s is not None else shown.elapsed_s), "text")
    said, words = _newest(item)
    return line.put(step_at, cut_end(said, end - step_at, glyphs.ellipsis), words)


def _from_to(shown: OperationPicture, is_wide: bool, room: int, glyphs: Glyphs) -> str:
    if shown.plan is None:
        return ""
    source, target = str(shown.plan.source.version), str(shown.plan.target.version)
    said = f"{source} {glyphs.arrow} {target}" if is_wide else f"{glyphs.arrow} {target}"
    return cut_end(said, room, glyphs.ellipsis)


def _newest(item: MemberPicture) -> tuple[str, str]:
    """What a member does now, or how it ended."""
    shown = item.shown
    if shown.question or shown.pause:
        return f"waits: {shown.question or shown.pause}", "warning"
    if shown.error:
        return shown.error, "critical"
    if shown.present is not None and shown.present.kind is PresentKind.BROKEN:
        present = shown.present
        return " · ".join(filter(None, (present.words, present.why))), present.ink
    if shown.verdict is not None:
        return shown.reason, "text" if shown.verdict.exit_code == 0 else "warning"
    if not item.begun:
        return (shown.plan.nothing_to_do if shown.plan else ""), "muted"
    now = [step for step in shown.steps if step.state == "now"] or list(shown.steps)
    if not now:
        return "", "muted"
    step = now[0] if now[0].state == "now" else now[-1]
    return "  ".join(part for part in (step.text, step.evidence) if part), "text"


def _fitting(lines: Sequence[Line], room: int, glyphs: Glyphs) -> list[Line]:
    """Those that fit, with the selected one among them, and how many there are below."""
    if len(lines) <= room:
        return list(lines)
    chosen = next((at for at, line in enumerate(lines) if line.plain(1) == glyphs.selected), 0)
    first = max(0, min(chosen - room // 2, len(lines) - room))
    visible = list(lines[first : first + room])
    below = len(lines) - first - room
    if below > 0:
        visible[-1] = Line().put(2, f"{glyphs.more} {below + 1} more", "muted")
    return visible


def _ending(shown: GroupPicture, end: int, glyphs: Glyphs) -> list[Line]:
    if shown.error:
        lines = [Line().put(2, text, "critical") for text in wrapped(shown.error, end - 2)]
        return [heading("ended", 2, end, glyphs), *lines]
    if shown.verdict is None:
        return []
    good = shown.verdict.exit_code == 0
    lines = [
        Line().put(2, text, "text" if good else "bold warning") for text in wrapped(shown.reason, end - 2)
    ]
    if not good:
        lines.append(Line().put(2, "R plans the way back of the member under the cursor", "muted"))
    return [heading("verdict", 2, end, glyphs, [(shown.verdict.words, "muted")]), *lines]
