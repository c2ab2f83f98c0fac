"""A checklist as lines: the rail of its phases, the items of one, and one of them in full."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from console.domain.checklist import AUTO, ItemState, ItemView, Phase, WalkView
from console.domain.text import cut_end
from console.domain.words import NOTHING, age, time_of_day
from console.domain.words import clock as minutes
from widgets.glyphs import Glyphs
from widgets.header import NARROW
from widgets.line import Line
from widgets.regions import heading, wrapped

RAIL = 32
"""Columns of the rail, the margin among them."""
_LOOKS: dict[ItemState, tuple[str, str, str]] = {
    ItemState.PASS: ("passed", "steady", "steady"),
    ItemState.FAIL: ("failed", "critical", "bold critical"),
    ItemState.OPEN: ("open", "muted", "muted"),
    ItemState.CHECKING: ("forward", "deploying", "deploying"),
    ItemState.UNKNOWN: ("nodata", "stale", "stale"),
    ItemState.NOT_APPLICABLE: ("open", "faint", "faint"),
    ItemState.WAIVED: ("replaced", "warning", "bold warning"),
}
"""State -> glyph, its ink, the ink of the word."""
_ROOMY = NARROW - RAIL + 20
"""Columns from which age and by have columns of their own."""
_WORDS = {ItemState.NOT_APPLICABLE: "n/a"}
NAMES = {Phase.ISSUES: "if issues", Phase.WALK: "steps"}


def phase_name(phase: Phase) -> str:
    """As the screen says it."""
    return NAMES.get(phase, phase.value)


@dataclass(frozen=True)
class ItemRow:
    """One item, as strings ready to draw."""

    key: str | None
    state: ItemState
    title: str
    value: str
    age: str
    by: str
    required: bool
    height: int = 1

    def lines(self, width: int, theme: str, glyphs: Glyphs, selected: bool) -> tuple[Line, ...]:
        mark, mark_ink, ink = _LOOKS[self.state]
        line = Line().put(2, getattr(glyphs, mark), mark_ink)
        line.put(4, _WORDS.get(self.state, self.state.value), ink)
        title_ink = "bold strong" if selected else "text" if self.required else "muted"
        value_ink = "critical" if self.state is ItemState.FAIL else "muted"
        if width < _ROOMY:
            room = width - 13 - 11
            half = room * 3 // 5
            line.put(13, cut_end(self.title, half, glyphs.ellipsis), title_ink)
            line.put(14 + half, cut_end(self.value, room - half - 2, glyphs.ellipsis), value_ink)
            said = self.by if self.by and self.by != AUTO else self.age
            return (line.right(width - 2, cut_end(said, 9, glyphs.ellipsis), "muted"),)
        last = width - 17
        middle = 14 + (last - 14) * 9 // 20
        line.put(14, cut_end(self.title, middle - 15, glyphs.ellipsis), title_ink)
        line.put(middle, cut_end(self.value, last - 8 - middle, glyphs.ellipsis), value_ink)
        line.right(last - 2, self.age, "muted")
        return (line.put(last, cut_end(self.by, 15, glyphs.ellipsis), "muted"),)


def heads(width: int) -> Line:
    """The heads of the items' columns."""
    line = Line().put(4, "state", "faint")
    if width < _ROOMY:
        room = width - 13 - 11
        return (
            line.put(13, "item", "faint")
            .put(14 + room * 3 // 5, "value", "faint")
            .right(width - 2, "by", "faint")
        )
    last = width - 17
    line.put(14, "item", "faint").put(14 + (last - 14) * 9 // 20, "value", "faint")
    return line.right(last - 2, "age", "faint").put(last, "by", "faint")


def rows(views: Sequence[ItemView], now: datetime) -> tuple[ItemRow, ...]:
    """One row an item."""
    return tuple(_row(view, now) for view in views)


def _row(view: ItemView, now: datetime) -> ItemRow:
    value = (
        f"“{view.reason}”" if view.reason and view.state is ItemState.WAIVED else view.value or view.reason
    )
    if view.left_s is not None:
        value = " · ".join(part for part in (value, f"{minutes(view.left_s)} left") if part)
    is_hand = not view.item.check
    by = view.by if view.by != AUTO else ""
    if by and view.at is not None:
        by = f"{by} {time_of_day(view.at)[:5]}"
    return ItemRow(
        key=view.item.id,
        state=view.state,
        title=view.item.title,
        value=value,
        age=age((now - view.at).total_seconds()) if view.at is not None and not is_hand else NOTHING,
        by=by or (NOTHING if view.item.problem else "by hand" if is_hand else AUTO),
        required=view.item.required,
    )


def rail(view: WalkView, chosen: Phase | None, glyphs: Glyphs) -> tuple[Line, ...]:
    """The phases, how far each is, and which one is shown."""
    settled = sum(view.settled(phase) for phase in view.checklist.phases)
    total = len(view.items)
    lines = [heading("phases", 2, RAIL - 4, glyphs, ((f"{settled} of {total}", "muted"),))]
    for phase in view.checklist.phases:
        items, done = view.of(phase), view.settled(phase)
        is_left = bool(view.blockers(phase))
        is_chosen = phase is chosen
        paper = " on selected" if is_chosen else ""
        is_walked = not is_left and phase is not Phase.ISSUES
        count = f"{done} of {len(items)}" if phase is not Phase.ISSUES else str(len(items))
        word = "" if phase not in view.begun or phase is Phase.ISSUES else "now" if is_left else "pass"
        line = Line()
        line.run(
            0,
            (glyphs.selected if is_chosen else " ", "accent" + paper),
            (" ", paper),
            (glyphs.passed if is_walked else glyphs.open, ("steady" if is_walked else "muted") + paper),
            (f" {phase_name(phase):<11}", ("bold strong" if is_chosen else "text") + paper),
            (f"{count:>8} ", "muted" + paper),
            (f"{word:<5}", ("deploying" if word == "now" else "muted") + paper),
        )
        lines += [line, Line()]
    return tuple(lines)


def tabs(view: WalkView, chosen: Phase | None) -> Line:
    """The rail in one line, where there is no room for it."""
    line, column = Line(), 2
    for phase in view.checklist.phases:
        count = f"{view.settled(phase)}/{len(view.of(phase))}"
        ink = "underline accent" if phase is chosen else "muted"
        column = line.run(column, (phase_name(phase), ink), (f" {count}   ", "faint"))
    return line


def detail(view: ItemView, width: int, glyphs: Glyphs, keys: str) -> tuple[Line, ...]:
    """One item in full: what is looked at, what was found, why, and what to do.

    Args:
        keys: What may be pressed now, in words.
    """
    item = view.item
    kind = "required" if item.required else "advisory"
    fate = ", blocks" if view.blocks else ""
    lines = [
        heading(
            cut_end(item.title, width - 40, glyphs.ellipsis),
            2,
            width - 2,
            glyphs,
            ((f"{kind}{fate}", "muted"),),
        )
    ]
    told = (
        ("checks", item.check or "ticked by hand", "text"),
        ("found", view.value, "critical" if view.state is ItemState.FAIL else "text"),
        ("because", view.because, "text"),
        ("reason", f"“{view.reason}”" if view.reason and view.reason != view.value else "", "text"),
        ("waits for", ", ".join(view.waits_for), "text"),
        ("evidence", " ".join(view.evidence.split()), "muted"),
        ("remedy", "" if view.state.is_settled else view.remedy or item.remedy, "text"),
        ("link", item.link, "muted"),
        ("keys", keys, "muted"),
    )
    for label, text, ink in told:
        for number, part in enumerate(wrapped(text, max(20, width - 18))[:3]):
            lines.append(Line().put(2, label if not number else "", "muted").put(14, part, ink))
    return tuple(lines)


def beside_operation(view: WalkView, rows: int, column: int, end: int, glyphs: Glyphs) -> tuple[Line, ...]:
    """The phase that an operation is in, in a narrow column: what is not settled first."""
    phase = _phase_now(view)
    items = sorted(view.of(phase), key=lambda item: item.state.is_settled)
    ending = ((f"{view.settled(phase)} of {len(items)}", "muted"),)
    lines = [heading(f"checklist {phase_name(phase)}", column, end, glyphs, ending)]
    shown = items if len(items) < rows else items[: rows - 2]
    for item in shown:
        mark, ink, _ = _LOOKS[item.state]
        said = "critical" if item.state is ItemState.FAIL else "muted" if item.state.is_settled else "text"
        title = cut_end(item.item.title, end - column - 2, glyphs.ellipsis)
        lines.append(Line().put(column, getattr(glyphs, mark), ink).put(column + 2, title, said))
    if len(shown) < len(items):
        lines.append(Line().put(column + 2, f"{len(items) - len(shown)} more · c opens it", "muted"))
    return tuple(lines)


def one_line(view: WalkView, column: int, end: int, glyphs: Glyphs) -> Line:
    """The same where there is a line for it: how far it is, and what is not settled first."""
    phase = _phase_now(view)
    items = view.of(phase)
    left = next((item for item in items if not item.state.is_settled), None)
    said = f"checklist {phase_name(phase)} {view.settled(phase)} of {len(items)}"
    line = Line()
    after = line.run(column, (said, "muted"))
    if left is not None:
        mark, ink, _ = _LOOKS[left.state]
        title = cut_end(left.item.title, max(0, end - after - 5), glyphs.ellipsis)
        line.run(after, ("   ", ""), (getattr(glyphs, mark), ink), (f" {title}", "text"))
    return line


def _phase_now(view: WalkView) -> Phase:
    """The first phase whose time has come and in which something is left; else the last whose has."""
    phases = view.checklist.phases
    begun = tuple(phase for phase in phases if phase in view.begun and phase is not Phase.ISSUES)
    left = tuple(phase for phase in begun if view.settled(phase) < len(view.of(phase)))
    return (left or begun[-1:] or phases)[0]


def waived(view: WalkView, width: int, glyphs: Glyphs) -> tuple[Line, ...]:
    """Every waiver in full: who, when, why."""
    found = [item for item in view.items if item.state is ItemState.WAIVED]
    if not found:
        return ()
    lines = [heading("waived", 2, width - 2, glyphs, ((str(len(found)), "muted"),))]
    for item in found:
        when = f"{item.by} {time_of_day(item.at)[:5]}" if item.at is not None else item.by
        lines.append(
            Line()
            .put(2, glyphs.replaced, "warning")
            .put(4, item.item.title, "text", width - 30)
            .right(width - 2, when, "muted")
        )
        lines += [Line().put(4, part, "text") for part in wrapped(f"“{item.reason}”", width - 6)[:2]]
    return tuple(lines)


def following(view: WalkView, chosen: Phase | None, width: int, glyphs: Glyphs) -> tuple[Line, ...]:
    """The phase behind the one that is shown, two items a row."""
    phases = view.checklist.phases
    place = phases.index(chosen) + 1 if chosen in phases else len(phases)
    if place >= len(phases):
        return ()
    items = view.of(phases[place])
    said = f"next: {phase_name(phases[place])}"
    lines = [heading(said, 2, width - 2, glyphs, ((str(len(items)), "muted"),))]
    half = (width - 4) // 2
    for first in range(0, len(items), 2):
        line = Line()
        for column, one in zip((2, 2 + half), items[first : first + 2], strict=False):
            mark, ink, _ = _LOOKS[one.state]
            line.put(column, getattr(glyphs, mark), ink)
            line.put(column + 2, cut_end(one.item.title, half - 4, glyphs.ellipsis), "muted")
        lines.append(line)
    return tuple(lines)
