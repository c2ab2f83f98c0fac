"""The guard of an operation: its figures as bars against their limits, and what else it looks at."""

from datetime import datetime

from console.domain.guard import GuardMode, JudgedState
from console.domain.guarded import GuardFigure, GuardPhase, GuardState, GuardView
from console.domain.measured import figure, limit_in_words, value_in_words
from console.domain.series import OLD_PERIODS, Measure, Scope
from console.domain.words import age, clock, time_of_day
from widgets.charted import OLD_S
from widgets.gauge import Gauge, GaugeColumns, gauge_line
from widgets.glyphs import Glyphs
from widgets.line import Line
from widgets.regions import heading

ROWS, NARROW_ROWS = 4, 3
_INKS = {
    JudgedState.OK: "text",
    JudgedState.WARNING: "warning",
    JudgedState.CRITICAL: "bold critical",
    JudgedState.NODATA: "stale",
}
_DOES = {GuardMode.ASK: "asks", GuardMode.ROLLBACK: "rolls back by itself", GuardMode.OFF: "off"}
_PHASES = {GuardPhase.ROLLOUT: "rollout", GuardPhase.BAKE: "bake", GuardPhase.WATCH: "timed watch"}


def guard_lines(view: GuardView, now: datetime, end: int, glyphs: Glyphs) -> list[Line]:
    """A heading and four rows: figures with a limit as bars, health, dependencies."""
    columns = GaugeColumns(2, 25, 27, 72, 75, 91, end)
    body = _body(view, columns, glyphs)
    hidden = len(body) - ROWS
    said = [(f"+{hidden} more   ", "muted")] if hidden > 0 else []
    lines = [heading("guard", 2, end, glyphs, [*said, *standing(view, now, glyphs)])]
    return (lines + body + [Line()] * ROWS)[: ROWS + 1]


def short_guard_lines(view: GuardView, now: datetime, end: int, glyphs: Glyphs) -> list[Line]:
    """The same in three rows without a heading; where there is something to say of it, it takes the last."""
    columns = GaugeColumns(2, 19, 21, 47, 49, 63, end)
    body = _body(view, columns, glyphs, states_apart=False)[:NARROW_ROWS]
    if view.state not in (GuardState.JUDGING, GuardState.TRIPPED) or len(body) < NARROW_ROWS:
        line = Line().put(2, "guard", "faint")
        body = [*body[: NARROW_ROWS - 1], line.run_to(end, 21, *standing(view, now, glyphs))]
    return (body + [Line()] * NARROW_ROWS)[:NARROW_ROWS]


def standing(view: GuardView, now: datetime, glyphs: Glyphs) -> list[tuple[str, str]]:
    """What the guard does now, as ``(text, style words)``."""
    if view.state is GuardState.OFF:
        return [(f"off{': ' + view.why if view.why else ''}", "stale")]
    if view.state is GuardState.COUNTDOWN:
        at = view.rolls_back_at
        left = (at - now).total_seconds() if at else view.countdown_s or 0.0
        return [(f"rolling back in {clock(left)}", "bold critical")]
    if view.state is GuardState.TRIPPED:
        return [(f"{glyphs.failed} asks whether to roll back", "bold critical")]
    if view.state is GuardState.GOING_BACK:
        return [(f"{glyphs.back} goes back{' to ' + view.back_to if view.back_to else ''}", "deploying")]
    phase = _PHASES[view.phase]
    if view.until is not None:
        phase += f" until {time_of_day(view.until)[:5]}"
    waits = " · no figures of the new version yet" if view.state is GuardState.ARMED else ""
    return [(f"{_DOES[view.mode]} · {phase}{waits}", "muted")]


def _body(view: GuardView, columns: GaugeColumns, glyphs: Glyphs, states_apart: bool = True) -> list[Line]:
    """Bars, then health and what the service needs: in a line each, or in one."""
    plain = [item for item in view.figures if not item.measure.is_state]
    lines = [gauge_line(_gauge(item, glyphs), columns, glyphs) for item in plain]
    health = [item for item in view.figures if item.measure is Measure.HEALTH]
    needed = [item for item in view.figures if item.measure is Measure.DEPENDENCY]
    named = (
        [("health", health), ("dependencies", needed)] if states_apart else [("health", [*health, *needed])]
    )
    lines += [_states(name, items, columns, glyphs) for name, items in named if items]
    return lines


def _gauge(item: GuardFigure, glyphs: Glyphs) -> Gauge:
    measure, name = item.measure, figure(item.measure, item.subject)
    if item.value is None:
        return Gauge(name, None, item.limit, "", note=(_because(item), "muted"))
    old = item.age_s is not None and item.age_s > OLD_PERIODS * item.period_s
    ink = _INKS[item.state]
    whose = "service-wide" if item.scope is Scope.SERVICE else f"{item.scope} version"
    told = f"{whose}, {item.source}" + (f" {age(item.age_s)}" if item.age_s is not None else "")
    return Gauge(
        name,
        item.value,
        item.limit,
        value_in_words(measure, item.value),
        "stale" if old and item.state is JudgedState.OK else ink,
        "critical" if item.state is JudgedState.CRITICAL else "muted",
        _limit(item, f" · {age(item.age_s)}" if old and item.age_s is not None else ""),
        _trend(item, glyphs),
        (f"no limit yet · {told}", "muted"),
    )


def _limit(item: GuardFigure, aged: str) -> str:
    return f"limit {limit_in_words(item.measure, item.limit)}{aged}" if item.limit is not None else ""


def _is_old(item: GuardFigure) -> bool:
    return item.age_s is not None and item.age_s > OLD_S


def _is_well(item: GuardFigure) -> bool:
    """Read, judged, and of now: nothing else is drawn as well."""
    return item.value is not None and item.value >= 1 and item.state is JudgedState.OK and not _is_old(item)


def _because(item: GuardFigure) -> str:
    """Why there is no data, without the name that stands before it already."""
    return item.evidence.removeprefix(f"{figure(item.measure, item.subject)}: ")


def _trend(item: GuardFigure, glyphs: Glyphs) -> tuple[tuple[str, str], ...]:
    """Against what it was before the order."""
    if item.baseline is None or item.value is None:
        return (("no baseline", "stale"),)
    was = value_in_words(item.measure, item.baseline)
    if value_in_words(item.measure, item.value) == was:
        return (("as before", "muted"),)
    rises = item.value > item.baseline
    ink = "stale" if _is_old(item) else _INKS[item.state]
    if item.state is JudgedState.OK and not rises and not _is_old(item):
        ink = "steady"
    mark = glyphs.rising if rises else glyphs.falling
    return ((mark, ink), (f" from {was}", "muted"))


def _states(name: str, items: list[GuardFigure], columns: GaugeColumns, glyphs: Glyphs) -> Line:
    """What is well, what is not, and what nobody knows; how many of them are well at the left."""
    known = [item for item in items if item.value is not None]
    well = sum(_is_well(item) for item in items)
    line = Line().put(columns.name, name, "faint")
    if len(items) > 1:
        line.right(columns.value_end, f"{well} of {len(items)}", "text")
    elif known:
        said = value_in_words(items[0].measure, items[0].value)
        ink = "stale" if _is_old(items[0]) else _INKS[items[0].state]
        line.right(columns.value_end, said if len(said) < 10 else said.split()[0], ink)
    parts: list[tuple[str, str]] = []
    for item in items:
        called = item.subject or item.source
        if item.value is None:
            parts += [
                (f"{glyphs.nodata} NODATA", "stale"),
                (f" {called}: {_because(item)}" if called else f" {_because(item)}", "muted"),
            ]
        elif _is_well(item):
            parts += [(glyphs.steady, "steady"), (f" {called}", "text")]
        elif item.value >= 1:
            since = f" {age(item.age_s)} ago" if item.age_s is not None else ""
            parts += [(f"{glyphs.unknown} {called}", "stale"), (f" healthy{since}, now unknown", "stale")]
        else:
            said = value_in_words(item.measure, item.value)
            parts += [(f"{glyphs.failed} {called}", "critical"), (f" {said}", "critical")]
        parts.append(("   ", "text"))
    return line.run_to(columns.end, columns.bar, *parts[:-1])
