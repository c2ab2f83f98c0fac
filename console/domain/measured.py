"""Measured values in words, one spelling for every front end."""

from console.domain.series import Measure
from console.domain.words import NODATA, latency, percent

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


def limit_in_words(measure: Measure, limit: float) -> str:
    """A limit without needless decimals: ``5 %``, ``368 ms``, ``1 s``."""
    if measure.is_share:
        return f"{limit * 100:.3g} %"
    if measure.unit == "s" and limit == int(limit):
        return f"{limit:.0f} s"
    return value_in_words(measure, limit)


def on_axis(measure: Measure, value: float) -> str:
    """The same as short as an axis needs it: ``5 %``, ``368 ms``, ``2 s``, ``1.2k``."""
    if measure.is_share:
        return _percents(value * 100)
    if measure.unit == "%":
        return _percents(value)
    if measure.unit == "s":
        if 0 < value < 0.9995:
            return f"{value * 1000:.{0 if value >= 0.00995 else 1}f} ms"
        for size, mark in ((86400.0, "d"), (3600.0, "h"), (600.0, "m")):
            if value >= size:
                return f"{_short(value / 60 if mark == 'm' else value / size)} {mark}"
        return f"{_short(value)} s"
    for size, mark in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= size:
            return f"{_short(value / size)}{mark}"
    return _short(value)


def _percents(number: float) -> str:
    """No axis tells hundredths of a per cent apart; what is more than nothing is never called nothing."""
    return f"{_short(max(number, 0.01) if number > 0 else number)} %"


def _short(number: float) -> str:
    """At most three digits, as long as a number has no more before its point."""
    digits = 1 if number < 0.1 else 2 if number < 1 else 3
    return f"{number:.0f}" if number >= 99.5 else f"{number:.{digits}g}"
