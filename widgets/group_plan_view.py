"""The plan of a group as the operator reads it before confirming: its members, wave after wave."""

from datetime import datetime

from console.domain.address import Address
from console.domain.group import GroupAddress, GroupPlan
from console.domain.operation import CheckState, Mechanism, Plan, Verb
from console.domain.text import cut_end, cut_middle
from console.domain.words import account_number, clock, count
from widgets.glyphs import Glyphs
from widgets.line import Line
from widgets.plan_view import LABEL_WIDTH, PROMISE_S, by_words, changed_rows, plan_lines
from widgets.regions import beside_bar, heading, wrapped

_NAME, _TO, _BY, _TIME = 2, 20, 44, 76
"""Columns behind the first: name, what it goes to, by which call; where the estimate ends."""


def title(verb: Verb, group: GroupAddress) -> str:
    """``Deploy all of clever-better in production``."""
    said = "Roll back" if verb is Verb.ROLLBACK else verb.value.capitalize()
    return f"{said} {group.name} of {group.system} in {group.environment}"


def group_plan_lines(
    plan: GroupPlan,
    selected: int,
    column: int,
    width: int,
    glyphs: Glyphs,
    changed: frozenset[Address] = frozenset(),
) -> tuple[Line, ...]:
    """Where it is, every member in its wave, and how long all of it takes."""
    first = plan.members[0]
    lines = [
        _row("account", account_number(first.account), column, width),
        _row("region", first.region, column, width),
        _row("cluster", ", ".join(dict.fromkeys(item.cluster for item in plan.members)), column, width),
        Line(),
    ]
    place = 0
    for number, wave in enumerate(plan.waves, 1):
        label = f"wave {number} of {len(plan.waves)}" if len(plan.waves) > 1 else "all at once"
        lines.append(heading(label, column, column + width, glyphs))
        for member in wave:
            lines.append(_member(member, place == selected, member.address in changed, column, width, glyphs))
            place += 1
    lines.append(Line())
    lines += _estimate(plan, column, width)
    lines += _effect(plan, column, width)
    return tuple(lines)


def member_lines(plan: Plan, now: datetime, column: int, width: int, glyphs: Glyphs) -> tuple[Line, ...]:
    """One member's plan in full."""
    hint = Line()
    hint.run(column, ("esc", "bold accent"), (" back to all members", "muted"))
    head = Line().put(column, str(plan.address), "bold strong")
    return (head, Line(), *plan_lines(plan, now, column, width, glyphs), Line(), hint)


def changed_members(old: GroupPlan, new: GroupPlan) -> frozenset[Address]:
    """The members whose plan is another one; every member where the waves are."""
    before = {plan.address: plan for plan in old.members}
    if tuple(before) != tuple(plan.address for plan in new.members) or old.confirm != new.confirm:
        return frozenset(plan.address for plan in new.members)
    return frozenset(plan.address for plan in new.members if changed_rows(before[plan.address], plan))


def as_text(plan: GroupPlan, now: datetime, glyphs: Glyphs) -> str:
    """The plan as plain text, to paste somewhere."""
    lines = [title(plan.verb, plan.group), ""]
    lines += [line.plain(100) for line in group_plan_lines(plan, -1, 0, 100, glyphs)]
    for member in plan.members:
        lines += ["", str(member.address)]
        lines += [line.plain(200) for line in plan_lines(member, now, 2, 98, glyphs)]
    return "\n".join(lines)


def _row(label: str, text: str, column: int, width: int) -> Line:
    return Line().put(column, label, "faint").put(column + LABEL_WIDTH, text, "text", width - LABEL_WIDTH)


def _member(plan: Plan, selected: bool, changed: bool, column: int, width: int, glyphs: Glyphs) -> Line:
    line = Line()
    if selected:
        line.put(beside_bar(column), glyphs.selected, "accent")
    line.put(column, *_mark(plan, glyphs))
    name = cut_middle(plan.address.alias, _TO - _NAME - 1, ellipsis=glyphs.ellipsis)
    line.put(column + _NAME, name, "warning" if changed else "bold strong" if selected else "text")
    if plan.nothing_to_do:
        said = f"nothing changes: {plan.nothing_to_do}"
        return line.put(column + _TO, cut_end(said, width - _TO, glyphs.ellipsis), "muted")
    to = f"{plan.source.version} {glyphs.arrow} {plan.target.version}"
    ink = "warning" if changed else "text" if plan.proven else "critical"
    line.put(column + _TO, cut_end(to, _BY - _TO - 1, glyphs.ellipsis), ink)
    line.put(column + _BY, cut_end(_how(plan), min(_TIME, width) - _BY - 6, glyphs.ellipsis), "muted")
    if plan.estimate is not None:
        line.right(column + min(_TIME, width), f"~{clock(plan.estimate.safe_s)}", "text")
    return line


def _how(plan: Plan) -> str:
    if plan.blockers:
        return f"{plan.blockers[0].name} failed"
    steps = len(plan.actions) + len(plan.after)
    if plan.mechanism is Mechanism.ACTIONS:
        return count(steps, "step")
    said = by_words(plan.mechanism)[0]
    return f"{count(steps, 'step')} and {said}" if steps else said


def _mark(plan: Plan, glyphs: Glyphs) -> tuple[str, str]:
    """What its checks say, the worst of them."""
    if plan.nothing_to_do:
        return glyphs.open, "muted"
    if plan.blockers:
        return glyphs.failed, "critical"
    unknown = any(check.state is CheckState.UNKNOWN for check in plan.checks)
    return (glyphs.unknown, "warning") if unknown else (glyphs.passed, "steady")


def _estimate(plan: GroupPlan, column: int, width: int) -> list[Line]:
    if plan.safe_s is None:
        return []
    late = plan.verb is Verb.ROLLBACK and plan.safe_s > PROMISE_S
    line = Line().put(column, "estimate", "faint")
    how = "" if len(plan.waves) == 1 else ", one wave after the other"
    line.run(
        column + LABEL_WIDTH,
        ("every member safe in about ", "text"),
        (clock(plan.safe_s), "bold warning" if late else "bold strong"),
        (how, "muted"),
    )
    return [line]


def _effect(plan: GroupPlan, column: int, width: int) -> list[Line]:
    """What is one for all: how it is stopped, and what each of them says."""
    said = "a member that fails stops the waves after it; every member keeps a way back of its own"
    if plan.verb.goes_back:
        said = "all members at once; one that fails stops no other"
    lines = [Line().put(column + LABEL_WIDTH, text, "muted") for text in wrapped(said, width - LABEL_WIDTH)]
    lines[0].put(column, "to know", "faint")
    return lines
