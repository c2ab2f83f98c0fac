"""Is a figure bad, and worse than what ran before? Pure: the same figures, the same judgement.

A figure is held against an absolute limit and against so many times its baseline. It counts only where
it is worse than the baseline by more than chance, and, where a source tells versions apart, only where
the old version is not as bad at the same time. Missing data is a state of its own.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from math import exp

from console.domain.error_reading import is_over
from console.domain.guard import Baseline, JudgedState, Judgement, Trigger
from console.domain.measured import figure
from console.domain.series import Scope, Series
from console.domain.words import age
from console.signals.baseline import WELL
from console.signals.statistics import chance_of_as_many
from console.signals.windows import Window, windows
from console.signals.wording import told

FRESH = timedelta(minutes=8)
"""Older figures say nothing about now: CloudWatch's come one to four minutes late, some minutes later;"""
_FRESH_PERIODS = 20
"""nor do those that are so many of their own periods old."""
WORSE = 0.005
"""Chance below which more failures than usual are no accident."""
AS_BAD = 0.05
"""Chance above which the new version fails no more often than the old one."""
_NOISE = 3.0
"""Standard deviations of the baseline's noise within which a response time is usual,"""
_NOISE_LIMIT = 3.0
"""up to so many times the baseline: a slowdown by four must show in the noisiest service."""
_NEARLY = 0.8
_SEVERAL = 3
_CLEARLY = 1.25
"""Times the baseline that a value has to be above, at least, to be worse than it."""


def judge(
    trigger: Trigger,
    new: Series | None,
    old: Series | None,
    service: Series | None,
    baseline: Baseline,
    now: datetime,
) -> Judgement:
    """Judge one figure by what has arrived.

    Args:
        trigger: The figure and its limits.
        new: Of the new version alone, where the source can tell it apart.
        old: Of the old one, likewise, at the same time.
        service: Of both together.
        baseline: What was usual; its ``until`` is the order: only periods that began after it are judged.
        now: The moment of judging.
    """
    chosen, found, few = _choose(trigger, new, service, baseline, now)
    if chosen is None or not found:
        return _nodata(trigger, chosen or new or service, baseline, now, few)
    beside = _windows(trigger, old, baseline, now)[0] if chosen.scope is Scope.NEW and old is not None else ()
    case = _Case(trigger, baseline, beside)
    in_a_row = 0
    while in_a_row < len(found) and case.is_bad(found[in_a_row]) and _follows(found, in_a_row, chosen):
        in_a_row += 1
    newest = found[0]
    state = _state(case, newest, in_a_row)
    judgement = Judgement(
        trigger=trigger,
        state=state,
        value=newest.value,
        baseline=baseline,
        limit=case.limit,
        source=chosen.source,
        scope=chosen.scope,
        periods_bad=in_a_row,
        periods_needed=case.needed(found[:in_a_row]),
        evidence="",
        as_of=newest.end,
        since=found[in_a_row - 1].start if in_a_row else None,
        subject=chosen.subject,
        period_s=chosen.period_s,
        requests=newest.requests,
        beside_old=case.beside(newest) is not None,
        equally_old=case.is_over(newest) and case.is_equally_old(newest),
        asks=_asks(trigger, baseline) if in_a_row else "",
        note=chosen.note,
    )
    return replace(judgement, evidence=told(judgement))


@dataclass(frozen=True)
class _Case:
    """One trigger against its baseline and the old version."""

    trigger: Trigger
    baseline: Baseline
    old: tuple[Window, ...]

    @property
    def limit(self) -> float | None:
        """The lowest value that is too much: the absolute limit, or so many times the baseline."""
        found = [item for item in (self.trigger.critical, self._relative) if item is not None]
        return min(found) if found else None

    @property
    def _relative(self) -> float | None:
        factor, usual = self.trigger.relative, self.baseline.value
        if factor is None or not usual:
            return None
        noise = exp(_NOISE * self.baseline.spread)
        return usual * max(factor, min(noise, max(factor, _NOISE_LIMIT)))

    def is_bad(self, window: Window) -> bool:
        return self.is_over(window) and self._is_worse(window) and not self.is_equally_old(window)

    def is_over(self, window: Window) -> bool:
        if self.trigger.measure.is_state:
            return window.value < WELL
        return self.limit is not None and window.value > self.limit

    def _is_worse(self, window: Window) -> bool:
        """Worse than the baseline, and not by chance; true where there is none to compare with."""
        usual = self.baseline.value
        if not self.trigger.worse_than_baseline or usual is None:
            return True
        if self.trigger.measure.is_state:
            return usual >= WELL
        if self.trigger.measure.is_share and window.requests and self.baseline.requests:
            before = round(usual * self.baseline.requests)
            chance = chance_of_as_many(window.bad, window.requests, before, self.baseline.requests)
            return chance < WORSE
        return window.value > usual * max(_CLEARLY, min(exp(2 * self.baseline.spread), _NOISE_LIMIT))

    def needed(self, row: Sequence[Window]) -> int:
        """How many periods in a row it takes: one more where a period before the order was over the limit or
        nearly as bad, two where several were as bad. What happens now and then of itself happens twice in
        a row now and then too."""
        if not row or self.trigger.measure.is_state or not self.trigger.worse_than_baseline:
            return self.trigger.periods
        level = _NEARLY * min(item.value for item in row[: self.trigger.periods])
        alike = sum(1 for value in self.baseline.values if value >= level)
        if alike >= _SEVERAL:
            return self.trigger.periods + 2
        over = any(self.limit is not None and value > self.limit for value in self.baseline.values)
        return self.trigger.periods + (1 if alike or over else 0)

    def beside(self, window: Window) -> Window | None:
        """The old version at the same time; ``None`` where nothing tells."""
        return next((item for item in self.old if _overlap(item, window)), None)

    def is_equally_old(self, window: Window) -> bool:
        """Whether the old version is as bad in about the same time, where that can be told."""
        beside = self.beside(window)
        if beside is None:
            return False
        if self.trigger.measure.is_state:
            return beside.value < WELL
        if self.limit is None or beside.value <= self.limit / 2:
            return False
        if self.trigger.measure.is_share and window.requests and beside.requests:
            chance = chance_of_as_many(window.bad, window.requests, beside.bad, beside.requests)
            return chance > AS_BAD
        return window.value < 1.5 * beside.value


def _overlap(one: Window, other: Window) -> bool:
    return one.start < other.end and other.start < one.end


def _choose(
    trigger: Trigger, new: Series | None, service: Series | None, baseline: Baseline, now: datetime
) -> tuple[Series | None, tuple[Window, ...], int]:
    """The new version's own figures where there are enough, else the whole service's."""
    few = 0
    for series in (new, service):
        if series is None:
            continue
        found, lacking = _windows(trigger, series, baseline, now)
        if found:
            return series, found, 0
        few = few or lacking
    return None, (), few


def _windows(
    trigger: Trigger, series: Series | None, baseline: Baseline, now: datetime
) -> tuple[tuple[Window, ...], int]:
    """Windows since the order of which the newest is fresh; and how few requests there were otherwise."""
    if series is None:
        return (), 0
    points = series.points if baseline.until is None else series.since(baseline.until)
    points = tuple(item for item in points if item.at <= now)
    found, few = windows(points, trigger.measure, series.period_s, trigger.minimum_requests)
    if found and now - found[0].end > _fresh(series):
        return (), 0
    return found, few


def _fresh(series: Series) -> timedelta:
    return min(FRESH, timedelta(seconds=_FRESH_PERIODS * series.period_s))


def _follows(found: tuple[Window, ...], index: int, series: Series) -> bool:
    """Whether a window follows close enough upon the newer one to be in a row with it."""
    if index == 0:
        return True
    gap = found[index - 1].start - found[index].end
    return gap <= timedelta(seconds=3 * series.period_s)


def _state(case: _Case, newest: Window, in_a_row: int) -> JudgedState:
    if in_a_row:
        return JudgedState.CRITICAL
    if case.is_over(newest) or _warns(case.trigger, newest):
        return JudgedState.WARNING
    needs_baseline = case.trigger.relative is not None and case.limit is None
    return JudgedState.NODATA if needs_baseline else JudgedState.OK


def _warns(trigger: Trigger, newest: Window) -> bool:
    if trigger.measure.is_share and newest.requests:
        return is_over(trigger.warning, newest.bad, newest.requests)
    return trigger.warning is not None and newest.value > trigger.warning


def _asks(trigger: Trigger, baseline: Baseline) -> str:
    if not trigger.worse_than_baseline:
        return ""
    return baseline.bad or ("no baseline: nothing is known of before" if baseline.value is None else "")


def _nodata(
    trigger: Trigger, series: Series | None, baseline: Baseline, now: datetime, few: int
) -> Judgement:
    return Judgement(
        trigger=trigger,
        state=JudgedState.NODATA,
        value=None,
        baseline=baseline,
        limit=_Case(trigger, baseline, ()).limit,
        source=series.source if series else "",
        scope=series.scope if series else Scope.SERVICE,
        periods_bad=0,
        evidence=_why_nothing(trigger, series, baseline, now, few),
        as_of=None,
        subject=series.subject if series else "",
    )


def _why_nothing(trigger: Trigger, series: Series | None, baseline: Baseline, now: datetime, few: int) -> str:
    name = figure(trigger.measure, series.subject if series else "")
    if series is None:
        return f"{name}: no source"
    if series.no_data:
        return f"{name}: no data from {series.source}: {series.no_data}"
    if few:
        return f"{name}: {few} requests in 5 periods, {trigger.minimum_requests} are needed · {series.source}"
    last = series.last
    if last is None:
        return f"{name}: no data from {series.source}" + (f": {series.problem}" if series.problem else "")
    if now - last.at > _fresh(series):
        silent = f"{name}: {series.source} is silent for {age((now - last.at).total_seconds())}"
        return f"{silent}: {series.problem}" if series.problem else silent
    if baseline.until is not None and not series.since(baseline.until):
        return f"{name}: nothing yet since the order · {series.source}"
    return f"{name}: number of requests unknown · {series.source}"
