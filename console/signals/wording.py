"""Judged figures in words: which figure, from which source, against which baseline."""

from console.domain.guard import Judgement
from console.domain.series import Measure, Scope
from console.domain.words import NODATA, count, latency, percent

_NAMES = {
    Measure.CODES_2XX: "2xx answers",
    Measure.CODES_4XX: "4xx answers",
    Measure.CODES_5XX: "5xx answers",
    Measure.CPU: "CPU",
    Measure.DB_CONNECTIONS: "database connections",
}


def figure(measure: Measure, subject: str = "") -> str:
    """What a figure is called: ``errors``, ``p95``, ``database`` (a dependency by its own name)."""
    if measure is Measure.DEPENDENCY:
        return subject or str(measure)
    name = _NAMES.get(measure, str(measure))
    return f"{name} of {subject}" if subject else name


def value_in_words(measure: Measure, value: float | None) -> str:
    """``8.4 %``, ``412 ms``, ``down``; no data in its word."""
    if value is None:
        return NODATA
    if measure.is_state:
        if value >= 1:
            return "well"
        bad = "down" if measure is Measure.DEPENDENCY else "failing"
        return bad if value <= 0 else f"{bad} in {percent(1 - value)} of answers"
    if measure.is_share:
        return percent(value)
    unit = measure.unit
    if unit == "s":
        return latency(value)
    if unit == "%":
        return f"{value:.0f} %"
    text = f"{value:,.0f}" if value >= 10 or value == int(value) else f"{value:.1f}"
    return f"{text}{unit if unit.startswith('/') else f' {unit}' if unit else ''}"


def told(judgement: Judgement) -> str:
    """The whole finding in one line: ``errors 8.4 % of 1,204 requests, limit 5 %, baseline 0.1 % ·
    CloudWatch, service-wide · 2 of 2 periods``."""
    measure, baseline = judgement.trigger.measure, judgement.baseline
    head = f"{figure(measure, judgement.subject)} {value_in_words(measure, judgement.value)}"
    if judgement.requests is not None and measure.is_share:
        head += f" of {count(judgement.requests, 'request')}"
    facts = [head]
    if judgement.limit is not None:
        facts.append(f"limit {value_in_words(measure, judgement.limit)}")
    if not measure.is_state and judgement.trigger.worse_than_baseline:
        known = baseline.value is not None
        facts.append(f"baseline {value_in_words(measure, baseline.value)}" if known else "no baseline")
    scope = "service-wide" if judgement.scope is Scope.SERVICE else f"{judgement.scope} version"
    parts = [", ".join(facts), f"{judgement.source}, {scope}"]
    if judgement.equally_old:
        parts.append("the old version is as bad")
    elif judgement.periods_bad:
        parts.append(f"{min(judgement.periods_bad, judgement.needed)} of {count(judgement.needed, 'period')}")
    return " · ".join(parts)
