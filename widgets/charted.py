"""What is drawn of the figures of one service: which source, whose figures, held against which limit."""

from dataclasses import dataclass, replace
from datetime import datetime

from console.domain import words
from console.domain.error_reading import ErrorReading, ErrorState
from console.domain.guard import JudgedState, Judgement, ServiceSignals
from console.domain.measured import figure, limit_in_words, value_in_words
from console.domain.series import Measure, Scope, Series, SeriesPicture
from console.domain.serving import ALWAYS, Serving
from widgets.chart import Chart, Curve
from widgets.glyphs import Glyphs

TITLES = {Measure.ERRORS: "errors", Measure.P95: "p95 latency"}
OLD_S = 300.0
"""A newest value that old is said as old: load balancers lag one to four minutes."""


@dataclass(frozen=True)
class Told:
    """The series of one measure that are looked at."""

    main: Series | None
    """New version or whole service; ``None``: no source has data."""
    old: Series | None = None
    """The old version, from the same source; ``None``: not told apart."""

    @property
    def whose(self) -> str:
        if self.main is None:
            return ""
        return "service-wide" if self.main.scope is Scope.SERVICE else f"{self.main.scope} version"

    @property
    def beside(self) -> float | None:
        """The old version's value of the period that the newest value is of; ``None``: there is none."""
        newest = self.main.last if self.main is not None else None
        if newest is None or self.old is None:
            return None
        return next((point.value for point in reversed(self.old.points) if point.at == newest.at), None)


def told(picture: SeriesPicture | None, measure: Measure) -> Told:
    """New beside old where one source has both; else the service as a whole; else what there is."""
    if picture is None:
        return Told(None)
    known = [item for item in picture.of(measure) if item.last is not None]
    olds = {item.source: item for item in known if item.scope is Scope.OLD}
    for item in known:
        if item.scope is Scope.NEW and item.source in olds:
            return Told(item, olds[item.source])
    ranked = sorted(known, key=lambda item: (Scope.SERVICE, Scope.NEW, Scope.OLD).index(item.scope))
    return Told(ranked[0] if ranked else None)


def why_nothing(picture: SeriesPicture | None, measure: Measure) -> str:
    """Why there is no data of a measure, by every source that should have some."""
    if picture is None:
        return "reading the figures"
    reasons = {item.source: item.no_data for item in picture.of(measure) if item.no_data}
    reasons |= {source: why for source, why in picture.problems.items() if source not in reasons}
    said = " · ".join(f"{source}: {why}" for source, why in reasons.items())
    return said or f"no source tells {figure(measure)}"


def limit_of(signals: ServiceSignals, measure: Measure) -> tuple[float | None, str]:
    """The limit that a measure is held against, and its ink: the one that its state comes from, as every
    sentence names it; of what is well the guard's, else the alert's, else what is worth a look."""
    mine = [item for item in (*signals.judgements, *signals.alerts) if item.trigger.measure is measure]
    bad = (JudgedState.CRITICAL, JudgedState.WARNING)
    worst = min((i for i in mine if i.state in bad), key=lambda i: bad.index(i.state), default=None)
    if worst is not None and (over := _limit_over(worst)) is not None:
        return over
    for item in mine:
        if (limit := item.limit or item.trigger.critical) is not None:
            return limit, "critical"
    for item in mine:
        if item.trigger.warning is not None:
            return item.trigger.warning, "warning"
    return None, "critical"


def _limit_over(item: Judgement) -> tuple[float, str] | None:
    """The highest limit of a judgement that its figure is over."""
    limits = (
        (item.limit, "critical"),
        (item.trigger.critical, "critical"),
        (item.trigger.warning, "warning"),
    )
    over = [(limit, ink) for limit, ink in limits if limit is not None and (item.value or 0.0) > limit]
    return over[0] if over else None


def last_in_words(
    measure: Measure, value: float | None, limit: tuple[float | None, str], glyphs: Glyphs
) -> tuple[tuple[str, str], ...]:
    """``8.4 % ▲ over 5 %``, as ``(text, style words)``."""
    if value is None:
        return ((f"{glyphs.nodata} NODATA", "stale"),)
    said = value_in_words(measure, value)
    if limit[0] is not None and value > limit[0]:
        return ((f"{said} {glyphs.warning} over {limit_in_words(measure, limit[0])}", limit[1]),)
    return ((said, "text"),)


def chart_of(
    signals: ServiceSignals | None,
    measure: Measure,
    shipped: str,
    now: datetime,
    glyphs: Glyphs,
    serving: Serving = ALWAYS,
) -> Chart:
    """The chart of one measure.

    Args:
        signals: ``None``: nobody has looked at the figures yet.
        shipped: The version that the deploy marker names.
        serving: Since when it is served by what serves now: a value of before is said to be of before, and
            held against no limit.
    """
    title = TITLES.get(measure, figure(measure))
    picture = signals.picture if signals else None
    found = told(picture, measure)
    main = found.main
    if signals is None or main is None or main.last is None:
        ending = last_in_words(measure, None, (None, ""), glyphs) if signals else (("reading", "muted"),)
        return Chart(title, measure, now, ending=ending, no_data=why_nothing(picture, measure))
    limit = limit_of(signals, measure)
    curves = [Curve(main.points, main.period_s)]
    if found.old is not None:
        curves.append(Curve(found.old.points, found.old.period_s, "faint"))
    age = max(0.0, (now - main.last.at).total_seconds())
    return Chart(
        title,
        measure,
        now,
        tuple(curves),
        limit[0],
        limit[1],
        _ending(main, limit, now, glyphs, serving),
        foot_of(found, age, glyphs),
        "stale" if main.is_old(now) else "faint",
        marked_at=signals.picture.moved_at,
        marked=shipped,
    )


def _ending(
    main: Series, limit: tuple[float | None, str], now: datetime, glyphs: Glyphs, serving: Serving
) -> tuple[tuple[str, str], ...]:
    value = main.last.value if main.last is not None else None
    if value is not None and not serving.is_newest_of_now(main):
        return ((f"{value_in_words(main.measure, value)} before", "stale"),)
    return _dimmed(last_in_words(main.measure, value, limit, glyphs), main.is_old(now))


def _dimmed(parts: tuple[tuple[str, str], ...], old: bool) -> tuple[tuple[str, str], ...]:
    """What is well is dimmed when it is old; what is bad stays loud until something newer says otherwise."""
    return tuple((part, "stale" if old and ink == "text" else ink) for part, ink in parts)


def answered(chart: Chart, reading: ErrorReading) -> Chart:
    """A chart of errors; where nobody answers it ends with that, whatever the last request got."""
    if chart.measure is not Measure.ERRORS or reading.state is not ErrorState.NOBODY_ANSWERS:
        return chart
    return replace(chart, ending=(("nobody answers", "bold critical"),))


def foot_of(found: Told, age_s: float, glyphs: Glyphs) -> tuple[str, ...]:
    """Whose, from where, how old: the fullest first."""
    assert found.main is not None
    measure, source = found.main.measure, found.main.source
    age, short = words.age(age_s), words.age(age_s, narrow=True)
    old = found.beside
    whose = found.whose if old is None else f"old {value_in_words(measure, old)}"
    noted = (f"{whose}, {source} {age}, {found.main.note}",) if found.main.note else ()
    return (
        *noted,
        f"{whose}, {source} {age}",
        f"{whose}, {source} {short}",
        f"{source} {short}",
        short,
    )
